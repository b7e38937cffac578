//! Memory, IMAP and archive keep the contract of the ports.

use archive::{Archive, Store};
use harness::contract::{Traits, holds};
use harness::{Dovecot, Options};
use mail::imap::{Imap, Mechanism, SignIn};
use mail::memory::{Mailbox, Manners};
use mail::net::{Security, Server};
use mail::{Budget, Cause, Limits, Target};
use std::sync::Arc;

fn memory() -> Manners {
    let refuses = |octets: &[u8]| octets.starts_with(b"Refuse").then_some(Cause::MessageRefused);
    Manners { refuses: Some(Arc::new(refuses)), ..Manners::default() }
}

fn traits() -> Traits {
    Traits {
        uids: true,
        refused: Some(b"Refuse: this\r\n\r\n".to_vec()),
        removes: true,
        shared: true,
        removes_folders: true,
        keeps: |_| true,
        odd_name: "a%b*c",
    }
}

async fn check(manners: Manners, traits: &Traits) {
    let mailbox = Mailbox::new(manners);
    holds(async || Box::new(mailbox.session()) as Box<dyn Target>, traits).await;
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    check(memory(), &traits()).await;
    check(Manners { backwards: true, in_flight: 1, ..memory() }, &traits()).await;
    check(Manners { batch: Limits { messages: 1, octets: 1 }, in_flight: 5, ..memory() }, &traits()).await;
    check(Manners { uidplus: false, ..memory() }, &Traits { uids: false, removes: false, ..traits() }).await;
}

fn budget() -> Budget {
    Budget::new(64 << 20, std::env::temp_dir())
}

#[tokio::test]
async fn imap_keeps_the_contract() {
    // Down the ladder of how messages are stored.
    for capability in [None, Some("IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE MOVE"), Some("IMAP4rev1 UIDPLUS MOVE")] {
        let dovecot = Dovecot::with(Options { capability: capability.map(str::to_owned), ..Options::default() });
        let server = Server {
            host: "localhost".into(),
            port: dovecot.tls,
            security: Security::Tls,
            pin: None,
            authority: Some(dovecot.authority()),
        };
        let open = async || {
            let (user, secret) = (dovecot.user(), dovecot.password());
            let sign_in = SignIn { user, secret, mechanism: Mechanism::Auto, admin: None };
            Box::new(Imap::open(&server, sign_in, budget()).await.unwrap()) as Box<dyn Target>
        };
        holds(open, &Traits { refused: Some(Vec::new()), ..traits() }).await;
    }
}

#[tokio::test]
async fn an_archive_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let archive = Archive::open_or_create(directory.path(), "contract@localhost").unwrap();
    let open = async || Box::new(Store::new(archive.clone(), budget())) as Box<dyn Target>;
    holds(open, &Traits { refused: None, shared: false, removes_folders: false, ..traits() }).await;
}
