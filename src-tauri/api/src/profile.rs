//! Profiles of a workspace: named sets of variables, limits and connections, and with them of everything that these lead to. Each is a
//! workspace in a folder of its own, so that nothing that was started in one can reach what another stands for: not its servers, its
//! storages, its ledger, nor its schedules. Only flow files are for all of them.
//!
//! `profiles.json` in the workspace's folder names them, and which one is on: the one that is opened where none is named. Without the file there is one
//! workspace and nothing to choose.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use longshore_engine::Fault;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::place::unusable;

/// The file that names them.
const FILE: &str = "profiles.json";
/// The folder that their folders lie in.
const FOLDER: &str = "profiles";
/// Name of the profile that is the workspace's folder itself.
const FIRST: &str = "default";
/// Characters of a name at most.
const NAME: usize = 40;

/// The colour that a profile is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProfileColour {
    /// Where things may be tried.
    Green,
    /// Nothing particular.
    Blue,
    /// Between the two.
    Amber,
    /// What counts.
    Red,
}

impl ProfileColour {
    /// The colour of a profile of this name where nobody chooses another.
    pub(crate) fn of(name: &str) -> Self {
        match crate::import::archiver::Profile::of(name) {
            Some(crate::import::archiver::Profile::Production) => Self::Red,
            Some(crate::import::archiver::Profile::Development) => Self::Green,
            Some(crate::import::archiver::Profile::Quality) => Self::Amber,
            None => Self::Blue,
        }
    }
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// Name.
    pub(crate) name: String,
    /// Colour.
    pub(crate) colour: ProfileColour,
}

/// The profiles of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profiles {
    /// Name of the one that is on.
    pub(crate) on: String,
    /// All, the workspace's folder itself first.
    pub(crate) profiles: Vec<Profile>,
}

