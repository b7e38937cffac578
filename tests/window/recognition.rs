//! What is in the new mailbox already: the question on Check, and the one that stops a move.

use crate::page::{Person, entry};
use harness::{Desk, Dovecot, Letter, MailboxState, PASSWORD, many};

fn at(letters: &[Letter], folder: &str) -> Vec<Letter> {
    letters.iter().map(|letter| Letter { folder: vec![folder.to_owned()], ..letter.clone() }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_shown_and_another_copier_is_asked_about() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let letters = many(40, 1_000);
    old.wire().load(&letters, '/', "");
    new.wire().load(&at(&letters[..12], "Brought"), '/', "");
    let person = Person::with(Desk::default(), Some((entry(&old, old.tls), entry(&new, new.tls))));
    let page = person.open().await;
    page.until_title("Sign in to both mailboxes").await;
    for side in ["old", "new"] {
        page.type_into(&format!("[data-password={side}]"), PASSWORD).await;
    }
    page.press_main().await;
    page.until_title("40 messages, ready to move").await;
    page.until_text("12 messages already there; not moved again.").await;
    page.until_text("12 of them in Brought").await;
    page.pictures("check-elsewhere").await;
    page.accessible("check elsewhere").await;
    page.press_main().await;
    page.until_title("Everything moved and compared").await;
    assert_eq!(MailboxState::of(&new).messages(), 40);

    // Another program brings 28 of the same letters to the inbox; the next run asks, and Go on is the answer.
    new.wire().load(&letters[12..], '/', "");
    page.press("Next").await;
    page.press("Catch up now").await;
    page.until_title("Stopped before the end").await;
    page.until_text("Another program brings the same mail to the new mailbox").await;
    page.pictures("other-copier").await;
    page.accessible("other copier").await;
    page.press_main().await;
    page.until_title("Everything moved and compared").await;
    page.close().await;
}
