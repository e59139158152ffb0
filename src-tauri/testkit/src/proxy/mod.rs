//! A TCP proxy between a program and the server that it talks to, which does to their connections what networks do: latency, little
//! bandwidth, cuts, stalls and resets.
//!
//! ```no_run
//! use longshore_testkit::proxy::{Cut, Ending, Proxy};
//! # let server = "127.0.0.1:80".parse().unwrap();
//! let proxy = Proxy::to(server).unwrap();
//! proxy.change(|faults| {
//!     faults.round_trip(std::time::Duration::from_millis(20));
//!     faults.down.cut = Some(Cut { after: 1 << 20, ending: Ending::Reset, again: false });
//! });
//! ```

mod connection;
mod faults;
mod line;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub use faults::{Cut, Direction, Ending, Faults, Lane};

use connection::Connection;
use faults::Counts;

/// Bytes of a direction of a connection that may be under way at once, where not told otherwise: 640 MB/s over 100 ms.
const BUFFER: usize = 64 << 20;

/// Wait before a port that is taken for the moment is asked for again.
const AGAIN: Duration = Duration::from_millis(5);

/// A proxy on a free port of the loopback. It ends, with all of its connections, when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    faults: watch::Sender<Faults>,
    counts: Arc<Counts>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// One that leads to `target`, without faults.
    pub fn to(target: SocketAddr) -> io::Result<Self> {
        Self::with_buffer(target, BUFFER)
    }

    /// One that keeps at most this many bytes of a direction of a connection under way: what latency times bandwidth may be at most.
    pub fn with_buffer(target: SocketAddr, buffer: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("proxy").enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let faults = watch::Sender::new(Faults::none(target));
        let counts = Arc::new(Counts::default());
        runtime.spawn(accept(listener, address, buffer, faults.subscribe(), Arc::clone(&counts)));
        Ok(Self { address, faults, counts, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does, from now on and for the connections that there are.
    pub fn change(&self, how: impl FnOnce(&mut Faults)) {
        self.faults.send_modify(|faults| {
            let cuts = (faults.up.cut, faults.down.cut);
            how(faults);
            for (before, now, direction) in
                [(cuts.0, faults.up.cut, Direction::Up), (cuts.1, faults.down.cut, Direction::Down)]
            {
                if before != now {
                    self.counts.of(direction).since_cut.store(0, Ordering::SeqCst);
                }
            }
        });
    }

    /// Ends all connections that there are, as a server does that restarts; new ones are taken.
    pub fn restart(&self) {
        self.change(|faults| faults.restarts += 1);
    }

    /// Bytes that have come out at the other end in this direction, over all connections.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.counts.of(direction).passed.load(Ordering::SeqCst)
    }

    /// Connections that were made through it so far.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// Cuts ([`Lane::cut`]) that were made so far.
    pub fn cuts(&self) -> u64 {
        self.counts.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Takes connections for ever. While they are refused, nobody listens.
async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    buffer: usize,
    mut faults: watch::Receiver<Faults>,
    counts: Arc<Counts>,
) {
    let mut listener = Some(listener);
    loop {
        if faults.borrow_and_update().refuse {
            listener = None;
            if faults.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(open) = &listener else {
            listener = TcpListener::bind(address).await.ok();
            if listener.is_none() {
                drop(timeout_at(Instant::now() + AGAIN, faults.changed()).await);
            }
            continue;
        };
        tokio::select! {
            came = open.accept() => {
                let Ok((client, _)) = came else { continue };
                tokio::spawn(serve(client, buffer, faults.clone(), Arc::clone(&counts)));
            }
            changed = faults.changed() => if changed.is_err() { return },
        }
    }
}

async fn serve(client: TcpStream, buffer: usize, faults: watch::Receiver<Faults>, counts: Arc<Counts>) {
    let target = faults.borrow().target;
    counts.connections.fetch_add(1, Ordering::SeqCst);
    match TcpStream::connect(target).await {
        Ok(server) => Connection { client, server, buffer, faults, counts }.carry().await,
        // No server behind it: what the client would have got from the server's port comes to it late, but it comes.
        Err(_) => connection::reset(client),
    }
}
