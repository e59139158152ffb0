//! What the lines of one file say.

use std::collections::BTreeMap;
use std::path::Path;

use longshore_runner::variables;
use serde_json::Value;

use super::{Found, Is, LIMITS, Source, whose};
use crate::import::env::pairs;
use crate::import::number;
use crate::import::variables::in_sections;

/// Names of the environment that have no place here, by how they begin, and why.
const NEEDLESS: &[(&str, &str)] = &[
    ("API_", "it is for the service's own web server"),
    ("AUTH_", "it is for the proxy before the service"),
    ("DATA_DIR", "it is for the service's containers"),
    ("GITHUB_", "it is for the service's containers"),
    ("HOST", "it is the service's own host: others may refer to it"),
    ("IDP_", "it is for the service's own web server"),
    ("OPENEM_", "it is for the service's containers"),
    ("POSTGRES", "there is no Postgres: Longshore keeps its state in the workspace"),
    ("PREFECT_", "there is no Prefect: Longshore runs its flows itself"),
    ("SCICAT_MOCK_", "it is for a stand-in for SciCat"),
    ("UVICORN_", "it is for the service's own web server"),
    ("WORKER_", "it is for the service's containers"),
];

/// What a file says, line by line. `path` is absolute.
pub(crate) fn read(path: &Path, text: &str) -> Vec<Found> {
    let ends = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    if ends("txt") {
        return vec![secret(path, text)];
    }
    if ends("toml") {
        let found = in_sections(text).into_iter().map(|one| {
            let is = one.value.map_or_else(Is::Left, |value| meaning(path, &one.key, value));
            Found { line: one.line, name: one.key, is }
        });
        return found.collect();
    }
    environment(path, text)
}

/// A file with one secret in it.
fn secret(path: &Path, text: &str) -> Found {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is = match whose(&name) {
        _ if text.trim().is_empty() => Is::Left("the file is empty".to_owned()),
        Some(whose) => Is::Secret(whose, Source::File(path.to_owned())),
        None if name.starts_with("jobs") => {
            let folder = path.parent().unwrap_or(path).display();
            Is::Left(format!("`longshore serve --archiver-api --archiver-jobs {folder}` takes it from here"))
        }
        None => Is::Left("Longshore has no use for it".to_owned()),
    };
    Found { line: 1, name, is }
}

/// Lines of `NAME=VALUE`, which may refer to one another as `${NAME}`.
fn environment(path: &Path, text: &str) -> Vec<Found> {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, name, value) in pairs(text) {
        let is = match value.map(|value| resolved(without_remark(&value), &said)) {
            None => Is::Left("it is no line of NAME=VALUE".to_owned()),
            Some(Err(other)) => Is::Left(format!("it refers to {other}, which is not given before it")),
            Some(Ok(value)) => {
                said.insert(name.clone(), value.clone());
                meaning(path, &name, Value::String(value))
            }
        };
        found.push(Found { line: number(at), name, is });
    }
    found
}

/// A value that stands in no quotes ends where a remark begins.
fn without_remark(value: &str) -> &str {
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}

fn resolved(value: &str, said: &BTreeMap<String, String>) -> Result<String, String> {
    let mut whole = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| "an unfinished ${".to_owned())?;
        let (name, otherwise) = name.split_once(":-").map_or((name, None), |(name, other)| (name, Some(other)));
        let other = said.get(name).map(String::as_str).or(otherwise).ok_or_else(|| name.to_owned())?;
        whole.push_str(before);
        whole.push_str(other);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// What a name and its value mean.
fn meaning(path: &Path, name: &str, value: Value) -> Is {
    let upper = name.to_ascii_uppercase();
    if let Some((_, limits)) = LIMITS.iter().find(|(known, _)| *known == upper) {
        return slots(&value).map_or_else(Is::Left, |slots| Is::Limits(limits, slots));
    }
    if let Some(known) =
        variables::canonical(name).filter(|name| variables::known(name).is_some_and(|one| one.archiver))
    {
        return match variables::check(known, &value) {
            Ok(()) => Is::Variable(known, value),
            Err(fault) => Is::Left(fault.why),
        };
    }
    if let Some(whose) = upper.strip_suffix("_FILE").and_then(whose) {
        return file(path, &value).map_or_else(Is::Left, |source| Is::Secret(whose, source));
    }
    if let Some(whose) = whose(name) {
        return match value.as_str().map(str::trim) {
            Some(text) if !text.is_empty() => Is::Secret(whose, Source::Value(text.to_owned())),
            _ => Is::Left("it is empty".to_owned()),
        };
    }
    let needless = NEEDLESS.iter().find(|(begins, _)| upper.starts_with(begins));
    Is::Left(needless.map_or_else(|| "it is not understood".to_owned(), |(_, why)| (*why).to_owned()))
}

