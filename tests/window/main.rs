//! The real window, driven as a person drives it: real servers, a real keychain, real dialogs.

mod alone;
mod clicks;
mod edges;
mod newcomer;
mod page;
mod recognition;
mod repair;
mod road;
