//! WebDAV against rclone's server and WsgiDAV.

use std::time::{Duration, Instant};

use longshore_testkit::conformance;
use longshore_testkit::proxy::{Cut, Direction, Ending, Proxy};
use longshore_testkit::servers::{Answer, Answers, Program, WebDav};
use longshore_transfer::storage::{Algorithm, Finish, Kind, Known, Status};
use serde_json::json;

use crate::common::{MIB, chance, code, open, pattern, read_all, rounds, steps};

#[test]
fn rclone_passes_the_suite() {
    conformance::run(&*open(&WebDav::start(Program::Rclone).connection()));
}

#[test]
fn wsgidav_passes_the_suite() {
    conformance::run(&*open(&WebDav::start(Program::Wsgidav).connection()));
}

#[test]
fn a_test_tells_each_step() {
    let server = WebDav::start(Program::Rclone);
    let mut connection = server.connection();
    assert_eq!(steps(&connection, b"", true), "options dns tcp login list write delete");
    assert_eq!(std::fs::read_dir(server.files()).unwrap().count(), 0, "nothing is left");
    assert_eq!(steps(&connection, b"nothing", true), "options dns tcp login:file.missing");
    connection.password = Some("wrong".to_owned().into());
    assert_eq!(steps(&connection, b"", true), "options dns tcp login:http.denied");
    let page = Answers::start(|_| Answer::new(200, "<html><body>Welcome</body></html>"));
    connection.host = Some(page.url());
    assert_eq!(steps(&connection, b"", true), "options dns tcp login:webdav.reply");
}

#[test]
fn odd_names_are_kept_as_they_are() {
    let server = WebDav::start(Program::Rclone);
    let storage = open(&server.connection());
    for name in ["a b", "p%20q", "q?x#y", "\u{fc}\u{1f600}", "plus+", "semi;colon&<>'\""] {
        let path = format!("odd & more/{name}").into_bytes();
        let mut writer = storage.write(&path, None).unwrap();
        writer.write(name.as_bytes()).unwrap();
        writer.commit(&Finish::default()).unwrap();
        assert_eq!(std::fs::read(server.files().join("odd & more").join(name)).unwrap(), name.as_bytes());
        let mut listed = false;
        storage
            .list(b"odd & more", &mut |line| {
                listed |= line.name == name.as_bytes() && line.meta.kind == Kind::File;
                Ok(())
            })
            .unwrap();
        assert!(listed, "{name} is listed");
        assert_eq!(read_all(&*storage, &path).unwrap(), name.as_bytes());
    }
}

#[test]
fn what_a_server_refuses_is_told() {
    for (status, expected, hope) in [
        (423, "webdav.locked", Status::Transient),
        (507, "storage.full", Status::Unusable),
        (403, "http.denied", Status::Permanent),
        (413, "file.too_large", Status::Permanent),
    ] {
        let server = Answers::start(move |asked| match asked.method.as_str() {
            "PUT" => Answer::new(status, ""),
            _ => Answer::new(201, ""),
        });
        let mut connection = longshore_testkit::servers::to(&server.url(), &json!({"retries": 0}));
        connection.kind = "webdav".into();
        let mut writer = open(&connection).write(b"file", None).unwrap();
        writer.write(b"x").unwrap();
        let failed = writer.commit(&Finish::default()).unwrap_err();
        assert_eq!((failed.code, failed.status), (expected, hope));
    }
}

#[test]
fn cuts_on_the_way_up_leave_no_file_and_on_the_way_down_are_made_good() {
    let server = WebDav::start(Program::Rclone);
    let proxy = Proxy::to(server.address()).unwrap();
    let storage = open(&server.through(proxy.address(), &json!({"timeout": 5})));
    let content = pattern(8 * MIB);
    let known = Known { size: content.len() as u64, mtime: None };
    let send = || {
        let mut writer = storage.write_sized(b"file", None, known)?;
        writer.write(&content)?;
        writer.commit(&Finish::default())
    };
    for round in 0..rounds() {
        let cut = Some(Cut { after: chance(round, 8_000_000), ending: Ending::Reset, again: false });
        proxy.change(|faults| faults.up.cut = cut);
        assert_eq!(send().unwrap_err().status, Status::Transient);
        assert_eq!(code(storage.stat(b"file")), "file.missing");
        proxy.change(|faults| faults.up.cut = None);
        // The server keeps its lock for as long as it takes to see that the upload has broken off.
        let began = Instant::now();
        while let Err(error) = send() {
            assert!(error.status == Status::Transient && began.elapsed() < Duration::from_secs(20), "{error}");
        }
        proxy.change(|faults| faults.down.cut = cut);
        assert!(read_all(&*storage, b"file").unwrap() == content);
        proxy.change(|faults| faults.down.cut = None);
        storage.delete(b"file").unwrap();
    }
}

