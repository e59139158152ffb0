//! `copy.measure`: what a copy would do, and the room that it needs.

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_engine::{Fault, Millis};
use longshore_transfer::storage::{UNKNOWN_SIZE, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::named::Named;
use super::standing::Seen;
use super::{Ends, With, extra};
use crate::attempt::blocking;
use crate::faults::{self, ToldAt as _};
use crate::kind::{Context, Done, Need, Services, Storages, TypedKind};
use crate::plan::folder::ChildKind;
use crate::temporary::{opened, opened_for_plan};
use crate::tree::{Found, Tree};

/// What a copy would do, told by names and sizes: no content is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Storage, or absolute path, on which the room is needed.
    pub place: String,
    /// Files to copy, those that lie there included. Not `files`, which says what a task has moved.
    #[serde(rename = "files_found")]
    pub files: u64,
    /// Bytes of them.
    #[serde(rename = "bytes_found")]
    pub bytes: u64,
    /// Files at whose place one of the same size lies: most likely the same.
    pub there: u64,
    /// Bytes that the copies need at the target beyond what lies there.
    pub space: u64,
    /// Files that would be deleted at the target because the source has none such.
    pub extra: u64,
    /// The first hundred of them.
    pub extra_names: Vec<String>,
}

/// `copy.measure`.
pub struct CopyMeasure;

#[async_trait]
impl TypedKind for CopyMeasure {
    type With = With;
    type Output = Measured;
    const NAME: &'static str = "copy.measure";
    const TITLE: &'static str = "Counts what a copy would do, and the room that it needs";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let storages = services.storages.clone();
        // It moves nothing itself.
        blocking(move || {
            let storages = opened_for_plan(storages, &with.connections)?;
            Ends::of(&with, storages.as_ref()).map(|_| Need::default())
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Measured>, Fault> {
        let stop = context.host.clone();
        let services = context.services;
        let stop = move || stop.cancelled();
        let work = move || {
            let storages = opened(services.storages, &with.connections)?;
            measure(&with, storages.as_ref(), services.clock.now(), &stop)
        };
        blocking(work).await.map(Done::Output)
    }
}

/// Walks both ends; `now` is what ages are counted from. `stop` is asked at each file.
pub fn measure(with: &With, storages: &dyn Storages, now: Millis, stop: &dyn Fn() -> bool) -> Result<Measured, Fault> {
    let ends = Ends::of(with, storages)?;
    let choice = Choice::of(with, now)?;
    let named = Named::of(&ends, with);
    let place = ends.to.name.clone().unwrap_or_else(|| with.to.clone());
    let mut found = Measured { place, ..Measured::default() };
    if ends.folder {
        tree((&ends, &named), &choice, &mut found, stop)?;
    } else {
        let from = &ends.from;
        let size = from.storage.stat(&from.path).told_at(from.storage.name())?.size;
        note(&mut found, size, Seen::default().size_at(ends.to.storage.as_ref(), &ends.to.path)?);
    }
    if with.delete_extra && ends.folder {
        extra::each((&ends, &named), &choice, stop, &mut |path| {
            found.extra += 1;
            if found.extra_names.len() < 100 {
                found.extra_names.push(PathBytes::new(path).to_text());
            }
            Ok(())
        })?;
    }
    Ok(found)
}

fn tree(
    (ends, named): (&Ends, &Named<'_>),
    choice: &Choice,
    found: &mut Measured,
    stop: &dyn Fn() -> bool,
) -> Result<(), Fault> {
    let to = ends.to.storage.as_ref();
    let mut tree = Tree::begin(ends.from.storage.as_ref(), &ends.from.path, None)?;
    let mut seen = Seen::default();
    while let Some(Found { path, child, .. }) = tree.next()? {
        if stop() {
            return Err(faults::cancelled());
        }
        if child.kind != ChildKind::File || !choice.takes(&path, &child) {
            continue;
        }
        let target = join(&ends.to.path, &named.target(&path, false)?);
        seen.look_at_folder_of(to, &target)?;
        note(found, child.size, seen.size_at(to, &target)?);
    }
    Ok(())
}

fn note(found: &mut Measured, size: u64, there: Option<u64>) {
    // A source that does not say how long a file is: nothing is known of it before it is copied.
    let size = if size == UNKNOWN_SIZE { 0 } else { size };
    found.files += 1;
    found.bytes += size;
    if there == Some(size) {
        found.there += 1;
    } else {
        found.space += size;
    }
}
