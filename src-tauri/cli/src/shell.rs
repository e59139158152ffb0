//! What every command works with: the workspace, opened when it is needed, and where its words go.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use longshore_api::{Fault, PathBytes, Role, Session, default_folder, profile_folder, workspace_for_one_run};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::alone::Alone;
use crate::output::Output;

/// A command's surroundings.
pub(crate) struct Shell {
    pub out: Output,
    /// What the command does without a workspace.
    pub alone: Alone,
    workspace: Option<PathBuf>,
    profile: Option<String>,
    opens: AtomicBool,
    session: OnceCell<Session>,
    /// The folder of a workspace for one run alone; it goes away with this.
    apart: OnceLock<TempDir>,
}

impl Shell {
    pub(crate) fn new(out: Output, workspace: Option<PathBuf>, profile: Option<String>) -> Self {
        Self {
            out,
            alone: Alone::default(),
            workspace,
            profile,
            opens: AtomicBool::new(false),
            session: OnceCell::new(),
            apart: OnceLock::new(),
        }
    }

    /// Opens the workspace, in the role that the command has to it.
    pub(crate) async fn open(&self, role: Role) -> Result<&Session, Fault> {
        self.opens.store(true, Ordering::Relaxed);
        self.session.get_or_try_init(|| async { Session::open(&self.folder()?, role).await }).await
    }

    /// The folder of the workspace's profile.
    pub(crate) fn folder(&self) -> Result<PathBuf, Fault> {
        if let Some(apart) = self.apart.get() {
            return Ok(apart.path().to_owned());
        }
        let top = self.workspace.clone().map_or_else(default_folder, Ok)?;
        profile_folder(&top, self.profile.as_deref())
    }

    /// From now on works in a workspace made for this command alone, which knows the connections of the one that was asked for.
    pub(crate) fn step_apart(&self, keep: bool) -> Result<PathBuf, Fault> {
        let top = self.workspace.clone().map_or_else(default_folder, Ok)?;
        let made = tempfile::Builder::new().prefix("longshore-run-").disable_cleanup(keep).tempdir();
        let made = made.map_err(|error| {
            let at = std::env::temp_dir().display().to_string();
            Fault::permanent("workspace.unusable", "No workspace could be made for this run", error.to_string())
                .now("Name another folder for what goes away again with TMPDIR.")
                .at_place(at)
        })?;
        workspace_for_one_run(&top, self.profile.as_deref(), made.path())?;
        Ok(self.apart.get_or_init(|| made).path().to_owned())
    }

    /// Whether the command opened the workspace, or was about to: runs may have been carried on by then.
    pub(crate) fn opens(&self) -> bool {
        self.opens.load(Ordering::Relaxed)
    }

    /// Whether the workspace is one that was made for this command alone.
    pub(crate) fn is_apart(&self) -> bool {
        self.apart.get().is_some()
    }

    /// The workspace, if the command opened it.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.get()
    }
}

/// A path of this machine that was given on the command line, absolute and in its text form. A `/` at its end is kept: it means
/// "what lies in it".
pub(crate) fn local(path: &OsStr) -> Result<String, Fault> {
    let text = |bytes: &[u8]| PathBytes::new(bytes).to_text();
    let path = Path::new(path);
    let unusable = |error: std::io::Error| {
        Fault::permanent(
            "source.missing",
            format!("{} cannot be used", text(path.as_os_str().as_bytes())),
            error.to_string(),
        )
    };
    let path = absolute(path).map_err(unusable)?;
    Ok(text(path.as_os_str().as_bytes()))
}

fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    if !path.components().any(|part| part == Component::ParentDir) {
        return std::path::absolute(path);
    }
    // Only the file system knows what lies above a folder that was reached through a link. The last component is not followed.
    let slash = path.as_os_str().as_bytes().ends_with(b"/");
    let found = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => std::path::absolute(parent)?.canonicalize()?.join(name),
        _ => path.canonicalize()?,
    };
    let mut bytes = found.into_os_string().into_vec();
    if slash && !bytes.ends_with(b"/") {
        bytes.push(b'/');
    }
    Ok(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// A path inside a dataset: its text form, as it is shown; one that is not UTF-8 is taken byte for byte.
pub(crate) fn inside(path: &OsStr) -> String {
    path.to_str().map_or_else(|| PathBytes::new(path.as_bytes()).to_text(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_become_absolute_and_keep_their_end() {
        let here = std::env::current_dir().unwrap().to_str().unwrap().to_owned();
        assert_eq!(local(OsStr::new("a")).unwrap(), format!("{here}/a"));
        assert_eq!(local(OsStr::new("./a/")).unwrap(), format!("{here}/a/"));
        assert_eq!(local(OsStr::new(".")).unwrap(), here);
        assert_eq!(local(OsStr::new("src/../src/")).unwrap(), format!("{here}/src/"));
        assert_eq!(local(OsStr::from_bytes(b"/tmp/\xff")).unwrap(), "/tmp/\\xFF");
    }
}
