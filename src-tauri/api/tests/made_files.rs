//! The files that are made from the Rust types are those committed, and every code that is used is explained.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use longshore_api::codes::codes;
use longshore_api::wire::{Operation, TagRule, Visitor, visit};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn committed(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_default()
}

#[test]
fn the_typescript_is_the_one_committed() {
    assert!(committed("ui/src/api/types.ts") == longshore_api::typescript::file(), "run: make types");
}

#[test]
fn the_document_of_codes_is_the_one_committed() {
    assert!(committed("docs/errors.md") == longshore_api::codes::document(), "run: make types");
}

#[test]
fn the_states_are_drawn_as_they_are() {
    assert!(committed("ARCHITECTURE.md").contains(&longshore_api::states_section()), "run: make types");
}

#[test]
fn the_document_of_kinds_is_the_one_committed() {
    assert!(committed("docs/kinds.md") == longshore_api::kinds::document(), "run: make types");
}

#[test]
fn the_flows_in_the_documents_are_good() {
    let files: Vec<PathBuf> =
        std::fs::read_dir(top().join("docs/examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let checked = longshore_api::check_flow(&file.display().to_string(), &text);
        assert!(checked.faults.is_empty(), "{:#?}", checked.faults);
    }
}

/// Words with a dot in strings that are no codes: settings, files.
const OTHERS: &[&str] = &[
    "bagit.txt",
    "connections.tested",
    "fetch.txt",
    "longshore.mtime_ns",
    "longshore.run",
    "list.enough",
    "2.10",
    "run.data_interval_end",
    "run.fault",
    "run.run_after",
    "schedule.jitter",
    "schedule.on_missed",
    "schedule.params",
    "longshore.db",
    "longshore.lock",
    "longshore.sock",
    "longshore.log",
    "tasks.db",
    "workspace.path",
    "workspace.set_up",
    "events.subscribe",
    "backfill.unfinished",
    "rclone.conf",
    "secrets.age",
    "age.new",
    "workspace.id",
    "transfer.rates",
    "archiver.applied",
    "ingest.promised",
    "profiles.lock",
    "profiles.json",
    "aws.s3",
];

#[test]
fn every_code_in_the_sources_is_explained_and_every_explanation_is_of_a_code() {
    let used: BTreeSet<String> = sources().iter().flat_map(|path| words(path)).collect();
    let known: BTreeSet<&str> = codes().map(|code| code.code).collect();
    let others = others();
    let unexplained: Vec<_> =
        used.iter().filter(|word| !known.contains(word.as_str()) && !others.contains(*word)).collect();
    assert!(unexplained.is_empty(), "add these to src-tauri/api/src/codes/: {unexplained:?}");
    let unused: Vec<_> = known.iter().filter(|code| !used.contains(**code)).collect();
    assert!(unused.is_empty(), "nobody uses these: {unused:?}");
}

/// Names of operations and of kinds of task have the shape of codes too.
fn others() -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl Visitor for Names {
        fn visit<O: Operation>(&mut self, _: &[TagRule]) {
            self.0.insert(O::NAME.to_owned());
        }
    }
    let mut names = Names(OTHERS.iter().map(|word| (*word).to_owned()).collect());
    visit(&mut names);
    names.0.extend(longshore_flows::kinds().iter().map(|kind| kind.name().to_owned()));
    names.0
}

/// Sources of the crates that make faults. The journal's words for events stand in a file of their own.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for krate in
        ["engine", "store", "formats", "flows", "runner", "transfer", "connectors", "secrets", "api", "server", "cli"]
    {
        collect(&top().join("src-tauri").join(krate).join("src"), &mut found);
    }
    found.retain(|path| {
        !path.to_string_lossy().contains("engine/src/event/") && !path.to_string_lossy().contains("api/src/codes")
    });
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Every string of the shape `word.word` before a file's tests, and the codes of flow files, which are given without their first word.
fn words(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let strings: Vec<&str> = code.split('"').collect();
    let mut found = BTreeSet::new();
    for pair in strings.windows(2) {
        let [before, word] = pair else { continue };
        if before.trim_end().ends_with(".wrong(") && part(word) {
            found.insert(format!("flow.{word}"));
        } else if has_the_shape(word) {
            found.insert((*word).to_owned());
        }
    }
    found
}

fn part(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn has_the_shape(word: &str) -> bool {
    let file =
        [".yaml", ".yml", ".rs", ".md", ".json"].iter().any(|ending| word.ends_with(ending)) && word != "flow.yaml";
    !file && word.split_once('.').is_some_and(|(first, second)| part(first) && part(second))
}
