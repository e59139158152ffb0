//! As much of HTTP as two pages need: one GET a connection, from this machine.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use longshore_api::Session;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::metrics;

/// Bytes of a request at most.
const REQUEST: usize = 8 * 1024;
/// How long a client may take to send its request and to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections that are answered at a time.
const AT_ONCE: usize = 16;

/// An answer.
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: String,
}

impl Answer {
    fn text(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, session: Session) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let session = session.clone();
                tokio::spawn(async move {
                    // A client that is too slow, or goes, loses its answer and nothing else.
                    let _ = tokio::time::timeout(PATIENCE, answer(stream, &session)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a request could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, session: &Session) -> io::Result<()> {
    let head = head(&mut stream).await?;
    let Answer { status, kind, body } = match wanted(&head) {
        Ok("/metrics") => page(session).await,
        Ok("/healthz") => health(session).await,
        Ok(_) => Answer::text("404 Not Found", "There are /metrics and /healthz.\n"),
        Err(answer) => answer,
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// The request up to the empty line; what follows is not looked at.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") && bytes.len() < REQUEST {
        match stream.read(&mut buffer).await? {
            0 => break,
            read => bytes.extend(&buffer[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The path that a request asks for, or why it is not answered.
fn wanted(head: &str) -> Result<&str, Answer> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let host = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
    // A page of somebody else's, given this machine's address as its own, must not be able to read what is told here.
    if !host.is_some_and(|(_, host)| is_here(host.trim())) {
        return Err(Answer::text("403 Forbidden", "Only this machine is answered, by its own name.\n"));
    }
    if method != "GET" {
        return Err(Answer::text("405 Method Not Allowed", "Only GET is answered.\n"));
    }
    Ok(target.split('?').next().unwrap_or_default())
}

fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1"
}

async fn page(session: &Session) -> Answer {
    match metrics::page(session).await {
        Ok(body) => Answer { status: "200 OK", kind: "text/plain; version=0.0.4; charset=utf-8", body },
        Err(fault) => Answer::text("503 Service Unavailable", format!("{fault} ({})\n", fault.code)),
    }
}

async fn health(session: &Session) -> Answer {
    use longshore_api::wire::{Nothing, WorkspaceShow};
    match session.call::<WorkspaceShow>(Nothing {}).await {
        Ok(_) => Answer::text("200 OK", "ok\n"),
        Err(fault) => Answer::text("503 Service Unavailable", format!("{fault} ({})\n", fault.code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(head: &str) -> &str {
        wanted(head).unwrap_or_else(|answer| answer.status)
    }

    #[test]
    fn only_this_machine_is_answered_by_its_own_name() {
        assert_eq!(status("GET /metrics HTTP/1.1\r\nHost: localhost:9464\r\n\r\n"), "/metrics");
        assert_eq!(status("GET /metrics?x=1 HTTP/1.1\r\nAccept: */*\r\nhost: 127.0.0.1\r\n\r\n"), "/metrics");
        for host in ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example:80", ""] {
            assert_eq!(status(&format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n")), "403 Forbidden", "{host}");
        }
        assert_eq!(status("GET /metrics HTTP/1.0\r\n\r\n"), "403 Forbidden");
        assert_eq!(status("POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), "405 Method Not Allowed");
    }
}
