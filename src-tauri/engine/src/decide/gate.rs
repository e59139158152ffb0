//! The gate: slots of limits and room on storages, both derived from the task runs that work. There is no counter to leak.

use std::collections::BTreeMap;
use std::time::Duration;

use super::World;
use crate::event::Reserved;
use crate::flow::Task;
use crate::run::{Run, Slot};
use crate::{Millis, RunId};

/// How long room that was measured may be granted from.
pub(super) const TRUST: Duration = Duration::from_secs(5);

/// What is known of the room on a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Storages with the same text share their room.
    pub pool: String,
    /// Bytes free.
    pub free: u64,
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
}

/// What is taken: by what works, and by what starts in this decision.
pub(super) struct Gate<'w> {
    world: &'w World,
    now: Millis,
    attempts: usize,
    slots: BTreeMap<&'w str, u32>,
    /// Bytes granted on each pool and not yet written.
    outstanding: BTreeMap<&'w str, u64>,
}

impl<'w> Gate<'w> {
    pub(super) fn of(world: &'w World, now: Millis) -> Self {
        let mut gate = Self { world, now, attempts: 0, slots: BTreeMap::new(), outstanding: BTreeMap::new() };
        for run in world.runs.values() {
            for slot in run.active() {
                gate.attempts += 1;
                gate.take_slots(&run.flow.tasks[slot.0]);
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
        let task = &run.flow.tasks[slot.0];
        self.room_free(&run.id, slot, reserved)?;
        self.attempts += 1;
        self.take_slots(task);
        self.take_room(&run.id, slot, reserved);
        Ok(())
    }

    fn take_slots(&mut self, task: &'w Task) {
        for limit in &task.limits {
            *self.slots.entry(limit).or_default() += 1;
        }
    }

    pub(super) fn slots_free(&self, task: &Task) -> Result<(), Shut> {
        let used = |limit: &str| self.slots.get(limit).copied().unwrap_or_default();
        let short = |limit: &&String| used(limit) >= self.world.limits.get(*limit).copied().unwrap_or_default();
        let Some(limit) = task.limits.iter().find(short) else { return Ok(()) };
        let text = match self.world.limits.get(limit) {
            None => format!("waits for the limit {limit}, which does not exist"),
            Some(slots) => format!("waits for a slot of {limit} ({} of {slots} taken)", used(limit)),
        };
        Err(Shut::Waits { text, room: None })
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
        for one in reserved {
            let room = self.measured(&one.storage)?;
            let rest = self.rest(run, slot, one);
            let sum = asked.entry(&room.pool).or_default();
            *sum = sum.saturating_add(rest);
            let grantable = self.grantable(room);
            if *sum > grantable {
                let (needs, has) = (human(*sum), human(grantable));
                let text = format!("waits for space on {}: needs {needs}, {has} to grant", one.storage);
                return Err(Shut::Waits { text, room: Some((one.storage.clone(), *sum)) });
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
