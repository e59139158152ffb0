//! Why the store did not do what it was asked.

use std::path::PathBuf;

use longshore_engine::{Class, Fault};
use rusqlite::ErrorCode;

/// Result of a call to the store.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store did not do what it was asked. Nothing of the call was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A newer Longshore has written this database. It was not touched.
    #[error("{} has schema version {found}; this program knows versions up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The file is no database of Longshore. It was not touched.
    #[error("{} is not a database of Longshore: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The file is damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// Another process holds SQLite's lock for longer than the busy timeout.
    #[error("another process holds the database's lock")]
    Locked,
    /// No room on the file system.
    #[error("the file system that holds the database is full")]
    Full,
    /// The file may not be opened or written.
    #[error("the database cannot be opened or written: {0}")]
    Denied(String),
    /// Anything else that SQLite or the disk says.
    #[error("the database failed: {0}")]
    Failed(String),
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
    /// No such thing.
    #[error("there is no {what} {key:?}")]
    NotFound {
        /// Its kind.
        what: &'static str,
        /// What was asked for.
        key: String,
    },
    /// The name or identifier is in use.
    #[error("the {what} {value:?} exists already")]
    Taken {
        /// `name`, `pid`, `run`, `run key`.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// A step that the ledger or the journal does not allow.
    #[error("refused: {0}")]
    Refused(String),
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "database.newer",
            Self::Foreign { .. } => "database.foreign",
            Self::Corrupt(_) => "database.corrupt",
            Self::Locked => "database.locked",
            Self::Full => "database.full",
            Self::Denied(_) => "database.denied",
            Self::Failed(_) => "database.failed",
            Self::Closed => "database.closed",
            Self::NotFound { what: "run", .. } => "run.unknown",
            Self::NotFound { what: "dataset", .. } => "dataset.unknown",
            Self::NotFound { .. } => "database.not_found",
            Self::Taken { what: "file", .. } => "backup.exists",
            Self::Taken { .. } => "database.taken",
            Self::Refused(_) => "database.refused",
        }
    }

    /// What a retry can hope for.
    pub fn class(&self) -> Class {
        match self {
            Self::Locked => Class::Transient,
            Self::NotFound { .. } | Self::Taken { .. } | Self::Refused(_) => Class::Permanent,
            _ => Class::Fatal,
        }
    }

    /// What the operator can do.
    fn advice(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "Open this workspace with the newer Longshore, or choose another workspace.",
            Self::Foreign { .. } => "Move this file away, or choose another workspace.",
            Self::Corrupt(_) => {
                "Keep a copy of the file, then put back a backup of it; datasets on the LTS are not affected."
            }
            Self::Locked => {
                "Find the program that has the file open (a backup, a database browser), end it, and try again."
            }
            Self::Full => "Free space on the workspace's file system, then retry; nothing that was confirmed is lost.",
            Self::Denied(_) => {
                "Check owner and mode of the workspace folder, and that its file system is mounted for writing."
            }
            Self::Failed(_) => "Look at the system's log for errors of the disk, then retry.",
            Self::Closed | Self::NotFound { .. } | Self::Taken { .. } | Self::Refused(_) => "",
        }
    }

    /// As the operator sees it.
    pub fn fault(&self) -> Fault {
        let what = match self {
            Self::NotFound { .. } | Self::Taken { .. } | Self::Refused(_) => "The database refused a request",
            _ => "The workspace's database cannot be used",
        };
        Fault::new(self.class(), self.code(), what, self.to_string()).now(self.advice())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        error.fault()
    }
}

impl From<Error> for longshore_catalogue::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { what, key } => Self::NotFound { what, key },
            Error::Taken { what: field, value } => Self::Taken { field, value },
            Error::Refused(why) => Self::Refused(why),
            other => Self::Database(other.to_string()),
        }
    }
}

/// What stops a piece of work on a connection: SQLite, or a rule of ours. Becomes an [`Error`] before it leaves the crate.
#[derive(Debug)]
pub(crate) enum Abort {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// A rule said no.
    Told(Error),
}

/// Result of work on a connection.
pub(crate) type Work<T> = std::result::Result<T, Abort>;

impl From<rusqlite::Error> for Abort {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Abort {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<serde_json::Error> for Abort {
    fn from(error: serde_json::Error) -> Self {
        Self::Told(Error::Corrupt(format!("a row holds JSON that cannot be read: {error}")))
    }
}

impl From<Abort> for Error {
    fn from(abort: Abort) -> Self {
        match abort {
            Abort::Told(error) => error,
            Abort::Sql(error) => of_sqlite(&error),
        }
    }
}

fn of_sqlite(error: &rusqlite::Error) -> Error {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(text),
        Some(ErrorCode::DiskFull) => Error::Full,
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::Denied(text),
        _ => Error::Failed(text),
    }
}

impl From<rusqlite::types::FromSqlError> for Abort {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Sql(error.into())
    }
}

/// A refusal.
pub(crate) fn refused<T>(why: impl Into<String>) -> Work<T> {
    Err(Error::Refused(why.into()).into())
}

/// A row that must be there and is not.
pub(crate) fn missing(what: &'static str, key: impl std::fmt::Display) -> Abort {
    Error::NotFound { what, key: key.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: &Error) -> String {
        let fault = error.fault();
        format!("{} ({:?})\n{}\n{}", fault.code, fault.class, fault, fault.now)
    }

    #[test]
    fn a_fault_says_what_why_and_what_to_do() {
        let newer = Error::Newer { path: "/data/longshore.db".into(), found: 3, known: 1 };
        assert_eq!(
            told(&newer),
            "database.newer (Fatal)\nThe workspace's database cannot be used: /data/longshore.db has schema version 3; this \
             program knows versions up to 1\nOpen this workspace with the newer Longshore, or choose another workspace."
        );
        assert_eq!(
            told(&Error::Locked),
            "database.locked (Transient)\nThe workspace's database cannot be used: another process holds the database's lock\n\
             Find the program that has the file open (a backup, a database browser), end it, and try again."
        );
        assert_eq!(
            told(&Error::NotFound { what: "run", key: "R1".into() }),
            "run.unknown (Permanent)\nThe database refused a request: there is no run \"R1\"\n"
        );
    }
}
