//! Which bytes of which member stand where in the block: known before any content is read.

use std::ops::Range;
use std::sync::Arc;

use super::{Checkpoint, Content, Member, Members, Point};
use crate::line::Due;
use crate::{Fail, Result};

/// Bytes to a multiple of which members are filled up.
const BLOCK: u64 = 512;

/// Bytes to a multiple of which a buffer is filled, so that the next is written past the page cache where that can be.
const PAGE: usize = 4096;

/// A member, as the threads of the pipeline know it.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) id: i64,
    pub(super) content: Option<Content>,
    /// Offset in the block of its header, and of its content.
    pub(super) header: u64,
    pub(super) data: u64,
}

/// A part of a member's content, or the end of a member without any.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) member: Arc<Placed>,
    /// Where in the buffer.
    pub(super) range: Range<usize>,
    /// Where in the content.
    pub(super) from: u64,
    /// Whether the member's content ends with it.
    pub(super) last: bool,
}

/// One buffer's worth of the block.
pub(super) struct Job {
    pub(super) seq: u64,
    pub(super) length: usize,
    pub(super) parts: Vec<Part>,
    /// Where the block is after it.
    pub(super) end: Point,
    /// Whether to save a checkpoint after it.
    pub(super) mark: bool,
    /// Whether the block ends with it.
    pub(super) last: bool,
}

/// Lays members out, buffer by buffer.
pub(super) struct Layout<'a> {
    members: &'a mut dyn Members,
    trailer: &'a [u8],
    page: Vec<Member>,
    point: Point,
    /// The member in work, once its first byte is laid.
    current: Option<Arc<Placed>>,
    /// Bytes of the trailer that are laid, once the members are.
    ended: Option<usize>,
    seq: u64,
    done: bool,
    due: Due,
    /// Parts after which a buffer is full.
    in_turn: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(members: &'a mut dyn Members, trailer: &'a [u8], resume: Option<&Checkpoint>, due: Due) -> Self {
        let point = resume.map_or_else(Point::default, |state| state.point.clone());
        let (page, current) = (Vec::new(), None);
        Self { members, trailer, page, point, current, ended: None, seq: 0, done: false, due, in_turn: usize::MAX }
    }

    /// No more than so many parts to a buffer, but for what goes on up to a whole page of the target.
    pub(super) fn in_turn(self, parts: usize) -> Self {
        Self { in_turn: parts, ..self }
    }

    /// Lays the next buffer: headers and padding are written into it, contents are left to be read. `None` after the end.
    pub(super) fn next(&mut self, buffer: &mut [u8]) -> Result<Option<Job>> {
        if self.done {
            return Ok(None);
        }
        let mut parts = Vec::new();
        let (mut at, mut end) = (0, buffer.len());
        while at < end && !self.done {
            if self.ended.is_some() || !self.load()? {
                at += self.lay_trailer(&mut buffer[at..end]);
            } else {
                at += self.lay_member(&mut buffer[at..end], at, &mut parts);
            }
            if parts.len() >= self.in_turn {
                end = end.min(at.next_multiple_of(PAGE));
            }
        }
        self.seq += 1;
        let mark = self.due.after(at as u64, parts.len(), self.point.written) || self.done;
        let end = self.point.clone();
        Ok(Some(Job { seq: self.seq - 1, length: at, parts, end, mark, last: self.done }))
    }

    /// Has the next member at hand; `false` after the last.
    fn load(&mut self) -> Result<bool> {
        while self.point.skip >= self.page.len() {
            if let Some(last) = self.page.last() {
                self.point.after = last.id;
                self.point.skip = 0;
            }
            let ahead = self.point.skip;
            self.page = self.members.page(self.point.after)?;
            if self.page.is_empty() {
                self.ended = Some(0);
                return Ok(false);
            }
            if ahead > self.page.len() {
                return Err(Fail::Broken);
            }
        }
        Ok(true)
    }

    /// Lays what fits of the member at hand: of its header, its content or its padding, whichever is next.
    fn lay_member(&mut self, room: &mut [u8], at: usize, parts: &mut Vec<Part>) -> usize {
        let member = self.place();
        let header = member.data - member.header;
        let size = member.content.as_ref().map_or(0, |content| content.size);
        let whole = header + padded(size);
        let within = self.point.within;
        let laid = if within < header {
            copy_from(room, &self.page[self.point.skip].header, within)
        } else if within < header + size {
            let from = within - header;
            let count = fitting(size - from, room.len());
            let last = from + count as u64 == size;
            parts.push(Part { member: Arc::clone(&member), range: at..at + count, from, last });
            count
        } else {
            let count = fitting(whole - within, room.len());
            room[..count].fill(0);
            count
        };
        self.advance(laid);
        if self.point.within == whole {
            self.finish_member(member, at + laid, parts);
        }
        laid
    }

    fn advance(&mut self, bytes: usize) {
        self.point.within += bytes as u64;
        self.point.written += bytes as u64;
    }

    fn place(&mut self) -> Arc<Placed> {
        if let Some(member) = &self.current {
            return Arc::clone(member);
        }
        let member = &self.page[self.point.skip];
        let header = self.point.written - self.point.within;
        let placed = Arc::new(Placed {
            id: member.id,
            content: member.content.clone(),
            header,
            data: header + member.header.len() as u64,
        });
        self.current = Some(Arc::clone(&placed));
        placed
    }

    fn finish_member(&mut self, member: Arc<Placed>, at: usize, parts: &mut Vec<Part>) {
        self.point.skip += 1;
        self.point.within = 0;
        self.point.files += u64::from(member.content.is_some());
        self.current = None;
        if member.content.as_ref().is_none_or(|content| content.size == 0) {
            parts.push(Part { member, range: at..at, from: 0, last: true });
        }
    }

    fn lay_trailer(&mut self, room: &mut [u8]) -> usize {
        let from = self.ended.unwrap_or(0);
        let laid = copy_from(room, self.trailer, from as u64);
        self.point.written += laid as u64;
        self.ended = Some(from + laid);
        self.done = from + laid == self.trailer.len();
        laid
    }
}

pub(super) fn padded(size: u64) -> u64 {
    size.div_ceil(BLOCK) * BLOCK
}

fn fitting(bytes: u64, room: usize) -> usize {
    usize::try_from(bytes).map_or(room, |bytes| bytes.min(room))
}

fn copy_from(room: &mut [u8], bytes: &[u8], from: u64) -> usize {
    let rest = usize::try_from(from).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
    let count = rest.len().min(room.len());
    room[..count].copy_from_slice(&rest[..count]);
    count
}
