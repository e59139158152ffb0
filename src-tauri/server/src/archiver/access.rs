//! Who may use the interface: users of SciCat for uploads, one user with a password for jobs.

use std::fmt;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_api::wire::{HiddenText, IngestWhoArgs, IngestWhoIs};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{Desk, answer};
use crate::tokens::credentials;

/// How long a token of ours holds.
pub(super) const LIFE: Duration = Duration::from_hours(1);

/// Who may use the archiver's interface.
#[derive(Clone)]
pub enum Access {
    /// Whoever can reach it: every program of this machine.
    Open,
    /// Uploads: those whom SciCat knows; jobs: this user.
    Known {
        /// `user:password` of who may start jobs; nobody may without.
        jobs: Option<String>,
        /// Groups of SciCat of which one is needed for uploads; any will do if there are none.
        groups: Vec<String>,
    },
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Known { jobs, groups } => write!(f, "Known(jobs {}, groups {groups:?})", jobs.is_some()),
        }
    }
}

/// Lets in whoever may start jobs.
pub(super) fn for_jobs(desk: &Desk, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let Access::Known { jobs, .. } = &*desk.access else { return Ok(()) };
    let given = credentials(headers, "basic").and_then(|text| STANDARD.decode(text).ok());
    match (given, jobs) {
        (Some(given), Some(known)) if bool::from(given.ct_eq(known.as_bytes())) => Ok(()),
        _ => Err(Box::new(answer::refused("Basic", "Not authenticated"))),
    }
}

/// Lets in whoever may upload.
pub(super) fn for_uploads(desk: &Desk, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if matches!(*desk.access, Access::Open) {
        return Ok(());
    }
    match credentials(headers, "bearer") {
        Some(token) if desk.tokens.whose(token).is_some() => Ok(()),
        Some(_) => Err(Box::new(answer::refused("Bearer", "The token is not valid any more: ask for one at /token"))),
        None => Err(Box::new(answer::refused("Bearer", "Not authenticated"))),
    }
}

/// A token for uploads, for one of SciCat.
pub(super) async fn token(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let Some(theirs) = credentials(&headers, "bearer") else {
        return answer::refused("Bearer", "Not authenticated");
    };
    let found = match desk.session.call::<IngestWhoIs>(IngestWhoArgs { token: HiddenText(theirs.to_owned()) }).await {
        Ok(who) => who.groups,
        Err(fault) => return answer::failed(&fault, None),
    };
    let Some(found) = found else { return answer::refused("Bearer", "SciCat does not know the token") };
    if let Access::Known { groups, .. } = &*desk.access
        && !groups.is_empty()
        && !groups.iter().any(|group| found.contains(group))
    {
        return answer::refused("Bearer", "The user is in none of the groups that may upload");
    }
    answer::done(json!({
        "access_token": desk.tokens.give(()), "expires_in": LIFE.as_secs(), "refresh_token": null, "refresh_expires_in": 0,
        "token_type": "Bearer", "not-before-policy": 0, "session_state": null, "scope": "upload",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_password_is_shown() {
        let access = Access::Known { jobs: Some("user:word".into()), groups: vec![] };
        assert_eq!(format!("{access:?}"), "Known(jobs true, groups [])");
    }
}
