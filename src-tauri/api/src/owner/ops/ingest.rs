//! Uploads of datasets by others, through presigned URLs into the landing zone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use longshore_connectors::s3::WrittenPart;
use longshore_connectors::scicat::{JobDataset, NewJob, SciCat};
use longshore_engine::Fault;
use longshore_flows::ingest;
use longshore_flows::scicat::of_scicat;
use longshore_flows::secrets::hide_everywhere;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::room;
use super::variables::text;
use crate::wire::{
    FlowRunArgs, HiddenText, IngestAbort, IngestComplete, IngestCompleteArgs, IngestFinish, IngestFinishArgs,
    IngestFinished, IngestPart, IngestRequest, IngestRequestArgs, IngestTrouble, IngestTroubles, IngestUploadArgs,
    IngestUrls, IngestUrlsArgs, IngestUrlsGet, IngestWho, IngestWhoArgs, IngestWhoIs, Nothing,
};

/// The setting that holds the room that was promised.
const PROMISED: &str = "ingest.promised";
/// How long room is kept for a dataset of which nothing is heard any more: a week, in milliseconds.
const KEPT: i64 = 7 * 24 * 3_600_000;
/// How long a URL holds.
const LIFE: Duration = Duration::from_hours(1);

/// Room that was promised to a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Promise {
    bytes: u64,
    at: i64,
}

type Promises = BTreeMap<String, Promise>;

impl Owner {
    /// Changes what was promised, one at a time. What nothing is heard of any more is forgotten.
    fn promises<T>(&self, change: impl FnOnce(&mut Promises) -> Result<T, Fault>) -> Result<T, Fault> {
        let _alone = crate::events::lock(&self.promising);
        let kept = self.store.setting(PROMISED)?.and_then(|value| serde_json::from_value(value).ok());
        let mut all: Promises = kept.unwrap_or_default();
        let now = self.clock.now().0;
        all.retain(|_, promise| now - promise.at < KEPT);
        let done = change(&mut all)?;
        self.store.set_setting(PROMISED, &json!(all))?;
        Ok(done)
    }
}

impl Answer<IngestRequest> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestRequestArgs) -> Result<Nothing, Fault> {
        let IngestRequestArgs { pid, bytes } = args;
        let landing = room::one(self, "landing").await?;
        self.ask(move |owner| {
            let now = owner.clock.now().0;
            owner.promises(|all| {
                let others: u64 = all.iter().filter(|(other, _)| **other != pid).map(|(_, one)| one.bytes).sum();
                let room = landing.to_grant.map(|room| room.saturating_sub(others));
                if let Some(room) = room.filter(|room| *room < bytes) {
                    return Err(no_room(&pid, bytes, room, others));
                }
                all.insert(pid.clone(), Promise { bytes, at: now });
                Ok(Nothing {})
            })
        })
        .await
    }
}

fn no_room(pid: &str, bytes: u64, room: u64, others: u64) -> Fault {
    let why =
        format!("It has {bytes} bytes; {room} are free in the landing zone, with {others} promised to other uploads");
    Fault::transient("ingest.no_room", format!("The dataset {pid} does not fit"), why)
        .now("Try again when datasets have left the landing zone, or give it more room.")
        .on_dataset(pid)
}

impl Answer<IngestUrlsGet> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestUrlsArgs) -> Result<IngestUrls, Fault> {
        self.ask(move |owner| {
            let IngestUrlsArgs { pid, object, parts } = &args;
            let granted = ingest::grant(owner.places.as_ref(), pid, object, *parts, LIFE)?;
            let hidden = |url: String| {
                hide_everywhere(&url);
                HiddenText(url)
            };
            Ok(IngestUrls { upload: granted.upload, urls: granted.urls.into_iter().map(hidden).collect() })
        })
        .await
    }
}

impl Answer<IngestComplete> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestCompleteArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| {
            let IngestCompleteArgs { of: IngestUploadArgs { pid, object, upload }, parts, sha256 } = args;
            let part = |IngestPart { part_number, etag, checksum_sha256 }| WrittenPart {
                number: part_number,
                etag,
                sha256: checksum_sha256,
            };
            let parts: Vec<WrittenPart> = parts.into_iter().map(part).collect();
            ingest::complete(owner.places.as_ref(), [&pid, &object, &upload], &parts, &sha256)?;
            Ok(Nothing {})
        })
        .await
    }
}

