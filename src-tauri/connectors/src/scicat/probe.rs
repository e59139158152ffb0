//! The test of a connection, step by step.

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use longshore_transfer::storage::{Result as StorageResult, Status};

use super::error::{Error, Result};
use super::options::Login;
use super::{SciCat, Version};
use crate::http::{probe, told};
use crate::{Connection, Step, bridge, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let scicat = step(tell, "options", || {
        let scicat = SciCat::open(connection, Arc::new(SystemTime::now))?;
        let words = told::place(&scicat.site.base);
        Ok((scicat, words))
    })?;
    probe::reach(&scicat.site, tell)?;
    let id = &connection.id;
    step(tell, "health", || waited(id, health(&scicat)))?;
    step(tell, "login", || waited(id, login(&scicat)))?;
    if matches!(scicat.login, Login::Nobody) {
        return Some(());
    }
    step(tell, "identity", || waited(id, groups(&scicat)))
}

/// A step of a client that does not block, from a thread that is meant to wait.
fn waited(connection: &str, work: impl Future<Output = Result<String>>) -> StorageResult<((), String)> {
    let broken = |error: std::io::Error| Error {
        status: Status::Unusable,
        ..Error::permanent("io.error", "Asking SciCat", error.to_string())
    };
    let done = bridge::wait(work).map_err(broken).and_then(|done| done);
    done.map(|words| ((), words)).map_err(|error| error.in_test(connection))
}

async fn health(scicat: &SciCat) -> Result<String> {
    scicat.health().await?;
    let version = scicat.version().await?;
    let more = if version == Version::V4 { ", with version 3 for what is not in it" } else { "" };
    Ok(format!("SciCat is there; version {version} of the interface is spoken{more}"))
}

async fn login(scicat: &SciCat) -> Result<String> {
    if matches!(scicat.login, Login::Nobody) {
        return Ok("nobody logs in: only what is published is seen".to_owned());
    }
    let name = scicat.whoami().await?;
    Ok(match scicat.token_life().await {
        Some(life) => format!("logged in as {name}; the token is renewed after {} min", life.as_secs() / 60),
        None => format!("the token is that of {name}; it cannot be renewed"),
    })
}

async fn groups(scicat: &SciCat) -> Result<String> {
    let groups = scicat.identity().await?.groups;
    Ok(if groups.is_empty() { "in no group".to_owned() } else { format!("groups: {}", groups.join(", ")) })
}
