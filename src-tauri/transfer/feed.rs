//! Where a target takes its messages from: what the source has fetched, each committed as intended before it is
//! handed over. What became of them rides in the next commit.

use crate::journal::{Claim, Intent, Journal, Ledger, PairState, Print, State};
use crate::{Problem, ProblemLevel, copy::Step};
use async_trait::async_trait;
use mail::{Failure, Feed, Fence, Fetched, Limits, Message, MessageId, Outcome, Result, Taken};
use tokio::sync::mpsc::{Receiver, error::TryRecvError};
use tokio_util::sync::CancellationToken;

/// How many of the first stored messages are read back.
const SAMPLE: usize = 8;

/// What became of the messages asked for.
#[derive(Debug, Default)]
pub struct Tally {
    pub stored: u64,
    pub failed: Vec<MessageId>,
    /// Asked for, and never sent by the source.
    pub missing: Vec<MessageId>,
    /// Stored without being told the UID.
    pub loose: bool,
    /// The first that were stored.
    pub sample: Vec<(MessageId, Print)>,
}

pub struct CopyFeed<'a> {
    from: Receiver<Fetched>,
    /// Asked for, in ascending order, and whether it came.
    ids: &'a [MessageId],
    came: Vec<bool>,
    /// Did not fit into the last batch.
    held: Option<Message>,
    fence: &'a Fence,
    pair: &'a PairState,
    journal: &'a Journal,
    /// Rides in the next commit.
    queue: Ledger,
    tally: Tally,
    step: &'a (dyn Fn(Step) + Send + Sync),
    stop: &'a CancellationToken,
}

enum Next {
    Message(Message),
    NotYet,
    End,
}

impl<'a> CopyFeed<'a> {
    pub fn new(
        from: Receiver<Fetched>,
        ids: &'a [MessageId],
        fence: &'a Fence,
        pair: &'a PairState,
        journal: &'a Journal,
        step: &'a (dyn Fn(Step) + Send + Sync),
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            from,
            ids,
            came: vec![false; ids.len()],
            held: None,
            fence,
            pair,
            journal,
            queue: Ledger::default(),
            tally: Tally::default(),
            step,
            stop,
        }
    }

    async fn next(&mut self, wait: bool) -> Next {
        loop {
            if self.stop.is_cancelled() {
                return Next::End;
            }
            let fetched = if wait {
                tokio::select! {
                    biased;
                    () = self.stop.cancelled() => None,
                    fetched = self.from.recv() => fetched,
                }
            } else {
                match self.from.try_recv() {
                    Ok(fetched) => Some(fetched),
                    Err(TryRecvError::Empty) => return Next::NotYet,
                    Err(TryRecvError::Disconnected) => None,
                }
            };
            match fetched {
                None => return Next::End,
                Some(Fetched::Message(message)) if self.expects(&message.id) => return Next::Message(message),
                Some(Fetched::Failed { id, failure }) if self.expects(&id) => self.fail(id, &failure, None),
                Some(_) => {}
            }
        }
    }

    /// A source sends each id once, and none that was not asked for: another one would be stored and not known.
    fn expects(&mut self, id: &MessageId) -> bool {
        let at = self.ids.binary_search(id).ok();
        at.is_some_and(|at| !std::mem::replace(&mut self.came[at], true))
    }

    fn fail(&mut self, id: MessageId, failure: &Failure, message: Option<&Message>) {
        refuse(&mut self.queue, self.pair, &id, failure, message.map(print));
        self.tally.failed.push(id);
        (self.step)(Step::Failed(1));
    }

    /// Lets go of the source, and commits what is settled.
    pub async fn finish(self) -> (Tally, Result<()>) {
        let Self { from, ids, came, journal, pair, queue, mut tally, .. } = self;
        drop(from);
        tally.missing = ids.iter().zip(&came).filter(|(_, came)| !**came).map(|(id, _)| id.clone()).collect();
        (tally, journal.commit(pair.id, queue).await)
    }
}

/// A message that failed, in the ledger and for the person.
pub fn refuse(ledger: &mut Ledger, pair: &PairState, id: &MessageId, failure: &Failure, print: Option<Print>) {
    let code = failure.cause.code();
    ledger.claims.push(Claim { id: id.clone(), state: State::Refused, uid: None, code: Some(code), print });
    ledger.problems.push(Problem {
        code: code.to_owned(),
        level: ProblemLevel::Problem,
        folder: Some(pair.source.clone()),
        id: Some(id.clone()),
        detail: failure.about.clone(),
        words: failure.words.clone(),
    });
}

fn print(message: &Message) -> Print {
    let body = &message.body;
    let mark = Print::mark(&message.flags, message.date);
    Print { sha256: body.sha256, header: body.header, octets: body.len(), mark }
}

#[async_trait]
impl Feed for CopyFeed<'_> {
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken> {
        let (mut batch, mut octets, mut ended) = (Vec::new(), 0, false);
        while batch.is_empty() || batch.len() < limits.messages {
            let wait = idle && batch.is_empty();
            #[cfg(test)]
            let wait = wait || crate::mutant::is(crate::mutant::Mutant::TakeWaits);
            let message = match self.held.take() {
                Some(message) => message,
                None => match self.next(wait).await {
                    Next::Message(message) => message,
                    Next::NotYet => break,
                    Next::End => {
                        ended = true;
                        break;
                    }
                },
            };
            if !batch.is_empty() && octets + message.body.len() > limits.octets {
                self.held = Some(message);
                break;
            }
            octets += message.body.len();
            batch.push(message);
        }
        if batch.is_empty() {
            return Ok(if ended { Taken::End } else { Taken::NotYet });
        }
        let keeps = |keyword: &str| self.fence.any_keyword || self.fence.keywords.iter().any(|kept| kept == keyword);
        for message in &mut batch {
            message.flags = message.flags.keeping(keeps);
        }
        let mut ledger = std::mem::take(&mut self.queue);
        ledger.intents.extend(batch.iter().map(|message| Intent {
            id: message.id.clone(),
            print: print(message),
            flags: message.flags.clone(),
            date: message.date,
        }));
        self.journal.commit(self.pair.id, ledger).await?;
        Ok(Taken::Batch(batch))
    }

    async fn settle(&mut self, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        let (mut messages, mut octets) = (0, 0);
        for (message, outcome) in outcomes {
            match outcome {
                Outcome::Stored(uid) => {
                    messages += 1;
                    octets += message.body.len();
                    self.tally.loose |= uid.is_none();
                    if self.tally.sample.len() < SAMPLE {
                        self.tally.sample.push((message.id.clone(), print(&message)));
                    }
                    let (id, state) = (message.id, State::Stored);
                    self.queue.claims.push(Claim { id, state, uid, code: None, print: None });
                }
                Outcome::Refused(failure) => self.fail(message.id.clone(), &failure, Some(&message)),
            }
        }
        if messages > 0 {
            self.tally.stored += messages;
            (self.step)(Step::Stored { messages, octets });
        }
        Ok(())
    }
}
