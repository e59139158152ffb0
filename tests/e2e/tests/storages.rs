//! An LTS that is missing, read-only, full, pulled out, or too small for two: each said clearly, nothing lost, and it goes on.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;

use longshore_e2e::cli::Cli;
use longshore_e2e::disk::Disk;
use longshore_e2e::process::{Running, Said};
use longshore_e2e::site::Site;
use longshore_e2e::{judge, tree, wait};

const MIB: u64 = 1 << 20;

/// A workspace whose LTS is a disk of its own, which leaves nothing free.
fn on_disk(site: &Site, disk: &Disk) -> Cli {
    let cli = site.cli().variable("datablock_target_bytes", "64MiB");
    cli.lay("lts", disk.path());
    cli.ok(["storage", "set", "lts", "--floor-percent", "0"]);
    cli
}

fn start(cli: &Cli, source: &Path, name: &str) -> Running {
    cli.start([OsStr::new("archive"), source.as_ref(), "--name".as_ref(), name.as_ref()])
}

/// Fails with a code that is one of these, and the whole dataset still lies in the landing zone or at its source.
fn failed_and_kept(cli: &Cli, said: &Said, codes: &[&str]) {
    assert_eq!(said.code, 1, "{}\n{}", said.out, said.err);
    assert!(codes.iter().any(|code| said.err.contains(code)), "none of {codes:?} in:\n{}", said.err);
    let row = &cli.json(["dataset", "show", "it"])["dataset"];
    assert_ne!(row["state"], "archived");
    assert_eq!(row["landing_files"], row["files"], "the landing zone was released before the proof");
}

/// Retries what failed and goes on to the proof.
fn goes_on(cli: &Cli, source: &Path) {
    let list = cli.json(["run", "list"]);
    let failed = list["rows"].as_array().unwrap().iter().find(|run| run["state"] == "failed").unwrap();
    cli.ok(["run", "retry", failed["id"].as_str().unwrap()]);
    cli.ok(["run", "wait"]);
    let row = cli.json(["dataset", "show", "it"]);
    assert_eq!(row["dataset"]["state"], "archived");
    for (path, _) in judge::blocks(&row) {
        assert!(path.exists());
    }
    judge::archived(cli, "it", source, &tree::read(source));
}

/// Bytes under temporary and final names on the LTS.
fn written(lts: &Path) -> u64 {
    let files = judge::files_in(lts).into_iter().filter(|path| path.to_string_lossy().contains(".tar"));
    files.filter_map(|path| fs::metadata(path).ok()).map(|meta| meta.len()).sum()
}

/// What an active run waits for, once it says this of the LTS.
fn waits_for(cli: &Cli, what: &str) {
    wait::until(&format!("a run that waits: {what}"), 120, || {
        let runs = cli.json(["run", "list", "--active"]);
        let mut waits = runs["rows"].as_array()?.iter().filter_map(|run| run["waits"].as_str());
        waits.any(|waits| waits.contains("lts") && waits.contains(what)).then_some(())
    });
}

/// Ends with the proof, and other programs agree.
fn ends_proved(cli: &Cli, running: Running, name: &str, source: &Path) {
    let said = running.finish(400);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    judge::archived(cli, name, source, &tree::read(source));
}

#[test]
fn a_missing_lts_is_waited_for_and_nothing_is_made_in_its_place() {
    let site = Site::new("missing-lts");
    let (lts, away) = (site.path("archive"), site.path("away"));
    fs::create_dir_all(&lts).unwrap();
    let cli = site.cli();
    cli.lay("lts", &lts);
    let source = site.path("source");
    tree::write_small(&source, 100, 50_000);
    fs::rename(&lts, &away).unwrap();
    let planned = cli.json([OsStr::new("plan"), "archive".as_ref(), source.as_ref()]);
    let space = planned["space"].as_array().unwrap();
    assert!(space.iter().any(|need| need["storage"] == "lts" && !need["problem"].is_null()), "{planned}");
    let running = start(&cli, &source, "it");
    waits_for(&cli, "the folder is not there");
    assert!(!lts.exists(), "a folder was made where the LTS is to be mounted");
    fs::rename(&away, &lts).unwrap();
    ends_proved(&cli, running, "it", &source);
}

#[test]
fn a_read_only_lts_is_waited_for() {
    let site = Site::new("read-only");
    let Some(disk) = Disk::mount("a read-only LTS", &site.path("."), 200) else { return };
    let cli = on_disk(&site, &disk);
    let source = site.path("source");
    tree::write_small(&source, 100, 50_000);
    disk.read_only(true);
    let running = start(&cli, &source, "it");
    waits_for(&cli, "read-only");
    disk.read_only(false);
    ends_proved(&cli, running, "it", &source);
}

