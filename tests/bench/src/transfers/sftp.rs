//! OpenSSH's server on this machine, near and by way of a proxy that makes it far: OpenSSH's own sftp, and rclone.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::sshd::{self, Sshd, user};

use super::{Bench, Carrier, Case, Cell, FAR, Outcome, Setup, airflow, head, rclone};

/// What is moved, where, and the goal. From afar sftp takes the same time for each small file, a tenth of a second: fewer tell it too.
const CASES: [(Cell, bool, f64); 4] = [
    (Cell::LARGE, false, 1.0),
    (Cell::SMALL, false, 1.0),
    (Cell::LARGE, true, 0.5),
    (Cell { files: 400, ..Cell::SMALL }, true, 0.5),
];

/// A server, and the port by which it is reached.
struct Place {
    server: Sshd,
    port: u16,
}

/// Measures all of them, both ways.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    head();
    for (cell, far, goal) in CASES {
        let server = Sshd::start(&sshd::Setup::default()).ok_or("there is no sshd")?;
        let proxy = Proxy::to(SocketAddr::from(([127, 0, 0, 1], server.port())))?;
        proxy.change(|faults| faults.round_trip(FAR));
        let port = if far { proxy.address().port() } else { server.port() };
        let known = server.known_line("ed25519");
        let through = known.replace(&server.port().to_string(), &proxy.address().port().to_string());
        std::fs::write(server.path("known_hosts"), [known, through].concat())?;
        let mut connection = server.connection();
        connection.port = Some(port);
        let bench = Bench::new(setup, Some(airflow(&connection)))?;
        let place = Place { server, port };
        let carriers = [
            Carrier::ours(&bench),
            place.sftp("sftp", &[]),
            place.sftp("sftp, tuned", &["-o", "Ciphers=aes128-gcm@openssh.com", "-R", "256"]),
            place.rclone("rclone", &[]),
            place.rclone(
                "rclone, tuned",
                &["--transfers=16", "--sftp-chunk-size=255k", "--sftp-ciphers=aes128-gcm@openssh.com"],
            ),
        ];
        let name = if far { "SFTP, 20 ms" } else { "SFTP" };
        bench.contest(Case { place: name, cell: cell.scaled(setup.scale), goal, lands: None }, &carriers, |name| {
            // What stays behind is taken away with the server.
            let _ = std::fs::remove_dir_all(place.server.files().join(name));
        })?;
    }
    Ok(())
}

impl Place {
    fn sftp<'c>(&'c self, who: &'static str, options: &'c [&'c str]) -> Carrier<'c> {
        let run = move |batch: String| {
            let script = self.server.path("batch");
            std::fs::write(&script, batch)?;
            let mut command = Command::new("sftp");
            command.args(["-q", "-F", "none", "-P", &self.port.to_string(), "-i"]).arg(self.server.path("login_key"));
            command.arg("-o").arg(format!("UserKnownHostsFile={}", self.server.path("known_hosts").display()));
            command.args(options).arg("-b").arg(script).arg(format!("{}@127.0.0.1", user()));
            Ok(command)
        };
        let remote = |name: &str| self.server.files().join(name).display().to_string();
        Carrier::peer(
            who,
            move |local: &Path, name: &str| run(format!("put -r {} {}\n", local.display(), remote(name))),
            move |local: &Path, name: &str| run(format!("get -r {} {}\n", remote(name), local.display())),
        )
    }

    fn rclone<'c>(&'c self, who: &'static str, options: &'c [&'c str]) -> Carrier<'c> {
        let remote = |name: &str| {
            let (key, known) = (self.server.path("login_key"), self.server.path("known_hosts"));
            let (user, port, path) = (user(), self.port, self.server.files().join(name));
            let (key, known, path) = (key.display(), known.display(), path.display());
            format!(":sftp,host=127.0.0.1,port={port},user={user},key_file={key},known_hosts_file={known}:{path}")
        };
        let set = move |mut command: Command| {
            // It would run a command on the server for each file to compare checksums.
            command.arg("--sftp-disable-hashcheck").args(options);
            Ok(command)
        };
        Carrier::peer(
            who,
            move |local: &Path, name: &str| set(rclone(local.as_os_str(), remote(name).as_ref())),
            move |local: &Path, name: &str| set(rclone(remote(name).as_ref(), local.as_os_str())),
        )
    }
}
