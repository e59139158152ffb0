//! What networks do, between us and nginx.

use std::time::{Duration, Instant};

use longshore_connectors::Connection;
use longshore_testkit::proxy::{Cut, Direction, Ending, Proxy};
use longshore_testkit::servers::Nginx;
use longshore_transfer::storage::{Finish, Status};
use serde_json::json;

use crate::common::{MIB, chance, code, open, pattern, read_all, rounds};

fn through(proxy: &Proxy) -> Connection {
    longshore_testkit::servers::to(&format!("http://{}", proxy.address()), &json!({"timeout": 3}))
}

#[test]
fn a_cut_anywhere_is_made_good() {
    let nginx = Nginx::start();
    let content = pattern(24 * MIB);
    nginx.put("file", &content);
    let proxy = Proxy::to(nginx.address()).unwrap();
    let storage = open(&through(&proxy));
    for round in 0..rounds() {
        let after = chance(round, content.len() as u64);
        let ending = if round % 2 == 0 { Ending::Reset } else { Ending::Close };
        let (before, cuts) = (proxy.passed(Direction::Down), proxy.cuts());
        proxy.change(|faults| faults.down.cut = Some(Cut { after, ending, again: false }));
        assert!(read_all(&*storage, b"file").unwrap() == content, "cut at {after}");
        assert_eq!(proxy.cuts(), cuts + 1);
        let sent = proxy.passed(Direction::Down) - before;
        // What was on its way in the connection that was cut is sent again, and no more.
        assert!(sent < content.len() as u64 + 9 * MIB as u64, "{sent} bytes for a cut at {after}");
        proxy.change(|faults| faults.down.cut = None);
    }
}

#[test]
fn cuts_again_and_again_are_made_good() {
    let nginx = Nginx::start();
    let content = pattern(16 * MIB);
    nginx.put("file", &content);
    let proxy = Proxy::to(nginx.address()).unwrap();
    proxy.change(|faults| faults.down.cut = Some(Cut { after: 3_000_001, ending: Ending::Reset, again: true }));
    assert!(read_all(&*open(&through(&proxy)), b"file").unwrap() == content);
    assert!(proxy.cuts() >= 5);
}

#[test]
fn a_stall_ends_in_time() {
    let nginx = Nginx::start();
    nginx.put("file", &pattern(24 * MIB));
    let proxy = Proxy::to(nginx.address()).unwrap();
    let connection =
        longshore_testkit::servers::to(&format!("http://{}", proxy.address()), &json!({"timeout": 0.3, "retries": 1}));
    proxy.change(|faults| faults.down.cut = Some(Cut { after: 5_000_000, ending: Ending::Stall, again: false }));
    assert!(read_all(&*open(&connection), b"file").is_ok(), "another connection gets through");
    proxy.change(|faults| faults.stall = true);
    let began = Instant::now();
    let failed = read_all(&*open(&connection), b"file").unwrap_err();
    assert_eq!((failed.code, failed.status), ("io.timeout", Status::Transient), "{failed}");
    assert!(began.elapsed() < Duration::from_secs(10));
    let mut writer = open(&connection).write(b"up/stalled", None).unwrap();
    let block = pattern(MIB);
    // Sooner or later the buffers on the way are full.
    let written = (0..200).try_for_each(|_| writer.write(&block)).and_then(|()| writer.commit(&Finish::default()));
    assert_eq!(code(written), "io.timeout");
}

#[test]
fn latency_and_little_bandwidth_only_take_time() {
    let nginx = Nginx::start();
    let content = pattern(2 * MIB);
    nginx.put("file", &content);
    let proxy = Proxy::to(nginx.address()).unwrap();
    let storage = open(&through(&proxy));
    proxy.change(|faults| faults.round_trip(Duration::from_millis(50)));
    assert!(read_all(&*storage, b"file").unwrap() == content);
    proxy.change(|faults| faults.rate(Some(1_000_000)));
    let began = Instant::now();
    assert!(read_all(&*storage, b"file").unwrap() == content);
    assert!(began.elapsed() > Duration::from_millis(1500), "the proxy lets a megabyte a second through");
}

#[test]
fn a_server_that_restarts_is_waited_for() {
    let mut nginx = Nginx::start();
    let content = pattern(24 * MIB);
    nginx.put("file", &content);
    let proxy = Proxy::to(nginx.address()).unwrap();
    // Slow enough that it is under way when the server goes.
    proxy.change(|faults| faults.down.rate = Some(20_000_000));
    let storage = open(&through(&proxy));
    let reading = std::thread::spawn(move || read_all(&*storage, b"file"));
    let patience = Instant::now();
    while proxy.passed(Direction::Down) < 2_000_000 {
        assert!(patience.elapsed() < Duration::from_secs(20), "nothing comes");
        std::thread::yield_now();
    }
    nginx.restart();
    assert!(reading.join().unwrap().unwrap() == content);
}

#[test]
fn an_upload_that_is_cut_off_leaves_nothing() {
    let nginx = Nginx::start();
    let proxy = Proxy::to(nginx.address()).unwrap();
    let storage = open(&through(&proxy));
    let content = pattern(8 * MIB);
    for round in 0..rounds() {
        let after = chance(round, 8_000_000);
        proxy.change(|faults| faults.up.cut = Some(Cut { after, ending: Ending::Reset, again: false }));
        let mut writer = storage.write(b"up/file", None).unwrap();
        let written =
            writer.write(&content).and_then(|()| writer.commit(&Finish { replace: true, ..Finish::default() }));
        let failed = written.unwrap_err();
        assert_eq!(failed.status, Status::Transient, "{failed} ({}) after {after}", failed.code);
        assert_eq!(code(storage.stat(b"up/file")), "file.missing");
    }
}
