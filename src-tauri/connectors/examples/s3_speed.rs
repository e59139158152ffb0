//! How fast bytes go to an S3 endpoint and back, beside rclone and s5cmd on the same files in the same run.
//!
//! ```text
//! AWS_ACCESS_KEY_ID=.. AWS_SECRET_ACCESS_KEY=.. cargo run --release -p longshore-connectors --example s3_speed -- ENDPOINT BUCKET FOLDER [ROUNDS] [CELL]...
//! ```
//!
//! FOLDER is filled with what is sent, and takes what comes back. A cell is a number of files and their size, such as `1x2G`; without
//! one, `1x2G`, `2000x64K` and `20000x4K` are measured. Of the rounds the median is shown, in seconds on
//! the clock and, in brackets, of processors, which says more where other work is being done on the machine. Longshore takes SHA-256 of all
//! bytes meanwhile, which the others do not.

#[path = "speed/mod.rs"]
mod speed;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use longshore_connectors::Connection;
use longshore_connectors::s3::S3;
use longshore_transfer::hash::Hashes;
use longshore_transfer::storage::{Finish, Known, ReadOptions, Storage};
use serde_json::json;

use speed::{Cell, Outcome, PIECE, fill, name, side_by_side, timed};

/// The cell of a name such as `2000x64K`.
fn cell(name: String) -> Option<Cell> {
    let (files, size) = name.split_once('x')?;
    let shift = match size.bytes().last()? {
        b'K' => 10,
        b'M' => 20,
        b'G' => 30,
        _ => return None,
    };
    let number: usize = size.get(..size.len() - 1)?.parse().ok()?;
    let files = files.parse().ok()?;
    // It lives as long as the program.
    Some(Cell { name: name.leak(), files, size: number << shift })
}

struct Bench {
    endpoint: String,
    bucket: String,
    folder: PathBuf,
    storage: S3,
}

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let mut word = |what| words.next().ok_or(format!("{what} is missing"));
    let (endpoint, bucket, folder) = (word("ENDPOINT")?, word("BUCKET")?, PathBuf::from(word("FOLDER")?));
    let rounds = words.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let mut names: Vec<String> = words.collect();
    if names.is_empty() {
        names = ["1x2G", "2000x64K", "20000x4K"].map(str::to_owned).into();
    }
    let cells: Option<Vec<Cell>> = names.into_iter().map(cell).collect();
    let extra = json!({"endpoint_url": endpoint, "bucket": bucket}).as_object().cloned().unwrap_or_default();
    let storage = S3::open("s3", &Connection { id: "s3".into(), extra, ..Connection::default() }, b"")?;
    let bench = Bench { endpoint, bucket, folder, storage };
    println!("{:10} {:5} {:>16} {:>16} {:>16}", "cell", "way", "longshore", "rclone", "s5cmd");
    for cell in cells.ok_or("a cell is such as 2000x64K")? {
        bench.measure(&cell, rounds)?;
    }
    Ok(())
}

impl Bench {
    fn measure(&self, cell: &Cell, rounds: usize) -> Outcome<()> {
        let source = self.folder.join(cell.name);
        fill(&source, cell)?;
        let (mut up, mut down) = (vec![Vec::new(); 3], vec![Vec::new(); 3]);
        for round in 0..rounds {
            // Not that of an earlier run: rclone passes over what is there.
            let prefix = format!("{}-{}-{round}", std::process::id(), cell.name);
            up[0].push(measured(|| self.up(cell, &source, &prefix))?);
            up[1].push(measured(|| {
                self.rclone(&source.display().to_string(), &self.remote("peer:", &format!("{prefix}-r")))
            })?);
            up[2].push(measured(|| {
                self.s5cmd(&format!("{}/*", source.display()), &self.remote("s3://", &format!("{prefix}-s/")))
            })?);
            down[0].push(measured(|| self.down(cell, &prefix, &self.fresh()?))?);
            down[1]
                .push(measured(|| self.rclone(&self.remote("peer:", &prefix), &self.fresh()?.display().to_string()))?);
            down[2].push(measured(|| {
                self.s5cmd(&self.remote("s3://", &format!("{prefix}/*")), &format!("{}/", self.fresh()?.display()))
            })?);
        }
        for (way, times) in [("up", up), ("down", down)] {
            let shown: Vec<String> = times.into_iter().map(median).map(|took| format!("{took:>16}")).collect();
            println!("{:10} {way:5} {}", cell.name, shown.join(" "));
        }
        Ok(())
    }

