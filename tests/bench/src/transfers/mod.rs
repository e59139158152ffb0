//! Bytes between this machine and a server: `longshore copy` beside the tools that are made for each kind of server, on the same files,
//! server and run.
//!
//! Longshore takes SHA-256 of every byte on the way, syncs what it writes and proves each copy, by what the server says or by reading it
//! back; the others do none of that. Where files land on this machine, what they take with a `sync -f` behind it is told as well. Before
//! each measurement all that was written before is synced, so that nobody pays for another, and each round begins with another of them.

mod hash;
mod http;
mod local;
mod s3;
mod sftp;

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use longshore_connectors::Connection;
use serde_json::json;

use crate::data;
use crate::measure::{Measured, command, median};

pub(crate) use http::WINDOW;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// A round trip between places that are far from one another.
pub(crate) const FAR: Duration = Duration::from_millis(20);

/// What every part is given.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'s> {
    /// The released program.
    pub(crate) binary: &'s Path,
    pub(crate) rounds: usize,
    /// A SCALE-th of the data is moved.
    pub(crate) scale: u64,
}

/// A part: its name, and what measures it.
type Part = (&'static str, fn(Setup<'_>) -> Outcome<()>);

/// The parts.
pub(crate) const PARTS: [Part; 4] =
    [("local", local::measure), ("http", http::measure), ("sftp", sftp::measure), ("s3", s3::measure)];

/// So many files of one size.
#[derive(Clone, Copy)]
struct Cell {
    files: u64,
    /// Bytes of each.
    size: u64,
}

impl Cell {
    const LARGE: Self = Self { files: 1, size: 2 << 30 };
    const SMALL: Self = Self { files: 2_000, size: 64 << 10 };
    const TINY: Self = Self { files: 20_000, size: 4 << 10 };

    /// A SCALE-th of it: fewer files, or, of one, fewer bytes.
    fn scaled(self, scale: u64) -> Self {
        if self.files == 1 {
            Self { size: self.size / scale, ..self }
        } else {
            Self { files: (self.files / scale).max(1), ..self }
        }
    }

    fn name(self) -> String {
        let size = match self.size {
            gib if gib.is_multiple_of(1 << 30) => format!("{} GiB", gib >> 30),
            mib if mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
            kib => format!("{} KiB", kib >> 10),
        };
        format!("{} x {size}", self.files)
    }

    fn write(self, folder: &Path) -> std::io::Result<()> {
        data::write(folder, self.files, self.files * self.size)
    }
}

/// Makes the command that moves a folder or a file: from a path of this machine to a name on the server, or back.
type Way<'c> = Box<dyn Fn(&Path, &str) -> Outcome<Command> + 'c>;

/// How to compare with one who moves files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Ours.
    Ours,
    /// As it comes, and with a sync behind it.
    Peer,
    /// It syncs what it writes.
    Synced,
}

/// One who moves files.
struct Carrier<'c> {
    who: &'static str,
    role: Role,
    up: Option<Way<'c>>,
    down: Option<Way<'c>>,
}

impl<'c> Carrier<'c> {
    fn ours(bench: &'c Bench<'_>) -> Self {
        let up = |local: &Path, remote: &str| Ok(bench.copy(local.as_os_str(), format!("peer:{remote}").as_ref()));
        let down = |local: &Path, remote: &str| Ok(bench.copy(format!("peer:{remote}").as_ref(), local.as_os_str()));
        Self { who: "longshore copy", role: Role::Ours, up: Some(Box::new(up)), down: Some(Box::new(down)) }
    }

    fn peer(
        who: &'static str,
        up: impl Fn(&Path, &str) -> Outcome<Command> + 'c,
        down: impl Fn(&Path, &str) -> Outcome<Command> + 'c,
    ) -> Self {
        Self { who, role: Role::Peer, up: Some(Box::new(up)), down: Some(Box::new(down)) }
    }
}

/// A workspace that knows the server as the connection `peer`.
struct Bench<'s> {
    setup: Setup<'s>,
    place: tempfile::TempDir,
    /// The server, as Airflow would be told it.
    connection: Option<String>,
}

