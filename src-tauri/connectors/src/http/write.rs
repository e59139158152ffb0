//! Sending a file: one request, whose last bytes are kept back until the write is committed.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use longshore_transfer::level::Turn;
use longshore_transfer::storage::{Error, Result, Status};
use reqwest::{Body, Response};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::site::{Ask, Site, wait};
use super::trouble::Trouble;
use crate::bridge;
use crate::place::Place;

/// Bytes that are kept back, and sent at once: a file of no more is sent in one request that can be repeated.
const BLOCK: usize = 1 << 20;

/// Blocks that wait for the network.
const WAITING: usize = 8;

/// A request whose body is still being written. While it lasts, the server has not got all of it: nothing has its final name.
pub(crate) struct Upload {
    site: Arc<Site>,
    place: Place,
    ask: Ask,
    /// Bytes that the body will have, if it is known.
    length: Option<u64>,
    block: Vec<u8>,
    written: u64,
    sending: Option<Sending>,
}

/// A request under way.
struct Sending {
    blocks: mpsc::Sender<Bytes>,
    turn: Turn,
    answer: JoinHandle<std::result::Result<Response, Trouble>>,
    /// Whether all blocks were handed over: the body may end.
    whole: Arc<AtomicBool>,
}

impl Upload {
    pub(crate) fn new(site: Arc<Site>, place: Place, ask: Ask, length: Option<u64>) -> Self {
        Self { site, place, ask, length, block: Vec::new(), written: 0, sending: None }
    }

    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether nothing was sent yet: headers may still be added.
    pub(crate) fn unsent(&mut self) -> Option<&mut Ask> {
        self.sending.is_none().then_some(&mut self.ask)
    }

    /// Appends bytes. At least one stays here until [`Upload::finish`].
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.written += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.block.len() == BLOCK {
                self.send_block()?;
            }
            let count = bytes.len().min(BLOCK - self.block.len());
            self.block.extend_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    fn send_block(&mut self) -> Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.start()?;
        self.pass(block.into())
    }

    fn start(&mut self) -> Result<()> {
        if self.sending.is_some() {
            return Ok(());
        }
        let stopped = |error: std::io::Error| self.fail(Trouble::new("io.error", Status::Unusable, error.to_string()));
        let handle = bridge::handle().map_err(stopped)?;
        let turn = bridge::wait(self.site.level.upload()).map_err(stopped)?;
        let (blocks, waiting) = mpsc::channel(WAITING);
        let (taken, sent) = oneshot::channel();
        let whole = Arc::new(AtomicBool::new(false));
        let body = Blocks { waiting, left: self.length, taken: Some(taken), whole: Arc::clone(&whole) };
        let body = Body::wrap(body);
        let (site, ask) = (Arc::clone(&self.site), self.ask.clone());
        let answer = handle.spawn(async move { site.upload(ask, body, sent).await });
        self.sending = Some(Sending { blocks, turn, answer, whole });
        Ok(())
    }

    /// Hands a block over; a server that takes nothing for too long has failed.
    fn pass(&mut self, block: Bytes) -> Result<()> {
        let Some(sending) = &mut self.sending else { return Ok(()) };
        sending.turn.moved(block.len() as u64);
        let silence = self.site.patience.silence;
        let passed = bridge::wait(sending.blocks.send_timeout(block, silence));
        match passed {
            Ok(Ok(())) => Ok(()),
            Ok(Err(mpsc::error::SendTimeoutError::Timeout(_))) => Err(self.fail(Trouble::silence(silence))),
            // The request has ended: its answer says why.
            Ok(Err(mpsc::error::SendTimeoutError::Closed(_))) => Err(self.ended()),
            Err(error) => Err(self.fail(Trouble::new("io.error", Status::Unusable, error.to_string()))),
        }
    }

    /// Sends what was kept back, and waits for what the server says. A small body is sent, and sent again, as one.
    pub(crate) fn finish(mut self) -> Result<Response> {
        let block = std::mem::take(&mut self.block);
        if self.sending.is_none() {
            let ask = self.ask.clone().body(block);
            return wait(&self.place, "Writing", self.site.ask(&ask));
        }
        self.pass(block.into())?;
        let Some(Sending { blocks, turn, answer, whole }) = self.sending.take() else { return Err(self.ended()) };
        whole.store(true, Ordering::Release);
        drop(blocks);
        self.answered(turn, answer)
    }

    /// What the server says at the end.
    fn answered(&self, mut turn: Turn, answer: JoinHandle<std::result::Result<Response, Trouble>>) -> Result<Response> {
        let outcome = wait(&self.place, "Writing", async { answer.await.map_err(|_| unanswered())? });
        if outcome.as_ref().is_err_and(|error| error.status == Status::Transient) {
            turn.too_much();
        }
        outcome
    }

    /// Why a request ended that was still being written.
    fn ended(&mut self) -> Error {
        let Some(Sending { turn, answer, .. }) = self.sending.take() else { return self.fail(unanswered()) };
        let outcome = self.answered(turn, answer);
        let early = || Trouble::transient("http.incomplete", "the server answered before it had all bytes");
        outcome.err().unwrap_or_else(|| self.fail(early()))
    }

    fn fail(&self, trouble: Trouble) -> Error {
        trouble.at(&self.place, "Writing")
    }
}

