//! Connections that break, stall and are slow.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use longshore_connectors::s3::S3;
use longshore_testkit::proxy::{Cut, Direction, Ending, Proxy};
use longshore_testkit::servers::Seaweed;
use longshore_transfer::storage::{Known, Storage};
use serde_json::json;

use crate::{MIB, REPLACE, code, get, landing, pattern, put};

/// A proxy to the server, and a storage that goes through it.
fn through(server: &Seaweed) -> (Proxy, S3) {
    let proxy = Proxy::to(SocketAddr::from(([127, 0, 0, 1], server.port()))).unwrap();
    let url = format!("http://{}", proxy.address());
    let extra = json!({"bucket": "landing", "endpoint_url": url, "timeout_seconds": 1});
    let storage = S3::open("bucket", &server.connection(&extra), b"").unwrap();
    (proxy, storage)
}

/// Offsets that are spread over a file, the same in each run.
fn offsets(count: u64, size: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(move |at| at.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) % size)
}

#[test]
fn a_cut_anywhere_loses_no_byte() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    let content = pattern(12 * MIB);
    put(&storage, b"down", &content).unwrap();
    for (at, offset) in offsets(50, content.len() as u64).enumerate() {
        let ending = if at % 2 == 0 { Ending::Reset } else { Ending::Close };
        let cut = Some(Cut { after: offset, ending, again: false });
        proxy.change(|faults| faults.down.cut = cut);
        assert!(get(&storage, b"down").unwrap() == content, "read, {ending:?} after {offset}");
        proxy.change(|faults| {
            faults.down.cut = None;
            faults.up.cut = cut;
        });
        let content = &content[at..];
        put(&storage, b"up", content).unwrap();
        proxy.change(|faults| faults.up.cut = None);
        assert!(get(&landing(&server), b"up").unwrap() == content, "written, {ending:?} after {offset}");
    }
    assert!(proxy.cuts() >= 90, "{} cuts", proxy.cuts());
}

/// The reply to the last request of a write is what is lost: it was carried out, and is not taken for somebody else's.
#[test]
fn a_lost_reply_to_a_commit_is_no_failure() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    let exclusive = longshore_transfer::storage::Finish { replace: false, ..REPLACE };
    for (at, size) in [10, 11 * MIB].into_iter().enumerate() {
        // So that it is known by now that the server refuses to overwrite.
        let mut first = storage.write(format!("first-{at}").as_bytes(), None).unwrap();
        first.write(b"x").unwrap();
        first.commit(&exclusive).unwrap();
        let path = format!("file-{at}");
        let content = pattern(size);
        let mut writer = storage.write(path.as_bytes(), None).unwrap();
        writer.write(&content).unwrap();
        writer.sync().unwrap();
        proxy.change(|faults| faults.down.cut = Some(Cut { after: 0, ending: Ending::Reset, again: false }));
        writer.commit(&exclusive).unwrap();
        assert!(get(&storage, path.as_bytes()).unwrap() == content);
    }
}

#[test]
fn a_stall_is_given_up_and_gone_past() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    let content = pattern(12 * MIB);
    put(&storage, b"file", &content).unwrap();
    let stall = Some(Cut { after: 5 << 20, ending: Ending::Stall, again: false });
    proxy.change(|faults| faults.down.cut = stall);
    assert!(get(&storage, b"file").unwrap() == content);
}

#[test]
fn a_stall_for_ever_ends() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    proxy.change(|faults| faults.stall = true);
    let began = Instant::now();
    assert_eq!(code(storage.stat(b"file")), "io.timeout");
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[test]
fn nobody_at_the_port_is_told() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    proxy.change(|faults| faults.refuse = true);
    assert_eq!(code(storage.stat(b"file")), "net.refused");
}

#[test]
fn a_server_that_starts_again_is_gone_on_with() {
    let mut server = Seaweed::start();
    let storage = landing(&server);
    let content = pattern(17 * MIB);
    let mut writer = storage.write(b"file", None).unwrap();
    writer.write(&content[..10 * MIB]).unwrap();
    writer.sync().unwrap();
    server.restart();
    writer.write(&content[10 * MIB..]).unwrap();
    writer.commit(&REPLACE).unwrap();
    assert!(get(&storage, b"file").unwrap() == content);
}

