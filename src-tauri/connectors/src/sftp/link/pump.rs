//! The thread that owns a session: it sends requests, and gives replies to whoever asked.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use ssh2::{BlockDirections, Channel};

use super::frames::Frames;
use super::{Answer, Order, Patience};
use crate::sftp::dial::Dialed;
use crate::sftp::os::{self, Incoming, Pipe};
use crate::sftp::trouble::Lost;
use crate::sftp::wire::{Packet, ask};

/// Number of the request that only asks for a sign of life. Callers' numbers begin far below.
const SIGN: u32 = u32::MAX;

/// Longest sleep: what is missed otherwise is looked at then.
const NAP: Duration = Duration::from_secs(5);

/// What a pump works with.
pub(super) struct Pump {
    pub(super) channel: Channel,
    /// Below the channel: it goes after it.
    pub(super) dialed: Dialed,
    pub(super) orders: Receiver<Order>,
    pub(super) bell: Pipe,
    pub(super) rung: Arc<AtomicBool>,
    pub(super) waiting: Arc<AtomicUsize>,
    pub(super) lost: Arc<OnceLock<Lost>>,
    pub(super) patience: Patience,
}

/// Which call libssh2 must be given again, with the same bytes, before any other: it has sent a part of a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stuck {
    No,
    Writing,
    Reading,
}

struct State {
    pending: HashMap<u32, (u64, Sender<Answer>)>,
    queue: VecDeque<Arc<Vec<u8>>>,
    /// Bytes of the first of the queue that are sent.
    sent: usize,
    frames: Frames,
    stuck: Stuck,
    heard: Instant,
    /// A sign of life was asked for.
    signed: bool,
    /// Nobody will ask for anything more.
    closing: bool,
}

impl Pump {
    /// Runs until nobody needs the connection any more, or it is lost: then all who wait are told why.
    pub(super) fn run(mut self) {
        let mut state = State {
            pending: HashMap::new(),
            queue: VecDeque::new(),
            sent: 0,
            frames: Frames::default(),
            stuck: Stuck::No,
            heard: Instant::now(),
            signed: false,
            closing: false,
        };
        let why = loop {
            match self.turn(&mut state) {
                Ok(true) => {}
                Ok(false) => break Lost::new("ssh.lost", "the connection was closed"),
                Err(lost) => break lost,
            }
        };
        self.end(state, &why);
    }

    /// One round: `false` at the end.
    fn turn(&mut self, state: &mut State) -> Result<bool, Lost> {
        self.take_orders(state);
        let moved = self.send(state)? | self.receive(state)?;
        if moved {
            state.heard = Instant::now();
            return Ok(true);
        }
        if state.closing && state.pending.is_empty() && state.queue.is_empty() {
            return Ok(false);
        }
        self.check_stall(state)?;
        self.sleep(state).map_err(|error| Lost::new("ssh.lost", format!("waiting failed: {error}")))?;
        Ok(true)
    }

    fn take_orders(&mut self, state: &mut State) {
        if self.rung.swap(false, Ordering::AcqRel) {
            // As the bell is rung once at most until it is taken note of, a few bytes are all there can be.
            let _ = self.bell.read(&mut [0; 16]);
        }
        loop {
            match self.orders.try_recv() {
                Ok(order) => {
                    if state.pending.is_empty() {
                        state.heard = Instant::now();
                    }
                    state.pending.insert(order.id, (order.mark, order.answer));
                    state.queue.push_back(order.packet);
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    state.closing = true;
                    return;
                }
            }
        }
    }

    /// Sends what is queued, as far as the server takes it; whether it took any.
    fn send(&mut self, state: &mut State) -> Result<bool, Lost> {
        let mut moved = false;
        while state.stuck != Stuck::Reading {
            let Some(first) = state.queue.front() else { break };
            match self.channel.write(&first[state.sent..]) {
                Ok(count) => {
                    state.stuck = Stuck::No;
                    moved |= count > 0;
                    state.sent += count;
                    if state.sent == first.len() {
                        state.sent = 0;
                        state.queue.pop_front();
                    } else if count == 0 {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    state.stuck = if self.is_outbound() { Stuck::Writing } else { Stuck::No };
                    break;
                }
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(moved)
    }

    /// Takes replies, as far as they have come; whether any bytes came.
    fn receive(&mut self, state: &mut State) -> Result<bool, Lost> {
        let mut moved = false;
        while state.stuck != Stuck::Writing {
            match state.frames.next(&mut Incoming(&mut self.channel)) {
                Ok((id, reply)) => {
                    state.stuck = Stuck::No;
                    moved = true;
                    state.signed &= id != SIGN;
                    if let Some((mark, answer)) = state.pending.remove(&id) {
                        self.waiting.fetch_sub(1, Ordering::Relaxed);
                        // Who does not wait any more needs no answer.
                        let _ = answer.send((mark, Ok(reply)));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    state.stuck = if self.is_outbound() { Stuck::Reading } else { Stuck::No };
                    break;
                }
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(moved)
    }

    fn is_outbound(&self) -> bool {
        matches!(self.dialed.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both)
    }

    /// A server that owes something and is silent for too long is lost; one that owes nothing is asked for a sign of life.
    fn check_stall(&self, state: &mut State) -> Result<(), Lost> {
        let silent = state.heard.elapsed();
        let owes = !state.pending.is_empty() || !state.queue.is_empty() || state.signed;
        if owes && silent >= self.patience.stall {
            let why = format!("the server has not answered for {} s", self.patience.stall.as_secs());
            return Err(Lost::new("ssh.timeout", why));
        }
        if !owes && !self.patience.keepalive.is_zero() && silent >= self.patience.keepalive {
            state.queue.push_back(Arc::new(Packet::new(ask::REALPATH, SIGN).text(b".").done()));
            state.signed = true;
            state.heard = Instant::now();
        }
        Ok(())
    }

    fn sleep(&mut self, state: &State) -> io::Result<()> {
        let wanted = match state.stuck {
            Stuck::No => PollFlags::IN,
            Stuck::Writing | Stuck::Reading => os::wanted(&self.dialed.session),
        };
        let limit = if state.pending.is_empty() && !state.signed && !self.patience.keepalive.is_zero() {
            self.patience.keepalive
        } else {
            self.patience.stall
        };
        let left = limit.saturating_sub(state.heard.elapsed()).clamp(Duration::from_millis(1), NAP);
        let mut sockets = [PollFd::new(&self.dialed.socket, wanted), PollFd::new(&self.bell, PollFlags::IN)];
        os::wait(&mut sockets, left)
    }

    fn end(self, state: State, why: &Lost) {
        let _ = self.lost.set(why.clone());
        for (mark, answer) in state.pending.into_values() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let _ = answer.send((mark, Err(why.clone())));
        }
        // Those who queued something between the last look and now.
        while let Ok(order) = self.orders.try_recv() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let _ = order.answer.send((order.mark, Err(why.clone())));
        }
    }
}

fn broken(error: &io::Error) -> Lost {
    match error.kind() {
        ErrorKind::UnexpectedEof => Lost::new("ssh.lost", "the server ended the connection"),
        ErrorKind::InvalidData => Lost::new("ssh.protocol", error.to_string()),
        _ => Lost::new("ssh.lost", format!("the connection broke: {error}")),
    }
}
