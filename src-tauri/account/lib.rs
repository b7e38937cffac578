//! From an address to a way in: which servers, which user name, how to sign in, which certificate to trust.
//! Must not know moves, folders or messages, nor where secrets are kept.

pub mod account;
pub mod credentials;
pub mod provider;
pub mod url;

pub use account::{Account, Protocol, Security, SignIn};
pub use credentials::{Credentials, Reason, Secret};
