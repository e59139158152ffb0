//! What must hold whatever happens, in whatever order.

mod common;

use std::fmt::Write;
use std::time::Duration;

use common::{Sim, flow, permanent, transient};
use longshore_engine::decide::{self, Ending, Marking, Redo, Stop};
use longshore_engine::event::{Mark, Span, TaskEvent};
use longshore_engine::flow::Trigger;
use longshore_engine::transition::next;
use longshore_engine::{Event, Fault, Millis, RunId, TaskState};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One task of a random flow.
#[derive(Debug, Clone)]
struct Shape {
    needs: Vec<usize>,
    mapped: Option<u8>,
    trigger: usize,
    when: Option<bool>,
    limit: bool,
    reserve: u8,
    retries: u8,
    extra: u8,
}

fn shape() -> impl Strategy<Value = Shape> {
    let needs = prop::collection::vec(0..6_usize, 0..3);
    let parts = (
        needs,
        prop::option::weighted(0.3, 0..4_u8),
        0..Trigger::WORDS.len() * 2,
        prop::option::weighted(0.2, any::<bool>()),
    );
    (parts, any::<bool>(), 0..40_u8, 0..3_u8, any::<u8>()).prop_map(
        |((needs, mapped, trigger, when), limit, reserve, retries, extra)| Shape {
            needs,
            mapped,
            trigger,
            when,
            limit,
            reserve,
            retries,
            extra,
        },
    )
}

/// A flow of these tasks; each needs only those before it, so there are no circles.
fn text(shapes: &[Shape]) -> String {
    let mut text = "id: random\nmax_active_runs: 2\nmax_active_tasks: 3\ntasks:\n".to_owned();
    for (i, one) in shapes.iter().enumerate() {
        let needs: Vec<String> = one.needs.iter().filter(|need| **need < i).map(|need| format!("t{need}")).collect();
        let _ = write!(text, "  - {{id: t{i}, uses: noop, needs: [{}]", needs.join(", "));
        let _ = write!(text, ", retries: {{max: {}, delay: 5s}}", one.retries);
        let _ = write!(text, ", reserve: {{storage: lts, bytes: {}}}", one.reserve);
        if let Some(when) = one.when {
            let _ = write!(text, ", when: {when}");
        }
        if one.limit {
            let _ = write!(text, ", limits: [{{name: slot, slots: {}}}]", 1 + one.extra % 2);
        }
        if one.extra.is_multiple_of(5) {
            let _ = write!(text, ", deadline: 12s, priority: {}", one.extra % 3);
        }
        text += &part(shapes, i);
        text += "}\n";
    }
    text + "on_failure: [{id: failed, uses: noop}]\non_cancel: [{id: stopped, uses: noop}]\non_retry: [{id: again, uses: noop}, {id: told, uses: noop, needs: again}]\nfinally: [{id: last, uses: noop}]\n"
}

/// What a task is: mapped, following another one item by item, a setup, a teardown, or plain, with a rule.
fn part(shapes: &[Shape], i: usize) -> String {
    let one = &shapes[i];
    let setup = |i: usize| shapes[i].extra % 7 == 1 && shapes[i].mapped.is_none();
    let mapped = |i: usize| shapes[i].mapped.is_some();
    let before = one.needs.iter().copied().find(|need| *need < i);
    let rule = Trigger::WORDS.get(one.trigger).map_or("all_success", |(word, _)| word);
    match before {
        Some(need) if setup(need) && !setup(i) && !mapped(i) && one.extra.is_multiple_of(2) => {
            format!(", teardown: t{need}")
        }
        Some(need) if mapped(need) && mapped(i) && one.extra.is_multiple_of(2) => {
            format!(", trigger: {rule}, for_each: '{{{{ tasks.t{need}.each }}}}'")
        }
        _ if setup(i) => format!(", trigger: {rule}, setup: true"),
        _ => {
            let items = one.mapped.map(|items| format!(", for_each: {:?}", (0..items).collect::<Vec<_>>()));
            format!(", trigger: {rule}{}", items.unwrap_or_default())
        }
    }
}

