//! What networks and servers do.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use longshore_connectors::Connection;
use longshore_testkit::proxy::{Cut, Ending, Proxy};
use longshore_testkit::servers::skipped;
use longshore_testkit::servers::sshd::{FreshUser, Sshd, make_key};
use longshore_transfer::storage::{ReadOptions, Status, Storage};
use serde_json::json;

use crate::{FINISH, get, open, pattern, put, server, text, with_config};

/// A connection to the server by way of the proxy, under the server's own name.
fn by(proxy: &Proxy, server: &Sshd, fields: serde_json::Value) -> Connection {
    let line = server.known_line("ed25519");
    let through = line.replace(&server.port().to_string(), &proxy.address().port().to_string());
    fs::write(server.path("known_hosts"), line + &through).unwrap();
    let mut connection = server.connection_with(fields);
    connection.port = Some(proxy.address().port());
    connection
}

fn proxied() -> Option<(Sshd, Proxy)> {
    let server = server()?;
    let proxy = Proxy::to(SocketAddr::from(([127, 0, 0, 1], server.port()))).unwrap();
    Some((server, proxy))
}

/// How often connections are cut: `LONGSHORE_CUTS=100` for the long form.
fn cuts() -> u64 {
    std::env::var("LONGSHORE_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(10)
}

/// Each transfer is cut once, at a place of its own, in the handshake or in the middle of the bytes: it ends well all the same.
#[test]
fn a_cut_anywhere_is_got_over() {
    let Some((server, proxy)) = proxied() else { return };
    let storage = open(&by(&proxy, &server, json!({"sessions": 2})));
    let content = pattern(3 << 20);
    put(&storage, b"file", &content).unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..cuts() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let after = (seed >> 20) % (3 << 20);
        let ending = if round % 2 == 0 { Ending::Reset } else { Ending::Close };
        let cut = Some(Cut { after, ending, again: false });
        proxy.change(|faults| if round % 4 < 2 { faults.up.cut = cut } else { faults.down.cut = cut });
        let name = format!("file{round}");
        put(&storage, name.as_bytes(), &content).unwrap_or_else(|error| panic!("sending, cut after {after}: {error}"));
        let found =
            get(&storage, name.as_bytes()).unwrap_or_else(|error| panic!("fetching, cut after {after}: {error}"));
        assert!(found == content, "cut after {after}");
        assert!(fs::read(server.files().join(&name)).unwrap() == content);
        storage.delete(name.as_bytes()).unwrap();
    }
    assert!(proxy.cuts() >= cuts() / 2, "{} cuts", proxy.cuts());
}

#[test]
fn a_server_that_falls_silent_is_given_up_in_time() {
    let Some((server, proxy)) = proxied() else { return };
    let storage = open(&by(&proxy, &server, json!({"stall_timeout": 1, "conn_timeout": 1})));
    put(&storage, b"file", &pattern(1 << 20)).unwrap();
    let mut reader = storage.read(b"file", ReadOptions::default()).unwrap();
    proxy.change(|faults| faults.stall = true);
    let began = Instant::now();
    let error = storage.stat(b"file").unwrap_err();
    assert_eq!((error.code, error.status), ("ssh.timeout", Status::Transient), "{error}");
    let mut all = vec![0; 2 << 20];
    let _ = reader.read(&mut all);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    proxy.change(|faults| faults.stall = false);
    assert!(get(&storage, b"file").unwrap() == pattern(1 << 20), "once it is back all goes on");
}

#[test]
fn a_round_trip_of_50_ms_costs_little() {
    let Some((server, proxy)) = proxied() else { return };
    let storage = open(&by(&proxy, &server, json!({})));
    put(&storage, b"first", b"x").unwrap();
    proxy.change(|faults| faults.round_trip(Duration::from_millis(50)));
    let content = pattern(8 << 20);
    let began = Instant::now();
    put(&storage, b"file", &content).unwrap();
    assert!(get(&storage, b"file").unwrap() == content);
    // One request after the other would take 256 round trips each way.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn a_server_that_restarts_in_the_middle() {
    let Some(mut server) = server() else { return };
    let storage = open(&server.connection());
    let content = pattern(20 << 20);
    let mut writer = storage.write(b"file", None).unwrap();
    for (at, piece) in content.chunks(1 << 20).enumerate() {
        if at == 10 {
            server.restart();
        }
        writer.write(piece).unwrap();
    }
    writer.commit(&FINISH).unwrap();
    let mut reader = storage.read(b"file", ReadOptions::default()).unwrap();
    let mut found = vec![0; content.len()];
    let (begin, rest) = found.split_at_mut(5 << 20);
    assert_eq!(reader.read(begin).unwrap(), begin.len());
    server.restart();
    assert_eq!(reader.read(rest).unwrap(), rest.len());
    assert!(found == content);
    server.stop();
    let error = storage.stat(b"file").unwrap_err();
    assert_eq!((error.code, error.status), ("ssh.unreachable", Status::Transient));
}

