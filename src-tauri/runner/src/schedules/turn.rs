//! One look at all schedules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use longshore_engine::event::Scheduled;
use longshore_engine::schedule::{Missed, Schedule, Standing, Watch};
use longshore_engine::{Class, Fault, Flow, Millis, RunId};
use longshore_store::{ScheduleRecord, SeenFile, Store};
use serde_json::{Map, Value};

use super::folder::Folder;
use super::{Desk, key_of};
use crate::NewRun;
use crate::actor::blocking;

/// Runs that one schedule starts before the others have their turn.
const BATCH: usize = 50;
/// While so many runs are unfinished, what was missed waits; what is due now does not.
const UNFINISHED: usize = 500;

/// A schedule and how far it is.
struct One {
    flow: Arc<Flow>,
    n: u32,
    known: ScheduleRecord,
}

impl One {
    fn schedule(&self) -> &Schedule {
        &self.flow.schedules[self.n as usize]
    }
}

impl Desk {
    /// Starts what is due. Gives when to look again.
    pub(super) async fn look(&mut self, now: Millis) -> Result<Option<Millis>, Fault> {
        let all = self.standing(now).await?;
        let mut next: Option<Millis> = None;
        for one in all {
            let again = match one.schedule().watch().cloned() {
                None => self.timed(one, now).await?,
                Some(watch) => self.watched(one, &watch, now).await?,
            };
            next = [next, again].into_iter().flatten().min();
        }
        self.told = None;
        Ok(next)
    }

    /// The schedules in force that are not paused. What is new begins now; what is no longer in force is forgotten.
    async fn standing(&mut self, now: Millis) -> Result<Vec<One>, Fault> {
        let (store, flows) = (self.parts.store.clone(), self.parts.flows.clone());
        let (all, other) = blocking(move || in_force(&store, &flows.scheduled(), now)).await?;
        let known = |place: &(String, u32), folder: &Folder| {
            let same = |one: &&One| (&one.flow.id, one.n) == (&place.0, place.1);
            all.iter().find(same).is_some_and(|one| one.known.digest == folder.digest())
        };
        self.folders.retain(|place, folder| known(place, folder));
        if other {
            self.changed();
        }
        Ok(all)
    }

    fn changed(&self) {
        // Nobody listens any more: nobody need be told.
        let _ = self.parts.changed.send(());
    }

    /// A schedule of times.
    async fn timed(&self, mut one: One, now: Millis) -> Result<Option<Millis>, Fault> {
        let standing = Standing { since: Millis(one.known.since), seed: one.known.seed };
        let late = one.schedule().on_missed == Missed::All && self.parts.runner.active().len() >= UNFINISHED;
        let due = one.schedule().due(standing, now, if late { 0 } else { BATCH });
        if late && due.next.is_some_and(|next| next <= now) {
            return Ok(None);
        }
        if let Some(passed) = due.passed {
            let (flow, last) = (&one.flow.id, passed.last.rfc3339());
            tracing::warn!(flow, last, made_up = passed.made_up, "scheduled times were missed and have no run");
        }
        let before = one.known.since;
        for at in due.runs {
            one.known.since = at.0;
            let (params, key) = (one.schedule().params.clone(), key_of(&one.flow.id, one.n as usize, at));
            self.run(&mut one, params, key, at).await?;
        }
        one.known.since = due.since.0;
        if one.known.since != before {
            self.save(one.known).await?;
        }
        Ok(due.next)
    }

    /// Starts a run and notes it. A run that cannot be is noted too; the error is one that the next look may not have.
    async fn run(&self, one: &mut One, params: Map<String, Value>, key: String, at: Millis) -> Result<(), Fault> {
        let scheduled = Some(Scheduled { schedule: one.n, at, backfill: false });
        let new = NewRun { flow: one.flow.clone(), params, key: Some(key), parent: None, scheduled, priority: None };
        match self.parts.runner.create_run(new).await {
            Ok(run) => {
                tracing::info!(flow = one.flow.id, run = run.as_str(), at = at.rfc3339(), "a schedule started a run");
                one.noted(at, &run);
            }
            Err(fault) if fault.class == Class::Permanent => {
                tracing::error!(flow = one.flow.id, %fault, "a scheduled run cannot be started");
                one.known.fault = Some(fault);
            }
            Err(fault) => return Err(fault),
        }
        self.save(one.known.clone()).await?;
        self.changed();
        Ok(())
    }

    async fn save(&self, known: ScheduleRecord) -> Result<(), Fault> {
        let store = self.parts.store.clone();
        blocking(move || Ok(store.set_schedule(&known)?)).await
    }

