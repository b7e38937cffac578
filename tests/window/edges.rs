//! Off the main road: a wrong password, no keychain, an own server's certificate, the system's dialog.

use crate::page::{Person, entry};
use harness::{Desk, Dovecot, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_plainly_and_no_keychain_too() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    let desk = Desk { keychain: false, ..Desk::default() };
    let person = Person::with(desk, Some((entry(&old, old.tls), entry(&new, new.tls))));
    let page = person.open().await;
    page.until_text("The keychain can't be opened; passwords last until you quit.").await;
    page.type_into("[data-password=old]", "not the password").await;
    page.type_into("[data-password=new]", PASSWORD).await;
    page.press_main().await;
    page.until_text("The old mailbox did not accept this password.").await;
    page.until_text("Signed in").await;
    page.pictures("accounts-refused").await;
    page.accessible("accounts refused").await;
    // The other side stays signed in; the right password is enough.
    page.type_into("[data-password=old]", PASSWORD).await;
    page.press_main().await;
    page.until_text("We see no mail here. Is it the right mailbox?").await;
    page.close().await;
}