impl Drop for Upload {
    /// Breaks the request off: the server sees a body that ends too early.
    fn drop(&mut self) {
        if let Some(sending) = &self.sending {
            // What is left of the body fails where it is read before the request is gone: see `Blocks`.
            sending.answer.abort();
        }
    }
}

fn unanswered() -> Trouble {
    Trouble::transient("http.incomplete", "the request ended without an answer")
}

/// The blocks of a body as they come. Blocks that stop before all were handed over are an error: a body without a
/// length that merely ended would be a whole file to the server, cut short.
struct Blocks {
    waiting: mpsc::Receiver<Bytes>,
    /// Bytes that will still come, if it is known.
    left: Option<u64>,
    /// Told when the last block was taken.
    taken: Option<oneshot::Sender<()>>,
    whole: Arc<AtomicBool>,
}

impl http_body::Body for Blocks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        let Poll::Ready(block) = self.waiting.poll_recv(context) else { return Poll::Pending };
        if block.is_none() && !self.whole.load(Ordering::Acquire) {
            return Poll::Ready(Some(Err(std::io::Error::other("the writing was broken off"))));
        }
        if let (Some(left), Some(block)) = (&mut self.left, &block) {
            *left = left.saturating_sub(block.len() as u64);
        }
        if (block.is_none() || self.left == Some(0))
            && let Some(taken) = self.taken.take()
        {
            // Nobody waits for it where the request has failed.
            let _ = taken.send(());
        }
        Poll::Ready(block.map(|block| Ok(Frame::data(block))))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::poll_fn;

    use http_body::Body as _;

    use super::*;

    /// What a body gives whose blocks stop after one.
    fn after_one(all_handed_over: bool) -> Option<std::result::Result<usize, String>> {
        let (blocks, waiting) = mpsc::channel(2);
        let whole = Arc::new(AtomicBool::new(all_handed_over));
        let mut body = Blocks { waiting, left: None, taken: None, whole };
        blocks.try_send(Bytes::from_static(b"block")).unwrap();
        drop(blocks);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut next = || {
            let frame = runtime.block_on(poll_fn(|context| Pin::new(&mut body).poll_frame(context)));
            frame.map(|frame| frame.map(|frame| frame.into_data().unwrap().len()).map_err(|error| error.to_string()))
        };
        assert_eq!(next(), Some(Ok(5)));
        next()
    }

    #[test]
    fn a_body_ends_only_when_all_was_handed_over() {
        assert_eq!(after_one(true), None);
        assert_eq!(after_one(false), Some(Err("the writing was broken off".to_owned())));
    }
}
