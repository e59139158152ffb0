//! The pipeline of [`super::pack`]: readers fill buffers with what the layout says; two hashers and a writer take each of them.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::files::{FileHasher, Filler, Relay};
use super::layout::{Job, Layout, Part};
use super::{Checkpoint, Members, Observer, Options, Packed, Point, Written};
use crate::crew::{MOST, THREADS};
use crate::hash::{Hashes, Saved};
use crate::line::{Chunk, Due, Fan, Line, Mark, Ordered, conduct};
use crate::storage::{self, Finish, Known, Storage, Writer};
use crate::{Fail, Pace, Result};

/// Threads that read where files are found and opened in no time.
const READERS: usize = 2;

/// Members whose contents one thread reads into a buffer where each is mostly waiting for an answer: so even a few hundred small files are
/// read by many.
const IN_TURN: usize = 16;

/// Threads that take each buffer: the hasher of files, the hasher of the whole, the writer.
const TAKERS: usize = 3;

/// Members that are reported in one call.
const BATCH: usize = 1000;

/// What the threads leave at a mark.
struct State {
    end: Point,
    last: bool,
    file: Option<Saved>,
    whole: Option<Saved>,
}

/// What is known of a buffer.
struct Note {
    parts: Vec<Part>,
    end: Point,
}

type Block = Chunk<Note, State>;

enum Event {
    /// Members whole with this buffer, and the path worked on.
    Packed {
        seq: u64,
        rows: Vec<Packed>,
        bytes: u64,
        files: u64,
        now: Vec<u8>,
    },
    Marked(Arc<Mark<State>>),
}

