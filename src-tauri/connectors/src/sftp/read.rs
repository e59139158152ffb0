//! Reading a file: many requests are under way at a time, on several connections for a large one.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use longshore_transfer::storage::{Meta, Reader, Result};

use super::await_answers::{AwaitAnswers, mark};
use super::lanes::{Lanes, MANY, WINDOW};
use super::link::Answer;
use super::trouble::{Lost, Trouble};
use super::wire::{Attrs, Reply, ask};
use crate::place::Place;

/// Mark of the question what the file is like before it is read.
const BEFORE: u64 = u64::MAX - 1;

/// Mark of the same question behind the last read.
const AFTER: u64 = u64::MAX;

/// A part of the file that was asked for.
struct Part {
    length: u64,
    lane: usize,
    times: u64,
    /// What came, and how much of it was handed on.
    came: Option<(Reply, usize)>,
}

/// A file being read.
pub(super) struct SftpReader {
    place: Place,
    flight: Mutex<Flight>,
}

struct Flight {
    lanes: Lanes,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
    /// By their first byte.
    parts: BTreeMap<u64, Part>,
    /// The next byte to ask for.
    ask_at: u64,
    /// The next byte to hand on.
    at: u64,
    /// Bytes that the file is thought to have; what lies behind is asked for a part at a time.
    size: u64,
    end: Option<u64>,
    before: Option<Attrs>,
    after: Option<Attrs>,
    /// The question behind the last read is under way.
    after_asked: bool,
    touched: bool,
}

impl SftpReader {
    /// A file that is open, from `offset` on; `size` is what it is thought to have.
    pub(super) fn new(place: Place, lanes: Lanes, offset: u64, size: u64) -> Result<Self> {
        let (sender, answers) = channel();
        let mut flight = Flight {
            lanes,
            sender,
            answers,
            parts: BTreeMap::new(),
            ask_at: offset,
            at: offset,
            size,
            end: None,
            before: None,
            after: None,
            after_asked: false,
            touched: false,
        };
        flight.ask_meta(BEFORE);
        if size.saturating_sub(offset) >= MANY {
            flight.lanes.widen().map_err(|trouble| trouble.tell(&place, "Opening"))?;
        }
        flight.ask();
        Ok(Self { place, flight: Mutex::new(flight) })
    }

    fn flight(&mut self) -> &mut Flight {
        self.flight.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for SftpReader {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let flight = self.flight.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut turn = flight.lanes.pool().level.wait();
        match flight.read(buf) {
            Ok(read) => {
                turn.moved(read as u64);
                Ok(read)
            }
            Err(trouble) => {
                trouble.seen(&mut turn);
                Err(trouble.tell(&self.place, "Reading"))
            }
        }
    }

    fn meta(&self) -> Result<Meta> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        let attrs = flight.meta().map_err(|trouble| trouble.tell(&self.place, "Looking at"))?;
        Ok(attrs.meta(Vec::new()))
    }

    fn reads_medium(&self) -> bool {
        false
    }
}

impl Drop for SftpReader {
    fn drop(&mut self) {
        let flight = self.flight();
        flight.lanes.narrow();
        let first = flight.lanes.first();
        first.link.close(&first.handle);
    }
}

impl AwaitAnswers for Flight {
    fn lanes(&mut self) -> &mut Lanes {
        &mut self.lanes
    }

    fn answers(&self) -> &Receiver<Answer> {
        &self.answers
    }

