//! A session bus of the test's own, with somebody on it who shows notices.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::Running;
use crate::site::Site;
use crate::wait;

/// The bus and the notification server on it.
#[derive(Debug)]
pub struct Bus {
    address: String,
    told: PathBuf,
    _server: Running,
    // Last, so that it ends last.
    _daemon: Running,
}

impl Bus {
    /// Starts both.
    pub fn start(site: &Site) -> Self {
        let (socket, told) = (site.path("bus"), site.path("notices"));
        let address = format!("unix:path={}", socket.display());
        let daemon = Running::start(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--nopidfile",
            &format!("--address={address}"),
        ]));
        wait::until("a session bus", 20, || socket.exists().then_some(()));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("notification_server.py");
        let mut server = Command::new("/usr/bin/python3");
        server.arg(script).arg(&told).env("DBUS_SESSION_BUS_ADDRESS", &address);
        let server = Running::start(&mut server);
        wait::until("a notification server", 20, || told.exists().then_some(()));
        Self { address, told, _server: server, _daemon: daemon }
    }

    /// What programs need in their environment to be on it.
    pub fn env(&self) -> (&str, &str) {
        ("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    /// The notices that were shown, once there are so many.
    pub fn shown(&self, count: usize) -> Vec<Value> {
        wait::until(&format!("{count} notices"), 60, || {
            let text = std::fs::read_to_string(&self.told).unwrap();
            let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            (lines.len() >= count).then_some(lines)
        })
    }
}
