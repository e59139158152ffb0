//! The test of a connection, step by step.

use longshore_transfer::storage::{Finish, Result, Storage};
use reqwest::{Method, StatusCode};

use super::{Ask, Http, Site, Trouble, wait};
use crate::{Connection, Step, net, step};

/// Name of the file that writing is tried with.
pub(crate) const PROBE: &[u8] = b"longshore-test-of-the-connection";

/// Every step until one fails.
pub(super) fn run(connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let storage = step(tell, "options", || {
        Http::open(&connection.id, connection, folder).map(|http| {
            let words = super::told::place(&http.site.base);
            (http, words)
        })
    })?;
    reach(&storage.site, tell)?;
    let status = step(tell, "login", || login(&storage.site))?;
    step(tell, "head", || Ok(((), seen(status))))?;
    if write { write_and_delete(&storage, tell) } else { Some(()) }
}

/// The steps up to a connection whose other side has proved who it is.
pub(crate) fn reach(site: &Site, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let secure = site.base.scheme() == "https";
    net::reach(&site.destination(), secure.then_some(site.authorities.as_slice()), tell)
}

/// Whether the server takes us for who we say we are. What lies at the top does not matter for that.
fn login(site: &Site) -> Result<(StatusCode, String)> {
    let (place, ask) = (site.place(b""), Ask::new(Method::HEAD, site.base.clone()));
    let status = wait(&place, "Logging in to", async {
        let answer = site.answer(&ask).await?;
        let status = answer.status();
        match status.as_u16() {
            401 | 407 => Err(Trouble::of_answer(answer).await),
            _ if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => {
                Err(Trouble::of_answer(answer).await)
            }
            _ => Ok(status),
        }
    })?;
    let with = site.headers.contains_key(reqwest::header::AUTHORIZATION);
    Ok((status, if with { "the server does not refuse the login" } else { "none is needed" }.into()))
}

fn seen(status: StatusCode) -> String {
    if status.is_success() {
        return format!("the top is there ({status})");
    }
    format!("the top itself is not shown ({status}), as is usual without a listing; files below it may be")
}

/// A small file is written, and deleted again.
pub(crate) fn write_and_delete(storage: &dyn Storage, tell: &mut dyn FnMut(Step)) -> Option<()> {
    step(tell, "write", || {
        let mut writer = storage.write(PROBE, None)?;
        writer.write(b"Written by Longshore to test the connection; it may be deleted.\n")?;
        writer.commit(&Finish { replace: true, ..Finish::default() })?;
        Ok(((), "a small file was written".into()))
    })?;
    step(tell, "delete", || {
        storage.delete(PROBE)?;
        Ok(((), "it is gone again".into()))
    })
}
