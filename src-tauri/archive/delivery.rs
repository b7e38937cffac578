//! From a record to a message on its way.

use crate::contents::Record;
use crate::octets;
use crate::prove::Flaw;
use mail::{Budget, Cause, Failure, Fetched, Message, MessageId, Part, Result, Sha256};
use sha2::Digest;
use std::fs::File;
use tokio::runtime::{Handle, RuntimeFlavor};

/// Reads one message back. None: it is damaged.
pub(crate) async fn read(
    mbox: &File,
    record: &Record,
    id: MessageId,
    part: Part,
    budget: &Budget,
) -> Result<Option<Fetched>> {
    Ok(match part {
        Part::Whole => {
            let mut writer = budget.body(record.size).await?;
            let whole = octets::read(mbox, record, &mut |chunk| writer.write(chunk))?;
            let body = writer.finish();
            let whole = whole && body.sha256 == record.sha256;
            whole.then(|| Fetched::Message(Message { id, flags: record.flags.clone(), date: record.date, body }))
        }
        Part::Hashes => proved(mbox, record, &mut |_| Ok(()))?.is_none().then(|| Fetched::Hashed {
            id,
            sha256: record.sha256,
            header: record.header,
            octets: record.size,
            flags: record.flags.clone(),
            date: record.date,
        }),
    })
}

/// None when every octet is as it was fetched. `step` is told the length of each chunk.
pub(crate) fn proved(mbox: &File, record: &Record, step: &mut dyn FnMut(u64) -> Result<()>) -> Result<Option<Flaw>> {
    let mut hash = sha2::Sha256::new();
    let framed = octets::read(mbox, record, &mut |chunk| {
        hash.update(chunk);
        step(chunk.len() as u64)
    })?;
    let same = Sha256(hash.finalize().into()) == record.sha256;
    Ok(match (framed, same) {
        (true, true) => None,
        (true, false) => Some(Flaw::Octets),
        (false, _) => Some(Flaw::Framing),
    })
}

/// What is passed on of a message that was fetched whole.
pub(crate) fn as_asked(message: Message, part: Part) -> Fetched {
    match part {
        Part::Whole => Fetched::Message(message),
        Part::Hashes => Fetched::Hashed {
            id: message.id,
            sha256: message.body.sha256,
            header: message.body.header,
            octets: message.body.len(),
            flags: message.flags,
            date: message.date,
        },
    }
}

/// Work that may wait for the disk, away from the threads that serve connections. On a runtime of one thread it is done
/// at once: there nothing else could happen at the same time, and what happens there can be repeated exactly.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(Cause::Stopped)),
    }
}
