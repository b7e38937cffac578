//! Fetching messages of many folders in one stream: commands go out while earlier ones are answered. The tagged OK is
//! demanded, and exactly the UIDs that were asked for.

use super::carrier::Tag;
use super::command::{self, Piece};
use super::response::{Response, Row};
use super::select::Opening;
use super::sieve::{Lift, SILENCE};
use super::status::{Kind, Status};
use super::{Imap, refusal, set};
use crate::ports::{Given, Order, Portion};
use crate::{Body, Cause, Failure, Fetched, Message, MessageId, Part, Reach, Result};
use std::collections::VecDeque;
use tokio::task::unconstrained;

/// Messages in one command; messages and commands under way: enough to hide a slow line, few enough to stop soon, and to
/// leave something to other connections.
const CHUNK: usize = 250;
const AHEAD: usize = 750;
const COMMANDS: usize = 16;
/// Octets after which others get their turn, though more is there: who stores is often of the same task.
const TURN: u64 = 4 << 20;
/// Of a folder that refused everything so many are asked for alone before it is given up.
const FEW: usize = 3;

/// What has come of one UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Nothing,
    /// It exists, but its octets did not come.
    WithoutBody,
    Sent,
}

/// How a portion is asked for; each stage asks for what the one before did not bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Sets,
    Few,
    Singles,
}

/// A portion at work.
struct Active {
    portion: Portion,
    uids: Vec<u32>,
    seen: Vec<Seen>,
    stage: Stage,
    /// Sets of UIDs that are not asked for yet, and how many they are.
    waiting: VecDeque<(String, usize)>,
    under_way: usize,
    /// Commands of this stage that were refused, and the last refusal.
    refused: usize,
    refusal: Option<Status>,
    /// Its folder's failure.
    failure: Option<Failure>,
    /// Nobody takes any more.
    closed: bool,
}

impl Active {
    fn new(portion: Portion) -> Result<Self, Box<(Portion, Failure)>> {
        let uids: Option<Vec<u32>> = portion.ids.iter().map(MessageId::uid).collect();
        let Some(uids) = uids.filter(|uids| uids.is_sorted()) else {
            let failure = Failure::new(Cause::Protocol).reaching(Reach::Folder);
            return Err(Box::new((portion, failure)));
        };
        let waiting = set::chunks(&uids, CHUNK).into_iter().map(|chunk| (chunk.set, chunk.uids.len())).collect();
        Ok(Self {
            seen: vec![Seen::Nothing; uids.len()],
            uids,
            stage: Stage::Sets,
            waiting,
            under_way: 0,
            refused: 0,
            refusal: None,
            failure: None,
            closed: false,
            portion,
        })
    }

    fn is_dead(&self) -> bool {
        self.closed || self.failure.is_some()
    }

    fn is_over(&self) -> bool {
        self.under_way == 0 && (self.waiting.is_empty() || self.is_dead())
    }

    fn missing(&self) -> Vec<u32> {
        let seen = self.uids.iter().zip(&self.seen);
        seen.filter(|(_, seen)| **seen != Seen::Sent).map(|(uid, _)| *uid).collect()
    }

    /// When a stage is over: asks for what is missing in another way. False: nothing is left to ask for.
    fn next_stage(&mut self) -> bool {
        let missing = self.missing();
        if self.is_dead() || missing.is_empty() {
            return false;
        }
        let nothing_came = missing.len() == self.uids.len() && self.refusal.is_some();
        let (stage, count) = match self.stage {
            Stage::Sets if nothing_came && missing.len() > FEW => (Stage::Few, FEW),
            Stage::Few if self.refused == FEW => {
                let folder = self.portion.folder.path.to_string();
                self.failure = self.refusal.take().map(|status| refusal::folder(&status, &folder));
                return false;
            }
            Stage::Sets | Stage::Few => (Stage::Singles, missing.len()),
            Stage::Singles => return false,
        };
        (self.stage, self.refused) = (stage, 0);
        self.waiting = missing.iter().take(count).map(|uid| (uid.to_string(), 1)).collect();
        true
    }

    /// Sends a message on.
    async fn take(&mut self, row: Row, part: Part) {
        let Some(uid) = row.uid else { return };
        let Ok(at) = self.uids.binary_search(&uid) else { return };
        if self.seen[at] == Seen::Sent {
            return;
        }
        let Some(body) = row.body else {
            self.seen[at] = Seen::WithoutBody;
            return;
        };
        self.seen[at] = Seen::Sent;
        let (id, flags, date) = (MessageId::Uid(uid), row.flags.unwrap_or_default(), row.date);
        let fetched = match part {
            Part::Whole => Fetched::Message(Message { id, flags, date, body }),
            Part::Hashes => {
                let (sha256, header, octets) = (body.sha256, body.header, body.len());
                Fetched::Hashed { id, sha256, header, octets, flags, date }
            }
        };
        // It waits for room alone, not for its turn among tasks: the octets behind it are there already.
        self.closed = unconstrained(self.portion.out.send(fetched)).await.is_err();
    }

