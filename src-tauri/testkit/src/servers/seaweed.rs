//! SeaweedFS, a server that speaks S3.

use std::net::SocketAddr;
use std::process::Command;

use longshore_connectors::Connection;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{Server, free_ports, program, status};

/// The access key, and the secret key, of the server.
const KEYS: [&str; 2] = ["longshore-key", "longshore-secret"];

/// A server with the buckets `landing` and `staging`.
pub struct Seaweed {
    server: Server,
    folder: TempDir,
    ports: [u16; 12],
}

impl Seaweed {
    /// Starts one, empty.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let ports = free_ports();
        Self { server: run(&folder, ports), folder, ports }
    }

    /// Ends it at once and starts it again with what it had stored, at the same ports.
    pub fn restart(&mut self) {
        self.server.kill();
        self.server = run(&self.folder, self.ports);
    }

    /// The port that S3 is spoken at.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    /// URL of the endpoint.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// The access key and the secret key.
    pub fn keys() -> [&'static str; 2] {
        KEYS
    }

    /// A connection to it in Airflow's JSON form, by way of another address such as a proxy's.
    pub fn airflow(&self, address: SocketAddr) -> String {
        let [login, password] = KEYS;
        let extra = json!({"endpoint_url": format!("http://{address}")});
        json!({"conn_type": "s3", "login": login, "password": password, "extra": extra}).to_string()
    }

    /// Takes a bucket away with all that lies in it.
    ///
    /// # Panics
    /// Where that is refused.
    pub fn remove_bucket(&self, name: &str) {
        let removed = status(self.ports[6], "DELETE", &format!("/buckets/{name}?recursive=true"), "");
        assert!(removed.is_some_and(|status| (200..300).contains(&status)), "{name} is still there: {removed:?}");
    }

    /// Makes a bucket.
    ///
    /// # Panics
    /// Where that is refused.
    pub fn make_bucket(&self, name: &str) {
        let made = status(self.ports[6], "POST", &format!("/buckets/{name}/"), "");
        assert!(made.is_some_and(|status| (200..300).contains(&status)), "{name} was not made: {made:?}");
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port()))
    }

    /// A connection to it, with these extra fields beside its endpoint.
    pub fn connection(&self, extra: &Value) -> Connection {
        connection(&self.url(), extra)
    }
}

/// A connection to a server at `url`, with the keys of [`Seaweed`] and these extra fields beside its endpoint.
pub(super) fn connection(url: &str, extra: &Value) -> Connection {
    let mut fields: Map<String, Value> = Map::new();
    fields.insert("endpoint_url".into(), json!(url));
    fields.extend(extra.as_object().cloned().unwrap_or_default());
    let [login, password] = KEYS.map(str::to_owned);
    let (id, kind) = ("test".into(), "s3".into());
    Connection { id, kind, login: Some(login), password: Some(password.into()), extra: fields, ..Connection::default() }
}

fn run(folder: &TempDir, ports: [u16; 12]) -> Server {
    let names = [
        "s3.port",
        "s3.port.grpc",
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "admin.port",
        "admin.port.grpc",
        "metricsPort",
        "debug.port",
    ];
    let mut command = Command::new(program("s3", "weed"));
    command.env("AWS_ACCESS_KEY_ID", KEYS[0]).env("AWS_SECRET_ACCESS_KEY", KEYS[1]).current_dir(folder.path());
    command.args([
        "-logtostderr=true",
        "mini",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]);
    command.args(["-webdav=false", "-admin.ui=false", "-master.telemetry=false", "-bucket=landing,staging"]);
    command.arg(format!("-dir={}", folder.path().join("data").display()));
    command.args(names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")));
    std::fs::create_dir_all(folder.path().join("data")).expect("a folder for its data");
    let (s3, filer) = (ports[0], ports[6]);
    Server::start(&mut command, || {
        let bucket = |name| status(filer, "GET", &format!("/buckets/{name}/?limit=1"), "") == Some(200);
        status(s3, "GET", "/healthz", "") == Some(200) && bucket("landing") && bucket("staging")
    })
}
