//! Commands on the server, and the checksums that it takes.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;

use longshore_connectors::sftp::{Output, Ssh};
use longshore_testkit::Memory;
use longshore_transfer::bandwidth::{Bandwidth, limited};
use longshore_transfer::copy::{Checkpoint, Found, Item, Observer, Options, copy_file};
use longshore_transfer::storage::{Algorithm, Finish, Storage};
use longshore_transfer::{Result, Watch};
use serde_json::json;

use crate::{open, pattern, put, server, with_config};

#[test]
fn what_a_command_prints_and_how_it_ends() {
    let Some(server) = server() else { return };
    let commands = Ssh.command(&server.connection()).unwrap();
    let (mut out, mut err, mut begun) = (Vec::new(), Vec::new(), 0);
    let mut tell = |output: Output<'_>| match output {
        Output::Out(bytes) => out.extend_from_slice(bytes),
        Output::Err(bytes) => err.extend_from_slice(bytes),
        Output::Begun(number) => begun = number,
    };
    let line = "printf 'one\\ntwo'; echo \"it's\" >&2; head -c 300000 /dev/zero; exit 7";
    let ended = commands.run(line, b"", &mut tell, &|| true).unwrap();
    assert_eq!((ended.code, ended.signal, ended.cancelled), (7, None, false));
    assert!(out.starts_with(b"one\ntwo\0") && out.len() == 300_007, "{} bytes", out.len());
    assert_eq!(err, b"it's\n");
    assert!(begun > 1, "{begun}");
    let ended = commands.run("kill -KILL $$", b"", &mut |_| (), &|| true).unwrap();
    assert_eq!(ended.signal.as_deref(), Some("KILL"));
}

#[test]
fn a_command_that_nobody_wants_any_more_is_ended() {
    let Some(server) = server() else { return };
    let commands = Ssh.command(&server.connection()).unwrap();
    let started = Cell::new(false);
    let mut printed = Vec::new();
    let mut tell = |output: Output<'_>| {
        if let Output::Out(bytes) = output {
            printed.extend_from_slice(bytes);
            started.set(true);
        }
    };
    let ended = commands.run("echo $$; sleep 600; echo never", b"", &mut tell, &|| !started.get()).unwrap();
    assert!(ended.cancelled);
    assert_eq!(ended.signal.as_deref(), Some("TERM"));
    let process = String::from_utf8(printed).unwrap();
    assert!(!fs::exists(format!("/proc/{}", process.trim())).unwrap(), "its process is gone: {process}");
}

#[test]
fn a_command_is_given_its_input_to_the_end() {
    let Some(server) = server() else { return };
    let commands = Ssh.command(&server.connection()).unwrap();
    let input = vec![b'x'; 5_000_000];
    for (line, expected) in [("wc -c", "5000000"), ("head -c 10; exec 0<&-; sleep 0.1", "xxxxxxxxxx"), ("true", "")] {
        let mut out = Vec::new();
        let mut tell = |output: Output<'_>| {
            if let Output::Out(bytes) = output {
                out.extend_from_slice(bytes);
            }
        };
        let ended = commands.run(line, &input, &mut tell, &|| true).unwrap();
        assert_eq!((ended.code, String::from_utf8_lossy(&out).trim()), (0, expected), "{line}");
    }
}

#[test]
fn checksums_of_files_with_hostile_names() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    for name in
        ["plain", "it's", "$(touch gone)", "`id`", "new\nline", "-c", "back\\slash", "a;b|c&d", "\u{202e}x", "!!"]
    {
        put(&storage, name.as_bytes(), b"abc").unwrap();
        let sum =
            storage.checksum(name.as_bytes(), Algorithm::Md5).unwrap().map(|sum| longshore_transfer::hash::hex(&sum));
        assert_eq!(sum.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"), "{name}");
    }
    assert_eq!(storage.checksum(b"none", Algorithm::Md5).unwrap_err().code, "file.missing");
    put(&storage, b"\xff", b"abc").unwrap();
    assert_eq!(storage.checksum(b"\xff", Algorithm::Md5).unwrap(), None, "a name that is no text");
    let off = open(&server.connection_with(json!({"remote_checksums": "false"})));
    assert_eq!(off.checksum(b"plain", Algorithm::Md5).unwrap(), None);
}

