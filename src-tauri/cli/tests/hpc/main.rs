//! Flows between repositories, web servers, the data catalogue and machines over SSH, run by the program: real sshd, and test servers for the
//! rest, in the workspace of an operator whose connections are those of Airflow.
#![allow(clippy::unwrap_used)]

mod broken;
#[path = "../common/mod.rs"]
mod common;
mod draft;
mod gitlab;
mod login;
mod models;
mod record;
mod site;
mod unicore;
mod web;
