//! What a body may hold: everything else is refused by name, as the framework's validator does.

use serde_json::{Map, Value};

/// What a field must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Text,
    Whole,
    Flag,
    Object,
    List,
    Texts,
}

impl Is {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Whole => value.is_u64() || value.is_i64(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Text => "must be a string",
            Self::Whole => "must be an integer number",
            Self::Flag => "must be a boolean value",
            Self::Object => "must be an object",
            Self::List => "must be an array",
            Self::Texts => "each value must be a string",
        }
    }
}

/// A field: its name, whether it must be there, and what it must be.
pub(super) type Field = (&'static str, bool, Is);

/// What is wrong with a body. `partial`: none of it must be there, as for a change; `null` then stands for nothing.
pub(super) fn wrongs(body: &Map<String, Value>, fields: &[Field], partial: bool) -> Vec<String> {
    let known = |name: &str| fields.iter().any(|(field, ..)| *field == name);
    let mut wrong: Vec<String> =
        body.keys().filter(|name| !known(name)).map(|name| format!("property {name} should not exist")).collect();
    for (name, required, is) in fields {
        let bad = match body.get(*name) {
            None | Some(Value::Null) => *required && !partial,
            Some(value) => !is.holds(value),
        };
        wrong.extend(bad.then(|| format!("{name} {}", is.wanted())));
    }
    wrong
}

const FILE: &[Field] = &[
    ("path", true, Is::Text),
    ("size", true, Is::Whole),
    ("time", true, Is::Text),
    ("chk", false, Is::Text),
    ("uid", false, Is::Text),
    ("gid", false, Is::Text),
    ("perm", false, Is::Text),
    ("type", false, Is::Text),
];

/// What is wrong with a list of files.
pub(super) fn wrong_files(body: &Map<String, Value>) -> Vec<String> {
    let list = body.get("dataFileList").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        return vec!["dataFileList should not be empty".to_owned()];
    }
    let nothing = Map::new();
    let each = list.iter().enumerate().flat_map(|(at, file)| {
        let wrong = wrongs(file.as_object().unwrap_or(&nothing), FILE, false);
        wrong.into_iter().map(move |why| format!("dataFileList.{at}.{why}"))
    });
    each.collect()
}
