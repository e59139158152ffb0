//! Extracting: what comes back is what the ledger says, or it gets no name.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

mod common;

use common::{Place, Watcher, noise};
use longshore_transfer::extract::{Checkpoint, Extracted, Item, Items, Observer, Options, What, extract};
use longshore_transfer::storage::{Kind, Storage};
use longshore_transfer::{Fail, Result};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const BLOCK: &[u8] = b"set/set_0.tar";

/// Entries of a block: files by gap before and size, folders and links.
#[derive(Debug, Clone, Copy)]
enum Entry {
    File(usize, usize),
    Folder,
    Link,
}

use Entry::{File, Folder, Link};

/// Pages hold three; only the entries with the given keys are wanted, if any are given.
#[derive(Clone)]
struct Plan {
    entries: Vec<Entry>,
    only: Vec<i64>,
}

impl Plan {
    fn block(&self) -> Vec<u8> {
        let size = |entry: &Entry| if let File(gap, size) = entry { gap + size } else { 0 };
        noise(3, self.entries.iter().map(size).sum::<usize>() + 1024)
    }

    fn items(&self) -> Vec<Item> {
        let (block, mut at) = (self.block(), 0);
        let make = |(entry, id): (&Entry, i64)| {
            let what = match entry {
                Folder => What::Folder,
                Link => What::Link(format!("to {id}").into_bytes()),
                File(gap, size) => {
                    let data = at + gap;
                    at = data + size;
                    let sha256 = Sha256::digest(&block[data..at]).into();
                    What::File { data: data as u64, size: *size as u64, sha256 }
                }
            };
            Item { id, path: format!("out/e{id}").into_bytes(), what, mode: 0o440, mtime: (id, 5) }
        };
        self.entries
            .iter()
            .zip(1_i64..)
            .map(make)
            .filter(|item| self.only.is_empty() || self.only.contains(&item.id))
            .collect()
    }
}

impl Items for Plan {
    fn page(&mut self, after: i64) -> Result<Vec<Item>> {
        Ok(self.items().into_iter().filter(|item| item.id > after).take(3).collect())
    }
}

impl Observer for Watcher<Checkpoint> {
    fn extracted(&mut self, batch: &[i64]) -> Result<()> {
        self.note(batch.iter().map(|id| (*id, String::new())))
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()> {
        self.failed.insert(item.id, fail.code());
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.save(state.clone())
    }
}

struct Bench {
    plan: Plan,
    block: Place,
    target: Place,
    watcher: Watcher<Checkpoint>,
}

impl Bench {
    fn new(entries: &[Entry]) -> Self {
        let plan = Plan { entries: entries.to_vec(), only: Vec::new() };
        let bench = Self { plan, block: Place::new(), target: Place::new(), watcher: Watcher::new() };
        bench.block.memory.put(BLOCK, &bench.plan.block());
        bench
    }

    fn go(&mut self) -> Result<Extracted> {
        let options = Options { replace: true };
        let resume = self.watcher.resume();
        let target = &self.target.faulty;
        extract(&self.block.faulty, BLOCK, target, &mut self.plan.clone(), options, resume, &mut self.watcher)
    }

    fn heal(&mut self) {
        self.block.faulty.heal();
        self.target.faulty.heal();
        self.watcher.patience.set(u64::MAX);
        self.watcher.ledger = u64::MAX;
    }

