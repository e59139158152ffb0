//! The flows of a digital library, run by the program: queues and archives played by Moto, scripts by real shells.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod dag;
mod messages;
mod restore;
mod scripts;
mod site;
mod volume;
mod watcher;