    /// Names what never came, and lets go of the portion.
    async fn end(self, order: &mut dyn Order) {
        if let Some(failure) = self.failure {
            return order.failed(&self.portion.folder, failure);
        }
        if self.closed {
            return;
        }
        for (uid, seen) in self.uids.iter().zip(&self.seen).filter(|(_, seen)| **seen != Seen::Sent) {
            let cause = if *seen == Seen::WithoutBody { Cause::MessageDamaged } else { Cause::MessageGone };
            let words = self.refusal.as_ref().map(Status::words).unwrap_or_default();
            let failure = Failure::new(cause).words(&words);
            if self.portion.out.send(Fetched::Failed { id: MessageId::Uid(*uid), failure }).await.is_err() {
                return;
            }
        }
    }
}

/// A command on its way.
struct Sent {
    /// The portion's number.
    of: usize,
    what: What,
}

enum What {
    Open(Opening),
    /// So many messages.
    Fetch(Tag, usize),
}

/// All portions at work, numbered as they came.
struct Stream {
    first: usize,
    active: VecDeque<Option<Active>>,
    sent: VecDeque<Sent>,
    /// The folder that is open once everything sent is answered, on the wire.
    open: Option<Vec<u8>>,
    ended: bool,
}

impl Stream {
    fn at(&mut self, number: usize) -> Option<&mut Active> {
        self.active.get_mut(number.checked_sub(self.first)?)?.as_mut()
    }

    fn has_room(&self) -> bool {
        let asked = |sent: &Sent| if let What::Fetch(_, count) = sent.what { count } else { 0 };
        self.sent.len() < COMMANDS && self.sent.iter().map(asked).sum::<usize>() < AHEAD
    }

    /// The first portion that has something to ask for.
    fn waiting(&self) -> Option<usize> {
        let asks = |active: &Active| !active.waiting.is_empty() && !active.is_dead();
        Some(self.first + self.active.iter().position(|active| active.as_ref().is_some_and(asks))?)
    }

    /// Who asked for this UID of the folder that is open, or for any. Commands on one folder may be answered side by
    /// side: a server may begin with the next while the last still waits for its tagged answer.
    fn wanting(&mut self, open: Option<&[u8]>, uid: Option<u32>) -> Option<&mut Active> {
        self.active.iter_mut().flatten().find(|active| {
            active.under_way > 0
                && !active.is_dead()
                && Some(active.portion.folder.wire.as_slice()) == open
                && uid.is_none_or(|uid| active.uids.binary_search(&uid).is_ok())
        })
    }
}

impl Imap {
    pub(super) async fn fetch_messages(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        let mut stream = Stream {
            first: 0,
            active: VecDeque::new(),
            sent: VecDeque::new(),
            open: self.selected.as_ref().map(|selected| selected.wire.clone()),
            ended: false,
        };
        let mut octets = 0;
        loop {
            self.ask(&mut stream, order).await?;
            if stream.sent.is_empty() {
                self.carrier.wire.sieve.lift = Lift::Drop;
                return Ok(());
            }
            let open = self.selected.as_ref().map(|open| open.wire.as_slice());
            self.carrier.wire.sieve.lift = match stream.wanting(open, None) {
                Some(_) if part == Part::Whole => Lift::Keep,
                Some(_) => Lift::Hash,
                None => Lift::Drop,
            };
            match self.carrier.next().await? {
                Response::Fetch(row) => {
                    let open = self.selected.as_ref().map(|open| open.wire.as_slice());
                    octets += row.body.as_ref().map_or(0, Body::len);
                    if let Some(active) = row.uid.and_then(|uid| stream.wanting(open, Some(uid))) {
                        active.take(row, part).await;
                        // However long that took, it was not the server's time.
                        self.carrier.wire.sieve.expect_within(SILENCE);
                    }
                    if octets >= TURN {
                        octets = 0;
                        tokio::task::yield_now().await;
                    }
                }
                Response::Tagged { tag, status } => self.answered(&mut stream, &tag, status, order).await?,
                response => {
                    if let Some(Sent { what: What::Open(opening), .. }) = stream.sent.front_mut() {
                        opening.take(response);
                    }
                }
            }
        }
    }

