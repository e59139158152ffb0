//! What is said of a dataset for SciCat: read from a text, and held against what SciCat asks for, before a byte is moved.
//!
//! The rules are those of the validators of scicat-backend-next (`CreateDatasetDto`; in version 3 `CreateRawDatasetObsoleteDto` and
//! `CreateDerivedDatasetObsoleteDto`), and of its database, which refuses empty texts where one must be there.

use longshore_catalogue::Metadata;
use longshore_connectors::scicat::Version;
use longshore_engine::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::landing;

/// The kinds of dataset that SciCat has.
pub const TYPES: [&str; 2] = ["raw", "derived"];

/// Something that SciCat would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field, by SciCat's name.
    pub field: String,
    /// Why.
    pub why: String,
}

impl Wrong {
    fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}

/// Reads metadata from the text of a file.
///
/// # Errors
/// `metadata.text`, with line, column and field.
pub fn read(text: &str) -> Result<Metadata, Fault> {
    parsed(text).map_err(|(at, why)| {
        Fault::permanent("metadata.text", "The metadata cannot be read", why)
            .at(at)
            .now("Put it right; it is JSON, with SciCat's names of the fields.")
    })
}

/// Reads scientific metadata from a text; an empty one says nothing.
pub fn scientific(text: &str) -> Result<Map<String, Value>, Wrong> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    parsed(text).map_err(|(at, why)| Wrong::new("scientificMetadata", format!("{at}: {why}")))
}

/// A value, or where the text is wrong (line, column and field) and how.
fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { String::new() } else { format!(" {field}") };
        spot(error.inner(), &field)
    });
    let value = read?;
    json.end().map_err(|error| spot(&error, ""))?;
    Ok(value)
}

fn spot(error: &serde_json::Error, field: &str) -> (String, String) {
    let why = error.to_string();
    let (line, column) = (error.line(), error.column());
    let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why);
    (format!("{line}:{column}{field}"), why.to_owned())
}

/// What SciCat would not take. `None` where the version is not known: what either of them would not take.
pub fn wrongs(said: &Metadata, version: Option<Version>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut must = |field: &str, text: &str, why: &str| {
        if text.trim().is_empty() {
            wrong.push(Wrong::new(field, why));
        }
    };
    must("datasetName", &said.dataset_name, "It must have a name");
    must("owner", &said.owner, "Somebody must own it");
    must("ownerGroup", &said.owner_group, "A group must own it");
    must("contactEmail", &said.contact_email, "There must be an address to ask at");
    must("principalInvestigator", &said.principal_investigator, "Somebody must answer for it");
    if version != Some(Version::V4) {
        by_type(said, &mut must);
    }
    wrong.extend(forms(said));
    wrong.extend([("accessGroups", &said.access_groups), ("keywords", &said.keywords)].into_iter().filter_map(blank));
    wrong
}

/// What version 3 asks of a type of dataset and version 4 leaves open.
fn by_type(said: &Metadata, must: &mut impl FnMut(&str, &str, &str)) {
    if said.kind == "derived" {
        must("inputDatasets", &said.input_datasets.concat(), "A derived dataset was made from others: at least one");
        must("usedSoftware", &said.used_software.concat(), "A derived dataset was made by software: at least one");
    } else {
        must("creationLocation", &said.creation_location, "A raw dataset was measured somewhere");
    }
}

fn blank((field, list): (&str, &Vec<String>)) -> Option<Wrong> {
    list.iter().any(|text| text.trim().is_empty()).then(|| Wrong::new(field, "One of them is empty"))
}

/// Texts that must look a certain way.
fn forms(said: &Metadata) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if !TYPES.contains(&said.kind.as_str()) {
        wrong.push(Wrong::new("type", format!("{:?} is neither raw nor derived", said.kind)));
    }
    if !said.contact_email.trim().is_empty() && !is_email(&said.contact_email) {
        wrong.push(Wrong::new("contactEmail", format!("{:?} is no e-mail address", said.contact_email)));
    }
    if let Some(time) = said.creation_time.as_deref().filter(|time| time.parse::<jiff::Timestamp>().is_err()) {
        let why = format!("{time:?} is no time with its zone, as in 2026-11-03T14:00:00Z");
        wrong.push(Wrong::new("creationTime", why));
    }
    if let Some(pid) = said.pid.as_deref().filter(|pid| !is_pid(pid)) {
        let why = format!("{pid:?} cannot be an identifier, as in 20.500.12269/2b1f");
        wrong.push(Wrong::new("pid", why));
    }
    wrong
}

