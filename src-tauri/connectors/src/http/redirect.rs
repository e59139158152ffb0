//! Following redirections, by hand: what may go along to another host is for us to say.

use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Method, Response, StatusCode, Url};

/// Redirections that are followed.
pub const MOST: usize = 10;

/// Headers that may go to another host.
const HARMLESS: [HeaderName; 7] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::IF_RANGE,
    header::RANGE,
    header::USER_AGENT,
];

/// Where a redirection leads, and what it makes of a request.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Where to.
    pub url: Url,
    /// Whether that is another host, port or scheme: credentials stay behind.
    pub elsewhere: bool,
    /// Whether method and body stay what they are; otherwise it becomes a GET (RFC 9110, 15.4).
    pub keeps: bool,
}

/// Where an answer sends us, if it does.
pub fn target(answer: &Response) -> Option<String> {
    let sends = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let target = answer.headers().get(header::LOCATION).filter(|_| sends)?;
    Some(String::from_utf8_lossy(target.as_bytes()).into_owned())
}

/// What becomes of a request by `method` at `from` that is sent to `target`; why it is not followed.
pub fn hop(from: &Url, method: &Method, status: StatusCode, target: &str) -> Result<Hop, String> {
    let url = from.join(target).map_err(|error| format!("it cannot be read: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it is no address of http or https".into());
    }
    if from.scheme() == "https" && url.scheme() == "http" {
        return Err("it leads from https to http, where anybody can read along".into());
    }
    // PROPFIND reads, as GET and HEAD do.
    let reads = matches!(method.as_str(), "GET" | "HEAD" | "PROPFIND");
    let keeps = matches!(status.as_u16(), 307 | 308) || reads;
    Ok(Hop { elsewhere: from.origin() != url.origin(), url, keeps })
}

/// What of a request's headers may go to another host.
pub fn harmless(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| HARMLESS.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