impl Answer<IngestAbort> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestUploadArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| {
            ingest::abort(owner.places.as_ref(), [&args.pid, &args.object, &args.upload])?;
            Ok(Nothing {})
        })
        .await
    }
}

impl Answer<IngestFinish> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestFinishArgs) -> Result<IngestFinished, Fault> {
        let (job, run) = if args.archive { archive(self, &args).await? } else { (None, None) };
        self.ask(move |owner| {
            owner.promises(|all| {
                all.remove(&args.pid);
                Ok(())
            })
        })
        .await?;
        Ok(IngestFinished { job, run })
    }
}

/// Starts the archiving: for a job in SciCat where there is one to have it, else for the dataset.
async fn archive(owner: &Arc<Owner>, args: &IngestFinishArgs) -> Result<(Option<String>, Option<String>), Fault> {
    let Some(scicat) = scicat(owner).await? else {
        let params = json!({"dataset_ids": [args.pid]});
        return Ok((None, Some(start(owner, params, None).await?)));
    };
    // A dataset that is uploaded a second time is another job; the same upload that is finished twice is not.
    let pid = args.pid.clone();
    let at = owner
        .ask(move |owner| {
            let now = owner.clock.now().0;
            owner.promises(|all| Ok(all.get(&pid).map_or(now, |promise| promise.at)))
        })
        .await?;
    let job = NewJob {
        kind: "archive".to_owned(),
        datasets: vec![JobDataset { pid: args.pid.clone(), files: Vec::new() }],
        owner: args.owner.clone(),
        owner_group: args.owner_group.clone(),
        contact: args.contact.clone(),
        key: format!("longshore-ingest-{}-{at}", args.pid),
    };
    let made = scicat.create_job(&job).await.map_err(|error| of_scicat(&error))?;
    // SciCat may ask for the same job itself: it is one run all the same.
    let run = start(owner, json!({"job_id": made.id}), Some(made.id.clone())).await?;
    Ok((Some(made.id), Some(run)))
}

async fn scicat(owner: &Arc<Owner>) -> Result<Option<Arc<SciCat>>, Fault> {
    owner
        .ask(|owner| {
            let id = text(owner, "scicat_connection")?.unwrap_or_default();
            owner.connections.scicat(&id)
        })
        .await
}

async fn start(owner: &Arc<Owner>, params: serde_json::Value, job: Option<String>) -> Result<String, Fault> {
    let flow = "archive_datasetlist".to_owned();
    let args = FlowRunArgs { flow, source: None, params, key: job.map(|job| format!("job {job}")), priority: None };
    let started = <Owner as Answer<crate::wire::FlowRun>>::answer(owner, args).await?;
    Ok(started.run)
}

impl Answer<IngestTroubles> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<IngestTrouble>, Fault> {
        let Some(scicat) = scicat(self).await? else { return Ok(Vec::new()) };
        let trouble = |message: String| IngestTrouble {
            dependency: "scicat".to_owned(),
            endpoint: scicat.endpoint().to_owned(),
            message,
        };
        let asked = scicat.health().await;
        Ok(asked.err().map(|error| trouble(of_scicat(&error).why)).into_iter().collect())
    }
}

impl Answer<IngestWhoIs> for Owner {
    async fn answer(self: &Arc<Self>, args: IngestWhoArgs) -> Result<IngestWho, Fault> {
        hide_everywhere(&args.token.0);
        let Some(scicat) = scicat(self).await? else {
            let why = "There is no connection to SciCat, which knows whose tokens are valid";
            return Err(Fault::permanent("connection.unknown", "Nobody can log in this way", why));
        };
        let identity = scicat.identity_by(args.token.0.into()).await.map_err(|error| of_scicat(&error))?;
        Ok(IngestWho { groups: identity.map(|identity| identity.groups) })
    }
}
