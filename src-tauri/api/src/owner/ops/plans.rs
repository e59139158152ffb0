//! What an archive or a retrieval would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_catalogue::{PathBytes, Totals};
use longshore_engine::Fault;
use longshore_flows::plan::naming;
use longshore_flows::plan::outline::{Block, Outline, outline};
use longshore_flows::plan::{Note, NoteLevel};
use longshore_runner::variables;
use serde_json::Value;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::room::{Found, Room, probe};
use crate::wire::{
    ArchivePlan, Event, Nothing, PlanArchive, PlanArchiveArgs, PlanCancel, PlanCancelArgs, PlanNote, PlannedBlock,
    SpaceNeed,
};

/// Bytes that an entry takes up in the landing zone beyond its content, at most.
const ENTRY_OVERHEAD: u64 = 4096;

impl Answer<PlanArchive> for Owner {
    async fn answer(self: &Arc<Self>, args: PlanArchiveArgs) -> Result<ArchivePlan, Fault> {
        let paths = super::archive::sources(&args.paths)?;
        let (_guard, stop) = self.walks.begin(&args.token);
        let (sources, token) = (paths.clone(), args.token);
        let (outline, block_target) = self
            .ask(move |owner| {
                super::archive::apart(owner, &sources)?;
                let target = block_target(owner)?;
                let mut told = |so_far: &Totals| {
                    owner.bus.send(&Event::Plan { token: token.clone(), files: so_far.files, bytes: so_far.bytes });
                    !stop.told()
                };
                let drawn = outline(&sources, owner.places.as_ref(), "plan", target, &mut told);
                if stop.told() { Err(stopped()) } else { Ok((drawn?, target)) }
            })
            .await?;
        let space = space(self, &needs(&outline)).await;
        Ok(plan(args.paths, &paths, outline, block_target, space))
    }
}

impl Answer<PlanCancel> for Owner {
    async fn answer(self: &Arc<Self>, args: PlanCancelArgs) -> Result<Nothing, Fault> {
        self.walks.stop(&args.token);
        Ok(Nothing {})
    }
}

fn stopped() -> Fault {
    Fault::permanent("plan.stopped", "The listing was stopped", "It was told to")
}

/// The target size of datablocks, as a run that starts now would have it.
fn block_target(owner: &Owner) -> Result<u64, Fault> {
    let set = owner.store.variables()?.into_iter().map(|variable| (variable.name, variable.value)).collect();
    let all = variables::all(set, &owner.environment)?;
    Ok(all.get("datablock_target_bytes").and_then(Value::as_u64).unwrap_or_default())
}

fn plan(
    given: Vec<String>,
    paths: &[PathBytes],
    outline: Outline,
    block_target: u64,
    space: Vec<SpaceNeed>,
) -> ArchivePlan {
    let totals = outline.walked.totals;
    let mut notes: Vec<PlanNote> = outline.walked.notes.into_iter().map(note).collect();
    notes.extend(large_files(outline.oversized, block_target));
    notes.extend(space.iter().filter_map(impossible));
    let can_start = notes.iter().all(|note| note.level != "error");
    ArchivePlan {
        paths: given,
        name: naming::name(paths),
        files: totals.files,
        folders: totals.folders,
        links: totals.links,
        bytes: totals.bytes,
        block_count: outline.block_count,
        blocks: outline.blocks.iter().map(block).collect(),
        block_target,
        space,
        notes,
        can_start,
    }
}

fn block(block: &Block) -> PlannedBlock {
    PlannedBlock {
        number: block.plan.number,
        first: block.first.to_text(),
        last: block.last.to_text(),
        files: block.plan.files,
        size: block.plan.size,
    }
}

fn note(note: Note) -> PlanNote {
    let level = match note.level {
        NoteLevel::Info => "info",
        NoteLevel::Warning => "warning",
        NoteLevel::Error => "error",
    };
    PlanNote { level: level.to_owned(), code: note.code.to_owned(), text: note.text, details: note.details }
}

