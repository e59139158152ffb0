//! What SciCat is told of datasets and jobs.
//!
//! Tasks do not talk to SciCat to tell it something: they keep a message ([`Tell`]) in the workspace, in the order in which things
//! happened, and whoever owns the workspace delivers it ([`deliver`]). So a SciCat that is away holds nothing up, a crash loses nothing, and
//! where there is no SciCat the same states are kept and told once there is one.

mod datablock;
mod dataset;

use std::sync::Arc;

use longshore_catalogue::{BlockId, Catalogue, NewMessage};
use longshore_connectors::scicat::{Error, JobStatus, Lifecycle, SciCat};
use longshore_engine::{Class, Fault};
use longshore_transfer::storage::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attempt::blocking;
use crate::handout::{Links, Offer, hand_out};
use crate::kind::Storages;

pub(crate) use dataset::{new_dataset, note, undescribed};

/// Name of the connection, where nothing else is said.
pub const CONNECTION: &str = "scicat";

/// Something that SciCat has to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
pub enum Tell {
    /// How a job stands.
    Job {
        /// The job's id.
        job: String,
        /// How it stands.
        status: JobStatus,
    },
    /// Where a dataset is on its way.
    Lifecycle {
        /// The dataset's pid in SciCat.
        pid: String,
        /// What changed; the rest stays as it is.
        change: Box<Lifecycle>,
    },
    /// How a job of retrievals ended, and which datablocks can be fetched. The links to them are made when it is told.
    Retrieved {
        /// The job's id.
        job: String,
        /// How it ended.
        status: JobStatus,
        /// The datablocks.
        blocks: Vec<Offer>,
        /// What the links to them are like.
        links: Links,
    },
    /// There is a dataset. What is said of it is read from the catalogue when it is told, which is once: SciCat gives its pid then, if none was
    /// chosen.
    Dataset {
        /// The dataset's pid in SciCat, or here while it has none there.
        pid: String,
        /// Its pid here.
        dataset: String,
    },
    /// A dataset has these files: those of the ledger, with the checksums that were taken as they were brought in.
    Files {
        /// The dataset's pid in SciCat, or here while it has none there.
        pid: String,
        /// Its pid here.
        dataset: String,
    },
    /// A datablock is on the LTS, proved. What is in it is read from the ledger when it is told.
    Datablock {
        /// The dataset's pid in SciCat.
        pid: String,
        /// The datablock.
        block: BlockId,
    },
}

impl Tell {
    /// What it is about: what is told of one dataset or job is told in order.
    pub fn about(&self) -> String {
        match self {
            Self::Job { job, .. } | Self::Retrieved { job, .. } => format!("job {job}"),
            Self::Lifecycle { pid, .. }
            | Self::Dataset { pid, .. }
            | Self::Files { pid, .. }
            | Self::Datablock { pid, .. } => format!("dataset {pid}"),
        }
    }

    /// In a few words.
    pub fn summary(&self) -> String {
        match self {
            Self::Job { status, .. } | Self::Retrieved { status, .. } => status.code.clone(),
            Self::Lifecycle { change, .. } => words(change),
            Self::Dataset { .. } => "the dataset".to_owned(),
            Self::Files { .. } => "its files".to_owned(),
            Self::Datablock { block, .. } => format!("datablock {block}"),
        }
    }

    /// As it is kept.
    pub(crate) fn message(&self, to: &str, key: String, at: i64, run: &str) -> Result<NewMessage, Fault> {
        let body = serde_json::to_value(self)
            .map_err(|error| Fault::fatal("task.broken", "A message cannot be written", error.to_string()))?;
        Ok(NewMessage { key, to: to.to_owned(), about: self.about(), body, at, run: Some(run.to_owned()) })
    }
}

/// What a lifecycle says, for people.
pub(crate) fn words(change: &Lifecycle) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(change) else { return String::new() };
    let said = fields.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Why a message was not delivered.
#[derive(Debug)]
pub enum Undelivered {
    /// SciCat cannot take anything now: it is away, or the connection is not right.
    Held(Fault),
    /// SciCat does not take this.
    Refused(Fault),
}

/// From what messages are completed when they are delivered.
#[derive(Clone)]
pub struct Sources {
    /// The ledger: what is in a datablock.
    pub catalogue: Arc<dyn Catalogue>,
    /// The storages: where what was retrieved lies.
    pub storages: Arc<dyn Storages>,
    /// Milliseconds since the epoch.
    pub now: i64,
}

impl From<Error> for Undelivered {
    fn from(error: Error) -> Self {
        let concerns_it = matches!(
            error.code,
            "scicat.unknown"
                | "scicat.denied"
                | "scicat.refused"
                | "scicat.taken"
                | "scicat.changed"
                | "scicat.other_block"
                | "scicat.id"
        );
        let fault = of_scicat(&error);
        if concerns_it { Self::Refused(fault) } else { Self::Held(fault) }
    }
}

/// Tells SciCat what a message says. Told twice is told once.
pub async fn deliver(scicat: &SciCat, sources: &Sources, body: &Value) -> Result<(), Undelivered> {
    let tell: Tell = serde_json::from_value(body.clone()).map_err(|error| {
        let why = error.to_string();
        Undelivered::Refused(Fault::permanent("scicat.message", "A message for SciCat is not understood", why))
    })?;
    match tell {
        Tell::Job { job, status } => drop(scicat.change_job(&job, &status).await?),
        Tell::Retrieved { job, mut status, blocks, links } => {
            let Sources { catalogue, storages, now } = sources.clone();
            let hand_out = move || hand_out(storages.as_ref(), catalogue.as_ref(), &blocks, &links, now);
            status.result = Some(blocking(hand_out).await.map_err(Undelivered::Refused)?.result());
            scicat.change_job(&job, &status).await?;
        }
        Tell::Dataset { dataset, .. } => dataset::register(scicat, sources, dataset).await?,
        Tell::Files { dataset, .. } => dataset::register_files(scicat, sources, dataset).await?,
        Tell::Lifecycle { pid, change } => {
            let pid = dataset::pid_now(sources, pid).await?;
            scicat.change_lifecycle(&pid, &change).await?;
        }
        Tell::Datablock { pid, block } => {
            let pid = dataset::pid_now(sources, pid).await?;
            let ledger = Arc::clone(&sources.catalogue);
            let new = blocking(move || datablock::of(ledger.as_ref(), block)).await.map_err(Undelivered::Refused)?;
            scicat.register_datablock(&pid, &new).await?;
        }
    }
    Ok(())
}

/// A failure of SciCat, as a task's.
pub fn of_scicat(error: &Error) -> Fault {
    let class = match error.status {
        Status::Transient => Class::Transient,
        Status::Permanent => Class::Permanent,
        Status::Unusable => Class::Fatal,
    };
    Fault::new(class, error.code, &error.what, &error.why).now(advice(error.code))
}

fn advice(code: &str) -> &'static str {
    match code {
        "scicat.login" | "scicat.token" => "Give the connection the right login, and test it.",
        "scicat.address" => "See whether the connection's host and prefix are right, and test it.",
        "scicat.denied" => "Ask who looks after SciCat to give the connection's user the right, then retry.",
        _ => "",
    }
}
