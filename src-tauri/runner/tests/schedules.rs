//! Schedules that start runs: in simulated time, across restarts, pauses and new versions; and folders that are watched.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Disk, Flows, Stage, flow, within};
use longshore_engine::event::{RunEvent, What};
use longshore_engine::{Clock as _, Flow, RunId};
use longshore_runner::{NewRun, ScheduledFlows, Scheduler, SchedulerParts, schedules};
use longshore_store::{RunFilter, RunRecord};
use serde_json::json;
use tokio::sync::mpsc;

const MINUTE: Duration = Duration::from_mins(1);

/// The flow in force, which a test changes.
struct Shelf(Mutex<Option<Arc<Flow>>>);

impl ScheduledFlows for Shelf {
    fn scheduled(&self) -> Vec<Arc<Flow>> {
        self.0.lock().unwrap().clone().into_iter().collect()
    }
}

/// A process with a scheduler.
struct Process {
    stage: Stage,
    scheduler: Scheduler,
    changed: mpsc::UnboundedReceiver<()>,
    shelf: Arc<Shelf>,
}

impl Process {
    async fn open(disk: &Disk, flow: Option<Arc<Flow>>) -> Self {
        let stage = disk.stage_with(Flows::default(), None).await;
        let (out, changed) = mpsc::unbounded_channel();
        let shelf = Arc::new(Shelf(Mutex::new(flow)));
        let scheduler = Scheduler::start(SchedulerParts {
            runner: stage.runner.clone(),
            store: stage.store.clone(),
            flows: shelf.clone(),
            clock: stage.clock.clone(),
            changed: out,
        });
        Self { stage, scheduler, changed, shelf }
    }

    async fn begun(disk: &Disk, schedule: &str) -> Self {
        let mut process = Self::open(disk, Some(scheduled(schedule))).await;
        process.told().await;
        process
    }

    /// Waits until the scheduler has changed something.
    async fn told(&mut self) {
        within(self.changed.recv()).await.unwrap();
    }

    fn runs(&self) -> Vec<RunRecord> {
        let mut rows = self.stage.store.runs(&RunFilter { limit: 1000, ..RunFilter::default() }).unwrap().rows;
        rows.reverse();
        rows
    }

    /// Waits for so many runs in all, and gives their times, in minutes since the disk's beginning.
    async fn times(&mut self, count: usize) -> Vec<i64> {
        while self.runs().len() < count {
            self.told().await;
        }
        assert_eq!(self.runs().len(), count);
        self.runs().iter().map(|run| (self.at(run) - 1_790_000_000_000) / 60_000).collect()
    }

    fn at(&self, run: &RunRecord) -> i64 {
        let events = self.stage.store.events(&RunId::from(run.id.as_str())).unwrap();
        let What::Run { event: RunEvent::Created(created) } = &events[0].what else { panic!("not created") };
        created.scheduled.as_ref().unwrap().at.0
    }

    /// Looks again, and waits until it has: a flow that comes and goes is told of.
    async fn settle(&mut self) {
        let flow = self.shelf.0.lock().unwrap().take();
        self.look_until_told().await;
        *self.shelf.0.lock().unwrap() = flow;
        self.look_until_told().await;
    }

    async fn look_until_told(&mut self) {
        self.scheduler.look_again();
        self.told().await;
    }

    async fn close(self) {
        drop(self.scheduler);
        self.stage.runner.shutdown().await.unwrap();
        self.stage.store.close().unwrap();
    }
}

fn scheduled(schedule: &str) -> Arc<Flow> {
    flow(&format!(
        "id: f\nparams: {{file: {{type: string, default: none}}}}\nschedule: {schedule}\ntasks: [{{id: a, uses: noop, with: {{output: \"{{{{ run.scheduled_at }}}}\"}}}}]\n"
    ))
}

/// 1790000000000 is 14:13:20 UTC: an hour that begins at it has its minutes from there.
fn every(minutes: u32, more: &str) -> String {
    format!("{{every: {minutes}m, start: \"2026-09-21T14:13:20Z\"{more}}}")
}

#[tokio::test]
async fn a_run_is_started_for_each_time_and_knows_it() {
    let disk = Disk::new();
    let mut process = Process::begun(&disk, &every(15, "")).await;
    for n in 1..=3 {
        disk.clock.advance(15 * MINUTE);
        process.times(n).await;
    }
    assert_eq!(process.times(3).await, [15, 30, 45]);
    let first = &process.runs()[0];
    let run = RunId::from(first.id.as_str());
    process.stage.end(&run).await;
    assert_eq!(process.stage.store.task_run(&first.id, "a", None).unwrap().output, Some(json!("2026-09-21T14:28:20Z")));
    assert_eq!(first.key.as_deref(), Some("schedule/f/0/2026-09-21T14:28:20Z"));
}

#[tokio::test]
async fn what_was_missed_while_nobody_was_there_is_run_as_the_schedule_says() {
    for (missed, wanted) in [("skip", vec![15, 90]), ("once", vec![15, 75, 90]), ("all", vec![15, 30, 45, 60, 75, 90])]
    {
        let disk = Disk::new();
        let schedule = every(15, &format!(", on_missed: {missed}"));
        let mut process = Process::begun(&disk, &schedule).await;
        disk.clock.advance(15 * MINUTE);
        process.times(1).await;
        process.close().await;
        disk.clock.advance(65 * MINUTE);
        let mut process = Process::open(&disk, Some(scheduled(&schedule))).await;
        process.times(wanted.len() - 1).await;
        disk.clock.advance(10 * MINUTE);
        assert_eq!(process.times(wanted.len()).await, wanted, "{missed}");
    }
}

