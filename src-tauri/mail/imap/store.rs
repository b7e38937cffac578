//! Stores what a feed gives: batches in flight, answers settled, refusals taken apart. A message is settled exactly when
//! the server has said what became of it.

use super::append::{Ladder, announce};
use super::carrier::Tag;
use super::command::Piece;
use super::refusal::Refusal;
use super::response::Response;
use super::sieve::Lift;
use super::status::{Kind, Status};
use super::{Imap, command, refusal, set};
use crate::{Cause, Failure, Feed, Fence, Limits, Message, Outcome, Result, Taken};
use std::collections::VecDeque;
use std::time::Duration;

/// One batch.
const BATCH: Limits = Limits { messages: 200, octets: 16 << 20 };
/// What may be on its way at once.
const COMMANDS: usize = 3;
const SINGLES: usize = 200;
const OCTETS: u64 = 48 << 20;
/// How long the feed is left alone while answers are awaited: batches grow in that time.
const PAUSE: Duration = Duration::from_millis(10);
/// So many refusals without a reason, and nothing stored between them, are the folder's doing.
const IN_A_ROW: usize = 25;

/// One command under way.
struct Flight {
    tag: Tag,
    messages: Vec<Message>,
    octets: u64,
}

/// The state of one `store`.
struct Voyage<'a> {
    fence: &'a Fence,
    ladder: Ladder,
    limit: Option<u64>,
    flights: Vec<Flight>,
    /// Taken and to be sent: the halves of a refused batch, or what awaits its turn.
    queue: VecDeque<Vec<Message>>,
    unstated: usize,
    /// Why nothing more is sent.
    stop: Option<Failure>,
}

impl Voyage<'_> {
    fn has_room(&self) -> bool {
        let commands = if self.ladder == Ladder::Batches { COMMANDS } else { SINGLES };
        self.flights.len() < commands && self.flights.iter().map(|flight| flight.octets).sum::<u64>() < OCTETS
    }

    /// Queues what was taken, and gives back what needs no sending to be refused.
    fn accept(&mut self, messages: Vec<Message>) -> Vec<(Message, Outcome)> {
        let mut refused = Vec::new();
        let mut batch = Vec::new();
        for message in messages {
            let octets = message.body.len();
            let cause = match self.limit {
                // Servers that refuse it refuse the batch with it.
                _ if octets == 0 => Some(Cause::MessageEmpty),
                Some(limit) if octets > limit => Some(Cause::MessageTooLarge),
                _ => None,
            };
            match cause {
                Some(cause) => refused.push((message, Outcome::Refused(Failure::new(cause)))),
                None if self.ladder == Ladder::Batches => batch.push(message),
                None => self.queue.push_back(vec![message]),
            }
        }
        if !batch.is_empty() {
            self.queue.push_back(batch);
        }
        refused
    }

    /// What an answer makes of the messages of its command; those to be tried again go back into the queue.
    fn judge(&mut self, flight: Flight, status: &Status) -> Vec<(Message, Outcome)> {
        let mut messages = flight.messages;
        if status.kind == Kind::Ok {
            self.unstated = 0;
            let uids = self.stored_as(status, messages.len());
            let outcomes = (0..messages.len()).map(|at| Outcome::Stored(uids.get(at).copied()));
            return messages.into_iter().zip(outcomes.collect::<Vec<_>>()).collect();
        }
        let name = self.fence.folder.path.to_string();
        let several = messages.len() > 1 && self.stop.is_none();
        match refusal::append(status, &name) {
            // No room for all of them: some may fit, and the person gets as much as the target can hold.
            Refusal::Stop(Failure { cause: Cause::QuotaFull, .. }) if several => {
                let second = messages.split_off(messages.len() / 2);
                self.queue.push_front(second);
                self.queue.push_front(messages);
                Vec::new()
            }
            // In doubt only in name: nothing of it was stored, and the next run finds that out.
            Refusal::Stop(failure) => {
                self.stop.get_or_insert(failure);
                Vec::new()
            }
            Refusal::Message(_) | Refusal::Unstated(_) if messages.len() > 1 => {
                let second = messages.split_off(messages.len() / 2);
                self.queue.push_front(second);
                self.queue.push_front(messages);
                Vec::new()
            }
            Refusal::Message(failure) => refuse(messages, &failure),
            Refusal::Unstated(failure) => {
                self.unstated += 1;
                if self.unstated >= IN_A_ROW {
                    let folder = Failure { cause: Cause::FolderRefused, ..failure.clone() };
                    self.stop.get_or_insert(folder.reaching(Cause::FolderRefused.reach()).about(name));
                }
                refuse(messages, &failure)
            }
        }
    }

    /// APPENDUID (RFC 4315): the UIDs in the order the messages were given, or none.
    fn stored_as(&mut self, status: &Status, count: usize) -> Vec<u32> {
        if status.code != "APPENDUID" {
            return Vec::new();
        }
        let Some((validity, uids)) = status.arguments.split_once(' ') else { return Vec::new() };
        if validity.parse() != Ok(self.fence.validity) {
            self.stop.get_or_insert(Failure::new(Cause::ValidityChanged).about(self.fence.folder.path.to_string()));
            return Vec::new();
        }
        set::parse(uids, count).filter(|uids| uids.len() == count).unwrap_or_default()
    }
}

