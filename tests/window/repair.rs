//! Messages that the new mailbox refuses for their octets: the result names them as a person knows them, saves one as a
//! file, and repairs them when asked.

use crate::page::{Page, Person, entry};
use harness::{Desk, Dovecot, Letter, MailboxState, Options, PASSWORD, Strict, many};
use std::fs;

/// Refuses 8-bit headers and a leading mbox line.
fn refuses(octets: &[u8]) -> bool {
    let header = octets.windows(4).position(|four| four == b"\r\n\r\n").map_or(octets, |end| &octets[..end]);
    !header.is_ascii() || octets.starts_with(b"From ")
}

fn in_inbox(octets: &[u8]) -> Letter {
    Letter { folder: vec!["INBOX".into()], octets: octets.to_vec(), flags: Vec::new(), date: 1_000_000_000, odd: "" }
}

/// Raw UTF-8, raw GBK (`合同`, `王芳`), and a line of a mail file before a header without a subject.
const REFUSED: [&[u8]; 3] = [
    "Subject: 2024 年度审计报告(最终版,含全部附件)\r\nFrom: 李娜 <li.na@example.com>\r\nDate: Tue, 5 Mar 2024 10:00:00 +0800\r\n\r\n见附件。\r\nFrom here on\r\n"
        .as_bytes(),
    b"Subject: \xba\xcf\xcd\xac\r\nFrom: \"\xcd\xf5\xb7\xbc\" <wang.fang@example.com>\r\n\r\n\xba\xcf\xcd\xac\r\n",
    b"From a@b Thu Jan  1 00:00:00 2004\r\nFrom: someone@example.com\r\n\r\nbody\r\n",
];

async fn open_row(page: &Page<'_>, title: &str) {
    page.press(title).await;
    page.until("the row is open", "return !!document.querySelector('.problem.open .row-body')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_named_saved_and_repaired() {
    let old = Dovecot::start();
    let capability = "IMAP4rev1 LITERAL+ UIDPLUS ENABLE NAMESPACE UNSELECT".to_owned();
    let new = Dovecot::with(Options { capability: Some(capability), ..Options::default() });
    let letters: Vec<Letter> =
        many(40, 1_000).into_iter().chain(REFUSED.iter().map(|octets| in_inbox(octets))).collect();
    old.wire().load(&letters, '/', "");
    let before = MailboxState::of(&old);
    let gate = Strict::before(new.plain, refuses);
    let mut target = entry(&new, gate.port);
    target["settings"]["security"] = "plain".into();
    let person = Person::with(Desk::default(), Some((entry(&old, old.tls), target)));
    let page = person.open().await;
    for side in ["old", "new"] {
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    page.press_main().await;
    page.until_title("43 messages, ready to move").await;
    page.press_main().await;
    page.until_title("Moved; 3 need a look").await;
    page.until_text("2024 年度审计报告(最终版,含全部附件)").await;
    page.until_text("李娜 <li.na@example.com> · The new mailbox refused a message.").await;
    page.until_text("合同").await;
    page.until_text("王芳 <wang.fang@example.com>").await;
    page.until_text("(no subject)").await;
    page.pictures("refused").await;
    page.press_main().await;
    open_row(&page, "2024 年度审计报告").await;
    page.until_text("Date: March 5, 2024").await;
    page.pictures("refused-open").await;
    page.accessible("refused").await;

    // As a file, octet by octet.
    let file = person.folder("my files").join("a letter.eml");
    page.press("Save as file").await;
    person.choose(&file).await;
    page.until_text(&format!("Saved as {}", file.display())).await;
    assert_eq!(fs::read(&file).unwrap(), REFUSED[0]);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    page.pictures("refused-saved").await;

    assert_eq!(MailboxState::of(&new).messages(), 40);
    page.press("Try a small repair").await;
    page.until_title("Everything moved and compared").await;
    assert_eq!(MailboxState::of(&new).messages(), 43);
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    page.until_text("took it with a small repair").await;
    open_row(&page, "合同").await;
    page.pictures("repaired").await;
    page.accessible("repaired").await;
    // The original stays as it was: what is saved of it is what was fetched.
    let original = file.with_file_name("original.eml");
    page.press("Save as file").await;
    person.choose(&original).await;
    page.until_text("Saved as").await;
    assert_eq!(fs::read(&original).unwrap(), REFUSED[1]);
    page.close().await;
}