/// After a cut at nine tenths, hardly more than the last tenth is sent again: what was on its way then.
#[test]
fn a_resume_sends_what_is_missing() {
    let server = Seaweed::start();
    let (proxy, storage) = through(&server);
    let content = pattern(100 * MIB);
    let known = Known { size: content.len() as u64, mtime: None };
    let mut writer = storage.write_sized(b"file", None, known).unwrap();
    let part = usize::try_from(writer.granule()).unwrap();
    writer.write(&content[..2 * part]).unwrap();
    writer.sync().unwrap();
    let before = proxy.passed(Direction::Up);
    proxy.change(|faults| {
        faults.up.cut = Some(Cut { after: 70 * MIB as u64 - before, ending: Ending::Reset, again: true });
    });
    // What is behind the cut is never let through: in the end the writer gives up.
    let broken = content[2 * part..].chunks(MIB).try_for_each(|piece| {
        if proxy.cuts() > 0 {
            proxy.change(|faults| faults.refuse = true);
            proxy.restart();
        }
        writer.write(piece)
    });
    assert_eq!(code(broken.and_then(|()| writer.commit(&REPLACE).map(drop))), "net.refused");
    proxy.change(|faults| {
        faults.up.cut = None;
        faults.refuse = false;
    });
    let sent = proxy.passed(Direction::Up);
    let mut writer = storage.write_sized(b"file", Some(2 * part as u64), known).unwrap();
    writer.write(&content[2 * part..]).unwrap();
    writer.commit(&REPLACE).unwrap();
    let again = proxy.passed(Direction::Up) - sent;
    assert!(again <= (30 * MIB + 5 * part) as u64, "{again} bytes were sent again");
    assert!(get(&storage, b"file").unwrap() == content);
}

/// Accepts one connection after another with this certificate, and says nothing more.
fn secure(names: &[&str], expired: bool) -> (u16, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    if expired {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private).unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut line = rustls::Stream::new(&mut tls, &mut stream);
            // An answer that comes before it was asked for is none.
            let (mut asked, mut byte) = (Vec::new(), [0]);
            while !asked.ends_with(b"\r\n\r\n") && line.read(&mut byte).is_ok_and(|count| count == 1) {
                asked.push(byte[0]);
            }
            let _ = line.write_all(b"HTTP/1.1 404 Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (port, pem)
}

#[test]
fn a_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |port: u16, bundle: Option<&str>| {
        let mut extra = json!({"bucket": "b", "endpoint_url": format!("https://127.0.0.1:{port}"), "region": "eu"});
        if let Some(pem) = bundle {
            let path = folder.path().join("ca.pem");
            std::fs::write(&path, pem).unwrap();
            extra["ca_bundle"] = json!(path);
        }
        let connection = longshore_connectors::Connection {
            login: Some("key".into()),
            password: Some("secret".to_owned().into()),
            extra: extra.as_object().cloned().unwrap(),
            ..Default::default()
        };
        S3::open("b", &connection, b"").map(|storage| storage.delete(b"file").map_err(|error| (error.code, error.why)))
    };
    let why = |port, bundle| ask(port, bundle).unwrap().unwrap_err();
    let (port, pem) = secure(&["127.0.0.1"], false);
    assert_eq!(why(port, None).0, "net.certificate");
    assert_eq!(ask(port, Some(&pem)).unwrap(), Ok(()), "its own authority is trusted");
    let (port, pem) = secure(&["127.0.0.1"], true);
    let expired = why(port, Some(&pem));
    assert!(expired.0 == "net.certificate" && expired.1.contains("expired"), "{expired:?}");
    let (port, pem) = secure(&["other.example.org"], false);
    let other = why(port, Some(&pem));
    assert!(other.0 == "net.certificate" && other.1.contains("another name"), "{other:?}");
    let nonsense = ask(port, Some("no certificate"));
    assert_eq!(code(nonsense), "connection.wrong");
}