/// It becomes a part of paths and addresses.
fn is_pid(pid: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"\\\"<>{}|^`?#%".contains(c);
    pid.len() <= 200 && pid.chars().all(plain) && landing::is_plain(pid)
}

/// As much of `IsEmail` as tells an address from something else; SciCat has the last word.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '@';
    let labels = host.split('.').collect::<Vec<_>>();
    let label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !name.is_empty() && name.chars().all(plain) && labels.len() > 1 && labels.iter().all(label)
}

/// Refuses metadata that SciCat would not take, and names every field that is wrong.
///
/// # Errors
/// `metadata.wrong`; `at` is the first field, `also` has a line `field: why` for each of the others.
pub fn check(said: &Metadata, version: Option<Version>) -> Result<(), Fault> {
    refuse(wrongs(said, version))
}

/// The same, of what was found to be wrong.
pub fn refuse(wrong: Vec<Wrong>) -> Result<(), Fault> {
    let mut wrong = wrong.into_iter();
    let Some(first) = wrong.next() else { return Ok(()) };
    let mut fault = Fault::permanent("metadata.wrong", format!("The metadata is wrong: {}", first.field), first.why)
        .at(first.field)
        .now("Put it right; nothing was begun.");
    fault.also = wrong.take(100).map(|Wrong { field, why }| format!("{field}: {why}")).collect();
    Err(fault)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn good() -> Metadata {
        let text = r#"{"type": "raw", "datasetName": "grid 3", "owner": "A", "ownerGroup": "p1", "contactEmail": "a@b.example",
            "principalInvestigator": "A; B", "creationLocation": "/site/krios", "scientificMetadata": {"voltage": {"value": 300}}}"#;
        read(text).unwrap()
    }

    fn fields(said: &Metadata, version: Option<Version>) -> Vec<String> {
        wrongs(said, version).into_iter().map(|wrong| wrong.field).collect()
    }

    #[test]
    fn what_scicat_takes_is_right() {
        assert_eq!(wrongs(&good(), None), []);
        let derived = Metadata { kind: "derived".into(), creation_location: String::new(), ..good() };
        assert_eq!(fields(&derived, None), ["inputDatasets", "usedSoftware"]);
        assert_eq!(fields(&derived, Some(Version::V4)), Vec::<String>::new());
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        let all =
            ["datasetName", "owner", "ownerGroup", "contactEmail", "principalInvestigator", "creationLocation", "type"];
        assert_eq!(fields(&Metadata::default(), None), all);
        let said = Metadata {
            pid: Some("../x".into()),
            contact_email: "nobody".into(),
            creation_time: Some("yesterday".into()),
            keywords: vec![" ".into()],
            ..good()
        };
        assert_eq!(fields(&said, None), ["contactEmail", "creationTime", "pid", "keywords"]);
        let fault = check(&said, None).unwrap_err();
        assert_eq!((fault.at.as_deref(), fault.also.len()), (Some("contactEmail"), 3));
        assert!(fault.also[0].starts_with("creationTime: "), "{fault:?}");
    }

    #[test]
    fn a_text_is_wrong_at_a_line_and_a_field() {
        let at = |text: &str| read(text).unwrap_err().at.unwrap();
        assert_eq!(at("{\n  \"keywords\": \"one\"\n}"), "2:19 keywords");
        assert_eq!(at("{\"accessGroups\": [\"p1\", 2]}"), "1:25 accessGroups[1]");
        assert!(at("{\n\"owner\": }").starts_with("2:10"), "{}", at("{\n\"owner\": }"));
        assert!(at("{\"onwer\": \"A\"}").contains("onwer"));
        assert!(at("{} x").starts_with("1:4"));
        assert!(scientific("[1]").unwrap_err().why.contains("expected a map"));
        assert!(scientific("{\n \"a\": {\"b\": 1,}\n}").unwrap_err().why.starts_with("2:"));
        assert!(scientific(" ").unwrap().is_empty());
    }
}
