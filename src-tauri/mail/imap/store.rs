//! Stores what a feed gives, whatever folder it is for: batches in flight, answers settled, refusals judged. A message is
//! settled exactly when the server has said what became of it.

use super::append::{Ladder, announce};
use super::carrier::Tag;
use super::command::Piece;
use super::experience::Fault;
use super::refusal::Refusal;
use super::response::Response;
use super::sieve::Lift;
use super::status::{Kind, Status};
use super::{Imap, command, refusal, set};
use crate::{Cause, Failure, Feed, Fence, FolderPath, Limits, Message, Outcome, Reach, Result, Taken, repair};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// One batch.
const BATCH: Limits = Limits { messages: 200, octets: 8 << 20 };
/// Where a message waits for the answer to the last, or the larger ones do.
const SLOWLY: usize = 10;
const MOSTLY: usize = 50;
/// What may be on its way at once: two whole batches, or more small ones, as where each is for another folder. More would
/// make smaller batches, and each costs the server a transaction.
const MESSAGES: usize = 2 * BATCH.messages;
/// Where no answer came sooner than this, twice as many.
const FAR: Duration = Duration::from_millis(30);
const COMMANDS: usize = 12;
const SINGLES: usize = 200;
const OCTETS: u64 = 24 << 20;
/// How long the feed is left alone while answers are awaited: batches grow in that time.
const PAUSE: Duration = Duration::from_millis(10);
/// So many refusals without a reason of messages that have no fault, and nothing stored between them, are the folder's
/// doing.
const IN_A_ROW: usize = 25;

/// One command under way.
struct Flight {
    tag: Tag,
    /// When its first octet was written, and its last.
    begun: Instant,
    since: Instant,
    fence: Arc<Fence>,
    messages: Vec<Message>,
    octets: u64,
}

/// The state of one `store`.
struct Voyage {
    ladder: Ladder,
    limit: Option<u64>,
    flights: Vec<Flight>,
    /// The soonest that an answer came.
    soonest: Option<Duration>,
    /// Taken and to be sent.
    queue: VecDeque<(Arc<Fence>, Vec<Message>)>,
    /// Refusals in a row, by folder.
    unstated: HashMap<FolderPath, usize>,
    /// Folders that take nothing more.
    given_up: HashSet<FolderPath>,
    /// Why nothing more is sent.
    stop: Option<Failure>,
}

/// What an answer makes of the messages of its command.
#[derive(Default)]
struct Judgement {
    settled: Vec<(Message, Outcome)>,
    /// Of the folder as a whole.
    failure: Option<Failure>,
}

impl Voyage {
    fn has_room(&self) -> bool {
        let single = self.flights.iter().all(|flight| flight.messages.len() == 1);
        let commands = if single { SINGLES } else { COMMANDS };
        let sum = self
            .flights
            .iter()
            .fold((0, 0), |(messages, octets), flight| (messages + flight.messages.len(), octets + flight.octets));
        let far = self.soonest.is_some_and(|soonest| soonest > FAR);
        let messages = if far { 2 * MESSAGES } else { MESSAGES };
        self.flights.len() < commands && sum.0 < messages && sum.1 < OCTETS
    }

