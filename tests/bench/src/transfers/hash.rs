//! Checksums of files that lie in the page cache, by the implementations that transfers use, beside md5sum and sha256sum.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use md5::Md5;
use sha2::{Digest, Sha256};

use super::{Outcome, Setup};
use crate::data;
use crate::measure::command;

/// Files that are taken side by side.
const FILES: u64 = 2;

/// Bytes of each.
const SIZE: u64 = 1 << 30;

/// Bytes that are taken at a time: as in transfers.
const PIECE: usize = 1 << 20;

/// One file on one core, and several side by side.
pub(super) fn measure(setup: Setup<'_>) -> Outcome<()> {
    let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    data::write(place.path(), FILES, FILES * SIZE / setup.scale)?;
    let files: Vec<PathBuf> = (0..FILES).map(|at| place.path().join(format!("part-000/frame-{at:06}.tiff"))).collect();
    println!("\n| checksum | files | MiB/s | of the program | MiB/s | ratio of speeds | goal |");
    println!("| --- | ---: | ---: | --- | ---: | ---: | ---: |");
    for files in [&files[..1], &files[..]] {
        compare(setup, files, "SHA-256", "sha256sum", of::<Sha256>)?;
        compare(setup, files, "MD5", "md5sum", of::<Md5>)?;
    }
    Ok(())
}

fn compare(
    setup: Setup<'_>,
    files: &[PathBuf],
    name: &str,
    program: &str,
    ours: fn(&Path) -> std::io::Result<()>,
) -> Outcome<()> {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..setup.rounds.max(3) {
        let began = Instant::now();
        std::thread::scope(|scope| {
            let threads: Vec<_> = files.iter().map(|file| scope.spawn(|| ours(file))).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(std::io::Error::other("it broke"))))
        })?;
        own.push(began.elapsed().as_secs_f64());
        let mut side_by_side = Command::new("sh");
        side_by_side.args(["-ec", r#"program="$1"; shift; for f; do "$program" "$f" & done; wait"#, "sh", program]);
        others.push(command(side_by_side.args(files), 0)?.seconds);
    }
    let mib = (files.len() as u64 * SIZE / setup.scale) as f64 / f64::from(1 << 20);
    let rate = |mut seconds: Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        mib / seconds[seconds.len() / 2]
    };
    let (own, other, count) = (rate(own), rate(others), files.len());
    println!("| {name} | {count} | {own:.0} | {program} | {other:.0} | {:.2} | 0.90 |", own / other);
    Ok(())
}

/// Takes the checksum of a file.
fn of<D: Digest>(path: &Path) -> std::io::Result<()> {
    let (mut file, mut piece, mut digest) = (File::open(path)?, vec![0; PIECE], D::new());
    loop {
        match file.read(&mut piece)? {
            0 => break,
            count => digest.update(&piece[..count]),
        }
    }
    std::hint::black_box(digest.finalize());
    Ok(())
}
