//! Every flow that is built in: each of its tasks fails, is done twice, is cancelled; and the process goes at each write of the
//! journal, of a checkpoint, of the ledger, and of a file. The end is the same, and what was to be done is done once.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::outside::{ENTRY, RECORD, TARGET};
use common::site::{Effects, PID, Site, flow};
use common::unlucky::{Mishap, unlucky};
use common::within;
use longshore_engine::RunState;
use longshore_engine::fault::Class;
use longshore_engine::flow::Role;
use longshore_flows::{builtin, kinds};
use longshore_runner::{Retry, Runner};
use longshore_testkit::When;
use serde_json::{Value, json};

/// How a flow is put to the test.
struct Row {
    flow: &'static str,
    params: fn(&Site) -> Value,
    /// Flows that have run before it, or what else was done.
    after: &'static [&'static str],
    /// Tasks that have nothing to do with these parameters.
    skips: &'static [&'static str],
    /// The variable `staging`.
    staging: &'static str,
}

/// One row for each flow that is built in.
const ROWS: &[Row] = &[
    Row {
        flow: "upload_dataset",
        params: dataset,
        after: &[],
        skips: &["job", "archive_job", "room", "send", "hand_over"],
        staging: "none",
    },
    Row {
        flow: "upload_dataset",
        params: |_| json!({"dataset_id": PID, "job": true}),
        after: &["described"],
        skips: &["archive", "room", "send", "hand_over"],
        staging: "none",
    },
    Row { flow: "archive_dataset", params: dataset, after: &["upload_only"], skips: &[], staging: "none" },
    Row { flow: "archive_dataset", params: dataset, after: &["upload_only"], skips: &[], staging: "bucket" },
    Row {
        flow: "archive_datasetlist",
        params: |_| json!({"dataset_ids": [PID]}),
        after: &["upload_only"],
        skips: &[],
        staging: "none",
    },
    outside("b2share_to_ssh", |_| json!({"oid": RECORD, "target": "copied", "connection_id": "lts"})),
    outside("http_to_ssh", |site| json!({"url": site.outside().url(), "target": "copied/", "connection_id": "lts"})),
    outside("image_transfer", |site| {
        let url = site.outside().url();
        let (url, image) = url.rsplit_once('/').expect("a path");
        json!({"url": url, "image_id": image, "target": "copied", "connection_id": "lts"})
    }),
    Row {
        flow: "ssh_to_b2share",
        params: |_| json!({"source": "data/below", "connection_id": "hpc", "mid": ENTRY, "register": true}),
        after: &["outside"],
        // Once its record is published, who clears it asks for another one.
        skips: &["draft"],
        staging: "none",
    },
    outside(
        "ssh_to_ssh",
        |_| json!({"source_path": "data", "source_connection_id": "hpc", "target_path": "copied", "target_connection_id": "lts"}),
    ),
    outside("webdav_stagein", |_| json!({"oid": ENTRY, "target": "copied", "connection_id": "lts"})),
    outside("webdav_stageout", |_| json!({"oid": TARGET, "path": "data/below", "connection_id": "hpc"})),
    Row {
        flow: "copy",
        params: |site| json!({"from": site.source(), "to": "lts:copied"}),
        after: &[],
        skips: &[],
        staging: "none",
    },
    Row {
        flow: "verify_dataset",
        params: dataset,
        after: &["upload_dataset"],
        skips: &["read_datablock"],
        staging: "none",
    },
    Row {
        flow: "retrieve_dataset",
        params: |site| json!({"dataset_id": PID, "dest": site.dest()}),
        after: &["upload_dataset"],
        skips: &["read_datablock", "started", "survey", "fetch", "ready", "retrieved"],
        staging: "none",
    },
    Row {
        flow: "retrieve_dataset",
        params: dataset,
        after: &["upload_dataset"],
        skips: &["read_datablock", "started", "retrieved", "plan", "extract", "finish"],
        staging: "none",
    },
    Row {
        flow: "retrieve_datasetlist",
        params: |_| json!({"dataset_ids": [PID]}),
        after: &["upload_dataset"],
        skips: &[],
        staging: "none",
    },
    Row {
        flow: "upload_dataset",
        params: |_| json!({"dataset_id": PID, "archiver": "central"}),
        after: &["outside", "registered"],
        skips: &["land", "archive", "job", "archive_job"],
        staging: "none",
    },
    outside("gitlab_to_ssh", |_| json!({"project": "group/project", "target": "copied", "connection_id": "lts"})),
    Row {
        flow: "feeder",
        params: |site| json!({"from": site.source(), "ready": site.dest(), "settled": "0"}),
        after: &[],
        skips: &[],
        staging: "none",
    },
    Row {
        flow: "sync_debagged",
        params: |site| json!({"works": [{"id": "W1", "folder": site.source()}], "script": "/bin/echo"}),
        after: &[],
        skips: &[],
        staging: "none",
    },
    // What it does with an archive is tested against one; here there is nothing to restore.
    Row { flow: "glacier_restore", params: |_| json!({"works": []}), after: &[], skips: &["restore"], staging: "none" },
    outside("mlflow_stagein", |_| json!({"mlflow_runid": "0", "location": "copied", "connection_id": "lts"})),
    outside("mlflow_upload_model", |_| json!({"location": "models", "connection_id": "hpc"})),
    outside("model_search_upload", |_| json!({"location": "models", "connection_id": "hpc"})),
    outside("webdav_to_unicore", |_| json!({"oid": ENTRY, "target": "/copied"})),
    Row {
        flow: "make_bag",
        params: |site| {
            let (from, to) = (format!("{}/below", site.source()), "retrieval:W.bag.zip");
            let info = json!({"Bagging-Date": "2026-03-02"});
            json!({"from": from, "to": to, "form": "zip", "info": info, "if_exists": "replace"})
        },
        after: &[],
        skips: &["bring", "tidy"],
        staging: "none",
    },
    Row { flow: "validate_bag", params: |site| json!({"bag": bag_of(site)}), after: &[], skips: &[], staging: "none" },
];

