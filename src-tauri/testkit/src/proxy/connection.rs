//! One connection through the proxy.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::faults::{Counts, Direction, Ending, Faults};
use super::line::{Exit, line};

/// Least bytes that are let out at once where the rate is bounded.
const SMALLEST: u64 = 512;

/// Pieces in a second, where the rate is bounded.
const PIECES: u64 = 50;

pub(super) struct Connection {
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
    pub(super) buffer: usize,
    pub(super) faults: watch::Receiver<Faults>,
    pub(super) counts: Arc<Counts>,
}

/// Why a connection ends before both sides have said all.
enum End {
    Told(Ending),
    /// One of the sides is gone.
    Gone,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Connection {
    /// Carries bytes both ways until both sides have said all, or it ends as told.
    pub(super) async fn carry(mut self) {
        for socket in [&self.client, &self.server] {
            // A socket that cannot do without delay is still a socket.
            drop(socket.set_nodelay(true));
        }
        let ended = {
            let ((client_reads, client_writes), (server_reads, server_writes)) =
                (self.client.split(), self.server.split());
            let (up_entry, up_exit) = line(self.buffer);
            let (down_entry, down_exit) = line(self.buffer);
            let lane = |direction| Outlet {
                direction,
                faults: self.faults.clone(),
                counts: Arc::clone(&self.counts),
                free_at: Instant::now(),
                passed: 0,
            };
            let fill_up = async { up_entry.fill(client_reads).await.map_err(End::from) };
            let fill_down = async { down_entry.fill(server_reads).await.map_err(End::from) };
            let all = async {
                tokio::try_join!(
                    fill_up,
                    fill_down,
                    lane(Direction::Up).drain(up_exit, server_writes),
                    lane(Direction::Down).drain(down_exit, client_writes),
                )
            };
            let mut faults = self.faults.clone();
            let restarts = faults.borrow().restarts;
            tokio::select! {
                ended = all => ended.err(),
                _ = faults.wait_for(|faults| faults.restarts != restarts) => Some(End::Told(Ending::Reset)),
            }
        };
        self.end(ended).await;
    }

    async fn end(mut self, ended: Option<End>) {
        match ended {
            None => {}
            Some(End::Told(Ending::Close)) => {
                drop(self.client.shutdown().await);
                drop(self.server.shutdown().await);
            }
            Some(End::Told(Ending::Reset) | End::Gone) => {
                reset(self.client);
                reset(self.server);
            }
            Some(End::Told(Ending::Stall)) => {
                let restarts = self.faults.borrow().restarts;
                drop(self.faults.wait_for(|faults| faults.restarts != restarts).await);
                reset(self.client);
                reset(self.server);
            }
        }
    }
}

/// Ends a connection by an RST.
pub(super) fn reset(socket: TcpStream) {
    // Where it cannot be set the connection is already gone.
    drop(socket.set_zero_linger());
    drop(socket);
}

/// The bytes, with another one at this place if it is among them.
fn damaged(bytes: &[u8], at: Option<u64>) -> Cow<'_, [u8]> {
    match at.and_then(|at| usize::try_from(at).ok()).filter(|at| *at < bytes.len()) {
        None => Cow::Borrowed(bytes),
        Some(at) => {
            let mut other = bytes.to_vec();
            other[at] ^= 1;
            Cow::Owned(other)
        }
    }
}

/// The end of a line, where bytes come out when they are due.
struct Outlet {
    direction: Direction,
    faults: watch::Receiver<Faults>,
    counts: Arc<Counts>,
    /// When the wire is free for the next byte, where the rate is bounded.
    free_at: Instant,
    /// Bytes of this connection that have come out.
    passed: u64,
}

impl Outlet {
    async fn drain(mut self, mut line: Exit, mut to: impl AsyncWrite + Unpin) -> Result<(), End> {
        while let Some(chunk) = line.next().await {
            let mut left = chunk.bytes.as_slice();
            if left.is_empty() {
                self.wait(chunk.came, 0).await;
                to.shutdown().await?;
                return Ok(());
            }
            while !left.is_empty() {
                let piece = self.piece(left);
                self.wait(chunk.came, piece.len()).await;
                self.pass(piece, &mut to).await?;
                line.free(piece.len());
                left = &left[piece.len()..];
            }
        }
        Ok(())
    }

    /// As much as goes out at once.
    fn piece<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let most = match self.faults.borrow().lane(self.direction).rate {
            Some(rate) => usize::try_from((rate / PIECES).max(SMALLEST)).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        &bytes[..bytes.len().min(most)]
    }

    /// Waits until bytes that came at this time are due, by what is set now and by what is set meanwhile.
    async fn wait(&mut self, came: Instant, length: usize) {
        let began = self.free_at.max(came);
        loop {
            let faults = *self.faults.borrow_and_update();
            let lane = faults.lane(self.direction);
            let takes =
                lane.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(length as f64 / rate.max(1) as f64));
            let due = began + takes + lane.latency;
            if !faults.stall && due <= Instant::now() {
                self.free_at = began + takes;
                return;
            }
            // Without an end while it stalls: only a change goes on.
            let changed = if faults.stall {
                Ok(self.faults.changed().await)
            } else {
                timeout_at(due, self.faults.changed()).await
            };
            if matches!(changed, Ok(Err(_))) {
                // The proxy is gone, and with it the runtime that this runs on.
                pending::<Infallible>().await;
            }
        }
    }

    /// Lets bytes out, up to the cut if it lies among them.
    async fn pass(&mut self, bytes: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> Result<(), End> {
        let length = bytes.len() as u64;
        let damage = self.faults.borrow().lane(self.direction).damage;
        let bytes = damaged(bytes, damage.and_then(|at| at.checked_sub(self.passed)));
        self.passed += length;
        let counted = self.counts.of(self.direction);
        let before = counted.since_cut.fetch_add(length, Ordering::SeqCst);
        let cut = self.faults.borrow().lane(self.direction).cut;
        let cut = cut.filter(|cut| (before..before + length).contains(&cut.after));
        let kept = cut.map_or(bytes.len(), |cut| usize::try_from(cut.after - before).unwrap_or(0));
        to.write_all(&bytes[..kept]).await?;
        counted.passed.fetch_add(kept as u64, Ordering::SeqCst);
        let Some(cut) = cut else { return Ok(()) };
        if cut.again {
            counted.since_cut.store(0, Ordering::SeqCst);
        }
        self.counts.cuts.fetch_add(1, Ordering::SeqCst);
        Err(End::Told(cut.ending))
    }
}
