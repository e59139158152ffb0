//! The pipeline of [`super::check`]: one reader, and two hashers that take each buffer.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread;

use super::ranges::{Judge, Judged};
use super::{Checked, Checkpoint, ExpectedPages, Found, Observer};
use crate::hash::{Hashes, Saved};
use crate::line::{Chunk, Due, Fan, Line, Mark, Ordered, conduct};
use crate::storage::{ReadOptions, Reader, Storage};
use crate::{Fail, Pace, Result};

/// Threads that take each buffer: the judge of files, and the hasher of the whole.
const TAKERS: usize = 2;

/// Files that are reported in one call.
const BATCH: usize = 1000;

/// What the threads leave at a mark.
struct State {
    /// Bytes of the block up to the mark, and whether it ends there.
    read: u64,
    last: bool,
    medium: bool,
    found: Option<Found>,
    file: Option<Saved>,
    whole: Option<Saved>,
}

type Block = Chunk<u64, State>;

enum Event {
    Judged { seq: u64, judged: Judged, bytes: u64, files: u64 },
    Marked(Arc<Mark<State>>),
}

pub(super) fn check(
    storage: &dyn Storage,
    path: &[u8],
    (size, sha256): (u64, [u8; 32]),
    expected: &mut dyn ExpectedPages,
    resume: Option<&Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Checked> {
    let offset = resume.map_or(0, |state| state.read);
    let reader = storage.read(path, ReadOptions { offset, medium: true, part: false, until: None })?;
    let end = stream(reader, offset, expected, resume, observer)?;
    let whole = Hashes::load(&end.whole).ok_or(Fail::Broken)?.finish().sha256;
    Ok(Checked {
        size: end.read,
        whole_ok: end.read == size && whole == sha256,
        sha256: whole,
        right: end.found.right,
        wrong: end.found.wrong,
        first_wrong: end.found.first_wrong,
        from_medium: end.found.medium,
    })
}

/// Reads to the end of the file; gives the state there.
fn stream(
    reader: Box<dyn Reader>,
    offset: u64,
    expected: &mut dyn ExpectedPages,
    resume: Option<&Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Checkpoint> {
    let pace = observer.pace();
    let line = Line::new(&pace);
    let start = Found { after: 0, right: 0, wrong: 0, first_wrong: Vec::new(), medium: true };
    let found = resume.map_or(start, |state| state.found.clone());
    let was_medium = found.medium;
    let judge = Judge::new(expected, found, resume.and_then(|state| state.file.as_ref()))?;
    let (report, events) = channel();
    let mut taken = Taken { observer, judged: VecDeque::new(), end: None };
    thread::scope(|scope| {
        let ((to_files, files), (to_whole, whole)) = (channel(), channel());
        let fan = Fan(vec![to_files, to_whole]);
        let (line, report_whole) = (&line, report.clone());
        scope.spawn(move || line.guard(|| read(line, reader, (offset, was_medium), pace, &fan)));
        scope.spawn(move || line.guard(|| judge_files(files, judge, &report)));
        scope.spawn(move || line.guard(|| hash_whole(whole, resume, &report_whole)));
        conduct(line, &events, |event| taken.handle(event));
    });
    line.outcome()?;
    taken.end.ok_or(Fail::Broken)
}

fn read(
    line: &Line,
    mut reader: Box<dyn Reader>,
    (offset, was_medium): (u64, bool),
    pace: Pace,
    fan: &Fan<u64, State>,
) -> Result<()> {
    let (mut at, mut due) = (offset, Due::new(pace, 1));
    for seq in 0.. {
        let Some(mut buffer) = line.pool.take() else { break };
        let wanted = buffer.bytes().len();
        let count = reader.read(buffer.bytes_mut()).map_err(|error| {
            let to = at + wanted as u64;
            Fail::Unreadable { from: at, to, error }
        })?;
        buffer.truncate(count);
        let last = count < wanted;
        let (read, medium) = (at + count as u64, was_medium && reader.reads_medium());
        let state = || State { read, last, medium, found: None, file: None, whole: None };
        let mark = (due.after(count as u64, 0, read) || last).then(|| Mark::new(seq, TAKERS, state()));
        fan.send(Chunk { seq, buffer, note: at, mark });
        at = read;
        if last {
            break;
        }
    }
    Ok(())
}

fn judge_files(chunks: Receiver<Arc<Block>>, mut judge: Judge<'_>, report: &Sender<Event>) -> Result<()> {
    for chunk in Ordered::new(chunks) {
        let mut judged = Judged::default();
        let bytes = chunk.buffer.bytes();
        let end = chunk.note + bytes.len() as u64;
        judge.take(chunk.note, bytes, &mut judged)?;
        if chunk.mark.as_ref().is_some_and(|mark| mark.state.lock().unwrap_or_else(PoisonError::into_inner).last) {
            judge.end(end, &mut judged)?;
        }
        let files = judge.found.right + judge.found.wrong;
        let _ = report.send(Event::Judged { seq: chunk.seq, judged, bytes: end, files });
        arrive(&chunk, report, |state| {
            state.file = judge.save();
            state.found = Some(judge.found.clone());
        });
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

fn arrive(chunk: &Block, report: &Sender<Event>, leave: impl FnOnce(&mut State)) {
    if let Some(mark) = &chunk.mark
        && mark.arrive(leave)
    {
        let _ = report.send(Event::Marked(Arc::clone(mark)));
    }
}

/// What the conductor holds: files that are judged and not yet reported.
struct Taken<'a> {
    observer: &'a mut dyn Observer,
    judged: VecDeque<(u64, Judged)>,
    end: Option<Checkpoint>,
}

impl Taken<'_> {
    fn handle(&mut self, event: Option<Event>) -> Result<()> {
        match event {
            Some(Event::Judged { seq, judged, bytes, files }) => {
                self.judged.push_back((seq, judged));
                self.observer.progress(bytes, files, b"");
            }
            Some(Event::Marked(mark)) => self.mark(&mark)?,
            None => {}
        }
        if self.observer.cancelled() { Err(Fail::Cancelled) } else { Ok(()) }
    }

    fn mark(&mut self, mark: &Mark<State>) -> Result<()> {
        let mut batch = Judged::default();
        while let Some((_, judged)) = self.judged.pop_front_if(|(seq, _)| *seq <= mark.seq) {
            batch.right.extend(judged.right);
            batch.wrong.extend(judged.wrong);
        }
        for ids in batch.right.chunks(BATCH) {
            self.observer.proved(ids)?;
        }
        for wrong in batch.wrong.chunks(BATCH) {
            self.observer.wrong(wrong)?;
        }
        let mut state = mark.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = state.found.take().ok_or(Fail::Broken)?;
        found.medium = state.medium;
        let whole = state.whole.take().ok_or(Fail::Broken)?;
        let checkpoint = Checkpoint { read: state.read, found, file: state.file.take(), whole };
        self.observer.checkpoint(&checkpoint)?;
        self.end = state.last.then_some(checkpoint);
        Ok(())
    }
}
