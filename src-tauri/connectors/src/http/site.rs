//! Requests to one server: its address, what goes along with each request, and how long it may be silent.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use longshore_transfer::level::{Level, Turn};
use longshore_transfer::storage::{Error, Result, Status};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Body, Client, Method, Response, StatusCode, Url};

use super::redirect;
use super::trouble::{Tries, Trouble};
use crate::local::walk;
use crate::place::{self, Place};
use crate::{bridge, net};

/// How long, and how often, a server is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The server may say nothing for this long.
    pub(crate) silence: Duration,
    /// Further tries of what may succeed when it is tried again.
    pub(crate) tries: u32,
}

/// A server, as a connection leads to it.
pub(crate) struct Site {
    /// Name of the storage.
    pub(crate) name: Arc<str>,
    pub(crate) client: Client,
    /// The top of the storage; ends with a slash.
    pub(crate) base: Url,
    /// Requests under way, those of all transfers.
    pub(crate) level: Arc<Level>,
    /// What goes with every request to the server's own address: credentials among it.
    pub(crate) headers: HeaderMap,
    pub(crate) patience: Patience,
    /// Authorities that are trusted besides the system's, in PEM.
    pub(crate) authorities: Vec<u8>,
    /// Ranges of one file that are fetched side by side.
    pub(crate) parallel: usize,
    /// Whether pages of HTML are taken for files.
    pub(crate) pages: bool,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

impl Ask {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: None }
    }

    /// With one more header; one that cannot be written is left out.
    pub(crate) fn with(mut self, name: impl header::IntoHeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }
}

/// An answer, and the turn in which it was asked for, which lasts until the body has come.
pub(crate) struct Reply {
    pub(crate) answer: Response,
    turn: Turn,
}

impl Reply {
    /// What comes next of the body; nothing at its end.
    pub(crate) async fn more(&mut self, site: &Site) -> std::result::Result<Option<Bytes>, Trouble> {
        let came = site.in_time(self.answer.chunk()).await;
        match &came {
            Ok(bytes) => self.turn.moved(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Err(_) => self.turn.too_much(),
        }
        came
    }

    /// The body comes no faster than it is used.
    pub(crate) fn stream(&mut self) {
        self.turn.stream();
    }
}

/// Whether an answer says that the server has too much to do, or may mean that.
fn is_too_much(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

impl Site {
    pub(crate) fn place(&self, path: &[u8]) -> Place {
        Place { storage: Arc::clone(&self.name), path: path.to_vec() }
    }

    /// The address of a path, which is checked.
    pub(crate) fn url(&self, verb: &str, path: &[u8]) -> Result<Url> {
        walk::check(path).map_err(|why| place::bad_path(&self.name, verb, path, why))?;
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path(), encoded(path)));
        Ok(url)
    }

    /// The address below the top that has these components, each of which is encoded whole.
    pub(crate) fn address(&self, parts: &[&str]) -> std::result::Result<Url, Trouble> {
        let mut path = self.base.path().trim_end_matches('/').to_owned();
        for part in parts {
            // A server takes dots away as it does in folders, and what is left is another address.
            if matches!(*part, "" | "." | "..") {
                return Err(Trouble::permanent("http.id", format!("{part:?} is no identifier")));
            }
            path.push('/');
            path.push_str(&encoded(part.as_bytes()).replace('/', "%2F"));
        }
        let mut url = self.base.clone();
        url.set_path(&path);
        Ok(url)
    }

    /// An address that the server itself told. Credentials go along with it, so it must be one of its own.
    pub(crate) fn told(&self, link: &str) -> std::result::Result<Url, Trouble> {
        let url = self.base.join(link).ok().filter(|url| url.origin() == self.base.origin());
        url.ok_or_else(|| Trouble::permanent("http.elsewhere", "the server tells an address that is not its own"))
    }

    /// The address of a folder: with a slash at the end, as servers redirect it otherwise.
    pub(crate) fn folder_url(&self, verb: &str, path: &[u8]) -> Result<Url> {
        let mut url = self.url(verb, path)?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }

    /// The answer to a request, made until it is answered with success or for good with a failure.
    pub(crate) async fn ask(&self, ask: &Ask) -> std::result::Result<Response, Trouble> {
        // Of what a POST does nobody knows whether it may be done twice.
        let mut tries = Tries::new(if ask.method == Method::POST { 0 } else { self.patience.tries });
        loop {
            let trouble = match self.reply(ask).await {
                Ok(reply) if reply.answer.status().is_success() => return Ok(reply.answer),
                Ok(reply) => Trouble::of_answer(reply.answer).await,
                Err(trouble) => trouble,
            };
            tokio::time::sleep(tries.after(trouble)?).await;
        }
    }

