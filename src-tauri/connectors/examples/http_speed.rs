//! Reads a large file from nginx by this connector and by curl, in turns, from the same server, and tells the medians.
//!
//! `cargo run --release -p longshore-connectors --example http_speed [MIB] [ROUNDS]`. Once over the loopback alone, and once through the
//! proxy with a round trip of 20 ms, whose connections hold 3 MiB under way: what Linux's usual bound of 6 MiB for a receiving socket's
//! memory (`tcp_rmem`) lets a sender have unconfirmed.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longshore_connectors::connector;
use longshore_testkit::proxy::Proxy;
use longshore_testkit::servers::{Nginx, to};
use longshore_transfer::storage::ReadOptions;
use serde_json::json;

/// Bytes under way in a connection of the proxy.
const WINDOW: usize = 3 << 20;

fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<u64>().expect("a number"));
    let (size, rounds) = (words.next().unwrap_or(2048) << 20, words.next().unwrap_or(5));
    let nginx = Nginx::start();
    let file = std::fs::File::create(nginx.files().join("file")).unwrap();
    let block = vec![7; 1 << 20];
    (0..size >> 20).for_each(|_| std::io::Write::write_all(&mut &file, &block).unwrap());
    compare("loopback", nginx.address(), size, rounds);
    let proxy = Proxy::with_buffer(nginx.address(), WINDOW).unwrap();
    proxy.change(|faults| faults.round_trip(Duration::from_millis(20)));
    compare("20 ms round trip", proxy.address(), size, rounds);
}

/// Both in turns, so that what else the machine does meets both.
fn compare(place: &str, address: SocketAddr, size: u64, rounds: u64) {
    let (mut ours, mut curls) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(ours_reads(address, size));
        curls.push(curl_reads(address));
    }
    let rate = |mut times: Vec<Duration>| {
        times.sort();
        (size >> 20) as f64 / times[times.len() / 2].as_secs_f64()
    };
    let (ours, curls) = (rate(ours), rate(curls));
    println!("{place}: longshore {ours:.0} MiB/s, curl {curls:.0} MiB/s, ratio {:.2}", ours / curls);
}

fn ours_reads(address: SocketAddr, size: u64) -> Duration {
    let connection = to(&format!("http://{address}"), &json!({}));
    let storage = connector("http").unwrap().open("nginx", &connection, b"").unwrap();
    let began = Instant::now();
    let mut reader = storage.read(b"file", ReadOptions::default()).unwrap();
    let (mut buffer, mut read) = (vec![0; 1 << 20], 0);
    loop {
        let count = reader.read(&mut buffer).unwrap();
        read += count as u64;
        if count < buffer.len() {
            break;
        }
    }
    // At the end of the last whole buffer there is one more, empty, reading.
    assert_eq!(read, size);
    began.elapsed()
}

fn curl_reads(address: SocketAddr) -> Duration {
    let began = Instant::now();
    let mut curl = Command::new("curl");
    curl.args(["-s", "-o", "/dev/null"]).arg(format!("http://{address}/file"));
    assert!(curl.stdout(Stdio::null()).status().unwrap().success());
    began.elapsed()
}
