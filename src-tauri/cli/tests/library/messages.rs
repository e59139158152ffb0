//! Messages that tell of objects: each is there until what it asks for is done.

use std::fs;

use serde_json::{Value, json};

use crate::site::{Site, killed, until};

/// What a library's flow does with messages; `params.script` stands for what is done with each work.
const FETCH: &str = r#"
id: fetch
params: {into: {type: string}, script: {type: string, default: "true"}, hidden: {type: string, default: 30s}}
tasks:
  - id: receive
    uses: sqs.receive
    with: {queues: [{connection: aws_default, queue: restored, bucket: vault}], wait: 0, hidden: "{{ params.hidden }}", max_tries: 2, when_none: done}
  - {id: hold, uses: sqs.hold, needs: receive, with: {hidden: "{{ params.hidden }}"}}
  - id: download
    uses: copy
    for_each: "{{ tasks.receive.output.objects }}"
    with: {from: "{{ item.place }}", to: "{{ params.into }}/{{ item.work }}/{{ item.name }}"}
  - {id: sync, uses: shell, for_each: "{{ tasks.download.each }}", with: {script: "{{ params.script }}", env: {WORK: "{{ params.into }}/{{ tasks.receive.output.objects[index].work }}/{{ tasks.receive.output.objects[index].name }}"}}}
  - id: finish
    uses: sqs.finish
    for_each: "{{ tasks.sync.each }}"
    with: {asks: "{{ tasks.receive.output.objects[index].asks }}"}
  - id: give_back
    uses: sqs.give_back
    needs: [sync, finish]
    trigger: all_done
    with: {objects: "{{ tasks.receive.output.objects }}", why: "{{ run.fault.text if run.fault else '' }}"}
"#;

struct Fetch {
    site: Site,
    flow: String,
}

impl Fetch {
    fn new() -> Self {
        let site = Site::new();
        let flow = site.place.file("fetch.yaml", FETCH).display().to_string();
        Self { site, flow }
    }

    fn params(&self, script: &str) -> Value {
        json!({"into": self.site.place.path("works").display().to_string(), "script": script})
    }

    fn well(&self, script: &str) -> Value {
        self.site.well(&self.flow, &self.params(script))
    }

    fn content(&self, path: &str) -> String {
        fs::read_to_string(self.site.place.path("works").join(path)).unwrap()
    }

    fn states(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = self.site.messages(true);
        rows.as_array().unwrap().iter().map(|row| (text(&row["state"]), text(&row["trouble"]))).collect()
    }
}

/// A message of S3 as it is sent, about one object of the bucket.
fn created(key: &str, sequencer: &str) -> String {
    json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-11-23T10:00:00Z",
        "s3": {"bucket": {"name": "vault"}, "object": {"key": key, "sequencer": sequencer}}}]})
    .to_string()
}

#[test]
fn what_messages_ask_for_is_fetched_and_they_are_deleted_then() {
    let fetch = Fetch::new();
    fetch.site.put("00/W1 ä+b.bag.zip", "first");
    fetch.site.put("00/W2.bag.zip", "second");
    // The same once more, as queues may do; of the same event another message; the test message is there since the bucket tells the queue.
    fetch.site.send(&created("00/W2.bag.zip", "A"));
    fetch.site.send(&created("00/W2.bag.zip", "A"));
    assert!(fetch.site.queued().0 >= 4);
    fetch.well("test -s \"$WORK\"");
    assert_eq!(fetch.content("W1 ä+b/W1 ä+b.bag.zip"), "first");
    assert_eq!(fetch.content("W2/W2.bag.zip"), "second");
    assert_eq!(fetch.site.queued(), (0, 0), "{:#}", fetch.site.messages(true));
    assert_eq!(fetch.site.messages(false), json!([]));
    // What was done stays done, whichever message tells of it again.
    fetch.site.send(&created("00/W2.bag.zip", "A"));
    let run = fetch.well("echo it is not run again; exit 1");
    assert_eq!(fetch.site.queued(), (0, 0), "{run:#}");
}