    /// A watched folder.
    async fn watched(&mut self, mut one: One, watch: &Watch, now: Millis) -> Result<Option<Millis>, Fault> {
        let clock = self.parts.clock.now();
        match self.files(&mut one, watch, now, clock).await {
            Ok(files) => {
                if one.known.fault.take_if(|fault| fault.code == UNREADABLE).is_some() {
                    self.save(one.known.clone()).await?;
                    self.changed();
                }
                for file in files {
                    self.file(&mut one, &file, now).await?;
                }
            }
            Err(fault) if fault.code == UNREADABLE => {
                if one.known.fault.as_ref() != Some(&fault) {
                    tracing::warn!(flow = one.flow.id, %fault, "a schedule cannot look into its folder");
                    one.known.fault = Some(fault);
                    self.save(one.known).await?;
                    self.changed();
                }
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        }
        let folder = self.folders.get(&(one.flow.id.clone(), one.n));
        Ok(folder.map(|folder| now + (folder.next(clock) - clock)))
    }

    /// The files that are new and whole.
    async fn files(
        &mut self,
        one: &mut One,
        watch: &Watch,
        now: Millis,
        clock: Millis,
    ) -> Result<Vec<SeenFile>, Fault> {
        let place = (one.flow.id.clone(), one.n);
        let begins = !one.known.looked && !watch.existing;
        let misses = self.began && one.schedule().on_missed == Missed::Skip;
        let folder = self.folders.remove(&place);
        let (store, known, watch) = (self.parts.store.clone(), one.known.clone(), watch.clone());
        let (folder, found, known) = blocking(move || {
            let mut known = known;
            let mut folder = match folder {
                Some(folder) => folder,
                None => Folder::new(&watch, &known.digest, store.seen_files(&known.flow, known.n)?)?,
            };
            if begins || misses {
                let there = folder.all()?;
                store.see_files(&known.flow, known.n, &there, now.0)?;
                for file in &there {
                    folder.done(file);
                }
            }
            let found = folder.settled(clock);
            if !known.looked && found.is_ok() {
                known.looked = true;
                store.set_schedule(&known)?;
            }
            Ok::<_, Fault>((folder, found, known))
        })
        .await?;
        one.known = known;
        self.folders.insert(place, folder);
        if one.schedule().in_time(now) { found } else { Ok(Vec::new()) }
    }

    /// Starts the run of a file.
    async fn file(&mut self, one: &mut One, file: &SeenFile, now: Millis) -> Result<(), Fault> {
        let place = (one.flow.id.clone(), one.n);
        let Some(folder) = self.folders.get(&place) else { return Ok(()) };
        let path = folder.file(&file.name);
        let key = format!("schedule/{}/{}/{path}@{}-{}", place.0, place.1, file.size, file.changed);
        let mut params = one.schedule().params.clone();
        params.insert("file".into(), path.into());
        self.run(one, params, key, now).await?;
        let (store, seen) = (self.parts.store.clone(), vec![file.clone()]);
        let (flow, n) = place.clone();
        blocking(move || Ok(store.see_files(&flow, n, &seen, now.0)?)).await?;
        if let Some(folder) = self.folders.get_mut(&place) {
            folder.done(file);
        }
        Ok(())
    }
}

/// Code of a folder that cannot be read.
const UNREADABLE: &str = "schedule.folder";

impl One {
    fn noted(&mut self, at: Millis, run: &RunId) {
        self.known.fired = Some(at.0);
        self.known.run = Some(run.as_str().to_owned());
        self.known.fault = None;
    }
}

/// The schedules in force that are not paused, and whether any came or went.
fn in_force(store: &Store, flows: &[Arc<Flow>], now: Millis) -> Result<(Vec<One>, bool), Fault> {
    let known = store.schedules()?.into_iter().map(|one| ((one.flow.clone(), one.n), one));
    let mut known: BTreeMap<(String, u32), ScheduleRecord> = known.collect();
    let paused: BTreeSet<String> = store.paused_schedules()?.into_iter().map(|pause| pause.flow).collect();
    let (mut all, mut other) = (Vec::new(), false);
    for flow in flows {
        for (n, schedule) in (0..).zip(&flow.schedules) {
            let same = known.remove(&(flow.id.clone(), n)).filter(|one| one.digest == schedule.digest);
            other |= same.is_none();
            let known = same.map_or_else(|| begun(store, flow, n, now), Ok)?;
            if !paused.contains(&flow.id) {
                all.push(One { flow: flow.clone(), n, known });
            }
        }
    }
    for (flow, n) in known.into_keys() {
        store.forget_schedule(&flow, n)?;
        other = true;
    }
    Ok((all, other))
}

/// Chance, for the jitter.
fn random() -> u64 {
    let chance = ulid::Ulid::generate().random() & u128::from(u64::MAX);
    u64::try_from(chance).unwrap_or_default()
}

/// A schedule that comes into force: nothing before now is due.
fn begun(store: &Store, flow: &Flow, n: u32, now: Millis) -> Result<ScheduleRecord, Fault> {
    store.forget_schedule(&flow.id, n)?;
    let begun = ScheduleRecord {
        flow: flow.id.clone(),
        n,
        digest: flow.schedules[n as usize].digest.clone(),
        since: now.0,
        seed: random(),
        looked: false,
        fired: None,
        run: None,
        fault: None,
    };
    store.set_schedule(&begun)?;
    Ok(begun)
}
