//! The gate: slots of limits and room on storages, both derived from the task runs that work. There is no counter to leak.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::World;
use crate::event::Reserved;
use crate::flow::{Claim, Task};
use crate::run::{Run, Slot};
use crate::{Fault, Millis, RunId};

/// How long room that was measured may be granted from.
pub(super) const TRUST: Duration = Duration::from_secs(5);

/// What is known of the room on a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Storages with the same text share their room.
    pub pool: String,
    /// Bytes free.
    pub free: u64,
    /// Bytes that it has in all; 0 if it does not say.
    pub total: u64,
    /// Bytes that must stay free.
    pub floor: u64,
    /// When it was measured.
    pub at: Millis,
    /// Why it cannot be used, in words.
    pub problem: Option<String>,
    /// False once something that held room on the pool has ended since.
    pub fresh: bool,
}

/// Why a task run does not start.
pub(super) enum Shut {
    /// No attempt may start at all.
    Full,
    /// The room of this storage is to be measured first.
    Unknown(String),
    /// It waits, for this.
    Waits { text: String, room: Option<(String, u64)> },
    /// It would wait for ever.
    Never(Fault),
}

/// What is taken: by what works, and by what starts in this decision.
pub(super) struct Gate<'w> {
    world: &'w World,
    now: Millis,
    attempts: usize,
    /// Attempts of each run.
    of_run: BTreeMap<&'w RunId, u32>,
    slots: BTreeMap<&'w str, u32>,
    /// Limits of which somebody waits for several slots: who comes after it takes none of them, or it would wait for ever.
    awaited: BTreeSet<&'w str>,
    /// Bytes granted on each pool and not yet written.
    outstanding: BTreeMap<&'w str, u64>,
}

impl<'w> Gate<'w> {
    pub(super) fn of(world: &'w World, now: Millis) -> Self {
        let (of_run, slots, awaited, outstanding) = <_>::default();
        let mut gate = Self { world, now, attempts: 0, of_run, slots, awaited, outstanding };
        for run in world.runs.values() {
            for slot in run.active() {
                gate.take_slots(run, *slot);
                let reserved = run.task_run(*slot).map(crate::run::TaskRun::reserved).unwrap_or_default();
                gate.take_room(&run.id, *slot, reserved);
            }
        }
        gate
    }

    /// Whether any attempt may start.
    pub(super) fn full(&self) -> bool {
        self.attempts >= self.world.capacity
    }

    /// Lets a task run that found its slots free through, and counts it, or says why not.
    pub(super) fn pass(&mut self, run: &'w Run, slot: Slot, reserved: &[Reserved]) -> Result<(), Shut> {
        if self.full() {
            return Err(Shut::Full);
        }
        self.room_free(&run.id, slot, reserved)?;
        self.take_slots(run, slot);
        self.take_room(&run.id, slot, reserved);
        Ok(())
    }

    fn take_slots(&mut self, run: &'w Run, slot: Slot) {
        self.attempts += 1;
        *self.of_run.entry(&run.id).or_default() += 1;
        for claim in &run.flow.tasks[slot.0].limits {
            *self.slots.entry(&claim.limit).or_default() += claim.slots;
        }
    }

    /// Whether the run, and each limit that the task names, has a slot for it.
    pub(super) fn slots_free(&mut self, run: &'w Run, task: &'w Task) -> Result<(), Shut> {
        let waits = |text| Err(Shut::Waits { text, room: None });
        let works = self.of_run.get(&run.id).copied().unwrap_or_default();
        if let Some(max) = run.flow.max_active_tasks.filter(|max| works >= *max) {
            return waits(format!("waits for a place among the running tasks of its run ({works} of {max} taken)"));
        }
        for claim in &task.limits {
            if let Some(text) = self.short(claim) {
                return waits(text);
            }
        }
        Ok(())
    }

    /// Why a limit has no slots for this, if so.
    fn short(&mut self, claim: &'w Claim) -> Option<String> {
        let Claim { limit, slots: wanted } = claim;
        let used = self.slots.get(limit.as_str()).copied().unwrap_or_default();
        let Some(slots) = self.world.limits.get(limit).copied() else {
            return Some(format!("waits for the limit {limit}, which does not exist"));
        };
        let what = if *wanted == 1 { "a slot".into() } else { format!("{wanted} slots") };
        if *wanted > slots {
            let only = if slots == 0 { "is set to 0 slots".into() } else { format!("has only {slots}") };
            return Some(format!("waits for {what} of {limit}, which {only}: nothing starts until it has more"));
        }
        if used.saturating_add(*wanted) <= slots && !self.awaited.contains(limit.as_str()) {
            return None;
        }
        if *wanted > 1 {
            self.awaited.insert(limit);
        }
        Some(format!("waits for {what} of {limit} ({used} of {slots} taken)"))
    }

    /// Bytes that a task run has yet to write of a reservation.
    fn rest(&self, run: &RunId, slot: Slot, reserved: &Reserved) -> u64 {
        let written = self.world.written.get(&(run.clone(), slot)).copied().unwrap_or_default();
        reserved.bytes.saturating_sub(written)
    }

