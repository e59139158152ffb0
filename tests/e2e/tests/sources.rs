//! Sources that cannot be read as they should: refused or failed with the file's name, and nothing lost.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use longshore_e2e::cli::Cli;
use longshore_e2e::process::{Running, Said};
use longshore_e2e::site::{self, Site};
use longshore_e2e::{judge, tree, wait};

/// A user without rights, where the tests run as root, for whom every file can be read.
const NOBODY: u32 = 65534;

fn start(cli: &Cli, source: &std::path::Path) -> Running {
    cli.start([OsStr::new("archive"), source.as_ref(), "--name".as_ref(), "it".as_ref()])
}

fn archive(cli: &Cli, source: &std::path::Path) -> Said {
    start(cli, source).finish(300)
}

/// Nothing is called archived, and the landing zone keeps what it has.
fn not_archived(cli: &Cli) {
    let shown = cli.json(["dataset", "show", "it"]);
    assert_ne!(shown["dataset"]["state"], "archived");
    assert_eq!(judge::files_in(&cli.workspace().join("lts")), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_folder_without_a_file_is_refused() {
    let site = Site::new("empty");
    fs::create_dir_all(site.path("source/with/folders/only")).unwrap();
    archive(&site.cli(), &site.path("source")).refused(4, &["dataset.empty"]);
    assert_eq!(site.cli().json(["datasets"])["total"], 0);
}

#[test]
fn a_source_that_is_not_there_is_named() {
    let site = Site::new("missing");
    archive(&site.cli(), &site.path("nowhere")).refused(1, &["source.missing", "nowhere"]);
}

#[test]
fn two_sources_of_one_name_are_refused() {
    let site = Site::new("same-name");
    for folder in ["a/data", "b/data"] {
        fs::create_dir_all(site.path(folder)).unwrap();
        fs::write(site.path(folder).join("file"), folder).unwrap();
    }
    let (a, b) = (site.path("a/data"), site.path("b/data"));
    let said = site.cli().run([OsStr::new("archive"), a.as_ref(), b.as_ref(), "--name".as_ref(), "it".as_ref()]);
    assert_ne!(said.code, 0);
    assert!(said.err.contains("source.same_name"), "{}", said.err);
}

#[test]
fn an_unreadable_file_is_named_and_a_retry_goes_on() {
    let root = rustix::process::geteuid().is_root();
    // Another user must be able to come to it, and to start a program in it.
    let site = if root { Site::below(&std::env::temp_dir(), "unreadable") } else { Site::new("unreadable") };
    let source = site.path("source");
    tree::write_small(&source, 50, 10_000);
    let locked = source.join("part-000/frame-000017.tiff");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let program = site.path("longshore");
    fs::copy(site::program("longshore"), &program).unwrap();
    let mut cli = site.cli();
    if root {
        for folder in [site.path("."), site.path("workspace")] {
            fs::create_dir_all(&folder).unwrap();
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        cli = cli.program(program).through(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    archive(&cli, &source).refused(1, &["frame-000017.tiff"]);
    not_archived(&cli);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o644)).unwrap();
    let failed = cli.json(["run", "list"])["rows"][0]["id"].as_str().unwrap().to_owned();
    cli.ok(["run", "retry", &failed]);
    cli.ok(["run", "wait"]);
    judge::archived(&cli, "it", &source, &tree::read(&source));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_named() {
    let site = Site::new("changing");
    let source = site.path("source");
    tree::write_random(&source.join("growing"), 200 << 20, 1);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(source.join("growing")).unwrap();
            while !ended.load(Ordering::Relaxed) {
                file.write_all(b"more").unwrap();
                wait::pause();
            }
        });
        let said = archive(&site.cli(), &source);
        ended.store(true, Ordering::Relaxed);
        said.refused(1, &["changed", "growing"]);
    });
    not_archived(&site.cli());
}

#[test]
fn a_file_that_vanishes_while_others_are_read_is_named() {
    let site = Site::new("vanishing");
    let (cli, source) = (site.cli(), site.path("source"));
    for number in 0..6 {
        tree::write_random(&source.join(format!("{number}.tiff")), 64 << 20, number + 1);
    }
    let running = start(&cli, &source);
    wait::until("the first file in the landing zone", 60, || {
        (!judge::files_in(&site.workspace().join("landing")).is_empty()).then_some(())
    });
    fs::remove_file(source.join("5.tiff")).unwrap();
    running.finish(300).refused(1, &["5.tiff"]);
    not_archived(&cli);
}