#[test]
fn a_message_whose_work_fails_goes_back_and_is_poison_in_the_end() {
    let fetch = Fetch::new();
    fetch.site.put("W1.bag.zip", "first");
    fetch.site.put("W2.bag.zip", "second");
    let script = "case \"$WORK\" in *W1*) exit 7;; esac";
    for time in 1..=2 {
        let (code, run) = fetch.site.flow(&fetch.flow, &fetch.params(script));
        assert_eq!(code, 1, "{run:#}");
        assert_eq!(fetch.site.queued(), (1, 0), "at time {time} it can be received again, and the other is gone");
        let open = fetch.site.messages(false);
        assert_eq!((&open[0]["state"], &open[0]["times"]), (&json!("returned"), &json!(time)));
        assert!(open[0]["trouble"].as_str().unwrap().contains("exit code 7"), "{open:#}");
        let works = fetch.site.works();
        assert_eq!((&works[0]["work"], &works[0]["state"]), (&json!("W1"), &json!("failed")));
    }
    fetch.well(script);
    assert_eq!(fetch.site.queued(), (0, 1), "it stays in its queue, hidden");
    let open = fetch.site.messages(false);
    assert_eq!((&open[0]["state"], &open[0]["times"]), (&json!("poison"), &json!(3)));
    assert!(open[0]["trouble"].as_str().unwrap().starts_with("sqs.poison"), "{open:#}");
    assert!(open[0]["body"].as_str().unwrap().contains("W1.bag.zip"), "what it says is kept");
}

#[test]
fn what_nobody_understands_is_told_and_is_poison_in_the_end() {
    let fetch = Fetch::new();
    fetch.site.send("hello");
    fetch.site.send(&created("x", "A").replace("vault", "other"));
    fetch.site.send(&created("x", "B").replace("ObjectCreated:Put", "ObjectRemoved:Delete"));
    let run = fetch.well("true");
    let log = fetch.site.log(&run);
    assert!(log.contains("not JSON") && log.contains("speaks of the bucket other"), "{log}");
    assert_eq!(fetch.site.queued(), (2, 0), "what asks for nothing is deleted, what is not understood is not");
    fetch.well("true");
    fetch.well("true");
    assert_eq!(fetch.site.queued(), (0, 2));
    let states = fetch.states();
    assert_eq!(
        states.iter().filter(|(state, why)| state == "poison" && why.starts_with("sqs.poison")).count(),
        2,
        "{states:?}"
    );
}

#[test]
fn a_process_that_is_killed_in_the_middle_takes_the_messages_up_again() {
    let fetch = Fetch::new();
    fetch.site.put("W1.bag.zip", "first");
    let mark = fetch.site.place.path("began");
    let go = fetch.site.place.path("go");
    let script = format!("echo begun >> {}; while ! test -e {}; do sleep 0.1; done", mark.display(), go.display());
    let owner = fetch.site.start(&fetch.flow, &fetch.params(&script));
    until(|| mark.exists());
    killed(owner);
    assert_eq!(fetch.site.queued(), (0, 1), "the message is there still");
    fs::write(&go, "").unwrap();
    fetch.site.place.run(["run", "wait"]).expect(0);
    assert_eq!(fs::read_to_string(&mark).unwrap(), "begun\nbegun\n");
    assert_eq!(fetch.content("W1/W1.bag.zip"), "first");
    assert_eq!(fetch.site.queued(), (0, 0));
}

#[test]
fn a_message_that_comes_again_while_it_is_worked_on_does_no_harm() {
    let fetch = Fetch::new();
    fetch.site.put("W1.bag.zip", "first");
    let (mark, go) = (fetch.site.place.path("began"), fetch.site.place.path("go"));
    let script = format!("echo begun >> {}; while ! test -e {}; do sleep 0.1; done", mark.display(), go.display());
    let mut params = fetch.params(&script);
    params["hidden"] = json!("2s");
    let owner = fetch.site.start(&fetch.flow, &params);
    until(|| mark.exists());
    // Hidden for two seconds at a time, it is hidden again while the script works.
    let began = std::time::Instant::now();
    until(|| began.elapsed().as_secs() >= 5 && fetch.site.queued() == (0, 1));
    // The same event in another message, which another run receives and need not work on.
    fs::write(&go, "").unwrap();
    let ran = owner.end();
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert_eq!(fs::read_to_string(&mark).unwrap(), "begun\n");
    assert_eq!(fetch.site.queued(), (0, 0));
}
