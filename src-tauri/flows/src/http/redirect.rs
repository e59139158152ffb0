//! Following redirections, by hand: what may go along to another host is for us to say.

use longshore_connectors::http::redirect::{harmless, hop};
use longshore_connectors::http::{redirect, told};
use longshore_engine::Fault;
use reqwest::header;
use reqwest::{Method, StatusCode, Url};

use super::Request;

impl Request {
    /// The request to make next.
    pub(super) fn redirected(mut self, target: &str, status: StatusCode) -> Result<Self, Fault> {
        let next = hop(&self.url, &self.method, status, target).map_err(|why| refused(&self.url, &why))?;
        if next.elsewhere && next.keeps && self.body.is_some() {
            return Err(refused(&self.url, "it leads what was sent to another host"));
        }
        if !next.keeps {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(header::CONTENT_TYPE);
        }
        if next.elsewhere {
            self.headers = harmless(&self.headers);
        }
        self.url = next.url;
        Ok(self)
    }
}

fn refused(from: &Url, why: &str) -> Fault {
    Fault::permanent("http.redirect", "A redirection was not followed", why).at_place(told::place(from))
}

/// They do not end.
pub(super) fn too_many(at: &Url) -> Fault {
    refused(at, &format!("there were more than {} of them", redirect::MOST))
}