    /// Queues what was taken, and gives back what needs no sending to be refused.
    fn accept(&mut self, fence: &Arc<Fence>, messages: Vec<Message>) -> Vec<(Message, Outcome)> {
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
                None => self.queue.push_back((Arc::clone(fence), vec![message])),
            }
        }
        if !batch.is_empty() {
            self.queue.push_back((Arc::clone(fence), batch));
        }
        refused
    }

    /// The next command's messages.
    fn due(&mut self) -> Option<(Arc<Fence>, Vec<Message>)> {
        if self.stop.is_some() || !self.has_room() {
            return None;
        }
        self.queue.pop_front()
    }

    fn judge(&mut self, fence: &Fence, messages: Vec<Message>, status: &Status) -> Judgement {
        let path = &fence.folder.path;
        if status.kind == Kind::Ok {
            self.unstated.remove(path);
            let (uids, failure) = stored_as(fence, status, messages.len());
            let outcomes = (0..messages.len()).map(|at| Outcome::Stored(uids.get(at).copied()));
            return Judgement { settled: messages.into_iter().zip(outcomes).collect(), failure };
        }
        match refusal::append(status, &path.to_string()) {
            Refusal::Stop(failure) if failure.cause != Cause::QuotaFull && failure.reach <= Reach::Folder => {
                Judgement { failure: Some(failure), ..Judgement::default() }
            }
            // What the server asks of us, and not what one message is: in doubt only in name.
            Refusal::Stop(failure) if failure.cause != Cause::QuotaFull || messages.len() == 1 => {
                self.stop.get_or_insert(failure);
                Judgement::default()
            }
            // One of them, or no room for all: singly each shows what it is.
            _ if messages.len() > 1 => {
                let settled = messages.into_iter().map(|message| (message, Outcome::Doubtful)).collect();
                Judgement { settled, failure: None }
            }
            Refusal::Message(failure) | Refusal::Stop(failure) => {
                Judgement { settled: refuse(messages, &failure), failure: None }
            }
            Refusal::Unstated(failure) => {
                let in_a_row = self.unstated.entry(path.clone()).or_default();
                *in_a_row += messages.iter().filter(|message| !has_fault(message)).count();
                let all = (*in_a_row >= IN_A_ROW).then(|| refusal::folder(status, &path.to_string()));
                Judgement { settled: refuse(messages, &failure), failure: all }
            }
        }
    }
}

/// APPENDUID (RFC 4315): the UIDs in the order the messages were given, or none.
fn stored_as(fence: &Fence, status: &Status, count: usize) -> (Vec<u32>, Option<Failure>) {
    if status.code != "APPENDUID" {
        return Default::default();
    }
    let Some((validity, uids)) = status.arguments.split_once(' ') else { return Default::default() };
    if validity.parse() != Ok(fence.validity) {
        let changed = Failure::new(Cause::ValidityChanged).about(fence.folder.path.to_string());
        return (Vec::new(), Some(changed));
    }
    (set::parse(uids, count).filter(|uids| uids.len() == count).unwrap_or_default(), None)
}

/// Whether a message may well be refused for what it is. An open end hardly anybody minds.
fn has_fault(message: &Message) -> bool {
    let found = repair::find(&message.body).unwrap_or_default();
    found.iter().any(|finding| finding.fault != repair::Fault::OpenEnd)
}

fn refuse(messages: Vec<Message>, failure: &Failure) -> Vec<(Message, Outcome)> {
    messages.into_iter().map(|message| (message, Outcome::Refused(failure.clone()))).collect()
}

