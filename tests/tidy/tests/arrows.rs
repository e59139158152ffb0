//! Which crate may use which. ARCHITECTURE.md shows the same list with its reasons.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use longshore_tidy::{packages, sources};
use serde_json::Value;

/// A crate and what it may use. Dev-dependencies are free: a test may look at anything.
const ARROWS: [(&str, &[&str]); 14] = [
    ("engine", &[]),
    ("catalogue", &[]),
    ("formats", &[]),
    ("transfer", &[]),
    ("connectors", &["transfer"]),
    ("secrets", &[]),
    ("store", &["engine", "catalogue"]),
    ("flows", &["engine", "catalogue", "transfer", "connectors", "formats"]),
    ("runner", &["engine", "store", "flows", "catalogue"]),
    ("api", &["flows", "store", "engine", "catalogue", "runner", "transfer", "connectors", "secrets", "formats"]),
    ("server", &["api"]),
    ("cli", &["api", "server"]),
    ("desktop", &["api", "server"]),
    ("testkit", &["engine", "catalogue", "transfer", "connectors", "formats", "store", "flows", "runner"]),
];

/// What the engine, which decides and does nothing, must not mention.
const DOING: [&str; 6] = ["std::fs", "std::net", "std::thread", "tokio", "SystemTime::now", "Instant::now"];

fn short(package: &Value) -> &str {
    package["name"].as_str().unwrap().trim_start_matches("longshore-")
}

fn is_product(package: &Value) -> bool {
    !package["manifest_path"].as_str().unwrap().contains("/tests/")
}

/// The workspace's crates that this one uses outside tests.
fn uses(package: &Value) -> BTreeSet<&str> {
    let all = package["dependencies"].as_array().unwrap().iter();
    let outside_tests = all.filter(|dependency| dependency["kind"].as_str() != Some("dev"));
    outside_tests.filter_map(|dependency| dependency["name"].as_str()?.strip_prefix("longshore-")).collect()
}

#[test]
fn arrows_run_only_as_listed() {
    let mut wrong = Vec::new();
    for package in packages().unwrap().iter().filter(|package| is_product(package)) {
        let name = short(package);
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!("{name} is not in the list"));
            continue;
        };
        wrong.extend(uses(package).iter().filter(|to| !allowed.contains(to)).map(|to| format!("{name} -> {to}")));
    }
    assert!(wrong.is_empty(), "arrows that are not in the list: {wrong:?}");
}

#[test]
fn every_crate_of_the_list_is_there_and_takes_the_workspace_lints() {
    let packages = packages().unwrap();
    let there: BTreeSet<&str> = packages.iter().filter(|package| is_product(package)).map(short).collect();
    assert_eq!(there, ARROWS.iter().map(|(name, _)| *name).collect());
    let manifests: Vec<_> = sources().into_iter().filter(|file| file.path.ends_with("Cargo.toml")).collect();
    assert_eq!(manifests.len(), packages.len());
    let without: Vec<_> = manifests.iter().filter(|file| !file.text.contains("[lints]\nworkspace = true")).collect();
    assert!(without.is_empty(), "without the workspace's lints: {without:?}");
}

#[test]
fn the_engine_only_decides() {
    let engine = sources().into_iter().filter(|file| {
        file.path.starts_with("src-tauri/engine/src/") && !file.path.ends_with("/time.rs") && !file.is_test()
    });
    let mut wrong = Vec::new();
    for file in engine {
        let (code, _) = file.code_and_tests();
        let acts = code.iter().filter(|line| !line.trim_start().starts_with("//"));
        let named = acts.flat_map(|line| DOING.iter().filter(move |word| line.contains(**word)));
        wrong.extend(named.map(|word| format!("{}: {word}", file.path)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
