//! A station on the way from a source to whoever gave it an order: each portion's messages pass through it. For
//! wrappers of a Source; it must not know what they do there.

use crate::ports::{Given, Order, Portion, Source};
use crate::{Failure, Fetched, Folder, Part, Result};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// A portion as it passes.
#[derive(Debug)]
pub struct Passing {
    pub folder: Arc<Folder>,
    pub validity: Option<u32>,
    /// From the source.
    pub from: Receiver<Fetched>,
    /// To whoever gave the order.
    pub out: Sender<Fetched>,
}

/// Gives the source the portions of `outer`, with the station in between.
struct Relayed<'a> {
    outer: &'a mut dyn Order,
    started: mpsc::UnboundedSender<Passing>,
    room: usize,
}

#[async_trait]
impl Order for Relayed<'_> {
    async fn next(&mut self, idle: bool) -> Given {
        let Portion { folder, validity, ids, out } = match self.outer.next(idle).await {
            Given::Portion(portion) => portion,
            other => return other,
        };
        let (into, from) = mpsc::channel(self.room);
        match self.started.send(Passing { folder: Arc::clone(&folder), validity, from, out }) {
            Ok(()) => Given::Portion(Portion { folder, validity, ids, out: into }),
            Err(_) => Given::End,
        }
    }

    fn failed(&mut self, folder: &Folder, failure: Failure) {
        self.outer.failed(folder, failure);
    }
}

/// Fetches `order` from `source`; `station` takes each portion to its end, one after the other. At most `room` messages
/// wait before it.
pub async fn relay(
    source: &mut dyn Source,
    order: &mut dyn Order,
    part: Part,
    room: usize,
    mut station: impl FnMut(Passing) -> BoxFuture<'static, Result<()>> + Send,
) -> Result<()> {
    let (started, mut passing) = mpsc::unbounded_channel();
    let fetching = async move {
        let mut relayed = Relayed { outer: order, started, room };
        source.fetch_all(&mut relayed, part).await
    };
    let standing = async move {
        while let Some(portion) = passing.recv().await {
            station(portion).await?;
        }
        Ok(())
    };
    let (fetched, stood) = tokio::join!(fetching, standing);
    stood.and(fetched)
}
