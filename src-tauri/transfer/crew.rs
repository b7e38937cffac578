//! The pairs of sessions at work in one attempt: all take of one work until nothing waits. One that fails leaves the
//! rest to the others, and only the last one's failure is the run's. Must not know what the work is.

use crate::copy::{Lost, Stream};
use crate::course::Course;
use crate::growth;
use crate::queue::Backlog;
use crate::retry::{self, Next, Situation};
use async_trait::async_trait;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use mail::{Cause, Failure, MessageId, Reach, Result, Side, Source, Target};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often it is asked whether another pair would pay.
const LOOK: Duration = Duration::from_millis(25);
/// So often one message may be the next when a connection is lost, before it is put last.
const SUSPICION: u32 = 3;
/// So often the same batch may be the next to be answered, before its messages go one by one.
const COINCIDENCE: u32 = 2;
/// How long the others may take to reach a safe state when one failure ends the attempt.
const GRACE: Duration = Duration::from_millis(600);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// A pair of sessions: one of them at each side.
pub(crate) struct Sessions {
    pub source: Box<dyn Source>,
    pub target: Option<Box<dyn Target>>,
    /// The other side of a verification, if it is a directory.
    pub directory: Option<Box<dyn Source>>,
}

impl Sessions {
    pub async fn close(mut self) {
        self.source.close().await;
        if let Some(target) = &mut self.target {
            target.close().await;
        }
    }
}

/// What any number of pairs can share.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What no pair has taken yet.
    fn backlog(&self) -> Backlog;

    /// One pair at work until nothing waits. What a failure leaves undone does not wait any more.
    async fn flow(&self, sessions: &mut Sessions) -> Result<(), Lost>;

    /// This message of the source has failed, whatever else is tried.
    async fn give_up(&self, at: usize, id: &MessageId, failure: &Failure) -> Result<()>;
}

#[async_trait]
impl Work for Stream {
    fn backlog(&self) -> Backlog {
        self.pool().backlog()
    }

    async fn flow(&self, sessions: &mut Sessions) -> Result<(), Lost> {
        match &mut sessions.target {
            Some(target) => self.copy(&mut *sessions.source, &mut **target).await,
            None => Ok(()),
        }
    }

    async fn give_up(&self, at: usize, id: &MessageId, failure: &Failure) -> Result<()> {
        self.refuse(at, id, failure).await
    }
}

/// How long it took to open a pair, and what came of it.
pub(crate) type Opening = AbortOnDropHandle<(Duration, Result<Sessions>)>;

pub(crate) struct Crew {
    /// Pairs that have nothing to do at the moment.
    idle: Vec<Sessions>,
    /// On their way.
    opening: FuturesUnordered<Opening>,
}

impl Crew {
    pub fn of(first: Sessions) -> Self {
        Self { idle: vec![first], opening: FuturesUnordered::new() }
    }

    /// For what is not done folder by folder.
    pub fn first(&mut self) -> Result<&mut Sessions> {
        self.idle.first_mut().ok_or_else(|| Failure::new(Cause::Closed))
    }

    /// Says goodbye to all but `keep`.
    pub async fn part(&mut self, keep: usize) {
        let leaving = self.idle.split_off(keep.min(self.idle.len()));
        let goodbyes = join_all(leaving.into_iter().map(Sessions::close));
        let _ = tokio::time::timeout(GOODBYE, goodbyes).await;
    }
}

impl Course {
    /// Opens more pairs while the first still looks, where so many messages are expected that they will be needed. Once in
    /// a run: what was refused meanwhile nobody has heard.
    pub fn open_ahead(&mut self, crew: &mut Crew, messages: u64, octets: u64) {
        let now = Instant::now();
        self.growth.begin(now, 0.0);
        if !std::mem::replace(&mut self.opened_ahead, true) && crew.idle.len() == 1 {
            let more = self.growth.ahead(now, messages, octets);
            crew.opening.extend((0..more).map_while(|_| self.another()));
        }
    }