impl Imap {
    pub(super) async fn store_messages(&mut self, feed: &mut dyn Feed) -> Result<()> {
        self.carrier.wire.sieve.lift = Lift::Drop;
        let ladder = self.experience.way(Ladder::of(|name| self.capabilities.has(name)));
        let limit = self.message_limit().await?;
        let mut voyage = Voyage {
            ladder,
            limit,
            flights: Vec::new(),
            soonest: None,
            queue: VecDeque::new(),
            unstated: HashMap::new(),
            given_up: HashSet::new(),
            stop: None,
        };
        let limits = Limits {
            messages: match ladder {
                Ladder::Batches | Ladder::Pipelined => BATCH.messages,
                Ladder::SmallPipelined => MOSTLY,
                Ladder::OneByOne => SLOWLY,
            },
            ..BATCH
        };
        let mut ended = false;
        loop {
            while self.carrier.has_early() {
                self.land(&mut voyage, feed).await?;
            }
            let over = voyage.stop.is_some() || (ended && voyage.queue.is_empty());
            // Then what is under way is awaited first.
            let compressing = !over && self.wants_compression();
            if compressing && voyage.flights.is_empty() {
                self.compress().await?;
                continue;
            }
            if !compressing && let Some((fence, messages)) = voyage.due() {
                self.launch(&mut voyage, fence, messages).await?;
                continue;
            }
            let asking = !compressing && !over && voyage.queue.is_empty() && voyage.has_room();
            if asking {
                match feed.take(limits, voyage.flights.is_empty()).await? {
                    Taken::Batch(fence, messages) => {
                        let whole = messages.len() >= limits.messages;
                        let refused = voyage.accept(&fence, messages);
                        if !refused.is_empty() {
                            feed.settle(&fence, refused).await?;
                        }
                        if whole || voyage.flights.is_empty() {
                            continue;
                        }
                        // The feed is drained: send this, then leave it a moment to gather more.
                        while let Some((fence, messages)) = voyage.due() {
                            self.launch(&mut voyage, fence, messages).await?;
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
    async fn launch(&mut self, voyage: &mut Voyage, fence: Arc<Fence>, messages: Vec<Message>) -> Result<()> {
        // In doubt only in name, as all that a folder was given and did not take.
        if voyage.given_up.contains(&fence.folder.path) {
            return Ok(());
        }
        let octets = messages.iter().map(|message| message.body.len()).sum();
        let begun = Instant::now();
        let tag = self.say(voyage.ladder, &fence, &messages).await?;
        voyage.flights.push(Flight { tag, begun, since: Instant::now(), fence, messages, octets });
        Ok(())
    }

    async fn say(&mut self, ladder: Ladder, fence: &Fence, messages: &[Message]) -> Result<Tag> {
        let mut tag: Option<Tag> = None;
        for message in messages {
            let plus = ladder.plus(message.body.len());
            let line = announce(message, fence, plus);
            let tag = match &tag {
                None => {
                    let name = command::name(&fence.folder.wire);
                    let pieces = [Piece::from("APPEND "), name, Piece::Text(line)];
                    let literal_plus = ladder.plus(fence.folder.wire.len() as u64);
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
                return Ok(tag.clone());
            }
            let mut reader = message.body.reader()?;
            while let Some(chunk) = reader.chunk()? {
                self.carrier.octets(chunk).await?;
            }
        }
        self.carrier.octets(b"\r\n").await?;
        Ok(tag.unwrap_or_default())
    }

    /// Waits for one response and settles what it answers.
    async fn land(&mut self, voyage: &mut Voyage, feed: &mut dyn Feed) -> Result<()> {
        match self.carrier.next().await? {
            Response::Tagged { tag, status } => {
                let Some(at) = voyage.flights.iter().position(|flight| flight.tag == tag) else { return Ok(()) };
                let Flight { fence, messages, begun, since, octets, .. } = voyage.flights.remove(at);
                let now = Instant::now();
                self.carrier.wire.sieve.pace.moved(octets, begun, now);
                let took = now - since;
                voyage.soonest = Some(voyage.soonest.map_or(took, |soonest| soonest.min(took)));
                if status.kind == Kind::Ok {
                    self.experience.worked(voyage.ladder);
                }
                if status.kind != Kind::Bad {
                    let Judgement { settled, failure } = voyage.judge(&fence, messages, &status);
                    if !settled.is_empty() {
                        feed.settle(&fence, settled).await?;
                    }
                    if let Some(failure) = failure
                        && voyage.given_up.insert(fence.folder.path.clone())
                    {
                        feed.folder_failed(&fence, failure);
                    }
                    return Ok(());
                }
                // The server may be about to read a message as commands: not one octet more.
                self.carrier.end().await;
                let failure = Failure::new(Cause::Protocol).words(&status.words());
                match self.experience.failed(voyage.ladder, messages.len()) {
                    Fault::Message => {
                        let refusal = Failure::new(Cause::MessageRefused).words(&status.words());
                        feed.settle(&fence, refuse(messages, &refusal)).await?;
                    }
                    Fault::Way | Fault::Unknown => {}
                }
                Err(failure)
            }
            Response::Note(status) if status.kind == Kind::Bad => {
                self.carrier.end().await;
                Err(Failure::new(Cause::Protocol).words(&status.words()))
            }
            _ => Ok(()),
        }
    }
}
