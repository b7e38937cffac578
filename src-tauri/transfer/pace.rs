//! A mailbox read no faster than asked: wraps a Source. The target takes what it is given, so that one gate slows
//! both sides.

use crate::Pace;
use async_trait::async_trait;
use futures::future::BoxFuture;
use mail::relay::{Passing, relay};
use mail::{Fetched, Folder, Identity, Listing, Look, Order, Part, Result, Source};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Shared by all connections of a run.
#[derive(Debug)]
pub struct Gate {
    octets_per_second: Option<f64>,
    messages_per_second: Option<f64>,
    /// When the next message may pass.
    next: Mutex<Option<Instant>>,
}

impl Gate {
    /// None when nothing is limited.
    pub fn new(pace: &Pace) -> Option<Arc<Self>> {
        let octets_per_second = pace.octets_per_second.map(|rate| rate.max(1) as f64);
        let messages_per_second = pace.messages_per_second.filter(|rate| *rate > 0.0);
        (octets_per_second.is_some() || messages_per_second.is_some())
            .then(|| Arc::new(Self { octets_per_second, messages_per_second, next: Mutex::default() }))
    }

    /// Waits for its turn, and holds up those behind it for as long as this message costs.
    async fn pass(&self, octets: u64) {
        let of = |rate: Option<f64>, amount: f64| rate.map_or(0.0, |rate| (amount / rate).min(86_400.0));
        let cost = of(self.octets_per_second, octets as f64).max(of(self.messages_per_second, 1.0));
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or_else(Instant::now, |next| next.max(Instant::now()));
            *next = Some(turn + Duration::from_secs_f64(cost));
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

pub struct Paced {
    inner: Box<dyn Source>,
    gate: Arc<Gate>,
}

impl Paced {
    pub fn wrap(inner: Box<dyn Source>, gate: Option<&Arc<Gate>>) -> Box<dyn Source> {
        match gate {
            Some(gate) => Box::new(Self { inner, gate: Arc::clone(gate) }),
            None => inner,
        }
    }
}

#[async_trait]
impl Source for Paced {
    async fn identity(&mut self) -> Result<Identity> {
        self.inner.identity().await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>> {
        self.inner.folders().await
    }

    async fn list_all(&mut self, looks: &[Look<'_>]) -> Result<Vec<Result<Listing>>> {
        self.inner.list_all(looks).await
    }

    async fn fetch_all(&mut self, order: &mut dyn Order, part: Part) -> Result<()> {
        let gate = &self.gate;
        let station = |passing: Passing| -> BoxFuture<'static, Result<()>> {
            let gate = Arc::clone(gate);
            Box::pin(async move {
                let Passing { mut from, out, .. } = passing;
                while let Some(fetched) = from.recv().await {
                    let octets = match &fetched {
                        Fetched::Message(message) => message.body.len(),
                        Fetched::Hashed { octets, .. } => *octets,
                        Fetched::Failed { .. } => 0,
                    };
                    gate.pass(octets).await;
                    if out.send(fetched).await.is_err() {
                        break;
                    }
                }
                Ok(())
            })
        };
        relay(&mut *self.inner, order, part, 1, station).await
    }

    fn be_patient(&mut self, times: u32) {
        self.inner.be_patient(times);
    }

    async fn close(&mut self) {
        self.inner.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gate_lets_through_what_was_asked() {
        let pace =
            |octets_per_second, messages_per_second| Pace { octets_per_second, messages_per_second, ..Pace::default() };
        assert!(Gate::new(&pace(None, None)).is_none());
        for pace in [pace(Some(100_000), None), pace(None, Some(100.0)), pace(Some(100_000), Some(5000.0))] {
            let Some(gate) = Gate::new(&pace) else { panic!("limited") };
            let start = Instant::now();
            for _ in 0..11 {
                gate.pass(1000).await;
            }
            let took = start.elapsed().as_millis();
            assert!((100..1000).contains(&took), "{took} ms for ten times 10 ms");
        }
    }
}
