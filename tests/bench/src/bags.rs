//! Bags: judged beside `bagit.py` with two processes, and unpacked from a zip beside `unzip` and then `bagit.py`; with the same algorithms.

use std::path::{Path, PathBuf};
use std::process::Command;

use longshore_testkit::servers::program;

use crate::data::{self, Kind};
use crate::measure::{Measured, command, median};
use crate::transfers::{Outcome, Setup};

/// Peak of memory in bytes that must not be exceeded.
const MEMORY: u64 = 200 << 20;

/// The payload of a bag.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    files: u64,
    bytes: u64,
    checksums: &'static [&'static str],
    kind: Kind,
}

/// What both programs make bags with where nothing is said.
const USUAL: &[&str] = &["sha256", "sha512"];

/// Measures both.
pub(crate) fn measure(setup: Setup<'_>) -> Outcome<()> {
    println!("\n| bag | files | GiB | checksums | what | seconds | times as fast | goal | peak MiB |");
    println!("| --- | ---: | ---: | --- | --- | ---: | ---: | ---: | ---: |");
    let large = Case { name: "large", files: 16, bytes: (4 << 30) / setup.scale, checksums: USUAL, kind: Kind::Noise };
    let (files, bytes) = (50_000 / setup.scale, (1 << 30) / setup.scale);
    for case in [
        large,
        Case { checksums: &["sha512"], ..large },
        Case { checksums: &["md5"], ..large },
        Case { checksums: &["md5", "sha256"], ..large },
        Case { name: "small", files, bytes, ..large },
    ] {
        case.judge(setup)?;
    }
    let zip = Case { bytes: (2 << 30) / setup.scale, ..large };
    zip.unpack(setup, "zip")?;
    Case { kind: Kind::Letters, ..zip }.unpack(setup, "zip-deflated")?;
    println!("\nLoad at the end: {}", std::fs::read_to_string("/proc/loadavg")?.trim());
    Ok(())
}

impl Case {
    fn judge(&self, setup: Setup<'_>) -> Outcome<()> {
        let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
        let bag = self.bag(setup, place.path(), "folder", "bag")?;
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..setup.rounds {
            theirs.push(command(&mut bagit(&bag), 0)?);
            ours.push(command(longshore(setup).args(["bag", "validate"]).arg(&bag), 0)?);
        }
        self.rows(["bagit.py --processes 2 --validate", "longshore bag validate"], &median(theirs), &median(ours), 1.5);
        Ok(())
    }

    fn unpack(&self, setup: Setup<'_>, form: &'static str) -> Outcome<()> {
        let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
        let zip = self.bag(setup, place.path(), form, "W.bag.zip")?;
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..setup.rounds {
            let to = place.path().join("to");
            std::fs::create_dir(&to)?;
            let unzipped = command(Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&to), 0)?;
            let judged = command(&mut bagit(&to.join("W.bag")), 0)?;
            theirs.push(Measured { seconds: unzipped.seconds + judged.seconds, ..judged });
            again(&to)?;
            ours.push(command(longshore(setup).args(["bag", "unpack"]).arg(&zip).arg(&to), 0)?);
            std::fs::remove_dir_all(&to)?;
            command(&mut Command::new("sync"), 0)?;
        }
        let named = Self { name: form, ..*self };
        named.rows(["unzip, then bagit.py", "longshore bag unpack"], &median(theirs), &median(ours), 1.0);
        Ok(())
    }

    /// A bag of this payload, synced; what it was made of is gone.
    fn bag(&self, setup: Setup<'_>, place: &Path, form: &str, name: &str) -> Outcome<PathBuf> {
        let (source, bag) = (place.join("source"), place.join(name));
        data::write_of(&source, self.files, self.bytes, self.kind)?;
        let mut make = longshore(setup);
        make.args(["bag", "make", "--form", form]).arg(&source).arg(&bag);
        make.args(self.checksums.iter().map(|checksum| format!("--{checksum}")));
        command(&mut make, 0)?;
        std::fs::remove_dir_all(&source)?;
        command(&mut Command::new("sync"), 0)?;
        Ok(bag)
    }

    fn rows(&self, what: [&str; 2], theirs: &Measured, ours: &Measured, goal: f64) {
        let (gib, checksums) = (self.bytes as f64 / f64::from(1 << 30), self.checksums.join(" "));
        let start = format!("| {} | {} | {gib:.2} | {checksums}", self.name, self.files);
        println!("{start} | {} | {:.2} |  |  | {} |", what[0], theirs.seconds, theirs.peak >> 20);
        let over = if ours.peak > MEMORY { " (the goal is 200)" } else { "" };
        let times = theirs.seconds / ours.seconds;
        println!("{start} | {} | {:.2} | {times:.2} | {goal:.1} | {}{over} |", what[1], ours.seconds, ours.peak >> 20);
    }
}

fn longshore(setup: Setup<'_>) -> Command {
    let mut command = Command::new(setup.binary);
    command.arg("--quiet");
    command
}

fn bagit(bag: &Path) -> Command {
    let mut command = Command::new(program("bagit", "python"));
    command.arg(program("bagit", "bagit.py")).args(["--quiet", "--processes", "2", "--validate"]).arg(bag);
    command
}

/// Empties a folder, and lets the disk come to rest.
fn again(folder: &Path) -> Outcome<()> {
    std::fs::remove_dir_all(folder)?;
    std::fs::create_dir(folder)?;
    command(&mut Command::new("sync"), 0)?;
    Ok(())
}
