//! Flow files: what is read from good ones, and what is said of bad ones. The texts are read by operators: look at them in review.

use std::fmt::Write;
use std::time::Duration;

use longshore_engine::Flow;
use longshore_engine::flow::{Backoff, Kinds, Trigger, schema};
use serde_json::{Value, json};

const FULL: &str = r#"
id: archive_dataset
aliases: [archive.v1, old-archive]
title: Archive a dataset to long-term storage
run_title: "{{ params.dataset_id }} x {{ params.copies }}"
description: Packs, proves, releases.
params:
  dataset_id: {type: string, minLength: 1, description: PID of the dataset}
  copies: {type: integer, default: 1, minimum: 1}
  since: {type: string, format: date, default: "2024-01-31"}
max_active_runs: 4
tasks:
  - id: manifest
    uses: dataset.manifest
    with: {dataset: "{{ params.dataset_id }}"}
  - id: pack
    uses: datablock.write
    for_each: "{{ tasks.manifest.output.blocks }}"
    with: {block: "{{ item }}", target: lts}
    limits: [move-datablocks-to-lts]
    reserve: {storage: lts, bytes: "{{ item.size }}"}
    retries: {max: 5, delay: [60s, 5m], backoff: exponential, jitter: true, cap: 1h}
    timeout: 6h
    label: "{{ item.name }}"
  - id: verify
    uses: datablock.verify
    for_each: "{{ tasks.pack.output }}"
    when: "params.copies > 0"
  - id: register
    uses: noop
    needs: [verify]
    trigger: none_failed
    retries: 2
on_failure:
  - {id: alarm, uses: noop, with: {text: "{{ run.fault.text }}"}}
finally:
  - {id: report, uses: noop, with: {n: "{{ tasks.manifest.output.blocks | length }}"}}
"#;

fn kinds() -> Kinds {
    let mut kinds = Kinds::default();
    let manifest = json!({"type": "object", "properties": {"dataset": {"type": "string"}}, "required": ["dataset"], "additionalProperties": false});
    let write = json!({
        "type": "object", "required": ["block", "target"], "additionalProperties": false,
        "properties": {"block": {"$ref": "#/$defs/Block"}, "target": {"type": "string"}, "count": {"type": "integer"}},
        "$defs": {"Block": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}
    });
    kinds.add("dataset.manifest", manifest);
    kinds.add("datablock.write", write);
    kinds.add("datablock.verify", json!({"type": "object"}));
    kinds.add("noop", json!({"type": "object"}));
    kinds
}

