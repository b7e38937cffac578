//! Plain structs and codes -> what a person reads, in Chinese and English (Project Fluent, `words/`). Decides
//! nothing: what is a problem and what is tried again is `transfer`'s. Must not know windows or terminals.

pub mod advice;
pub mod language;
pub mod number;
pub mod provider;
pub mod report;

#[cfg(test)]
mod complete;

pub use advice::{Action, Advice, Context, Mailbox};
pub use language::{Language, Value, Words};