impl<'s> Bench<'s> {
    fn new(setup: Setup<'s>, connection: Option<String>) -> Outcome<Self> {
        let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
        let bench = Self { setup, place, connection };
        // The workspace is made here, and not while something is measured.
        command(bench.longshore().args(["connection", "list"]), 0)?;
        Ok(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn longshore(&self) -> Command {
        let mut command = Command::new(self.setup.binary);
        command.arg("--workspace").arg(self.path("workspace")).arg("--quiet");
        command.envs(self.connection.iter().map(|connection| ("AIRFLOW_CONN_PEER", connection)));
        command.env("LONGSHORE_KEYRING", "off");
        command
    }

    fn copy(&self, from: &OsStr, to: &OsStr) -> Command {
        let mut command = self.longshore();
        command.arg("copy").arg(from).arg(to);
        command
    }

    /// Lets everybody move the same files up and back, in turns; `forget` takes away what lies on the server by a name.
    fn contest(&self, case: Case<'_>, carriers: &[Carrier<'_>], forget: impl Fn(&str)) -> Outcome<()> {
        let source = self.path("source");
        if source.exists() {
            std::fs::remove_dir_all(&source)?;
        }
        if carriers.iter().any(|carrier| carrier.up.is_some()) {
            case.cell.write(&source)?;
        }
        let mut took: Vec<[Vec<Took>; 2]> = carriers.iter().map(|_| Default::default()).collect();
        for round in 0..self.setup.rounds {
            for at in (0..carriers.len()).map(|at| (at + round) % carriers.len()) {
                let (carrier, remote) = (&carriers[at], format!("round-{round}-{at}"));
                if let Some(up) = &carrier.up {
                    let lands = case.lands.map(|folder| folder.join(&remote));
                    took[at][0].push(carrier.run(&mut up(&source, &remote)?, lands.as_deref())?);
                }
                if let Some(down) = &carrier.down {
                    let back = self.path("back");
                    took[at][1].push(carrier.run(&mut down(&back, &remote)?, Some(&back))?);
                    if back.is_dir() { std::fs::remove_dir_all(&back) } else { std::fs::remove_file(&back) }?;
                }
                forget(&remote);
            }
        }
        for (way, at) in [("up", 0), ("down", 1)] {
            let rows = carriers.iter().zip(&took).filter(|(_, took)| !took[at].is_empty());
            case.show(way, &rows.flat_map(|(carrier, took)| self::rows(carrier, &took[at])).collect::<Vec<_>>());
        }
        Ok(())
    }
}

/// What one run took: by itself, and with a sync of where it wrote to behind it.
struct Took {
    alone: Measured,
    synced: Option<Measured>,
}

impl Carrier<'_> {
    /// Measures a command, after all that was written before lies on the disk.
    fn run(&self, work: &mut Command, lands: Option<&Path>) -> Outcome<Took> {
        command(&mut Command::new("sync"), 0)?;
        let alone = command(work, 0)?;
        let Some(lands) = lands.filter(|_| self.role == Role::Peer) else { return Ok(Took { alone, synced: None }) };
        let sync = command(Command::new("sync").arg("-f").arg(lands), 0)?;
        let synced = Measured { seconds: alone.seconds + sync.seconds, ..alone.clone() };
        Ok(Took { alone, synced: Some(synced) })
    }
}

/// What is moved, and how it shall compare.
#[derive(Clone, Copy)]
struct Case<'c> {
    place: &'c str,
    cell: Cell,
    /// Seconds of Longshore over those of the fastest other, at most.
    goal: f64,
    /// The folder of this machine that copies up land in, if they do.
    lands: Option<&'c Path>,
}

/// A line of a table: who, how to compare, and the medians.
type Row = (String, Role, Measured);

/// One line for each, and another with the sync.
fn rows(carrier: &Carrier<'_>, took: &[Took]) -> Vec<Row> {
    let alone = median(took.iter().map(|took| took.alone.clone()).collect());
    let synced: Vec<Measured> = took.iter().filter_map(|took| took.synced.clone()).collect();
    let mut rows = vec![(carrier.who.to_owned(), carrier.role, alone)];
    if !synced.is_empty() {
        rows.push((format!("{}, then sync", carrier.who), Role::Synced, median(synced)));
    }
    rows
}

impl Case<'_> {
    fn show(&self, way: &str, rows: &[Row]) {
        let fastest = |wanted: Role| {
            let seconds = rows.iter().filter(|(_, role, _)| *role == wanted).map(|(_, _, took)| took.seconds);
            seconds.fold(f64::INFINITY, f64::min)
        };
        let fastest = [fastest(Role::Peer), fastest(Role::Synced)];
        let mib = (self.cell.files * self.cell.size) as f64 / f64::from(1 << 20);
        for (who, role, took) in rows {
            let ours = *role == Role::Ours;
            let ratio = |fastest: f64| {
                let known = ours && fastest.is_finite();
                if known { format!("{:.2}", took.seconds / fastest) } else { String::new() }
            };
            let ([ratio, synced], goal) = (fastest.map(ratio), ours.then_some(self.goal));
            let goal = goal.map_or_else(String::new, |goal| format!("{goal:.2}"));
            let (place, name, seconds, peak) = (self.place, self.cell.name(), took.seconds, took.peak >> 20);
            let (rate, files) = (mib / seconds, self.cell.files as f64 / seconds);
            println!(
                "| {place} | {name} | {way} | {who} | {seconds:.2} | {rate:.0} | {files:.0} | {ratio} | {goal} | {synced} | {peak} |"
            );
        }
    }
}

/// The head of the tables. The second ratio is to the fastest of those that have synced what they wrote.
fn head() {
    println!("\n| between | files | way | who | seconds | MiB/s | files/s | ratio | goal | ratio, synced | peak MiB |");
    println!("| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
}

/// A connection in Airflow's JSON form.
pub(crate) fn airflow(connection: &Connection) -> String {
    let Connection { kind, host, port, login, extra, .. } = connection;
    json!({"conn_type": kind, "host": host, "port": port, "login": login, "extra": extra}).to_string()
}

/// A program that `scripts/install.sh bench` installs.
fn installed(name: &str) -> Command {
    Command::new(longshore_testkit::servers::program("transfers", name))
}

/// rclone, copying; what a remote is stands in the names.
pub(crate) fn rclone(from: &OsStr, to: &OsStr) -> Command {
    let mut command = installed("rclone");
    command.args(["copy", "--config", "/dev/null", "--log-level", "ERROR"]).arg(from).arg(to).stdin(Stdio::null());
    command
}