    /// Works with every pair there is, and with more while that pays. `Err`: the last pair's failure, or one that new
    /// connections would meet too. What a lost pair left undone does not wait any more.
    pub async fn work_with<W: Work>(
        &mut self,
        crew: &mut Crew,
        work: &Arc<W>,
        stop: &CancellationToken,
        halt: &CancellationToken,
    ) -> Result<()> {
        let mut at_work = FuturesUnordered::new();
        self.at = None;
        self.growth.begin(Instant::now(), self.done());
        let mut end = loop {
            let waiting = work.backlog();
            while at_work.len() < waiting.slices.max(1)
                && waiting.slices > 0
                && let Some(mut sessions) = crew.idle.pop()
            {
                let work = Arc::clone(work);
                // A task of its own: hashing for several pairs is more than one core can do.
                at_work.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    let flowed = work.flow(&mut sessions).await;
                    (sessions, flowed)
                })));
            }
            if at_work.is_empty() {
                break Ok(());
            }
            let pairs = at_work.len() + crew.idle.len();
            if crew.opening.is_empty() {
                let more = self.growth.more(Instant::now(), pairs, self.done(), work.backlog());
                crew.opening.extend((0..more).map_while(|_| self.another()));
            }
            tokio::select! {
                biased;
                Some(ended) = at_work.next() => match ended.map_err(|_| Lost::nobody(Failure::new(Cause::Closed))) {
                    Ok((sessions, Ok(()))) => crew.idle.push(sessions),
                    Ok((_, Err(lost))) | Err(lost) => {
                        let left = pairs - 1;
                        self.growth.lost(Instant::now(), self.done(), &lost.failure, left);
                        self.suspect(&**work, &lost).await?;
                        if left == 0 || !passing(&lost.failure) {
                            self.at = lost.at;
                            break Err(lost.failure);
                        }
                        let Lost { failure, .. } = lost;
                        log::info!("run {}: one of {pairs} pairs is lost: {failure} on {:?}", self.id, failure.side);
                    }
                },
                Some(opened) = crew.opening.next(), if !crew.opening.is_empty() => match opened {
                    Ok((took, Ok(sessions))) => {
                        self.growth.joined(Instant::now(), self.done(), took);
                        crew.idle.push(sessions);
                    }
                    Ok((_, Err(failure))) => {
                        log::info!("run {}: no more than {pairs} pairs: {failure} on {:?}", self.id, failure.side);
                        self.growth.refused(Instant::now(), self.done(), &failure, pairs);
                        self.not_another(&failure);
                    }
                    Err(_) => self.growth.refused(Instant::now(), self.done(), &Failure::new(Cause::Closed), pairs),
                },
                () = tokio::time::sleep(LOOK) => {}
            }
        };
        // What is open by now is left as one leaves.
        while let Some(Some(opened)) = crew.opening.next().now_or_never() {
            crew.idle.extend(opened.ok().and_then(|(_, opened)| opened.ok()));
        }
        crew.opening.clear();
        if end.is_err() {
            halt.cancel();
            let rest = async { while at_work.next().await.is_some() {} };
            if tokio::time::timeout(GRACE, rest).await.is_ok() && stop.is_cancelled() {
                end = Err(Failure::new(Cause::Stopped));
            }
        }
        end
    }

    /// One message may be what breaks each connection that is asked for it or given it. Of several that were given at
    /// once each goes alone the next time. After some connections it is put last and the others are copied. Then it is
    /// given more time, and if that breaks a connection too it has failed.
    async fn suspect(&mut self, work: &impl Work, lost: &Lost) -> Result<()> {
        let (Some(at), Some(id)) = (lost.at, lost.ids.first()) else { return Ok(()) };
        if !matches!(lost.failure.cause, Cause::Closed | Cause::Timeout) {
            return Ok(());
        }
        let times = self.suspects.entry((at, id.clone())).or_default();
        *times += 1;
        if lost.ids.len() > 1 {
            if *times >= COINCIDENCE {
                self.careful.entry(at).or_default().extend(lost.ids.iter().cloned());
            }
            return Ok(());
        }
        if *times < SUSPICION || self.put_last.entry(at).or_default().insert(id.clone()) {
            return Ok(());
        }
        let failure = Failure { reach: Reach::Message, ..lost.failure.clone() };
        work.give_up(at, id, &failure).await?;
        self.given_up.entry(at).or_default().insert(id.clone(), failure);
        Ok(())
    }

    /// One pair more could not be opened.
    fn not_another(&mut self, failure: &Failure) {
        if failure.cause == Cause::SignInRefused {
            match (failure.side, &mut self.new) {
                (Some(Side::Source), _) => self.old.doubt(),
                (Some(Side::Target), Some(new)) => new.doubt(),
                _ => {}
            }
        }
    }

    fn done(&self) -> f64 {
        let (messages, octets) = self.around.board.done_so_far();
        growth::work(messages, octets)
    }
}

/// New connections may do better: the others need not end for it.
fn passing(failure: &Failure) -> bool {
    matches!(retry::next(failure, Situation { attempts: 0, opened: true }), Next::Again(_))
}