fn good(text: &str) -> Flow {
    Flow::parse("test.yaml", text, Some(&kinds())).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Each fault in one line: place, why, and what was meant.
fn bad(text: &str) -> Vec<String> {
    let faults = Flow::parse("f.yaml", text, Some(&kinds())).expect_err("a bad file");
    let line = |fault: &longshore_engine::Fault| {
        format!("{}: {}. {}", fault.at.as_deref().unwrap_or_default(), fault.why, fault.now).trim_end().to_owned()
    };
    faults.iter().map(line).collect()
}

#[test]
fn a_flow_file_is_read_in_full() {
    let flow = good(FULL);
    assert_eq!((flow.id.as_str(), flow.max_active_runs, flow.tasks.len()), ("archive_dataset", Some(4), 6));
    assert_eq!(flow.aliases, ["archive.v1", "old-archive"]);
    let pack = flow.task("pack").expect("pack");
    assert_eq!(pack.retries.delays, [Duration::from_mins(1), Duration::from_mins(5)]);
    assert_eq!((pack.retries.max, pack.retries.backoff, pack.retries.jitter), (5, Backoff::Exponential, true));
    assert_eq!((pack.timeout, pack.retries.cap), (Some(Duration::from_hours(6)), Duration::from_hours(1)));
    assert_eq!(pack.needs, [0], "the output that it uses makes it need the task");
    let register = flow.task("register").expect("register");
    assert_eq!((register.trigger, register.retries.max, register.needs.as_slice()), (Trigger::NoneFailed, 2, &[2][..]));
    assert_eq!(flow.task("report").expect("report").needs, [] as [usize; 0], "a hook comes after the work as a whole");
    assert_eq!(flow.version.len(), 64);
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let validator = jsonschema::validator_for(&schema(&kinds())).expect("a schema");
    let value: Value = serde_saphyr::from_str(FULL).expect("YAML");
    let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(wrong, [] as [String; 0]);
    let unknown: Value = serde_saphyr::from_str("id: x\ntasks: [{id: a, uses: noop, retry: 3}]").expect("YAML");
    assert!(!validator.is_valid(&unknown));
}

#[test]
fn an_alias_is_a_name_that_a_dag_can_have() {
    let told = bad("id: a\naliases: [one, 'two words', '']\ntasks: [{id: a, uses: noop}]");
    let now = "An alias is letters, digits, underscores, dashes and dots, at most 250.";
    let wrong =
        |at: &str, name: &str| format!("f.yaml:2:{at}: {name:?} is not a name that a flow can have besides. {now}");
    assert_eq!(told, [wrong("16 aliases[1]", "two words"), wrong("29 aliases[2]", "")]);
    assert_eq!(good("id: a\naliases: one\ntasks: [{id: a, uses: noop}]").aliases, ["one"]);
}

#[test]
fn all_errors_are_told_at_once_each_with_its_place() {
    let text = r#"id: bad flow
max_active_run: 3
params:
  n: {type: intger, default: x}
tasks:
  - id: one
    uses: nop
    with: {a: "{{ params.m }}"}
  - id: two
    uses: noop
    neds: [one]
    needs: [on]
    timeout: 6 parsecs
    trigger: all_sucess
  - id: one
    uses: datablock.write
    with: {block: {id: x}, taget: lts}
  - {id: three, uses: noop, with: {x: "{{ tasks.tow.output }}", y: "{{ item }}", z: "{{ 1 + }}"}}
"#;
    let wanted = [
        "f.yaml:2:1 max_active_run: there is no field \"max_active_run\" here. Did you mean \"max_active_runs\"?",
        "f.yaml:1:5 id: \"bad flow\" is not an id. An id is letters, digits and underscores, and does not start with a digit.",
        "f.yaml:4:13 params.n.type: \"intger\" is not a type of a parameter. Did you mean \"integer\"?",
        "f.yaml:11:5 tasks[1].neds: there is no field \"neds\" here. Did you mean \"needs\"?",
        "f.yaml:14:14 tasks[1].trigger: \"all_sucess\" is not one of its words. Did you mean \"all_success\"?",
        "f.yaml:13:14 tasks[1].timeout: \"6 parsecs\" is not a duration. Write it as 90s, 15m, 6h or 1h 30m.",
        "f.yaml:15:9 tasks[2].id: the id \"one\" is taken by tasks[0] (line 6). Give it another id.",
        "f.yaml:7:11 tasks[0].uses: there is no kind of task \"nop\". Did you mean \"noop\"?",
        "f.yaml:17:28 tasks[2].with.taget: datablock.write has no parameter \"taget\". Did you mean \"target\"?",
        "f.yaml:17:11 tasks[2].with.target: datablock.write needs it, and it is missing.",
        "f.yaml:17:24 tasks[2].with.block.id: \"x\" is not of type \"integer\".",
        "f.yaml:8:15 tasks[0].with.a: the flow has no parameter \"m\". Did you mean \"n\"?",
        "f.yaml:18:39 tasks[3].with.x: there is no task \"tow\". Did you mean \"two\"?",
        "f.yaml:18:68 tasks[3].with.y: \"item\" is there only in a mapped task, outside of `for_each` and `when`.",
        "f.yaml:12:13 tasks[1].needs[0]: there is no task \"on\". Did you mean \"one\"?",
    ];
    let found = bad(text);
    for line in wanted {
        assert!(found.iter().any(|one| one == line), "missing: {line}\nfound: {found:#?}");
    }
    let others: Vec<_> = found.iter().filter(|one| !wanted.contains(&one.as_str())).collect();
    // The words of these two are the libraries'.
    assert!(others.iter().all(|one| one.contains("tasks[3].with.z") || one.contains("params.n")), "{others:#?}");
    assert!(found.iter().any(|one| one.starts_with("f.yaml:18:85 tasks[3].with.z: syntax error")), "{found:#?}");
}

#[test]
fn a_circle_is_named() {
    let text = "id: c\ntasks:\n  - {id: a, uses: noop, needs: c}\n  - {id: b, uses: noop, needs: a}\n  - {id: c, uses: noop, with: {x: '{{ tasks.b.output }}'}}\n  - {id: d, uses: noop, needs: c}\n";
    let found = bad(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("the tasks need each other in a circle: "), "{found:#?}");
    let ring = found[0].split("circle: ").nth(1).expect("names").split(". ").next().expect("names");
    let mut names: Vec<&str> = ring.split(" -> ").collect();
    assert_eq!(names.len(), 4);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn yaml_that_cannot_be_read_is_refused_with_its_place() {
    let found = bad("id: x\ntasks: [{id: a\n");
    assert!(found[0].starts_with("f.yaml:"), "{found:?}");
    let twice = bad("id: x\nid: y\ntasks: []\n");
    assert_eq!(twice.len(), 1);
    assert!(twice[0].starts_with("f.yaml:2:1"), "{twice:?}");
    assert_eq!(bad("[]"), ["f.yaml:1:1: a mapping is wanted, and a list stands here."]);
}

#[test]
fn hooks_may_use_the_work_and_the_work_may_not_use_hooks() {
    let text = "id: h\ntasks: [{id: a, uses: noop, with: {x: '{{ tasks.z.output }}'}}]\nfinally: [{id: z, uses: noop, with: {x: '{{ tasks.a.output }}'}}]\n";
    assert_eq!(bad(text), ["f.yaml:2:39 tasks[0].with.x: \"z\" is a hook (finally), which comes after."]);
}

#[test]
fn parameters_are_checked_and_filled_up() {
    let flow = good(FULL);
    let given = json!({"dataset_id": "20.500/1"}).as_object().cloned().expect("an object");
    let full = flow.check_params(&given).expect("good");
    assert_eq!(Value::Object(full), json!({"dataset_id": "20.500/1", "copies": 1, "since": "2024-01-31"}));
    let given = json!({"dataset_ID": "x", "copies": 0, "since": "31.1.2024"}).as_object().cloned().expect("an object");
    let fault = flow.check_params(&given).expect_err("bad");
    assert_eq!(fault.code, "params.wrong");
    let mut all = vec![fault.why];
    all.extend(fault.also);
    assert_eq!(
        all,
        [
            "dataset_ID: there is no such parameter. Did you mean \"dataset_id\"?",
            "dataset_id: it has no value, and needs one",
            "copies: 0 is less than the minimum of 1",
            "since: \"31.1.2024\" is not a \"date\"",
        ]
    );
}

#[test]
fn a_secret_is_not_repeated_in_an_error() {
    let flow = good("id: s\nparams: {token: {type: string, format: secret, minLength: 99}}\ntasks: []\n");
    let given = json!({"token": "hunter2"}).as_object().cloned().expect("an object");
    let fault = flow.check_params(&given).expect_err("bad");
    assert!(!format!("{fault:?}").contains("hunter2"), "{fault:?}");
}

#[test]
fn the_title_of_a_run_is_made_of_its_parameters_without_their_secrets() {
    let flow = good(
        "{id: x, run_title: '{{ params.a }} to {{ params.key }}', params: {a: {}, key: {type: string, format: secret}}, tasks: [{id: t, uses: noop}]}",
    );
    let params = |value: Value| value.as_object().cloned().unwrap_or_default();
    let title = |value: Value| flow.title_of_run(&params(value));
    assert_eq!(title(json!({"a": "one\ntwo", "key": "hush"})).as_deref(), Some("one two to ***"));
    assert_eq!(title(json!({"a": [1]})).as_deref(), Some("[1] to ***"));
    assert_eq!(title(json!({"a": "x".repeat(1000)})).map(|title| title.len()), Some(200));
    assert_eq!(
        good("{id: x, run_title: '{{ params.a }}', params: {a: {}}, tasks: [{id: t, uses: noop}]}")
            .title_of_run(&params(json!({"a": ""}))),
        None
    );
    assert_eq!(good("{id: x, tasks: [{id: t, uses: noop}]}").title_of_run(&params(json!({}))), None);
    let wrong = bad("{id: x, run_title: '{{ params.b }} {{ vars.c }}', params: {a: {}}, tasks: [{id: t, uses: noop}]}");
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
}

#[test]
fn parameters_are_read_from_a_command_line_as_their_type_says() {
    let flow = good(
        "id: s\nparams:\n  s: {type: string}\n  i: {type: integer}\n  b: {type: boolean}\n  a: {type: array}\n  o: {type: [string, 'null'], default: null}\ntasks: []\n",
    );
    assert_eq!(flow.read_param("s", "12"), json!("12"));
    assert_eq!(flow.read_param("i", "12"), json!(12));
    assert_eq!(flow.read_param("b", "true"), json!(true));
    assert_eq!(flow.read_param("a", "[1, 2]"), json!([1, 2]));
    assert_eq!(flow.read_param("o", "null"), Value::Null);
    assert_eq!(flow.read_param("i", "many"), json!("many"), "left for the check to refuse");
}

#[test]
fn the_layout_follows_the_structure_alone() {
    let flow = good(FULL);
    let graph = flow.graph();
    let place = |id: &str| graph.nodes.iter().find(|node| node.id == id).map(|node| (node.x, node.y)).expect("a node");
    assert_eq!(
        [place("manifest"), place("pack"), place("verify"), place("register")],
        [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]
    );
    assert_eq!((place("alarm"), place("report")), ((0.0, 4.0), (0.0, 5.0)));
    assert_eq!(graph.edges.len(), 3);
    let retitled = good(&FULL.replace("Archive a dataset", "Pack a dataset").replace("timeout: 6h", "timeout: 7h"));
    assert_eq!(retitled.graph(), graph);
    assert_ne!(retitled.version, flow.version);
    // What follows from others changes what the flow is, and not how it is drawn.
    let more = good(&FULL.replace("needs: [verify]", "needs: [verify, pack]")).graph();
    assert_ne!(more.key, graph.key);
    assert_eq!(more.nodes, graph.nodes);
    let implied: Vec<_> = more.edges.iter().filter(|edge| edge.implied).map(|edge| (&*edge.from, &*edge.to)).collect();
    assert_eq!(implied, [("pack", "register")]);
}

#[test]
fn nodes_of_a_layer_do_not_lie_on_each_other_and_edges_go_down() {
    let mut text = "id: big\ntasks:\n".to_owned();
    for i in 0..300 {
        let needs: Vec<String> =
            [i / 2, i / 3].iter().filter(|need| **need < i).map(|need| format!("t{need}")).collect();
        let _ = writeln!(text, "  - {{id: t{i}, uses: noop, needs: [{}]}}", needs.join(", "));
    }
    let graph = good(&text).graph();
    let mut places = std::collections::BTreeSet::new();
    for node in &graph.nodes {
        assert!(places.insert((node.x.to_bits(), node.y.to_bits())), "{} lies on another", node.id);
    }
    let y = |id: &str| graph.nodes.iter().find(|node| node.id == id).map(|node| node.y).expect("a node");
    assert!(graph.edges.iter().all(|edge| y(&edge.from) < y(&edge.to)));
}

#[test]
fn a_text_that_stands_for_more_than_there_is_memory_is_refused_at_once() {
    let mut bomb = "id: bomb\nparams:\n  a0: &a0 {description: xxxxxxxxxxxxxxxxxxxxxxxx}\n".to_owned();
    let step = |i: u32| format!("  a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    bomb += &(1..12).map(step).collect::<String>();
    bomb += "tasks: [{id: a, uses: noop}]\n";
    let large = format!("id: large\ndescription: {}\ntasks: [{{id: a, uses: noop}}]\n", "x".repeat(50 << 20));
    for text in [bomb, large] {
        let faults = Flow::parse("f.yaml", &text, None).expect_err("refused");
        assert_eq!(
            faults.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>(),
            ["flow.too_large"],
            "{faults:?}"
        );
    }
    let twice = "id: f\ntasks:\n  - {id: a, uses: noop, retries: &r {max: 2}}\n  - {id: b, uses: noop, retries: *r}\n";
    assert_eq!(Flow::parse("f.yaml", twice, None).expect("good").tasks[1].retries.max, 2);
}

#[test]
fn what_is_wrong_with_groups_guards_and_teardowns_is_told() {
    let wrong = |text: &str| {
        let faults = Flow::parse("f.yaml", text, None).expect_err("wrong");
        faults
            .into_iter()
            .map(|fault| format!("{} {}: {}", fault.at.unwrap_or_default(), fault.code, fault.why))
            .collect::<Vec<_>>()
    };
    let found = wrong(
        "id: f
guard: '{{ run.id }}'
tasks:
  - {id: a, uses: noop, limits: [x, {name: x, slots: 0}], priority: high}
  - {id: b, uses: noop, teardown: a}
  - {id: c, uses: noop, setup: true}
  - {id: d, uses: noop, teardown: c, setup: true}
  - {id: e, uses: noop, teardown: c, trigger: all_done}
",
    );
    let wanted = [
        "f.yaml:4:54 tasks[0].limits[1].slots flow.value: a whole number from 1 on is wanted, and 0 stands here",
        "f.yaml:4:37 tasks[0].limits[1] flow.duplicate: the limit \"x\" stands here twice",
        "f.yaml:4:69 tasks[0].priority flow.type: a whole number is wanted, and a text stands here",
        "f.yaml:2:8 guard flow.expression: there is no \"run\" before a run begins",
        "f.yaml:5:35 tasks[1].teardown flow.value: \"a\" is no setup",
        "f.yaml:7:10 tasks[3] flow.value: a task is a setup or a teardown, not both",
        "f.yaml:8:10 tasks[4] flow.value: a teardown has a rule of its own, and no `trigger`",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn the_example_of_the_document_is_a_flow() {
    let document = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flows.md");
    let text = std::fs::read_to_string(document).expect("reads");
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let flow = Flow::parse("flows.md", example, None).expect("a flow");
    assert_eq!((flow.tasks.len(), flow.tasks[3].each), (6, Some(2)));
}
