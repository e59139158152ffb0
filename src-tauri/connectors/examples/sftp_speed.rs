//! How fast bytes go to OpenSSH's server and back, beside OpenSSH's own `sftp` and rclone on the same files, server and run.
//!
//! ```text
//! cargo run --release -p longshore-connectors --example sftp_speed -- FOLDER [ROUNDS] [CELL]...
//! ```
//!
//! FOLDER is filled with what is sent, and takes what comes back; the server is started for the run. A cell is `1x2G`, `2000x64K` or, by way
//! of a proxy with a round trip of 20 ms, `1x2G-far` or `2000x64K-far`; without one, all are measured. Of the rounds the median is shown, in seconds.
//! `tuned` is sftp with the fastest cipher, rclone with as many transfers as are told to Longshore, which syncs each file before it has
//! its name: the others do not.

#[path = "speed/mod.rs"]
mod speed;

use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use longshore_connectors::sftp::Sftp;
use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::sshd::{Setup, Sshd, user};
use longshore_transfer::storage::{Finish, Known, ReadOptions, Storage};
use serde_json::json;

use speed::{Cell, LARGE, Outcome, PIECE, SMALL, fill, median, name, side_by_side, timed};

/// What is measured, and whether by way of the proxy.
const CELLS: [(Cell, bool); 4] = [
    (LARGE, false),
    (SMALL, false),
    (Cell { name: "1x2G-far", ..LARGE }, true),
    (Cell { name: "2000x64K-far", ..SMALL }, true),
];

/// The programs that are measured.
const WHO: [&str; 5] = ["longshore", "sftp", "tuned", "rclone", "tuned"];

struct Bench {
    folder: PathBuf,
    server: Sshd,
    port: u16,
    storage: Sftp,
}

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let folder = std::path::absolute(words.next().ok_or("FOLDER is missing")?)?;
    let rounds = words.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let wanted: Vec<String> = words.collect();
    println!("{:13} {:5} {}", "cell", "way", WHO.map(|who| format!("{who:>10}")).join(" "));
    for (cell, far) in CELLS.iter().filter(|(cell, _)| wanted.is_empty() || wanted.iter().any(|name| name == cell.name))
    {
        let far = *far;
        let server = Sshd::start(&Setup::default()).ok_or("there is no sshd")?;
        let proxy = Proxy::to(SocketAddr::from(([127, 0, 0, 1], server.port())))?;
        proxy.change(|faults| faults.round_trip(Duration::from_millis(20)));
        let port = if far { proxy.address().port() } else { server.port() };
        let known = server.known_line("ed25519");
        let through = known.replace(&server.port().to_string(), &proxy.address().port().to_string());
        std::fs::write(server.path("known_hosts"), known + &through)?;
        let sessions = std::env::var("LONGSHORE_SESSIONS").unwrap_or_else(|_| "4".into());
        let ciphers = std::env::var("LONGSHORE_CIPHERS").ok();
        let mut connection = server.connection_with(json!({"sessions": sessions, "ciphers": ciphers}));
        connection.port = Some(port);
        let storage = Sftp::open("server", &connection, b"")?;
        Bench { folder: folder.clone(), server, port, storage }.measure(cell, rounds)?;
    }
    Ok(())
}

impl Bench {
    fn measure(&self, cell: &Cell, rounds: usize) -> Outcome<()> {
        let source = self.folder.join(format!("{}x{}", cell.files, cell.size));
        fill(&source, cell)?;
        let (mut up, mut down) = (vec![Vec::new(); WHO.len()], vec![Vec::new(); WHO.len()]);
        for _ in 0..rounds {
            for who in 0..WHO.len() {
                let to = format!("{who}");
                up[who].push(timed(|| self.up(who, cell, &source, &to))?);
                let back = fresh(&self.folder.join("back"))?;
                down[who].push(timed(|| self.down(who, cell, &to, &back))?);
                check(cell, &source, &back)?;
                std::fs::remove_dir_all(self.server.files().join(&to))?;
            }
        }
        for (way, times) in [("up", up), ("down", down)] {
            let shown: Vec<String> = times.into_iter().map(median).map(|secs| format!("{secs:>10.2}")).collect();
            println!("{:13} {way:5} {}", cell.name, shown.join(" "));
        }
        Ok(())
    }

