//! Variables as Airflow (JSON), Prefect's archiver (TOML with sections) and shells (NAME=VALUE) write them down.

use serde_json::{Map, Value};

use super::env::pairs;
use crate::airflow::unread;

/// A variable, or what is none.
pub(crate) struct Found {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Its name, as it is written.
    pub(crate) name: String,
    /// Its value, or why there is none.
    pub(crate) value: Result<Value, String>,
}

/// Reads variables, by the name of the file and by what the text looks like.
pub(crate) fn read(file: &str, text: &str) -> Vec<Found> {
    let ends = |ending: &str| file.to_lowercase().ends_with(ending);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if ends(".json") || first.starts_with('{') {
        json(text)
    } else if ends(".toml") || first.starts_with('[') {
        toml(text)
    } else {
        pairs(text).map(|(at, name, value)| named(super::number(at), &name, value)).collect()
    }
}

fn named(line: u32, name: &str, value: Option<String>) -> Found {
    let plain = name.strip_prefix("AIRFLOW_VAR_").or_else(|| name.strip_prefix("LONGSHORE_VARIABLE_"));
    let name = plain.map_or_else(|| name.to_owned(), str::to_lowercase);
    Found { line, name, value: value.map(Value::String).ok_or_else(|| "it is no line of NAME=VALUE".to_owned()) }
}

fn json(text: &str) -> Vec<Found> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(all)) => {
            let line = |name: &str| text.lines().position(|line| line.contains(name)).map_or(1, super::number);
            all.into_iter()
                .map(|(name, value)| Found { line: line(&name), name, value: Ok(unwrapped(value)) })
                .collect()
        }
        Ok(_) => vec![Found { line: 1, name: String::new(), value: Err("it is no JSON object".to_owned()) }],
        Err(error) => vec![Found { line: 1, name: String::new(), value: Err(unread(&error)) }],
    }
}

/// Airflow writes a variable that has a description as an object of both.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut fields)
            if fields.contains_key("value") && fields.keys().all(|key| key == "value" || key == "description") =>
        {
            fields.shift_remove("value").unwrap_or(Value::Null)
        }
        other => other,
    }
}

/// Sections become the first part of a name: `[lts] root = "x"` is `lts_root`.
fn toml(text: &str) -> Vec<Found> {
    let found = in_sections(text).into_iter();
    found
        .map(|Keyed { line, section, key, value }| {
            let name = if section.is_empty() { key } else { format!("{section}_{key}") };
            Found { line, name, value }
        })
        .collect()
}

/// A value of TOML.
pub(crate) struct Keyed {
    /// Line, from 1.
    pub(crate) line: u32,
    /// Names of the sections that it stands in, joined by `_`.
    pub(crate) section: String,
    /// Its name in it.
    pub(crate) key: String,
    /// The value, or why there is none.
    pub(crate) value: Result<Value, String>,
}

/// The values of a TOML, in the order of their lines.
pub(crate) fn in_sections(text: &str) -> Vec<Keyed> {
    let line = |name: &str| text.lines().position(|line| line.trim_start().starts_with(name)).map_or(1, super::number);
    match text.parse::<toml::Table>() {
        Ok(table) => {
            let mut found = Vec::new();
            flat("", serde_json::to_value(table).unwrap_or_default(), &mut |section, key, value| {
                found.push(Keyed { line: line(&key), section, key, value: Ok(value) });
            });
            found.sort_by_key(|one: &Keyed| one.line);
            found
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count());
            let (section, key) = (String::new(), String::new());
            vec![Keyed { line: super::number(at), section, key, value: Err("it is no TOML".to_owned()) }]
        }
    }
}

fn flat(above: &str, value: Value, tell: &mut impl FnMut(String, String, Value)) {
    let Value::Object(fields) = value else { return };
    let fields: Map<String, Value> = fields;
    for (key, value) in fields {
        match value {
            Value::Object(_) if above.is_empty() => flat(&key, value, tell),
            Value::Object(_) => flat(&format!("{above}_{key}"), value, tell),
            other => tell(above.to_owned(), key, other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn values(file: &str, text: &str) -> Vec<(u32, String, Option<Value>)> {
        read(file, text).into_iter().map(|found| (found.line, found.name, found.value.ok())).collect()
    }

    #[test]
    fn variables_are_read_in_each_form() {
        let found = values("v.json", "{\"a\": 1,\n \"b\": {\"value\": \"x\", \"description\": \"d\"}}");
        assert_eq!(found, [(1, "a".into(), Some(json!(1))), (2, "b".into(), Some(json!("x")))]);
        let found = values("v.toml", "top = true\n[lts]\nroot = \"/mnt\"\n[lts.deep]\nfloor = 20\n");
        assert_eq!(
            found,
            [
                (1, "top".into(), Some(json!(true))),
                (3, "lts_root".into(), Some(json!("/mnt"))),
                (5, "lts_deep_floor".into(), Some(json!(20)))
            ]
        );
        let found = values("-", "export AIRFLOW_VAR_BIG_ONE='x=y'\nnothing\n");
        assert_eq!(found, [(1, "big_one".into(), Some(json!("x=y"))), (2, String::new(), None)]);
        assert!(values("v.toml", "a = \n")[0].2.is_none());
    }
}
