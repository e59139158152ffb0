//! A dataset with as many files as a camera or a simulation leaves behind: bounded memory, pages that come at once.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use longshore_e2e::cli::Cli;
use longshore_e2e::site::Site;
use longshore_e2e::{judge, soak, tell};

/// What the backend may hold in memory, whatever the size of the dataset.
const MEMORY: u64 = 200 << 20;

fn count() -> u64 {
    if soak() { 1_000_000 } else { 10_000 }
}

/// Files of no more than a few bytes, a thousand to a folder.
fn write(top: &Path, count: u64) {
    for number in 0..count {
        let folder = top.join(format!("frames {:04}", number / 1000));
        if number.is_multiple_of(1000) {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::write(folder.join(format!("{number:07}.txt")), content(number)).unwrap();
    }
}

/// Half of the files are empty.
fn content(number: u64) -> String {
    if number.is_multiple_of(2) { String::new() } else { number.to_string() }
}

/// Runs a command to its end and gives the highest resident memory that it had, in bytes.
fn peak(cli: &Cli, args: &[&OsStr]) -> u64 {
    let mut running = cli.start(args);
    let mut peak = 0;
    while running.outlives(std::time::Duration::from_millis(20)) {
        peak = peak.max(running.resident_peak().unwrap_or(0));
    }
    let said = running.finish(1);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    peak
}

/// Number of files and their names together, the order left out.
fn names(top: &Path) -> (usize, u64) {
    let files = judge::files_in(top);
    let sum = |path: &std::path::PathBuf| -> u64 {
        let number: u64 = path.file_stem().unwrap().to_string_lossy().parse().unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), content(number), "{}", path.display());
        number
    };
    (files.len(), files.iter().map(sum).sum())
}

#[test]
fn a_dataset_of_many_files_needs_no_more_memory() {
    let (site, count) = (Site::new("million"), count());
    let (cli, source, back) = (site.cli(), site.path("source"), site.path("back"));
    write(&source, count);
    let archived =
        peak(&cli, &[OsStr::new("--quiet"), "archive".as_ref(), source.as_ref(), "--name".as_ref(), "frames".as_ref()]);
    let shown = cli.json(["dataset", "show", "frames"]);
    assert_eq!(shown["dataset"]["state"], "archived");
    assert_eq!(shown["dataset"]["proved_files"], count);
    judge::nothing_is_left_over(&cli);
    let found = cli.json(["find", &format!("{:07}", count - 1)]);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let retrieved = peak(&cli, &[OsStr::new("--quiet"), "retrieve".as_ref(), "frames".as_ref(), back.as_ref()]);
    let all = usize::try_from(count).unwrap();
    assert_eq!(names(&back), (all, count * (count - 1) / 2));
    tell(&format!("{count} files: peak {} MiB to archive, {} MiB to retrieve", archived >> 20, retrieved >> 20));
    assert!(archived > 0 && archived < MEMORY && retrieved < MEMORY, "{archived} and {retrieved} bytes");
}
