//! Parameters: JSON Schema, as in Airflow's `Param`.

use serde_json::{Map, Value, json};

use super::Flow;
use super::near::meant;
use super::node::{Data, Node};
use super::read::Reading;
use crate::Fault;

/// Formats that forms and checks know, besides those of JSON Schema.
const FORMATS: [&str; 8] = ["date", "date-time", "time", "path", "connection", "dataset", "secret", "multiline"];
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Name.
    pub name: String,
    /// JSON Schema, as it stands in the file.
    pub schema: Value,
}

impl Param {
    /// The value that it has if none is given; with none here, one must be given.
    pub fn default(&self) -> Option<&Value> {
        self.schema.get("default")
    }

    /// Whether its value is a secret, kept and shown nowhere.
    pub fn is_secret(&self) -> bool {
        self.schema.get("format").is_some_and(|format| format == "secret")
    }
}

/// JSON Schema of an object with these parameters.
pub(super) fn object_schema(params: &[Param]) -> Value {
    let required: Vec<_> = params.iter().filter(|one| one.default().is_none()).map(|one| one.name.as_str()).collect();
    let properties: Map<_, _> = params.iter().map(|one| (one.name.clone(), one.schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// A validator that holds values to their formats too.
fn validator(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::options()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("path", |text: &str| !text.is_empty() && !text.contains('\0'))
        .build(schema)
        .map_err(|error| error.to_string())
}

impl Reading<'_> {
    /// Reads `params`.
    pub(super) fn params(&mut self, node: Option<&Node>) -> Vec<Param> {
        let Some(node) = node else { return Vec::new() };
        let Data::Map(all) = &node.data else {
            let why = "a mapping from name to JSON Schema is wanted".to_owned();
            self.wrong("type", node.spot, "params", why, String::new());
            return Vec::new();
        };
        all.iter().map(|(key, node)| self.param(key, node)).collect()
    }

    fn param(&mut self, key: &Node, node: &Node) -> Param {
        let name = key.text().unwrap_or_default().to_owned();
        let field = format!("params.{name}");
        if !super::check::is_identifier(&name) {
            let why = "a name is letters, digits and underscores, and does not start with a digit".to_owned();
            self.wrong("value", key.spot, &field, why, String::new());
        }
        let schema = if node.data == Data::Scalar(Value::Null) { json!({}) } else { node.json() };
        self.known_words(node, &schema, &field);
        match validator(&schema) {
            Err(why) => self.wrong("param", node.spot, &field, why, String::new()),
            Ok(validator) => self.default_fits(&validator, node, &schema, &field),
        }
        Param { name, schema }
    }

    fn default_fits(&mut self, validator: &jsonschema::Validator, node: &Node, schema: &Value, field: &str) {
        let Some(default) = schema.get("default") else { return };
        for error in validator.iter_errors(default) {
            let spot = node.at("/default").spot;
            self.wrong("param", spot, &format!("{field}.default"), error.to_string(), String::new());
        }
    }

    fn known_words(&mut self, node: &Node, schema: &Value, field: &str) {
        for (name, words) in [("type", &TYPES[..]), ("format", &FORMATS[..])] {
            let given = schema.get(name);
            let given =
                given.and_then(Value::as_array).cloned().unwrap_or_else(|| given.cloned().into_iter().collect());
            for word in given.iter().filter_map(Value::as_str).filter(|word| !words.contains(word)) {
                let why = format!("{word:?} is not a {name} of a parameter");
                let spot = node.at(&format!("/{name}")).spot;
                self.wrong("param", spot, &format!("{field}.{name}"), why, meant(word, words.iter().copied()));
            }
        }
    }
}

impl Flow {
    /// Checks parameters and fills in defaults. `params.wrong` names every one that is wrong.
    pub fn check_params(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
        let mut full = Map::new();
        for param in &self.params {
            let value = given.get(&param.name).or_else(|| param.default());
            full.extend(value.map(|value| (param.name.clone(), value.clone())));
        }
        let mut wrong = self.unknown_params(given);
        wrong.extend(self.params.iter().filter_map(|param| wrong_value(param, full.get(&param.name))));
        if wrong.is_empty() { Ok(full) } else { Err(self.params_fault(wrong)) }
    }

    fn unknown_params(&self, given: &Map<String, Value>) -> Vec<String> {
        let unknown = given.keys().filter(|name| !self.params.iter().any(|param| param.name == **name));
        let names = || self.params.iter().map(|param| param.name.as_str());
        unknown
            .map(|name| format!("{name}: there is no such parameter. {}", meant(name, names())).trim_end().into())
            .collect()
    }

    fn params_fault(&self, mut wrong: Vec<String>) -> Fault {
        let first = wrong.remove(0);
        let mut fault = Fault::permanent("params.wrong", format!("The parameters of {} are wrong", self.id), first)
            .now("Correct them and start again.");
        fault.also = wrong;
        fault
    }

    /// A parameter's value from a text, as a command line gives it: a number or truth value where its type wants one, JSON for
    /// lists and objects, else the text itself.
    pub fn read_param(&self, name: &str, text: &str) -> Value {
        let kind = self.params.iter().find(|param| param.name == name).and_then(|param| param.schema.get("type"));
        let read = || serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into()));
        match kind {
            Some(Value::String(kind)) if kind == "string" => Value::String(text.into()),
            Some(Value::Array(kinds)) if kinds.iter().any(|kind| kind == "string") && text != "null" => text.into(),
            None => Value::String(text.into()),
            _ => read(),
        }
    }
}

pub(super) fn wrong_value(param: &Param, value: Option<&Value>) -> Option<String> {
    let Some(value) = value else { return Some(format!("{}: it has no value, and needs one", param.name)) };
    let validator = validator(&param.schema).ok()?;
    let error = validator.iter_errors(value).next()?;
    let why = if param.is_secret() { error.masked().to_string() } else { error.to_string() };
    Some(format!("{}: {why}", param.name))
}
