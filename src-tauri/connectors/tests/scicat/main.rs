//! SciCat: the client, against a server written from SciCat's documented behaviour, and that server against the documents.
#![allow(clippy::unwrap_used)]

mod blocks;
mod common;
mod datasets;
mod documented;
mod jobs;
mod login;
mod steps;
mod troubles;