#[test]
fn a_server_that_runs_no_commands_takes_no_checksums() {
    let Some(server) = with_config(&["ForceCommand internal-sftp"]) else { return };
    let storage = open(&server.connection());
    put(&storage, b"file", b"abc").unwrap();
    assert_eq!(storage.checksum(b"file", Algorithm::Sha256).unwrap(), None);
    longshore_testkit::conformance::run(&open(&server.connection_with(json!({"remote_path": server.path("other")}))));
}

/// A server whose shell greets everybody before it does what it is told.
#[test]
fn a_server_that_answers_oddly_is_not_believed() {
    let shell = "case \"$SSH_ORIGINAL_COMMAND\" in internal-sftp) exec /usr/lib/openssh/sftp-server;; *) echo Welcome; \
                 exec sh -c \"$SSH_ORIGINAL_COMMAND\";; esac";
    let Some(server) = with_config(&[&format!("ForceCommand {shell}")]) else { return };
    let storage = open(&server.connection());
    put(&storage, b"file", b"abc").unwrap();
    assert_eq!(storage.checksum(b"file", Algorithm::Sha256).unwrap(), None);
}

#[test]
fn a_file_is_hashed_by_the_server_while_it_is_written() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    let name = "it's a \"file\"";
    let content: Vec<u8> = (0..(5_usize << 20) + 17).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut writer = storage.write(name.as_bytes(), None).unwrap();
    let mut follow = storage.follow(name.as_bytes()).unwrap();
    for piece in content.chunks(2 << 20) {
        writer.write(piece).unwrap();
        writer.sync().unwrap();
        assert!(follow.reach(writer.written()));
    }
    writer.commit(&Finish::default()).unwrap();
    let found = follow.finish(content.len() as u64);
    assert_eq!(found.map(Vec::from), storage.checksum(name.as_bytes(), Algorithm::Sha256).unwrap());
    // One that is given up leaves nothing behind that would go on; one that is told of more than there is says something else.
    put(&storage, b"short", b"short").unwrap();
    let _unfinished = storage.write(b"short", None).unwrap();
    drop(storage.follow(b"short").unwrap());
    let found = storage.follow(b"short").unwrap().finish(5);
    assert_ne!(found.map(Vec::from), storage.checksum(b"short", Algorithm::Sha256).unwrap());
    let without = open(&server.connection_with(json!({"remote_checksums": false})));
    assert_eq!(without.follow(b"short").and_then(|follow| follow.finish(5)), None);
}

struct Nobody;

impl Watch for Nobody {
    fn progress(&mut self, _: u64, _: u64, _: &[u8]) {}

    fn cancelled(&self) -> bool {
        false
    }
}

impl Observer for Nobody {
    fn checkpoint(&mut self, _: &Checkpoint) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_large_copy_is_proved_by_the_server_behind_its_writing_unless_it_cannot() {
    let source = Memory::new();
    let content = pattern(80 << 20);
    source.put(b"large", &content);
    source.touch(b"large", (5, 0));
    // Slow enough that the command has begun before all is written.
    let slow = Bandwidth::default();
    slow.follow(|| Some(30 << 20));
    let source = limited(Arc::new(source), vec![Arc::new(slow)]);
    let item = |target: &[u8]| Item {
        id: 1,
        source: b"large".to_vec(),
        target: target.to_vec(),
        size: content.len() as u64,
        mtime: (5, 0),
        mode: 0o644,
    };
    let options = Options { read_back: true, ..Options::default() };
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    let copied = copy_file(&*source, &storage, &item(b"a"), options, None, &mut Nobody).unwrap();
    assert_eq!(copied.found, Some(Found::ByStorage(copied.digests.sha256)));
    let sum = storage.checksum(b"a", Algorithm::Sha256).unwrap();
    assert_eq!(sum.as_deref(), Some(copied.digests.sha256.as_slice()));
    assert!(fs::read(server.files().join("a")).unwrap() == content);
    let Some(server) = with_config(&["ForceCommand internal-sftp"]) else { return };
    let storage = open(&server.connection());
    let copied = copy_file(&*source, &storage, &item(b"b"), options, None, &mut Nobody).unwrap();
    assert_eq!(copied.found, None, "it runs no commands");
    assert!(fs::read(server.files().join("b")).unwrap() == content);
}
