//! The client: versions, tries, and what is looked at twice.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use longshore_transfer::storage::Result as StorageResult;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::error::{Error, Result};
use super::login::Token;
use super::options::{Login, Options, login};
use super::request::{Call, Failure, Reply};
use crate::Connection;
use crate::http::{Site, Tries, Trouble};

/// The time, by which tokens are renewed.
pub type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A version of the interface. Only datasets, original datablocks and jobs are in version 4; the rest is in version 3 alone, also on
/// servers that have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// `/api/v3`.
    V3,
    /// `/api/v4`.
    V4,
}

impl Version {
    /// All.
    pub const ALL: [Self; 2] = [Self::V3, Self::V4];
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3 => "v3",
            Self::V4 => "v4",
        })
    }
}

/// A SciCat, as a connection leads to it.
pub struct SciCat {
    pub(super) site: Site,
    pub(super) login: Login,
    pub(super) token: Mutex<Option<Token>>,
    pub(super) now: Now,
    version: OnceCell<Version>,
    jobs_version: Option<Version>,
}

impl SciCat {
    /// The SciCat that a connection leads to. It is not asked yet. `now` tells the time.
    pub fn open(connection: &Connection, now: Now) -> StorageResult<Self> {
        let options: Options = connection.options()?;
        let site = options.site(connection)?;
        let version = OnceCell::new_with(options.version());
        let jobs_version = options.jobs_version(connection)?;
        Ok(Self { site, login: login(connection, &options), token: Mutex::default(), now, version, jobs_version })
    }

    /// The version of the interface that is spoken: what the connection says, or else the newest that the server has.
    pub async fn version(&self) -> Result<Version> {
        self.version.get_or_try_init(|| self.newest()).await.copied()
    }

    /// The version that is spoken, where it is known without asking.
    pub fn known_version(&self) -> Option<Version> {
        self.version.get().copied()
    }

    /// The version that is spoken about jobs.
    pub(super) async fn jobs_version(&self) -> Result<Version> {
        match self.jobs_version {
            Some(version) => Ok(version),
            None => self.version().await,
        }
    }

    async fn newest(&self) -> Result<Version> {
        let call = Call::get("Asking for version 4 of the interface", Version::V4, &["datasets"])?;
        match self.tried(&call.filter(&json!({"limits": {"limit": 1}})), None).await {
            // Whatever it says, the address is one of its own.
            Ok(_) => Ok(Version::V4),
            Err(error) if error.http() == Some(404) => Ok(Version::V3),
            Err(error) if error.http().is_some_and(|status| status < 500) => Ok(Version::V4),
            Err(error) => Err(error),
        }
    }

    /// Where it is: the address before the version.
    pub fn endpoint(&self) -> &str {
        self.site.base.as_str()
    }

    /// Whether it is there.
    pub async fn health(&self) -> Result<()> {
        let call = Call::get("Asking how SciCat is", Version::V3, &["health"])?;
        self.tried(&call, None).await?.read::<Value>(&call.what).map(drop)
    }

    /// The answer to a call, read.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        self.exchange(call).await?.read(&call.what)
    }

    /// The answer to a call. Where it could be that the token is not valid any more, that is looked into: such a token is not refused,
    /// it counts as nobody's, who gets a 403, or only what is published.
    async fn exchange(&self, call: &Call) -> Result<Reply> {
        let Some(token) = self.valid_token().await? else { return self.tried(call, None).await };
        let first = self.tried(call, Some(&token)).await;
        if !doubtful(call, &first) || self.knows(&token).await? {
            return first;
        }
        let token = self.renewed(&token).await?;
        self.tried(call, Some(&token)).await
    }

    /// The answer to a call that is sent until it is answered, if it may be sent again.
    pub(super) async fn tried(&self, call: &Call, token: Option<&secrecy::SecretString>) -> Result<Reply> {
        let mut tries = Tries::new(if call.repeatable { self.site.patience.tries } else { 0 });
        loop {
            match call.send(&self.site, token).await {
                Ok(reply) => return Ok(reply),
                Err(Failure { error, again: false, .. }) => return Err(error),
                Err(Failure { error, after, .. }) => {
                    let trouble = Trouble { after, ..Trouble::transient(error.code, "") };
                    let Ok(wait) = tries.after(trouble) else { return Err(error) };
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Makes something once: `find` is asked before each try whether it is there, as an earlier one may have made it without an
    /// answer, or somebody else.
    pub(super) async fn make_once<T, F, C>(&self, find: impl Fn() -> F, create: impl Fn() -> C) -> Result<T>
    where
        F: Future<Output = Result<Option<T>>>,
        C: Future<Output = Result<T>>,
    {
        let mut tries = Tries::new(self.site.patience.tries);
        loop {
            if let Some(found) = find().await? {
                return Ok(found);
            }
            let error: Error = match create().await {
                Ok(made) => return Ok(made),
                Err(error) => error,
            };
            // One that somebody else has made in between is found now.
            if !error.unsure() && error.code != "scicat.taken" {
                return Err(error);
            }
            let Ok(wait) = tries.after(Trouble::transient(error.code, "")) else {
                return find().await?.ok_or(error);
            };
            tokio::time::sleep(wait).await;
        }
    }
}

/// Whether an answer is one that nobody's token would get.
fn doubtful(call: &Call, answer: &Result<Reply>) -> bool {
    let reads = call.method == reqwest::Method::GET;
    match answer {
        Ok(reply) => reads && reply.is_nothing(),
        Err(error) => matches!(error.http(), Some(401 | 403)) || (reads && error.http() == Some(404)),
    }
}
