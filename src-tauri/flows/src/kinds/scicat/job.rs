//! `scicat.job`: what a job of SciCat asks for, or the same said by hand.

use async_trait::async_trait;
use longshore_connectors::scicat::JobDataset;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{connection, reach};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scicat::of_scicat;

/// Parameters of `scicat.job`. Either a job or datasets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The job's id in SciCat.
    #[serde(default)]
    pub job: Option<String>,
    /// Pids, where there is no job: it is then as if a job had them all.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.job`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The job's id; null where the datasets were said by hand.
    pub job: Option<String>,
    /// What is to be done: `archive`, `retrieve`, ...; null where the datasets were said by hand.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The datasets, each once.
    pub datasets: Vec<JobDataset>,
    /// Who asked for it.
    pub owner: Option<String>,
    /// Whom to tell.
    pub contact: Option<String>,
    /// How it stood in SciCat.
    pub status: Option<String>,
}

/// `scicat.job`.
pub struct ScicatJob;

#[async_trait]
impl TypedKind for ScicatJob {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.job";
    const TITLE: &'static str = "Reads a job of SciCat";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        checked(&with).map(|()| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        checked(&with)?;
        let Some(id) = &with.job else {
            let all = with.datasets.into_iter().map(|pid| JobDataset { pid, files: Vec::new() });
            let datasets = each_once(all.collect());
            let (job, kind, owner, contact, status) = (None, None, None, None, None);
            return Ok(Output { job, kind, datasets, owner, contact, status }.into());
        };
        let scicat = reach(&context, &with.connection).await?.ok_or_else(|| none(&with.connection, id))?;
        let job = scicat.job(id).await.map_err(|error| of_scicat(&error))?;
        if job.datasets.is_empty() {
            let why = "It names no datasets";
            return Err(Fault::permanent("scicat.job_empty", format!("The job {id} asks for nothing"), why));
        }
        let (datasets, status) = (each_once(job.datasets), Some(job.status));
        let (owner, contact) = (job.owner, job.contact);
        Ok(Output { job: Some(job.id), kind: Some(job.kind), datasets, owner, contact, status }.into())
    }
}

fn checked(with: &With) -> Result<(), Fault> {
    if with.job.is_some() == with.datasets.is_empty() {
        return Ok(());
    }
    let why = "It takes either a job or datasets";
    Err(Fault::permanent("task.with", "The parameters of scicat.job are wrong", why))
}

fn none(connection: &str, job: &str) -> Fault {
    let why = format!("There is no connection {connection} to a SciCat");
    Fault::permanent("scicat.none", format!("The job {job} cannot be read"), why)
        .now("Make the connection, or say the datasets by their pids.")
}

/// A dataset that a job has twice is done once; files of it are those of both, and all of it if one says so.
fn each_once(all: Vec<JobDataset>) -> Vec<JobDataset> {
    let mut once: Vec<JobDataset> = Vec::new();
    for one in all {
        match once.iter_mut().find(|known| known.pid == one.pid) {
            None => once.push(one),
            Some(known) if known.files.is_empty() || one.files.is_empty() => known.files.clear(),
            Some(known) => known.files.extend(one.files),
        }
    }
    once
}