    fn answered(&mut self, at: u64, answer: std::result::Result<Reply, Lost>) -> std::result::Result<(), Trouble> {
        if at == BEFORE || at == AFTER {
            // One that is lost is asked for again when it is needed.
            let attrs = answer.ok().map(|reply| reply.attrs()).transpose()?;
            if at == BEFORE {
                self.before = self.before.or(attrs);
            } else {
                (self.after, self.after_asked) = (attrs, false);
            }
            return Ok(());
        }
        let offset = at >> 8;
        let Some(part) = self.parts.get_mut(&offset).filter(|part| mark(offset, part.times) == at) else {
            return Ok(());
        };
        let lane = part.lane;
        let reply = match answer {
            Ok(reply) => reply,
            Err(lost) => return self.renew(lane, lost.into()),
        };
        let length = part.length;
        self.lanes.get(lane).busy = self.lanes.get(lane).busy.saturating_sub(length);
        self.lanes.progress();
        match reply.data().map(|data| data.len() as u64) {
            Ok(0) | Err(Trouble::End) => {
                self.ended(offset);
                Ok(())
            }
            Ok(came) => {
                if let Some(part) = self.parts.get_mut(&offset) {
                    part.came = Some((reply, 0));
                }
                if came < length && self.end.is_none_or(|end| offset + came < end) {
                    self.ask_part(offset + came, length - came, lane);
                }
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Opens a lane again and asks once more for what was on its way there. The file must not have become another.
    fn renew(&mut self, at: usize, lost: Trouble) -> std::result::Result<(), Trouble> {
        let now = self.lanes.renew(at, lost)?;
        let before = *self.before.get_or_insert(now);
        if (before.size, before.mtime) != (now.size, now.mtime) {
            let why = "the connection was lost, and when it was back the file was another";
            return Err(Trouble::Changed(why));
        }
        (self.after, self.after_asked) = (None, false);
        let again: Vec<(u64, u64)> = self
            .parts
            .iter()
            .filter(|(_, part)| part.lane == at && part.came.is_none())
            .map(|(offset, part)| (*offset, part.length))
            .collect();
        for (offset, length) in again {
            self.ask_part(offset, length, at);
        }
        Ok(())
    }
}

impl Flight {
    fn read(&mut self, buf: &mut [u8]) -> std::result::Result<usize, Trouble> {
        self.touched = true;
        let mut filled = 0;
        while filled < buf.len() {
            let count = self.take(&mut buf[filled..]);
            filled += count;
            if count == 0 {
                if self.end.is_some_and(|end| self.at >= end) {
                    break;
                }
                self.ask();
                self.wait()?;
            }
        }
        self.ask();
        Ok(filled)
    }

    /// Hands on what has come of the next part.
    fn take(&mut self, buf: &mut [u8]) -> usize {
        let Some(mut first) = self.parts.first_entry() else { return 0 };
        if *first.key() > self.at {
            return 0;
        }
        let Some((reply, handed)) = &mut first.get_mut().came else { return 0 };
        // It was looked into when it came.
        let data = reply.data().unwrap_or_default();
        let count = buf.len().min(data.len() - *handed);
        buf[..count].copy_from_slice(&data[*handed..*handed + count]);
        *handed += count;
        self.at += count as u64;
        if *handed == data.len() {
            first.remove();
        }
        count
    }

    /// Asks for as much as may be on its way: the file as far as it is known, and then once for what may lie behind.
    fn ask(&mut self) {
        while self.end.is_none() && (self.ask_at <= self.size || self.parts.is_empty()) {
            let ahead = self.ask_at - self.at;
            let Some(lane) = self.lanes.free().filter(|_| ahead < WINDOW * self.lanes.count() as u64) else { return };
            let most = u64::from(self.lanes.first().link.offers.read);
            let left = self.size.saturating_sub(self.ask_at);
            let length = if left == 0 { most } else { left.min(most) };
            let last = left == 0;
            self.ask_part(self.ask_at, length, lane);
            self.ask_at += length;
            if last {
                // One connection does what it is asked in order, so this is what the file is like once all of it was read.
                if self.lanes.count() == 1 {
                    self.ask_meta(AFTER);
                    self.after_asked = true;
                }
                return;
            }
        }
    }

    fn ask_part(&mut self, offset: u64, length: u64, at: usize) {
        let lane = self.lanes.get(at);
        lane.busy += length;
        let part = Part { length, lane: at, times: lane.times, came: None };
        let bytes = u32::try_from(length).unwrap_or(u32::MAX);
        lane.link.send(ask::READ, mark(offset, lane.times), &self.sender, |packet| {
            packet.text(&lane.handle).u64(offset).u32(bytes)
        });
        self.parts.insert(offset, part);
    }

    fn ask_meta(&mut self, mark: u64) {
        let lane = self.lanes.first();
        lane.link.send(ask::FSTAT, mark, &self.sender, |packet| packet.text(&lane.handle));
    }

    /// The file ends at or before this place.
    fn ended(&mut self, offset: u64) {
        self.end = Some(self.end.map_or(offset, |end| end.min(offset)));
        self.parts.split_off(&offset);
    }

    fn meta(&mut self) -> std::result::Result<Attrs, Trouble> {
        while !self.touched && self.before.is_none() && !self.lanes.first().link.is_lost() {
            self.wait()?;
        }
        if !self.touched
            && let Some(before) = self.before
        {
            return Ok(before);
        }
        let whole = self.end.is_some_and(|end| self.at >= end) && self.lanes.count() == 1;
        while whole && self.after_asked && !self.lanes.first().link.is_lost() {
            self.wait()?;
        }
        if whole && let Some(after) = self.after.take() {
            return Ok(after);
        }
        let lane = self.lanes.first();
        if lane.link.is_lost() {
            self.renew(0, Lost::new("ssh.lost", "the connection was lost").into())?;
        }
        let lane = self.lanes.first();
        lane.link.call(ask::FSTAT, |packet| packet.text(&lane.handle))?.attrs()
    }
}
