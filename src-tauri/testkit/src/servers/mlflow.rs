//! MLflow's own server, with artifacts that go through it.

use std::process::Command;

use super::{Server, free_ports, program, status};

/// The server, with its data in a folder of its own; both end with this.
pub struct Mlflow {
    port: u16,
    _server: Server,
    _data: tempfile::TempDir,
}

impl Mlflow {
    /// Starts one without runs.
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    pub fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let [port] = free_ports();
        let folder = data.path().display();
        let mut command = Command::new(program("mlflow", "mlflow"));
        command.args(["server", "--host", "127.0.0.1", "--workers", "1", "--serve-artifacts"]);
        command.args(["--port", &port.to_string(), "--backend-store-uri", &format!("sqlite:///{folder}/mlflow.db")]);
        command.args(["--artifacts-destination", &format!("{folder}/artifacts")]);
        command.env("MLFLOW_DISABLE_TELEMETRY", "true").env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
        let server = Server::start(&mut command, || status(port, "GET", "/health", "") == Some(200));
        Self { port, _server: server, _data: data }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
