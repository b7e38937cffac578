//! What the tests of `mail::imap` share: a way in to a test server, and a feed that gives what a source fetches.

use harness::Dovecot;
use mail::imap::{Imap, Mechanism, SignIn};
use mail::net::{Security, Server};
use mail::{Budget, Failure, Feed, Fence, Fetched, Limits, Message, MessageId, Outcome, Result, Taken};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, error::TryRecvError};

pub fn budget() -> Budget {
    Budget::new(64 << 20, std::env::temp_dir())
}

pub fn server(dovecot: &Dovecot, port: u16, security: Security) -> Server {
    Server { host: "localhost".into(), port, security, pin: None, authority: Some(dovecot.authority()) }
}

pub async fn enter(dovecot: &Dovecot, server: &Server, mechanism: Mechanism) -> Result<Imap> {
    let sign_in = SignIn { user: dovecot.user(), secret: dovecot.password(), mechanism, admin: None };
    Imap::open(server, sign_in, budget()).await
}

pub async fn imap(dovecot: &Dovecot) -> Imap {
    imap_at(dovecot, dovecot.tls).await
}

pub async fn imap_at(dovecot: &Dovecot, port: u16) -> Imap {
    enter(dovecot, &server(dovecot, port, Security::Tls), Mechanism::Auto).await.unwrap()
}

/// Gives what arrives, and remembers what became of it.
pub struct Line {
    fence: Arc<Fence>,
    pub incoming: Receiver<Fetched>,
    /// Of refused batches: given once more, one by one. The servers of these tests undo a refused batch.
    again: Vec<Message>,
    pub outcomes: BTreeMap<MessageId, Outcome>,
    pub taken: usize,
    pub batches: usize,
}

impl Line {
    pub fn new(fence: &Fence, incoming: Receiver<Fetched>) -> Self {
        Self {
            fence: Arc::new(fence.clone()),
            incoming,
            again: Vec::new(),
            outcomes: BTreeMap::new(),
            taken: 0,
            batches: 0,
        }
    }

    pub fn stored(&self) -> usize {
        self.outcomes.values().filter(|outcome| matches!(outcome, Outcome::Stored(Some(_)))).count()
    }
}

#[async_trait::async_trait]
impl Feed for Line {
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken> {
        if let Some(message) = self.again.pop() {
            return Ok(Taken::Batch(Arc::clone(&self.fence), vec![message]));
        }
        let mut batch: Vec<Message> = Vec::new();
        let mut octets = 0;
        while batch.len() < limits.messages && octets < limits.octets {
            let next = if idle && batch.is_empty() {
                self.incoming.recv().await.ok_or(TryRecvError::Disconnected)
            } else {
                self.incoming.try_recv()
            };
            match next {
                Ok(Fetched::Message(message)) => {
                    octets += message.body.len();
                    batch.push(message);
                }
                Ok(other) => panic!("{other:?}"),
                Err(TryRecvError::Empty) if batch.is_empty() => return Ok(Taken::NotYet),
                // What is in flight may come back.
                Err(TryRecvError::Disconnected) if batch.is_empty() && !idle => return Ok(Taken::NotYet),
                Err(TryRecvError::Disconnected) if batch.is_empty() => return Ok(Taken::End),
                Err(_) => break,
            }
        }
        self.taken += batch.len();
        self.batches += 1;
        Ok(Taken::Batch(Arc::clone(&self.fence), batch))
    }

    async fn settle(&mut self, _: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        for (message, outcome) in outcomes {
            if outcome == Outcome::Doubtful {
                self.again.push(message);
                continue;
            }
            assert!(self.outcomes.insert(message.id.clone(), outcome).is_none(), "settled twice: {}", message.id);
        }
        Ok(())
    }

    fn folder_failed(&mut self, _: &Fence, failure: Failure) {
        panic!("{failure:?}");
    }
}
