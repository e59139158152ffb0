//! What an object is, beside its bytes.

use std::collections::BTreeSet;
use std::time::Duration;

use longshore_connectors::s3::{GRANT_MAX, Grant};
use longshore_testkit::servers::{Seaweed, status};
use longshore_transfer::hash::hex;
use longshore_transfer::storage::{Algorithm, Finish, Kind, Known, Storage};
use serde_json::json;

use crate::{MIB, REPLACE, code, get, landing, open, pattern, put};

#[test]
fn the_server_confirms_what_it_compared() {
    let server = Seaweed::start();
    for checksums in ["auto", "when_supported", "when_required"] {
        let storage = open(&server, &json!({"bucket": "landing", "checksums": checksums}));
        for size in [0, 100, 5 * MIB, 5 * MIB + 1, 17 * MIB] {
            let content = pattern(size);
            let receipt = put(&storage, b"file", &content).unwrap();
            assert!(receipt.confirmed, "{checksums}: {size} bytes");
            assert!(get(&storage, b"file").unwrap() == content, "{checksums}: {size} bytes");
        }
    }
}

#[test]
fn a_files_own_time_is_kept_with_it() {
    let server = Seaweed::start();
    let storage = landing(&server);
    let mtime = Some((1_234_567_890, 500_000_000));
    for size in [3, 6 * MIB] {
        let known = Known { size: size as u64, mtime };
        let mut writer = storage.write_sized(b"timed", None, known).unwrap();
        writer.write(&pattern(size)).unwrap();
        writer.commit(&Finish { mtime, ..REPLACE }).unwrap();
        assert_eq!(storage.own_time(b"timed"), Ok(mtime));
        let reader = storage.read(b"timed", longshore_transfer::storage::ReadOptions::default()).unwrap();
        assert_eq!(reader.own_time(), mtime);
        assert!(storage.copy_within(b"timed", b"copied", &REPLACE).unwrap());
        assert_eq!(storage.own_time(b"copied"), Ok(mtime));
    }
    put(&storage, b"untimed", b"x").unwrap();
    assert_eq!(storage.own_time(b"untimed"), Ok(None));
}

/// What a listing says of a file is what looking at it says: a copier compares the two.
#[test]
fn a_listing_and_a_look_say_the_same() {
    let server = Seaweed::start();
    let storage = landing(&server);
    put(&storage, b"a/b", b"content").unwrap();
    let mut listed = Vec::new();
    storage
        .list(b"a", &mut |line| {
            listed.push(line.meta);
            Ok(())
        })
        .unwrap();
    storage
        .list_all(b"", None, &mut |line| {
            listed.push(line.meta);
            Ok(())
        })
        .unwrap();
    let seen = storage.stat(b"a/b").unwrap();
    assert_eq!(listed, [seen.clone(), seen]);
}

/// Parts that arrived before a stop are not sent again, those behind the last checkpoint included.
#[test]
fn what_arrived_is_not_sent_again() {
    let server = Seaweed::start();
    let storage = landing(&server);
    let content = pattern(23 * MIB);
    let known = Known { size: content.len() as u64, mtime: None };
    let mut writer = storage.write_sized(b"file", None, known).unwrap();
    let part = usize::try_from(writer.granule()).unwrap();
    writer.write(&content[..3 * part]).unwrap();
    writer.sync().unwrap();
    drop(writer);
    assert_eq!(storage.partial(b"file"), Ok(Some(3 * part as u64)));
    let mut writer = storage.write_sized(b"file", Some(part as u64), known).unwrap();
    writer.write(&content[part..]).unwrap();
    let receipt = writer.commit(&REPLACE).unwrap();
    assert!(!receipt.confirmed, "nobody knows here what the first part was sent from");
    assert!(get(&storage, b"file").unwrap() == content);
}

