//! Flows that Airflow's documentation describes (trigger rules, branching, dynamic task mapping, retries, setup and teardown,
//! sensors, callbacks), each in a file with what its tasks do and what comes of it in Airflow.
//!
//! `does`: `fail` for good, `skip`, `transientN` and `hangN` fail N attempts, `deferN` waits N times; else a task succeeds and gives
//! its parameter `output`. `gives`: the state of a task run, of all of them and how many (`state*N`), a task's output (`==`).
//! `differs` says where the run as a whole ends otherwise than in Airflow, and why.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Sim, flow, permanent, transient};
use longshore_engine::decide::{Ending, Start, Stop};
use longshore_engine::{RunId, RunState};
use serde_json::Value;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/airflow");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("there").map(|entry| entry.expect("read").path()).collect();
    files.sort();
    files
}

/// The words after `# name:`, each a task run and what belongs to it.
fn line<'t>(text: &'t str, name: &str) -> Vec<(&'t str, &'t str)> {
    let found = text.lines().find_map(|line| line.strip_prefix(&format!("# {name}: "))).unwrap_or_default();
    found.split_whitespace().map(|word| word.split_once('=').expect("task=what")).collect()
}

/// Word and number of `transient3`.
fn counted(what: &str) -> (&str, u32) {
    let word = what.trim_end_matches(|c: char| c.is_ascii_digit());
    (word, what[word.len()..].parse().unwrap_or(u32::MAX))
}

struct Play<'t> {
    sim: Sim,
    run: RunId,
    does: BTreeMap<&'t str, &'t str>,
    /// How often each task run has worked.
    worked: BTreeMap<String, u32>,
}

impl Play<'_> {
    fn name(&self, start: &Start) -> String {
        let run = self.sim.run(&self.run);
        let task = &run.flow.tasks[start.slot.0].id;
        run.index(start.slot).map_or_else(|| task.clone(), |index| format!("{task}[{index}]"))
    }

    fn ending(&mut self, start: &Start) -> Ending {
        let name = self.name(start);
        let worked = self.worked.entry(name.clone()).or_default();
        *worked += 1;
        let (word, times) = counted(self.does.get(name.as_str()).copied().unwrap_or_default());
        match word {
            "fail" => permanent(),
            "skip" => Ending::Skipped("it says so".into()),
            "transient" if *worked <= times => transient(),
            "hang" if *worked <= times => Ending::Stopped(Stop::Timeout),
            "defer" if *worked <= times => Ending::Deferred(self.sim.now + Duration::from_mins(5)),
            _ => Ending::Done(start.with.get("output").cloned().unwrap_or_default()),
        }
    }

    fn through(&mut self) {
        for _ in 0..10_000 {
            if self.sim.ended.contains_key(&self.run) {
                return;
            }
            match self.sim.at_work.values().next().cloned() {
                Some(start) => {
                    let ending = self.ending(&start);
                    self.sim.end_slot(&start.run, start.slot, ending);
                }
                None => self.sim.advance(Duration::from_mins(1)),
            }
        }
        panic!("it does not end");
    }

    fn states(&self, place: &str) -> Vec<&'static str> {
        let run = self.sim.run(&self.run);
        let (task, index) = match place.trim_end_matches(']').split_once('[') {
            Some((task, index)) => (task, index.parse::<usize>().ok()),
            None => (place, None),
        };
        let runs = run.tasks()[run.flow.position(task).expect("a task")].runs();
        let runs = index.map_or(runs, |index| &runs[index..=index]);
        runs.iter().map(|one| one.state().word()).collect()
    }

    /// Whether it came as the file says; else what came.
    fn came(&self, place: &str, wanted: &str) -> Result<(), String> {
        let found = if place == "run" {
            self.sim.run_state(&self.run).word().to_owned()
        } else if let Some(wanted) = wanted.strip_prefix('=') {
            let output = &self.sim.run(&self.run).outputs()[place];
            let wanted: Value = serde_json::from_str(wanted).expect("JSON");
            return if *output == wanted { Ok(()) } else { Err(output.to_string()) };
        } else {
            let states = self.states(place);
            let all = states.iter().all(|state| *state == states[0]);
            let several = if states.len() > 1 { format!("*{}", states.len()) } else { String::new() };
            if all { format!("{}{several}", states[0]) } else { states.join(",") }
        };
        if found == wanted { Ok(()) } else { Err(found) }
    }
}

#[test]
fn flows_of_airflows_documentation_end_as_in_airflow() {
    let files = files();
    assert!(files.len() >= 50, "only {} flows", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("reads");
        let mut sim = Sim::new();
        sim.world.limits.insert("pool".into(), 1);
        let run = sim.create(&flow(&text), serde_json::json!({}));
        let does = line(&text, "does").into_iter().collect();
        let mut play = Play { sim, run, does, worked: BTreeMap::new() };
        play.through();
        let gives = line(&text, "gives");
        assert!(gives.iter().any(|(place, _)| *place == "run"), "{} does not say how it ends", file.display());
        for (place, wanted) in gives {
            if let Err(found) = play.came(place, wanted) {
                wrong.push(format!("{}: {place} is {found}, not {wanted}", file.display()));
            }
        }
        let differs = text.contains("\n# differs: ");
        assert!(!differs || play.sim.run_state(&play.run) == RunState::Failed, "{}", file.display());
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_field_that_they_use_is_in_the_published_schema() {
    let mut kinds = longshore_engine::flow::Kinds::default();
    kinds.add("noop", serde_json::json!({"type": "object"}));
    let schema = longshore_engine::flow::schema(&kinds);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let more = "
id: more
guard: {value: '{{ vars.x }}', on_duplicate: wait}
max_active_tasks: 2
tasks: [{id: a, uses: noop, limits: [x, {name: tape, slots: 2}], priority: -3, deadline: 2h, group: g, setup: true}]
";
    let mut texts: Vec<String> = files().iter().map(|file| std::fs::read_to_string(file).expect("reads")).collect();
    texts.push(more.into());
    for text in texts {
        flow(&text);
        let value: Value = serde_saphyr::from_str(&text).expect("YAML");
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{text}");
    }
}
