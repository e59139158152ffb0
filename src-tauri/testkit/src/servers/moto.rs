//! Moto, which plays Amazon's services: for what no other server that tests can have does, such as archives. It checks neither
//! signatures nor checksums.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
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

    /// Asks its SQS for an action, in JSON as the service has it; faster than [`Moto::script`], for tests that ask hundreds of times.
    ///
    /// # Panics
    /// Where it refuses.
    pub fn ask_sqs(&self, action: &str, asked: &Value) -> Value {
        let headers = format!(
            "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{action}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260302/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=00\r\n"
        );
        let reply = self.request("POST /", &headers, asked.to_string().as_bytes());
        serde_json::from_slice(&reply).unwrap_or(Value::Null)
    }

    /// Makes a bucket, by its name, or writes an object, by `BUCKET/KEY`, in this storage class.
    ///
    /// # Panics
    /// Where it refuses.
    pub fn put(&self, path: &str, class: &str, bytes: &[u8]) {
        self.request(&format!("PUT /{path}"), &format!("x-amz-storage-class: {class}\r\n"), bytes);
    }

    /// The body of the reply.
    fn request(&self, line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let (port, length) = (self.port, body.len());
        let head = format!("{line} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n{headers}\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).expect("it takes a request");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("it replies");
        let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a reply");
        assert_eq!(&reply[9..12], b"200", "{}", String::from_utf8_lossy(&reply));
        reply.split_off(end + 4)
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
