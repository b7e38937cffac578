//! Messages to be stored, and what became of each.

use mail::{Budget, Failure, Feed, Fence, Flags, Limits, Message, MessageId, Outcome, Result, Taken};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Line {
    fence: Arc<Fence>,
    pub failure: Option<Failure>,
    messages: Vec<Message>,
    pub outcomes: BTreeMap<u32, String>,
}

impl Line {
    pub fn of(fence: &Fence, bodies: &[&str], keywords: &[&str]) -> Self {
        let flags = Flags::from_names(keywords.iter().copied());
        let numbered = (1..).zip(bodies);
        let messages = numbered.map(|(uid, body)| Message {
            id: MessageId::Uid(uid),
            flags: flags.clone(),
            date: None,
            body: Budget::unbounded(body.as_bytes().to_vec()),
        });
        Self { fence: Arc::new(fence.clone()), failure: None, messages: messages.collect(), outcomes: BTreeMap::new() }
    }
}

#[async_trait::async_trait]
impl Feed for Line {
    async fn take(&mut self, limits: Limits, _: bool) -> Result<Taken> {
        let count = self.messages.len().min(limits.messages);
        let batch: Vec<_> = self.messages.drain(..count).collect();
        Ok(if batch.is_empty() { Taken::End } else { Taken::Batch(Arc::clone(&self.fence), batch) })
    }

    async fn settle(&mut self, _: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        for (message, outcome) in outcomes {
            let uid = message.id.uid().unwrap();
            let came = match outcome {
                Outcome::Stored(Some(there)) => format!("{uid}@{there}"),
                Outcome::Stored(None) => format!("{uid}@?"),
                Outcome::Doubtful => format!("{uid}?"),
                Outcome::Refused(failure) => format!("{uid}!{}", failure.cause.code()),
            };
            assert!(self.outcomes.insert(uid, came).is_none(), "settled twice");
        }
        Ok(())
    }
    fn folder_failed(&mut self, _: &Fence, failure: Failure) {
        self.failure = Some(failure);
        self.messages.clear();
    }
}
