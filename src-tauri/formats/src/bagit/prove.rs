//! The bytes of a bag, compared with its manifests, several files at a time.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::abreast;
use super::algorithm::{Algorithm, Digester};
use super::bag::Bag;
use super::folder::Folder;
use super::lanes::{LANES, Sums};
use super::table::{Mark, Table};

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// How long to wait for news before telling how far it is.
const PATIENCE: Duration = Duration::from_millis(100);

/// Results that may wait to be looked at.
const WAITING: usize = 1024;

/// Looks on while a bag is proved, and may end it.
pub trait Watch {
    /// So much was read so far.
    fn progress(&mut self, bytes: u64, files: u64);
    /// Whether to stop. What was not read by then is not proved.
    fn cancelled(&self) -> bool;
}

/// What is wrong with a file.
enum Fault {
    Differs(Algorithm),
    Missing,
}

/// What came of reading files.
#[derive(Default)]
struct Outcomes {
    wrong: Vec<(usize, Fault)>,
    bytes: u64,
    files: u64,
}

impl Bag {
    /// Reads the files that were not settled yet and compares them with the manifests, on `threads` threads. An error is one of the
    /// storage: the bag is then neither right nor wrong. A cancelled one is [`io::ErrorKind::Interrupted`].
    pub fn prove(&mut self, folder: &dyn Folder, threads: usize, watch: &mut dyn Watch) -> io::Result<()> {
        self.other_tag_readings(folder);
        for at in 0..self.tags.len() {
            self.tags.mark(at, Mark::Present);
        }
        let before = (self.counted.proved_bytes, self.counted.proved_files);
        let tags = Reading { table: &self.tags, renamed: &self.tag_odd.renamed, folder, before };
        let tags = tags.read(1, watch)?;
        self.conclude(true, tags);
        let before = (self.counted.proved_bytes, self.counted.proved_files);
        let payload = Reading { table: &self.payload, renamed: &self.odd.renamed, folder, before };
        let payload = payload.read(threads, watch)?;
        self.conclude(false, payload);
        Ok(())
    }

    /// The algorithms that a payload file must be read with; none for one that no manifest lists under that name.
    pub fn wants(&self, path: &[u8]) -> Vec<Algorithm> {
        self.payload.find(path).map(|at| self.payload.listed(at).collect()).unwrap_or_default()
    }

    /// Takes the digests of a payload file that were taken while it was written. Where they are not those of [`Bag::wants`], nothing
    /// is settled: the file is read when the bag is proved.
    pub fn settle(&mut self, path: &[u8], found: &[(Algorithm, Vec<u8>)], bytes: u64) {
        let Some(at) = self.payload.find(path) else { return };
        let taken = |wanted: Algorithm| found.iter().any(|(algorithm, _)| *algorithm == wanted);
        if self.payload.has(at, Mark::Proved) || !self.payload.listed(at).all(taken) {
            return;
        }
        self.payload.mark(at, Mark::Proved);
        let wrong = self.payload.differs(at, found).map(|algorithm| (at, Fault::Differs(algorithm)));
        self.conclude(false, Outcomes { wrong: wrong.into_iter().collect(), bytes, files: 1 });
    }

    fn other_tag_readings(&mut self, folder: &dyn Folder) {
        let there = |path: &[u8]| folder.open(path).is_ok();
        for (at, reading) in std::mem::take(&mut self.tag_odd.readings) {
            if !self.tag_odd.renamed.contains_key(&at) && !there(self.tags.path(at)) && there(&reading) {
                self.tag_odd.renamed.insert(at, reading);
            }
        }
    }

    fn conclude(&mut self, tags: bool, outcomes: Outcomes) {
        self.counted.proved_bytes += outcomes.bytes;
        self.counted.proved_files += outcomes.files;
        let table = if tags { &self.tags } else { &self.payload };
        for (at, fault) in outcomes.wrong {
            let path = table.path(at);
            match fault {
                Fault::Missing => {
                    self.findings.invalid("bag.file_missing", path, None, "a manifest lists it, and it is not there");
                }
                Fault::Differs(algorithm) => {
                    let why = format!("its {} is not what the manifest says", algorithm.word());
                    self.findings.invalid("bag.checksum", path, None, why);
                }
            }
        }
    }
}

/// Files to be read.
struct Reading<'a> {
    table: &'a Table,
    renamed: &'a HashMap<usize, Vec<u8>>,
    folder: &'a dyn Folder,
    /// Bytes and files that were read before.
    before: (u64, u64),
}

/// Where the threads tell what they found.
type Report = SyncSender<(usize, io::Result<Fault>)>;

/// What the threads share.
#[derive(Default)]
struct Shared {
    /// Files that a thread reads in turns where that is faster.
    wide: usize,
    /// Whether there are so few files that each may have several cores.
    few: bool,
    next: AtomicUsize,
    bytes: AtomicU64,
    files: AtomicU64,
    stop: AtomicBool,
}