#[tokio::test]
async fn a_sleep_is_as_if_nobody_was_there() {
    let disk = Disk::new();
    let mut process = Process::begun(&disk, &every(15, "")).await;
    disk.clock.sleep(65 * MINUTE);
    assert_eq!(process.times(1).await, [60]);
}

#[tokio::test]
async fn a_clock_set_back_doubles_nothing() {
    let disk = Disk::new();
    let mut process = Process::begun(&disk, &every(15, "")).await;
    disk.clock.advance(15 * MINUTE);
    process.times(1).await;
    disk.clock.set_back(10 * MINUTE);
    process.settle().await;
    // The flow came anew at minute 5 of the clock on the wall: minute 15 is due again, and has its run already.
    disk.clock.advance(10 * MINUTE);
    process.told().await;
    disk.clock.advance(15 * MINUTE);
    assert_eq!(process.times(2).await, [15, 30]);
}

#[tokio::test]
async fn a_crash_between_the_run_and_the_note_of_it_doubles_nothing() {
    let disk = Disk::new();
    let process = Process::begun(&disk, &every(15, "")).await;
    let at = process.stage.clock.now() + 15 * MINUTE;
    let scheduled_run = longshore_engine::event::Scheduled { schedule: 0, at, backfill: false };
    let new = NewRun {
        flow: scheduled(&every(15, "")),
        params: serde_json::Map::new(),
        key: Some(schedules::key_of("f", 0, at)),
        parent: None,
        scheduled: Some(scheduled_run),
        priority: None,
    };
    process.stage.runner.create_run(new).await.unwrap();
    process.close().await;
    disk.clock.advance(15 * MINUTE);
    let mut process = Process::open(&disk, Some(scheduled(&every(15, "")))).await;
    process.told().await;
    assert_eq!(process.times(1).await, [15]);
    let record = &process.stage.store.schedules().unwrap()[0];
    assert_eq!((record.fired, record.run.as_ref()), (Some(at.0), Some(&process.runs()[0].id)));
}

#[tokio::test]
async fn a_paused_schedule_starts_nothing_and_what_was_due_meanwhile_is_not_missed() {
    let disk = Disk::new();
    let mut process = Process::begun(&disk, &every(15, ", on_missed: all")).await;
    let store = process.stage.store.clone();
    assert!(schedules::pause(&store, "f", disk.clock.now(), Some("ada".into()), None).unwrap());
    assert!(!schedules::pause(&store, "f", disk.clock.now(), None, None).unwrap());
    disk.clock.advance(40 * MINUTE);
    assert!(store.resume_schedules("f", disk.clock.now().0).unwrap());
    process.scheduler.look_again();
    disk.clock.advance(5 * MINUTE);
    assert_eq!(process.times(1).await, [45]);
}

#[tokio::test]
async fn a_new_version_is_in_force_at_once() {
    let disk = Disk::new();
    let mut process = Process::begun(&disk, &every(60, "")).await;
    *process.shelf.0.lock().unwrap() = Some(scheduled(&every(10, "")));
    process.look_until_told().await;
    disk.clock.advance(10 * MINUTE);
    assert_eq!(process.times(1).await, [10]);
    *process.shelf.0.lock().unwrap() = None;
    process.look_until_told().await;
    assert!(process.stage.store.schedules().unwrap().is_empty());
}

fn watching(folder: &Path, more: &str) -> String {
    format!("{{watch: {{folder: {}, pattern: \"*.h5\", settle: 10s}}{more}}}", folder.display())
}

fn files(process: &Process) -> Vec<String> {
    let name = |run: RunRecord| run.params["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    process.runs().into_iter().map(name).collect()
}

/// Lets the scheduler see a folder as it is, and gives its files time to settle.
async fn pass(process: &mut Process, disk: &Disk, runs: usize) {
    while process.runs().len() < runs {
        disk.clock.advance(Duration::from_secs(1));
        process.scheduler.look_again();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_new_file_that_is_whole_has_one_run() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("old.h5", "old");
    let mut process = Process::begun(&disk, &watching(folder.path(), "")).await;
    within(async {
        while !process.stage.store.schedules().unwrap()[0].looked {
            tokio::task::yield_now().await;
        }
    })
    .await;
    put("a.h5", "one");
    put("a.txt", "not wanted");
    put(".b.h5", "hidden");
    within(pass(&mut process, &disk, 1)).await;
    assert_eq!(files(&process), ["a.h5"]);
    process.close().await;

    // What comes while nobody is there has its run later; what had its run does not have another one.
    put("c.h5", "three");
    let mut process = Process::open(&disk, Some(scheduled(&watching(folder.path(), "")))).await;
    within(pass(&mut process, &disk, 2)).await;
    // A file of the same name that is another one is new.
    put("a.h5", "other");
    within(pass(&mut process, &disk, 3)).await;
    assert_eq!(files(&process), ["a.h5", "c.h5", "a.h5"]);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told_and_looked_for_again() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    let missing = folder.path().join("later");
    let mut process =
        Process::begun(&disk, &watching(&missing, "").replace("settle: 10s", "settle: 10s, existing: true")).await;
    process.told().await;
    let fault = process.stage.store.schedules().unwrap()[0].fault.clone().unwrap();
    assert_eq!(fault.code, "schedule.folder");
    std::fs::create_dir(&missing).unwrap();
    std::fs::write(missing.join("x.h5"), "x").unwrap();
    within(pass(&mut process, &disk, 1)).await;
    assert!(process.stage.store.schedules().unwrap()[0].fault.is_none());
}
