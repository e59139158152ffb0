//! Every flow that is built in: each of its tasks fails, is done twice, is cancelled; and the process goes at each write of the
//! journal, of a checkpoint, of the ledger, and of a file. The end is the same, and what was to be done is done once.

mod common;
#[path = "built_in/rows.rs"]
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::site::{Effects, PID, Site, flow};
use common::unlucky::{Mishap, unlucky};
use common::vault::moto;
use common::within;
use longshore_engine::RunState;
use longshore_engine::fault::Class;
use longshore_engine::flow::Role;
use longshore_flows::{builtin, kinds};
use longshore_runner::{Retry, Runner};
use longshore_testkit::When;
use longshore_testkit::servers::Moto;
use rows::{ROWS, Row, dataset};
use serde_json::json;

impl Row {
    /// What its sites share and is kept for as long as this is held.
    fn shared(&self) -> Option<Arc<Moto>> {
        self.after.contains(&"vault").then(moto)
    }

    /// A site on which it can run.
    fn site(&self) -> Site {
        let site = Site::with_staging(self.staging, self.after);
        for before in self.after.iter().filter(|before| !matches!(**before, "outside" | "vault")) {
            if matches!(*before, "bags" | "a zip") {
                site.receives(*before == "bags");
                continue;
            }
            if matches!(*before, "described" | "registered") {
                site.describe((*before == "registered").then_some("20.500.12269/ds"));
                continue;
            }
            let (id, params) = match *before {
                "upload_only" => ("upload_dataset", json!({"dataset_id": PID, "archive": false})),
                id => (id, dataset(&site)),
            };
            assert_eq!(site.run(kinds(), id, params).1, RunState::Success, "{before}");
        }
        site
    }

    /// What comes of it when nothing goes wrong.
    fn undisturbed(&self) -> Effects {
        let site = self.site();
        assert_eq!(site.run(kinds(), self.flow, (self.params)(&site)).1, RunState::Success, "{}", self.flow);
        let effects = site.effects();
        effects.clean(self.flow);
        effects
    }

    fn tasks(&self) -> Vec<(String, u32)> {
        let flow = flow(self.flow);
        let works = |id: &String| !self.skips.contains(&id.as_str());
        let tasks = flow.tasks.iter().filter(|task| task.role == Role::Task && works(&task.id));
        tasks.map(|task| (task.id.clone(), task.retries.max)).collect()
    }
}

/// Whether an event is one of a hook: those come again with every end of their run.
fn of_hook(name: &str) -> bool {
    let mut words = name.split(' ');
    let (id, task) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
    builtin().iter().any(|one| one.id == id) && flow(id).task(task).is_some_and(|task| task.role != Role::Task)
}

/// Ends of task runs in the journals, by how often each is told.
fn ends(site: &Site) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for name in site.journal().into_iter().filter(|name| name.contains("task.succeeded") && !of_hook(name)) {
        *found.entry(name).or_default() += 1;
    }
    found
}

fn each_once(site: &Site, at: &str) {
    let ends = ends(site);
    assert!(ends.values().all(|count| *count == 1), "{at}: {ends:#?}");
}

/// The rows of the flow that `LONGSHORE_FLOW` names; all of them without it.
fn asked_for() -> Vec<&'static Row> {
    let one = std::env::var("LONGSHORE_FLOW").ok();
    ROWS.iter().filter(|row| one.as_ref().is_none_or(|one| row.flow == one)).collect()
}

#[test]
fn every_built_in_flow_has_its_row() {
    let mut rows: Vec<_> = ROWS.iter().map(|row| row.flow).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows, builtin().iter().map(|flow| flow.id).collect::<Vec<_>>());
}

#[test]
fn each_task_fails_in_turn_with_each_class() {
    for row in asked_for() {
        let (_shared, wanted) = (row.shared(), row.undisturbed());
        for (task, retries) in row.tasks() {
            for class in [Class::Permanent, Class::Transient, Class::Fatal] {
                for mishap in [Mishap::FailsBefore(class), Mishap::FailsAfter(class)] {
                    let at = format!("{} {task} {mishap:?}", row.flow);
                    let site = row.site();
                    let (run, state) = site.run(unlucky(&task, mishap), row.flow, (row.params)(&site));
                    if class == Class::Transient && retries > 0 {
                        assert_eq!(state, RunState::Success, "{at}");
                    } else {
                        assert_eq!(state, RunState::Failed, "{at}");
                        let again = site.process(kinds(), async |stage| {
                            stage.runner.retry(&run, Retry::default()).await.expect("it can be retried");
                            stage.rest().await;
                            stage.end(&run).await
                        });
                        assert_eq!(again, RunState::Success, "{at}, retried");
                    }
                    site.effects().same_as(&wanted, &at);
                    each_once(&site, &at);
                }
            }
        }
    }
}

#[test]
fn each_task_is_done_twice() {
    for row in asked_for() {
        let (_shared, wanted) = (row.shared(), row.undisturbed());
        for (task, _) in row.tasks() {
            let (at, site) = (format!("{} {task} twice", row.flow), row.site());
            let (run, state) = site.run(unlucky(&task, Mishap::Twice), row.flow, (row.params)(&site));
            assert_eq!(state, RunState::Success, "{at}");
            site.effects().same_as(&wanted, &at);
            let used_up = row.used_up.contains(&task.as_str());
            let (cleared, code) = site.process(kinds(), async |stage| {
                stage.runner.retry(&run, Retry { task: Some(task), ..Retry::default() }).await.expect("cleared");
                stage.rest().await;
                (stage.end(&run).await, stage.fault(&run))
            });
            let at = format!("{at}, cleared");
            if used_up {
                assert_eq!((cleared, code.as_deref()), (RunState::Failed, Some("file.used_up")), "{at}");
                site.effects().of_files().same_as(&wanted.of_files(), &at);
            } else {
                assert_eq!(cleared, RunState::Success, "{at}");
                site.effects().same_as(&wanted, &at);
            }
        }
    }
}

