//! `archiver.send`: uploads a dataset's files through presigned URLs.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::Entry;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::JoinSet;

use super::sending::Sending;
use super::{With, link};
use crate::attempt::{PAGE, blocking, bytes, count};
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::plan;

/// Files that are sent side by side.
const FILES: usize = 4;

/// Output of `archiver.send`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset in SciCat.
    pub pid: String,
    /// Files, all of them with the service.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// `archiver.send`.
pub struct ArchiverSend;

#[async_trait]
impl TypedKind for ArchiverSend {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "archiver.send";
    const TITLE: &'static str = "Uploads a dataset's files through a remote archiver service";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        let totals = blocking(move || Ok(services.dataset(&with.dataset)?.totals)).await?;
        Ok(Need { files: Some(totals.files), bytes: Some(totals.bytes), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let link = link(&context, &with).await?;
        let (looking, dataset, pid) = (context.clone(), link.dataset.clone(), link.pid.clone());
        let located = dataset.clone();
        let sources = blocking(move || plan::locate(&located.sources, looking.services.storages.as_ref())).await?;
        let sending = Arc::new(Sending::new(context.clone(), link, sources, with.connection.clone()));
        sending.resume().await;
        let sent = all(&context, &sending).await;
        // Whatever the end: what was begun and is not complete is thrown away there, and not only forgotten here.
        sending.abort_open().await;
        sent?;
        let totals = dataset.totals;
        let text = format!(
            "{}, {}, uploaded to {}; SHA-256 and MD5 were taken from the source as it was read",
            count(totals.files, "file", "files"),
            bytes(totals.bytes),
            with.connection
        );
        blocking(move || context.history(&dataset, "uploaded", text)).await?;
        Ok(Output { pid, files: totals.files, bytes: totals.bytes }.into())
    }
}

/// Every file that the service does not have whole yet, some side by side.
async fn all(context: &Context, sending: &Arc<Sending>) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let (services, id) = (context.services.clone(), sending.dataset());
        let page = blocking(move || services.catalogue.entries_after(id, after, PAGE).told()).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        let missing = sending.missing(page).await;
        if !missing.is_empty() {
            page_of(context, sending, missing).await?;
            sending.whole_up_to(after).await?;
        }
    }
}

async fn page_of(context: &Context, sending: &Arc<Sending>, page: Vec<Entry>) -> Result<(), Fault> {
    let mut work = JoinSet::new();
    let mut failed = None;
    for entry in page {
        if work.len() == FILES {
            failed = ended(work.join_next().await).err();
        }
        if failed.is_some() || context.host.cancelled() {
            break;
        }
        work.spawn(Arc::clone(sending).file(entry));
    }
    // All are waited for, so that none sends on after the task is told to have ended.
    while let Some(end) = work.join_next().await {
        failed = failed.or(ended(Some(end)).err());
    }
    failed.map_or_else(|| context.go_on(), Err)
}

fn ended(end: Option<Result<Result<(), Fault>, tokio::task::JoinError>>) -> Result<(), Fault> {
    match end {
        None => Ok(()),
        Some(Ok(done)) => done,
        Some(Err(broken)) => Err(Fault::fatal("task.broken", "The upload broke off", broken.to_string())),
    }
}
