//! What requests and answers say, for whoever makes requests.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use reqwest::header::{self, HeaderMap};
use reqwest::{ClientBuilder, StatusCode, Url};

/// A client that follows no redirection by itself and checks certificates by what this machine trusts.
pub fn client() -> ClientBuilder {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    // Another part of the process may have chosen one before; either will do.
    PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let agent = concat!("longshore/", env!("CARGO_PKG_VERSION"));
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).user_agent(agent)
}

/// Host and port: of an address, what may be told. Its path and query may hold secrets.
pub fn place(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// All that an error says, from the outside in; without the address, which may hold secrets.
pub fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    if let Some(url) = error.url() {
        text = text.replace(url.as_str(), &place(url));
    }
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// Whether another try may give another answer.
pub fn retryable(status: StatusCode) -> bool {
    let never = matches!(status.as_u16(), 501 | 505 | 507 | 508);
    (status.is_server_error() && !never) || matches!(status.as_u16(), 408 | 425 | 429)
}

/// How long the other side asks us to wait, if it does: in seconds, or until a time (RFC 9110, 10.2.3).
pub fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match asked.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(asked).ok()?.duration_since(SystemTime::now()).unwrap_or_default(),
    };
    matches!(status.as_u16(), 429 | 503).then_some(asked)
}
