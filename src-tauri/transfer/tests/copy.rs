//! Copying: one file, and many.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

mod common;

use std::sync::Arc;

use common::{Place, Watcher, noise};
use longshore_transfer::copy::{self, Checkpoint, Copied, Found, Item, Options, copy_file, copy_known};
use longshore_transfer::many::{self, Items, Summary, copy_many};
use longshore_transfer::storage::{Kind, Storage};
use longshore_transfer::{Fail, Result};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const OPTIONS: Options = Options { md5: true, reflink: false, replace: true, read_back: false };
const MTIME: (i64, u32) = (1_700_000_000, 1);

fn row(id: i64, content: &[u8]) -> (i64, String) {
    let (sha256, md5): ([u8; 32], [u8; 16]) = (Sha256::digest(content).into(), md5::Md5::digest(content).into());
    (id, format!("{} {sha256:?} {md5:?}", content.len()))
}

fn told(copied: &Copied) -> (i64, String) {
    (copied.id, format!("{} {:?} {:?}", copied.size, copied.digests.sha256, copied.digests.md5.unwrap()))
}

impl copy::Observer for Watcher<Checkpoint> {
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.save(state.clone())
    }
}

impl many::Observer for Watcher<Checkpoint> {
    fn copied(&mut self, batch: &[Copied]) -> Result<()> {
        self.note(batch.iter().map(told))
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> Result<()> {
        self.failed.insert(item.id, fail.code());
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.save(state.clone())
    }
}

/// Files by size; those whose rows the ledger holds are not given again. Pages hold four.
struct Plan {
    sizes: Vec<usize>,
    done: Vec<i64>,
}

fn item(id: i64, size: usize) -> Item {
    let (source, target) = (format!("src/f{id}").into_bytes(), format!("pid/sub{}/f{id}", id % 3).into_bytes());
    Item { id, source, target, size: size as u64, mtime: MTIME, mode: 0o640 }
}

impl Items for Plan {
    fn page(&mut self, after: i64) -> Result<Vec<Item>> {
        let all = self.sizes.iter().zip(1_i64..).map(|(size, id)| item(id, *size));
        Ok(all.filter(|item| item.id > after && !self.done.contains(&item.id)).take(4).collect())
    }
}

struct Bench {
    sizes: Vec<usize>,
    source: Place,
    target: Place,
    watcher: Watcher<Checkpoint>,
    options: Options,
}

impl Bench {
    fn new(sizes: &[usize]) -> Self {
        let (source, target) = (Place::new(), Place::new());
        for (size, id) in sizes.iter().zip(1_i64..) {
            source.memory.put(&item(id, *size).source, &noise(id.unsigned_abs(), *size));
        }
        Self { sizes: sizes.to_vec(), source, target, watcher: Watcher::new(), options: OPTIONS }
    }

    fn go(&mut self) -> Result<Summary> {
        let mut plan = Plan { sizes: self.sizes.clone(), done: self.watcher.rows.keys().copied().collect() };
        let resume = self.watcher.resume();
        copy_many(
            &self.source.faulty,
            &self.target.faulty,
            &mut plan,
            0,
            self.options,
            resume.into_iter().collect(),
            &mut self.watcher,
        )
    }

    fn one(&mut self, options: Options) -> Result<Copied> {
        let (item, resume) = (item(1, self.sizes[0]), self.watcher.resume());
        copy_file(&self.source.faulty, &self.target.faulty, &item, options, resume, &mut self.watcher)
    }

    fn known(&mut self, item: &Item, sha256: [u8; 32]) -> Result<Copied> {
        copy_known(&self.source.faulty, &self.target.faulty, item, OPTIONS, sha256, None, &mut self.watcher)
    }

    fn heal(&mut self) {
        self.source.faulty.heal();
        self.target.faulty.heal();
        self.watcher.patience.set(u64::MAX);
        self.watcher.ledger = u64::MAX;
    }

    fn finish(&mut self) {
        self.heal();
        self.go().unwrap();
        for (size, id) in self.sizes.iter().zip(1_i64..) {
            let content = noise(id.unsigned_abs(), *size);
            let target = item(id, *size).target;
            assert!(self.target.memory.get(&target).unwrap() == content, "file {id} is right");
            let meta = self.target.memory.stat(&target).unwrap();
            assert_eq!((meta.kind, meta.mode, meta.mtime), (Kind::File, Some(0o640), MTIME));
            assert_eq!(self.watcher.rows[&id], row(id, &content).1);
        }
        assert_eq!(self.parts(), Vec::<Vec<u8>>::new());
    }