#[test]
fn a_part_that_arrived_with_other_bytes_is_sent_again() {
    let server = Seaweed::start();
    let storage = landing(&server);
    let content = pattern(16 * MIB);
    let known = Known { size: content.len() as u64, mtime: None };
    let mut writer = storage.write_sized(b"file", None, known).unwrap();
    let part = usize::try_from(writer.granule()).unwrap();
    writer.write(&content[..part]).unwrap();
    writer.write(&vec![7; part]).unwrap();
    writer.sync().unwrap();
    drop(writer);
    let mut writer = storage.write_sized(b"file", Some(part as u64), known).unwrap();
    writer.write(&content[part..]).unwrap();
    writer.commit(&REPLACE).unwrap();
    assert!(get(&storage, b"file").unwrap() == content);
}

#[test]
fn unfinished_uploads_are_taken_away() {
    let server = Seaweed::start();
    let storage = landing(&server);
    for _ in 0..2 {
        let mut writer = storage.write(b"file", None).unwrap();
        writer.write(&pattern(6 * MIB)).unwrap();
        writer.sync().unwrap();
        drop(writer);
    }
    let mut writer = storage.write(b"file-longer", None).unwrap();
    writer.write(&pattern(6 * MIB)).unwrap();
    storage.discard(b"file").unwrap();
    assert_eq!(storage.partial(b"file"), Ok(None));
    assert!(storage.partial(b"file-longer").unwrap().is_some(), "that of another key is left");
    writer.abort().unwrap();
    assert_eq!(storage.partial(b"file-longer"), Ok(None));
    assert_eq!(code(storage.stat(b"file")), "file.missing");
}

#[test]
fn the_servers_checksum_is_told_only_where_it_proves_the_bytes() {
    let server = Seaweed::start();
    let storage = landing(&server);
    put(&storage, b"small", b"abc").unwrap();
    let md5 = storage.checksum(b"small", Algorithm::Md5).unwrap().map(|sum| hex(&sum));
    assert_eq!(md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));
    put(&storage, b"large", &pattern(11 * MIB)).unwrap();
    assert_eq!(storage.checksum(b"large", Algorithm::Md5), Ok(None));
    assert_eq!(storage.checksum(b"large", Algorithm::Sha256), Ok(None));
    assert_eq!(code(storage.checksum(b"nothing", Algorithm::Md5)), "file.missing");
}

/// Keys of which the service says that they are allowed, however odd.
#[test]
fn odd_keys_are_files() {
    let server = Seaweed::start();
    let storage = landing(&server);
    let long = format!("long/{}/{}", "d".repeat(200), ["n"; 5].map(|n| n.repeat(150)).join("/"));
    let long = format!("{long}{}", "e".repeat(1024 - long.len()));
    let odd = ["new\nline", "emoji-\u{1F980}", "a b+c%20d", "q?x=1&y#z", "~._-!*'()", "\u{202E}gpj", "..dots..", &long];
    for key in odd {
        put(&storage, key.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(get(&storage, key.as_bytes()).unwrap(), key.as_bytes(), "{key:?}");
        assert!(
            storage
                .copy_within(key.as_bytes(), format!("c/{}", &key[..key.len().min(900)]).as_bytes(), &REPLACE)
                .unwrap()
        );
    }
    let mut found = BTreeSet::new();
    storage
        .list_all(b"", None, &mut |line| {
            found.insert(line.name);
            Ok(())
        })
        .unwrap();
    for key in odd {
        assert!(found.contains(key.as_bytes()), "{key:?} of {found:?}");
    }
    assert_eq!(code(storage.stat(&[b'k'; 1025])), "path.refused");
}

#[test]
fn a_listing_of_many_keys_comes_page_by_page() {
    let keys: usize = if std::env::var_os("LONGSHORE_SOAK").is_some() { 1_000_000 } else { 10_000 };
    let server = Seaweed::start();
    let storage = landing(&server);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let storage = &storage;
            scope.spawn(move || {
                (thread..keys).step_by(8).for_each(|at| {
                    put(storage, format!("many/{:03}/{at:07}", at % 100).as_bytes(), b"").unwrap();
                });
            });
        }
    });
    let before = longshore_testkit::resident_peak(std::process::id()).unwrap();
    let (mut count, mut last, mut sorted) = (0, Vec::new(), true);
    storage
        .list_all(b"many", None, &mut |line| {
            count += 1;
            sorted &= last < line.name;
            last = line.name;
            Ok(())
        })
        .unwrap();
    let grown = longshore_testkit::resident_peak(std::process::id()).unwrap().saturating_sub(before);
    assert_eq!((count, sorted), (keys, true));
    assert!(grown < 64 << 20, "the listing held {grown} bytes");
    let mut folders = 0;
    storage
        .list(b"many", &mut |line| {
            folders += usize::from(line.meta.kind == Kind::Folder);
            Ok(())
        })
        .unwrap();
    assert_eq!(folders, 100);
    let some: Vec<Vec<u8>> = (0..1500).map(|at| format!("many/{:03}/{at:07}", at % 100).into_bytes()).collect();
    for _ in 0..2 {
        assert_eq!(storage.delete_many(&some), vec![Ok(()); 1500]);
    }
    assert_eq!(code(storage.stat(&some[1499])), "file.missing");
}