/// Packs from the start, or from a state whose temporary file is there.
#[allow(clippy::too_many_arguments)] // as its caller
pub(super) fn pack(
    source: &dyn Storage,
    target: &dyn Storage,
    path: &[u8],
    members: &mut dyn Members,
    trailer: &[u8],
    options: Options,
    resume: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Written> {
    let from = resume.as_ref().map(Checkpoint::written);
    let known = options.size.map(|size| Known { size, mtime: None });
    let (writer, resumed) = storage::go_on(target, path, from, known)?;
    let (writer, state) = match resume.filter(|_| resumed) {
        Some(state) if state.complete => (writer, state),
        resume => stream(source, writer, members, trailer, resume.as_ref(), observer)?,
    };
    writer.commit(&Finish { replace: options.replace, durable: true, ..Finish::default() })?;
    written(&state)
}

/// What a complete state says.
pub(super) fn written(state: &Checkpoint) -> Result<Written> {
    let whole = Hashes::load(&state.whole).ok_or(Fail::Broken)?.finish();
    Ok(Written { size: state.written(), sha256: whole.sha256 })
}

/// Whether a file of so many bytes has the final name.
pub(super) fn stands(target: &dyn Storage, path: &[u8], size: u64) -> Result<bool> {
    match target.stat(path) {
        Ok(meta) => Ok(meta.size == size),
        Err(error) if error.code == "file.missing" => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Writes everything; gives the writer back for the final name, with the complete state.
fn stream(
    source: &dyn Storage,
    writer: Box<dyn Writer>,
    members: &mut dyn Members,
    trailer: &[u8],
    resume: Option<&Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<(Box<dyn Writer>, Checkpoint)> {
    let width = source.width();
    let wide = width > THREADS;
    let (readers, in_turn) = if wide { (width.min(MOST), IN_TURN) } else { (READERS, usize::MAX) };
    let pace = observer.pace();
    let pace = if wide { Pace { buffers: pace.buffers + readers, ..pace } } else { pace };
    let (line, relay) = (Line::new(&pace), Relay::default());
    let layout = Mutex::new(Layout::new(members, trailer, resume, Due::new(pace, writer.granule())).in_turn(in_turn));
    let (report, events) = channel();
    let anywhere = writer.granule() == 1;
    let mut taken = Taken { observer, rows: VecDeque::new(), anywhere, last: resume.cloned(), complete: None };
    let writer = thread::scope(|scope| {
        let (fan, inputs) = fan_out();
        let [files, whole, blocks] = inputs;
        for _ in 0..readers {
            let (line, layout, fan, filler) = (&line, &layout, fan.clone(), Filler::new(source, &relay));
            scope.spawn(move || line.guard(|| read(line, layout, &filler, &fan)));
        }
        drop(fan);
        let (line, reports) = (&line, [report.clone(), report.clone(), report]);
        let [to_files, to_whole, to_writer] = reports;
        scope.spawn(move || line.guard(|| hash_files(files, resume, &to_files)));
        scope.spawn(move || line.guard(|| hash_whole(whole, resume, &to_whole)));
        let writing = scope.spawn(move || line.guard(|| write(blocks, writer, &to_writer)));
        conduct(line, &events, |event| taken.handle(event));
        writing.join().ok().flatten()
    });
    line.outcome()?;
    match (writer, taken.complete) {
        (Some(writer), Some(state)) => Ok((writer, state)),
        _ => Err(Fail::Broken),
    }
}

fn fan_out() -> (Fan<Note, State>, [Receiver<Arc<Block>>; TAKERS]) {
    let ((a, first), (b, second), (c, third)) = (channel(), channel(), channel());
    (Fan(vec![a, b, c]), [first, second, third])
}

/// Lays out and fills one buffer after another.
fn read(line: &Line, layout: &Mutex<Layout<'_>>, filler: &Filler<'_>, fan: &Fan<Note, State>) -> Result<()> {
    // The buffer comes first: a job that has none would hold up all those after it, which may have the last ones.
    while let Some(mut buffer) = line.pool.take() {
        let job = layout.lock().unwrap_or_else(PoisonError::into_inner).next(buffer.bytes_mut())?;
        let Some(Job { seq, length, parts, end, mark, last }) = job else { break };
        buffer.truncate(length);
        filler.fill(seq, buffer.bytes_mut(), &parts, line)?;
        let state = || State { end: end.clone(), last, file: None, whole: None };
        let mark = mark.then(|| Mark::new(seq, TAKERS, state()));
        fan.send(Chunk { seq, buffer, note: Note { parts, end }, mark });
    }
    Ok(())
}

fn hash_files(chunks: Receiver<Arc<Block>>, resume: Option<&Checkpoint>, report: &Sender<Event>) -> Result<()> {
    let mut hasher = FileHasher::new(resume.and_then(|state| state.file.as_ref()));
    for chunk in Ordered::new(chunks) {
        let note = &chunk.note;
        let rows = hasher.take(chunk.buffer.bytes(), &note.parts)?;
        let now = note.parts.last().and_then(|part| Some(part.member.content.as_ref()?.path.clone()));
        let (bytes, files) = (note.end.written, note.end.files);
        let _ = report.send(Event::Packed { seq: chunk.seq, rows, bytes, files, now: now.unwrap_or_default() });
        arrive(&chunk, report, |state| state.file = hasher.save());
    }
    Ok(())
}

fn hash_whole(chunks: Receiver<Arc<Block>>, resume: Option<&Checkpoint>, report: &Sender<Event>) -> Result<()> {
    let mut whole = match resume {
        Some(state) => Hashes::load(&state.whole).ok_or(Fail::Broken)?,
        None => Hashes::new(false),
    };
    for chunk in Ordered::new(chunks) {
        whole.update(chunk.buffer.bytes());
        arrive(&chunk, report, |state| state.whole = Some(whole.save()));
    }
    Ok(())
}

fn write(chunks: Receiver<Arc<Block>>, mut writer: Box<dyn Writer>, report: &Sender<Event>) -> Result<Box<dyn Writer>> {
    let mut unsynced = VecDeque::new();
    for chunk in Ordered::new(chunks) {
        writer.write(chunk.buffer.bytes())?;
        let at = writer.written();
        if let Some(mark) = &chunk.mark {
            unsynced.push_back((at, Arc::clone(mark)));
            if mark.state.lock().unwrap_or_else(PoisonError::into_inner).last {
                end(writer.as_mut(), &mut unsynced, report)?;
                continue;
            }
            writer.sync_soon()?;
        }
        let synced = if unsynced.is_empty() { at } else { writer.synced()? };
        reach(synced, &mut unsynced, report);
    }
    Ok(writer)
}

/// Marks up to which is not synced yet, with their places in the block.
type Unsynced = VecDeque<(u64, Arc<Mark<State>>)>;

/// So many bytes are synced.
fn reach(synced: u64, unsynced: &mut Unsynced, report: &Sender<Event>) {
    while let Some((_, mark)) = unsynced.pop_front_if(|(at, _)| *at <= synced) {
        meet(&mark, report, |_| ());
    }
}

/// The last mark may be anywhere: where nothing can be synced, what comes after it is the commit, and the marks before it that are not
/// synced by then are passed over.
fn end(writer: &mut dyn Writer, unsynced: &mut Unsynced, report: &Sender<Event>) -> Result<()> {
    if writer.written().is_multiple_of(writer.granule()) {
        writer.sync()?;
        reach(writer.written(), unsynced, report);
        return Ok(());
    }
    reach(writer.synced()?, unsynced, report);
    if let Some((_, last)) = unsynced.pop_back() {
        meet(&last, report, |_| ());
    }
    Ok(())
}

fn arrive(chunk: &Block, report: &Sender<Event>, leave: impl FnOnce(&mut State)) {
    if let Some(mark) = &chunk.mark {
        meet(mark, report, leave);
    }
}

fn meet(mark: &Arc<Mark<State>>, report: &Sender<Event>, leave: impl FnOnce(&mut State)) {
    if mark.arrive(leave) {
        let _ = report.send(Event::Marked(Arc::clone(mark)));
    }
}

/// What the conductor holds: members that are hashed, and not yet reported as their bytes may not be synced.
struct Taken<'a> {
    observer: &'a mut dyn Observer,
    rows: VecDeque<(u64, Vec<Packed>)>,
    /// Whether a write can be taken up behind any byte.
    anywhere: bool,
    /// The last state from which it can be.
    last: Option<Checkpoint>,
    complete: Option<Checkpoint>,
}

impl Taken<'_> {
    fn handle(&mut self, event: Option<Event>) -> Result<()> {
        match event {
            Some(Event::Packed { seq, rows, bytes, files, now }) => {
                self.rows.push_back((seq, rows));
                self.observer.progress(bytes, files, &now);
            }
            Some(Event::Marked(mark)) => self.mark(&mark)?,
            None => {}
        }
        if self.observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
    }

    fn mark(&mut self, mark: &Mark<State>) -> Result<()> {
        let mut batch = Vec::new();
        while let Some((_, rows)) = self.rows.pop_front_if(|(seq, _)| *seq <= mark.seq) {
            batch.extend(rows);
        }
        for rows in batch.chunks(BATCH) {
            self.observer.packed(rows)?;
        }
        let state = mark.state.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = Checkpoint {
            point: state.end.clone(),
            file: state.file.clone(),
            whole: state.whole.clone().ok_or(Fail::Broken)?,
            complete: state.last,
            before: if state.last && !self.anywhere { self.last.take().map(Box::new) } else { None },
        };
        self.observer.checkpoint(&checkpoint)?;
        if state.last {
            self.complete = Some(checkpoint);
        } else {
            self.last = Some(checkpoint);
        }
        Ok(())
    }
}
