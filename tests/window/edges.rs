//! Off the main road: a wrong password, no keychain, an own server's certificate, the system's dialog.

use crate::page::{ADDRESS, Person, entry, nowhere_below};
use harness::{Certificate, Desk, Dovecot, Options, PASSWORD, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_plainly_and_no_keychain_too() {
    let (old, new) = (Dovecot::start(), Dovecot::start());
    old.wire().load(&samples(30), '/', "");
    let desk = Desk { keychain: false, ..Desk::default() };
    let person = Person::with(desk, Some((entry(&old, old.tls), entry(&new, new.tls))));
    let page = person.open().await;
    page.until_text("The keychain can't be opened; passwords last until you quit.").await;
    page.type_into("[data-password=old]", "not the password").await;
    page.type_into("[data-password=new]", PASSWORD).await;
    page.press_main().await;
    page.until_text("The old mailbox did not accept this password.").await;
    page.until_text("Signed in").await;
    page.language("zh-CN").await;
    page.until_text("旧邮箱不接受这个密码。").await;
    page.pictures("accounts-refused").await;
    page.until_text("The old mailbox did not accept this password.").await;
    page.accessible("accounts refused").await;
    // The other side stays signed in; the right password is enough.
    page.type_into("[data-password=old]", PASSWORD).await;
    page.press_main().await;
    page.until_title("30 messages, ready to move").await;
    page.press_main().await;
    page.until_title("Everything moved and compared").await;

    // After a restart nothing remembers the passwords: a catch-up asks for each in its middle.
    page.quit().await;
    old.wire().load(&samples(31)[30..], '/', "");
    let page = person.open().await;
    page.press("Go on").await;
    page.press("Next").await;
    page.press("Catch up now").await;
    for side in ["Old mailbox", "New mailbox"] {
        page.until_text(&format!("{side} · ")).await;
        if side == "Old mailbox" {
            page.pictures("move-password").await;
        }
        page.type_into(".screen:not([hidden]) [data-again]", PASSWORD).await;
        page.press_main().await;
    }
    page.until_title("Everything moved and compared").await;
    page.until_text("1 message,").await;
    nowhere_below(&person.own(), PASSWORD);
    page.close().await;
}

/// Everything typed by hand: door 2, an own server with a certificate of its own, the place chosen in the system's
/// dialog.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_own_server_goes_where_the_person_says() {
    let server = Dovecot::with(Options { certificate: Certificate::SelfSigned, ..Options::default() });
    server.wire().load(&samples(40), '/', "");
    let person = Person::with(Desk::default(), None);
    let chosen = person.folder("my backups");
    let page = person.open().await;
    page.until_title("What would you like to do?").await;
    page.pictures("home").await;
    page.accessible("home").await;
    page.press("Back up only").await;
    page.until_title("Sign in to the mailbox").await;
    page.type_into("[data-address=old]", ADDRESS).await;
    page.until_text("Not found. Choose the provider or ask your admin for the server.").await;
    page.pictures("accounts-not-found").await;
    page.accessible("accounts not found").await;
    page.press("Another provider").await;
    page.type_into("[data-host]", "localhost").await;
    page.type_into("input[inputmode=numeric]", &server.tls.to_string()).await;
    page.type_into("[data-password=old]", PASSWORD).await;
    page.press_main().await;
    page.until_text("The connection is not safe").await;
    page.pictures("accounts-certificate").await;
    let fingerprint = server.issued.fingerprint.to_lowercase();
    let shown = page.text().await.to_lowercase().replace([':', ' ', '\n'], "");
    assert!(shown.contains(&fingerprint), "the fingerprint {fingerprint} is shown: {shown}");
    page.click(".trust-it input").await;
    // It signs in by itself.
    page.click(".trust-it button").await;
    page.until_title("40 messages, ready to back up").await;

    page.press("Change").await;
    person.choose(&chosen).await;
    page.until_text(&chosen.display().to_string()).await;
    page.press_main().await;
    page.until_text("Backup complete: all 40 messages read back, identical").await;
    page.pictures("backup-complete").await;
    page.accessible("backup complete").await;
    assert!(chosen.join("manifest.json").exists(), "the backup lies where the person said");

    // The end: its password leaves the keychain.
    assert_eq!(person.kept_passwords(), 1);
    page.press("Finish").await;
    page.click("dialog[open] .answers .second").await;
    page.until_title("What would you like to do?").await;
    assert_eq!(person.kept_passwords(), 0);
    page.close().await;
}
