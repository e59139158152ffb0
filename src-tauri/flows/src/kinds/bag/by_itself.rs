//! The kinds of bags done by themselves, for whoever has no workspace: on places of this machine and on addresses of the web.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use longshore_catalogue::PathBytes;
use longshore_connectors::local::Local;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::attempt::{Attempt, staging};
use super::debag::{self, debag};
use super::make::{self, make, parent};
use super::staging::Staging;
use super::validate::validate;
use crate::faults::of_storage;
use crate::kind::{Level, Progress, Storages, TaskHost, Waiting};
use crate::location::Location;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// `bag.validate`.
    Validate,
    /// `bag.make`.
    Make,
    /// `debag`.
    Unpack,
}

/// Looks on, and may end it.
pub trait Onlooker: Send + Sync {
    /// Something to say.
    fn said(&self, level: Level, text: &str);
    /// How far it is.
    fn progress(&self, progress: Progress);
    /// Whether to stop. What was begun is taken away then.
    fn stopped(&self) -> bool;
}

/// Does it, with the parameters that the kind has in a flow; gives what the kind gives.
pub fn by_itself(work: Work, with: Value, onlooker: &dyn Onlooker) -> Result<Value, Fault> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let staging = staging(&format!("{}-{}", std::process::id(), since.as_nanos()));
    let scratch = std::env::temp_dir().join(&staging);
    let here = Here { scratch: scratch.as_os_str().as_encoded_bytes().to_vec() };
    let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let attempt = Attempt { storages: &here, host: &Host(onlooker), staging: staging.clone(), now };
    let done = match work {
        Work::Validate => output(validate(&read(with)?, &attempt)),
        Work::Make => {
            let with: make::With = read(with)?;
            let done = output(make(&with, &attempt));
            after(done, &attempt, &with.to, true)
        }
        Work::Unpack => {
            let with: debag::With = read(with)?;
            let done = output(debag(&with, &attempt));
            after(done, &attempt, &with.into, false)
        }
    };
    // Made only where something was to be spooled, and nobody else knows of it.
    let _ = std::fs::remove_dir_all(&scratch);
    done
}

fn read<T: DeserializeOwned>(with: Value) -> Result<T, Fault> {
    serde_json::from_value(with)
        .map_err(|error| Fault::permanent("task.with", "The parameters are wrong", error.to_string()))
}

fn output(done: Result<impl Serialize, Fault>) -> Result<Value, Fault> {
    let broken = |error: serde_json::Error| Fault::permanent("task.output", "The output is no JSON", error.to_string());
    done.and_then(|output| serde_json::to_value(output).map_err(broken))
}

/// Takes away what a failed attempt left at the target: nobody comes after it who would.
fn after(done: Result<Value, Fault>, attempt: &Attempt<'_>, to: &str, file: bool) -> Result<Value, Fault> {
    if done.is_ok() {
        return done;
    }
    let unstopped = Attempt { host: &Host(&Deaf), staging: attempt.staging.clone(), ..*attempt };
    if let Ok(place) = Location::read(attempt.storages, to) {
        let folder = if file { parent(&place.path) } else { &place.path };
        // What failed is what is told.
        let _ = Staging::of(&unstopped, &place.storage, folder).clear(&unstopped);
        if file {
            let _ = place.storage.discard(&place.path);
        }
    }
    done
}

/// The places of this machine.
struct Here {
    /// Made when it is asked for.
    scratch: Vec<u8>,
}

impl Storages for Here {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        if name != "scratch" {
            let why = "No workspace is open, and what it calls by this name is not known";
            return Err(Fault::permanent("storage.unknown", format!("There is no storage {name:?}"), why));
        }
        let path = std::path::PathBuf::from(PathBytes::new(self.scratch.clone()).to_text());
        std::fs::create_dir_all(path)
            .map_err(|error| Fault::transient("io.error", "There is no room for what is spooled", error.to_string()))?;
        self.folder(&self.scratch)
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        let name = PathBytes::new(absolute).to_text();
        Ok(Arc::new(Local::open(&name, absolute).map_err(|error| of_storage(&name, &error))?))
    }
}

struct Deaf;

impl Onlooker for Deaf {
    fn said(&self, _: Level, _: &str) {}
    fn progress(&self, _: Progress) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// An onlooker as what a runner gives to an attempt. Nothing is kept: there is no next attempt.
struct Host<'o>(&'o dyn Onlooker);

impl TaskHost for Host<'_> {
    fn log(&self, level: Level, text: &str) {
        self.0.said(level, text);
    }

    fn progress(&self, progress: Progress) {
        self.0.progress(progress);
    }

    fn checkpoint(&self) -> Option<Value> {
        None
    }

    fn save_checkpoint(&self, _: Value) -> Result<(), Fault> {
        Ok(())
    }

    fn cancelled(&self) -> bool {
        self.0.stopped()
    }

    fn wait_cancelled(&self) -> Waiting<'_> {
        Box::pin(std::future::pending())
    }
}
