//! The files of `airflow connections export`: JSON and YAML, each an object by name.

use serde_json::Value;

use super::Findings;
use crate::airflow::{args_of_object, connection_of_text, unread};

/// Reads JSON.
pub(super) fn json(text: &str) -> Findings {
    match serde_json::from_str(text) {
        Ok(value) => connections(text, value),
        Err(error) => {
            let mut found = Findings::default();
            found.left(u32::try_from(error.line()).unwrap_or(u32::MAX), "", unread(&error));
            found
        }
    }
}

/// Reads YAML.
pub(super) fn yaml(text: &str) -> Findings {
    let mut found = Findings::default();
    if let Ok(value) = serde_saphyr::from_str(text) {
        return connections(text, value);
    }
    // The error shows the text around the place, and secrets may stand there.
    found.left(1, "", "it is no YAML");
    found
}

fn connections(text: &str, value: Value) -> Findings {
    let mut found = Findings::default();
    let all: Vec<(String, Value)> = match value {
        Value::Object(all) => all.into_iter().collect(),
        // A list of connections, each with its name.
        Value::Array(all) => all.into_iter().map(|one| (name_in(&one), one)).collect(),
        _ => {
            found.left(1, "", "it is neither an object of connections by name nor a list of them");
            return found;
        }
    };
    for (name, value) in all {
        let line = line_of(text, &name);
        let read = match value {
            Value::String(uri) => connection_of_text(&name, &uri).map_err(|fault| fault.why),
            object => args_of_object(&name, object),
        };
        match read {
            Ok(args) => found.connection(line, args),
            Err(why) => found.left(line, name, why),
        }
    }
    found
}

fn name_in(value: &Value) -> String {
    ["conn_id", "connection_id"].iter().find_map(|key| value.get(key)?.as_str()).unwrap_or_default().to_owned()
}

/// The line in which a name stands as one.
fn line_of(text: &str, name: &str) -> u32 {
    let names = |line: &str| {
        let line = line.trim_start_matches([' ', '{', '-', '"', '\'']);
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', '"', '\'']))
    };
    text.lines().position(names).map_or(1, super::number)
}

#[cfg(test)]
mod tests {
    use super::super::Is;
    use super::*;

    #[test]
    fn an_export_is_read_connection_by_connection() {
        let text = "{\n\"a\": {\"conn_type\": \"s3\", \"password\": \"p\"},\n\"b\": \"ssh://h\",\n\"c\": {\"conn_type\": \"x\", \"port\": \"y\"}\n}";
        let found = json(text).0;
        let kinds: Vec<_> =
            found.iter().map(|one| (one.line, one.name.as_str(), matches!(one.is, Is::Connection(_)))).collect();
        assert_eq!(kinds, [(2, "a", true), (3, "b", true), (4, "c", false)]);
        let found = yaml("a:\n  conn_type: s3\n  extra:\n    region_name: eu\nb:\n  conn_type: ssh\n  port: 22\n").0;
        assert_eq!(found.iter().filter(|one| matches!(one.is, Is::Connection(_))).count(), 2);
    }
}
