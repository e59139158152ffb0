//! A world in memory: runs are made, attempts end as the test says, the clock is a number. Every event goes through the journal
//! of the simulation, and the fold of that journal is compared with the live state after each.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use longshore_engine::decide::{self, Decision, Effect, Ending, Room, Start, World};
use longshore_engine::event::{Created, RunEvent};
use longshore_engine::run::Slot;
use longshore_engine::{Event, Fault, Flow, Millis, Run, RunId, RunState, TaskState};
use serde_json::{Map, Value};

pub(crate) const CHAIN: &str = "
id: chain
tasks:
  - {id: a, uses: noop}
  - {id: b, uses: noop, with: {x: '{{ tasks.a.output.n }}'}}
  - {id: c, uses: noop, needs: b}
";

pub(crate) const MAPPED: &str = "
id: mapped
tasks:
  - {id: list, uses: noop}
  - {id: pack, uses: noop, for_each: '{{ tasks.list.output }}', with: {n: '{{ item }}', i: '{{ index }}'}, label: 'block {{ item }}',
     retries: {max: 1, delay: 10s}}
  - {id: sum, uses: noop, with: {all: '{{ tasks.pack.output }}'}}
";

pub(crate) struct Sim {
    pub(crate) world: World,
    pub(crate) now: Millis,
    pub(crate) journal: Vec<Event>,
    /// Attempts at work.
    pub(crate) at_work: BTreeMap<(RunId, Slot), Start>,
    /// Attempts told to stop.
    pub(crate) stops: Vec<(RunId, Slot, decide::Stop)>,
    pub(crate) last: Decision,
    /// Bytes free on each storage; storages whose names begin alike up to `-` share a pool.
    pub(crate) free: BTreeMap<String, u64>,
    pub(crate) ended: BTreeMap<RunId, Run>,
    /// Bytes of each storage in all; 0 if none says.
    pub(crate) total: u64,
    /// Compare with the fold after each step.
    pub(crate) paranoid: bool,
    flows: BTreeMap<RunId, Arc<Flow>>,
    /// Of the runs that are created.
    pub(crate) priority: Option<i32>,
}

