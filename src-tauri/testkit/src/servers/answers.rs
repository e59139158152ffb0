//! An HTTP server that answers as a test tells it to: for replies that no real server gives when asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// Headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

/// An answer, after which the connection is closed.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers besides the length of the body.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// The length that is told, where it is not that of the body.
    pub length: Option<usize>,
    /// No length is told: the body comes in chunks.
    pub chunked: bool,
    /// Nothing is answered: the connection ends.
    pub silent: bool,
    /// What is missing of the body neither comes nor does the connection end, until the other side ends it.
    pub stalls: bool,
}

impl Answer {
    /// One of this status, with this body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// One of this status that says this in JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with("Content-Type", "application/json")
    }

    /// None: the connection ends instead.
    pub fn hung_up() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server on a free port of the loopback, until it is dropped.
pub struct Answers {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Answers {
    /// Starts one that answers every request by `answer`.
    ///
    /// # Panics
    /// Where there is no free port.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (ended, answer) = (Arc::new(AtomicBool::new(false)), Arc::new(answer));
        let end = Arc::clone(&ended);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten().take_while(|_| !end.load(Ordering::SeqCst)) {
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || serve(&stream, &*answer));
            }
        });
        Self { address, ended }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // The thread waits for a connection: this is the last one.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(&Asked) -> Answer) -> Option<()> {
    let asked = read(stream)?;
    let Answer { status, headers, body, length, chunked, silent, stalls } = answer(&asked);
    if silent {
        return stream.shutdown(std::net::Shutdown::Both).ok();
    }
    let told: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let size = body.len();
    // One chunk: what is not sent of it never comes.
    let length = if chunked {
        format!("Transfer-Encoding: chunked\r\n\r\n{size:x}")
    } else {
        format!("Content-Length: {}\r\n", length.unwrap_or(size))
    };
    let head = format!("HTTP/1.1 {status} Told\r\nConnection: close\r\n{}{length}\r\n", told.concat());
    stream.write_all(head.as_bytes()).ok()?;
    if asked.method != "HEAD" {
        stream.write_all(&body).ok()?;
        stream.write_all(if chunked { b"\r\n0\r\n\r\n" } else { b"" }).ok()?;
    }
    if !stalls {
        stream.shutdown(std::net::Shutdown::Write).ok()?;
    }
    // Until the other side has closed: a reset would take away what it has not read yet.
    std::io::copy(&mut stream, &mut std::io::sink()).ok().map(drop)
}

fn read(mut stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    if headers.contains_key("expect") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let body = if headers.get("transfer-encoding").is_some_and(|how| how == "chunked") {
        chunks(&mut lines)?
    } else {
        exactly(&mut lines, headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0))?
    };
    Some(Asked { method, target, headers, body })
}

fn exactly(lines: &mut impl Read, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    lines.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// A body whose length is told piece by piece.
fn chunks(lines: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        body.extend(exactly(lines, length)?);
        exactly(lines, 2)?;
        if length == 0 {
            return Some(body);
        }
    }
}

/// A component of a path, or a value of a query, as it was before it was encoded.
pub(super) fn decoded(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), part.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
