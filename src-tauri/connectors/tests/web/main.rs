//! HTTP and WebDAV against real servers, against a server that answers as no good server does, and over a bad network.
#![allow(clippy::unwrap_used)]

mod answers;
mod archiver;
mod common;
mod faults;
mod http;
mod unicore;
mod webdav;
