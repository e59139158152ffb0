//! What the storage, its readers and its writers share: where it lies, the client, and how requests are tried again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::StorageClass;
use longshore_transfer::level::{Level, Turn};
use longshore_transfer::storage::{Error, Result, Status};

use super::error::{self, Refusal};
use super::key::{Root, Target};
use super::options::Checksums;
use super::quick::Quick;
use crate::bridge;
use crate::place::{self, Place};

/// Tries of one request, the first included. With the pauses between them that is about a quarter of a minute of failures.
const TRIES: u32 = 8;

/// Pause before the second try; it doubles with each, up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Tries that may run out of time, of those.
const LATE: u32 = 4;

/// Bytes a second at which a line should carry a body: what a request may take grows with its body by this, and doubles for all
/// that follow each time that it was not enough.
const RATE: u64 = 256 << 10;

/// Longest time for a body, whatever its length.
const BODY_MAX: Duration = Duration::from_hours(1);

/// The line is at most so many times slower than [`RATE`].
const SLOW_MAX: u64 = 64;

/// A storage's place at an endpoint.
pub(super) struct Site {
    pub(super) name: Arc<str>,
    pub(super) client: Client,
    /// A shorter way to read, where there is one.
    pub(super) quick: Option<Arc<Quick>>,
    pub(super) root: Root,
    /// Requests under way, those of all transfers.
    pub(super) level: Arc<Level>,
    pub(super) storage_class: Option<StorageClass>,
    /// Bytes of a part, where the connection says.
    pub(super) part: Option<u64>,
    /// Bytes above which a copy within the endpoint goes in parts.
    pub(super) copy_max: u64,
    /// How long a request may go without one byte.
    pub(super) patience: Duration,
    /// Whether the body is not covered by the signature: where TLS covers it.
    pub(super) unsigned: bool,
    pub(super) checksums: Checksums,
    /// A reply showed that the server does not know CRC-32C.
    pub(super) old: AtomicBool,
    /// How many times slower than it should be the line has shown to be.
    pub(super) slow: AtomicU64,
    /// Whether the server keeps to `If-None-Match`: [`Conditions`].
    pub(super) conditions: AtomicU8,
}

/// Whether a server refuses to overwrite when asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Conditions {
    /// Not seen yet.
    Unknown = 0,
    /// It does.
    Kept = 1,
    /// It does not know the header, or takes no notice of it.
    Ignored = 2,
}

impl Site {
    /// Another view of the same place: they share the client and their turns, and what is known of the server so far.
    pub(super) fn another(&self) -> Self {
        Self {
            name: self.name.clone(),
            client: self.client.clone(),
            quick: self.quick.clone(),
            root: self.root.clone(),
            level: self.level.clone(),
            storage_class: self.storage_class.clone(),
            part: self.part,
            copy_max: self.copy_max,
            patience: self.patience,
            unsigned: self.unsigned,
            checksums: self.checksums,
            old: self.old.load(Ordering::Relaxed).into(),
            slow: self.slow.load(Ordering::Relaxed).into(),
            conditions: self.conditions.load(Ordering::Relaxed).into(),
        }
    }

    /// What a path is at the endpoint; `path.refused` if it is none.
    pub(super) fn target(&self, verb: &str, path: &[u8]) -> Result<Target> {
        self.root.target(path).map_err(|why| place::bad_path(&self.name, verb, path, why))
    }

    pub(super) fn place(&self, path: &[u8]) -> Place {
        Place { storage: self.name.clone(), path: path.to_vec() }
    }

    /// Waits for what is asked of the endpoint.
    pub(super) fn wait<T, E>(&self, work: impl Future<Output = std::result::Result<T, E>>) -> Result<T>
    where
        E: Into<Error>,
    {
        match bridge::wait(work) {
            Ok(result) => result.map_err(Into::into),
            Err(error) => Err(self.place(b"").told("Asking", "io.error", Status::Transient, error.to_string())),
        }
    }

    /// Asks the endpoint, and again while another try may do; `bytes` is what the request or its reply carries.
    pub(super) async fn ask<T, E, Asked>(
        &self,
        place: &Place,
        verb: &str,
        bytes: u64,
        ask: impl FnMut() -> Asked,
    ) -> std::result::Result<T, Refusal>
    where
        Asked: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let (reply, mut turn) = self.ask_for_body(place, verb, bytes, ask).await?;
        turn.moved(bytes);
        Ok(reply)
    }

    /// The same, with the turn that it was asked in: a body may still be to come.
    pub(super) async fn ask_for_body<T, E, Asked>(
        &self,
        place: &Place,
        verb: &str,
        bytes: u64,
        mut ask: impl FnMut() -> Asked,
    ) -> std::result::Result<(T, Turn), Refusal>
    where
        Asked: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut late = 0;
        for tries in 1.. {
            let mut turn = self.level.turn().await;
            // The library's futures are large: on the heap they are moved at no cost.
            let refusal = match tokio::time::timeout(self.limit(bytes), Box::pin(ask())).await {
                Ok(Ok(reply)) => return Ok((reply, turn)),
                Ok(Err(error)) => error::refusal(place, verb, &error),
                Err(_) => {
                    late += 1;
                    self.was_late(bytes);
                    error::stalled(place, verb)
                }
            };
            if refusal.error.status != Status::Transient {
                return Err(Refusal { tries, ..refusal });
            }
            turn.too_much();
            drop(turn);
            if tries >= TRIES || late >= LATE {
                return Err(Refusal { tries, ..refusal });
            }
            tracing::debug!(storage = %self.name, tries, error = %refusal.error, "asked again");
            pause(tries).await;
        }
        Err(error::stalled(place, verb))
    }

    /// How long a request may take that carries so many bytes.
    fn limit(&self, bytes: u64) -> Duration {
        let body = Duration::from_secs(bytes.saturating_mul(self.slow.load(Ordering::Relaxed)) / RATE);
        self.patience + body.min(BODY_MAX)
    }

    /// A request that carries bytes ran out of time: the line may be slower than thought.
    fn was_late(&self, bytes: u64) {
        let slower = |slow: u64| (bytes > 0 && slow < SLOW_MAX).then_some(slow * 2);
        let _ = self.slow.fetch_update(Ordering::Relaxed, Ordering::Relaxed, slower);
    }

    /// Whether what is written goes with CRC-32C, and not with MD5.
    pub(super) fn with_crc(&self) -> bool {
        match self.checksums {
            Checksums::Auto => !self.old.load(Ordering::Relaxed),
            Checksums::WhenSupported => true,
            Checksums::WhenRequired => false,
        }
    }

    pub(super) fn conditions(&self) -> Conditions {
        match self.conditions.load(Ordering::Relaxed) {
            1 => Conditions::Kept,
            2 => Conditions::Ignored,
            _ => Conditions::Unknown,
        }
    }

    pub(super) fn saw_conditions(&self, seen: Conditions) {
        self.conditions.store(seen as u8, Ordering::Relaxed);
    }
}

/// Waits before the next try: longer each time, and not as long as others that failed with it.
pub(crate) async fn pause(tries: u32) {
    let whole = PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(PAUSE_MAX);
    let chance = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    tokio::time::sleep(whole / 2 + whole.mul_f64(f64::from(chance % 1000) / 2000.0)).await;
}

/// Tries of a body that breaks off, without one byte in between.
pub(super) const BREAKS: u32 = TRIES;
