//! Following redirections, by hand: what may go along to another host is for us to say.

use longshore_engine::Fault;
use reqwest::header::{self, HeaderName};
use reqwest::{Method, Response, StatusCode, Url};

use super::Request;

/// Redirections that are followed.
pub(super) const MOST: usize = 10;

/// Headers that may go to another host.
const HARMLESS: [HeaderName; 4] = [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE, header::USER_AGENT];

/// Where an answer sends us, if it does.
pub(super) fn target(answer: &Response) -> Option<String> {
    let sends = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let target = answer.headers().get(header::LOCATION).filter(|_| sends)?;
    Some(String::from_utf8_lossy(target.as_bytes()).into_owned())
}

impl Request {
    /// The request to make next.
    pub(super) fn redirected(mut self, target: &str, status: StatusCode) -> Result<Self, Fault> {
        let refused = |why: &str| refused(&self.url, why);
        let url = self.url.join(target).map_err(|error| refused(&format!("it cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("it is no address of http or https"));
        }
        if self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(refused("it leads from https to http, where anybody can read along"));
        }
        let keeps_body = matches!(status.as_u16(), 307 | 308) || matches!(self.method, Method::GET | Method::HEAD);
        let elsewhere = self.url.origin() != url.origin();
        if elsewhere && keeps_body && self.body.is_some() {
            return Err(refused("it leads what was sent to another host"));
        }
        if !keeps_body {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(header::CONTENT_TYPE);
        }
        if elsewhere {
            let kept = self.headers.iter().filter(|(name, _)| HARMLESS.contains(name));
            self.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        self.url = url;
        Ok(self)
    }
}

fn refused(from: &Url, why: &str) -> Fault {
    Fault::permanent("http.redirect", "A redirection was not followed", why).at_place(super::fault::place(from))
}

/// They do not end.
pub(super) fn too_many(at: &Url) -> Fault {
    refused(at, &format!("there were more than {MOST} of them"))
}
