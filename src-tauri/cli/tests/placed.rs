//! The workspace's storages behind connections.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::net::SocketAddr;

use common::{Place, Ran, tree};
use longshore_testkit::proxy::{Direction, Proxy};
use longshore_testkit::servers::sshd::{Setup, Sshd};
use longshore_testkit::servers::{Nginx, Seaweed};
use rustix::process::Signal;
use serde_json::{Value, json};

fn code(ran: &Ran) -> String {
    ran.json()["fault"]["code"].as_str().unwrap_or_default().to_owned()
}

/// A connection to S3 whose secret key is read from the file `key.txt`.
fn add_s3(place: &Place, id: &str, url: &str) {
    let connection = json!({"conn_type": "s3", "login": "longshore-key", "extra": {"endpoint_url": url}});
    let file = place.file(&format!("{id}.json"), connection.to_string());
    place.file("key.txt", "longshore-secret");
    let secret = format!("password=file:{}", place.path("key.txt").display());
    place.run(["connection", "add", id, "--file", file.to_str().unwrap(), "--secret", &secret]).expect(0);
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// A connection by SSH.
fn add_ssh(place: &Place, server: &Sshd) {
    let known = server.connection();
    let connection = json!({
        "conn_type": "ssh", "host": known.host, "port": known.port, "login": known.login, "extra": known.extra,
    });
    let file = place.file("hpc.json", connection.to_string());
    place.run(["connection", "add", "hpc", "--file", file.to_str().unwrap()]).expect(0);
}

fn set(place: &Place, args: &[&str]) -> Ran {
    place.run(["--json", "storage", "set"].iter().chain(args))
}

fn state(place: &Place, dataset: &str) -> Value {
    place.run(["--json", "dataset", "show", dataset]).expect(0).json()["dataset"]["state"].clone()
}

#[test]
fn a_dataset_goes_by_a_bucket_to_a_server_and_comes_back() {
    let Some(ssh) = Sshd::start(&Setup::default()) else { return };
    let (place, s3) = (Place::new(), Seaweed::start());
    place.file("src/a.txt", "hello\n");
    place.file("src/deep/er/large", vec![7; 100_000]);
    add_s3(&place, "lab", &s3.url());
    add_ssh(&place, &ssh);

    let landing = set(&place, &["landing", "--connection", "lab", "--folder", "landing/ws"]).expect(0).json();
    assert_eq!((&landing["kind"], &landing["path"]), (&json!("connection"), &json!("lab:landing/ws")));
    assert_eq!(
        (&landing["health"], &landing["total"], &landing["to_grant"]),
        (&json!("ok"), &json!(null), &json!(null))
    );
    let lts = ["lts", "--connection", "hpc", "--folder", "lts", "--quota", "1GiB"];
    let lts = set(&place, &lts).expect(0).json();
    assert_eq!((&lts["path"], &lts["total"], &lts["free"]), (&json!("hpc:lts"), &json!(1 << 30), &json!(1 << 30)));
    assert_eq!(code(&set(&place, &["scratch", "--connection", "lab", "--folder", "staging"])), "storage.not_local");
    assert_eq!(code(&set(&place, &["staging", "--connection", "lab", "--folder", "landing/ws/in"])), "storage.path");
    assert_eq!(code(&set(&place, &["staging", "--connection", "lab", "--folder", "none/ws"])), "s3.no_bucket");
    assert_eq!(code(&set(&place, &["staging", "--connection", "other"])), "connection.unknown");

    place.run(["archive", "src", "--name", "one"]).expect(0);
    let shown = place.run(["--json", "dataset", "show", "one"]).expect(0).json();
    let path = shown["blocks"][0]["path"].as_str().unwrap();
    assert!(path.starts_with("hpc:lts/one/"), "{path}");
    assert_eq!(shown["blocks"][0]["method"], "server");
    let row = place.run(["--json", "storage", "show", "lts"]).expect(0).json()["storage"].clone();
    assert_eq!((&row["held_datasets"], &row["held_bytes"]), (&json!(1), &row["proved_bytes"]));
    assert_eq!(row["free"].as_u64(), row["held_bytes"].as_u64().map(|held| (1 << 30) - held));

    // What the ledger knows of is not left behind, and the way to it not taken away.
    let elsewhere = place.path("elsewhere");
    let moved = set(&place, &["lts", "--path", elsewhere.to_str().unwrap()]).expect(4);
    assert_eq!(code(&moved), "storage.holds_data");
    assert!(moved.json()["fault"]["why"].as_str().unwrap().contains("of 1 datasets"), "{}", moved.out);
    let removed = place.run(["--json", "connection", "remove", "hpc"]).expect(4);
    assert_eq!(code(&removed), "connection.in_use");
    assert!(removed.json()["fault"]["why"].as_str().unwrap().contains("lts"), "{}", removed.out);
    // Nor is it touched by the connection's own name.
    let over = place.run(["--json", "sync", "src", "hpc:lts/one", "--delete", "--yes"]).expect(1).json();
    assert_eq!(over[0]["fault"]["code"], "copy.refused");

    place.run(["verify", "one"]).expect(0);
    place.run(["retrieve", "one", "out"]).expect(0);
    assert_eq!(tree(&place.path("out/src")), tree(&place.path("src")));

    let entries = place.run(["--json", "dataset", "show", "one", "--files"]).expect(0).json()["entries"].clone();
    let large = entries.as_array().unwrap().iter().find(|entry| entry["path"] == "src/deep/er/large").unwrap();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let path = shown["blocks"][number(&large["block"])]["path"].as_str().unwrap();
    let tar = ssh.files().join(path.strip_prefix("hpc:").unwrap());
    let mut bytes = fs::read(&tar).unwrap();
    bytes[number(&large["offset"]) + 50_000] ^= 1;
    fs::write(&tar, bytes).unwrap();
    let ran = place.run(["verify", "one"]).expect(1);
    assert!(ran.err.contains("src/deep/er/large"), "{}", ran.err);
    assert_eq!(state(&place, "one"), "damaged");
}

#[test]
fn a_run_whose_keys_are_wrong_says_so_and_goes_on_once_they_are_right() {
    let (place, s3) = (Place::new(), Seaweed::start());
    place.file("src/a.txt", "hello\n");
    add_s3(&place, "lab", &s3.url());
    let lts = ["lts", "--connection", "lab", "--folder", "staging/lts"];
    place.file("key.txt", "not the secret");
    assert!(["s3.credentials", "s3.denied"].contains(&code(&set(&place, &lts).expect(1)).as_str()));
    place.file("key.txt", "longshore-secret");
    set(&place, &lts).expect(0);

    place.file("key.txt", "not the secret");
    let failed = place.run(["--json", "archive", "src", "--name", "one"]).expect(1);
    assert!(failed.out.contains("s3.denied") || failed.out.contains("s3.credentials"), "{}", failed.out);
    place.file("key.txt", "longshore-secret");
    let runs = place.run(["--json", "run", "list"]).expect(0).json();
    let all = runs["rows"].as_array().unwrap();
    let run = all.iter().find(|run| run["flow"] == "archive_dataset").unwrap()["id"].as_str().unwrap();
    place.run(["run", "retry", run]).expect(0);
    place.run(["run", "wait", run]).expect(0);
    assert_eq!(state(&place, "one"), "archived");
}

#[test]
fn a_server_that_cannot_prove_who_it_is_does_not_become_a_storage() {
    let (place, server) = (Place::new(), Nginx::start());
    add_s3(&place, "lab", server.secure(false).host.as_deref().unwrap());
    let refused = set(&place, &["lts", "--connection", "lab", "--folder", "bucket/lts"]).expect(1);
    assert_eq!(code(&refused), "net.certificate");
    let row = place.run(["--json", "storage", "show", "lts"]).expect(0).json()["storage"].clone();
    assert_eq!(row["kind"], "local");
}

#[test]
fn killed_while_it_writes_to_a_bucket_it_goes_on_and_ends_right() {
    let (place, s3) = (Place::new(), Seaweed::start());
    let proxy = Proxy::to(s3.address()).unwrap();
    let content: Vec<u8> =
        (0_u32..(64 << 20) / 4).flat_map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    place.file("src/large", &content);
    add_s3(&place, "lab", &url(proxy.address()));
    set(&place, &["lts", "--connection", "lab", "--folder", "staging/lts"]).expect(0);

    proxy.change(|faults| faults.rate(Some(2 << 20)));
    let owner = place.start(["archive", "src", "--name", "one"]);
    while proxy.passed(Direction::Up) < 40 << 20 {
        place.run(["run", "list"]).expect(0);
    }
    owner.signal(Signal::KILL);
    owner.end();
    proxy.change(|faults| faults.rate(None));
    assert_eq!(state(&place, "one"), "landed");
    place.run(["run", "wait"]).expect(0);
    assert_eq!(state(&place, "one"), "archived");
    place.run(["retrieve", "one", "out"]).expect(0);
    assert_eq!(fs::read(place.path("out/src/large")).unwrap(), content);
}
