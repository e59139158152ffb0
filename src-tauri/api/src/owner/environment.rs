//! Variables that the environment sets above those of the workspace.

use std::ffi::OsString;

use longshore_runner::variables;
use longshore_store::Variable;
use serde_json::{Map, Value};

/// `LONGSHORE_VARIABLE_DATABLOCK_TARGET_BYTES=64MiB`, below these Airflow's, `AIRFLOW_VAR_TARGET=lts`, and below these, where the workspace has
/// variables of an archiving service, those in capitals, `LTS_STORAGE_ROOT=/mnt/lts`: `S3_ENDPOINT` may stand in the environment for somebody
/// else. What is no text is none.
pub(crate) fn variables(all: impl Iterator<Item = (OsString, OsString)>, set: &[Variable]) -> Map<String, Value> {
    let all: Vec<(String, String)> =
        all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
    let named = |prefix: &'static str| {
        let variable = move |(name, value): &(String, String)| {
            let name = name.strip_prefix(prefix).filter(|name| !name.is_empty())?;
            Some((name.to_lowercase(), Value::String(value.clone())))
        };
        all.iter().filter_map(variable)
    };
    let taken = set.iter().any(|variable| is_archivers(&variable.name));
    let capitals = all.iter().filter(|(name, _)| taken && name.bytes().all(|byte| !byte.is_ascii_lowercase()));
    let archivers = capitals.filter_map(|(name, value)| {
        let name = variables::canonical(name).filter(|name| is_archivers(name))?;
        Some((name.to_owned(), Value::String(value.clone())))
    });
    archivers.chain(named("AIRFLOW_VAR_")).chain(named("LONGSHORE_VARIABLE_")).collect()
}

/// Whether a variable is known from an archiving service.
pub(super) fn is_archivers(name: &str) -> bool {
    variables::known(name).is_some_and(|known| known.archiver)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(all: &[(&str, &str)], set: &[&str]) -> Value {
        let set: Vec<Variable> =
            set.iter().map(|name| Variable { name: (*name).to_owned(), value: Value::Null }).collect();
        Value::Object(variables(all.iter().map(|(name, value)| (name.into(), value.into())), &set))
    }

    #[test]
    fn the_archivers_count_where_it_was_taken_over() {
        let all = [
            ("S3_REGION", "eu"),
            ("LTS_STORAGE_ROOT", "/a"),
            ("LONGSHORE_VARIABLE_LTS_STORAGE_ROOT", "/b"),
            ("AIRFLOW_VAR_TARGET", "lts"),
            ("STAGING", "bucket"),
            ("lts_storage_root", "/c"),
        ];
        assert_eq!(found(&all, &["mine"]), json!({"target": "lts", "lts_storage_root": "/b"}));
        assert_eq!(
            found(&all, &["minio_endpoint"]),
            json!({"minio_region": "eu", "lts_storage_root": "/b", "target": "lts"})
        );
    }
}
