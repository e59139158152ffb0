//! OpenBao, which answers as Vault does.

use std::process::Command;

use super::{Server, free_ports, program, status};

/// A server in memory with the KV engine `secret`; it ends with this.
pub struct OpenBao {
    port: u16,
    server: Option<Server>,
}

impl OpenBao {
    /// The token that may do everything.
    pub const TOKEN: &str = "root-of-this-test";

    /// Starts one without secrets.
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    pub fn start() -> Self {
        // Servers of its cluster would meet at the port behind.
        let [port, _] = free_ports();
        let mut server = Self { port, server: None };
        server.restart();
        server
    }

    /// Starts it anew, at the same port: it has forgotten its secrets.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&mut self) {
        self.stop();
        let mut command = Command::new(program("bao", "bao"));
        command.args(["server", "-dev", "-dev-no-store-token", &format!("-dev-root-token-id={}", Self::TOKEN)]);
        command.arg(format!("-dev-listen-address=127.0.0.1:{}", self.port));
        let healthy = || status(self.port, "GET", "/v1/sys/health", "") == Some(200);
        self.server = Some(Server::start(&mut command, healthy));
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its own program says, as who may do everything.
    ///
    /// # Panics
    /// Where it fails.
    pub fn bao(&self, args: &[&str]) -> String {
        let mut command = Command::new(program("bao", "bao"));
        command.args(args).env("BAO_ADDR", self.url()).env("BAO_TOKEN", Self::TOKEN);
        let output = command.env("HOME", std::env::temp_dir()).output().expect("the program bao");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}
