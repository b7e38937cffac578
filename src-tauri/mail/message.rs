//! A message between two mailboxes: its id, what a listing says of it, and the message itself on its way.

use crate::{Body, Failure, Flags, HeaderHash, InternalDate};
use std::fmt;

/// How its own mailbox names a message within a folder. IMAP: the UID, valid under one UIDVALIDITY. POP3: the
/// UIDL (RFC 1939: 1 to 70 octets 0x21 to 0x7E). 16 octets in memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageId {
    Uid(u32),
    Uidl(Box<str>),
}

impl MessageId {
    pub fn uid(&self) -> Option<u32> {
        match self {
            MessageId::Uid(uid) => Some(*uid),
            MessageId::Uidl(_) => None,
        }
    }
}

/// The digits of a UID, or the UIDL as it is.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageId::Uid(uid) => uid.fmt(f),
            MessageId::Uidl(uidl) => f.write_str(uidl),
        }
    }
}

/// One line of a listing. What was not asked for, or not told, is None.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: MessageId,
    /// RFC822.SIZE in octets. Servers are known to be wrong here: the literal is the truth.
    pub size: Option<u32>,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    pub header: Option<HeaderHash>,
}

/// The messages of a folder in ascending order of id, each id once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// UIDVALIDITY; None for POP3.
    pub validity: Option<u32>,
    /// None where the server does not tell.
    pub uid_next: Option<u32>,
    pub modseq: Option<u64>,
    /// All that the folder holds, listed here or not.
    pub messages: u32,
    pub entries: Vec<Entry>,
}

/// A message on its way. Its octets are never altered between fetch and store.
#[derive(Debug)]
pub struct Message {
    /// Its id in the mailbox it was fetched from.
    pub id: MessageId,
    pub flags: Flags,
    pub date: Option<InternalDate>,
    pub body: Body,
}

/// What became of one id that was asked for.
#[derive(Debug)]
pub enum Fetched {
    Message(Message),
    /// `Part::Hashes` was asked for: the octets were read and dropped.
    Hashed {
        id: MessageId,
        sha256: crate::Sha256,
        header: HeaderHash,
        octets: u64,
        flags: Flags,
        date: Option<InternalDate>,
    },
    /// This message alone could not be had; the others go on.
    Failed {
        id: MessageId,
        failure: Failure,
    },
}
