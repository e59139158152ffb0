//! Files, names and links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use longshore_testkit::conformance;
use longshore_testkit::proxy::{Direction, Proxy};
use longshore_testkit::servers::sshd::{FreshUser, Setup, Sshd};
use longshore_transfer::storage::{Finish, Kind, ReadOptions, Storage};
use serde_json::json;

use crate::{FINISH, get, open, pattern, put, server, text, with_config};

#[test]
fn conformance_with_openssh() {
    let Some(server) = server() else { return };
    conformance::run(&open(&server.connection()));
}

#[test]
fn conformance_with_a_server_that_offers_keys_of_another_kind_and_little_else() {
    let setup =
        Setup { host_keys: vec!["rsa"], config: vec!["Ciphers aes256-ctr".into(), "MACs hmac-sha2-256".into()] };
    let Some(server) = Sshd::start(&setup) else { return };
    conformance::run(&open(&server.connection_with(json!({"compress": true, "sessions": 1, "max_transfers": 1}))));
}

/// A server that lets its user see a folder of its own only; only root can set one up.
#[test]
fn conformance_below_a_root_of_its_own() {
    let Some(user) = FreshUser::make("jail") else { return };
    let Some(server) = with_config(&["ForceCommand internal-sftp", "PasswordAuthentication yes"]) else { return };
    let jail = tempfile::Builder::new().prefix("jail").tempdir_in("/").unwrap();
    fs::set_permissions(jail.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(jail.path().join("inside")).unwrap();
    fs::set_permissions(jail.path().join("inside"), fs::Permissions::from_mode(0o777)).unwrap();
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    fs::write(server.path("sshd_config"), format!("ChrootDirectory {}\n{config}", text(jail.path()))).unwrap();
    let mut server = server;
    server.restart();
    let mut connection = server.connection_with(json!({"key_file": null, "remote_path": "/inside"}));
    connection.login = Some(user.name.clone());
    connection.password = Some(user.password.to_owned().into());
    conformance::run(&open(&connection));
    assert!(jail.path().join("inside/writing/deep/er/file").exists());
}

#[test]
fn names_of_any_bytes() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    let long = vec![b'n'; 255];
    let odd: [&[u8]; 8] =
        [b"new\nline", b"\xff\xfe", "\u{1F980}".as_bytes(), b" ", b"-rf", b"back\\slash", b"*?[a]", &long];
    for name in odd {
        put(&storage, name, name).unwrap();
        assert_eq!(get(&storage, name).unwrap(), name);
    }
    let mut names = Vec::new();
    storage
        .list(b"", &mut |line| {
            names.push(line.name);
            Ok(())
        })
        .unwrap();
    names.sort();
    let mut expected = odd.map(<[u8]>::to_vec);
    expected.sort();
    assert_eq!(names, expected);
    let error = storage.write(&[b'n'; 256], None).err().unwrap();
    assert_eq!(error.code, "path.too_long");
}

#[test]
fn links_are_seen_made_and_not_followed() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    storage.make_link(b"deep/link", b"../any\xff").unwrap();
    storage.make_link(b"deep/link", b"../any\xff").unwrap();
    assert_eq!(storage.make_link(b"deep/link", b"other").unwrap_err().code, "file.exists");
    let found = storage.stat(b"deep/link").unwrap();
    assert_eq!((found.kind, found.link.as_slice()), (Kind::Link, &b"../any\xff"[..]));
    let mut listed = Vec::new();
    storage
        .list(b"deep", &mut |line| {
            listed.push((line.name, line.meta.link));
            Ok(())
        })
        .unwrap();
    assert_eq!(listed, [(b"link".to_vec(), b"../any\xff".to_vec())]);
    storage.set_meta(b"deep/link", None, Some((77, 0))).unwrap();
    assert_eq!(storage.stat(b"deep/link").unwrap().mtime, (77, 0));
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    symlink(outside.path(), server.files().join("way")).unwrap();
    symlink(outside.path().join("secret"), server.files().join("to")).unwrap();
    for path in [&b"way/secret"[..], b"to"] {
        assert_eq!(storage.read(path, ReadOptions::default()).err().unwrap().code, "path.link");
    }
    assert_eq!(storage.write(b"way/new", None).err().unwrap().code, "path.link");
    assert_eq!(storage.write(b"way/new/deeper", None).err().unwrap().code, "path.link");
    assert_eq!(storage.list(b"way", &mut |_| Ok(())).unwrap_err().code, "path.link");
    assert_eq!(storage.delete(b"way/secret").unwrap_err().code, "path.link");
    // A link in the place of the temporary file is not written through.
    symlink(outside.path().join("secret"), server.files().join(".new.longshore-part")).unwrap();
    put(&storage, b"new", b"new").unwrap();
    storage.delete(b"to").unwrap();
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"x");
}

