//! What is going on now, for whoever asks between two decisions. Nothing here is state: it can be lost at any time.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longshore_engine::event::Reserved;
use longshore_engine::run::Slot;
use longshore_engine::{Clock, Fault, Millis, RunId};
use longshore_flows::kind::Progress;
use tokio::sync::{Notify, broadcast};

use crate::{Live, LogLine, Note, Reservation};

/// Time between two notes of the progress of a run.
const TICK: Duration = Duration::from_millis(100);
/// Time over which a rate is smoothed.
const SMOOTH: f64 = 5.0;

/// A lock whose holder panicked still holds good data: everything under our locks is whole between two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A task run at work.
pub(crate) struct Cell {
    pub(crate) task: String,
    pub(crate) index: Option<u32>,
    pub(crate) reserved: Vec<Reserved>,
    progress: Mutex<(Progress, Meter)>,
    moved: AtomicBool,
}

/// Bytes a second, smoothed.
#[derive(Debug, Clone, Copy, Default)]
struct Meter {
    last: Option<(Millis, u64)>,
    rate: Option<f64>,
}

impl Meter {
    fn see(&mut self, now: Millis, bytes: u64) {
        let Some((then, before)) = self.last else {
            // The first amount may be what an earlier attempt did: it says nothing of the speed.
            self.last = Some((now, bytes));
            return;
        };
        let seconds = (now - then).as_secs_f64();
        if seconds < TICK.as_secs_f64() {
            return;
        }
        let sample = bytes.saturating_sub(before) as f64 / seconds;
        let weight = 1.0 - (-seconds / SMOOTH).exp();
        self.rate = Some(self.rate.map_or(sample, |rate| rate + (sample - rate) * weight));
        self.last = Some((now, bytes));
    }

    /// The rate now: it fades while nothing comes.
    fn rate(&self, now: Millis) -> Option<f64> {
        let silent = (now - self.last?.0).as_secs_f64();
        let rate = self.rate? * (-(silent - 1.0).max(0.0) / SMOOTH).exp();
        (rate >= 1.0).then_some(rate)
    }
}

impl Cell {
    pub(crate) fn new(task: &str, index: Option<u32>, reserved: Vec<Reserved>) -> Self {
        Self { task: task.into(), index, reserved, progress: Mutex::default(), moved: AtomicBool::new(false) }
    }

    pub(crate) fn written(&self) -> u64 {
        lock(&self.progress).0.written
    }

    /// What an earlier attempt left on the storage.
    pub(crate) fn set_written(&self, written: u64) {
        lock(&self.progress).0.written = written;
    }

    fn live(&self, now: Millis) -> Live {
        let (progress, meter) = lock(&self.progress).clone();
        let rate = meter.rate(now);
        let left = progress.bytes_total.map(|total| total.saturating_sub(progress.bytes));
        let seconds_left = rate.zip(left).map(|(rate, left)| left as f64 / rate);
        Live { task: self.task.clone(), index: self.index, progress, rate, seconds_left, waits: None }
    }
}

/// A task run, or a run, that waits; the names in it looked up.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) run: RunId,
    pub(crate) task: Option<(String, Option<u32>)>,
    pub(crate) text: String,
    pub(crate) room: Option<(String, u64)>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) active: Vec<RunId>,
    pub(crate) cells: BTreeMap<RunId, HashMap<Slot, Arc<Cell>>>,
    pub(crate) waits: Vec<Waiting>,
    /// Pool of each storage, as far as known.
    pub(crate) pools: BTreeMap<String, String>,
    pub(crate) broken: Option<Fault>,
}

/// The board: read by the handles, written by the actor and by attempts.
pub(crate) struct Board {
    state: Mutex<State>,
    notes: broadcast::Sender<Note>,
    moved: Notify,
    clock: Arc<dyn Clock>,
}

impl Board {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), notes: broadcast::Sender::new(1024), moved: Notify::new(), clock }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Note> {
        self.notes.subscribe()
    }

    /// Tells whoever listens; nobody need.
    pub(crate) fn tell(&self, note: Note) {
        drop(self.notes.send(note));
    }

    pub(crate) fn tell_lines(&self, run: RunId, lines: Vec<LogLine>) {
        self.tell(Note::Log { run, lines: lines.into() });
    }

    /// An attempt tells how far it is. Whether it is further than it was.
    pub(crate) fn progress(&self, cell: &Cell, progress: Progress) -> bool {
        let mut held = lock(&cell.progress);
        let further = (held.0.bytes, held.0.files) != (progress.bytes, progress.files);
        held.1.see(self.clock.now(), progress.bytes);
        held.0 = progress;
        drop(held);
        if !cell.moved.swap(true, Ordering::Relaxed) {
            self.moved.notify_one();
        }
        further
    }

    pub(crate) fn live(&self, run: &RunId) -> Vec<Live> {
        let now = self.clock.now();
        let state = self.state();
        let mut live: Vec<Live> =
            state.cells.get(run).into_iter().flat_map(HashMap::values).map(|one| one.live(now)).collect();
        let waits = state.waits.iter().filter(|wait| wait.run == *run);
        live.extend(waits.filter_map(|wait| {
            let (task, index) = wait.task.clone()?;
            let (progress, waits) = (Progress::default(), Some(wait.text.clone()));
            Some(Live { task, index, progress, rate: None, seconds_left: None, waits })
        }));
        live.sort_by(|a, b| (&a.task, a.index).cmp(&(&b.task, b.index)));
        live
    }

    pub(crate) fn reservations(&self) -> Vec<Reservation> {
        let state = self.state();
        let pool = |storage: &str| state.pools.get(storage).cloned();
        let mut all = Vec::new();
        for (run, cell) in state.cells.iter().flat_map(|(run, cells)| cells.values().map(move |cell| (run, cell))) {
            let held = |one: &Reserved| Reservation {
                run: run.clone(),
                task: cell.task.clone(),
                index: cell.index,
                storage: one.storage.clone(),
                pool: pool(&one.storage),
                bytes: one.bytes,
                written: cell.written().min(one.bytes),
                granted: true,
            };
            all.extend(cell.reserved.iter().map(held));
        }
        all.extend(state.waits.iter().filter_map(|wait| {
            let ((storage, bytes), (task, index)) = (wait.room.clone()?, wait.task.clone()?);
            let pool = pool(&storage);
            Some(Reservation { run: wait.run.clone(), task, index, storage, pool, bytes, written: 0, granted: false })
        }));
        all
    }

    /// Tells of progress, at most ten times a second for each run, for ever.
    pub(crate) async fn pulse(self: Arc<Self>) {
        loop {
            self.moved.notified().await;
            self.clock.sleep_until(self.clock.now() + TICK).await;
            let take = |cell: &Arc<Cell>| cell.moved.swap(false, Ordering::Relaxed);
            let moved: Vec<RunId> = {
                let state = self.state();
                // Every cell is asked, so that each one's next move is heard of again.
                let moved = |(run, cells): (&RunId, &HashMap<Slot, Arc<Cell>>)| {
                    (cells.values().filter(|cell| take(cell)).count() > 0).then(|| run.clone())
                };
                state.cells.iter().filter_map(moved).collect()
            };
            for run in moved {
                let live = self.live(&run).into();
                self.tell(Note::Progress { run, live });
            }
        }
    }
}
