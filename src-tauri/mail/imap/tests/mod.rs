//! A connection to servers that nobody would want: what they send must not cost more than it has to.

mod compress;
mod hostile;
mod reading;
mod removing;
mod script;
mod signing;
mod silence;
mod slowed;
mod storing;