#[test]
fn modes_and_times_are_kept() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    let mut writer = storage.write(b"file", None).unwrap();
    writer.write(b"x").unwrap();
    writer.commit(&Finish { mode: Some(0o640), mtime: Some((1_700_000_001, 5)), ..FINISH }).unwrap();
    let found = storage.stat(b"file").unwrap();
    assert_eq!((found.mode, found.mtime), (Some(0o640), (1_700_000_001, 0)));
}

#[test]
fn large_files_on_several_connections() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection_with(json!({"sessions": "3"})));
    let content = pattern((90 << 20) + 12_345);
    put(&storage, b"large", &content).unwrap();
    assert!(fs::read(server.files().join("large")).unwrap() == content, "as it was sent");
    assert!(get(&storage, b"large").unwrap() == content, "as it came");
    assert!(server.log().matches("Accepted publickey").count() >= 3, "{}", server.log());
    let mut reader = storage.read(b"large", ReadOptions { offset: 50_000_001, ..ReadOptions::default() }).unwrap();
    let mut rest = vec![0; content.len()];
    let count = reader.read(&mut rest).unwrap();
    assert!(rest[..count] == content[50_000_001..]);
    assert_eq!(reader.meta().unwrap().size, content.len() as u64);
}

/// The keys are agreed on anew every megabyte, in the middle of what is under way.
#[test]
fn keys_are_changed_under_way() {
    let Some(server) = with_config(&["RekeyLimit 1M"]) else { return };
    let storage = open(&server.connection_with(json!({"sessions": 1})));
    let content = pattern(24 << 20);
    put(&storage, b"file", &content).unwrap();
    assert!(get(&storage, b"file").unwrap() == content);
    assert_eq!(server.log().matches("Accepted publickey").count(), 1, "on one connection: {}", server.log());
}

#[test]
fn a_million_names_would_be_listed_piece_by_piece() {
    let Some(server) = server() else { return };
    let storage = open(&server.connection());
    for at in 0..5_000 {
        fs::write(server.files().join(format!("n{at}")), "").unwrap();
    }
    let (mut count, mut first) = (0, 0);
    storage
        .list(b"", &mut |_| {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(count, 5_000);
    let stopped = storage.list(b"", &mut |_| {
        first += 1;
        storage.stat(b"nothing").map(drop)
    });
    assert_eq!((stopped.unwrap_err().code, first), ("file.missing", 1), "it ends where the caller wants");
}

/// The server copies by itself: the bytes do not come over the line.
#[test]
fn a_copy_within_the_server_moves_no_bytes_over_the_line() {
    let Some(server) = server() else { return };
    let proxy = Proxy::to(([127, 0, 0, 1], server.port()).into()).unwrap();
    let line = server.known_line("ed25519");
    fs::write(
        server.path("known_hosts"),
        line.replace(&server.port().to_string(), &proxy.address().port().to_string()),
    )
    .unwrap();
    let mut connection = server.connection();
    connection.port = Some(proxy.address().port());
    let storage = open(&connection);
    let content = pattern(100 << 20);
    fs::write(server.files().join("from"), &content).unwrap();
    assert!(storage.copy_within(b"from", b"deep/to", &FINISH).unwrap(), "OpenSSH offers it since 9.0");
    assert!(fs::read(server.files().join("deep/to")).unwrap() == content);
    let moved = proxy.passed(Direction::Up) + proxy.passed(Direction::Down);
    assert!(moved < 1 << 20, "{moved} bytes");
}
