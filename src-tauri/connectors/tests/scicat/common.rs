//! What the tests share.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use longshore_connectors::Connection;
use longshore_connectors::http::told;
use longshore_connectors::scicat::{DataFile, NewDatablock, Now, Result, SciCat};
use longshore_engine::Clock as _;
use longshore_testkit::servers::scicat as server;
use reqwest::Method;
use serde_json::{Value, json};

/// A pid, with the slash that every one has.
pub(crate) const PID: &str = "20.500.12269/2b1f";
/// Another.
pub(crate) const OTHER: &str = "20.500.12269/77aa";

/// A connection to the server as the user who archives.
pub(crate) fn connection(server: &server::SciCat, extra: &Value) -> Connection {
    let user = server::User::archiver();
    Connection {
        id: "scicat".into(),
        kind: "scicat".into(),
        host: Some(server.url()),
        login: Some(user.name),
        password: Some(user.password.into()),
        extra: extra.as_object().cloned().unwrap_or_default(),
        ..Connection::default()
    }
}

/// The server's clock, for a client.
pub(crate) fn now(server: &server::SciCat) -> Now {
    let clock = server.clock();
    Arc::new(move || UNIX_EPOCH + Duration::from_millis(clock.now().0.unsigned_abs()))
}

/// A client that goes by the server's clock.
pub(crate) fn client(server: &server::SciCat, extra: &Value) -> SciCat {
    SciCat::open(&connection(server, extra), now(server)).unwrap()
}

/// A server with [`PID`] and [`OTHER`], and a client of it.
pub(crate) fn there() -> (server::SciCat, SciCat) {
    let server = server::SciCat::start();
    server.state().add_dataset(PID);
    server.state().add_dataset(OTHER);
    let client = client(&server, &json!({}));
    (server, client)
}

/// The stable code of a failure.
pub(crate) fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("none", |error| error.code)
}

/// A file of a datablock.
pub(crate) fn file(path: &str, size: u64) -> DataFile {
    let (path, time) = (path.to_owned(), "2026-01-01T00:00:00.000Z".to_owned());
    DataFile { path, size, time, chk: Some("0".repeat(32)), ..DataFile::default() }
}

/// A datablock of this name with one file.
pub(crate) fn block(archive_id: &str) -> NewDatablock {
    NewDatablock {
        archive_id: archive_id.to_owned(),
        size: 7,
        packed_size: 10240,
        version: "1".to_owned(),
        chk_alg: Some("md5".to_owned()),
        data_file_list: vec![file("a.mrc", 7)],
    }
}

/// A request as it is written here, with what else the documents are about. Gives status and body.
pub(crate) struct Raw<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Option<Value>,
    pub(crate) kind: &'a str,
    pub(crate) token: Option<String>,
    pub(crate) since: Option<&'a str>,
}

/// A request by a method on a path below `/api/`.
pub(crate) fn raw(method: Method, path: &str) -> Raw<'_> {
    Raw { method, path, body: None, kind: "application/json", token: None, since: None }
}

impl Raw<'_> {
    pub(crate) fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn by(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    pub(crate) async fn send(self, server: &server::SciCat) -> (u16, Value) {
        let client = told::client().build().unwrap();
        let mut request = client.request(self.method, format!("{}/api/{}", server.url(), self.path));
        if let Some(body) = self.body {
            request = request.header("Content-Type", self.kind).body(body.to_string());
        }
        if let Some(token) = self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(since) = self.since {
            request = request.header("If-Unmodified-Since", since);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }
}

/// A token of the user who archives.
pub(crate) async fn token(server: &server::SciCat) -> String {
    let user = server::User::archiver();
    let body = json!({"username": user.name, "password": user.password});
    let (status, reply) = raw(Method::POST, "v3/auth/login").json(body).send(server).await;
    assert_eq!(status, 201);
    reply["access_token"].as_str().unwrap().to_owned()
}