/// What may come from outside.
#[derive(Debug, Clone)]
enum Step {
    Done(usize),
    Transient(usize),
    Permanent(usize),
    Fatal(usize),
    Crash,
    Time(u16),
    Pause(usize),
    Resume(usize),
    Cancel(usize),
    Create,
    Retry(usize, bool),
    Defer(usize, u16),
    Wake(usize, usize),
    Mark(usize, usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<prop::sample::Index>().prop_map(|i| Step::Done(i.index(64))),
        3 => any::<prop::sample::Index>().prop_map(|i| Step::Transient(i.index(64))),
        2 => any::<prop::sample::Index>().prop_map(|i| Step::Permanent(i.index(64))),
        1 => any::<prop::sample::Index>().prop_map(|i| Step::Fatal(i.index(64))),
        1 => Just(Step::Crash),
        3 => (0..9000_u16).prop_map(Step::Time),
        1 => (0..4_usize).prop_map(Step::Pause),
        2 => (0..4_usize).prop_map(Step::Resume),
        1 => (0..4_usize).prop_map(Step::Cancel),
        1 => Just(Step::Create),
        2 => ((0..4_usize), any::<bool>()).prop_map(|(run, down)| Step::Retry(run, down)),
        2 => (any::<prop::sample::Index>(), 0..9000_u16).prop_map(|(i, ms)| Step::Defer(i.index(64), ms)),
        1 => ((0..4_usize), (0..64_usize)).prop_map(|(run, slot)| Step::Wake(run, slot)),
        1 => ((0..4_usize), (0..7_usize), (0..3_u8)).prop_map(|(run, task, how)| Step::Mark(run, task, how)),
    ]
}

/// Room on the storage of the simulation.
const ROOM: u64 = 60;

struct Drive {
    sim: Sim,
    flow: std::sync::Arc<longshore_engine::Flow>,
    runs: Vec<RunId>,
}

impl Drive {
    fn new(shapes: &[Shape]) -> Self {
        let mut sim = Sim::new();
        sim.world.capacity = 4;
        sim.world.limits.insert("slot".into(), 2);
        sim.free.insert("lts".into(), ROOM);
        let flow = flow(&text(shapes));
        let runs = vec![sim.create(&flow, json!({}))];
        Self { sim, flow, runs }
    }

    fn end(&mut self, which: usize, ending: Ending) {
        let count = self.sim.at_work.len();
        if count == 0 {
            return;
        }
        let (run, slot) = self.sim.at_work.keys().nth(which % count).cloned().expect("there");
        let told = |(id, one, _): &(RunId, longshore_engine::run::Slot, Stop)| (id, one) == (&run, &slot);
        let why = self.sim.stops.iter().filter(|stop| told(stop)).map(|(_, _, why)| *why).next_back();
        let ending = match why {
            Some(why) if ending != Ending::Done(Value::Null) => Ending::Stopped(why),
            _ => ending,
        };
        self.sim.stops.retain(|stop| !told(stop));
        self.sim.end_slot(&run, slot, ending);
    }

    fn step(&mut self, step: &Step) {
        let fatal = || Ending::Failed(Fault::fatal("test.fatal", "It failed", "the disk is gone"));
        match *step {
            Step::Done(i) => self.end(i, Ending::Done(Value::Null)),
            Step::Transient(i) => self.end(i, transient()),
            Step::Permanent(i) => self.end(i, permanent()),
            Step::Fatal(i) => self.end(i, fatal()),
            Step::Crash => self.sim.crash(),
            Step::Time(ms) => self.sim.advance(Duration::from_millis(ms.into())),
            Step::Pause(i) => self.command(i, decide::pause),
            Step::Resume(i) => self.command(i, decide::resume),
            Step::Cancel(i) => self.command(i, decide::cancel),
            Step::Create if self.runs.len() < 4 => {
                let run = self.sim.create(&self.flow.clone(), json!({}));
                self.runs.push(run);
            }
            Step::Create => {}
            Step::Retry(i, downstream) => self.retry(i, downstream),
            Step::Defer(i, ms) => self.end(i, Ending::Deferred(self.sim.now + Duration::from_millis(ms.into()))),
            Step::Wake(i, which) => self.wake(i, which),
            Step::Mark(i, task, how) => self.mark(i, task, how),
        }
    }

