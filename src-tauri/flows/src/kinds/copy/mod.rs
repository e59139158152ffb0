//! `copy`: a file or a folder from any place to any other, checked by reading the copy back.

mod batch;
mod tree;

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_transfer::storage::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::location::Location;

/// Parameters of `copy`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What to copy: STORAGE:PATH, or an absolute path of this machine. A file, or a folder with all that is in it.
    pub from: String,
    /// Where to, as `from`: the path that the copy has.
    pub to: String,
    /// Replace files that lie there with another content. Without it they are left, and the task fails; files that lie there with
    /// the same content are taken as copied.
    #[serde(default)]
    pub replace: bool,
    /// Read each copy back from the medium, and compare it with the checksum that was taken from the source as it was read.
    #[serde(default = "yes")]
    pub verify: bool,
}

fn yes() -> bool {
    true
}

/// Output of `copy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Where the copy lies.
    pub to: String,
    /// Files of it.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Files that lay there already with the same content.
    pub already: u64,
    /// Whether every file was read back and compared.
    pub verified: bool,
    /// Pipes, sockets and devices that were left out, the first hundred.
    pub left_out: Vec<String>,
}

/// `copy`.
pub struct Copy;

#[async_trait]
impl TypedKind for Copy {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "copy";
    const TITLE: &'static str = "Copies a file or a folder, and reads the copy back";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || plan(&with, &services)).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || copy(&with, &context)).await.map(Done::Output)
    }
}

/// The two ends of a copy.
struct Ends {
    from: Location,
    to: Location,
    /// Whether a folder is copied.
    folder: bool,
}

impl Ends {
    fn of(with: &With, services: &Services) -> Result<Self, Fault> {
        let storages = services.storages.as_ref();
        let (from, to) = (Location::read(storages, &with.from)?, Location::read(storages, &with.to)?);
        let kind = from.storage.stat(&from.path).told_at(from.storage.name())?.kind;
        let refused = |why: &str| Err(Fault::permanent("copy.refused", format!("{} was not copied", with.from), why));
        if !matches!(kind, Kind::File | Kind::Folder) {
            return refused("it is neither a file nor a folder");
        }
        if to.path.is_empty() && kind == Kind::File {
            return refused("the target is a folder: give the path that the copy shall have");
        }
        if to.is_within(&from, storages) || (kind == Kind::File && from.is_within(&to, storages)) {
            return refused("the target is, or lies in, what is copied");
        }
        Ok(Self { from, to, folder: kind == Kind::Folder })
    }
}

fn plan(with: &With, services: &Services) -> Result<Need, Fault> {
    let ends = Ends::of(with, services)?;
    let (files, bytes) = tree::count(&ends)?;
    let place = ends.to.name.clone().unwrap_or_else(|| with.to.clone());
    Ok(Need { files: Some(files), bytes: Some(bytes), space: [(place, bytes)].into() })
}

fn copy(with: &With, context: &Context) -> Result<Output, Fault> {
    let ends = Ends::of(with, &context.services)?;
    let done = tree::copy(&ends, with, context)?;
    ends.to.storage.sync_all().told_at(ends.to.storage.name())?;
    Ok(done)
}
