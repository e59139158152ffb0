//! `folder.clean_up`: takes away a folder that a run has to itself.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delete;
use crate::attempt::{blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;
use crate::used_up;

/// Parameters of `folder.clean_up`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The folder: STORAGE:PATH, or an absolute path of this machine. It, or a folder above it, must have the id of the run as its name: so
    /// nothing is ever taken from anybody else. One that is not there is well.
    pub folder: String,
}

/// Output of `folder.clean_up`.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// The folder, which is not there any more.
    pub folder: String,
}

/// `folder.clean_up`.
pub struct FolderCleanUp;

#[async_trait]
impl TypedKind for FolderCleanUp {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "folder.clean_up";
    const TITLE: &'static str = "Takes away a folder that the run has to itself";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || clean_up(&with, &context)).await.map(Done::Output)
    }
}

fn clean_up(with: &With, context: &Context) -> Result<Output, Fault> {
    let text = with.folder.trim_end_matches('/');
    let Some(end) = own(text, &context.run) else {
        let why = format!("Neither it nor a folder above it is called {}, as this run is", context.run);
        return Err(Fault::permanent("clean_up.not_own", format!("{text} was not taken away"), why)
            .now("Give the run a folder of its own, with {{ run.id }} as its name."));
    };
    // What is cleared from now on finds nothing, and says so.
    used_up::mark(context, text)?;
    let given = delete::With { path: text.to_owned(), recursive: true, missing_ok: true, without_proof: false };
    let done = delete::delete(&given, context)?;
    if end < text.len() {
        // The run's folder goes with the last that is in it.
        let above = Location::read(context.services.storages.as_ref(), &text[..end])?;
        let gone = above.storage.delete_folder(&above.path);
        if gone.as_ref().is_err_and(|error| error.code != "file.missing") {
            gone.told_at(above.storage.name())?;
        }
    }
    if done.files > 0 {
        let text = format!("{} taken away, {}", count(done.files, "file", "files"), bytes(done.bytes));
        context.host.log(Level::Info, &text);
    }
    Ok(Output { folder: with.folder.clone() })
}

/// Where the part of a path ends that is the run's own folder.
fn own(text: &str, run: &str) -> Option<usize> {
    let path = text.split_once(':').filter(|_| !text.starts_with('/')).map_or(0, |(name, _)| name.len() + 1);
    let mut begin = path;
    for part in text[path..].split('/') {
        let end = begin + part.len();
        if part == run {
            return Some(end);
        }
        begin = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn a_folder_is_the_runs_own_by_its_whole_name() {
        assert_eq!(own("/data/r1", "r1"), Some(8));
        assert_eq!(own("/data/r1/0", "r1"), Some(8));
        assert_eq!(own("scratch:r1/0", "r1"), Some(10));
        for other in ["/data", "/data/r12/0", "/data/xr1", "r1:work", "/data/r1.zip"] {
            assert_eq!(own(other, "r1"), None, "{other}");
        }
    }
}
