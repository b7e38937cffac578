//! The pairs of sessions at work in one attempt: all take from one stream until nothing waits. One that fails leaves the
//! rest to the others, and only the last one's failure is the run's. Must not know what is streamed.

use crate::copy::{Lost, Stream};
use crate::course::{Course, Sessions};
use crate::growth::work;
use crate::retry::{self, Next, Situation};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use mail::{Cause, Failure, Reach, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often it is asked whether another pair would pay.
const LOOK: Duration = Duration::from_millis(25);
/// So often one message may be the next when a connection is lost, before it is put last.
const SUSPICION: u32 = 3;
/// How long the others may take to reach a safe state when one failure ends the attempt.
const GRACE: Duration = Duration::from_millis(600);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Pairs that have nothing to do at the moment.
pub(crate) struct Crew(Vec<Sessions>);

impl Crew {
    pub fn of(first: Sessions) -> Self {
        Self(vec![first])
    }

    /// For what is not done folder by folder.
    pub fn first(&mut self) -> Result<&mut Sessions> {
        self.0.first_mut().ok_or_else(|| Failure::new(Cause::Closed))
    }

    /// Says goodbye to all but `keep`.
    pub async fn part(&mut self, keep: usize) {
        let leaving = self.0.split_off(keep.min(self.0.len()));
        let goodbyes = join_all(leaving.into_iter().map(Sessions::close));
        let _ = tokio::time::timeout(GOODBYE, goodbyes).await;
    }
}

impl Course {
    /// Streams with every pair there is, and with more while that pays. `Err`: the last pair's failure, or one that new
    /// connections would meet too. What a lost pair left undone is not in the stream any more.
    pub async fn stream_with(
        &mut self,
        crew: &mut Crew,
        stream: &Arc<Stream>,
        stop: &CancellationToken,
        halt: &CancellationToken,
    ) -> Result<()> {
        let mut at_work = FuturesUnordered::new();
        let mut opening = FuturesUnordered::new();
        self.at = None;
        self.growth.begin(Instant::now(), self.done());
        let mut end = loop {
            let waiting = stream.pool().backlog();
            while at_work.len() < waiting.slices.max(1)
                && waiting.slices > 0
                && let Some(mut sessions) = crew.0.pop()
            {
                let stream = Arc::clone(stream);
                // A task of its own: hashing for several pairs is more than one core can do.
                at_work.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    let flowed = match &mut sessions.target {
                        Some(target) => stream.flow(&mut *sessions.source, &mut **target).await,
                        None => Ok(()),
                    };
                    (sessions, flowed)
                })));
            }
            if at_work.is_empty() {
                break Ok(());
            }
            let pairs = at_work.len() + crew.0.len();
            if opening.is_empty() {
                let more = self.growth.more(Instant::now(), pairs, self.done(), stream.pool().backlog());
                opening.extend((0..more).map_while(|_| self.another()));
            }
            tokio::select! {
                biased;
                Some(ended) = at_work.next() => match ended.map_err(|_| Lost::nobody(Failure::new(Cause::Closed))) {
                    Ok((sessions, Ok(()))) => crew.0.push(sessions),
                    Ok((_, Err(lost))) | Err(lost) => {
                        let left = pairs - 1;
                        self.growth.lost(Instant::now(), self.done(), &lost.failure, left);
                        self.suspect(stream, &lost).await?;
                        if left == 0 || !passing(&lost.failure) {
                            self.at = lost.at;
                            break Err(lost.failure);
                        }
                        let Lost { failure, .. } = lost;
                        log::info!("run {}: one of {pairs} pairs is lost: {failure} on {:?}", self.id, failure.side);
                    }
                },
                Some((took, opened)) = opening.next(), if !opening.is_empty() => match opened {
                    Ok(sessions) => {
                        self.growth.joined(Instant::now(), self.done(), took);
                        crew.0.push(sessions);
                    }
                    Err(failure) => {
                        log::info!("run {}: no more than {pairs} pairs: {failure} on {:?}", self.id, failure.side);
                        self.growth.refused(Instant::now(), self.done(), &failure, pairs);
                    }
                },
                () = tokio::time::sleep(LOOK) => {}
            }
        };
        if end.is_err() {
            halt.cancel();
            let rest = async { while at_work.next().await.is_some() {} };
            if tokio::time::timeout(GRACE, rest).await.is_ok() && stop.is_cancelled() {
                end = Err(Failure::new(Cause::Stopped));
            }
        }
        end
    }

    /// One message may be what breaks each connection that is asked for it: after some of them it is put last and the
    /// others are copied. Then it is given more time, and if that breaks a connection too it has failed.
    async fn suspect(&mut self, stream: &Stream, lost: &Lost) -> Result<()> {
        let (Some(at), Some(id)) = (lost.at, &lost.id) else { return Ok(()) };
        if !matches!(lost.failure.cause, Cause::Closed | Cause::Timeout) {
            return Ok(());
        }
        let times = self.suspects.entry((at, id.clone())).or_default();
        *times += 1;
        if *times < SUSPICION {
            return Ok(());
        }
        if self.put_last.entry(at).or_default().insert(id.clone()) {
            return Ok(());
        }
        let failure = Failure { reach: Reach::Message, ..lost.failure.clone() };
        stream.give_up(at, id, &failure).await?;
        self.given_up.entry(at).or_default().insert(id.clone());
        Ok(())
    }

    fn done(&self) -> f64 {
        let (messages, octets) = self.around.board.done_so_far();
        work(messages, octets)
    }
}

/// New connections may do better: the others need not end for it.
fn passing(failure: &Failure) -> bool {
    matches!(retry::next(failure, Situation { attempts: 0, opened: true }), Next::Again(_))
}