fn slots(value: &Value) -> Result<u32, String> {
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| format!("{value} is no number of slots"))
}

/// A file that is named in another, beside which it lies unless its path is absolute.
fn file(path: &Path, value: &Value) -> Result<Source, String> {
    let given = value.as_str().map(str::trim).filter(|text| !text.is_empty()).ok_or("it names no file")?;
    let file = path.parent().unwrap_or(path).join(given);
    if file.is_file() { Ok(Source::File(file)) } else { Err(format!("there is no file {}", file.display())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::super::Whose;
    use super::*;

    fn found(name: &str, text: &str) -> Vec<(u32, String, Is)> {
        read(Path::new(name), text).into_iter().map(|one| (one.line, one.name, one.is)).collect()
    }

    fn left(why: &str) -> Is {
        Is::Left(why.to_owned())
    }

    #[test]
    fn variables_with_sections_and_limits() {
        let text = "\n[archiver]\nARCHIVER_TARGET_SIZE_GB = 500\n\n[s3]\nS3_ENDPOINT = \"s3.example.org:9090\" # where\nS3_REGION = \"\"\nodd = 1\n";
        assert_eq!(
            found("/d/vars.toml", text),
            [
                (3, "ARCHIVER_TARGET_SIZE_GB".into(), Is::Variable("archiver_target_size_gb", json!(500))),
                (6, "S3_ENDPOINT".into(), Is::Variable("minio_endpoint", json!("s3.example.org:9090"))),
                (7, "S3_REGION".into(), left("An empty text is not a name without spaces and slashes")),
                (8, "odd".into(), left("it is not understood")),
            ]
        );
        let text = "MOVE_TO_LTS_LIMIT = 2\nLTS_READ_LIMIT = 4\nVERIFY_LTS_LIMIT = \"many\"\n";
        assert_eq!(
            found("/d/concurrency-limits.toml", text),
            [
                (1, "MOVE_TO_LTS_LIMIT".into(), Is::Limits(&["move-datablocks-to-lts"], 2)),
                (
                    2,
                    "LTS_READ_LIMIT".into(),
                    Is::Limits(&["verify-datablocks-in-lts", "copy-from-LTS-to-retrieval"], 4)
                ),
                (3, "VERIFY_LTS_LIMIT".into(), left("\"many\" is no number of slots")),
            ]
        );
    }

    #[test]
    fn an_environment_that_refers_to_itself() {
        let text = "HOST=lab.example.org # here\nSCICAT_ENDPOINT=http://${HOST}:89\nMINIO_ENDPOINT=${ELSEWHERE}\nMINIO_PASSWORD='s3cret'\nPREFECT_VERSION=3\n";
        let all = found("/d/.prod.env", text);
        assert_eq!(all[1].2, Is::Variable("scicat_endpoint", json!("http://lab.example.org:89")));
        assert_eq!(all[2].2, left("it refers to ELSEWHERE, which is not given before it"));
        assert_eq!(all[3].2, Is::Secret(Whose::S3Password, Source::Value("s3cret".into())));
        assert!(!format!("{all:?}").contains("s3cret"), "a secret is not shown");
        assert_eq!(all[4].2, left("there is no Prefect: Longshore runs its flows itself"));
    }

    #[test]
    fn secrets_in_files_of_their_own() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("scicatpass.txt");
        std::fs::write(&path, "word\n").unwrap();
        assert_eq!(read(&path, "word\n")[0].is, Is::Secret(Whose::ScicatPassword, Source::File(path.clone())));
        assert_eq!(read(&path, " \n")[0].is, left("the file is empty"));
        assert_eq!(read(Path::new("/s/postgrespass.txt"), "x")[0].is, left("Longshore has no use for it"));
        let jobs = left("`longshore serve --archiver-api --archiver-jobs /s` takes it from here");
        assert_eq!(read(Path::new("/s/jobspassword.txt"), "x")[0].is, jobs);
        let named = read(&temp.path().join(".env"), "SCICAT_PASSWORD_FILE=scicatpass.txt\nMINIO_USER_FILE=none.txt\n");
        assert_eq!(named[0].is, Is::Secret(Whose::ScicatPassword, Source::File(path)));
        assert!(matches!(&named[1].is, Is::Left(why) if why.contains("there is no file")), "{named:?}");
    }
}
