//! Connections and their secrets on the command line.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use common::{Place, Ran};
use serde_json::json;

/// Runs the program without a keyring, with the passphrase in a file, and with this on standard input.
fn run(place: &Place, args: &[&str], input: &str) -> Ran {
    let passphrase = place.file("passphrase.txt", "a passphrase for this test\n");
    with(place.command(args).env("LONGSHORE_PASSPHRASE_FILE", passphrase), input)
}

fn with(command: &mut Command, input: &str) -> Ran {
    let command = command.env("LONGSHORE_KEYRING", "off").stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Files below a folder in which this text stands.
fn files_with(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
    let (mut found, mut folders, mut seen) = (Vec::new(), vec![folder.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                seen += 1;
                if bytes.windows(text.len()).any(|at| at == text.as_bytes()) {
                    found.push(path);
                }
            }
        }
    }
    assert!(seen > 2, "there is nothing to look at");
    found
}

#[test]
fn a_connection_is_made_changed_copied_and_removed_and_its_secret_is_nowhere() {
    let place = Place::new();
    let uri = "my-system://AKIA7:kept%2Fsecret-51@Host.example:8443/bucket?region=eu&session_token=kept-secret-52\n";
    let row = run(&place, &["--json", "connection", "add", "lab.store", "--uri", "-"], uri).expect(0).json();
    assert_eq!((&row["kind"], &row["host"], &row["port"]), (&json!("my_system"), &json!("host.example"), &json!(8443)));
    assert_eq!(
        row["secrets"],
        json!([{"field": "password", "place": "file"}, {"field": "session_token", "place": "file"}])
    );
    assert_eq!(row["extra"], json!({"region": "eu"}));
    run(&place, &["connection", "add", "lab.store", "--uri", "-"], uri).expect(4);
    let changed = place.file(
        "changed.json",
        r#"{"conn_type": "my-system", "host": "other", "login": "u", "extra": {"region": "us"}}"#,
    );
    let replace = ["--json", "connection", "add", "lab.store", "--file", changed.to_str().unwrap(), "--replace"];
    let row = run(&place, &replace, "").expect(0).json();
    assert_eq!((&row["host"], row["secrets"].as_array().map(Vec::len)), (&json!("other"), Some(2)));
    run(&place, &["connection", "duplicate", "lab.store", "copy", "--reason", "a second bucket"], "").expect(0);
    let export = run(&place, &["connection", "export", "copy"], "").expect(0).json();
    assert_eq!((&export["copy"]["password"], &export["copy"]["extra"]), (&json!(null), &json!({"region": "us"})));
    let export = run(&place, &["connection", "export", "copy", "--with-secrets"], "").expect(0);
    assert!(export.err.contains("as they are"), "{}", export.err);
    assert_eq!(export.json()["copy"]["password"], "kept/secret-51");
    let lines = run(&place, &["connection", "export", "copy", "--with-secrets", "--format", "env"], "").expect(0).out;
    assert_eq!(lines, "copy=my-system://u:kept%2Fsecret-51@other/?region=us&session_token=kept-secret-52\n");
    run(&place, &["connection", "remove", "lab.store"], "").expect(0);
    run(&place, &["connection", "show", "lab.store"], "").expect(1);
    let log = run(&place, &["--json", "audit", "list"], "").expect(0).out;
    assert!(log.contains("connection lab.store") && log.contains("a second bucket"), "{log}");
    for secret in ["kept/secret-51", "kept%2Fsecret-51", "kept-secret-52"] {
        assert_eq!(files_with(&place.workspace(), secret), Vec::<std::path::PathBuf>::new(), "{secret}");
        assert!(!log.contains(secret));
    }
}