fn refuse(messages: Vec<Message>, failure: &Failure) -> Vec<(Message, Outcome)> {
    messages.into_iter().map(|message| (message, Outcome::Refused(failure.clone()))).collect()
}

impl Imap {
    pub(super) async fn store_messages(&mut self, fence: &Fence, feed: &mut dyn Feed) -> Result<()> {
        self.carrier.wire.sieve.lift = Lift::Drop;
        self.told.insert(fence.folder.wire.clone(), fence.validity);
        self.ensure_folder(&fence.folder, true).await?;
        let ladder = Ladder::of(|name| self.capabilities.has(name));
        let limit = self.message_limit().await?;
        let mut voyage =
            Voyage { fence, ladder, limit, flights: Vec::new(), queue: VecDeque::new(), unstated: 0, stop: None };
        let mut ended = false;
        loop {
            while self.carrier.has_early() {
                self.land(&mut voyage, feed).await?;
            }
            if voyage.stop.is_none()
                && voyage.has_room()
                && let Some(messages) = voyage.queue.pop_front()
            {
                let flight = self.launch(&voyage, messages).await?;
                voyage.flights.push(flight);
                continue;
            }
            let asking = !ended && voyage.stop.is_none() && voyage.queue.is_empty() && voyage.has_room();
            if asking {
                match feed.take(BATCH, voyage.flights.is_empty()).await? {
                    Taken::Batch(messages) => {
                        let whole = messages.len() >= BATCH.messages;
                        let refused = voyage.accept(messages);
                        if !refused.is_empty() {
                            feed.settle(refused).await?;
                        }
                        if whole || voyage.flights.is_empty() {
                            continue;
                        }
                        // The feed is drained: send this, then leave it a moment to gather more.
                        while voyage.has_room()
                            && let Some(messages) = voyage.queue.pop_front()
                        {
                            let flight = self.launch(&voyage, messages).await?;
                            voyage.flights.push(flight);
                        }
                    }
                    Taken::NotYet => {}
                    Taken::End => ended = true,
                }
            }
            if voyage.flights.is_empty() {
                match voyage.stop {
                    Some(failure) => return Err(failure),
                    None if ended && voyage.queue.is_empty() => return Ok(()),
                    None => continue,
                }
            }
            self.carrier.flush().await?;
            if asking && !ended {
                // An answer, or a little later the feed again.
                tokio::time::timeout(PAUSE, self.carrier.peek()).await.unwrap_or(Ok(()))?;
                while self.carrier.has_early() {
                    self.land(&mut voyage, feed).await?;
                }
            } else {
                self.land(&mut voyage, feed).await?;
            }
        }
    }

    /// Sends one command with all of `messages`.
    async fn launch(&mut self, voyage: &Voyage<'_>, messages: Vec<Message>) -> Result<Flight> {
        let octets = messages.iter().map(|message| message.body.len()).sum();
        let mut tag: Option<Tag> = None;
        for message in &messages {
            let plus = voyage.ladder.plus(message.body.len());
            let line = announce(message, voyage.fence, plus);
            let tag = match &tag {
                None => {
                    let name = command::name(&voyage.fence.folder.wire);
                    let pieces = [Piece::from("APPEND "), name, Piece::Text(line)];
                    let literal_plus = voyage.ladder.plus(voyage.fence.folder.wire.len() as u64);
                    tag.insert(self.carrier.send_pieces(&pieces, literal_plus).await?)
                }
                Some(tag) => {
                    self.carrier.octets(line.as_bytes()).await?;
                    self.carrier.octets(b"\r\n").await?;
                    tag
                }
            };
            // A NO instead of the `+` is among the early answers.
            if !plus && !self.carrier.go_ahead(tag).await? {
                return Ok(Flight { tag: tag.clone(), messages, octets });
            }
            let mut reader = message.body.reader()?;
            while let Some(chunk) = reader.chunk()? {
                self.carrier.octets(&chunk).await?;
            }
        }
        self.carrier.octets(b"\r\n").await?;
        Ok(Flight { tag: tag.unwrap_or_default(), messages, octets })
    }

    /// Waits for one response and settles what it answers.
    async fn land(&mut self, voyage: &mut Voyage<'_>, feed: &mut dyn Feed) -> Result<()> {
        let status = match self.carrier.next().await? {
            Response::Tagged { tag, status } => {
                if status.kind != Kind::Bad {
                    let Some(at) = voyage.flights.iter().position(|flight| flight.tag == tag) else { return Ok(()) };
                    let flight = voyage.flights.remove(at);
                    let settled = voyage.judge(flight, &status);
                    if !settled.is_empty() {
                        feed.settle(settled).await?;
                    }
                    return Ok(());
                }
                status
            }
            Response::Note(status) if status.kind == Kind::Bad => status,
            _ => return Ok(()),
        };
        // The server may be about to read a message as commands: not one octet more.
        self.carrier.end().await;
        Err(Failure::new(Cause::Protocol).about(voyage.fence.folder.path.to_string()).words(&status.words()))
    }
}
