//! Why a request did not do, and whether another one may.

use std::time::Duration;

use longshore_transfer::storage::{Error, Status};
use reqwest::{Response, StatusCode};

use super::told;
use crate::net;
use crate::place::Place;

/// Bytes of an answer that are read to be told.
const TOLD: usize = 300;

/// Longest wait that a server may ask for, while a caller waits. One that asks for more is told as busy, and the task is retried.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A failure before it is known which file it concerns.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) code: &'static str,
    pub(crate) status: Status,
    pub(crate) why: String,
    /// How long the server asks to wait.
    pub(crate) after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn new(code: &'static str, status: Status, why: impl Into<String>) -> Self {
        Self { code, status, why: why.into(), after: None }
    }

    pub(crate) fn permanent(code: &'static str, why: impl Into<String>) -> Self {
        Self::new(code, Status::Permanent, why)
    }

    pub(crate) fn transient(code: &'static str, why: impl Into<String>) -> Self {
        Self::new(code, Status::Transient, why)
    }

    /// The other side said nothing for so long.
    pub(crate) fn silence(patience: Duration) -> Self {
        Self::transient("io.timeout", format!("the server said nothing for {} s", patience.as_secs_f32()))
    }

    /// No answer, or the rest of one did not come.
    pub(crate) fn of_error(error: &reqwest::Error) -> Self {
        let words = told::chain(error);
        match net::verdict(error) {
            Some((code, status, why)) => Self::new(code, status, why),
            None if error.is_timeout() => Self::transient("io.timeout", words),
            None => Self::transient("net.broken", format!("the connection broke ({words})")),
        }
    }

    /// An answer whose status says no.
    pub(crate) async fn of_answer(answer: Response) -> Self {
        let status = answer.status();
        let after = told::retry_after(status, answer.headers());
        let said = beginning(answer).await;
        let mut trouble = Self::of_status(status);
        if !said.is_empty() {
            trouble.why = format!("{}: {said}", trouble.why);
        }
        Self { after, ..trouble }
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        use Status::{Permanent, Transient, Unusable};
        let (code, kind, words) = match status.as_u16() {
            401 => ("http.denied", Permanent, "the server does not accept the user and password, or the token"),
            403 => ("http.denied", Permanent, "the server does not allow it to this user"),
            407 => ("http.denied", Permanent, "a proxy on the way wants a login"),
            404 | 410 => ("file.missing", Permanent, "it is not there"),
            405 | 501 => ("http.not_offered", Permanent, "the server does not offer that"),
            412 => ("file.exists", Permanent, "something of that name is there already"),
            413 => ("file.too_large", Permanent, "the server takes no file that large"),
            414 => ("path.too_long", Permanent, "the server takes no path that long"),
            423 => ("webdav.locked", Transient, "somebody else has locked it on the server"),
            429 | 503 => ("http.busy", Transient, "the server is busy"),
            507 => ("storage.full", Unusable, "no space is left on the server, or the quota is used up"),
            _ if told::retryable(status) => ("http.server", Transient, "the server failed"),
            _ => ("http.status", Permanent, "the server refused"),
        };
        Self::new(code, kind, format!("{words} ({status})"))
    }

    /// Told of what was being done.
    pub(crate) fn at(self, place: &Place, verb: &str) -> Error {
        place.told(verb, self.code, self.status, self.why)
    }
}

/// The beginning of an answer's text, on one line; of a page of HTML nothing, as it says nothing in so few words.
async fn beginning(mut answer: Response) -> String {
    let mut text = Vec::new();
    while text.len() < TOLD {
        match tokio::time::timeout(Duration::from_secs(2), answer.chunk()).await {
            Ok(Ok(Some(chunk))) => text.extend_from_slice(&chunk),
            // What cannot be read adds nothing to the failure that is told.
            _ => break,
        }
    }
    text.truncate(TOLD);
    let text = String::from_utf8_lossy(&text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.starts_with('<') { String::new() } else { line }
}

/// Tries of one thing, counted from when it last came forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    left: u32,
    of: u32,
}

impl Tries {
    pub(crate) fn new(of: u32) -> Self {
        Self { left: of, of }
    }

    /// Bytes came: what failed before is past.
    pub(crate) fn came_forward(&mut self) {
        self.left = self.of;
    }

    /// How long to wait before the next try; the trouble itself when there is none.
    pub(crate) fn after(&mut self, trouble: Trouble) -> Result<Duration, Trouble> {
        let asked = trouble.after.unwrap_or_default();
        if trouble.status != Status::Transient || self.left == 0 || asked > LONGEST_WAIT {
            return Err(trouble);
        }
        let failed = self.of - self.left;
        self.left -= 1;
        // 50 ms, 200 ms, 800 ms, 3.2 s, ...
        Ok(asked.max(Duration::from_millis(50 << (2 * failed.min(4)))))
    }
}