pub(crate) fn flow(text: &str) -> Arc<Flow> {
    Arc::new(Flow::parse("test.yaml", text, None).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

pub(crate) fn transient() -> Ending {
    Ending::Failed(Fault::transient("test.transient", "It failed", "the net was down"))
}

pub(crate) fn permanent() -> Ending {
    Ending::Failed(Fault::permanent("test.permanent", "It failed", "the data is wrong"))
}

impl Sim {
    pub(crate) fn new() -> Self {
        Self {
            world: World { capacity: 8, ..World::default() },
            now: Millis(1_000_000),
            journal: Vec::new(),
            at_work: BTreeMap::new(),
            stops: Vec::new(),
            last: Decision::default(),
            free: BTreeMap::new(),
            ended: BTreeMap::new(),
            total: 0,
            paranoid: true,
            flows: BTreeMap::new(),
            priority: None,
        }
    }

    pub(crate) fn create(&mut self, flow: &Arc<Flow>, params: Value) -> RunId {
        self.create_guarded(flow, params, None)
    }

    pub(crate) fn create_guarded(&mut self, flow: &Arc<Flow>, params: Value, guard: Option<Value>) -> RunId {
        let id = RunId::from(format!("run{:04}", self.flows.len()));
        let Value::Object(params) = params else { panic!("parameters are an object") };
        let (vars, version) = (Map::new(), flow.version.clone());
        let flow_id = flow.id.clone();
        let created = Created {
            flow: flow_id,
            version,
            params,
            vars,
            key: None,
            parent: None,
            scheduled: None,
            guard,
            priority: self.priority,
        };
        let event = Event::run(&id, self.now, RunEvent::Created(Box::new(created)));
        self.world.runs.insert(id.clone(), Run::begin(flow.clone(), &event).expect("begins"));
        self.flows.insert(id.clone(), flow.clone());
        self.journal.push(event);
        self.settle();
        id
    }

    pub(crate) fn happen(&mut self, event: Event) {
        self.world.apply(&event).expect("legal");
        self.journal.push(event);
    }

    /// Decides and carries out, until the world is quiet.
    pub(crate) fn settle(&mut self) {
        loop {
            let decision = self.world.settle(self.now).expect("only legal events");
            self.journal.extend(decision.events.iter().cloned());
            let mut measured = false;
            for effect in &decision.effects {
                match effect {
                    Effect::Start(start) => {
                        let before = self.at_work.insert((start.run.clone(), start.slot), start.clone());
                        assert!(before.is_none(), "two attempts of one task run at once");
                    }
                    Effect::Stop { run, slot, why } => self.stops.push((run.clone(), *slot, *why)),
                    Effect::Measure { storage } => {
                        measured = true;
                        let free = self.free.get(storage).copied().unwrap_or(u64::MAX / 4);
                        let pool = storage.split('-').next().unwrap_or_default().to_owned();
                        let room =
                            Room { pool, free, total: self.total, floor: 0, at: self.now, problem: None, fresh: true };
                        self.world.rooms.insert(storage.clone(), room);
                    }
                }
            }
            self.last = decision;
            if self.paranoid {
                self.compare();
            }
            if !measured {
                break;
            }
        }
        self.bury();
    }

    fn bury(&mut self) {
        let ended: Vec<RunId> =
            self.world.runs.values().filter(|run| run.state.is_final()).map(|run| run.id.clone()).collect();
        for id in ended {
            let run = self.world.runs.remove(&id).expect("there");
            assert!(run.tasks().iter().all(longshore_engine::run::TaskRuns::ended), "ended with something open");
            assert!(!self.at_work.keys().any(|(run, _)| *run == id), "ended with an attempt at work");
            self.ended.insert(id, run);
        }
    }

    /// The fold of the journal is the live state.
    fn compare(&self) {
        for (id, run) in &self.world.runs {
            assert_eq!(self.fold(id).as_ref(), Some(run));
        }
    }

    pub(crate) fn fold(&self, id: &RunId) -> Option<Run> {
        let events = self.journal.iter().filter(|event| event.run == *id);
        Some(Run::fold(self.flows.get(id)?.clone(), events).expect("folds"))
    }

    /// Ends the attempt of a task run.
    pub(crate) fn end(&mut self, run: &RunId, task: &str, index: Option<u32>, ending: Ending) {
        let slot = self.run(run).slot(task, index).expect("a task run");
        self.end_slot(run, slot, ending);
    }

    pub(crate) fn end_slot(&mut self, run: &RunId, slot: Slot, ending: Ending) {
        let start = self.at_work.remove(&(run.clone(), slot)).expect("an attempt at work");
        let event = decide::ended(&self.world.runs[run], slot, start.attempt, ending, self.now);
        self.happen(event.expect("the end of the last attempt counts"));
        self.settle();
    }

    pub(crate) fn done(&mut self, run: &RunId, task: &str, output: Value) {
        self.end(run, task, None, Ending::Done(output));
    }

    /// Does what an act touches, with the run taken up again if it had ended.
    pub(crate) fn act(&mut self, run: &RunId, asked: impl FnOnce(&Run) -> Result<decide::Touched, Fault>) -> u32 {
        let touched = asked(self.run(run)).expect("something to do");
        if let Some(ended) = self.ended.remove(run) {
            self.world.runs.insert(run.clone(), ended);
        }
        let one = &self.world.runs[run];
        let (count, events) = (touched.count(one), touched.events(one, self.now));
        for event in events {
            self.happen(event);
        }
        self.settle();
        count
    }

    pub(crate) fn wake(&mut self, run: &RunId, task: &str, index: Option<u32>) {
        let slot = self.run(run).slot(task, index).expect("a task run");
        let event = decide::wake(self.run(run), slot, self.now).expect("it waits");
        self.happen(event);
        self.settle();
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now = self.now + by;
        self.settle();
    }

    pub(crate) fn run(&self, id: &RunId) -> &Run {
        self.world.runs.get(id).or_else(|| self.ended.get(id)).expect("a run")
    }

    pub(crate) fn state(&self, run: &RunId, task: &str) -> TaskState {
        self.at(run, task, None)
    }

    pub(crate) fn at(&self, run: &RunId, task: &str, index: Option<u32>) -> TaskState {
        let one = self.run(run);
        one.task_run(one.slot(task, index).expect("a task run")).expect("a task run").state()
    }

    pub(crate) fn run_state(&self, run: &RunId) -> RunState {
        self.run(run).state
    }

    /// The process goes away and comes back: everything from the journal.
    pub(crate) fn crash(&mut self) {
        self.at_work.clear();
        let ids: Vec<RunId> = self.world.runs.keys().cloned().collect();
        for id in ids {
            let mut run = self.fold(&id).expect("folds");
            run.clock_now(self.now);
            self.world.runs.insert(id, run);
        }
        self.world.rooms.clear();
        let events: Vec<Event> = self.world.runs.values().flat_map(|run| decide::recovered(run, self.now)).collect();
        for event in events {
            self.happen(event);
        }
        self.settle();
    }

    pub(crate) fn waits(&self, run: &RunId) -> Vec<String> {
        self.last.waits.iter().filter(|wait| wait.run == *run).map(|wait| wait.text.clone()).collect()
    }

    pub(crate) fn working(&self, run: &RunId) -> Vec<String> {
        let one = self.run(run);
        let name = |slot: &Slot| {
            let task = &one.flow.tasks[slot.0].id;
            one.index(*slot).map_or_else(|| task.clone(), |index| format!("{task}[{index}]"))
        };
        self.at_work.keys().filter(|(id, _)| id == run).map(|(_, slot)| name(slot)).collect()
    }
}
