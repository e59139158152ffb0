//! `make bench`: Longshore side by side with what an operator would do by hand, in one run, as ratios.
//!
//! Every figure is measured on the process as a whole: seconds from start to exit, bytes by `/proc/<pid>/io` (the child's
//! counters are added to this process's own when it is waited for), and the peak of resident memory.
//!
//! `longshore-bench [ROUNDS [SCALE [BINARY [PART]]]]`: medians of ROUNDS rounds (3) with a SCALE-th of the data (1), of
//! `target/release/longshore`; only one PART of it (`bytes`, `engine`, `history`, `window`, `archiver`, `bags`, `rest`, `engines`, `hpc`, `local`, `http`, `sftp`, `s3`)
//! if one is named. It works in the temporary folder (`TMPDIR`), which should lie on a disk.

mod archiver;
mod bags;
mod data;
mod desktop;
mod engine;
mod engines;
mod history;
mod hpc;
mod measure;
mod peers;
mod product;
mod rest;
mod transfers;

use std::path::PathBuf;
use std::process::ExitCode;

use measure::{Measured, median};

/// What is archived.
pub(crate) struct Case {
    name: &'static str,
    files: u64,
    bytes: u64,
    peer: fn(&std::path::Path, &std::path::Path) -> std::io::Result<Measured>,
    peer_name: &'static str,
    goal: f64,
}

fn cases(scale: u64) -> [Case; 2] {
    [
        Case {
            name: "large",
            files: 16,
            bytes: (4 << 30) / scale,
            peer: peers::copy_and_md5,
            peer_name: "cp, sync, md5sum from the medium",
            goal: 1.15,
        },
        Case {
            name: "small",
            files: 50_000 / scale,
            bytes: (1 << 30) / scale,
            peer: peers::tar_and_sums,
            peer_name: "tar cf, sha256sum, md5sum, tar df",
            goal: 1.0,
        },
    ]
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().map_or(Ok(3), |text| text.parse())?;
    let scale: u64 = args.next().map_or(Ok(1), |text| text.parse())?;
    let binary = args.next().map_or_else(|| PathBuf::from("target/release/longshore"), PathBuf::from).canonicalize()?;
    let part = args.next();
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("bytes") {
        bytes(&binary, rounds, scale)?;
    }
    if wanted("engine") {
        engine::measure(rounds, binary.parent().ok_or("the program lies in no folder")?)?;
    }
    if wanted("history") {
        history::measure(u32::try_from(scale)?)?;
    }
    if wanted("window") {
        desktop::measure(rounds, scale)?;
    }
    let setup = transfers::Setup { binary: &binary, rounds, scale };
    if wanted("archiver") {
        archiver::measure(setup)?;
    }
    if wanted("bags") {
        bags::measure(setup)?;
    }
    if wanted("rest") {
        rest::measure(setup)?;
    }
    if wanted("engines") {
        engines::measure(setup)?;
    }
    if wanted("hpc") {
        hpc::measure(setup)?;
    }
    let mut parts = transfers::PARTS.iter().filter(|(name, _)| wanted(name));
    parts.try_for_each(|(_, measure)| measure(setup))
}

fn bytes(binary: &std::path::Path, rounds: usize, scale: u64) -> Result<(), Box<dyn std::error::Error>> {
    println!("| case | files | GiB | what | seconds | s/GiB | ratio | goal | bytes moved per byte | peak MiB |");
    println!("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for case in cases(scale) {
        measure_case(&case, binary, rounds)?;
    }
    Ok(())
}

fn measure_case(case: &Case, binary: &std::path::Path, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    let source = place.path().join("source");
    data::write(&source, case.files, case.bytes)?;
    let (mut peer, mut landing, mut archive) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let work = place.path().join(format!("round-{round}"));
        std::fs::create_dir_all(&work)?;
        peer.push((case.peer)(&source, &work.join("peer"))?);
        let product = product::run(binary, &source, &work.join("workspace"))?;
        landing.push(product.landing);
        archive.push(product.archive);
        std::fs::remove_dir_all(&work)?;
    }
    let (peer, landing, archive) = (median(peer), median(landing), median(archive));
    row(case, case.peer_name, &peer, None, None);
    row(case, "longshore, landing zone to proved LTS", &archive, Some(archive.seconds / peer.seconds), Some(case.goal));
    row(case, "longshore, source to landing zone", &landing, None, None);
    Ok(())
}

fn row(case: &Case, what: &str, measured: &Measured, ratio: Option<f64>, goal: Option<f64>) {
    let gib = case.bytes as f64 / f64::from(1 << 30);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    println!(
        "| {} | {} | {gib:.2} | {what} | {:.1} | {:.2} | {} | {} | {:.2} | {} |",
        case.name,
        case.files,
        measured.seconds,
        measured.seconds / gib,
        number(ratio),
        number(goal),
        measured.moved as f64 / case.bytes as f64,
        measured.peak >> 20,
    );
}