fn large_files(oversized: u32, target: u64) -> Option<PlanNote> {
    (oversized > 0).then(|| PlanNote {
        level: "info".to_owned(),
        code: "file.large".to_owned(),
        text: format!(
            "{oversized} files are larger than a datablock's target of {target} bytes: each gets a datablock of its own"
        ),
        details: Vec::new(),
    })
}

/// Space that will never be there; what is only short now is waited for.
fn impossible(need: &SpaceNeed) -> Option<PlanNote> {
    let most = need.total?.saturating_sub(need.floor);
    (need.needs > most).then(|| PlanNote {
        level: "error".to_owned(),
        code: "space.never".to_owned(),
        text: format!(
            "{} is too small: {} bytes are needed, and at most {most} can ever be granted",
            need.storage, need.needs
        ),
        details: Vec::new(),
    })
}

/// What the storages must take: the landing zone holds every file until all of it is proved on the LTS.
fn needs(outline: &Outline) -> Vec<(&'static str, u64)> {
    let totals = &outline.walked.totals;
    let entries = totals.files + totals.folders + totals.links;
    vec![("landing", totals.bytes + entries * ENTRY_OVERHEAD), ("lts", outline.block_bytes)]
}

/// Needs against the room there is; storages of one pool count together.
pub(super) async fn space(owner: &Arc<Owner>, needs: &[(&'static str, u64)]) -> Vec<SpaceNeed> {
    let mut taken = BTreeMap::new();
    let mut all = Vec::new();
    for (name, needs) in needs {
        let found = probe(owner.clone(), (*name).to_owned()).await;
        match owner.places.record(name) {
            Ok(record) => {
                let room = Room::of(&record, &found, &owner.runner.reservations());
                all.push(need(name, record.place(), *needs, &found, room, &mut taken));
            }
            Err(fault) => tracing::error!(%fault, "a storage that every workspace has is not there"),
        }
    }
    all
}

/// Storages that say nothing of their room share it with none.
fn pool_of(storage: &str, found: &Found) -> String {
    let known = found.as_ref().ok().and_then(|space| space.as_ref().map(|space| space.pool.clone()));
    known.unwrap_or_else(|| format!("storage:{storage}"))
}

/// One need. `taken` holds what the needs before it take of each pool.
pub(super) fn need(
    storage: &str,
    path: String,
    needs: u64,
    found: &Found,
    room: Room,
    taken: &mut BTreeMap<String, u64>,
) -> SpaceNeed {
    let taken = taken.entry(pool_of(storage, found)).or_default();
    let left = room.to_grant.map(|room| room.saturating_sub(*taken));
    *taken += needs;
    let problem = match found {
        Ok(space) => space.as_ref().is_some_and(|space| space.read_only).then(|| "It is mounted read-only".to_owned()),
        Err(fault) => Some(fault.why.clone()),
    };
    SpaceNeed {
        storage: storage.to_owned(),
        path,
        needs,
        total: room.total,
        free_unreserved: room.free.map(|free| free.saturating_sub(room.reserved)),
        floor: room.floor,
        short: left.map_or(0, |left| needs.saturating_sub(left)),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use longshore_transfer::storage::Space;

    use super::*;

    #[test]
    fn storages_of_one_pool_share_their_room() {
        let found = Ok(Some(Space { total: 1000, free: 500, pool: "a".into(), read_only: false }));
        let room = Room { total: Some(1000), free: Some(500), reserved: 0, floor: 50, to_grant: Some(450) };
        let mut taken = BTreeMap::new();
        let first = need("landing", String::new(), 300, &found, room, &mut taken);
        let second = need("lts", String::new(), 300, &found, room, &mut taken);
        assert_eq!((first.short, second.short), (0, 150));
    }

    #[test]
    fn what_can_never_fit_cannot_start() {
        let mut need = SpaceNeed {
            storage: "lts".into(),
            path: String::new(),
            needs: 951,
            total: Some(1000),
            free_unreserved: Some(10),
            floor: 50,
            short: 900,
            problem: None,
        };
        assert_eq!(impossible(&need).map(|note| note.code), Some("space.never".to_owned()));
        need.needs = 950;
        assert_eq!(impossible(&need), None);
    }
}