    /// Temporary files in the target.
    fn parts(&self) -> Vec<Vec<u8>> {
        self.target.memory.paths().into_iter().filter(|path| path.ends_with(b".longshore-part")).collect()
    }
}

const MIXED: &[usize] = &[0, 1, 5000, 100, 9999, 10_000, 40_000, 7, 0, 30_000, 20_000, 300, 4096, 8192];

#[test]
fn every_file_arrives_with_its_checksums() {
    let mut bench = Bench::new(MIXED);
    let summary = bench.go().unwrap();
    let bytes: usize = MIXED.iter().sum();
    assert_eq!(summary, Summary { files: MIXED.len() as u64, bytes: bytes as u64, failed: 0 });
    assert_eq!(bench.watcher.progress, (summary.bytes, summary.files));
    bench.finish();
}

#[test]
fn it_goes_on_after_its_storages_were_gone_at_any_call() {
    for unplug_source in [true, false] {
        let mut bench = Bench::new(MIXED);
        bench.go().unwrap();
        let place = if unplug_source { &bench.source } else { &bench.target };
        for at in 0..place.faulty.calls() {
            let mut bench = Bench::new(MIXED);
            let place = if unplug_source { &bench.source } else { &bench.target };
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
            for (size, id) in MIXED.iter().zip(1_i64..) {
                let found = bench.target.memory.get(&item(id, *size).target);
                let whole = found.is_none_or(|content| content == noise(id.unsigned_abs(), *size));
                assert!(whole, "file {id} is half after call {at}");
                assert!(found_if_reported(&bench, id, *size), "file {id} was reported and is gone after call {at}");
            }
            bench.finish();
        }
    }
}

fn found_if_reported(bench: &Bench, id: i64, size: usize) -> bool {
    !bench.watcher.rows.contains_key(&id) || bench.target.memory.get(&item(id, size).target).is_some()
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_others_arrive() {
    let mut bench = Bench::new(MIXED);
    bench.source.faulty.make_unreadable(b"src/f3");
    bench.source.faulty.make_unreadable(b"src/f7");
    bench.source.memory.delete(b"src/f5").unwrap();
    bench.source.memory.touch(b"src/f4", (1_700_000_000, 2));
    bench.source.memory.damage(b"src/f10", |content| content.truncate(29_999));
    let source = bench.source.memory.clone();
    bench.source.faulty.on_read(b"src/f12", move || source.touch(b"src/f12", (1_700_000_009, 0)));
    let source = bench.source.memory.clone();
    bench.source.faulty.on_read(b"src/f11", move || source.touch(b"src/f11", (1_700_000_009, 0)));
    let summary = bench.go().unwrap();
    let failed: Vec<_> = bench.watcher.failed.clone().into_iter().collect();
    let changed = |id| (id, "file.changed");
    assert_eq!(failed[..2], [(3, "file.denied"), changed(4)]);
    assert_eq!(failed[2..], [(5, "file.missing"), (7, "file.denied"), changed(10), changed(11), changed(12)]);
    assert_eq!((summary.files, summary.failed), (MIXED.len() as u64 - 7, 7));
    assert_eq!(bench.watcher.rows.len(), MIXED.len() - 7);
    assert_eq!(bench.parts(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_full_target_stops_everything_and_only_a_large_file_leaves_its_beginning() {
    let mut bench = Bench::new(MIXED);
    bench.target.faulty.leave_room(20_000);
    assert_eq!(bench.go().unwrap_err().code(), "storage.full");
    assert_eq!(bench.parts(), Vec::<Vec<u8>>::new());
    bench.heal();
    bench.target.faulty.leave_room(40_000);
    assert_eq!(bench.go().unwrap_err().code(), "storage.full");
    assert_eq!(bench.parts(), [b"pid/sub1/.f7.longshore-part"]);
    let written = bench.target.faulty.written();
    bench.finish();
    let rest: usize = MIXED[7..].iter().sum();
    assert!(bench.target.faulty.written() - written < 25_000 + rest as u64, "the large file's beginning is kept");
}

#[test]
fn one_file_is_copied_and_resumed() {
    let mut bench = Bench::new(&[200_000]);
    bench.target.faulty.leave_room(150_000);
    assert_eq!(bench.one(OPTIONS).unwrap_err().code(), "storage.full");
    let before = bench.source.faulty.bytes_read();
    bench.heal();
    let copied = bench.one(OPTIONS).unwrap();
    assert_eq!(told(&copied), row(1, &noise(1, 200_000)));
    assert!(bench.source.faulty.bytes_read() - before < 100_000, "the beginning is not read again");
    assert_eq!(bench.target.memory.get(&item(1, 0).target).unwrap(), noise(1, 200_000));
}

#[test]
fn one_file_without_md5_and_an_empty_one() {
    for size in [0, 4096, 5000] {
        let mut bench = Bench::new(&[size]);
        let copied = bench.one(Options { md5: false, ..OPTIONS }).unwrap();
        assert_eq!(copied.digests.md5, None);
        assert_eq!(copied.digests.sha256, <[u8; 32]>::from(Sha256::digest(noise(1, size))));
        assert_eq!(copied.size, size as u64);
    }
}

#[test]
fn a_file_that_is_not_what_it_must_be_gets_no_name() {
    let mut bench = Bench::new(&[50_000]);
    let (item, right) = (item(1, 50_000), Sha256::digest(noise(1, 50_000)).into());
    let fail = bench.known(&item, [7; 32]).unwrap_err();
    assert!(matches!(&fail, Fail::Mismatch { path, .. } if *path == item.source), "{fail}");
    assert_eq!((bench.target.memory.get(&item.target), bench.parts()), (None, Vec::new()));
    let copied = bench.known(&item, right).unwrap();
    assert_eq!(copied.digests.sha256, right);
    assert_eq!(bench.target.memory.get(&item.target).unwrap(), noise(1, 50_000));
}

#[test]
fn a_file_that_changed_while_it_was_copied_gets_no_name() {
    let mut bench = Bench::new(&[50_000]);
    let source = Arc::new(bench.source.memory.clone());
    bench.source.faulty.on_read(b"src/f1", move || source.damage(b"src/f1", |content| content.extend(b"more")));
    let fail = bench.one(OPTIONS).unwrap_err();
    assert_eq!(
        fail.to_string(),
        "the file changed while it was read: it had 50000 bytes when it was listed, and has 50004 now"
    );
    assert_eq!(bench.target.memory.get(&item(1, 0).target), None);
}

#[test]
fn a_file_that_is_there_is_not_replaced_unless_wanted() {
    for sizes in [[100], [50_000]] {
        let mut bench = Bench::new(&sizes);
        let target = item(1, 0).target;
        bench.target.memory.put(&target, b"before");
        let fail = bench.one(Options { replace: false, ..OPTIONS }).unwrap_err();
        assert_eq!((fail.code(), bench.target.memory.get(&target).unwrap()), ("file.exists", b"before".to_vec()));
        bench.one(OPTIONS).unwrap();
        assert_eq!(bench.target.memory.get(&target).unwrap(), noise(1, sizes[0]));
    }
}

#[test]
fn a_copy_that_shares_blocks_is_hashed_and_still_compared_with_the_listing() {
    let options = Options { reflink: true, ..OPTIONS };
    let Bench { source, target, mut watcher, .. } = Bench::new(&[50_000]);
    let copied = copy_file(&source.memory, &target.memory, &item(1, 50_000), options, None, &mut watcher).unwrap();
    assert_eq!(told(&copied), row(1, &noise(1, 50_000)));
    assert_eq!(target.memory.get(&item(1, 0).target).unwrap(), noise(1, 50_000));
    source.memory.touch(b"src/f1", (5, 5));
    let fail = copy_file(&source.memory, &target.memory, &item(1, 50_000), options, None, &mut watcher).unwrap_err();
    assert_eq!((fail.code(), target.memory.get(&item(1, 0).target)), ("file.changed", None));
}

#[test]
fn a_copy_is_read_back_while_it_is_written_and_after_a_resume_from_its_beginning() {
    let options = Options { read_back: true, ..OPTIONS };
    let mut bench = Bench::new(&[200_000]);
    bench.target.faulty.leave_room(150_000);
    assert_eq!(bench.one(options).unwrap_err().code(), "storage.full");
    bench.heal();
    let copied = bench.one(options).unwrap();
    assert_eq!(copied.found, Some(Found::ReadBack(copied.digests.sha256)));
    assert!(bench.target.faulty.bytes_read() >= 200_000);
    assert_eq!(bench.one(OPTIONS).unwrap().found, None, "nobody asked for it");
}

#[test]
fn what_is_read_back_is_told_as_it_is_found() {
    let options = Options { read_back: true, ..OPTIONS };
    for at in [0, 100_000, 199_999] {
        let mut bench = Bench::new(&[200_000]);
        bench.target.faulty.flip(&item(1, 0).target, at);
        let copied = bench.one(options).unwrap();
        assert_eq!(told(&copied), row(1, &noise(1, 200_000)));
        assert!(copied.found.is_some_and(|found| found != Found::ReadBack(copied.digests.sha256)), "byte {at}");
    }
}

#[test]
fn what_cannot_be_read_back_does_not_count_as_read_and_hinders_no_copy() {
    let options = Options { read_back: true, ..OPTIONS };
    let mut bench = Bench::new(&[200_000]);
    bench.target.faulty.bad_byte(&item(1, 0).target, 150_000);
    let copied = bench.one(options).unwrap();
    assert_eq!((told(&copied), copied.found), (row(1, &noise(1, 200_000)), None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_at_random_it_ends_the_same(
        sizes in proptest::collection::vec(prop_oneof![0_usize..500, 0_usize..40_000], 0..20),
        cuts in proptest::collection::vec((0_u8..5, 0_u64..120, any::<bool>()), 0..5),
        read_back in any::<bool>(),
    ) {
        let mut bench = Bench::new(&sizes);
        bench.options.read_back = read_back;
        for (kind, at, power) in cuts {
            match kind {
                0 => bench.source.faulty.unplug_at(at),
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
