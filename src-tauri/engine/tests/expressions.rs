//! Expressions by themselves.

use longshore_engine::expression::{Scope, Template, seen};
use serde_json::{Value, json};

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.names.insert("params", seen(&json!({"n": 3, "name": "a b", "list": [1, 2, 3], "flag": false})));
    scope.outputs.insert("pack".into(), seen(&json!({"blocks": [{"size": 5}, {"size": 7}]})));
    scope
}

fn render(text: &str) -> Result<Value, String> {
    Template::text(text).map_err(|error| error.why)?.render(&scope()).map_err(|error| error.why)
}

#[test]
fn one_expression_keeps_its_type_and_a_text_is_a_text() {
    assert_eq!(render("{{ params.n }}"), Ok(json!(3)));
    assert_eq!(render("  {{- params.n -}} "), Ok(json!(3)));
    assert_eq!(render("n={{ params.n }}"), Ok(json!("n=3")));
    assert_eq!(render("{{ params.n }}{{ params.n }}"), Ok(json!("33")));
    assert_eq!(render("{{ params.list }}"), Ok(json!([1, 2, 3])));
    assert_eq!(render("{{ {'a': {'b': params.flag}} }}"), Ok(json!({"a": {"b": false}})));
    assert_eq!(render("{% if params.flag %}yes{% else %}no{% endif %}"), Ok(json!("no")));
    assert_eq!(render("{{ tasks.pack.output.blocks | map(attribute='size') | sum }}"), Ok(json!(12)));
    assert_eq!(render("plain"), Ok(json!("plain")));
}

#[test]
fn what_is_not_defined_is_an_error() {
    for text in ["{{ params.m }}", "x{{ params.m }}", "{{ nobody }}", "{{ params.m.k }}", "{{ tasks.other.output }}"] {
        assert!(render(text).is_err(), "{text}");
    }
    assert_eq!(render("{{ params.m is defined }}"), Ok(json!(false)));
}

#[test]
fn names_are_found_without_running() {
    let names = |text: &str| Template::text(text).expect("reads").names();
    assert_eq!(names("{{ tasks.pack.output.blocks }} {{ range(params.n) }}"), ["params.n", "tasks.pack.output.blocks"]);
    assert_eq!(Template::text("{{ tasks.a.output + tasks.b.output }}").expect("reads").tasks(), ["a", "b"]);
}

#[test]
fn an_endless_expression_ends() {
    let text = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(render(text).is_err());
}