    fn wake(&mut self, i: usize, which: usize) {
        let Some(run) = self.runs.get(i).and_then(|id| self.sim.world.runs.get(id)) else { return };
        let all = run
            .tasks()
            .iter()
            .enumerate()
            .flat_map(|(task, all)| (0_u32..).take(all.runs().len()).map(move |one| (task, one)));
        let slots: Vec<_> = all.collect();
        if let Some(event) = decide::wake(run, slots[which % slots.len()], self.sim.now) {
            self.sim.happen(event);
            self.sim.settle();
        }
    }

    fn mark(&mut self, i: usize, task: usize, how: u8) {
        let Some(id) = self.runs.get(i).cloned() else { return };
        let mark = match how {
            0 => Mark::Success { output: json!("marked") },
            1 => Mark::Failed { fault: Fault::permanent("test.marked", "It failed", "somebody says so") },
            _ => Mark::Skipped,
        };
        let marking = Marking { task: format!("t{task}"), index: None, mark };
        if marking.touches(self.sim.run(&id)).is_ok() {
            self.sim.act(&id, |run| marking.touches(run));
        }
    }

    fn command(&mut self, i: usize, command: impl Fn(&longshore_engine::Run, Millis) -> Result<Option<Event>, Fault>) {
        let Some(run) = self.runs.get(i).and_then(|id| self.sim.world.runs.get(id)) else { return };
        if let Ok(Some(event)) = command(run, self.sim.now) {
            self.sim.happen(event);
            self.sim.settle();
        }
    }

    fn retry(&mut self, i: usize, downstream: bool) {
        let Some(id) = self.runs.get(i).cloned() else { return };
        let redo = Redo { task: downstream.then(|| "t0".to_owned()), downstream, ..Redo::default() };
        if redo.touches(self.sim.run(&id)).is_err() {
            return;
        }
        self.sim.act(&id, |run| redo.touches(run));
        self.sim.stops.retain(|(run, _, _)| *run != id);
    }

    fn check(&self) {
        let world = &self.sim.world;
        assert!(world.taken("slot") <= 2, "more slots taken than there are");
        assert!(world.outstanding("lts") <= ROOM, "more room granted than there is");
        assert!(self.sim.at_work.len() <= 4, "more attempts than may work");
        for run in world.runs.values() {
            assert!(run.active().len() <= 3, "more task runs of a run than may work");
        }
        let placed = world.runs.values().filter(|run| run.placed);
        assert!(placed.count() <= 2, "more active runs than the flow lets");
        for (run, slot) in self.sim.at_work.keys() {
            let state = world.runs[run].task_run(*slot).expect("a task run").state();
            assert!(
                matches!(state, TaskState::Running | TaskState::Cancelling),
                "an attempt works in {}",
                state.word()
            );
        }
        for run in world.runs.values() {
            for slot in run.active() {
                assert!(self.sim.at_work.contains_key(&(run.id.clone(), *slot)), "running without an attempt");
            }
        }
    }

    /// Lets everything go well from now on.
    fn finish(&mut self) {
        for i in 0..self.runs.len() {
            self.command(i, decide::resume);
        }
        for _ in 0..10_000 {
            if self.sim.world.runs.is_empty() {
                return;
            }
            if self.sim.at_work.is_empty() {
                self.sim.advance(Duration::from_secs(5));
            }
            self.end(0, Ending::Done(Value::Null));
        }
        panic!(
            "runs that never end: {:?}",
            self.sim.world.runs.values().map(|run| run.tasks().to_vec_text()).collect::<Vec<_>>()
        );
    }
}

trait Show {
    fn to_vec_text(&self) -> Vec<String>;
}

