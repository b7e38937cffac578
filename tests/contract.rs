//! Memory, IMAP and archive keep the contract of the ports.

use harness::contract::{Traits, holds};
use mail::memory::{Mailbox, Manners};
use mail::{Cause, Limits, Target};
use std::sync::Arc;

fn memory() -> Manners {
    let refuses = |octets: &[u8]| octets.starts_with(b"Refuse").then_some(Cause::MessageRefused);
    Manners { refuses: Some(Arc::new(refuses)), ..Manners::default() }
}

fn traits() -> Traits {
    Traits { uids: true, refused: Some(b"Refuse: this\r\n\r\n".to_vec()), removes: true }
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
