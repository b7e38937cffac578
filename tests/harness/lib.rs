//! What the tests stand on: real servers, a sample mailbox, an independent comparison, a slow line, the command
//! line and the window as a person starts them. Nothing here uses our own mail crate: it would prove itself. Only
//! the contract of its ports does.

pub mod certificate;
pub mod command;
pub mod compare;
pub mod contract;
pub mod cyrus;
pub mod delay;
pub mod desktop;
pub mod disk;
pub mod dovecot;
pub mod faults;
pub mod image;
pub mod names;
pub mod process;
pub mod sample;
pub mod strict;
pub mod utf7;
pub mod wire;

pub use certificate::Certificate;
pub use command::{Person, Run, between, person};
pub use compare::MailboxState;
pub use cyrus::Cyrus;
pub use delay::Proxy;
pub use desktop::{Desk, Desktop};
pub use dovecot::{Dovecot, Format, Options, PASSWORD, USER};
pub use sample::{Letter, many, nasty, samples};
pub use strict::Strict;
pub use wire::{Value, Wire};