#[test]
fn a_host_key_that_changes_in_the_middle_ends_it() {
    let Some(mut server) = server() else { return };
    let storage = open(&server.connection());
    let mut writer = storage.write(b"file", None).unwrap();
    writer.write(&pattern(1 << 20)).unwrap();
    make_key(&server.path("host_ed25519"), "ed25519", "");
    server.restart();
    let ended = writer.write(&pattern(1 << 20)).and_then(|()| writer.commit(&FINISH));
    assert_eq!(ended.unwrap_err().code, "ssh.host_key_changed");
    assert!(!server.files().join("file").exists(), "no half file has the final name");
}

/// A file that becomes another while it is read is not mended together.
#[test]
fn a_file_that_changes_while_the_connection_is_away() {
    let Some(mut server) = server() else { return };
    let storage = open(&server.connection());
    put(&storage, b"file", &pattern(30 << 20)).unwrap();
    let mut reader = storage.read(b"file", ReadOptions::default()).unwrap();
    let mut buffer = vec![0; 1 << 20];
    reader.read(&mut buffer).unwrap();
    server.stop();
    fs::write(server.files().join("file"), "another").unwrap();
    server.restart();
    let mut rest = vec![0; 40 << 20];
    assert_eq!(reader.read(&mut rest).unwrap_err().code, "file.changed");
}

#[test]
fn one_of_many_files_that_is_denied_does_not_stop_the_others() {
    let Some(user) = FreshUser::make("denied") else { return };
    let Some(server) = with_config(&["PasswordAuthentication yes"]) else { return };
    let mut connection = server.connection_with(json!({"key_file": null, "remote_path": text(user.home.path())}));
    connection.login = Some(user.name.clone());
    connection.password = Some(user.password.to_owned().into());
    let storage = open(&connection);
    for at in 0..1_000 {
        fs::write(user.home.path().join(format!("n{at}")), at.to_string()).unwrap();
    }
    let denied = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    fs::set_permissions(user.home.path().join("n500"), denied).unwrap();
    let mut failed = Vec::new();
    for at in 0..1_000 {
        match get(&storage, format!("n{at}").as_bytes()) {
            Ok(content) => assert_eq!(content, at.to_string().as_bytes()),
            Err(error) => failed.push((at, error.code, error.status)),
        }
    }
    assert_eq!(failed, [(500, "file.denied", Status::Permanent)]);
}

#[test]
fn a_full_disk_is_told_as_such() {
    let Some(server) = server() else { return };
    let files = text(&server.files());
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs", &files]).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        return skipped("only root can mount a small disk");
    }
    let storage = open(&server.connection());
    let filled = put(&storage, b"file", &pattern(16 << 20));
    let free = storage.space().map(|space| space.free);
    drop(storage);
    let unmounted = Command::new("umount").arg("-l").arg(&files).output().unwrap();
    assert!(unmounted.status.success());
    let error = filled.unwrap_err();
    assert_eq!((error.code, error.status), ("storage.full", Status::Unusable), "{error}");
    assert!(free.unwrap() < 1 << 20);
}

#[test]
fn a_write_goes_on_after_its_process_ended() {
    let Some(server) = server() else { return };
    let content = pattern(12 << 20);
    {
        let storage = open(&server.connection());
        let mut writer = storage.write(b"file", None).unwrap();
        writer.write(&content[..8 << 20]).unwrap();
        writer.sync().unwrap();
        writer.write(&content[8 << 20..9 << 20]).unwrap();
    }
    let storage = open(&server.connection());
    assert!(storage.partial(b"file").unwrap().unwrap() >= 8 << 20);
    let mut writer = storage.write(b"file", Some(8 << 20)).unwrap();
    writer.write(&content[8 << 20..]).unwrap();
    writer.commit(&FINISH).unwrap();
    assert!(get(&storage, b"file").unwrap() == content);
}
