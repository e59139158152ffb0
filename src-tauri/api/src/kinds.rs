//! The document of the kinds of task, made from their schemas.

use std::fmt::Write as _;

use serde_json::{Map, Value};

const HEAD: &str = "\
<!-- Made from the kinds' schemas by `make types`. Do not edit. -->

# Kinds of task

What a task of a flow can be: `uses` names the kind, `with` gives its parameters. `longshore flow schema` prints the same for editors, and
`longshore task test FLOW TASK` tries a task by itself. Durations are seconds, or texts such as `90s` and `1h 30m`; sizes are bytes, or
texts such as `64KiB`. A place is an absolute path of this machine, or STORAGE:PATH.

";

/// Head of the table of parameters.
const PARAMETER: &str = "Parameter";

/// The document for operators.
pub fn document() -> String {
    let mut text = String::from(HEAD);
    for kind in longshore_flows::kinds().iter() {
        let (with, output) = (kind.with_schema().to_value(), kind.output_schema().to_value());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "## {}\n\n{}.\n", kind.name(), kind.title());
        text += &fields(PARAMETER, &with);
        text += &fields("Output", &output);
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A table of an object's fields; nothing for what has none.
fn fields(head: &str, schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return String::new();
    };
    let mut text = format!("| {head} | | |\n| --- | --- | --- |\n");
    for (name, field) in properties {
        let meaning = words(field.get("description").and_then(Value::as_str).unwrap_or_default());
        let _ =
            writeln!(text, "| `{name}` | {} | {meaning}{} |", kind_of(schema, field), more(head, schema, name, field));
    }
    text + "\n"
}

/// What is to be known of a parameter besides its meaning.
fn more(head: &str, schema: &Value, name: &str, field: &Value) -> String {
    let required =
        head == PARAMETER && schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    match field.get("default") {
        Some(Value::Null) | None => (if required { " *Required.*" } else { "" }).to_owned(),
        Some(default) => format!(" Default: `{}`.", escaped(&default.to_string())),
    }
}

fn kind_of(schema: &Value, field: &Value) -> String {
    let field = resolved(schema, field);
    if let Some(any) = field.get("anyOf").and_then(Value::as_array) {
        let known: Vec<_> = any.iter().map(|one| kind_of(schema, one)).filter(|kind| kind != "null").collect();
        return joined(&known);
    }
    if let Some(words) = field.get("enum").or_else(|| field.get("oneOf")).and_then(Value::as_array) {
        let word = |one: &Value| one.get("const").unwrap_or(one).as_str().map(|word| format!("`{word}`"));
        return joined(&words.iter().filter_map(word).collect::<Vec<_>>());
    }
    let kind = match field.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => joined(
            &kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null")
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        ),
        _ => "any".to_owned(),
    };
    match field.get("items") {
        Some(items) if kind.contains("array") => format!("{kind} of {}", kind_of(schema, items)),
        _ => kind,
    }
}

fn joined(all: &[String]) -> String {
    all.join(" or ")
}

/// A schema that only names another is that other.
fn resolved<'s>(schema: &'s Value, field: &'s Value) -> &'s Value {
    let named = field.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
    let empty =
        || schema.get("$defs").and_then(Value::as_object).map_or_else(|| None, |all: &Map<_, _>| all.get(named?));
    empty().unwrap_or(field)
}

fn words(description: &str) -> String {
    escaped(&description.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
