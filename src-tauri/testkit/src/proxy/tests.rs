#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::{Cut, Direction, Ending, Proxy};

const MIB: usize = 1 << 20;

/// A server that sends back what it is sent, on as many connections as come.
fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

fn connected(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn round_trip(stream: &mut TcpStream) -> Duration {
    let began = Instant::now();
    stream.write_all(b"ping").unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    began.elapsed()
}

/// Sends this many bytes there and back, and gives what came back and how long it took.
fn there_and_back(mut stream: TcpStream, length: usize) -> (std::io::Result<Vec<u8>>, Duration) {
    let began = Instant::now();
    let mut writer = stream.try_clone().unwrap();
    let sends = std::thread::spawn(move || {
        let content: Vec<u8> = (0..251).cycle().take(length).collect();
        // A cut ends the writing too.
        drop(writer.write_all(&content));
        drop(writer.shutdown(std::net::Shutdown::Write));
    });
    let mut back = Vec::new();
    let read = stream.read_to_end(&mut back);
    let took = began.elapsed();
    sends.join().unwrap();
    assert!(back.iter().copied().eq((0..251).cycle().take(back.len())), "bytes come as they were sent");
    (read.map(|_| back), took)
}

#[test]
fn a_round_trip_takes_as_long_as_is_set() {
    let proxy = Proxy::to(echo()).unwrap();
    let mut stream = connected(&proxy);
    let shortest = |stream: &mut TcpStream| (0..5).map(|_| round_trip(stream)).min().unwrap();
    let without = shortest(&mut stream);
    proxy.change(|faults| faults.round_trip(Duration::from_millis(20)));
    let with = shortest(&mut stream);
    let added = with.saturating_sub(without);
    assert!((18..30).contains(&added.as_millis()), "{without:?} without, {with:?} with");
    proxy.change(|faults| faults.round_trip(Duration::ZERO));
    assert!(shortest(&mut stream) < Duration::from_millis(10), "changed back while it runs");
}

#[test]
fn latency_does_not_slow_a_stream() {
    let proxy = Proxy::to(echo()).unwrap();
    let (content, without) = there_and_back(connected(&proxy), 64 * MIB);
    assert_eq!(content.unwrap().len(), 64 * MIB);
    proxy.change(|faults| faults.round_trip(Duration::from_millis(20)));
    let (content, with) = there_and_back(connected(&proxy), 64 * MIB);
    assert_eq!(content.unwrap().len(), 64 * MIB);
    // Delayed once a read, 64 MiB in 64 KiB pieces would take ten seconds and more.
    assert!(with < without * 3 + Duration::from_millis(500), "{without:?} without, {with:?} with");
}

#[test]
fn a_rate_is_kept() {
    let proxy = Proxy::to(echo()).unwrap();
    proxy.change(|faults| faults.down.rate = Some(MIB as u64));
    let (content, took) = there_and_back(connected(&proxy), MIB);
    assert_eq!(content.unwrap().len(), MIB);
    assert!((900..2_500).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn a_cut_comes_at_its_byte() {
    for ending in [Ending::Reset, Ending::Close] {
        let proxy = Proxy::to(echo()).unwrap();
        proxy.change(|faults| faults.down.cut = Some(Cut { after: 70_001, ending, again: false }));
        let (read, _) = there_and_back(connected(&proxy), MIB);
        match read {
            Ok(content) => assert_eq!((ending, content.len()), (Ending::Close, 70_001)),
            // What the client still sends to a connection that is closed may be answered by a reset too.
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        assert_eq!((proxy.cuts(), proxy.passed(Direction::Down)), (1, 70_001));
        let (read, _) = there_and_back(connected(&proxy), MIB);
        assert_eq!(read.unwrap().len(), MIB, "once only");
    }
}

#[test]
fn cuts_go_on_coming() {
    let proxy = Proxy::to(echo()).unwrap();
    proxy.change(|faults| faults.up.cut = Some(Cut { after: 1000, ending: Ending::Reset, again: true }));
    for cuts in 1..4 {
        assert!(there_and_back(connected(&proxy), MIB).0.is_err());
        assert_eq!(proxy.cuts(), cuts);
    }
    assert_eq!(proxy.connections(), 3);
}

#[test]
fn a_stall_keeps_the_connection_until_it_ends() {
    let proxy = Proxy::to(echo()).unwrap();
    let mut stream = connected(&proxy);
    round_trip(&mut stream);
    proxy.change(|faults| faults.stall = true);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream.write_all(b"ping").unwrap();
    let stalled = stream.read_exact(&mut [0; 4]).unwrap_err().kind();
    assert!(matches!(stalled, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{stalled:?}");
    proxy.change(|faults| faults.stall = false);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
}

#[test]
fn refused_and_taken_again() {
    let proxy = Proxy::to(echo()).unwrap();
    proxy.change(|faults| faults.refuse = true);
    let refused = || TcpStream::connect(proxy.address()).is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused);
    let patience = Instant::now();
    while !refused() {
        assert!(patience.elapsed() < Duration::from_secs(10), "still taken");
    }
    proxy.change(|faults| faults.refuse = false);
    let mut stream = loop {
        match TcpStream::connect(proxy.address()) {
            Ok(stream) => break stream,
            Err(error) => assert!(patience.elapsed() < Duration::from_secs(20), "still refused: {error}"),
        }
    };
    round_trip(&mut stream);
}

#[test]
fn one_byte_of_each_connection_is_another() {
    let proxy = Proxy::to(echo()).unwrap();
    proxy.change(|faults| faults.up.damage = Some(6));
    for _ in 0..2 {
        let (mut stream, mut back) = (connected(&proxy), [0; 10]);
        stream.write_all(&[4; 10]).unwrap();
        stream.read_exact(&mut back).unwrap();
        assert_eq!(back, [4, 4, 4, 4, 4, 4, 5, 4, 4, 4]);
    }
}

#[test]
fn a_restart_ends_what_there_is() {
    let proxy = Proxy::to(echo()).unwrap();
    let mut stream = connected(&proxy);
    round_trip(&mut stream);
    proxy.restart();
    assert_eq!(stream.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    round_trip(&mut connected(&proxy));
}

#[test]
fn dropped_it_is_gone() {
    let proxy = Proxy::to(echo()).unwrap();
    let mut stream = connected(&proxy);
    round_trip(&mut stream);
    drop(proxy);
    let gone = stream.read(&mut [0; 4]);
    assert!(matches!(gone, Ok(0) | Err(_)), "{gone:?}");
}