    fn up(&self, who: usize, cell: &Cell, source: &Path, to: &str) -> Outcome<()> {
        let remote = self.server.files().join(to);
        match who {
            0 => self.send(cell, source, to),
            1 | 2 => self.sftp(who == 2, &format!("mkdir {0}\nput {1}/* {0}/\n", remote.display(), source.display())),
            _ => self.rclone(who == 4, &source.display().to_string(), &self.remote(&remote)),
        }
    }

    fn down(&self, who: usize, cell: &Cell, from: &str, to: &Path) -> Outcome<()> {
        let remote = self.server.files().join(from);
        match who {
            0 => self.fetch(cell, from, to),
            1 | 2 => self.sftp(who == 2, &format!("get {}/* {}/\n", remote.display(), to.display())),
            _ => self.rclone(who == 4, &self.remote(&remote), &to.display().to_string()),
        }
    }

    fn send(&self, cell: &Cell, source: &Path, to: &str) -> Outcome<()> {
        side_by_side(cell.files, self.storage.width(), |at| {
            let mut file = File::open(source.join(name(at)))?;
            let known = Known { size: file.metadata()?.len(), mtime: None };
            let mut writer = self.storage.write_sized(format!("{to}/{}", name(at)).as_bytes(), None, known)?;
            let mut piece = vec![0; PIECE.min(cell.size)];
            loop {
                let count = file.read(&mut piece)?;
                if count == 0 {
                    break;
                }
                writer.write(&piece[..count])?;
            }
            writer.commit(&Finish { replace: true, durable: true, ..Finish::default() })?;
            Ok(())
        })
    }

    fn fetch(&self, cell: &Cell, from: &str, to: &Path) -> Outcome<()> {
        side_by_side(cell.files, self.storage.width(), |at| {
            let mut reader = self.storage.read(format!("{from}/{}", name(at)).as_bytes(), ReadOptions::default())?;
            let mut file = File::create(to.join(name(at)))?;
            let mut piece = vec![0; PIECE.min(cell.size + 1)];
            loop {
                let count = reader.read(&mut piece)?;
                file.write_all(&piece[..count])?;
                if count < piece.len() {
                    return Ok(());
                }
            }
        })
    }

    fn sftp(&self, tuned: bool, batch: &str) -> Outcome<()> {
        let script = self.server.path("batch");
        std::fs::write(&script, batch)?;
        let mut command = Command::new("sftp");
        command.args(["-q", "-F", "none", "-P", &self.port.to_string(), "-i"]).arg(self.server.path("login_key"));
        command.arg("-o").arg(format!("UserKnownHostsFile={}", self.server.path("known_hosts").display()));
        if tuned {
            command.args(["-o", "Ciphers=aes128-gcm@openssh.com", "-R", "256"]);
        }
        ran(command.arg("-b").arg(script).arg(format!("{}@127.0.0.1", user())))
    }

    fn remote(&self, path: &Path) -> String {
        let key = self.server.path("login_key");
        let known = self.server.path("known_hosts");
        let (user, port, shown) = (user(), self.port, path.display());
        format!(
            ":sftp,host=127.0.0.1,port={port},user={user},key_file={},known_hosts_file={}:{shown}",
            key.display(),
            known.display()
        )
    }

    fn rclone(&self, tuned: bool, from: &str, to: &str) -> Outcome<()> {
        let program = std::env::var("RCLONE").unwrap_or_else(|_| "rclone".into());
        let mut command = Command::new(program);
        // It would run a command on the server for each file to compare checksums.
        command.args(["copy", "--config", "/dev/null", "--sftp-disable-hashcheck", from, to]);
        if tuned {
            command.args(["--transfers", &self.storage.width().to_string(), "--sftp-chunk-size", "255k"]);
            command.args(["--sftp-ciphers", "aes128-gcm@openssh.com"]);
        }
        ran(&mut command)
    }
}

fn ran(command: &mut Command) -> Outcome<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}

fn fresh(folder: &Path) -> Outcome<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

/// What came back is what was sent: all sizes, and the bytes of the last file.
fn check(cell: &Cell, source: &Path, back: &Path) -> Outcome<()> {
    for at in 0..cell.files {
        if back.join(name(at)).metadata()?.len() != cell.size as u64 {
            return Err(format!("{} came back with another size", name(at)).into());
        }
    }
    let last = name(cell.files - 1);
    let mut command = Command::new("cmp");
    ran(command.arg(source.join(&last)).arg(back.join(&last)))
}