#[test]
fn a_presigned_url_needs_no_keys() {
    let server = Seaweed::start();
    let storage = landing(&server);
    put(&storage, b"a b", b"granted").unwrap();
    let ask = |method, url: &str, body| status(server.port(), method, url.strip_prefix(&server.url()).unwrap(), body);
    let get_url = storage.presign(b"a b", Grant::Get, Duration::from_mins(1)).unwrap();
    assert_eq!(ask("GET", &get_url, ""), Some(200));
    assert_eq!(ask("GET", &get_url.replace("a%20b", "other"), ""), Some(403));
    let put_url = storage.presign(b"given", Grant::Put, Duration::from_mins(1)).unwrap();
    assert_eq!(ask("PUT", &put_url, "from outside"), Some(200));
    assert_eq!(get(&storage, b"given").unwrap(), b"from outside");
    assert!(storage.presign(b"x", Grant::Part("id", 1), GRANT_MAX).unwrap().contains("partNumber=1"));
    for life in [Duration::ZERO, GRANT_MAX + Duration::from_secs(1)] {
        assert_eq!(code(storage.presign(b"x", Grant::Get, life)), "s3.refused");
    }
}

#[test]
fn tags_are_kept() {
    let server = Seaweed::start();
    let storage = landing(&server);
    put(&storage, b"tagged", b"x").unwrap();
    assert_eq!(storage.tags(b"tagged"), Ok(Vec::new()));
    let tags = vec![("project".to_owned(), "a b".to_owned()), ("kept".to_owned(), "yes".to_owned())];
    storage.set_tags(b"tagged", &tags).unwrap();
    let mut found = storage.tags(b"tagged").unwrap();
    found.sort_by(|a, b| b.cmp(a));
    assert_eq!(found, tags);
    assert_eq!(code(storage.tags(b"nothing")), "file.missing");
}

/// As what is larger than the protocol copies in one request is copied.
#[test]
fn a_large_object_is_copied_in_parts() {
    let server = Seaweed::start();
    let storage = landing(&server).copying_in_parts_above(5 << 20).unwrap();
    let content = pattern(17 * MIB);
    let mtime = Some((1_234_567_890, 0));
    let mut writer = storage.write_sized(b"from", None, Known { size: content.len() as u64, mtime }).unwrap();
    writer.write(&content).unwrap();
    writer.commit(&REPLACE).unwrap();
    assert!(storage.copy_within(b"from", b"deep/to", &REPLACE).unwrap());
    assert!(get(&storage, b"deep/to").unwrap() == content);
    assert_eq!(storage.own_time(b"deep/to"), Ok(mtime));
    let exclusive = Finish { replace: false, ..REPLACE };
    assert_eq!(code(storage.copy_within(b"from", b"deep/to", &exclusive)), "file.exists");
    assert_eq!(storage.partial(b"deep/to"), Ok(None));
}