    fn finish(&mut self) {
        self.heal();
        let extracted = self.go().unwrap();
        let (block, items) = (self.plan.block(), self.plan.items());
        let mut bytes = 0;
        for item in &items {
            let meta = self.target.memory.stat(&item.path).unwrap();
            match &item.what {
                What::Folder => assert_eq!(meta.kind, Kind::Folder),
                What::Link(to) => assert_eq!((&meta.link, meta.mtime), (to, item.mtime)),
                What::File { data, size, .. } => {
                    let data = usize::try_from(*data).unwrap();
                    let content = self.target.memory.get(&item.path).unwrap();
                    assert!(content == block[data..data + content.len()] && content.len() as u64 == *size);
                    assert_eq!((meta.mode, meta.mtime), (Some(0o440), item.mtime));
                    bytes += size;
                }
            }
        }
        assert_eq!(self.watcher.rows.len(), items.len());
        assert_eq!((extracted.bytes, extracted.failed, extracted.from_medium), (bytes, 0, true));
        assert_eq!(self.target.memory.paths().len(), items.len() + 1, "nothing else is there");
    }
}

const MIXED: &[Entry] = &[
    Folder,
    File(512, 0),
    File(512, 1),
    Link,
    File(511, 4096),
    File(0, 9000),
    File(100, 40_000),
    File(70_000, 3),
    Folder,
    File(0, 777),
    File(0, 0),
    File(5, 20_000),
    File(9, 9),
    Link,
];

#[test]
fn everything_comes_back() {
    for entries in [&[][..], &[Folder], &[File(0, 0)], &[File(7, 100_000)], MIXED] {
        let mut bench = Bench::new(entries);
        let extracted = bench.go().unwrap();
        let files = entries.iter().filter(|entry| matches!(entry, File(..))).count() as u64;
        assert_eq!((extracted.files, extracted.failed), (files, 0));
        if !entries.is_empty() {
            bench.finish();
        }
    }
}

#[test]
fn a_single_file_is_read_without_the_rest() {
    for (only, size) in [(9, 3), (5, 4096), (7, 40_000)] {
        let mut bench = Bench::new(MIXED);
        bench.plan.only = vec![if only == 9 { 8 } else { only }];
        bench.go().unwrap();
        assert_eq!(bench.block.faulty.bytes_read(), size);
    }
}

#[test]
fn a_damaged_file_gets_no_name_and_the_others_come_back() {
    for (id, expected) in [(6, "small"), (7, "large")] {
        let mut bench = Bench::new(MIXED);
        let What::File { data, .. } = bench.plan.items()[id - 1].what else { unreachable!("{expected}") };
        bench.block.faulty.flip(BLOCK, data);
        let extracted = bench.go().unwrap();
        assert_eq!((extracted.failed, extracted.files), (1, 9));
        assert_eq!(bench.watcher.failed.clone().into_iter().collect::<Vec<_>>(), [(id as i64, "file.mismatch")]);
        assert_eq!(bench.watcher.rows.len(), MIXED.len() - 1);
        assert_eq!(bench.target.memory.paths().len(), MIXED.len(), "neither it nor its temporary file is there");
    }
}

#[test]
fn a_file_that_is_read_back_wrong_gets_no_name() {
    for id in [5_usize, 7] {
        let mut bench = Bench::new(MIXED);
        let part = format!("out/e{id}");
        bench.target.faulty.flip(part.as_bytes(), 100);
        bench.go().unwrap();
        assert_eq!(bench.watcher.failed.get(&(id as i64)), Some(&"file.mismatch"));
        assert_eq!(bench.target.memory.paths().len(), MIXED.len());
    }
}

#[test]
fn a_block_cut_short_gives_what_it_has() {
    let mut bench = Bench::new(MIXED);
    bench.block.memory.damage(BLOCK, |block| block.truncate(60_000));
    let extracted = bench.go().unwrap();
    assert_eq!(extracted.failed, 4);
    assert!(bench.watcher.failed.values().all(|code| *code == "file.mismatch"));
}

#[test]
fn it_goes_on_after_its_storages_were_gone_at_any_call() {
    for unplug_block in [true, false] {
        let mut bench = Bench::new(MIXED);
        bench.go().unwrap();
        let place = if unplug_block { &bench.block } else { &bench.target };
        for at in 0..place.faulty.calls() {
            let mut bench = Bench::new(MIXED);
            let place = if unplug_block { &bench.block } else { &bench.target };
            place.faulty.unplug_at(at);
            // How many calls it takes depends on which thread opens what: the last ones may not come.
            assert!(bench.go().err().is_none_or(|fail| fail.code() == "storage.missing"), "call {at}");
            bench.finish();
        }
    }
}

#[test]
fn after_a_power_loss_at_any_call_no_half_file_has_a_final_name() {
    let mut bench = Bench::new(MIXED);
    bench.go().unwrap();
    for at in (0..bench.target.faulty.calls()).step_by(3) {
        for names_kept in [true, false] {
            let mut bench = Bench::new(MIXED);
            bench.target.faulty.unplug_at(at);
            assert!(bench.go().err().is_none_or(|fail| fail.code() == "storage.missing"), "call {at}");
            bench.target.memory.lose_power(names_kept);
            for item in bench.plan.items() {
                let found = bench.target.memory.get(&item.path);
                let What::File { sha256, .. } = item.what else { continue };
                assert!(found.as_ref().is_none_or(|content| <[u8; 32]>::from(Sha256::digest(content)) == sha256));
                assert!(found.is_some() || !bench.watcher.rows.contains_key(&item.id), "call {at}");
            }
            bench.finish();
        }
    }
}

#[test]
fn a_large_file_is_not_read_from_its_beginning_again() {
    let mut bench = Bench::new(&[File(512, 200_000)]);
    bench.target.faulty.leave_room(150_000);
    assert_eq!(bench.go().unwrap_err().code(), "storage.full");
    let read = bench.block.faulty.bytes_read();
    bench.finish();
    assert!(bench.block.faulty.bytes_read() - read < 100_000);
}

#[test]
fn a_file_that_is_there_is_not_replaced_unless_wanted() {
    let mut bench = Bench::new(MIXED);
    bench.target.memory.put(b"out/e5", b"mine");
    bench.target.memory.put(b"out/e7", b"mine too");
    let (plan, resume) = (&mut bench.plan.clone(), None);
    let options = Options { replace: false };
    extract(&bench.block.faulty, BLOCK, &bench.target.faulty, plan, options, resume, &mut bench.watcher).unwrap();
    let failed: Vec<_> = bench.watcher.failed.clone().into_iter().collect();
    assert_eq!(failed, [(5, "file.exists"), (7, "file.exists")]);
    assert_eq!(bench.target.memory.get(b"out/e5").unwrap(), b"mine");
    assert_eq!(bench.target.memory.get(b"out/e7").unwrap(), b"mine too");
    assert_eq!(bench.target.memory.paths().len(), MIXED.len() + 1, "no temporary file is left");
}

fn entry() -> impl Strategy<Value = Entry> {
    let size = prop_oneof![Just(0_usize), 1_usize..3000, 0_usize..30_000];
    prop_oneof![Just(Folder), Just(Link), (0_usize..2000, size).prop_map(|(gap, size)| File(gap, size))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_at_random_it_ends_the_same(
        entries in proptest::collection::vec(entry(), 1..20),
        cuts in proptest::collection::vec((0_u8..5, 0_u64..150, any::<bool>()), 0..5),
    ) {
        let mut bench = Bench::new(&entries);
        for (kind, at, power) in cuts {
            match kind {
                0 => bench.block.faulty.unplug_at(at),
                1 => bench.target.faulty.unplug_at(at),
                2 => bench.target.faulty.leave_room(at * 500),
                3 => bench.watcher.ledger = at,
                _ => bench.watcher.patience.set(at),
            }
            let done = bench.go().is_ok();
            if power {
                bench.target.memory.lose_power(at % 2 == 0);
            }
            bench.heal();
            if done {
                break;
            }
        }
        bench.finish();
    }
}
