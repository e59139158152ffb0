//! The UI with made-up data in it (`ui/dist-memory`), served to a browser on a loopback port.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Serves the folder that `npm run build:memory` makes, for as long as this process lives; gives its address.
///
/// # Panics
/// Where it was not built.
pub fn serve() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/dist-memory").canonicalize();
    let folder = folder.expect("it is built: npm --prefix ui run build:memory");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // A browser that goes away in the middle is none of our business.
            std::thread::spawn(move || drop(answer(stream, &folder)));
        }
    });
    format!("http://{address}/")
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut head = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let mut rest = String::new();
    while head.read_line(&mut rest)? > 2 {
        rest.clear();
    }
    let path = line.split_whitespace().nth(1).unwrap_or("/").split(['?', '#']).next().unwrap_or("/");
    match file(folder, path).and_then(|file| Some((kind(&file), std::fs::read(file).ok()?))) {
        Some((kind, body)) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )?;
            stream.write_all(&body)
        }
        None => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}

/// A file of the folder, and of no other.
fn file(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
    let file = folder.join(path).canonicalize().ok()?;
    file.starts_with(folder).then_some(file)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
