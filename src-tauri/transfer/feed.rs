//! Where a target takes its messages from: what the source has fetched, each committed as intended before it is
//! handed over. What became of them rides in the next commit.

use crate::copy::{Lead, Step, Track};
use crate::journal::{Claim, Intent, Journal, Ledger, PairId, PairState, Print, State};
use crate::{Problem, ProblemLevel};
use async_trait::async_trait;
use futures::FutureExt;
use mail::{
    Cause, Failure, Feed, Fence, Fetched, FolderPath, Limits, Message, MessageId, Outcome, Repaired, Result, Side,
    Taken,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;

/// How many of the first stored messages are read back, and octets of all of them.
const SAMPLE: usize = 8;
const SAMPLE_OCTETS: u64 = 1 << 20;

/// What became of the messages of one folder.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages of which it is known.
    pub dealt: usize,
    pub stored: u64,
    pub failed: Vec<MessageId>,
    /// Of refused batches: a look at the target tells what was stored.
    pub doubtful: Vec<MessageId>,
    /// Stored without being told the UID.
    pub loose: bool,
    /// Some of the first that were stored.
    pub sample: Vec<(MessageId, Print)>,
    /// Of the folder as a whole, on either side.
    pub failure: Option<Failure>,
}

impl Tally {
    fn sample(&mut self, id: &MessageId, print: Print) {
        let octets: u64 = self.sample.iter().map(|(_, print)| print.octets).sum();
        // A large one is better than none.
        if self.sample.is_empty() || (self.sample.len() < SAMPLE && octets + print.octets <= SAMPLE_OCTETS) {
            self.sample.push((id.clone(), print));
        }
    }
}

/// Messages of one folder that a source was asked for.
pub struct Incoming {
    track: Arc<Track>,
    /// In ascending order, and whether it came.
    ids: Vec<MessageId>,
    came: Vec<bool>,
    from: Receiver<Fetched>,
    alone: bool,
}

impl Incoming {
    pub fn new(track: Arc<Track>, ids: Vec<MessageId>, from: Receiver<Fetched>, alone: bool) -> Self {
        Self { track, came: vec![false; ids.len()], ids, from, alone }
    }

    /// A source sends each id once, and none that was not asked for: another one would be stored and not known.
    fn expects(&mut self, id: &MessageId) -> bool {
        let at = self.ids.binary_search(id).ok();
        at.is_some_and(|at| !std::mem::replace(&mut self.came[at], true))
    }

    fn missing(&self) -> impl Iterator<Item = &MessageId> {
        self.ids.iter().zip(&self.came).filter(|(_, came)| !**came).map(|(id, _)| id)
    }
}

/// The messages of one pair's stream.
pub struct CopyFeed<'a> {
    incoming: UnboundedReceiver<Incoming>,
    lead: Arc<Lead>,
    /// No more will be asked for.
    closed: bool,
    open: VecDeque<Incoming>,
    /// Of slices that are over: what never came.
    missing: Vec<(Arc<Track>, Vec<MessageId>)>,
    /// Did not fit into the last batch.
    held: Option<Next>,
    /// By place at the target.
    tracks: HashMap<FolderPath, Arc<Track>>,
    journal: &'a Journal,
    /// Rides in the next commit.
    queue: BTreeMap<PairId, Ledger>,
    /// Given in a repaired form, to a folder that held mail which this journal has never stored: a journal that is lost
    /// may have known that form, and by its own header the message is not found there.
    unsure: HashSet<(PairId, MessageId)>,
    /// The folder of the last batch.
    last: Option<usize>,
    /// Given alone, since what they came with was refused. By folder.
    alone: HashSet<(usize, MessageId)>,
    /// What was taken and is not settled, in that order: by batch, with its folder.
    taken: VecDeque<(usize, Vec<MessageId>)>,
    stop: &'a CancellationToken,
}

struct Next {
    track: Arc<Track>,
    message: Message,
    alone: bool,
}