#[test]
fn each_task_is_cancelled_and_taken_up_again() {
    for row in asked_for() {
        let (_shared, wanted) = (row.shared(), row.undisturbed());
        for (task, _) in row.tasks() {
            let (at, site) = (format!("{} {task} cancelled", row.flow), row.site());
            let run = site.process(unlucky(&task, Mishap::Cancelled), async |stage| {
                let run = stage.try_create(&flow(row.flow), (row.params)(&site), Some("once")).await.expect("a run");
                stage.event(&task, "task.started").await;
                stage.runner.cancel(&run).await.expect("cancelled");
                stage.rest().await;
                assert_eq!(stage.end(&run).await, RunState::Cancelled, "{at}");
                run
            });
            site.effects().clean(&at);
            let again = site.process(kinds(), async |stage| {
                stage.runner.retry(&run, Retry::default()).await.expect("it can be retried");
                stage.rest().await;
                stage.end(&run).await
            });
            assert_eq!(again, RunState::Success, "{at}, retried");
            site.effects().same_as(&wanted, &at);
        }
    }
}

#[test]
fn a_second_retrieval_joins_the_first_and_reads_nothing_twice() {
    let row = ROWS.iter().find(|row| row.flow == "retrieve_datasetlist").expect("it is built in");
    let site = row.site();
    let lts = site.places.faulty("lts").expect("a storage");
    let (flow, before) = (flow("retrieve_dataset"), lts.bytes_read());
    site.process(kinds(), async |stage| {
        let mut runs = Vec::new();
        for key in ["first", "second", "third"] {
            runs.push(stage.try_create(&flow, json!({"dataset_id": PID}), Some(key)).await.expect("a run"));
        }
        stage.rest().await;
        for run in runs {
            assert_eq!(stage.end(&run).await, RunState::Success);
        }
    });
    // A few bytes more are read to see whether a datablock can be.
    let read = lts.bytes_read() - before;
    assert!((0..100).contains(&(read - site.archived_bytes())), "{read} bytes");
}

#[test]
fn an_lts_below_its_floor_for_an_hour_is_waited_for_and_costs_no_attempt() {
    let row = ROWS.iter().find(|row| row.flow == "archive_dataset" && row.staging == "none").expect("it is built in");
    let (site, wanted) = (row.site(), row.undisturbed());
    let lts = site.places.faulty("lts").expect("a storage");
    lts.leave_room(1 << 20);
    let state = site.process(kinds(), async |stage| {
        let run = stage.try_create(&flow(row.flow), dataset(&site), Some("once")).await.expect("a run");
        let waits = |runner: &Runner| {
            let words = runner.live(&run).into_iter().find_map(|live| live.waits);
            words.is_some_and(|words| words.starts_with("waits for space on lts"))
        };
        for _minute in 0..60 {
            stage.until(waits).await;
            let looks = lts.calls();
            stage.clock.advance(Duration::from_mins(1));
            stage.until(|_| lts.calls() > looks).await;
        }
        stage.until(waits).await;
        assert_eq!(lts.written(), 0);
        lts.leave_room(u64::MAX);
        stage.clock.advance(Duration::from_mins(1));
        stage.rest().await;
        stage.end(&run).await
    });
    assert_eq!(state, RunState::Success);
    site.effects().same_as(&wanted, "an hour below the floor");
    each_once(&site, "an hour below the floor");
}

/// At every tenth write, each flow from another one on; in the long form (`LONGSHORE_SOAK=1`) at every single one.
#[test]
fn the_process_goes_at_a_write() {
    let stride = if std::env::var_os("LONGSHORE_SOAK").is_some() { 1 } else { 10 };
    for (begin, row) in (0..).zip(asked_for()) {
        let (_shared, wanted) = (row.shared(), row.undisturbed());
        for when in [When::Before, When::After] {
            let mut steps = (begin % stride..).step_by(stride);
            let last = steps.find(|step| !died(row, (*step as u64, when), &wanted));
            // What is said at one time goes into one write: of a flow with one task there are two.
            assert!(last.is_some_and(|step| step > 1), "{}: only {last:?} writes", row.flow);
        }
    }
}

/// Whether it died, and if so, whether it came to the right end in the next process.
fn died(row: &Row, fuse: (u64, When), wanted: &Effects) -> bool {
    let (site, at) = (row.site(), format!("{} killed {:?} step {}", row.flow, fuse.1, fuse.0));
    site.fuse.set(Some(fuse));
    let (flow, params) = (flow(row.flow), (row.params)(&site));
    site.process(kinds(), async |stage| {
        if let Ok(run) = stage.try_create(&flow, params.clone(), Some("once")).await {
            stage.rest().await;
            within(stage.runner.wait(&run)).await.ok();
        }
    });
    let died = site.fuse.blown();
    site.fuse.set(None);
    let (_, state) = site.run(kinds(), row.flow, params);
    assert_eq!(state, RunState::Success, "{at}");
    site.effects().same_as(wanted, &at);
    each_once(&site, &at);
    died
}
