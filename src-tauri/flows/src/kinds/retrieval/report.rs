//! `retrieval.report`: tells SciCat how a job of retrievals ended, and where what was retrieved is fetched from.

use async_trait::async_trait;
use longshore_connectors::scicat::{JobDataset, JobStatus};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{blocking, count};
use crate::handout::{DAYS_MAX, Links, Offer, offered};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::kinds::scicat::{connection, tell};
use crate::scicat::Tell;

/// Parameters of `retrieval.report`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The job's id; null where there is none, and nothing is told.
    pub job: Option<String>,
    /// The datasets that were asked for, by their pids here or in SciCat.
    #[serde(default)]
    pub datasets: Vec<JobDataset>,
    /// `finishedSuccessful`, `finishedUnsuccessful`, `finishedWithDatasetErrors`.
    pub code: String,
    /// More about it, such as `jobFinished`.
    pub message: String,
    /// Days that links hold: 7 at most. They are made when SciCat is told, and hold from then on.
    #[serde(default = "most_days")]
    pub days: u32,
    /// Where others reach the object storage, if not where the connection does: host and port, or URL. Links lead there.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

fn most_days() -> u32 {
    DAYS_MAX
}

/// Output of `retrieval.report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// The job's id; null where there is none.
    pub job: Option<String>,
    /// What SciCat is told.
    pub code: String,
    /// The datablocks that can be fetched.
    pub offered: Vec<Offer>,
    /// How many of the datablocks of these datasets cannot.
    pub missing: u64,
}

/// `retrieval.report`.
pub struct RetrievalReport;

#[async_trait]
impl TypedKind for RetrievalReport {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieval.report";
    const TITLE: &'static str = "Tells SciCat how a job of retrievals ended, with links to what was retrieved";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (looking, datasets) = (context.clone(), with.datasets);
        let (offered, missing) = blocking(move || Ok(look(&looking, &datasets))).await?;
        if let Some(job) = with.job.clone() {
            let status = JobStatus { code: with.code.clone(), message: with.message, result: None };
            let (blocks, links) =
                (offered.clone(), Links { days: within(with.days, &context), endpoint: with.endpoint });
            tell(&context, &with.connection, vec![Tell::Retrieved { job, status, blocks, links }]).await?;
        }
        Ok(Output { job: with.job, code: with.code, offered, missing }.into())
    }
}

/// What can be fetched of all of them. How the job ended is told even where that cannot be found out.
fn look(context: &Context, datasets: &[JobDataset]) -> (Vec<Offer>, u64) {
    let (mut all, mut missing) = (Vec::new(), 0);
    for dataset in datasets {
        let Services { storages, catalogue, .. } = &context.services;
        match offered(storages.as_ref(), catalogue.as_ref(), &dataset.pid) {
            Ok((offers, others)) => {
                let text = format!(
                    "{}: {} can be fetched",
                    dataset.pid,
                    count(offers.len() as u64, "datablock", "datablocks")
                );
                context.host.log(Level::Info, &text);
                all.extend(offers);
                missing += others;
            }
            Err(fault) => {
                let text = format!("{}: nothing can be fetched: {fault}", dataset.pid);
                context.host.log(Level::Warning, &text);
            }
        }
    }
    (all, missing)
}

fn within(days: u32, context: &Context) -> u32 {
    let held = days.clamp(1, DAYS_MAX);
    if held != days {
        context.host.log(
            Level::Warning,
            &format!("Links hold {held} days, not {days}: S3 gives none that hold longer than {DAYS_MAX}"),
        );
    }
    held
}
