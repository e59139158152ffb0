//! `longshore plan flow`, through the built program.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use serde_json::json;

const FLOW: &str = "
id: two
params: {names: {type: array}}
tasks:
  - {id: list, uses: noop, with: {output: [1]}}
  - {id: each, uses: noop, for_each: '{{ params.names }}', reserve: {storage: scratch, bytes: 1 KiB}}
  - {id: later, uses: noop, for_each: '{{ tasks.list.output }}'}
";

#[test]
fn a_flow_is_planned_as_a_table_and_as_json() {
    let place = Place::new();
    place.file("two.yaml", FLOW);
    let ask = ["plan", "flow", "two.yaml", "--param", "names=[1, 2, 3]"];
    let words = place.run(ask).expect(0).out;
    assert!(words.contains("as many as list gives") && words.contains("3.00 KiB on scratch"), "{words}");
    let plan = place.run(["--json"].into_iter().chain(ask)).expect(0).json();
    assert_eq!((&plan["tasks"][1]["runs"], &plan["can_start"]), (&json!(3), &json!(true)));
    place.run(["plan", "flow", "two.yaml"]).expect(1);
    place.file("wide.yaml", FLOW.replace("1 KiB", "8000 TiB"));
    let refused = place.run(["plan", "flow", "wide.yaml", "--param", "names=[1]"]).expect(4);
    assert!(refused.out.contains("space.never"), "{}", refused.out);
    assert_eq!(place.run(["--json", "run", "list"]).expect(0).json()["total"], 0);
}
