//! Where events go: a file, or an HTTP server.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are looked at.
const ANSWER: u64 = 256;

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Appended to this file, one a line.
    File(PathBuf),
    /// Posted to this server, one by one.
    Server {
        /// Host and port.
        authority: String,
        /// Path.
        path: String,
    },
}

impl Target {
    /// A server by its address, `http://host[:port]/path`. `https` is not spoken here: a collector with TLS is reached through one on this
    /// machine, or by way of the file.
    pub fn server(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '@';
        if authority.is_empty() || url.contains(wrong) {
            return None;
        }
        Some(Self::Server { authority: authority.to_owned(), path: format!("/{path}") })
    }

    /// Delivers one event.
    pub(crate) async fn take(&self, event: &str) -> io::Result<()> {
        match self {
            Self::File(path) => append(path.clone(), format!("{event}\n")).await,
            Self::Server { authority, path } => {
                let posted = tokio::time::timeout(PATIENCE, post(authority, path, event)).await;
                posted.unwrap_or_else(|_| Err(io::Error::other("it did not answer in time")))
            }
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

async fn post(authority: &str, path: &str, event: &str) -> io::Result<()> {
    let port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if port { authority.to_owned() } else { format!("{authority}:80") };
    let mut stream = TcpStream::connect(address).await?;
    let length = event.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(event.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER).read_to_end(&mut answer).await?;
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|code| code.parse::<u16>().ok());
    match status {
        Some(200..=299) => Ok(()),
        Some(code) => Err(io::Error::other(format!("it answered {code}"))),
        None => Err(io::Error::other("it did not answer as HTTP does")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_what_is_none_refused() {
        let server =
            |authority: &str, path: &str| Some(Target::Server { authority: authority.into(), path: path.into() });
        assert_eq!(Target::server("http://localhost:5000/api/v1/lineage"), server("localhost:5000", "/api/v1/lineage"));
        assert_eq!(Target::server("http://collector"), server("collector", "/"));
        for url in ["https://collector", "collector:5000", "http://", "http://a/b c", "http://user:secret@a/b"] {
            assert_eq!(Target::server(url), None, "{url}");
        }
    }
}
