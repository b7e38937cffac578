//! The pairs of sessions at work in one attempt: each takes the next folder until none waits. One that fails leaves
//! its folder to the others, and only the last one's failure is the run's. Must not know what is done with a folder.

use crate::course::{Course, Sessions};
use crate::growth::work;
use crate::queue::Queue;
use crate::retry::{self, Next, Situation};
use futures::StreamExt;
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesUnordered;
use mail::{Cause, Failure, Reach, Result};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is asked whether another pair would pay.
const LOOK: Duration = Duration::from_millis(50);
/// How long the others may take to reach a safe state when one failure ends the attempt.
const GRACE: Duration = Duration::from_millis(600);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// Pairs that have nothing to do at the moment.
pub(crate) struct Crew(Vec<Sessions>);

/// One folder's work, with the sessions that did it.
pub(crate) type Work<T> = BoxFuture<'static, (Sessions, Result<T>)>;

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
    /// Does the work of each folder that is not done in the phase at work; `settle` notes what came of it.
    pub async fn folder_by_folder<T>(
        &mut self,
        crew: &mut Crew,
        stop: &CancellationToken,
        begin: impl Fn(&Self, usize, Sessions, CancellationToken) -> Work<T>,
        settle: impl Fn(&mut Self, usize, T),
    ) -> Result<()> {
        let open: Vec<bool> = self.reached().iter().map(|reached| !reached.done).collect();
        let there = self.surveyed.as_ref().map(|surveyed| surveyed.there.clone()).unwrap_or_default();
        let mut queue = Queue::new(self.planned(), &there, |at| open[at]);
        let halt = stop.child_token();
        let mut at_work = FuturesUnordered::new();
        let mut opening: Option<BoxFuture<'static, (Duration, Result<Sessions>)>> = None;
        self.at = None;
        self.growth.begin(Instant::now());
        let mut end = loop {
            while !crew.0.is_empty() {
                let Some(at) = queue.next() else { break };
                let Some(sessions) = crew.0.pop() else { break };
                self.around.board.folder(at);
                let work = begin(self, at, sessions, halt.clone());
                at_work.push(async move {
                    let (sessions, result) = work.await;
                    (at, sessions, result)
                });
            }
            if at_work.is_empty() {
                break Ok(());
            }
            let pairs = at_work.len() + crew.0.len();
            if opening.is_none() && self.growth.more(Instant::now(), pairs, self.done(), queue.backlog()) {
                opening = self.another();
            }
            let opened = async {
                match &mut opening {
                    Some(opening) => opening.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some((at, sessions, result)) = at_work.next() => {
                    match result {
                        Ok(reached) => {
                            settle(self, at, reached);
                            crew.0.push(sessions);
                        }
                        Err(failure) if failure.reach <= Reach::Folder => {
                            self.folder_failed(at, failure);
                            crew.0.push(sessions);
                        }
                        Err(failure) => {
                            let left = pairs - 1;
                            self.growth.lost(Instant::now(), self.done(), &failure, left);
                            if left == 0 || !passing(&failure) {
                                self.at = Some(at);
                                break Err(failure);
                            }
                            log::info!("run {}: one of {pairs} pairs is lost: {failure} on {:?}", self.id, failure.side);
                        }
                    }
                    if self.reached().get(at).is_some_and(|reached| reached.done) {
                        queue.done(at);
                    } else {
                        queue.again(at);
                    }
                    if let Err(failure) = self.show_problems().await {
                        break Err(failure);
                    }
                }
                (took, opened) = opened => {
                    opening = None;
                    match opened {
                        Ok(sessions) => {
                            self.growth.joined(Instant::now(), self.done(), took);
                            crew.0.push(sessions);
                        }
                        Err(failure) => {
                            log::info!("run {}: no more than {pairs} pairs: {failure} on {:?}", self.id, failure.side);
                            self.growth.refused(Instant::now(), self.done(), &failure, pairs);
                        }
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        };
        if end.is_err() {
            halt.cancel();
            let rest = async {
                while let Some((at, _, result)) = at_work.next().await {
                    if let Ok(reached) = result {
                        settle(self, at, reached);
                    }
                }
            };
            if tokio::time::timeout(GRACE, rest).await.is_ok() && stop.is_cancelled() {
                end = Err(Failure::new(Cause::Stopped));
            }
        }
        crew.part(1).await;
        end
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