impl Reading<'_> {
    fn read(&self, threads: usize, watch: &mut dyn Watch) -> io::Result<Outcomes> {
        let due = (0..self.table.len()).filter(|at| self.is_due(*at)).count();
        let few = due.saturating_mul(2) <= threads;
        let threads = threads.clamp(1, due.max(1));
        let shared = Shared { wide: due.div_ceil(threads).clamp(1, LANES), few, ..Shared::default() };
        let (mut outcomes, mut failed) = (Outcomes::default(), None);
        thread::scope(|scope| {
            let (report, reports) = sync_channel(WAITING);
            for _ in 0..threads {
                let (report, shared) = (report.clone(), &shared);
                scope.spawn(move || self.work(shared, &report));
            }
            drop(report);
            loop {
                match reports.recv_timeout(PATIENCE) {
                    Ok((at, Ok(fault))) => outcomes.wrong.push((at, fault)),
                    Ok((_, Err(error))) => failed = failed.take().or(Some(error)),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                self.tell(&shared, watch);
                if failed.is_some() || watch.cancelled() {
                    shared.stop.store(true, Ordering::Release);
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if watch.cancelled() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        self.tell(&shared, watch);
        outcomes.wrong.sort_by_key(|(at, _)| *at);
        (outcomes.bytes, outcomes.files) = (shared.bytes.into_inner(), shared.files.into_inner());
        Ok(outcomes)
    }

    fn tell(&self, shared: &Shared, watch: &mut dyn Watch) {
        let (bytes, files) = self.before;
        watch.progress(bytes + shared.bytes.load(Ordering::Relaxed), files + shared.files.load(Ordering::Relaxed));
    }

    /// What each thread does.
    fn work(&self, shared: &Shared, report: &Report) {
        let all: Vec<Algorithm> = self.table.algorithms().collect();
        let mut turns = Turns { reading: self, shared, report, all, chunk: vec![0; CHUNK] };
        let several = shared.wide > 1 && self.folder.is_near();
        if let Some(sums) = Sums::new(&turns.all).filter(|_| several) {
            return abreast::run(sums, &mut turns);
        }
        while let Some(at) = turns.take() {
            turns.one(at);
        }
    }

    fn open(&self, at: usize) -> io::Result<Box<dyn io::Read + Send + '_>> {
        self.folder.open(self.renamed.get(&at).map_or_else(|| self.table.path(at), Vec::as_slice))
    }

    fn is_due(&self, at: usize) -> bool {
        self.table.has(at, Mark::Present) && !self.table.has(at, Mark::Proved)
    }

    fn one(&self, at: usize, shared: &Shared, chunk: &mut [u8]) -> io::Result<Option<Fault>> {
        let mut file = match self.open(at) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Fault::Missing)),
            opened => opened?,
        };
        let digester = Digester::new(self.table.listed(at));
        let mut digester = if shared.few { digester.apart() } else { digester };
        loop {
            match file.read(chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => match read? {
                    0 => break,
                    count => {
                        digester.update(&chunk[..count]);
                        shared.bytes.fetch_add(count as u64, Ordering::Relaxed);
                    }
                },
            }
            if shared.stop.load(Ordering::Acquire) {
                return Ok(None);
            }
        }
        shared.files.fetch_add(1, Ordering::Relaxed);
        Ok(self.table.differs(at, &digester.finish()).map(Fault::Differs))
    }
}

/// The files that a thread takes, one after another.
struct Turns<'a> {
    reading: &'a Reading<'a>,
    shared: &'a Shared,
    report: &'a Report,
    /// The algorithms of all manifests.
    all: Vec<Algorithm>,
    chunk: Vec<u8>,
}

impl Turns<'_> {
    /// The next file that is to be read.
    fn take(&self) -> Option<usize> {
        while !self.shared.stop.load(Ordering::Acquire) {
            let at = self.shared.next.fetch_add(1, Ordering::AcqRel);
            if at >= self.reading.table.len() {
                return None;
            }
            if self.reading.is_due(at) {
                return Some(at);
            }
        }
        None
    }

    /// Reads a file by itself.
    fn one(&mut self, at: usize) {
        let said = self.reading.one(at, self.shared, &mut self.chunk);
        self.say(at, said);
    }

    fn say(&self, at: usize, said: io::Result<Option<Fault>>) {
        if said.as_ref().is_ok_and(Option::is_none) {
            return;
        }
        // Nobody listens any more once all have stopped.
        let _ = said.transpose().map(|said| self.report.send((at, said)));
    }
}

impl<'a> abreast::Source<'a> for Turns<'a> {
    fn next(&mut self) -> Option<(usize, Box<dyn io::Read + Send + 'a>)> {
        loop {
            let at = self.take()?;
            // In an old bag a manifest may leave a file out.
            if !self.reading.table.listed(at).eq(self.all.iter().copied()) {
                self.one(at);
                continue;
            }
            match self.reading.open(at) {
                Ok(file) => return Some((at, file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.say(at, Ok(Some(Fault::Missing))),
                Err(error) => self.say(at, Err(error)),
            }
        }
    }

    fn wide(&self) -> usize {
        self.shared.wide
    }

    fn read(&mut self, bytes: u64) -> bool {
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        !self.shared.stop.load(Ordering::Acquire)
    }

    fn done(&mut self, file: usize, found: io::Result<Vec<(Algorithm, Vec<u8>)>>) {
        if found.is_ok() {
            self.shared.files.fetch_add(1, Ordering::Relaxed);
        }
        let said = found.map(|found| self.reading.table.differs(file, &found).map(Fault::Differs));
        self.say(file, said);
    }
}
