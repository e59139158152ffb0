//! Several files of a bag that one thread reads in turns and hashes side by side.

use std::array::from_fn;
use std::io::{self, Read};

use super::Algorithm;
use super::lanes::{GROUP, LANES, Sums};

/// Bytes of each file that are held: together they stay in the cache of a core or near it.
const HELD: usize = 256 << 10;

/// Where the files come from, and what is done with what was found.
pub(super) trait Source<'f> {
    /// The next file: what it is known by, and its bytes. `None` where there is none left.
    fn next(&mut self) -> Option<(usize, Box<dyn Read + Send + 'f>)>;
    /// How many files at most are to be read in turns now.
    fn wide(&self) -> usize;
    /// So many bytes were read; `false` to stop.
    fn read(&mut self, bytes: u64) -> bool;
    /// What came of a file.
    fn done(&mut self, file: usize, found: io::Result<Vec<(Algorithm, Vec<u8>)>>);
}

/// A file that is being read.
struct Lane<'f> {
    file: usize,
    reader: Box<dyn Read + Send + 'f>,
    bytes: u64,
    /// What is held and was not hashed yet.
    from: usize,
    to: usize,
    ended: bool,
}

/// Reads and hashes until no file is left.
pub(super) fn run<'f>(mut sums: Sums, source: &mut dyn Source<'f>) {
    let mut lanes: [Option<Lane<'f>>; LANES] = from_fn(|_| None);
    let mut held = vec![0; HELD * LANES];
    loop {
        for (at, place) in lanes.iter_mut().enumerate() {
            let held = &mut held[at * HELD..(at + 1) * HELD];
            if at < source.wide() || place.is_some() {
                keep_full(place, held, source, (&mut sums, at));
            }
        }
        let ready = lanes.iter().flatten().map(Lane::ready).min();
        // Every file that is left in a lane has bytes to be hashed.
        let Some(ready) = ready else { return };
        let part = |lane: &Lane<'_>, at: usize| at * HELD + lane.from..at * HELD + lane.from + ready;
        sums.update(&from_fn(|at| lanes[at].as_ref().map(|lane| &held[part(lane, at)])));
        for lane in lanes.iter_mut().flatten() {
            lane.from += ready;
            if !source.read(ready as u64) {
                return;
            }
        }
    }
}

/// Sees that a lane holds bytes to be hashed: it reads on, ends its file, begins the next. It is empty where there is none.
fn keep_full<'f>(
    place: &mut Option<Lane<'f>>,
    held: &mut [u8],
    source: &mut dyn Source<'f>,
    (sums, at): (&mut Sums, usize),
) {
    loop {
        let Some(lane) = place else {
            let Some((file, reader)) = source.next() else { return };
            sums.begin(at);
            *place = Some(Lane { file, reader, bytes: 0, from: 0, to: 0, ended: false });
            continue;
        };
        if lane.ready() > 0 {
            return;
        }
        if let Err(error) = lane.fill(held) {
            source.done(lane.file, Err(error));
            *place = None;
        } else if lane.ready() == 0 {
            // It has ended, and what is left of it is less than a group.
            let rest = &held[lane.from..lane.to];
            let found = sums.finish(at, rest, lane.bytes);
            if source.read(rest.len() as u64) {
                source.done(lane.file, Ok(found));
            }
            *place = None;
        }
    }
}

impl Lane<'_> {
    /// Bytes that can be hashed, whole groups.
    fn ready(&self) -> usize {
        (self.to - self.from) / GROUP * GROUP
    }

    /// Reads until all that can be held is, or the file ends.
    fn fill(&mut self, held: &mut [u8]) -> io::Result<()> {
        held.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        while !self.ended && self.to < held.len() {
            match self.reader.read(&mut held[self.to..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted && error.get_ref().is_none() => {}
                read => {
                    let count = read?;
                    self.ended = count == 0;
                    self.to += count;
                    self.bytes += count as u64;
                }
            }
        }
        Ok(())
    }
}
