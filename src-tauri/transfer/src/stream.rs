//! One file's bytes from a reader to a writer, hashed in the pass: a thread reads, one writes, one hashes for each checksum.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use sha2::Digest;
use sha2::digest::common::hazmat::SerializableState;

use crate::behind::Reach;
use crate::hash::{Digests, Hashes, Saved, text_of};
use crate::line::{Chunk, Due, Fan, Line, Mark, Ordered, conduct};
use crate::storage::{Reader, Writer};
use crate::{Fail, Pace, Result};

/// What to move.
pub(crate) struct Stream {
    /// Stands at the first byte to move.
    pub(crate) reader: Box<dyn Reader>,
    /// Takes the bytes; without one they are only hashed.
    pub(crate) writer: Option<Box<dyn Writer>>,
    /// Bytes of the file that were moved before.
    pub(crate) before: u64,
    /// Hashes of them.
    pub(crate) hashes: Hashes,
    /// Bytes of the file in all: moving ends there, or earlier if the reader does.
    pub(crate) size: u64,
    /// Is told how much of it is synced.
    pub(crate) reach: Option<Arc<Reach>>,
}

/// What was moved.
pub(crate) struct Streamed {
    pub(crate) reader: Box<dyn Reader>,
    pub(crate) writer: Option<Box<dyn Writer>>,
    /// Bytes of the file, those moved before included.
    pub(crate) bytes: u64,
    pub(crate) digests: Digests,
}

/// What is told while it moves.
pub(crate) enum Note {
    /// Nothing new: a chance to stop.
    Tick,
    /// So many bytes of the file are hashed.
    At(u64),
    /// So many bytes are written and synced, these are their hashes, and this the writer's seal on them.
    Saved(u64, Saved, Option<String>),
}

/// Threads that take each buffer: a hasher for SHA-256, one for MD5, and the writer.
const TAKERS: usize = 3;

/// What the threads leave at a mark.
#[derive(Default)]
struct State {
    bytes: u64,
    sha256: Option<String>,
    md5: Option<String>,
    seal: Option<String>,
}

type Block = Chunk<u64, State>;

enum Event {
    At(u64),
    Marked(Arc<Mark<State>>),
}

/// Moves it. `tell` is called in the calling thread; its failure ends the moving.
pub(crate) fn run(stream: Stream, pace: Pace, tell: &mut dyn FnMut(Note) -> Result<()>) -> Result<Streamed> {
    let line = Line::new(&pace);
    let Stream { reader, writer, before, hashes, size, reach } = stream;
    let due = Due::for_file(pace, writer.as_ref().map_or(1, |writer| writer.granule()), size);
    let (sha256, md5) = hashes.split();
    let (report, events) = channel();
    let ends = thread::scope(|scope| {
        let line = &line;
        let ((a, for_sha256), (b, for_md5), (c, for_writer)) = (channel(), channel(), channel());
        let (told_sha256, told_md5, told_writer) = (report.clone(), report.clone(), report);
        let reading = scope.spawn(move || line.guard(|| read(line, reader, before..size, due, &Fan(vec![a, b, c]))));
        let hashing = scope
            .spawn(move || line.guard(|| Ok(hash(for_sha256, Some(sha256), &told_sha256, |state| &mut state.sha256))));
        let md5 = scope.spawn(move || line.guard(|| Ok(hash(for_md5, md5, &told_md5, |state| &mut state.md5))));
        let writing = scope.spawn(move || line.guard(|| write(for_writer, writer, size, reach, &told_writer)));
        conduct(line, &events, |event| handle(event, tell));
        (end(reading), end(hashing), end(md5), end(writing))
    });
    line.outcome()?;
    let (Some((reader, bytes)), Some(Some(sha256)), Some(md5), Some(writer)) = ends else { return Err(Fail::Broken) };
    Ok(Streamed { reader, writer, bytes, digests: Hashes::join(sha256, md5).finish() })
}

/// What a thread gave, unless it failed, which the line then says.
fn end<T>(thread: ScopedJoinHandle<'_, Option<T>>) -> Option<T> {
    thread.join().ok().flatten()
}

