//! `scicat.origdatablocks`: the files that SciCat knows of a dataset, compared with those that are there.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_connectors::scicat::SciCat;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::Files;
use super::{comparing, connection, reach};
use crate::attempt::blocking;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;
use crate::scicat::of_scicat;

/// Parameters of `scicat.origdatablocks`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid of the dataset in SciCat; null where SciCat does not know it, and there is nothing to compare with.
    pub pid: Option<String>,
    /// Where its files lie: STORAGE:PATH, or an absolute path of this machine.
    pub folder: String,
    /// The dataset here, by pid or name. Its checksums are those of the ledger then; one that is not listed yet, as it lay in the landing
    /// zone before it was known here, is listed as it is compared, and its files are held against SciCat's checksums when they are packed.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Compare checksums too, where SciCat has them by MD5 or SHA-256. Without `dataset`: the storage's own where it has kept one, else by
    /// reading.
    #[serde(default = "yes")]
    pub checksums: bool,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

fn yes() -> bool {
    true
}

/// Output of `scicat.origdatablocks`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Output {
    /// Whether there was a SciCat to compare with.
    pub compared: bool,
    /// Files that SciCat knows, all of which are there, and no others.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Files whose checksum was compared, or will be when they are packed.
    pub checksums: u64,
}

/// `scicat.origdatablocks`.
pub struct ScicatOrigdatablocks;

#[async_trait]
impl TypedKind for ScicatOrigdatablocks {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.origdatablocks";
    const TITLE: &'static str = "Compares a dataset's files with those that SciCat knows";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || Location::read(services.storages.as_ref(), &with.folder).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        if let Some(dataset) = with.dataset.clone() {
            let services = context.services.clone();
            let dataset = blocking(move || services.dataset(&dataset)).await?;
            if dataset.described.is_some() {
                let text = "SciCat is told of the files from the ledger: there is nothing to compare";
                context.host.log(Level::Info, text);
                return Ok(Output::default().into());
            }
        }
        let scicat = reach(&context, &with.connection).await?;
        let files = match scicat.zip(with.pid.clone()) {
            Some((scicat, pid)) => Some(known(&scicat, &pid, &context).await?),
            None => None,
        };
        blocking(move || comparing::compare(&with, files, &context)).await.map(Done::Output)
    }
}

/// The files that SciCat knows. A dataset of which it knows none was never registered whole.
async fn known(scicat: &Arc<SciCat>, pid: &str, context: &Context) -> Result<Files, Fault> {
    let (mut files, mut read) = (Files::default(), 0);
    loop {
        context.go_on()?;
        let page = scicat.origdatablocks_page(pid, read).await.map_err(|error| of_scicat(&error))?;
        read += page.len();
        for block in &page {
            files.add(block);
        }
        if page.len() < SciCat::orig_page() {
            break;
        }
    }
    if files.totals().0 == 0 {
        let what = format!("The files of {pid} cannot be compared");
        let why = "SciCat knows none of them: it has no original datablocks";
        return Err(Fault::permanent("scicat.files_differ", what, why).on_dataset(pid));
    }
    for (one, other) in &files.alike {
        let text = format!("{one} and {other} are one file on systems that do not tell capitals from small letters");
        context.host.log(Level::Warning, &text);
    }
    Ok(files)
}