/// rclone's server deletes what has the final name before it sees that there is nothing to move: a second MOVE would lose the file.
#[test]
fn a_file_whose_naming_was_not_answered_is_not_named_again() {
    let server = WebDav::start(Program::Rclone);
    let proxy = Proxy::to(server.address()).unwrap();
    let storage = open(&server.through(proxy.address(), &json!({"timeout": 5})));
    let send = |name: &str, replace: bool| {
        let mut writer = storage.write(name.as_bytes(), None)?;
        writer.write(b"content")?;
        writer.commit(&Finish { replace, ..Finish::default() })
    };
    send("zeroth", true).unwrap();
    let before = proxy.passed(Direction::Down);
    send("first", true).unwrap();
    // As much comes down for each: the answer to the last request is cut short.
    let after = proxy.passed(Direction::Down) - before - 10;
    for (name, replace, ending) in [
        ("reset", true, Ending::Reset),
        ("close", true, Ending::Close),
        ("stall", true, Ending::Stall),
        ("other", false, Ending::Reset),
    ] {
        let cuts = proxy.cuts();
        proxy.change(|faults| faults.down.cut = Some(Cut { after, ending, again: false }));
        send(name, replace).unwrap_or_else(|error| panic!("{name} {ending:?}: {error}"));
        assert_eq!(proxy.cuts() - cuts, 1);
        proxy.change(|faults| faults.down.cut = None);
        assert_eq!(std::fs::read(server.files().join(name)).unwrap(), b"content", "{name} {ending:?}");
    }
    assert_eq!(code(send("other", false)), "file.exists");
}

#[test]
fn room_is_what_the_quota_says() {
    let quota = |available: &str| {
        let body = format!(
            r#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/files/me/</d:href><d:propstat><d:prop>
            <d:quota-available-bytes>{available}</d:quota-available-bytes><d:quota-used-bytes>7</d:quota-used-bytes>
            </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#
        );
        let server = Answers::start(move |asked| {
            assert_eq!((asked.method.as_str(), asked.target.as_str()), ("PROPFIND", "/remote.php/dav/files/me/"));
            Answer::new(207, body.clone())
        });
        let mut connection = longshore_testkit::servers::to(&server.url(), &json!({}));
        connection.kind = "nextcloud".into();
        connection.login = Some("me".into());
        let space = open(&connection).space().unwrap();
        (space.free, space.total)
    };
    assert_eq!(quota("100"), (100, 107));
    assert!(quota("-3").0 > 1 << 60, "no bound");
}

/// A checksum that the server takes itself counts; one that it does not take is not made up.
#[test]
fn nextcloud_is_asked_for_the_checksum_of_what_it_holds() {
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let server = Answers::start(move |asked| match (asked.method.as_str(), asked.target.as_str()) {
        ("PATCH", "/remote.php/dav/files/me/file") => {
            assert_eq!(asked.headers.get("x-recalculate-hash").map(String::as_str), Some("sha256"));
            Answer::new(204, "").with("OC-Checksum", &format!("SHA256:{sum}"))
        }
        ("PATCH", "/remote.php/dav/files/me/old") => Answer::new(501, ""),
        ("PATCH", "/remote.php/dav/files/me/other") => Answer::new(204, "").with("OC-Checksum", "SHA1:00"),
        _ => Answer::new(404, ""),
    });
    let mut connection = longshore_testkit::servers::to(&server.url(), &json!({"retries": 0}));
    (connection.kind, connection.login) = ("nextcloud".into(), Some("me".into()));
    let storage = open(&connection);
    let ask = |path: &[u8]| storage.checksum(path, Algorithm::Sha256);
    let found = ask(b"file").unwrap().unwrap();
    assert_eq!(longshore_transfer::hash::hex(&found), sum);
    assert_eq!(ask(b"old"), Ok(None));
    assert_eq!(ask(b"other"), Ok(None));
    assert_eq!(code(ask(b"nothing")), "file.missing");
    connection.kind = "webdav".into();
    assert_eq!(open(&connection).checksum(b"file", Algorithm::Sha256), Ok(None), "others are not asked");
}
