//! Flows of the operator, with schedules: lists, the calendar, pauses, backfills, versions, copies.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use longshore_api::wire::*;
use longshore_api::{Fault, Listener, Role, Session};
use serde_json::json;

struct Place {
    session: Session,
    events: Listener,
    temp: tempfile::TempDir,
}

const DAILY: &str = "id: daily\ntitle: Every day\nschedule: {cron: \"30 2 * * *\", timezone: Europe/Zurich}\ntasks:\n  - {id: a, uses: noop, with: {output: \"{{ run.scheduled_at }}\"}}\n";

impl Place {
    /// A workspace with these flow files.
    async fn with(files: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("flows")).unwrap();
        for (name, text) in files {
            fs::write(temp.path().join("flows").join(name), text).unwrap();
        }
        let session = Session::open(temp.path(), Role::Window).await.unwrap();
        Self { events: session.events().await, session, temp }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.temp.path().join("flows").join(name)
    }

    async fn told(&mut self, tag: Tag) {
        let wanted =
            async { while !matches!(self.events.next().await, Event::Changed { tags } if tags.contains(&tag)) {} };
        tokio::time::timeout(std::time::Duration::from_mins(1), wanted).await.expect("in time");
    }

    async fn call<O: Operation>(&self, args: O::Args) -> O::Reply {
        self.session.call::<O>(args).await.unwrap()
    }

    async fn refused<O: Operation>(&self, args: O::Args) -> Fault {
        self.session.call::<O>(args).await.err().unwrap()
    }

    async fn row(&self, flow: &str) -> FlowRow {
        self.call::<FlowList>(Nothing {}).await.into_iter().find(|row| row.id == flow).unwrap()
    }
}

fn pause() -> SchedulePauseArgs {
    SchedulePauseArgs { flow: "daily".into(), why: Some("maintenance".into()) }
}

fn backfill(from: &str, to: &str) -> BackfillArgs {
    let (from, to) = (from.into(), to.into());
    BackfillArgs { flow: "daily".into(), from, to, schedule: None, max_active: None, why: None }
}

#[tokio::test]
async fn what_is_due_next_is_told_and_a_pause_says_who_and_why() {
    let place = Place::with(&[("daily.yaml", DAILY)]).await;
    let due = place.call::<ScheduleNext>(ScheduleNextArgs { flow: None, count: None }).await;
    assert_eq!(due.len(), 20);
    assert!(due.windows(2).all(|pair| (22..=26).contains(&((pair[1].at - pair[0].at) / 3_600_000))), "{due:?}");
    let row = place.row("daily").await;
    assert_eq!((row.schedules, row.next), (vec!["30 2 * * * (Europe/Zurich)".to_owned()], Some(due[0].at)));
    assert!(row.file.unwrap().ends_with("flows/daily.yaml"));

    let rows = place.call::<SchedulePause>(pause()).await;
    let paused = rows[0].paused.clone().unwrap();
    assert!(paused.by.is_some_and(|by| !by.is_empty()));
    assert_eq!((paused.why.as_deref(), rows[0].next), (Some("maintenance"), None));
    assert!(place.row("daily").await.paused);
    assert!(place.call::<ScheduleNext>(ScheduleNextArgs { flow: None, count: Some(1) }).await[0].paused);
    assert!(place.call::<ScheduleResume>(pause()).await[0].paused.is_none());
    let nowhere = SchedulePauseArgs { flow: "archive_dataset".into(), why: None };
    assert_eq!(place.refused::<SchedulePause>(nowhere).await.code, "schedule.none");
}

#[tokio::test]
async fn a_backfill_starts_each_time_once() {
    let place = Place::with(&[("daily.yaml", DAILY)]).await;
    let seen = place.call::<FlowBackfillPreview>(backfill("2026-03-28", "2026-03-30")).await;
    assert_eq!((seen.count, seen.there), (3, 0));
    // The 29th has no half past two: the first instant after the gap.
    assert_eq!(seen.times[1].at, 1_774_746_000_000);
    place.call::<FlowBackfill>(backfill("2026-03-28", "2026-03-30")).await;
    let again = place.call::<FlowBackfill>(backfill("2026-03-29", "2026-03-31")).await;
    assert_eq!((again.count, again.there), (3, 2));
    let runs = place.call::<RunList>(RunListArgs::default()).await;
    assert_eq!(runs.total, 4);
    let wrong = place.refused::<FlowBackfillPreview>(backfill("soon", "2026-03-30")).await;
    assert_eq!(wrong.code, "schedule.time");
    let large = BackfillArgs { to: "2096-01-01".into(), ..backfill("2026-01-01", "") };
    assert_eq!(place.refused::<FlowBackfillPreview>(large).await.code, "backfill.large");
}

