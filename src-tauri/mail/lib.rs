//! How to speak to a mailbox: the ports [`Source`], [`Target`] and [`Feed`], what they exchange, and the
//! protocols that implement them. Bytes and servers only: this crate must not know jobs, journals, files of
//! mail, or a word that a person reads.

pub mod body;
mod budget;
pub mod date;
pub mod failure;
pub mod fingerprint;
pub mod flags;
pub mod folder;
pub mod imap;
pub mod memory;
pub mod message;
pub mod net;
pub mod ports;
pub mod relay;
pub mod repair;

pub use body::{Body, BodyReader, BodyWriter};
pub use budget::Budget;
pub use date::InternalDate;
pub use failure::{Cause, Certificate, Failure, Reach, Result, Side};
pub use fingerprint::{HeaderHash, Sha256};
pub use flags::{Flags, System};
pub use folder::{Folder, FolderPath, SpecialUse, Status};
pub use message::{Entry, Fetched, Listing, Message, MessageId};
pub use ports::{
    Capacity, Feed, Fence, FlagChange, Given, Identity, Limits, Look, NameRules, Order, Outcome, Part, Place, Portion,
    Seen, Source, Taken, Target, Want,
};
pub use repair::Repaired;