    /// The answer to one request in a turn of its own, whatever its status.
    pub(crate) async fn reply(&self, ask: &Ask) -> std::result::Result<Reply, Trouble> {
        let mut turn = self.level.turn().await;
        let answer = self.answer(ask).await;
        match &answer {
            Err(trouble) if trouble.status == Status::Transient => turn.too_much(),
            Ok(answer) if is_too_much(answer.status()) => turn.too_much(),
            _ => turn.moved(ask.body.as_ref().map_or(0, |body| body.len() as u64)),
        }
        answer.map(|answer| Reply { answer, turn })
    }

    /// The answer to one request, whatever its status; redirections are followed.
    pub(crate) async fn answer(&self, ask: &Ask) -> std::result::Result<Response, Trouble> {
        let mut url = ask.url.clone();
        let mut headers = self.headers.clone();
        headers.extend(ask.headers.clone());
        for _ in 0..=redirect::MOST {
            let mut request = self.client.request(ask.method.clone(), url.clone()).headers(headers.clone());
            if let Some(body) = &ask.body {
                request = request.body(body.clone());
            }
            let answer = self.in_time(request.send()).await?;
            let Some(target) = redirect::target(&answer) else { return Ok(answer) };
            let refused =
                |why: String| Trouble::permanent("http.redirect", format!("a redirection was not followed: {why}"));
            let hop = redirect::hop(&url, &ask.method, answer.status(), &target).map_err(refused)?;
            if !hop.keeps {
                return Err(refused("it would turn a change into a mere look".into()));
            }
            if hop.elsewhere {
                if ask.body.is_some() {
                    return Err(refused("it leads what was sent to another host".into()));
                }
                headers = redirect::harmless(&headers);
            }
            url = hop.url;
        }
        let why = format!("there were more than {} redirections", redirect::MOST);
        Err(Trouble::permanent("http.redirect", why))
    }

    /// The answer to a request whose body comes from a stream, and so can be sent once. `sending` ends when the last byte has been
    /// taken: until then nothing is expected of the server.
    pub(crate) async fn upload(
        &self,
        ask: Ask,
        body: Body,
        sent: tokio::sync::oneshot::Receiver<()>,
    ) -> std::result::Result<Response, Trouble> {
        let mut headers = self.headers.clone();
        headers.extend(ask.headers);
        let request = self.client.request(ask.method, ask.url).headers(headers).body(body).send();
        tokio::pin!(request);
        let answer = tokio::select! {
            answer = &mut request => answer.map_err(|error| Trouble::of_error(&error))?,
            _ = sent => self.in_time(request).await?,
        };
        match redirect::target(&answer) {
            None if answer.status().is_success() => Ok(answer),
            None => Err(Trouble::of_answer(answer).await),
            Some(_) => {
                Err(Trouble::permanent("http.redirect", "the server sends an upload elsewhere, which is not followed"))
            }
        }
    }

    /// The result, unless the server is silent for too long.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> std::result::Result<T, Trouble> {
        let silence = self.patience.silence;
        let done = tokio::time::timeout(silence, work).await.map_err(|_| Trouble::silence(silence))?;
        done.map_err(|error| Trouble::of_error(&error))
    }

    /// Where a test of the connection goes.
    pub(crate) fn destination(&self) -> net::Destination {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        net::Destination { host, port: self.base.port_or_known_default().unwrap_or_default() }
    }

    /// What this storage cannot do.
    pub(crate) fn cannot(&self, verb: &str, path: &[u8], code: &'static str, why: &str) -> Error {
        self.place(path).told(verb, code, Status::Permanent, why)
    }
}

/// Waits for `work` on a place, from a thread that is meant to wait.
pub(crate) fn wait<T>(
    place: &Place,
    verb: &str,
    work: impl Future<Output = std::result::Result<T, Trouble>>,
) -> Result<T> {
    let done = bridge::wait(work);
    let done = done.map_err(|error| place.told(verb, "io.error", Status::Unusable, error.to_string()))?;
    done.map_err(|trouble| trouble.at(place, verb))
}

/// A path in a URL: every byte but the unreserved ones (RFC 3986, 2.3) as `%XX`, and slashes as they are.
pub(crate) fn encoded(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(*byte)),
            _ => text.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    text
}

/// What a part of a URL's path stands for: each `%XX` is a byte.
pub(crate) fn unencoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    bytes
}

/// A digit of a hexadecimal number.
fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{encoded, unencoded};

    #[test]
    fn what_was_encoded_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unencoded(&encoded(&all)), all);
        assert_eq!(unencoded("100%/%zz%2"), b"100%/%zz%2");
    }

    #[test]
    fn every_byte_of_a_path_is_written_so_that_it_comes_back() {
        assert_eq!(encoded(b"a b/c+d?e#f%20"), "a%20b/c%2Bd%3Fe%23f%2520");
        assert_eq!(encoded("\u{fc}\n".as_bytes()), "%C3%BC%0A");
    }
}