#[test]
fn the_plan_says_that_an_lts_can_never_hold_it() {
    let site = Site::new("never");
    let Some(disk) = Disk::mount("an LTS that is too small", &site.path("."), 100) else { return };
    let cli = on_disk(&site, &disk);
    let source = site.path("source");
    tree::write_random(&source.join("large"), 200 * MIB, 1);
    let said = cli.run([OsStr::new("--json"), "plan".as_ref(), "archive".as_ref(), source.as_ref()]);
    assert_eq!(said.code, 4, "{}\n{}", said.out, said.err);
    let planned: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let notes = planned["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "space.never" && note["level"] == "error"), "{planned}");
}

#[test]
fn an_lts_that_fills_up_in_the_middle_is_said_and_the_retry_goes_on() {
    let site = Site::new("full");
    let Some(disk) = Disk::mount("an LTS that fills up", &site.path("."), 700) else { return };
    let cli = on_disk(&site, &disk).variable("datablock_target_bytes", "1GiB");
    let source = site.path("source");
    tree::write_random(&source.join("large"), 400 * MIB, 1);
    let running = start(&cli, &source, "it");
    wait::until("a datablock begun", 120, || (written(disk.path()) > 0).then_some(()));
    // Somebody else takes all that is left.
    let ballast = disk.path().join("ballast");
    fill(&ballast);
    failed_and_kept(&cli, &running.finish(300), &["storage.full", "space."]);
    fs::remove_file(ballast).unwrap();
    goes_on(&cli, &source);
}

#[test]
fn an_lts_pulled_out_in_the_middle_is_said_and_the_retry_goes_on() {
    let site = Site::new("pulled");
    let Some(disk) = Disk::mount("an LTS pulled out", &site.path("."), 700) else { return };
    let cli = on_disk(&site, &disk);
    let source = site.path("source");
    for number in 0..6 {
        tree::write_random(&source.join(format!("{number}.tiff")), 64 * MIB, number + 1);
    }
    let running = start(&cli, &source, "it");
    wait::until("a datablock begun", 120, || (written(disk.path()) > 0).then_some(()));
    disk.pull();
    wait::until("the failure in the list of runs", 120, || {
        let runs = cli.json(["run", "list", "--active"]);
        let mut faults = runs["rows"].as_array()?.iter().filter_map(|run| run["fault"]["what"].as_str());
        faults.any(|what| what.contains("on lts")).then_some(())
    });
    let row = &cli.json(["dataset", "show", "it"])["dataset"];
    assert_eq!(row["landing_files"], row["files"], "the landing zone was released before the proof");
    disk.plug_in();
    ends_proved(&cli, running, "it", &source);
}

#[test]
fn of_two_that_do_not_fit_together_the_second_waits_and_says_so() {
    let site = Site::new("two");
    let Some(disk) = Disk::mount("two archives on a small LTS", &site.path("."), 500) else { return };
    let cli = on_disk(&site, &disk);
    let ballast = disk.path().join("ballast");
    File::create(&ballast).unwrap().set_len(0).unwrap();
    take(&ballast, 180 * MIB);
    for name in ["first", "second"] {
        tree::write_random(&site.path(name).join("large"), 200 * MIB, name.len() as u64);
    }
    let first = start(&cli, &site.path("first"), "first");
    wait::until("the first on its way to the LTS", 60, || (written(disk.path()) > 0).then_some(()));
    let second = start(&cli, &site.path("second"), "second");
    waits_for(&cli, "space");
    assert_eq!(first.finish(300).code, 0);
    fs::remove_file(ballast).unwrap();
    ends_proved(&cli, second, "second", &site.path("second"));
    judge::archived(&cli, "first", &site.path("first"), &tree::read(&site.path("first")));
}

/// Takes room for real; a hole in a file takes none.
fn take(path: &Path, bytes: u64) {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes).unwrap();
}

/// Takes all the room there is.
fn fill(path: &Path) {
    let free = rustix::fs::statvfs(path.parent().unwrap()).unwrap();
    let mut bytes = free.f_bavail * free.f_frsize;
    let file = File::create(path).unwrap();
    // Whoever else writes takes some of it in the meantime.
    while bytes > 64 * 1024 {
        if rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes).is_ok() {
            return;
        }
        bytes -= bytes / 16;
    }
}