impl Show for [longshore_engine::run::TaskRuns] {
    fn to_vec_text(&self) -> Vec<String> {
        self.iter().map(|task| format!("{:?}", task.counts().collect::<Vec<_>>())).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, fork: false, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every run of a random flow with random outcomes, crashes, pauses, cancellations and retries ends; on the way no bound is
    /// passed, and the fold of the journal is the live state after every step (the simulation compares).
    #[test]
    fn every_run_ends_within_its_bounds(shapes in prop::collection::vec(shape(), 1..7), steps in prop::collection::vec(step(), 0..80)) {
        let mut drive = Drive::new(&shapes);
        for step in &steps {
            drive.step(step);
            drive.check();
        }
        drive.finish();
        for run in &drive.runs {
            let folded = drive.sim.fold(run).expect("in the journal");
            prop_assert_eq!(&folded, &drive.sim.ended[run]);
        }
    }

    /// The fold of every prefix of a journal is a state that could have been lived: it folds, and taking it up leads to an end.
    #[test]
    fn every_prefix_of_a_journal_can_be_taken_up(shapes in prop::collection::vec(shape(), 1..5), steps in prop::collection::vec(step(), 0..30), cut in any::<prop::sample::Index>()) {
        let mut drive = Drive::new(&shapes);
        for step in &steps {
            drive.step(step);
        }
        let kept = 1 + cut.index(drive.sim.journal.len());
        drive.sim.journal.truncate(kept);
        let known: Vec<RunId> = drive.runs.iter().filter(|id| drive.sim.journal.iter().any(|event| event.run == **id)).cloned().collect();
        drive.sim.world.runs.clear();
        drive.sim.ended.clear();
        for id in &known {
            let run = drive.sim.fold(id).expect("folds");
            if run.state.is_final() { drive.sim.ended.insert(id.clone(), run); } else { drive.sim.world.runs.insert(id.clone(), run); }
        }
        drive.runs = known;
        drive.sim.now = drive.sim.now + Duration::from_secs(10);
        drive.sim.crash();
        drive.finish();
    }

    /// Whatever events come for a task run: a legal one leads to the one state that it names, an illegal one changes nothing.
    #[test]
    fn an_illegal_event_changes_nothing(picks in prop::collection::vec(0..18_usize, 1..60)) {
        let mut sim = Sim::new();
        sim.world.capacity = 0;
        let id = sim.create(&flow("id: one\ntasks: [{id: a, uses: noop}]\n"), json!({}));
        let mut run = sim.world.runs.remove(&id).expect("there");
        let mut attempt = 0;
        for pick in picks {
            let fault = Fault::transient("t", "t", "t");
            let event = match pick {
                0 => TaskEvent::Scheduled,
                1 => TaskEvent::Queued { waits: "w".into() },
                2 => { attempt += 1; TaskEvent::Started { attempt, with: Value::Null, resumes: false, reserved: Vec::new() } }
                3 => TaskEvent::Deferred { until: Millis(5) },
                4 => TaskEvent::Succeeded { output: json!(1) },
                5 => TaskEvent::Failed { fault },
                6 => TaskEvent::Retrying { fault, next_at: Millis(7) },
                7 => TaskEvent::Skipped { why: "w".into() },
                8 => TaskEvent::UpstreamFailed { of: "x".into() },
                9 => TaskEvent::Held,
                10 => TaskEvent::Released,
                11 => TaskEvent::Cancelling,
                12 => TaskEvent::Cancelled,
                13 => TaskEvent::Interrupted,
                14 => TaskEvent::Stopping { mark: Mark::Skipped.into() },
                15 => TaskEvent::Marked { mark: Mark::Success { output: json!(2) }.into() },
                16 => TaskEvent::Marked { mark: Mark::Failed { fault }.into() },
                _ => TaskEvent::Cleared,
            };
            let before = run.task_run((0, 0)).expect("one").clone();
            let wanted = next(before.state(), &event);
            let applied = run.apply(&Event::task(&id, Millis(9), "a", Span::one(None), event));
            prop_assert_eq!(applied.is_ok(), wanted.is_ok());
            let after = run.task_run((0, 0)).expect("one");
            let state = wanted.unwrap_or(before.state());
            prop_assert_eq!(after.state(), state);
            prop_assert!(applied.is_ok() || *after == before);
            let counted: u32 = run.tasks()[0].counts().map(|(_, count)| count).sum();
            prop_assert_eq!(counted, 1, "a task run is in one state");
        }
    }
}
