//! Servers of WebDAV.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use longshore_connectors::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server as Running, free_ports, program, status};

/// A program that serves a folder by WebDAV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `rclone serve webdav`, with the user `user` and the password `secret`.
    Rclone,
    /// WsgiDAV, which lets everybody in.
    Wsgidav,
}

/// A server of an empty folder.
pub struct Server {
    running: Running,
    folder: TempDir,
    port: u16,
    program: Program,
}

impl Server {
    /// Starts one.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    pub fn start(program: Program) -> Self {
        let folder = TempDir::new().expect("a folder");
        let [port] = free_ports();
        Self { running: run(program, folder.path(), port), folder, port, program }
    }

    /// Ends it at once and starts it again at the same port.
    pub fn restart(&mut self) {
        self.running.kill();
        self.running = run(self.program, self.folder.path(), self.port);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The folder that it serves.
    pub fn files(&self) -> &Path {
        self.folder.path()
    }

    /// A connection to it.
    pub fn connection(&self) -> Connection {
        self.through(self.address(), &json!({}))
    }

    /// A connection to it by another address, with these extra fields.
    ///
    /// # Panics
    /// Where they are no object.
    pub fn through(&self, address: SocketAddr, extra: &Value) -> Connection {
        let (id, kind, host) = ("test".into(), "webdav".into(), Some(format!("http://{address}")));
        let extra = extra.as_object().expect("an object").clone();
        let mut connection = Connection { id, kind, host, extra, ..Connection::default() };
        if self.program == Program::Rclone {
            connection.login = Some("user".into());
            connection.password = Some("secret".to_owned().into());
        }
        connection
    }
}

fn run(kind: Program, folder: &Path, port: u16) -> Running {
    let mut command = match kind {
        Program::Rclone => {
            let mut command = Command::new(program("webdav", "rclone"));
            command.args(["serve", "webdav", "--config", "", "--user", "user", "--pass", "secret"]);
            command.arg("--addr").arg(format!("127.0.0.1:{port}")).arg(folder);
            command
        }
        Program::Wsgidav => {
            let mut command = Command::new(program("webdav", "wsgidav"));
            command.args(["--host", "127.0.0.1", "--auth", "anonymous", "--no-config", "--port"]).arg(port.to_string());
            command.arg("--root").arg(folder);
            command
        }
    };
    Running::start(&mut command, || status(port, "OPTIONS", "/", "").is_some())
}