impl Profiles {
    /// Those of the workspace in this folder; only the folder itself where there are no others.
    pub(crate) fn read(top: &Path) -> Result<Self, Fault> {
        let file = top.join(FILE);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::one()),
            Err(error) => return Err(unusable(&file, &error)),
        };
        let broken = |error: &dyn std::fmt::Display| {
            Fault::fatal("profile.file", format!("{} cannot be read", file.display()), error.to_string())
                .now("Mend the file; it names the profiles and which one is on.")
        };
        let found: Self = serde_json::from_str(&text).map_err(|error| broken(&error))?;
        match found.profiles.iter().find(|profile| !is_name(&profile.name)) {
            Some(odd) => Err(broken(&format!("{:?} is no name of a profile", odd.name))),
            None => Ok(found),
        }
    }

    fn one() -> Self {
        let only = Profile { name: FIRST.to_owned(), colour: ProfileColour::Blue };
        Self { on: FIRST.to_owned(), profiles: vec![only] }
    }

    /// Changes them; of two processes that do at once, one waits.
    pub(crate) fn change<T>(top: &Path, change: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let told = |error: io::Error| unusable(&top.join(FILE), &error);
        let guard = File::create(top.join("profiles.lock")).map_err(told)?;
        rustix::fs::flock(&guard, rustix::fs::FlockOperation::LockExclusive).map_err(|error| told(error.into()))?;
        let mut all = Self::read(top)?;
        let done = change(&mut all)?;
        all.write(top).map_err(told)?;
        Ok(done)
    }

    fn write(&self, top: &Path) -> io::Result<()> {
        // Whoever writes has the lock: nobody else writes this.
        let new = top.join("profiles.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(self).map_err(io::Error::other)?)?;
        file.sync_all()?;
        std::fs::rename(new, top.join(FILE))?;
        File::open(top)?.sync_all()
    }

    /// The one of a name.
    pub(crate) fn find(&self, name: &str) -> Result<&Profile, Fault> {
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Fault {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        Fault::permanent(
            "profile.unknown",
            format!("There is no profile {name:?}"),
            format!("There are: {}", names.join(", ")),
        )
        .now("Make one with: longshore profile set NAME")
    }

    /// Makes a profile, or gives one another colour.
    pub(crate) fn set(&mut self, name: &str, colour: Option<ProfileColour>) -> Result<(), Fault> {
        if !is_name(name) {
            let why = format!("{name:?} is not a name of lower-case letters, digits, `-` and `_`, at most {NAME}");
            return Err(Fault::permanent("profile.name", "The profile was not made", why));
        }
        if let Some(profile) = self.profiles.iter_mut().find(|profile| profile.name == name) {
            profile.colour = colour.unwrap_or(profile.colour);
            return Ok(());
        }
        let colour = colour.unwrap_or_else(|| ProfileColour::of(name));
        self.profiles.push(Profile { name: name.to_owned(), colour });
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    !name.is_empty() && name.len() <= NAME && name.chars().all(plain)
}

/// The folder of a profile of the workspace in `top`.
pub(crate) fn folder(top: &Path, name: &str) -> PathBuf {
    if name == FIRST { top.to_owned() } else { top.join(FOLDER).join(name) }
}

/// The workspace's folder that a profile's folder belongs to, and the profile's name.
pub(crate) fn of_folder(root: &Path) -> (PathBuf, String) {
    let above = || {
        let mut parts = root.components().rev();
        let (Some(Component::Normal(name)), Some(Component::Normal(folder))) = (parts.next(), parts.next()) else {
            return None;
        };
        let top: PathBuf = parts.rev().collect();
        let name = name.to_str().filter(|name| folder == FOLDER && is_name(name))?;
        top.join(FILE).is_file().then(|| (top, name.to_owned()))
    };
    above().unwrap_or_else(|| (root.to_owned(), FIRST.to_owned()))
}

/// The folder of the profile that is named, or else of the one that is on, of the workspace in `top`.
///
/// # Errors
/// `profile.unknown`; `profile.file` where the file that names the profiles cannot be read.
pub fn profile_folder(top: &Path, named: Option<&str>) -> Result<PathBuf, Fault> {
    let all = Profiles::read(top)?;
    let profile = all.find(named.unwrap_or(&all.on))?;
    Ok(folder(top, &profile.name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_workspace_without_profiles_is_one() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(profile_folder(temp.path(), None).unwrap(), temp.path());
        assert_eq!(profile_folder(temp.path(), Some("default")).unwrap(), temp.path());
        assert_eq!(profile_folder(temp.path(), Some("production")).unwrap_err().code, "profile.unknown");
    }

    #[test]
    fn a_profile_has_a_folder_of_its_own_and_nothing_is_switched_by_itself() {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path();
        Profiles::change(top, |all| all.set("production", None)).unwrap();
        assert_eq!(profile_folder(top, None).unwrap(), top);
        let folder = profile_folder(top, Some("production")).unwrap();
        assert_eq!(of_folder(&folder), (top.to_owned(), "production".to_owned()));
        assert_eq!(of_folder(top), (top.to_owned(), "default".to_owned()));
        assert_eq!(Profiles::read(top).unwrap().find("production").unwrap().colour, ProfileColour::Red);
        let before = Profiles::read(top).unwrap();
        for name in ["", "Big", "a/b", "..", "with space"] {
            let refused = Profiles::change(top, |all| all.set(name, None)).unwrap_err();
            assert_eq!(refused.code, "profile.name", "{name}");
        }
        assert_eq!(Profiles::read(top).unwrap(), before);
    }

    #[test]
    fn a_file_that_was_broken_by_hand_is_named() {
        let temp = tempfile::tempdir().unwrap();
        for text in ["{", r#"{"on": "x", "profiles": [{"name": "../x", "colour": "red"}]}"#] {
            std::fs::write(temp.path().join(FILE), text).unwrap();
            assert_eq!(profile_folder(temp.path(), None).unwrap_err().code, "profile.file", "{text}");
        }
    }
}