/// A bag that lies beside the folder of the dataset.
fn bag_of(site: &Site) -> String {
    let bag = site.places.top().join("a.bag");
    let put = |name: &str, text: &str| std::fs::write(bag.join(name), text).expect("it is written");
    std::fs::create_dir_all(bag.join("data")).expect("a folder");
    put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    put("data/a", "one");
    put("manifest-md5.txt", "f97c5d29941bfb1b2fdab0874906ab82  data/a\n");
    bag.to_string_lossy().into_owned()
}

/// A flow between systems that are outside.
const fn outside(flow: &'static str, params: fn(&Site) -> Value) -> Row {
    Row { flow, params, after: &["outside"], skips: &[], staging: "none" }
}

fn dataset(_: &Site) -> Value {
    json!({"dataset_id": PID})
}

impl Row {
    /// A site on which it can run.
    fn site(&self) -> Site {
        let site = Site::with_staging(self.staging, self.after.contains(&"outside"));
        for before in self.after.iter().filter(|before| **before != "outside") {
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

#[test]
fn every_built_in_flow_has_its_row() {
    let mut rows: Vec<_> = ROWS.iter().map(|row| row.flow).collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows, builtin().iter().map(|flow| flow.id).collect::<Vec<_>>());
}

#[test]
fn each_task_fails_in_turn_with_each_class() {
    for row in ROWS {
        let wanted = row.undisturbed();
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
    for row in ROWS {
        let wanted = row.undisturbed();
        for (task, _) in row.tasks() {
            let (at, site) = (format!("{} {task} twice", row.flow), row.site());
            let (run, state) = site.run(unlucky(&task, Mishap::Twice), row.flow, (row.params)(&site));
            assert_eq!(state, RunState::Success, "{at}");
            site.effects().same_as(&wanted, &at);
            let cleared = site.process(kinds(), async |stage| {
                stage.runner.retry(&run, Retry { task: Some(task), ..Retry::default() }).await.expect("cleared");
                stage.rest().await;
                stage.end(&run).await
            });
            assert_eq!(cleared, RunState::Success, "{at}, cleared");
            site.effects().same_as(&wanted, &format!("{at}, cleared"));
        }
    }
}

#[test]
fn each_task_is_cancelled_and_taken_up_again() {
    for row in ROWS {
        let wanted = row.undisturbed();
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
    for (begin, row) in (0..).zip(ROWS) {
        let wanted = row.undisturbed();
        for when in [When::Before, When::After] {
            let mut steps = (begin % stride..).step_by(stride);
            let last = steps.find(|step| !died(row, (*step as u64, when), &wanted));
            assert!(last.is_some_and(|step| step > 8), "{}: only {last:?} writes", row.flow);
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
