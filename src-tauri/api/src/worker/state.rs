//! The place that the workers of a run share: small JSON documents on any storage.

use std::fmt::Write as _;
use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_connectors::local::Local;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_flows::kind::Storages;
use longshore_transfer::storage::{Error, Finish, Kind, ReadOptions, Storage, join};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;
/// Bytes that a document may have: an output may have 8 MiB, a page of the ledger less.
const MOST: usize = 64 << 20;

/// A folder of the place.
#[derive(Clone)]
pub(crate) struct State {
    storage: Arc<dyn Storage>,
    folder: Vec<u8>,
}

impl State {
    /// The place that is meant: a folder of this machine, made if need be, or `CONNECTION:PATH`.
    pub(crate) fn open(location: &str, storages: &dyn Storages) -> Result<Self, Fault> {
        let away = location.split_once(':').filter(|(name, _)| !name.is_empty() && !name.contains('/'));
        if let Some((name, path)) = away {
            let folder = plain(location, path)?;
            return Ok(Self { storage: storages.storage(name)?, folder });
        }
        let unusable = |error: std::io::Error| {
            Fault::fatal("state.unusable", format!("{location} cannot hold the state of runs"), error.to_string())
                .now("Name a folder that all workers share, or CONNECTION:PATH.")
        };
        let path = std::path::absolute(location).map_err(unusable)?;
        std::fs::create_dir_all(&path).map_err(unusable)?;
        let (name, bytes) = (crate::fault::text(&path), crate::fault::bytes(&path).into_bytes());
        let local = Local::open(&name, &bytes).map_err(|error| of_storage(&name, &error))?;
        Ok(Self { storage: Arc::new(local), folder: Vec::new() })
    }

    /// A folder in it.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { storage: self.storage.clone(), folder: join(&self.folder, name.as_bytes()) }
    }

    fn told(&self, error: &Error) -> Fault {
        of_storage(self.storage.name(), error)
    }

    fn path(&self, name: &str) -> Vec<u8> {
        join(&self.folder, name.as_bytes())
    }

    /// A document, if it is there.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Fault> {
        let path = self.path(name);
        let mut reader = match self.storage.read(&path, ReadOptions::default()) {
            Err(error) if error.code == "file.missing" => return Ok(None),
            read => read.map_err(|error| self.told(&error))?,
        };
        let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE]);
        loop {
            let count = reader.read(&mut piece).map_err(|error| self.told(&error))?;
            bytes.extend_from_slice(&piece[..count]);
            if count < piece.len() {
                break;
            }
            if bytes.len() > MOST {
                return Err(self.malformed(name, "it is too large"));
            }
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.malformed(name, &error.to_string()))
    }

    fn malformed(&self, name: &str, why: &str) -> Fault {
        let file = PathBytes::new(self.path(name)).to_text();
        Fault::permanent("state.malformed", format!("{file} is not what a worker has written"), why)
            .now("Another program may write there: give each workspace and each engine a place of its own.")
            .on_file(file)
            .at_place(self.storage.name())
    }

    /// Writes a document, in the place of one of its name. Others see the whole of it, or what was there before.
    pub(crate) fn write(&self, name: &str, document: &impl Serialize) -> Result<(), Fault> {
        let mut text = serde_json::to_vec(document)
            .map_err(|error| Fault::permanent("task.output", format!("{name} cannot be written"), error.to_string()))?;
        text.push(b'\n');
        let write = || {
            let mut writer = self.storage.write(&self.path(name), None)?;
            writer.write(&text)?;
            writer.commit(&Finish { replace: true, durable: true, ..Finish::default() })
        };
        write().map(drop).map_err(|error| self.told(&error))
    }

    /// Takes a document away; one that is not there is well.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Fault> {
        self.storage.delete(&self.path(name)).map_err(|error| self.told(&error))
    }

    /// The names in it, of documents or of folders, in their order.
    pub(crate) fn names(&self, kind: Kind) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        let listed = self.storage.list(&self.folder, &mut |one| {
            if one.meta.kind == kind {
                names.extend(String::from_utf8(one.name).ok());
            }
            Ok(())
        });
        match listed {
            Err(error) if error.code == "file.missing" => {}
            listed => listed.map_err(|error| self.told(&error))?,
        }
        names.sort();
        Ok(names)
    }
}

/// A path on a storage, without empty components.
fn plain(location: &str, path: &str) -> Result<Vec<u8>, Fault> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| *part == "." || *part == "..") {
        let why = "a path holds no `.` and no `..`";
        return Err(Fault::permanent("location.wrong", format!("{location:?} is no place"), why));
    }
    Ok(parts.join("/").into_bytes())
}

/// A name as a component of a path on any storage: what is not a letter, a digit, `_`, `-` or a dot in it is written `%XX`.
pub(crate) fn component(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let mut text = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        if plain(byte) || (byte == b'.' && at > 0) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_component_of_any_path() {
        assert_eq!(component("manual__2026-11-23T20:00:00.5+00:00"), "manual__2026-11-23T20%3A00%3A00.5%2B00%3A00");
        assert_eq!(component(".."), "%2E.");
        assert_eq!(component("a/b%"), "a%2Fb%25");
    }
}
