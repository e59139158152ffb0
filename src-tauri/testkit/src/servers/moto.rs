//! Moto, which plays Amazon's services: for what no other server that tests can have does, such as archives. It checks neither
//! signatures nor checksums.

use std::process::Command;

use longshore_connectors::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::seaweed::{Seaweed, connection};
use super::{Server, free_ports, program, status};

/// A server without buckets.
pub struct Moto {
    _server: Server,
    _folder: TempDir,
    port: u16,
}

impl Moto {
    /// Starts one, empty.
    ///
    /// # Panics
    /// Where it is not installed or does not start.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let [port] = free_ports();
        let mut command = Command::new(program("s3", "moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).current_dir(folder.path());
        let server = Server::start(&mut command, || status(port, "GET", "/moto-api/data.json", "") == Some(200));
        Self { _server: server, _folder: folder, port }
    }

    /// URL of the endpoint, for all services.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A connection to its S3, with these extra fields beside its endpoint.
    pub fn connection(&self, extra: &Value) -> Connection {
        connection(&self.url(), extra)
    }

    /// Runs a script of Python with clients `s3` and `sqs` of this server, and `json`. Gives what it prints, without the last end of line.
    ///
    /// # Panics
    /// Where it fails.
    pub fn script(&self, text: &str) -> String {
        let begin = "import json, boto3, sys\nmade = lambda name: boto3.client(name, endpoint_url=sys.argv[1], region_name='us-east-1')\n\
                     s3, sqs = made('s3'), made('sqs')\n";
        let [user, password] = Seaweed::keys();
        let mut command = Command::new(program("s3", "python"));
        command.args(["-c", &format!("{begin}{text}"), &self.url()]);
        command.env("AWS_ACCESS_KEY_ID", user).env("AWS_SECRET_ACCESS_KEY", password);
        let done = command.output().expect("python runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    /// Makes restores of archived objects end when they were looked at so many times, instead of at once.
    ///
    /// # Panics
    /// Where it does not take that.
    pub fn restores_take(&self, looks: u32) {
        let transition =
            json!({"model_name": "s3::keyrestore", "transition": {"progression": "manual", "times": looks}});
        let set = status(self.port, "POST", "/moto-api/state-manager/set-transition", &transition.to_string());
        assert!(set.is_some_and(|code| code < 300), "moto takes how long restores last: {set:?}");
    }
}