    /// Sends commands while there is room.
    async fn ask(&mut self, stream: &mut Stream, order: &mut dyn Order) -> Result<()> {
        let over = stream.ended && stream.waiting().is_none();
        if !over && self.wants_compression() {
            // What is under way comes first.
            if !stream.sent.is_empty() {
                return Ok(());
            }
            self.compress().await?;
        }
        while stream.has_room() {
            let Some(number) = stream.waiting() else {
                if stream.ended {
                    return Ok(());
                }
                match order.next(stream.sent.is_empty()).await {
                    Given::End => stream.ended = true,
                    Given::NotYet => return Ok(()),
                    Given::Portion(portion) => match self.begin_portion(portion) {
                        Ok(active) => {
                            stream.active.push_back(Some(active));
                            self.retire(stream, order).await;
                        }
                        Err(refused) => order.failed(&refused.0.folder, refused.1),
                    },
                }
                continue;
            };
            let Some(active) = stream.at(number) else { return Ok(()) };
            let wire = active.portion.folder.wire.clone();
            if stream.open.as_ref() != Some(&wire) {
                // A name that needs a `+` must not have other commands unanswered before it.
                let bare = matches!(command::name(&wire), Piece::Literal(_)) && !self.capabilities.has("LITERAL+");
                if bare && !stream.sent.is_empty() {
                    return Ok(());
                }
                let opening = self.send_opening(&wire, false).await?;
                stream.sent.push_back(Sent { of: number, what: What::Open(opening) });
                stream.open = Some(wire);
            }
            let Some(active) = stream.at(number) else { return Ok(()) };
            if let Some((set, count)) = active.waiting.pop_front() {
                active.under_way += 1;
                let command = format!("UID FETCH {set} (UID FLAGS INTERNALDATE BODY.PEEK[])");
                let tag = self.carrier.send(&command).await?;
                stream.sent.push_back(Sent { of: number, what: What::Fetch(tag, count) });
            }
        }
        Ok(())
    }

    fn begin_portion(&self, portion: Portion) -> Result<Active, Box<(Portion, Failure)>> {
        // A folder that stays open is not told of anew.
        let open = self.selected.as_ref().filter(|open| open.wire == portion.folder.wire);
        match open.map_or(Ok(()), |open| self.same_validity(&portion.folder, portion.validity, open.validity)) {
            Ok(()) => Active::new(portion),
            Err(failure) => Err(Box::new((portion, failure))),
        }
    }

    async fn answered(&mut self, stream: &mut Stream, tag: &str, status: Status, order: &mut dyn Order) -> Result<()> {
        let is = |sent: &Sent| match &sent.what {
            What::Open(opening) => opening.is(tag),
            What::Fetch(of, _) => of == tag,
        };
        let Some(place) = stream.sent.iter().position(is) else { return Ok(()) };
        let Some(Sent { of, what }) = stream.sent.remove(place) else { return Ok(()) };
        let is_last = !stream.sent.iter().any(|sent| matches!(sent.what, What::Open(_)));
        let Some(active) = stream.at(of) else { return Ok(()) };
        match what {
            What::Open(mut opening) => {
                if status.kind == Kind::Bad {
                    self.carrier.end().await;
                    return Err(Failure::new(Cause::Protocol).words(&status.words()));
                }
                let folder = active.portion.folder.clone();
                let opened = self.opened(&mut opening, &status, &folder.path.to_string()).and_then(|open| {
                    let validity = active.portion.validity;
                    self.same_validity(&folder, validity, open.validity)
                });
                if let Err(failure) = opened {
                    if failure.reach > Reach::Folder {
                        return Err(failure);
                    }
                    // Later portions of the folder were asked for in the belief that it is open.
                    for active in
                        stream.active.iter_mut().flatten().filter(|one| one.portion.folder.wire == folder.wire)
                    {
                        active.failure.get_or_insert_with(|| failure.clone());
                    }
                    if is_last && self.selected.is_none() {
                        stream.open = None;
                    }
                }
            }
            What::Fetch(..) => {
                active.under_way -= 1;
                match status.kind {
                    Kind::Ok => {}
                    // Behind a folder that did not open even a BAD is nobody's fault.
                    _ if active.failure.is_some() => {}
                    Kind::No => {
                        if let Some(failure) = refusal::throttled(&status) {
                            return Err(failure);
                        }
                        active.refusal = Some(status);
                        active.refused += 1;
                    }
                    Kind::Bad => {
                        let folder = active.portion.folder.path.to_string();
                        self.carrier.end().await;
                        return Err(Failure::new(Cause::Protocol).about(folder).words(&status.words()));
                    }
                }
            }
        }
        self.retire(stream, order).await;
        Ok(())
    }

    /// Lets go of the portions that are over.
    async fn retire(&mut self, stream: &mut Stream, order: &mut dyn Order) {
        for place in &mut stream.active {
            if let Some(active) = place.take_if(|active| active.is_over() && !active.next_stage()) {
                active.end(order).await;
                self.carrier.wire.sieve.expect_within(SILENCE);
            }
        }
        while stream.active.front().is_some_and(Option::is_none) {
            stream.active.pop_front();
            stream.first += 1;
        }
    }
}
