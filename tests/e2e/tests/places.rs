//! Copies to and from a real object storage by the command line: up, down, kept alike, and killed in the middle.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use longshore_e2e::cli::Cli;
use longshore_e2e::site::Site;
use longshore_e2e::tree::{self, Content, Kind};
use longshore_e2e::wait;
use longshore_testkit::proxy::{Direction, Proxy};
use longshore_testkit::servers::Seaweed;
use longshore_testkit::servers::sshd::{Setup, Sshd};
use serde_json::json;

const MIB: u64 = 1 << 20;

/// A workspace that knows the server as the connection `lab`, by way of a proxy that counts.
fn lab(site: &Site, server: &Seaweed) -> (Cli, Proxy) {
    let proxy = Proxy::to(server.address()).unwrap();
    let cli = site.cli().with("AIRFLOW_CONN_LAB", server.airflow(proxy.address()));
    (cli, proxy)
}

/// Files with what they hold; an object storage has no modes and no folders.
fn files(top: &Path) -> Content {
    let mut content = tree::read(top);
    content.retain(|_, entry| matches!(entry.kind, Kind::File(..)));
    for entry in content.values_mut() {
        (entry.mode, entry.mtime) = (0, (0, 0));
    }
    content
}

fn copy(cli: &Cli, from: &Path, to: &str) {
    cli.ok(["copy".as_ref(), from.as_os_str(), to.as_ref()]);
}

#[test]
fn a_tree_goes_up_and_comes_back_the_same() {
    let (site, server) = (Site::new("places"), Seaweed::start());
    let (cli, _proxy) = lab(&site, &server);
    let source = site.path("source");
    tree::write_small(&source, 300, 20_000);
    tree::write_random(&source.join("large"), 40 * MIB, 7);
    copy(&cli, &source, "lab:landing/tree");
    let listed = cli.json(["ls", "lab:landing"]);
    assert_eq!(listed[0]["name"], "tree");
    let back = site.path("back");
    cli.ok(["copy".as_ref(), "lab:landing/tree".as_ref(), back.as_os_str()]);
    assert!(files(&back) == files(&source));

    fs::write(source.join("large"), b"small now").unwrap();
    let gone = files(&source).keys().find(|name| *name != "large").unwrap().clone();
    fs::remove_file(source.join(&gone)).unwrap();
    let sync = |more: &[&str]| {
        let line = ["sync".as_ref(), source.as_os_str(), "lab:landing/tree".as_ref(), "--delete".as_ref()];
        cli.json(line.into_iter().chain(more.iter().map(AsRef::as_ref)))
    };
    let planned = sync(&["--plan"]);
    assert_eq!((&planned["there"], &planned["extra"]), (&299.into(), &1.into()), "{planned}");
    sync(&["--yes"]);
    let again = site.path("again");
    cli.ok(["copy".as_ref(), "lab:landing/tree".as_ref(), again.as_os_str()]);
    assert!(files(&again) == files(&source));
}

#[test]
fn a_tree_goes_from_an_object_storage_to_a_machine_over_ssh() {
    let (site, server) = (Site::new("over-ssh"), Seaweed::start());
    let Some(machine) = Sshd::start(&Setup::default()) else {
        longshore_e2e::skipped("copies over SSH", "sshd does not run here");
        return;
    };
    let known = machine.connection();
    let there = json!({
        "conn_type": "sftp", "host": known.host, "port": known.port, "login": known.login, "extra": known.extra,
    });
    let (cli, _proxy) = lab(&site, &server);
    let cli = cli.with("AIRFLOW_CONN_HPC", there.to_string());
    let tested = cli.json(["connection", "test", "hpc"]);
    assert!(tested["ok"].as_bool().unwrap_or(false), "{tested:#}");
    let source = site.path("source");
    tree::write_small(&source, 100, 20_000);
    tree::write_random(&source.join("large"), 20 * MIB, 5);
    copy(&cli, &source, "lab:landing/tree");
    cli.ok(["copy", "lab:landing/tree", "hpc:tree"]);
    assert!(files(&machine.files().join("tree")) == files(&source));
    let (written, back) = (tree::read(&source), site.path("back"));
    copy(&cli, &source, "hpc:direct");
    cli.ok(["copy".as_ref(), "hpc:direct".as_ref(), back.as_os_str()]);
    let times =
        |content: &Content| content.iter().map(|(name, entry)| (name.clone(), entry.mtime.0)).collect::<Vec<_>>();
    let of_files =
        |content: Content| content.into_iter().filter(|(_, one)| matches!(one.kind, Kind::File(..))).collect();
    assert_eq!(times(&of_files(tree::read(&back))), times(&of_files(written)), "times come back to the second");
}

#[test]
fn an_upload_that_is_killed_sends_what_was_sent_no_second_time() {
    let (site, server) = (Site::new("killed-upload"), Seaweed::start());
    let (cli, proxy) = lab(&site, &server);
    let (source, whole) = (site.path("large"), 300 * MIB);
    tree::write_random(&source, whole, 3);
    let line = ["copy".as_ref(), source.as_os_str(), "lab:landing/large".as_ref()];
    let running = cli.start(line);
    wait::until("most of it sent", 120, || (proxy.passed(Direction::Up) > whole * 8 / 10).then_some(()));
    running.kill();
    cli.ok(["run", "wait"]);
    let sent = proxy.passed(Direction::Up);
    assert!(sent < whole * 13 / 10, "{sent} bytes were sent for a file of {whole}");
    let back = site.path("back");
    cli.ok(["copy".as_ref(), "lab:landing/large".as_ref(), back.as_os_str()]);
    assert!(fs::read(&back).unwrap() == fs::read(&source).unwrap());
}

#[test]
fn a_server_that_goes_and_comes_is_waited_for() {
    let (site, mut server) = (Site::new("server-gone"), Seaweed::start());
    let (cli, _proxy) = lab(&site, &server);
    let source = site.path("source");
    tree::write_small(&source, 50, 20_000);
    server.restart();
    copy(&cli, &source, "lab:staging/tree");
    let back = site.path("back");
    cli.ok(["copy".as_ref(), "lab:staging/tree".as_ref(), back.as_os_str()]);
    assert!(files(&back) == files(&source));
    let said = cli.run(["copy", "lab:nowhere/x", "retrieval:x"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("s3.no_bucket") || said.err.contains("file.missing"), "{}", said.err);
}
