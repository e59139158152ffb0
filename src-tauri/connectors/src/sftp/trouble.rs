//! What goes wrong with a server, and how it is told.

use std::sync::Arc;

use longshore_transfer::level::Turn;
use longshore_transfer::storage::{Error, Status};

use super::wire::{Malformed, status};
use crate::place::Place;

/// A connection that could not be made, or does not work any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) code: &'static str,
    pub(super) why: Arc<str>,
}

impl Lost {
    pub(super) fn new(code: &'static str, why: impl AsRef<str>) -> Self {
        Self { code, why: why.as_ref().into() }
    }

    /// What another try can hope for: nothing where the server's identity or the login is in question.
    pub(super) fn status(&self) -> Status {
        match self.code {
            "ssh.lost" | "ssh.timeout" | "ssh.unreachable" => Status::Transient,
            "ssh.protocol" => Status::Permanent,
            _ => Status::Unusable,
        }
    }

    /// The failure of connecting to `server`.
    pub(super) fn connecting(&self, server: &str) -> Error {
        let what = format!("Connecting to {server}");
        let (code, status, why) = (self.code, self.status(), self.why.to_string());
        Error { code, status, what, why, path: Vec::new(), storage: String::new() }
    }
}

/// Why a request gave nothing.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The server refused: its code and its words.
    Refused(u32, String),
    /// The connection is gone, and what was asked for may or may not have been done.
    Lost(Lost),
    /// There is nothing more to be had: end of a file or listing.
    End,
    /// The file is not the one that it was, and how that was seen.
    Changed(&'static str),
    /// It is told already.
    Told(Error),
}

impl From<Lost> for Trouble {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<Malformed> for Trouble {
    fn from(_: Malformed) -> Self {
        Self::Lost(Lost::new("ssh.protocol", "the server's reply is not what the SFTP protocol says"))
    }
}

impl Trouble {
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(status::NO_SUCH_FILE, _))
    }

    /// Whether the server said no more than that it failed.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Refused(status::FAILURE, _))
    }

    /// Tells the turn in which it came whether it may have been one too many.
    pub(super) fn seen(&self, turn: &mut Turn) {
        if matches!(self, Self::Lost(lost) if lost.status() == Status::Transient) {
            turn.too_much();
        }
    }

    /// The same in the operator's words: `verb` ("Reading", ...) on `place` failed.
    pub(super) fn tell(self, place: &Place, verb: &str) -> Error {
        match self {
            Self::Told(error) => error,
            Self::Lost(lost) => place.told(verb, lost.code, lost.status(), lost.why.as_ref()),
            Self::End => place.told(verb, "file.cut_short", Status::Transient, "the file ends earlier than it should"),
            Self::Changed(why) => place.told(verb, "file.changed", Status::Permanent, why),
            Self::Refused(code, words) => {
                let (known, state, why) = classify(code);
                place.told(verb, known, state, format!("{why} (the server says: {words})"))
            }
        }
    }
}

fn classify(code: u32) -> (&'static str, Status, &'static str) {
    use Status::{Permanent, Transient};
    match code {
        status::NO_SUCH_FILE => ("file.missing", Permanent, "it is not there"),
        status::PERMISSION_DENIED => ("file.denied", Permanent, "this user is not allowed to"),
        status::UNSUPPORTED => ("ssh.unsupported", Permanent, "the server does not do that"),
        status::BAD_MESSAGE => ("path.refused", Permanent, "the server does not take this name"),
        _ => (
            "io.error",
            Transient,
            "the server gives no reason; a full disk, a used-up quota or a name that is too long are usual ones",
        ),
    }
}

/// A failure of libssh2 on a connection that worked.
pub(super) fn broken(error: &ssh2::Error) -> Lost {
    Lost::new("ssh.lost", format!("the connection broke: {}", error.message()))
}