#[tokio::test]
async fn a_backfill_with_a_bound_runs_a_few_at_a_time_to_its_end() {
    let mut place = Place::with(&[("daily.yaml", DAILY)]).await;
    let args = BackfillArgs { max_active: Some(2), ..backfill("2026-01-01", "2026-01-10") };
    place.call::<FlowBackfill>(args).await;
    while place.call::<RunList>(RunListArgs::default()).await.total < 10 {
        place.told(Tag::Runs).await;
    }
}

#[tokio::test]
async fn versions_are_kept_and_their_difference_is_told() {
    let mut place = Place::with(&[("daily.yaml", DAILY)]).await;
    let new = DAILY.replace("title: Every day", "title: Each day");
    let hidden = place.file(".daily.yaml.tmp");
    fs::write(&hidden, new).unwrap();
    fs::rename(hidden, place.file("daily.yaml")).unwrap();
    while place.row("daily").await.title != "Each day" {
        place.told(Tag::Flows).await;
    }
    let versions = place.call::<FlowVersions>(FlowArgs { flow: "daily".into() }).await;
    assert_eq!(versions.iter().map(|version| version.in_force).collect::<Vec<_>>(), [true, false]);
    let (a, b) = (versions[1].version[..12].to_owned(), versions[0].version.clone());
    let diff = place.call::<FlowDiffShow>(FlowDiffArgs { flow: "daily".into(), a, b: b.clone() }).await;
    let changed: Vec<&str> =
        diff.lines.iter().map(String::as_str).filter(|line| line.contains("day\"") || line.contains("title")).collect();
    assert_eq!(changed, ["-title: Every day", "+title: Each day"]);
    let same = FlowDiffArgs { flow: "daily".into(), a: b.clone(), b };
    assert!(place.call::<FlowDiffShow>(same).await.lines.is_empty());
    let none = FlowDiffArgs { flow: "daily".into(), a: "zz".into(), b: "zz".into() };
    assert_eq!(place.refused::<FlowDiffShow>(none).await.code, "flow_version.unknown");
}

#[tokio::test]
async fn a_built_in_flow_is_copied_to_be_changed() {
    let place = Place::with(&[]).await;
    let args = FlowCopyArgs { flow: "archive_dataset".into(), name: "mine".into(), why: None };
    let copied = place.call::<FlowCopy>(args.clone()).await;
    assert!(fs::read_to_string(&copied.file).unwrap().starts_with("id: mine\n"));
    let row = place.row("mine").await;
    assert!(!row.built_in && row.refused.is_none());
    assert_eq!(place.refused::<FlowCopy>(args).await.code, "flow.copy");
}

#[tokio::test]
async fn of_two_files_with_one_id_the_second_is_refused_and_both_are_named() {
    let place = Place::with(&[("a.yaml", DAILY), ("b.yaml", &DAILY.replace("Every", "Each"))]).await;
    assert_eq!(place.row("daily").await.title, "Every day");
    let refused = place.row("b.yaml").await.refused.unwrap();
    assert_eq!(refused.code, "flow.twice");
    assert!(refused.what.contains("b.yaml") && refused.why.contains("a.yaml"), "{refused}");
}

#[tokio::test]
async fn a_file_of_50_megabytes_is_refused_and_the_others_are_in_force() {
    let place = Place::with(&[("daily.yaml", DAILY), ("large.yaml", "")]).await;
    let large = fs::File::create(place.file("larger.yaml")).unwrap();
    large.set_len(50 << 20).unwrap();
    drop(large);
    let mut place = place;
    loop {
        let rows = place.call::<FlowList>(Nothing {}).await;
        let row = rows.iter().find(|row| row.id == "larger.yaml");
        if let Some(fault) = row.and_then(|row| row.refused.as_ref()).filter(|fault| fault.why.contains("52428800")) {
            assert!(fault.why.contains("a flow file may have 1048576"), "{fault:?}");
            break;
        }
        place.told(Tag::Flows).await;
    }
    assert!(place.row("daily").await.refused.is_none());
}

#[tokio::test]
async fn a_flow_that_is_deleted_while_it_runs_is_shown_as_such_and_its_run_goes_on() {
    let waits = "id: waits\ntasks:\n  - {id: a, uses: noop, with: {for_ms: 3600000}}\n";
    let mut place = Place::with(&[("waits.yaml", waits)]).await;
    let args = FlowRunArgs { flow: "waits".into(), source: None, params: json!({}), key: None, priority: None };
    let run = place.call::<FlowRun>(args.clone()).await.run;
    fs::remove_file(place.file("waits.yaml")).unwrap();
    while !place.row("waits").await.deleted {
        place.told(Tag::Flows).await;
    }
    assert_eq!(place.refused::<FlowRun>(args).await.code, "flow.unknown");
    let detail = place.call::<RunShow>(RunArgs { run }).await;
    assert!(!detail.run.state.is_final() && detail.flow_source == waits);
}
