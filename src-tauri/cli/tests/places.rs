//! `longshore place`, against servers that have what S3 has beside files.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::{Place, Ran};
use longshore_testkit::servers::{Moto, Seaweed};
use serde_json::json;

struct Lab {
    place: Place,
    connection: String,
}

impl Lab {
    fn at(endpoint: &str, more: &serde_json::Value) -> Self {
        let mut extra = json!({"endpoint_url": endpoint, "region_name": "us-east-1"});
        extra.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let connection =
            json!({"conn_type": "s3", "login": "longshore-key", "password": "longshore-secret", "extra": extra});
        Self { place: Place::new(), connection: connection.to_string() }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let output = self.place.command(args).env("AIRFLOW_CONN_LAB", &self.connection).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What is answered to a request without any keys: the status line, and the body.
fn ask(method: &str, url: &str, body: &str) -> (String, String) {
    let (host, path) = url.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn a_bucket_is_made_and_an_object_shown_tagged_and_linked_to() {
    let server = Seaweed::start();
    let lab = Lab::at(&server.url(), &json!({}));
    let file = lab.place.file("a.txt", "content");
    lab.run(&["place", "make", "lab:fresh"]).expect(0);
    lab.run(&["place", "make", "lab:fresh"]).expect(0);
    lab.run(&["copy", file.to_str().unwrap(), "lab:fresh/in/a.txt"]).expect(0);
    lab.run(&["place", "tag", "lab:fresh/in/a.txt", "kind=raw", "who=me @ home+1"]).expect(0);
    let shown = lab.run(&["--json", "place", "show", "lab:fresh/in/a.txt"]).expect(0).json();
    assert_eq!((&shown["kind"], &shown["size"]), (&json!("file"), &json!(7)));
    assert_eq!(shown["object"]["tags"], json!({"kind": "raw", "who": "me @ home+1"}));
    assert_eq!(shown["object"]["restore"]["state"], "not_needed");
    assert_eq!(shown["checksum"], "md5:9a0364b9e99bb480dd25e1f0284c8555");
    assert_eq!(lab.run(&["--json", "place", "show", "lab:fresh"]).expect(0).json()["kind"], "folder");
    lab.run(&["place", "show", "lab:fresh/none"]).expect(1);

    let link = lab.run(&["place", "link", "lab:fresh/in/a.txt", "--for", "5m"]).expect(0).out;
    assert!(ask("GET", &link, "").1.contains("content"));
    assert!(!ask("PUT", &link, "other").0.contains("200"), "it is for reading");
    let link = lab.run(&["place", "link", "lab:fresh/new", "--write"]).expect(0).out;
    assert!(ask("PUT", &link, "by link").0.contains("200"));
    assert_eq!(lab.run(&["--json", "place", "show", "lab:fresh/new"]).expect(0).json()["size"], 7);
    assert!(lab.run(&["place", "link", "lab:fresh/new", "--for", "8d"]).expect(1).err.contains("seven days"));
    assert_eq!(lab.run(&["place", "link", "lab:fresh/new", "--for", "soon"]).code, 2);
    let here = lab.run(&["place", "link", file.to_str().unwrap()]).expect(1).err;
    assert!(here.contains("storage.unsupported"), "{here}");
    let folder = lab.place.path("made/here");
    lab.run(&["place", "make", folder.to_str().unwrap()]).expect(0);
    assert!(folder.is_dir());
}

#[test]
fn an_archived_object_is_restored() {
    let server = Moto::start();
    server.restores_take(3);
    let lab = Lab::at(&server.url(), &json!({"storage_class": "DEEP_ARCHIVE"}));
    let file = lab.place.file("a.txt", "content");
    lab.run(&["place", "make", "lab:deep"]).expect(0);
    lab.run(&["copy", "--no-verify", file.to_str().unwrap(), "lab:deep/a.txt"]).expect(3);
    let shown = lab.run(&["place", "show", "lab:deep/a.txt"]).out;
    assert!(shown.contains("class DEEP_ARCHIVE, archived"), "{shown}");
    lab.run(&["place", "restore", "lab:deep/a.txt", "--days", "2"]).expect(3);
    let there = (0..10).any(|_| lab.run(&["place", "restore", "lab:deep/a.txt", "--days", "2"]).code == 0);
    assert!(there, "it was never restored");
    let shown = lab.run(&["--json", "place", "show", "lab:deep/a.txt"]).expect(0).json();
    assert_eq!(shown["object"]["restore"]["state"], "restored");
    assert!(shown["object"]["restore"]["until"].as_i64().is_some_and(|until| until > 0));
}

#[test]
fn names_that_stand_for_odd_keys_become_them_again() {
    let server = Moto::start();
    let lab = Lab::at(&server.url(), &json!({}));
    lab.place.file("tree/a/~longshore-empty/b", "content");
    lab.run(&["place", "make", "lab:odd"]).expect(0);
    lab.run(&["copy", "tree", "lab:odd/given-back", "--restore-names"]).expect(0);
    lab.run(&["copy", "tree", "lab:odd/as-they-are"]).expect(0);
    for (from, name) in [("given-back", "~longshore-empty"), ("as-they-are", "~longshore-plain-~longshore-empty")] {
        let back = lab.place.path(from);
        lab.run(&["copy", &format!("lab:odd/{from}"), back.to_str().unwrap()]).expect(0);
        assert_eq!(std::fs::read_to_string(back.join("a").join(name).join("b")).unwrap(), "content", "{from}");
    }
}

#[test]
fn what_lies_at_a_place_is_given_another_name_and_what_the_ledger_knows_keeps_its_own() {
    let server = Seaweed::start();
    let lab = Lab::at(&server.url(), &json!({}));
    lab.place.file("retrieval/a.txt", "content");
    lab.place.file("retrieval/deep/b.txt", "below");
    let top = lab.place.path("retrieval").display().to_string();
    lab.run(&["place", "rename", &format!("{top}/a.txt"), "b.txt"]).expect(0);
    lab.run(&["place", "rename", &format!("{top}/deep/"), "deeper"]).expect(0);
    assert_eq!(std::fs::read_to_string(lab.place.path("retrieval/b.txt")).unwrap(), "content");
    assert_eq!(std::fs::read_to_string(lab.place.path("retrieval/deeper/b.txt")).unwrap(), "below");
    let taken = lab.run(&["--json", "place", "rename", &format!("{top}/deeper"), "b.txt"]).expect(1);
    assert!(taken.err.contains("file.exists"), "{}", taken.err);
    for (place, name) in [("/b.txt", "c/d"), ("/b.txt", ".."), ("/none", "some")] {
        lab.run(&["place", "rename", &format!("{top}{place}"), name]).expect(1);
    }

    // An object is copied by its server, and goes then.
    lab.run(&["place", "make", "lab:fresh"]).expect(0);
    lab.run(&["copy", &format!("{top}/b.txt"), "lab:fresh/in/a.txt"]).expect(0);
    lab.run(&["place", "rename", "lab:fresh/in/a.txt", "z.txt"]).expect(0);
    lab.run(&["place", "show", "lab:fresh/in/a.txt"]).expect(1);
    let shown = lab.run(&["--json", "place", "show", "lab:fresh/in/z.txt"]).expect(0).json();
    assert_eq!(shown["checksum"], "md5:9a0364b9e99bb480dd25e1f0284c8555");
    let refused = lab.run(&["--json", "place", "rename", "lab:fresh/in", "out"]).expect(1);
    assert!(refused.err.contains("storage.unsupported"), "{}", refused.err);

    lab.place.run(["archive", &format!("{top}/deeper"), "--name", "Kept"]).expect(0);
    let refused = lab.run(&["--json", "place", "rename", "lts:kept/kept_0.tar", "other.tar"]).expect(1);
    assert!(refused.err.contains("place.refused"), "{}", refused.err);
}

#[test]
fn a_deletion_is_foreseen_and_takes_nothing_that_the_ledger_counts_on() {
    let place = Place::new();
    place.file("old/a", "12345");
    place.file("old/deep/b", "678");
    place.file("src/c", "kept");
    place.run(["archive", "src", "--name", "Kept"]).expect(0);
    let old = place.path("old").display().to_string();
    let params = |paths: &[&str]| format!("paths={}", json!(paths));
    let foreseen =
        place.run(["--json", "plan", "flow", "delete", "--param", &params(&[&old, "retrieval:none"])]).expect(0).json();
    assert_eq!((&foreseen["tasks"][0]["files"], &foreseen["bytes"]), (&json!(2), &json!(8)));
    assert!(place.path("old/deep/b").exists(), "a plan deletes nothing");
    place.run(["flow", "run", "delete", "--param", &params(&[&old, "retrieval:none"]), "--wait"]).expect(0);
    assert!(!place.path("old").exists());

    let kept = params(&["lts:kept"]);
    let foreseen = place.run(["--json", "plan", "flow", "delete", "--param", &kept]).json();
    assert_eq!(foreseen["tasks"][0]["problem"]["code"], "delete.archived");
    place.run(["flow", "run", "delete", "--param", &kept, "--wait"]).expect(1);
    assert!(place.workspace().join("lts/kept/kept_0.tar").exists());
    place.run(["verify", "kept"]).expect(0);
}