#[test]
fn a_secret_may_lie_elsewhere_and_a_passphrase_is_needed_for_what_is_kept() {
    let place = Place::new();
    let lies = place.file("workspace/.secrets/lab.txt", "from-a-file-53\n");
    let json = r#"{"conn_type": "other", "host": "h"}"#;
    let add = ["connection", "add", "lab", "--file", "-", "--secret", "password=file:.secrets/lab.txt"];
    let bare = |args: &[&str], input: &str| with(&mut place.command(args), input);
    bare(&add, json).expect(0);
    let exported = bare(&["connection", "export", "--with-secrets"], "").expect(0).json();
    assert_eq!(exported["lab"]["password"], "from-a-file-53");
    let exported = bare(&["connection", "export"], "").expect(0).json();
    assert_eq!(exported["lab"]["secrets"], json!({"password": "file:.secrets/lab.txt"}));
    std::fs::remove_file(lies).unwrap();
    let fault = bare(&["--json", "connection", "export", "--with-secrets"], "").expect(1).json();
    assert_eq!(fault["fault"]["code"], "secrets.file");
    let fault =
        bare(&["--json", "connection", "add", "kept", "--uri", "-"], "other://u:some-secret@h\n").expect(4).json();
    assert_eq!(fault["fault"]["code"], "secrets.locked");
    assert!(fault["fault"]["now"].as_str().unwrap().contains("longshore secrets unlock"), "{fault}");
    run(&place, &["connection", "add", "kept", "--uri", "-"], "other://u:some-secret@h\n").expect(0);
    let show = bare(&["--json", "secrets", "show"], "").expect(0).json();
    assert_eq!(show, json!({"keeper": "file", "file": true, "open": false}));
    bare(&["secrets", "unlock"], "another passphrase\n").expect(4);
    bare(&["secrets", "unlock"], "a passphrase for this test\n").expect(0);
}

#[test]
fn connections_of_the_environment_are_shown_and_not_changed() {
    let place = Place::new();
    let bare = |args: &[&str]| {
        let mut command = place.command(args);
        command
            .env("AIRFLOW_CONN_MY_LAB", "s3://AKIA:env-secret-54@/?region_name=eu")
            .env("AIRFLOW_CONN_BAD", "x://a:s3cret#@h");
        with(&mut command, "")
    };
    let listed = bare(&["--json", "connection", "list"]).expect(0);
    assert!(!listed.out.contains("env-secret-54") && !listed.out.contains("s3cret"), "{}", listed.out);
    let rows = listed.json();
    assert_eq!(
        (&rows[1]["id"], &rows[1]["source"], &rows[0]["usable"]),
        (&json!("my_lab"), &json!("environment"), &json!(false))
    );
    assert!(rows[0]["problem"].is_string());
    let refused = bare(&["--json", "connection", "remove", "my_lab"]).expect(4).json();
    assert_eq!(refused["fault"]["code"], "connection.read_only");
    assert_eq!(bare(&["--json", "connection", "test", "bad"]).expect(1).json()["fault"]["code"], "connection.wrong");
}

#[test]
fn what_cannot_be_a_connection_is_refused() {
    let place = Place::new();
    let json = |text: &str, id: &str| {
        let file = place.file("one.json", text);
        run(&place, &["--json", "connection", "add", id, "--file", file.to_str().unwrap()], "").json()["fault"]["code"]
            .clone()
    };
    let good = r#"{"conn_type": "s3"}"#;
    for id in ["a:b", "a/b", "", "lts", ".hidden"] {
        assert_eq!(json(good, id), "connection.name", "{id}");
    }
    assert_eq!(json(r#"{"conn_type": "s3", "host": "https://u:p4ss@h"}"#, "a"), "connection.wrong");
    assert_eq!(json(r#"{"conn_type": "s3", "nme": "x"}"#, "a"), "connection.unread");
    assert_eq!(json(r#"{"conn_type": ""}"#, "a"), "connection.wrong");
    run(&place, &["connection", "add", "a", "--uri", "s3://k:on-the-command-line@h"], "").expect(2);
    run(&place, &["connection", "test", "none"], "").expect(1);
}

/// The Secret Service of GNOME on a bus of its own, which is what a Linux desktop has.
#[test]
fn the_keyring_keeps_secrets_where_there_is_one() {
    let place = Place::new();
    let home = place.path("home");
    std::fs::create_dir_all(&home).unwrap();
    let script = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null &&
        printf 's3://AKIA:in-the-keyring-91@/\\n' | \"$0\" --json connection add lab --uri - &&
        \"$0\" connection export lab --with-secrets && \"$0\" connection remove lab &&
        printf 's3://AKIA:in-the-keyring-92@/\\n' | \"$0\" --json connection add lab --uri - && ls \"$LONGSHORE_WORKSPACE\"";
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-ec", script, env!("CARGO_BIN_EXE_longshore")])
        .env("LONGSHORE_WORKSPACE", place.workspace());
    command
        .env("HOME", &home)
        .env("XDG_DATA_HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env_remove("LONGSHORE_KEYRING");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("\"place\":\"keyring\"") && said.contains("in-the-keyring-91"), "{said}");
    assert!(!said.contains("secrets.age"), "{said}");
    for secret in ["in-the-keyring-91", "in-the-keyring-92"] {
        assert_eq!(files_with(&place.workspace(), secret), Vec::<std::path::PathBuf>::new());
    }
}
