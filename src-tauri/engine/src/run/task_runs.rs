//! The task runs of one task, held small: a hundred thousand of them are nothing special.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

use crate::event::{By, Item, Mark, Reserved};
use crate::expression::{Seen, seen};
use crate::{Millis, TaskState};

/// A task run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRun {
    state: TaskState,
    attempts: u32,
    tries: u32,
    since: Millis,
    /// When its retry or sensor is due, or its attempt must have ended.
    pub(super) until: Option<Millis>,
    pub(super) reserved: Option<Box<[Reserved]>>,
    /// Values as JSON text: a fraction of the room of a tree.
    pub(super) output: Option<Box<str>>,
    item: Option<Box<str>>,
    label: Option<Box<str>>,
    /// Its attempt goes on when it starts again.
    resumes: bool,
    /// When its first attempt started.
    began: Option<Millis>,
    /// How it is to be marked once it has stopped.
    pending: Option<Box<Pending>>,
}

/// How a task run is to be marked once it has stopped, and who wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// As what.
    pub mark: Mark,
    /// Who, and why.
    pub by: Option<By>,
}

impl TaskRun {
    fn new(attempts: u32) -> Self {
        Self {
            state: TaskState::None,
            attempts,
            tries: 0,
            since: Millis::default(),
            until: None,
            reserved: None,
            output: None,
            item: None,
            label: None,
            resumes: false,
            began: None,
            pending: None,
        }
    }

    /// State.
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Number of the last attempt; 0 if there was none.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How many retries were used up.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Since when it is in its state.
    pub fn since(&self) -> Millis {
        self.since
    }

    /// When its retry or sensor is due, or the running attempt must have ended.
    pub fn until(&self) -> Option<Millis> {
        self.until
    }

    /// Room that it holds.
    pub fn reserved(&self) -> &[Reserved] {
        self.reserved.as_deref().unwrap_or_default()
    }

    /// Whether its attempt goes on when it starts again, because it was deferred.
    pub fn resumes(&self) -> bool {
        self.resumes
    }

    /// How it is to be marked once it has stopped.
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.as_deref()
    }

    /// When its first attempt started, since it was last cleared.
    pub fn began(&self) -> Option<Millis> {
        self.began
    }

    /// Short text of its item.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Its item, of a mapped task.
    pub fn item(&self) -> Option<Value> {
        self.item.as_deref().map(read)
    }

    /// Its output, once it succeeded.
    pub fn output(&self) -> Option<Value> {
        self.output.as_deref().map(read)
    }
}

fn read(text: &str) -> Value {
    // The text was made from a value by this module.
    serde_json::from_str(text).unwrap_or_default()
}

/// The task runs of one task.
#[derive(Debug, PartialEq)]
pub struct TaskRuns {
    expanded: bool,
    runs: Vec<TaskRun>,
    counts: [u32; TaskState::ALL.len()],
    /// Those that stand in line: scheduled, queued, interrupted.
    line: BTreeSet<u32>,
    /// Highest attempt number of task runs that were replaced.
    attempts: u32,
    output: Cache,
}

/// A value worked out once from the rest: no part of the state.
#[derive(Debug, Default)]
struct Cache(OnceLock<Seen>);

impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl TaskRuns {
    pub(super) fn new() -> Self {
        let mut all = Self {
            expanded: false,
            runs: Vec::new(),
            counts: [0; TaskState::ALL.len()],
            line: BTreeSet::new(),
            attempts: 0,
            output: Cache::default(),
        };
        all.reset();
        all
    }

    /// Whether the items of a mapped task are known.
    pub fn expanded(&self) -> bool {
        self.expanded
    }

    /// The task runs, by map index; one, if the task is not mapped or not expanded.
    pub fn runs(&self) -> &[TaskRun] {
        &self.runs
    }

    /// How many are in a state.
    pub fn count(&self, state: TaskState) -> u32 {
        self.counts[state as usize]
    }

    /// States that any of them is in, with how many.
    pub fn counts(&self) -> impl Iterator<Item = (TaskState, u32)> + '_ {
        TaskState::ALL.into_iter().map(|state| (state, self.count(state))).filter(|(_, count)| *count > 0)
    }

    /// Whether all of them have ended.
    pub fn ended(&self) -> bool {
        self.counts().all(|(state, _)| state.is_final())
    }

    pub(crate) fn line(&self) -> &BTreeSet<u32> {
        &self.line
    }

    /// Position of the task run with this map index.
    pub fn run_at(&self, index: Option<u32>) -> Option<u32> {
        match index {
            None => (!self.expanded).then_some(0),
            Some(index) => (self.expanded && (index as usize) < self.runs.len()).then_some(index),
        }
    }

    /// Runs of neighbours whose state passes: first position and number.
    pub(crate) fn spans(&self, passes: impl Fn(TaskState) -> bool) -> Vec<(u32, u32)> {
        let mut spans: Vec<(u32, u32)> = Vec::new();
        for (i, _) in (0_u32..).zip(&self.runs).filter(|(_, run)| passes(run.state)) {
            match spans.last_mut() {
                Some((first, count)) if *first + *count == i => *count += 1,
                _ => spans.push((i, 1)),
            }
        }
        spans
    }

    /// The value of `tasks.<id>.output`: of a mapped task the list of what its task runs gave, those left out that gave none.
    pub(super) fn output(&self, mapped: bool) -> Option<Seen> {
        if !self.ended() {
            return None;
        }
        let one = |run: &TaskRun| run.output().map(|value| seen(&value));
        if mapped {
            return Some(self.output.0.get_or_init(|| self.runs.iter().filter_map(one).collect()).clone());
        }
        self.runs[0].output.as_ref()?;
        Some(self.output.0.get_or_init(|| one(&self.runs[0]).unwrap_or_default()).clone())
    }

    pub(super) fn reset(&mut self) {
        self.attempts = self.runs.iter().map(|run| run.attempts).max().unwrap_or(0).max(self.attempts);
        self.replace(vec![TaskRun::new(self.attempts)], false);
    }

    pub(super) fn expand(&mut self, items: &[Item], at: Millis) {
        let one = |item: &Item| TaskRun {
            state: TaskState::Scheduled,
            since: at,
            item: Some(item.value.to_string().into()),
            label: item.label.as_deref().map(Into::into),
            ..TaskRun::new(self.attempts)
        };
        self.replace(items.iter().map(one).collect(), true);
    }

    pub(super) fn follow(&mut self, count: u32, labels: &[Option<String>]) {
        let label = |i: u32| labels.get(i as usize).and_then(|label| label.as_deref().map(Into::into));
        let one = |i| TaskRun { label: label(i), ..TaskRun::new(self.attempts) };
        self.replace((0..count).map(one).collect(), true);
    }

    fn replace(&mut self, runs: Vec<TaskRun>, expanded: bool) {
        self.counts = [0; TaskState::ALL.len()];
        for run in &runs {
            self.counts[run.state as usize] += 1;
        }
        self.line = (0_u32..).zip(&runs).filter(|(_, run)| run.state == TaskState::Scheduled).map(|(i, _)| i).collect();
        (self.runs, self.expanded) = (runs, expanded);
        self.output = Cache::default();
    }

    /// Puts a task run into a state that was found legal.
    pub(super) fn enter(&mut self, run: u32, state: TaskState, at: Millis) -> &mut TaskRun {
        let one = &mut self.runs[run as usize];
        self.counts[one.state as usize] -= 1;
        self.counts[state as usize] += 1;
        if matches!(state, TaskState::Scheduled | TaskState::Queued | TaskState::Interrupted) {
            self.line.insert(run);
        } else {
            self.line.remove(&run);
        }
        self.output.0.take();
        // What stands in line, or is held there, still goes on.
        let stands = matches!(state, TaskState::Scheduled | TaskState::Queued | TaskState::Paused);
        one.resumes &= stands;
        one.pending = None;
        one.state = state;
        one.since = at;
        one.until = None;
        one.reserved = None;
        one
    }

    pub(super) fn postpone(&mut self, run: u32, until: Millis) {
        self.runs[run as usize].until = Some(until);
    }
}

impl TaskRun {
    pub(super) fn attempt(&mut self, number: u32, at: Millis) {
        self.attempts = number;
        self.began.get_or_insert(at);
    }

    pub(super) fn used_retry(&mut self) {
        self.tries += 1;
    }

    pub(super) fn fresh(&mut self) {
        (self.tries, self.output, self.began) = (0, None, None);
    }

    pub(super) fn gave(&mut self, output: &Value) {
        self.output = Some(output.to_string().into());
    }

    pub(super) fn deferred(&mut self, until: Millis) {
        (self.until, self.resumes) = (Some(until), true);
    }

    pub(super) fn stopping(&mut self, mark: &Mark, by: Option<&By>) {
        self.pending = Some(Box::new(Pending { mark: mark.clone(), by: by.cloned() }));
    }

    pub(super) fn marked(&mut self, mark: &Mark) {
        match mark {
            Mark::Success { output } => self.gave(output),
            Mark::Failed { .. } | Mark::Skipped => self.output = None,
        }
    }
}