    fn take_room(&mut self, run: &RunId, slot: Slot, reserved: &[Reserved]) {
        for one in reserved {
            let rest = self.rest(run, slot, one);
            if let Some(room) = self.world.rooms.get(&one.storage) {
                *self.outstanding.entry(&room.pool).or_default() += rest;
            }
        }
    }

    fn room_free(&self, run: &RunId, slot: Slot, reserved: &[Reserved]) -> Result<(), Shut> {
        let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
        let mut wanted = Vec::new();
        for one in reserved {
            let room = self.measured(&one.storage)?;
            let sum = asked.entry(&room.pool).or_default();
            *sum = sum.saturating_add(self.rest(run, slot, one));
            wanted.push((one, room, *sum));
        }
        // What will never be there is told before what is not there now.
        let small =
            |(_, room, sum): &&(&Reserved, &Room, u64)| room.total > 0 && *sum > room.total.saturating_sub(room.floor);
        if let Some((one, room, sum)) = wanted.iter().find(small) {
            return Err(Shut::Never(never(&one.storage, *sum, room.total, room.floor)));
        }
        for (one, room, sum) in wanted {
            let grantable = self.grantable(room);
            if sum > grantable {
                let (needs, has) = (human(sum), human(grantable));
                let text = format!("waits for space on {}: needs {needs}, {has} to grant", one.storage);
                return Err(Shut::Waits { text, room: Some((one.storage.clone(), sum)) });
            }
        }
        Ok(())
    }

    /// Bytes that can be granted on the pool of this room.
    fn grantable(&self, room: &Room) -> u64 {
        let outstanding = self.outstanding.get(room.pool.as_str()).copied().unwrap_or_default();
        room.free.saturating_sub(outstanding).saturating_sub(room.floor)
    }

    fn measured(&self, storage: &str) -> Result<&'w Room, Shut> {
        let room = self.world.rooms.get(storage).filter(|room| room.fresh && self.now - room.at < TRUST);
        let room = room.ok_or_else(|| Shut::Unknown(storage.into()))?;
        match &room.problem {
            None => Ok(room),
            Some(why) => {
                let text = format!("waits for the storage {storage}: {why}");
                Err(Shut::Waits { text, room: Some((storage.into(), 0)) })
            }
        }
    }
}

/// A reservation for which the storage is too small, however empty it is. All in bytes.
pub fn never(storage: &str, need: u64, total: u64, floor: u64) -> Fault {
    let (need, total, floor) = (human(need), human(total), human(floor));
    let why = format!("it needs {need}; the storage has {total} in all, of which {floor} must stay free");
    Fault::permanent("space.never", format!("{storage} is too small, even empty"), why)
        .now("Give the storage a larger place, lower the share of it that stays free, or write less at once; then retry.")
        .at_place(storage)
}

impl World {
    /// Bytes granted on the pool of a storage and not yet written.
    pub fn outstanding(&self, storage: &str) -> u64 {
        let gate = Gate::of(self, Millis::default());
        let pool = self.rooms.get(storage).map(|room| room.pool.as_str());
        pool.and_then(|pool| gate.outstanding.get(pool).copied()).unwrap_or_default()
    }

    /// Slots of a limit that are taken: a query over the task runs that hold them.
    pub fn taken(&self, limit: &str) -> u32 {
        Gate::of(self, Millis::default()).slots.get(limit).copied().unwrap_or_default()
    }

    /// Who holds slots of a limit, and how many: a query over the task runs that work.
    pub fn holders(&self, limit: &str) -> Vec<(RunId, Slot, u32)> {
        let claimed = |run: &Run, slot: &Slot| {
            let claims = run.flow.tasks[slot.0].limits.iter();
            claims.filter(|claim| claim.limit == limit).map(|claim| claim.slots).sum::<u32>()
        };
        let of_run = |run: &'_ Run| {
            let held = |slot: &Slot| (run.id.clone(), *slot, claimed(run, slot));
            run.active().iter().map(held).filter(|(_, _, slots)| *slots > 0).collect::<Vec<_>>()
        };
        self.runs.values().flat_map(of_run).collect()
    }

    /// Task runs that hold room, with what they were granted.
    pub fn holding(&self) -> Vec<(RunId, Slot, Reserved)> {
        let of_run = |run: &Run| {
            let held = |slot: &Slot| run.task_run(*slot).map(|one| one.reserved().to_vec()).unwrap_or_default();
            let each = |slot: &Slot| held(slot).into_iter().map(|one| (run.id.clone(), *slot, one)).collect::<Vec<_>>();
            run.active().iter().flat_map(each).collect::<Vec<_>>()
        };
        self.runs.values().flat_map(of_run).collect()
    }
}

/// Bytes for people.
fn human(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = units[0];
    for next in &units[1..] {
        if value >= 1024.0 {
            (value, unit) = (value / 1024.0, *next);
        }
    }
    format!("{value:.1} {unit}")
}
