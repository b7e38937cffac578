//! The main road: from two filled-in accounts to a finished move, with a crash on the way.

use crate::page::{Page, Person, entry, nowhere_below};
use harness::compare::Item;
use harness::{Desk, Dovecot, MailboxState, PASSWORD, Proxy, many, samples};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_moves_through_the_window() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(1_500), '/', "");
    let before = MailboxState::of(&old);
    let (from, to) = (Proxy::to(old.tls, Duration::from_millis(2)), Proxy::to(new.tls, Duration::from_millis(2)));
    let person = Person::with(Desk::default(), Some((entry(&old, from.port), entry(&new, to.port))));
    let page = person.open().await;

    // Accounts.
    page.until_title("Sign in to both mailboxes").await;
    page.pictures("accounts").await;
    page.accessible("accounts").await;
    for side in ["old", "new"] {
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    page.press_main().await;

    // Check.
    page.until_title("1,500 messages, ready to move").await;
    page.until_text("they fit").await;
    page.pictures("check").await;
    page.accessible("check").await;

    // Back up, held in the middle by a silent server.
    from.freeze_after(600_000);
    page.press_main().await;
    page.until_title("Backing up to this computer").await;
    page.until("some messages saved", "return parseInt(document.querySelector('.screen:not([hidden]) .count .large')?.innerText.replace(/\\D/g, '') || '0') > 0").await;
    page.pictures("backup").await;
    page.accessible("backup").await;

    // A crash in the middle of the backup: Home shows the move, and it goes on with the keychain's passwords.
    page.crash().await;
    from.freeze(false);
    let page = person.open().await;
    page.until_title("What would you like to do?").await;
    page.until_text("Under way").await;
    page.pictures("home-under-way").await;
    // More than may be under way at once: some of it is answered.
    to.freeze_after(8_000_000);
    page.press("Go on").await;
    page.press_main().await;
    page.until_title("Moving").await;
    page.pictures("move").await;
    page.accessible("move").await;
    page.press("Pause").await;
    page.until_text("Paused").await;
    page.pictures("move-paused").await;

    // Pause and quit, as the question says that the window asks before it closes; then on again.
    page.quit().await;
    to.freeze(false);
    let page = person.open().await;
    page.press("Go on").await;
    page.until_title("Stopped before the end").await;
    page.until_text("are moved. Going on starts nothing over.").await;
    page.pictures("stopped").await;
    page.press_main().await;

    // Result.
    page.until_title("Everything moved and compared").await;
    see_for_yourself(&page, &before).await;
    page.pictures("result").await;
    page.accessible("result").await;
    before.assert_same(&MailboxState::of(&new));
    assert_eq!(MailboxState::of(&old), before, "the old mailbox is only read");
    nowhere_below(&person.own(), PASSWORD);

    // Finish: the passwords leave the keychain, the record stays.
    page.press("Next").await;
    page.pictures("finish").await;
    page.accessible("finish").await;
    assert_eq!(person.kept_passwords(), 2);
    page.press("Finish").await;
    page.click("dialog[open] .answers .second").await;
    page.until_title("What would you like to do?").await;
    page.until_text("Finished").await;
    assert_eq!(person.kept_passwords(), 0);
    page.pictures("home-finished").await;
    page.close().await;
}

/// Three messages to look for, each with its folder, and these are what they are called.
async fn see_for_yourself(page: &Page<'_>, mailbox: &MailboxState) {
    page.until_text("Look for these in the new mailbox.").await;
    let shown = page.texts(".landmarks li").await;
    let all: Vec<(&Vec<String>, &Item)> =
        mailbox.folders.iter().flat_map(|(path, folder)| folder.items.values().map(move |item| (path, item))).collect();
    let dates = || all.iter().map(|(_, item)| item.date);
    let (oldest, newest) = (dates().min(), dates().max());
    let largest = all.iter().map(|(_, item)| item.octets).max();
    let folders = |is: &dyn Fn(&Item) -> bool| -> Vec<String> {
        let found = all.iter().filter(|(_, item)| is(item)).map(|(path, _)| path.join("/"));
        found.map(|path| format!("Folder: {}", if path == "INBOX" { "Inbox" } else { &path })).collect()
    };
    let expected = [
        ("Oldest", folders(&|item| Some(item.date) == oldest)),
        ("Newest", folders(&|item| Some(item.date) == newest)),
        ("Largest, ", folders(&|item| Some(item.octets) == largest)),
    ];
    assert_eq!(shown.len(), expected.len(), "{shown:?}");
    for (text, (which, folders)) in shown.iter().zip(expected) {
        assert!(text.starts_with(which), "{text}");
        assert!(folders.iter().any(|folder| text.trim_end().ends_with(folder)), "{text} in {folders:?}");
    }
}

/// Moved, looked at there, taken back from the result, and moved again.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_taken_back_in_the_window() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&many(120, 1_000), '/', "");
    let person = Person::with(Desk::default(), Some((entry(&old, old.tls), entry(&new, new.tls))));
    let page = person.open().await;
    for side in ["old", "new"] {
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    page.press_main().await;
    page.until_title("120 messages, ready to move").await;
    page.press_main().await;
    page.until_title("Everything moved and compared").await;
    assert_eq!(MailboxState::of(&new).messages(), 120);
    let mut there = new.wire();
    there.command("SELECT INBOX");
    there.command("STORE 1:4 FLAGS.SILENT (KeptByMe)");

    page.press("More").await;
    page.press("Take the move back").await;
    page.until_text("Removes only the 116 messages this move stored and nobody changed since.").await;
    assert_eq!(MailboxState::of(&new).messages(), 120, "a question removes nothing");
    page.click("dialog[open] .answers .second").await;
    page.until_title("Taken back: 116 messages removed from the new mailbox").await;
    page.until_text("4 messages are kept.").await;
    page.until_text("Changed since the move: this message stays.").await;
    page.pictures("undone").await;
    page.accessible("undone").await;
    assert_eq!(MailboxState::of(&new).messages(), 4);

    page.press_main().await;
    page.until_title("120 messages, ready to move").await;
    page.press_main().await;
    page.until_title("Everything moved and compared").await;
    assert_eq!(MailboxState::of(&new).messages(), 120);
    page.close().await;
}