fn read(
    line: &Line,
    mut reader: Box<dyn Reader>,
    range: Range<u64>,
    mut due: Due,
    fan: &Fan<u64, State>,
) -> Result<(Box<dyn Reader>, u64)> {
    let (mut at, size) = (range.start, range.end);
    for seq in 0.. {
        let Some(mut buffer) = line.pool.take().filter(|_| at < size) else { break };
        let wanted = usize::try_from(size - at).map_or(buffer.bytes().len(), |left| left.min(buffer.bytes().len()));
        buffer.truncate(wanted);
        let read = reader.read(buffer.bytes_mut());
        let count = read.as_ref().map_or(0, |count| *count);
        buffer.truncate(count);
        at += count as u64;
        // What came before a failure need not come again.
        let marked = if read.is_ok() { due.after(count as u64, 0, at) } else { due.may_at(at) };
        let mark = marked.then(|| Mark::new(seq, TAKERS, State { bytes: at, ..State::default() }));
        fan.send(Chunk { seq, buffer, note: at, mark });
        read?;
        if count < wanted {
            break;
        }
    }
    Ok((reader, at))
}

/// Runs one checksum, if there is one to run, and leaves its state at each mark.
fn hash<H: Digest + SerializableState>(
    chunks: Receiver<Arc<Block>>,
    mut hash: Option<H>,
    report: &Sender<Event>,
    place: impl Fn(&mut State) -> &mut Option<String>,
) -> Option<H> {
    for chunk in Ordered::new(chunks) {
        if let Some(hash) = &mut hash {
            hash.update(chunk.buffer.bytes());
        }
        arrive(&chunk, report, |state| *place(state) = hash.as_ref().map(text_of));
    }
    hash
}

fn write(
    chunks: Receiver<Arc<Block>>,
    mut writer: Option<Box<dyn Writer>>,
    size: u64,
    reach: Option<Arc<Reach>>,
    report: &Sender<Event>,
) -> Result<Option<Box<dyn Writer>>> {
    let mut unsynced = Unsynced { marks: VecDeque::new(), reach };
    for chunk in Ordered::new(chunks) {
        if let Some(writer) = &mut writer {
            writer.write(chunk.buffer.bytes())?;
            if let Some(mark) = &chunk.mark {
                writer.sync_soon()?;
                unsynced.marks.push_back((chunk.note, Arc::clone(mark)));
            }
            unsynced.report(writer.synced()?, writer.as_ref(), report);
        } else {
            arrive(&chunk, report, |_| ());
        }
        let _ = report.send(Event::At(chunk.note));
    }
    if let Some(writer) = writer.as_mut().filter(|writer| !unsynced.marks.is_empty() && writer.written() < size) {
        // It ends here before its end: what is written is not to be sent again.
        writer.sync()?;
        unsynced.report(writer.written(), writer.as_ref(), report);
    }
    Ok(writer)
}

/// Marks up to which the writer has not synced yet, with their places in the file.
struct Unsynced {
    marks: VecDeque<(u64, Arc<Mark<State>>)>,
    reach: Option<Arc<Reach>>,
}

impl Unsynced {
    /// So many bytes are synced.
    fn report(&mut self, synced: u64, writer: &dyn Writer, report: &Sender<Event>) {
        while let Some((at, mark)) = self.marks.pop_front_if(|(at, _)| *at <= synced) {
            if let Some(reach) = &self.reach {
                reach.synced(at);
            }
            meet(&mark, report, |state| state.seal = writer.seal(at));
        }
    }
}

fn meet(mark: &Arc<Mark<State>>, report: &Sender<Event>, leave: impl FnOnce(&mut State)) {
    if mark.arrive(leave) {
        let _ = report.send(Event::Marked(Arc::clone(mark)));
    }
}

fn arrive(chunk: &Block, report: &Sender<Event>, leave: impl FnOnce(&mut State)) {
    if let Some(mark) = &chunk.mark {
        meet(mark, report, leave);
    }
}

fn handle(event: Option<Event>, tell: &mut dyn FnMut(Note) -> Result<()>) -> Result<()> {
    match event {
        None => tell(Note::Tick),
        Some(Event::At(bytes)) => tell(Note::At(bytes)),
        Some(Event::Marked(mark)) => {
            let mut state = mark.state.lock().unwrap_or_else(PoisonError::into_inner);
            let sha256 = state.sha256.take().ok_or(Fail::Broken)?;
            tell(Note::Saved(state.bytes, Saved::of(sha256, state.md5.take()), state.seal.take()))
        }
    }
}
