//! Which files of a deployment are read, and in which order: of what two of them say, the first counts.

use std::io;
use std::path::{Path, PathBuf};

/// Folders below the one that is given, at most.
const DEPTH: usize = 4;
/// Files and folders that are looked at, at most.
const MOST: usize = 10_000;
/// Folders that hold no configuration.
const PASSED_OVER: [&str; 5] = [".git", "node_modules", "target", ".venv", "__pycache__"];

/// What a deployment is for, by words in the names of its files: `vars_dev.toml`, `.prod.env`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Development,
    Production,
    /// Between the two.
    Quality,
}

impl Profile {
    /// By a word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "dev" | "development" => Some(Self::Development),
            "prod" | "production" => Some(Self::Production),
            "qa" | "test" | "quality" => Some(Self::Quality),
            _ => None,
        }
    }

    fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        name.split(['.', '_', '-']).find_map(Self::of)
    }

    /// The name of a profile for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
            Self::Quality => "qa",
        }
    }
}

/// The files of a deployment.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Deployment {
    /// Those that are read, in the order in which they count.
    pub(crate) read: Vec<PathBuf>,
    /// Those that are for another profile.
    pub(crate) others: Vec<(PathBuf, &'static str)>,
}

/// The files among and below the paths, which are absolute. Those that are named themselves are read whatever they are called. `profile` is
/// what the deployment is for, where that is known.
///
/// # Errors
/// A path that is not there or cannot be listed.
pub(crate) fn find(paths: &[PathBuf], profile: Option<Profile>) -> io::Result<Deployment> {
    let mut found = Deployment::default();
    let mut looked_at = 0;
    for path in paths {
        if !std::fs::metadata(path)?.is_dir() {
            found.read.push(path.clone());
            continue;
        }
        let mut below = Vec::new();
        list(path, DEPTH, &mut looked_at, &mut below)?;
        below.sort_by_key(|file| (rank(file, profile), file.clone()));
        for file in below {
            match Profile::of_file(&file) {
                Some(other) if Some(other) != profile => found.others.push((file, other.word())),
                _ => found.read.push(file),
            }
        }
    }
    Ok(found)
}

/// Files for this profile before those for all, variables before the environment before secrets.
fn rank(file: &Path, profile: Option<Profile>) -> (bool, u8) {
    let kind = match file.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => 0,
        Some("txt") => 2,
        _ => 1,
    };
    (profile.is_none() || Profile::of_file(file) != profile, kind)
}

fn list(folder: &Path, depth: usize, looked_at: &mut usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        *looked_at += 1;
        if *looked_at > MOST {
            let why = format!("there are more than {MOST} files below it: name the folder of the deployment itself");
            return Err(io::Error::other(why));
        }
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && depth > 0 && !PASSED_OVER.contains(&name.as_str()) {
            list(&path, depth - 1, looked_at, found)?;
        } else if kind.is_file() && is_configuration(folder, &name) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_configuration(folder: &Path, name: &str) -> bool {
    let secrets = || folder.file_name().is_some_and(|name| name == ".secrets" || name == "secrets");
    match name.rsplit_once('.') {
        Some((stem, "toml")) => ["vars", "concurrency-limits", "config"].iter().any(|part| stem.contains(part)),
        Some((_, "env")) => true,
        Some((_, "txt")) => secrets(),
        _ => name.starts_with(".env"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_found_and_those_for_the_profile_come_first() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        for file in [
            "backend/prefect/vars.toml",
            "backend/prefect/vars_dev.toml",
            "backend/prefect/vars_prod.toml",
            "backend/prefect/concurrency-limits.toml",
            "backend/api/pyproject.toml",
            ".env",
            ".prod.env",
            "deployment/.secrets/miniouser.txt",
            "requirements.txt",
            ".git/config.toml",
        ] {
            std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            std::fs::write(root.join(file), "").unwrap();
        }
        let names = |found: Vec<PathBuf>| -> Vec<String> {
            found.iter().map(|path| path.strip_prefix(root).unwrap().to_string_lossy().into_owned()).collect()
        };
        let found = find(&[root.to_owned()], Some(Profile::Production)).unwrap();
        assert_eq!(
            names(found.read),
            [
                "backend/prefect/vars_prod.toml",
                ".prod.env",
                "backend/prefect/concurrency-limits.toml",
                "backend/prefect/vars.toml",
                ".env",
                "deployment/.secrets/miniouser.txt"
            ]
        );
        assert_eq!(found.others.iter().map(|(_, word)| *word).collect::<Vec<_>>(), ["development"]);
        let found = find(&[root.join("requirements.txt")], None).unwrap();
        assert_eq!(names(found.read), ["requirements.txt"]);
        assert!(find(&[root.join("nowhere")], None).is_err());
    }
}