impl<'a> CopyFeed<'a> {
    pub fn new(
        incoming: UnboundedReceiver<Incoming>,
        lead: Arc<Lead>,
        journal: &'a Journal,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            incoming,
            lead,
            closed: false,
            open: VecDeque::new(),
            missing: Vec::new(),
            held: None,
            tracks: HashMap::new(),
            journal,
            queue: BTreeMap::new(),
            unsure: HashSet::new(),
            last: None,
            alone: HashSet::new(),
            taken: VecDeque::new(),
            stop,
        }
    }

    /// The next that came of whatever slice, the earliest first: a slice may be held up by one message. None: the end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Next>> {
        while !self.closed
            && let Poll::Ready(incoming) = self.incoming.poll_recv(context)
        {
            match incoming {
                Some(incoming) => self.open.push_back(incoming),
                None => self.closed = true,
            }
        }
        let mut at = 0;
        while let Some(slice) = self.open.get_mut(at) {
            match slice.from.poll_recv(context) {
                Poll::Pending => at += 1,
                Poll::Ready(None) => {
                    let missing: Vec<MessageId> = slice.missing().cloned().collect();
                    self.lead.deal(missing.len());
                    if !missing.is_empty() {
                        self.missing.push((Arc::clone(&slice.track), missing));
                    }
                    self.open.remove(at);
                }
                Poll::Ready(Some(Fetched::Message(message))) if slice.expects(&message.id) => {
                    if slice.track.tally().failure.is_none() {
                        let (track, alone) = (Arc::clone(&slice.track), slice.alone);
                        return Poll::Ready(Some(Next { track, message, alone }));
                    }
                    self.lead.deal(1);
                }
                Poll::Ready(Some(Fetched::Failed { id, failure })) if slice.expects(&id) => {
                    let track = Arc::clone(&slice.track);
                    self.lead.deal(1);
                    self.fail(&track, id, &failure, None);
                }
                Poll::Ready(Some(_)) => {}
            }
        }
        if self.closed && self.open.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }

    /// None: nothing now. The inner None: the end.
    async fn next(&mut self, wait: bool) -> Option<Option<Next>> {
        let stop = self.stop;
        if stop.is_cancelled() {
            return Some(None);
        }
        // What is there is taken now, however many of them: a batch that is cut short is a transaction more for the server.
        let now = unconstrained(poll_fn(|context| self.poll(context))).now_or_never();
        if now.is_some() || !wait {
            return now;
        }
        self.lead.left(self.open.iter().map(|slice| slice.missing().count()).sum());
        tokio::select! {
            biased;
            () = stop.cancelled() => Some(None),
            next = poll_fn(|context| self.poll(context)) => Some(next),
        }
    }

    fn fail(&mut self, track: &Track, id: MessageId, failure: &Failure, message: Option<&Message>) {
        let queue = self.queue.entry(track.pair.id).or_default();
        refuse(queue, &track.pair, &id, failure, message.map(print));
        let mut tally = track.tally();
        tally.dealt += 1;
        tally.failed.push(id);
        (track.step)(Step::Failed(1));
    }

    /// The folder at work, and the message that was to come next.
    pub fn blame(&self) -> Option<(usize, Vec<MessageId>)> {
        // A source that fails lets go of its slices: what they lack is known to be missing by then.
        let missing = self.missing.iter().find_map(|(track, ids)| Some((track.at, ids.first()?)));
        match missing.or_else(|| self.open.iter().find_map(|slice| Some((slice.track.at, slice.missing().next()?)))) {
            Some((at, id)) => Some((at, vec![id.clone()])),
            None => self.last.map(|at| (at, Vec::new())),
        }
    }

    /// The oldest batch that the target took and has not answered.
    pub fn stuck(&self) -> Option<(usize, Vec<MessageId>)> {
        let nothing_of = |at| (at, Vec::new());
        self.taken.front().cloned().or_else(|| self.last.map(nothing_of))
    }

    /// Lets go of the source, commits what is settled, and gives what never came of slices that are over.
    pub async fn finish(mut self) -> (Vec<(Arc<Track>, Vec<MessageId>)>, Result<()>) {
        self.incoming.close();
        self.open.clear();
        (self.missing, self.journal.commit_all(self.queue.into_iter().collect()).await)
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

fn intent(message: &Message) -> Intent {
    let (id, flags) = (message.id.clone(), message.flags.clone());
    Intent { id, print: print(message), flags, date: message.date, of: None }
}

#[async_trait]
impl Feed for CopyFeed<'_> {
    async fn take(&mut self, limits: Limits, idle: bool) -> Result<Taken> {
        self.lead.takes(limits.messages);
        let (mut batch, mut octets, mut ended) = (Vec::new(), 0, false);
        let mut of: Option<(Arc<Track>, bool)> = None;
        while of.as_ref().is_none_or(|(_, alone)| !alone && batch.len() < limits.messages) {
            let wait = idle && batch.is_empty();
            #[cfg(test)]
            let wait = wait || crate::mutant::is(crate::mutant::Mutant::TakeWaits);
            let next = match self.held.take() {
                Some(next) => next,
                None => match self.next(wait).await {
                    Some(Some(next)) => next,
                    None => break,
                    Some(None) => {
                        ended = true;
                        break;
                    }
                },
            };
            if let Some((track, _)) = &of
                && (next.alone || track.at != next.track.at || octets + next.message.body.len() > limits.octets)
            {
                self.held = Some(next);
                break;
            }
            octets += next.message.body.len();
            batch.push(next.message);
            of.get_or_insert((next.track, next.alone));
        }
        let Some((track, alone)) = of else {
            return Ok(if ended { Taken::End } else { Taken::NotYet });
        };
        let fence = &track.fence;
        let keeps = |keyword: &str| fence.any_keyword || fence.keywords.iter().any(|kept| kept == keyword);
        for message in &mut batch {
            message.flags = message.flags.keeping(keeps);
        }
        let queue = self.queue.entry(track.pair.id).or_default();
        queue.intents.extend(batch.iter().map(intent));
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::IntentsDropped) {
            queue.intents.clear();
        }
        #[cfg(test)]
        if crate::mutant::is(crate::mutant::Mutant::DoneBeforeOk) {
            let (state, uid, code, print) = (State::Stored, None, None, None);
            let done = |message: &Message| Claim { id: message.id.clone(), state, uid, code, print };
            queue.claims.extend(batch.iter().map(done));
        }
        self.journal.commit_all(std::mem::take(&mut self.queue).into_iter().collect()).await?;
        self.last = Some(track.at);
        if alone {
            self.alone.extend(batch.iter().map(|message| (track.at, message.id.clone())));
        }
        self.taken.push_back((track.at, batch.iter().map(|message| message.id.clone()).collect()));
        let fence = Arc::clone(fence);
        self.tracks.entry(fence.folder.path.clone()).or_insert(track);
        Ok(Taken::Batch(fence, batch))
    }

    async fn settle(&mut self, fence: &Fence, outcomes: Vec<(Message, Outcome)>) -> Result<()> {
        let Some(track) = self.tracks.get(&fence.folder.path).map(Arc::clone) else { return Ok(()) };
        self.lead.deal(outcomes.len());
        let settled: HashSet<&MessageId> = outcomes.iter().map(|(message, _)| &message.id).collect();
        self.taken.retain_mut(|(at, ids)| {
            if *at == track.at {
                ids.retain(|id| !settled.contains(id));
            }
            !ids.is_empty()
        });
        let (mut messages, mut octets) = (0, 0);
        for (message, outcome) in outcomes {
            match outcome {
                Outcome::Stored(uid) => {
                    messages += 1;
                    octets += message.body.len();
                    let mut tally = track.tally();
                    tally.dealt += 1;
                    tally.loose |= uid.is_none();
                    tally.sample(&message.id, print(&message));
                    let queue = self.queue.entry(track.pair.id).or_default();
                    #[cfg(test)]
                    if crate::mutant::is(crate::mutant::Mutant::IntentsDropped) {
                        queue.intents.push(intent(&message));
                    }
                    let (id, state) = (message.id, State::Stored);
                    if self.unsure.remove(&(track.pair.id, id.clone())) {
                        let (folder, id) = (Some(track.pair.source.clone()), Some(id.clone()));
                        let (code, level) = ("maybe_twice".to_owned(), ProblemLevel::Notice);
                        queue.problems.push(Problem { code, level, folder, id, detail: None, words: None });
                    }
                    queue.claims.push(Claim { id, state, uid, code: None, print: None });
                }
                // It may be over in a moment: once more, alone.
                Outcome::Refused(Failure { cause: Cause::ServerFailed, .. })
                    if !self.alone.contains(&(track.at, message.id.clone())) =>
                {
                    track.doubt(message.id);
                }
                Outcome::Refused(failure) => self.fail(&track, message.id.clone(), &failure, Some(&message)),
                Outcome::Doubtful => track.doubt(message.id),
            }
        }
        if messages > 0 {
            track.tally().stored += messages;
            (track.step)(Step::Stored { messages, octets });
        }
        Ok(())
    }

    async fn instead(&mut self, fence: &Fence, form: &Message, of: &Repaired) -> Result<bool> {
        let Some(track) = self.tracks.get(&fence.folder.path).map(Arc::clone) else { return Ok(false) };
        if self.stop.is_cancelled() || track.tally().failure.is_some() {
            return Ok(false);
        }
        if track.pair.whole && form.body.header != of.header {
            self.unsure.insert((track.pair.id, form.id.clone()));
        }
        let queue = self.queue.entry(track.pair.id).or_default();
        queue.intents.push(Intent { of: Some(of.clone()), ..intent(form) });
        self.journal.commit_all(std::mem::take(&mut self.queue).into_iter().collect()).await?;
        self.last = Some(track.at);
        Ok(true)
    }

    fn folder_failed(&mut self, fence: &Fence, failure: Failure) {
        if let Some(track) = self.tracks.get(&fence.folder.path) {
            track.tally().failure.get_or_insert_with(|| failure.on(Side::Target));
        }
    }
}
