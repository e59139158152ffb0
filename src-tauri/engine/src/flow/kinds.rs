//! The kinds of task that there are, as far as a flow file can be wrong about them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::near::meant;
use super::node::{Data, Node};
use super::read::{Name, Reading};
use crate::expression::Template;

/// Kinds of task by name, each with the JSON Schema of its parameters.
#[derive(Debug, Clone, Default)]
pub struct Kinds(BTreeMap<String, Value>);

impl Kinds {
    /// Adds a kind.
    pub fn add(&mut self, name: &str, with_schema: Value) {
        self.0.insert(name.into(), with_schema);
    }

    /// Names and schemas, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, schema)| (name.as_str(), schema))
    }
}

impl Reading<'_> {
    /// Checks a task's kind, and those of its parameters that are known before it runs.
    pub(super) fn kind(&mut self, kinds: &Kinds, uses: &Name, with: Option<&Node>, path: &str) {
        let Some(schema) = kinds.0.get(&uses.text) else {
            let why = format!("there is no kind of task {:?}", uses.text);
            let now = meant(&uses.text, kinds.0.keys().map(String::as_str));
            return self.wrong("unknown_kind", uses.spot, &uses.field, why, now);
        };
        let empty = Node { spot: uses.spot, data: Data::Map(Vec::new()) };
        let with = with.unwrap_or(&empty);
        let Data::Map(given) = &with.data else { return };
        let field = format!("{path}.with");
        self.unknown_parameters(schema, given, &field, &uses.text);
        self.missing_parameters(schema, with, &field, &uses.text);
        for (key, value) in given {
            self.parameter(schema, key.text().unwrap_or_default(), value, &field);
        }
    }

    fn unknown_parameters(&mut self, schema: &Value, given: &[(Node, Node)], field: &str, uses: &str) {
        let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
        if schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)) {
            return;
        }
        for (key, _) in given {
            let name = key.text().unwrap_or_default();
            if !known.contains_key(name) {
                let why = format!("{uses} has no parameter {name:?}");
                let now = meant(name, known.keys().map(String::as_str));
                self.wrong("with", key.spot, &format!("{field}.{name}"), why, now);
            }
        }
    }

    fn missing_parameters(&mut self, schema: &Value, with: &Node, field: &str, uses: &str) {
        let Data::Map(given) = &with.data else { return };
        let needed = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in needed.filter(|name| !given.iter().any(|(key, _)| key.text() == Some(name))) {
            let why = format!("{uses} needs it, and it is missing");
            self.wrong("with", with.spot, &format!("{field}.{name}"), why, String::new());
        }
    }

    /// Checks one parameter against its part of the schema, if no expression is in it.
    fn parameter(&mut self, schema: &Value, name: &str, node: &Node, field: &str) {
        let Some(part) = schema.get("properties").and_then(|all| all.get(name)) else { return };
        if !plain(node) {
            return;
        }
        let mut part = part.clone();
        if let (Some(part), Some(definitions)) = (part.as_object_mut(), schema.get("$defs")) {
            part.insert("$defs".into(), definitions.clone());
        }
        let Ok(validator) = jsonschema::validator_for(&part) else { return };
        for error in validator.iter_errors(&node.json()) {
            let pointer = error.instance_path().to_string();
            let field = format!("{field}.{name}{}", pointer.replace('/', "."));
            self.wrong("with", node.at(&pointer).spot, &field, error.to_string(), String::new());
        }
    }
}

fn plain(node: &Node) -> bool {
    match &node.data {
        Data::Scalar(Value::String(text)) => Template::text(text).is_ok_and(|template| template.is_literal()),
        Data::Scalar(_) => true,
        Data::List(all) => all.iter().all(plain),
        Data::Map(all) => all.iter().all(|(_, one)| plain(one)),
    }
}
