//! The repository read as text, for the rules that no compiler holds. The rules are in `tests/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Folders whose content was made by tools, or by others.
const MADE: [&str; 9] = [".git", "target", "node_modules", "dist", "gen", "output", "icons", ".venv", "third_party"];
/// Lists of names and checksums that tools keep.
const LOCKS: [&str; 2] = ["Cargo.lock", "package-lock.json"];

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the top, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// Whether it is written in one of these languages, by the ending of its name.
    pub fn is(&self, endings: &[&str]) -> bool {
        Path::new(&self.path).extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
    }

    /// Whether all of it is test code.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let in_tests = self.path.starts_with("tests/") || self.path.contains("/tests/");
        in_tests || name == "tests.rs" || name.contains(".test.") || self.path.starts_with("src-tauri/testkit/")
    }

    /// The lines up to the test module at the end of a file, if it has one; and those of the test module.
    pub fn code_and_tests(&self) -> (Vec<&str>, Vec<&str>) {
        let lines: Vec<&str> = self.text.lines().collect();
        if self.is_test() {
            return (Vec::new(), lines);
        }
        let opens_tests = |two: &[&str]| two[0].trim() == "#[cfg(test)]" && two[1].trim_end().ends_with('{');
        let end = lines.windows(2).position(opens_tests).unwrap_or(lines.len());
        (lines[..end].to_vec(), lines[end..].to_vec())
    }
}

/// The top of the repository.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").components().collect()
}

/// Every text file that somebody wrote.
pub fn sources() -> Vec<Source> {
    let top = top();
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if MADE.iter().chain(&LOCKS).any(|made| name == *made) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let inside = path.strip_prefix(&top).unwrap_or(&path);
                found.push(Source { path: inside.to_string_lossy().into_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What cargo knows of the workspace's own packages.
pub fn packages() -> Result<Vec<Value>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(top())
        .output()
        .map_err(|error| error.to_string())?;
    if !asked.status.success() {
        return Err(String::from_utf8_lossy(&asked.stderr).into_owned());
    }
    let known: Value = serde_json::from_slice(&asked.stdout).map_err(|error| error.to_string())?;
    Ok(known["packages"].as_array().cloned().unwrap_or_default())
}
