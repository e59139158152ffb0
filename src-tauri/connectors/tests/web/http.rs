//! HTTP against nginx.

use longshore_testkit::conformance;
use longshore_testkit::servers::Nginx;
use longshore_transfer::storage::{Finish, Kind, Known, ReadOptions};
use serde_json::json;

use crate::common::{MIB, code, open, pattern, read_all, steps};

const REPLACE: Finish = Finish { mode: None, mtime: None, replace: true, durable: true };

#[test]
fn what_is_read_is_what_lies_there() {
    let nginx = Nginx::start();
    let content = pattern(30 * MIB + 17);
    nginx.put("folder/file", &content);
    nginx.put("folder/empty", b"");
    conformance::run_reading(&*open(&nginx.connection(&json!({}))), &content);
    conformance::run_reading(&*open(&nginx.connection(&json!({"parallel": 1}))), &content);
}

#[test]
fn the_time_of_a_file_is_told_and_odd_names_are_found() {
    let nginx = Nginx::start();
    for name in ["a b", "p%20q", "q?x=1#y", "ü\u{1f600}", "new\nline", "plus+", "semi;colon&"] {
        nginx.put(name, name.as_bytes());
        let storage = open(&nginx.connection(&json!({})));
        assert_eq!(read_all(&*storage, name.as_bytes()).unwrap(), name.as_bytes());
        let modified = std::fs::metadata(nginx.files().join(name)).unwrap().modified().unwrap();
        let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(storage.stat(name.as_bytes()).unwrap().mtime, (i64::try_from(seconds).unwrap(), 0));
    }
}

#[test]
fn a_folder_has_no_listing() {
    let nginx = Nginx::start();
    let storage = open(&nginx.connection(&json!({})));
    assert_eq!(code(storage.list(b"", &mut |_| Ok(()))), "storage.no_listing");
    assert_eq!(storage.stat(b"up").unwrap().kind, Kind::Folder);
}

#[test]
fn uploads_have_their_name_when_they_are_committed() {
    let nginx = Nginx::start();
    let storage = open(&nginx.connection(&json!({})));
    let content = pattern(5 * MIB + 3);
    let known = Some(Known { size: content.len() as u64, mtime: None });
    for (name, known) in [("sized", known), ("unsized", None)] {
        let path = format!("up/folder/{name}").into_bytes();
        let begin = || match known {
            Some(known) => storage.write_sized(&path, None, known).unwrap(),
            None => storage.write(&path, None).unwrap(),
        };
        let mut writer = begin();
        writer.write(&content).unwrap();
        assert_eq!(writer.written(), content.len() as u64);
        assert_eq!(code(storage.stat(&path)), "file.missing", "all was written, nothing is committed");
        assert!(!writer.commit(&Finish::default()).unwrap().confirmed);
        assert_eq!(read_all(&*storage, &path).unwrap(), content);
        let mut again = begin();
        again.write(&content[1..]).unwrap();
        assert_eq!(code(again.commit(&Finish::default())), "file.exists");
        assert_eq!(read_all(&*storage, &path).unwrap(), content, "what was there stays");
    }
    let mut aborted = storage.write(b"up/aborted", None).unwrap();
    aborted.write(&content).unwrap();
    aborted.abort().unwrap();
    assert_eq!(code(storage.stat(b"up/aborted")), "file.missing");
    // nginx takes no upload of an empty file.
    let mut writer = storage.write(b"up/small", None).unwrap();
    writer.write(b"x").unwrap();
    writer.commit(&REPLACE).unwrap();
    assert_eq!(read_all(&*storage, b"up/small").unwrap(), b"x");
    storage.delete(b"up/small").unwrap();
    storage.delete(b"up/small").unwrap();
    assert_eq!(code(storage.stat(b"up/small")), "file.missing");
    assert_eq!(code(storage.write(b"up/x", Some(0))), "file.missing");
}

#[test]
fn who_may_not_is_told_so() {
    let nginx = Nginx::start();
    nginx.put("locked/file", b"locked");
    let mut connection = nginx.connection(&json!({}));
    assert_eq!(code(read_all(&*open(&connection), b"locked/file")), "http.denied");
    connection.login = Some("user".into());
    connection.password = Some("wrong".to_owned().into());
    assert_eq!(code(open(&connection).stat(b"locked/file")), "http.denied");
    connection.password = Some("secret".to_owned().into());
    assert_eq!(read_all(&*open(&connection), b"locked/file").unwrap(), b"locked");
    assert_eq!(code(open(&connection).write(b"up/../x", None)), "path.refused");
    let mut refused = open(&connection).write(b"folder/x", None).unwrap();
    refused.write(b"x").unwrap();
    assert_eq!(code(refused.commit(&REPLACE)), "http.not_offered");
}

#[test]
fn certificates_are_checked() {
    let nginx = Nginx::start();
    nginx.put("file", b"by TLS");
    let good = nginx.secure(false);
    assert_eq!(read_all(&*open(&good), b"file").unwrap(), b"by TLS");
    let mut unknown = good.clone();
    unknown.extra.clear();
    for wrong in [nginx.secure(true), unknown] {
        let failed = open(&wrong).read(b"file", ReadOptions::default()).map(drop).unwrap_err();
        assert_eq!(failed.code, "net.certificate", "{failed}");
        assert_eq!(steps(&wrong, b"", false), "options dns tcp tls:net.certificate");
    }
}

#[test]
fn a_test_tells_each_step() {
    let nginx = Nginx::start();
    let mut connection = nginx.connection(&json!({}));
    assert_eq!(steps(&connection, b"up", true), "options dns tcp login head write delete");
    assert_eq!(std::fs::read_dir(nginx.files().join("up")).unwrap().count(), 0, "nothing is left");
    assert_eq!(steps(&nginx.secure(false), b"up", true), "options dns tcp tls login head write delete");
    assert_eq!(steps(&connection, b"", true), "options dns tcp login head write:http.not_offered");
    assert_eq!(steps(&connection, b"locked", false), "options dns tcp login:http.denied");
    connection.host = Some("no.such.host.invalid".into());
    assert_eq!(steps(&connection, b"", false), "options dns:net.unknown_host");
    connection.host = Some("127.0.0.1".into());
    connection.port = Some(1);
    assert_eq!(steps(&connection, b"", false), "options dns tcp:net.refused");
    connection.extra.insert("verify".into(), json!(false));
    assert_eq!(steps(&connection, b"", false), "options:connection.wrong");
}
