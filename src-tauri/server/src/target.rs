//! Where events go: a file, or an HTTP server.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Appended to this file, one a line.
    File(PathBuf),
    /// Posted to this server, one by one.
    Server(Url),
}

/// An event was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Another try may do.
    Now(io::Error),
    /// The server says that the event itself is wrong.
    ForGood(io::Error),
}

impl Target {
    /// A server by its address, `http[s]://host[:port]/path`, without a user or password in it. A certificate is always checked.
    pub fn server(url: &str) -> Option<Self> {
        let url: Url = url.parse().ok()?;
        let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        (plain && url.host_str().is_some()).then_some(Self::Server(url))
    }

    /// Its name in the workspace. A query is left out: some servers want a key in it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", path.display()),
            Self::Server(url) => url.as_str().split(['?', '#']).next().unwrap_or_default().to_owned(),
        }
    }

    /// Delivers one event.
    pub(crate) async fn take(&self, event: &str) -> Result<(), Refused> {
        match self {
            Self::File(path) => append(path.clone(), format!("{event}\n")).await.map_err(Refused::Now),
            Self::Server(url) => post(url, event).await,
        }
    }
}

async fn append(path: PathBuf, line: String) -> io::Result<()> {
    let write = move || {
        use io::Write as _;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        // One write a line, so that several writers do not mix theirs.
        file.write_all(line.as_bytes())
    };
    tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

async fn post(url: &Url, event: &str) -> Result<(), Refused> {
    let request = client().map_err(Refused::Now)?.post(url.clone());
    let sent = request.header(CONTENT_TYPE, "application/json").body(event.to_owned()).send().await;
    // Without the address: its query may hold a key.
    let status = sent.map_err(|error| Refused::Now(io::Error::other(error.without_url())))?.status();
    let said = || io::Error::other(format!("it answered {status}"));
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(Refused::ForGood(said()))
        }
        _ => Err(Refused::Now(said())),
    }
}

/// A client that follows no redirection: an event goes where the operator sends it.
fn client() -> io::Result<Client> {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    // Another part of the process may have chosen one before; either will do.
    PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build();
    client.map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_what_is_none_refused() {
        for url in ["http://localhost:5000/api/v1/lineage", "https://collector", "http://collector/?key=1"] {
            assert!(Target::server(url).is_some(), "{url}");
        }
        for url in ["collector:5000", "http://", "ftp://collector/a", "http://user:secret@a/b", "http://user@a/b"] {
            assert_eq!(Target::server(url), None, "{url}");
        }
        let keyed = Target::server("https://collector/api?key=open-sesame");
        assert_eq!(keyed.map(|target| target.name()).as_deref(), Some("https://collector/api"));
    }
}
