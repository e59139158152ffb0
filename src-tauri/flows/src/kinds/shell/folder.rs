//! What lies on the scratch storage for a shell task run: its working folder, its script, its output.

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use longshore_engine::Fault;
use serde_json::Value;

use crate::kind::Context;

/// Bytes of an output at most.
pub(in crate::kinds) const LARGEST_OUTPUT: usize = 1 << 20;

/// The folder of a task run. Only this user can look into it.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it, or finds it as an earlier attempt left it, without that one's output.
    pub(super) fn make(context: &Context) -> Result<Self, Fault> {
        let scratch = context.services.storages.local_path("scratch")?;
        let index = context.index.map(|index| format!("-{index}")).unwrap_or_default();
        let folder = Self(scratch.join("shell").join(&context.run).join(format!("{}{index}", context.task)));
        let made = || {
            DirBuilder::new().recursive(true).mode(0o700).create(folder.work())?;
            match fs::remove_file(folder.output()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        };
        made().map_err(|error| failed("made ready", &folder.0, &error))?;
        Ok(folder)
    }

    pub(super) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    pub(super) fn output(&self) -> PathBuf {
        self.0.join("output")
    }

    /// Writes the script.
    pub(super) fn script(&self, text: &str) -> Result<PathBuf, Fault> {
        let path = self.0.join("script");
        let write = || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600).open(&path)?.write_all(text.as_bytes())
        };
        write().map_err(|error| failed("written", &path, &error))?;
        Ok(path)
    }

    /// The output that the program wrote to the file that it was told of, if it did.
    pub(super) fn written_output(&self) -> Result<Option<Value>, Fault> {
        let path = self.output();
        let mut bytes = Vec::new();
        let read = |bytes: &mut Vec<u8>| {
            let file = fs::File::open(&path)?;
            file.take(LARGEST_OUTPUT as u64 + 1).read_to_end(bytes)
        };
        match read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| failed("read", &path, &error))?,
        };
        if bytes.len() > LARGEST_OUTPUT {
            let why = format!("it wrote more than {LARGEST_OUTPUT} bytes to $LONGSHORE_OUTPUT");
            return Err(Fault::permanent("shell.output", "The output of the program was not taken", why)
                .now("Write large results to a storage, and give their path as the output."));
        }
        Ok(Some(read_output(&String::from_utf8_lossy(&bytes))))
    }

    /// Takes it away after a success, and the run's folder once it is empty.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)?;
        if let Some(run) = self.0.parent() {
            // Other task runs of the run may still have theirs in it.
            let _ = fs::remove_dir(run);
        }
        Ok(())
    }
}

/// JSON if it is that, else the text.
pub(in crate::kinds) fn read_output(text: &str) -> Value {
    let text = text.trim_end_matches(['\n', '\r']);
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into()))
}

fn failed(verb: &str, path: &Path, error: &io::Error) -> Fault {
    let what = format!("{} could not be {verb}", path.display());
    Fault::transient("shell.folder", what, error.to_string()).at_place("scratch")
}
