//! Names that say nothing, waiting by the clock, and words that belong to one machine.

use longshore_tidy::{Source, sources};

/// Endings of names that hide what a thing does.
const EMPTY_NAMES: [&str; 6] = ["Manager", "Helper", "Helpers", "Util", "Utils", "Service"];
/// What defines a name.
const DEFINES: [&str; 9] = ["struct", "enum", "trait", "type", "mod", "class", "interface", "function", "const"];
/// How a test waits by the clock instead of for what it waits for.
const SLEEPS: [&str; 4] = ["thread::sleep", "time::sleep", "waitForTimeout", "sleep_ms"];
/// Split, so that this file does not find itself.
const MACHINE: [&str; 9] = [
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/ro", "ot/"),
    concat!("bash", "_jobs"),
    concat!("crates.io", "/api"),
    concat!("registry.", "npmjs"),
    concat!("deb.", "debian.org"),
    concat!("py", "pi.org"),
    concat!("target", "-g"),
];

fn places(file: &Source, lines: &[&str], wrong: impl Fn(&str) -> bool) -> Vec<String> {
    lines.iter().filter(|line| wrong(line)).map(|line| format!("{}: {}", file.path, line.trim())).collect()
}

fn defined(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.find(|word| DEFINES.contains(word))?;
    words.next()
}

#[test]
fn no_name_is_empty() {
    let empty = |name: &str| EMPTY_NAMES.iter().any(|end| name.ends_with(end) || name == end.to_lowercase());
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.is(&["rs", "ts", "tsx"])) {
        let lines: Vec<&str> = file.text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        found.extend(places(file, &lines, |line| defined(line).is_some_and(empty)));
        let stem = file.path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
        found.extend(empty(stem).then(|| file.path.clone()));
    }
    assert!(found.is_empty(), "names that say nothing: {found:#?}");
}

#[test]
fn no_test_sleeps() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.is(&["rs", "ts", "tsx"]) && !file.path.ends_with("words.rs")) {
        let (_, tests) = file.code_and_tests();
        found.extend(places(file, &tests, |line| SLEEPS.iter().any(|sleep| line.contains(sleep))));
    }
    assert!(found.is_empty(), "wait for a condition, or use the simulated clock: {found:#?}");
}

#[test]
fn nothing_speaks_of_one_machine() {
    let mut found = Vec::new();
    for file in sources() {
        let lines: Vec<&str> = file.text.lines().collect();
        found.extend(places(&file, &lines, |line| MACHINE.iter().any(|word| line.contains(word))));
    }
    assert!(found.is_empty(), "paths or hosts of one machine: {found:#?}");
}

#[test]
fn what_defines_a_name_is_seen() {
    assert_eq!(defined("pub(crate) struct RunQueue {"), Some("RunQueue"));
    assert_eq!(defined("export function useGraph() {"), Some("useGraph"));
    assert_eq!(defined("let manager = 1;"), None);
}