    fn remote(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}{}/{path}", self.bucket)
    }

    /// An empty folder for what comes back.
    fn fresh(&self) -> std::io::Result<PathBuf> {
        let folder = self.folder.join("back");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn up(&self, cell: &Cell, source: &Path, prefix: &str) -> Outcome<()> {
        side_by_side(cell.files, self.storage.width(), |at| {
            let mut file = File::open(source.join(name(at)))?;
            let known = Known { size: file.metadata()?.len(), mtime: None };
            let mut writer = self.storage.write_sized(format!("{prefix}/{}", name(at)).as_bytes(), None, known)?;
            let (mut piece, mut hashes) = (vec![0; PIECE.min(cell.size)], Hashes::new(false));
            loop {
                let count = file.read(&mut piece)?;
                hashes.update(&piece[..count]);
                writer.write(&piece[..count])?;
                if count == 0 {
                    break;
                }
            }
            let receipt = writer.commit(&Finish { replace: true, ..Finish::default() })?;
            hashes.finish();
            if receipt.confirmed { Ok(()) } else { Err("the endpoint confirmed nothing".into()) }
        })
    }

    fn down(&self, cell: &Cell, prefix: &str, to: &Path) -> Outcome<()> {
        side_by_side(cell.files, self.storage.width(), |at| {
            let mut reader = self.storage.read(format!("{prefix}/{}", name(at)).as_bytes(), ReadOptions::default())?;
            let mut file = File::create(to.join(name(at)))?;
            let (mut piece, mut hashes) = (vec![0; PIECE.min(cell.size)], Hashes::new(false));
            loop {
                let count = reader.read(&mut piece)?;
                hashes.update(&piece[..count]);
                file.write_all(&piece[..count])?;
                if count < piece.len() {
                    hashes.finish();
                    return Ok(());
                }
            }
        })
    }

    fn rclone(&self, from: &str, to: &str) -> Outcome<()> {
        let mut command = Command::new("rclone");
        command.args(["copy", from, to, "--transfers", "32", "--checkers", "32", "--s3-upload-concurrency", "8"]);
        command.args(["--s3-no-check-bucket", "--no-traverse", "--config", "/dev/null"]);
        command.env("RCLONE_CONFIG_PEER_TYPE", "s3").env("RCLONE_CONFIG_PEER_PROVIDER", "SeaweedFS");
        command.env("RCLONE_CONFIG_PEER_ENDPOINT", &self.endpoint).env("RCLONE_CONFIG_PEER_ENV_AUTH", "true");
        finished(&mut command)
    }

    fn s5cmd(&self, from: &str, to: &str) -> Outcome<()> {
        let mut command = Command::new("s5cmd");
        finished(command.args(["--endpoint-url", &self.endpoint, "--log", "error", "cp", from, to]))
    }
}

fn finished(command: &mut Command) -> Outcome<()> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", command.get_program().display()).into()) }
}

/// How long something took: on the clock, and of processors, in seconds.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    busy: f64,
}

/// The same as [`speed::timed`], with what it took of processors.
fn measured(work: impl FnOnce() -> Outcome<()>) -> Outcome<Took> {
    let before = busy();
    let wall = timed(work)?;
    Ok(Took { wall, busy: busy() - before })
}

/// Seconds of processors that this process and its ended children have used: proc_pid_stat(5), whose ticks are hundredths.
fn busy() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(4);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn median(mut times: Vec<Took>) -> String {
    times.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    times.get(times.len() / 2).map_or_else(String::new, |Took { wall, busy }| format!("{wall:.2} ({busy:.2})"))
}
