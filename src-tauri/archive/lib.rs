//! Mail on disk: one mbox and one index a folder, sealed by a manifest. Written while a mailbox is read
//! ([`Through`]), read back ([`Reader`]), proved byte by byte ([`prove`]), and shown to a person by subject and sender
//! ([`Heading`]). Knows files and the ports of `mail`; it must not know sockets, jobs, or a word that a person reads.

mod archive;
mod contents;
mod delivery;
mod disk;
mod folder;
mod frame;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod heading;
mod landmarks;
mod line;
mod manifest;
mod names;
mod octets;
mod place;
mod prove;
mod quote;
mod reader;
mod store;
mod through;
mod tree;

pub use archive::Archive;
pub use heading::Heading;
pub use landmarks::{Landmark, Which};
pub use place::{free_space, in_synced_folder};
pub use prove::{Damage, Flaw, FolderProof, Proof, prove};
pub use reader::Reader;
pub use store::Store;
pub use through::Through;
