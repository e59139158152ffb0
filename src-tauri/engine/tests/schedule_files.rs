//! What is said of schedules in flow files that are wrong. The texts are read by operators: look at them in review.
#![allow(clippy::unwrap_used)]

use longshore_engine::Flow;
use longshore_engine::flow::{Kinds, schema};
use longshore_engine::schedule::Missed;

/// What is said of a flow with this schedule: code, place, why, what now.
fn said(schedule: &str) -> String {
    let text = format!(
        "id: f\nparams:\n  day: {{type: string, default: x}}\n  file: {{type: string, format: path, default: y}}\nschedule: {schedule}\ntasks: [{{id: a, uses: noop}}]\n"
    );
    let faults = Flow::parse("f.yaml", &text, None).expect_err(schedule);
    let line = |fault: &longshore_engine::Fault| {
        let at = fault.at.clone().unwrap_or_default();
        format!("{at} [{}] {}. {}", fault.code, fault.why, fault.now).trim_end().to_owned()
    };
    faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_wrong_is_told_with_its_field_and_what_is_meant() {
    let hour = "The hour is 0 to 23; *, lists 1,2, ranges 1-5, steps */2.";
    let cases = [
        ("\"0 25 * * *\"", format!("f.yaml:5:11 schedule [flow.schedule] \"0 25 * * *\" is no cron expression; its hour: 25 is not between 0 and 23. {hour}")),
        ("\"0 0 * *\"", "f.yaml:5:11 schedule [flow.schedule] \"0 0 * *\" is no cron expression; its expression: it has 4 fields. Write five: minute hour day-of-month month day-of-week; or six, with the second first.".into()),
        ("\"@dayly\"", "f.yaml:5:11 schedule [flow.schedule] \"@dayly\" is no cron expression; its word: there is no schedule \"@dayly\". Did you mean \"@daily\"?".into()),
        ("\"0 0 * sept *\"", "f.yaml:5:11 schedule [flow.schedule] \"0 0 * sept *\" is no cron expression; its month: \"sept\" is not a number of it. Did you mean \"SEP\"?".into()),
        ("\"0 0 30 2 *\"", "f.yaml:5:11 schedule [flow.never] it can never be due: no date ever fits it.".into()),
        ("{every: 1h, timezone: Europe/Zurch}", "f.yaml:5:33 schedule.timezone [flow.timezone] there is no time zone \"Europe/Zurch\". Did you mean \"Europe/Zurich\"?".into()),
        ("{every: 1h, start: 2026-02-01, end: 2026-01-01}", "f.yaml:5:47 schedule.end [flow.never] it lies before start, so that nothing is ever due.".into()),
        ("{cron: \"0 0 1 1 *\", start: 2026-02-01, end: 2026-03-01}", "f.yaml:5:11 schedule [flow.never] it can never be due: no date between its start and its end fits it.".into()),
        ("{cron: \"@daily\", every: 1h}", "f.yaml:5:11 schedule [flow.schedule] cron and every stand here together. Give one of cron, every and watch; several schedules are a list.".into()),
        ("{evry: 1h}", "f.yaml:5:12 schedule.evry [flow.field] there is no field \"evry\" here. Did you mean \"every\"?\nf.yaml:5:11 schedule [flow.schedule] nothing says when. Give one of cron, every and watch; several schedules are a list.".into()),
        ("{every: 1h, on_missed: twice}", "f.yaml:5:34 schedule.on_missed [flow.value] \"twice\" is not one of its words. There are: all, once, skip.".into()),
        ("{every: 1h, jitter: 2h}", "f.yaml:5:31 schedule.jitter [flow.schedule] it may be no longer than 1h.".into()),
        ("{every: 1h, params: {dya: a}}", "f.yaml:5:37 schedule.params.dya [flow.schedule] the flow has no such parameter. Did you mean \"day\"?".into()),
        ("{every: 1h, params: {day: 1}}", "f.yaml:5:37 schedule.params [flow.schedule] day: 1 is not of type \"string\".".into()),
        ("{watch: {folder: data}}", "f.yaml:5:28 schedule.watch.folder [flow.schedule] \"data\" is not an absolute path. Write it from / on.".into()),
        ("[{watch: {folder: /d}, on_missed: once}]", "f.yaml:5:45 schedule[0].on_missed [flow.schedule] files that came while nobody was there have a run each, or none. Choose all or skip.".into()),
    ];
    for (schedule, wanted) in cases {
        assert_eq!(said(schedule), wanted, "{schedule}");
    }
}

#[test]
fn a_watched_folder_needs_a_parameter_for_its_file_and_values_for_the_others() {
    let text = "id: f\nparams:\n  day: {type: string}\nschedule: {watch: {folder: /d}}\ntasks: [{id: a, uses: noop}]\n";
    let faults = Flow::parse("f.yaml", text, None).unwrap_err();
    let why: Vec<&str> = faults.iter().map(|fault| fault.why.as_str()).collect();
    assert_eq!(
        why,
        ["the flow has no parameter \"file\", which a run for a file is given", "day: it has no value, and needs one"]
    );
}

#[test]
fn schedules_are_read_with_their_defaults() {
    let text = "id: f\nparams: {file: {type: string}}\nschedule:\n  - {cron: \"0 2 * * *\", timezone: Europe/Zurich, params: {file: a}}\n  - {watch: {folder: /d, pattern: \"*.h5\"}}\ntasks: [{id: a, uses: noop}]\n";
    let schedules = Flow::parse("f.yaml", text, None).unwrap().schedules;
    assert_eq!((schedules[0].on_missed, schedules[1].on_missed), (Missed::Once, Missed::All));
    assert_eq!(schedules.iter().map(|one| one.words.as_str()).collect::<Vec<_>>(), ["0 2 * * *", "files *.h5 in /d"]);
    assert_eq!(schedules[1].watch().unwrap().settle.as_secs(), 10);
    assert_ne!(schedules[0].digest, schedules[1].digest);
}

#[test]
fn the_published_schema_knows_schedules() {
    let schema = schema(&Kinds::default());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let flow = |schedule: serde_json::Value| serde_json::json!({"id": "f", "tasks": [{"id": "a", "uses": "x"}], "schedule": schedule});
    for good in [
        serde_json::json!("@daily"),
        serde_json::json!({"every": "15m"}),
        serde_json::json!([{"watch": {"folder": "/d", "settle": "5s"}}]),
    ] {
        assert!(validator.is_valid(&flow(good.clone())), "{good}");
    }
    for bad in [serde_json::json!({"every": "1h", "cron": "@daily"}), serde_json::json!({"evry": "1h"})] {
        assert!(!validator.is_valid(&flow(bad.clone())), "{bad}");
    }
}
