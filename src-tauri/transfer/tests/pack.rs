//! Packing: what comes out, and that it is the same however often it was interrupted.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

mod common;

use common::{Place, Watcher, noise};
use longshore_transfer::hash::hex;
use longshore_transfer::pack::{Checkpoint, Content, Member, Members, Observer, Options, Packed, Written, pack};
use longshore_transfer::storage::{Finish, Status, Storage};
use longshore_transfer::{Fail, Result};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const BLOCK: &[u8] = b"set/set_0.tar";
const TRAILER: &[u8] = &[0; 1024];

/// Members of given sizes; `None` is one without content. Pages hold three.
#[derive(Clone)]
struct Plan(Vec<Option<usize>>);

impl Plan {
    fn path(at: usize) -> Vec<u8> {
        format!("set/f{at}").into_bytes()
    }

    fn content(at: usize, size: usize) -> Vec<u8> {
        noise(at as u64 + 1, size)
    }

    fn header(at: usize) -> Vec<u8> {
        noise(1000 + at as u64, 512 * (1 + at % 3))
    }

    fn land(&self, place: &Place) {
        for (at, size) in self.0.iter().enumerate() {
            if let Some(size) = size {
                place.memory.put(&Self::path(at), &Self::content(at, *size));
            }
        }
    }

    fn member(&self, at: usize) -> Member {
        let content = self.0[at].map(|size| Content {
            path: Self::path(at),
            within: None,
            size: size as u64,
            sha256: Some(Sha256::digest(Self::content(at, size)).into()),
            md5: at.is_multiple_of(2),
        });
        Member { id: at as i64 + 1, header: Self::header(at), content }
    }

    /// The block and the rows, as they must be.
    fn expected(&self) -> (Vec<u8>, Vec<(i64, String)>) {
        let (mut block, mut rows) = (Vec::new(), Vec::new());
        for (at, size) in self.0.iter().enumerate() {
            let header = block.len() as u64;
            block.extend(Self::header(at));
            let data = block.len() as u64;
            let content = size.map(|size| Self::content(at, size));
            block.extend(content.iter().flatten());
            block.resize(block.len().next_multiple_of(512), 0);
            let sha256 = content.as_ref().map(|content| Sha256::digest(content).into());
            let md5 = content.filter(|_| at.is_multiple_of(2)).map(|content| md5::Md5::digest(content).into());
            rows.push(row(&Packed { id: at as i64 + 1, header, data, sha256, md5 }));
        }
        block.extend(TRAILER);
        (block, rows)
    }
}

fn row(packed: &Packed) -> (i64, String) {
    (packed.id, format!("{packed:?}"))
}

impl Members for Plan {
    fn page(&mut self, after: i64) -> Result<Vec<Member>> {
        let from = usize::try_from(after).unwrap();
        Ok((from..self.0.len().min(from + 3)).map(|at| self.member(at)).collect())
    }
}

impl Observer for Watcher<Checkpoint> {
    fn packed(&mut self, batch: &[Packed]) -> Result<()> {
        self.note(batch.iter().map(row))
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.save(state.clone())
    }
}

struct Bench {
    plan: Plan,
    source: Place,
    target: Place,
    watcher: Watcher<Checkpoint>,
}

impl Bench {
    fn new(sizes: &[Option<usize>]) -> Self {
        let bench =
            Self { plan: Plan(sizes.to_vec()), source: Place::new(), target: Place::new(), watcher: Watcher::new() };
        bench.plan.land(&bench.source);
        bench
    }

    /// Packs, from the last checkpoint if there is one.
    fn go(&mut self) -> Result<Written> {
        let resume = self.watcher.resume();
        let (source, target) = (&self.source.faulty, &self.target.faulty);
        let options = Options::default();
        pack(source, target, BLOCK, &mut self.plan.clone(), TRAILER, options, resume, &mut self.watcher)
    }

    /// Sets everything right and packs to the end.
    fn finish(&mut self) {
        self.source.faulty.heal();
        self.target.faulty.heal();
        self.watcher.patience.set(u64::MAX);
        self.watcher.ledger = u64::MAX;
        let written = self.go().unwrap();
        self.assert_right(written);
    }

    fn assert_right(&self, written: Written) {
        let (block, rows) = self.plan.expected();
        let found = self.target.memory.get(BLOCK).unwrap();
        assert!(found == block, "the block's bytes are right ({} of {})", found.len(), block.len());
        assert_eq!(written, Written { size: block.len() as u64, sha256: Sha256::digest(&block).into() });
        assert_eq!(self.watcher.rows.clone().into_iter().collect::<Vec<_>>(), rows);
        assert_eq!(self.target.memory.paths(), [b"set".to_vec(), BLOCK.to_vec()], "no temporary file is left");
    }
}

/// Of all kinds: empty, without content, of whole blocks and buffers, over many buffers.
const MIXED: &[Option<usize>] = &[
    None,
    Some(0),
    Some(512),
    Some(1),
    Some(4096),
    Some(30_000),
    None,
    Some(0),
    Some(8192),
    Some(777),
    Some(3584),
    None,
];

#[test]
fn the_block_is_what_its_members_say() {
    for sizes in [&[][..], &[None], &[Some(0)], &[Some(100_000)], MIXED] {
        let mut bench = Bench::new(sizes);
        let written = bench.go().unwrap();
        bench.assert_right(written);
        let files = sizes.iter().flatten().count() as u64;
        assert_eq!(bench.watcher.progress, (written.size, files));
    }
}

/// Of a source where each file is mostly waiting for an answer.
fn wide(sizes: &[Option<usize>]) -> Bench {
    let bench = Bench::new(sizes);
    bench.source.faulty.widen(32);
    bench
}

/// Many small files, and a large one among them.
fn small_around_a_large_one() -> Vec<Option<usize>> {
    let small = |at: usize| Some(100 + at * 37 % 3000);
    (0..200).map(small).chain([Some(90_000)]).chain((0..200).map(small)).collect()
}

#[test]
fn many_readers_make_the_same_block() {
    for sizes in [&[][..], &[None], &[Some(0)], &[Some(100_000)], MIXED, &small_around_a_large_one()] {
        let mut bench = wide(sizes);
        let written = bench.go().unwrap();
        bench.assert_right(written);
    }
}

#[test]
fn each_file_is_opened_once_and_read_once() {
    let sizes = small_around_a_large_one();
    for mut bench in [Bench::new(&sizes), wide(&sizes)] {
        bench.go().unwrap();
        let bytes: usize = sizes.iter().flatten().sum();
        assert_eq!((bench.source.faulty.opened(), bench.source.faulty.bytes_read()), (401, bytes as u64));
    }
}

#[test]
fn a_file_in_the_middle_that_cannot_be_read_is_named_by_many_readers() {
    for (at, large) in [(77, false), (200, true), (321, false)] {
        let mut bench = wide(&small_around_a_large_one());
        if large {
            bench.source.faulty.bad_byte(&Plan::path(at), 50_000);
        } else {
            bench.source.faulty.make_unreadable(&Plan::path(at));
        }
        let fail = bench.go().unwrap_err();
        let code = if large { "io.error" } else { "file.denied" };
        assert_eq!((fail.code(), fail.path()), (code, Some(Plan::path(at).as_slice())));
        assert_eq!(bench.target.memory.get(BLOCK), None);
        bench.finish();
    }
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
            match bench.go() {
                Ok(written) => bench.assert_right(written),
                Err(fail) => {
                    assert_eq!(fail.code(), "storage.missing", "call {at}");
                    bench.finish();
                }
            }
        }
    }
}

#[test]
fn it_goes_on_after_a_power_loss_at_any_call() {
    let mut bench = Bench::new(MIXED);
    bench.go().unwrap();
    for at in 0..bench.target.faulty.calls() {
        for names_kept in [true, false] {
            let mut bench = Bench::new(MIXED);
            bench.target.faulty.unplug_at(at);
            assert_eq!(bench.go().unwrap_err().code(), "storage.missing");
            bench.target.memory.lose_power(names_kept);
            let half = bench.target.memory.get(BLOCK).is_some_and(|block| block != bench.plan.expected().0);
            assert!(!half, "a half block has the final name after call {at}");
            bench.finish();
        }
    }
}

#[test]
fn it_goes_on_after_its_ledger_failed_at_any_report() {
    let mut bench = Bench::new(MIXED);
    bench.watcher.ledger = 1000;
    bench.go().unwrap();
    for reports in 0..1000 - bench.watcher.ledger {
        let mut bench = Bench::new(MIXED);
        bench.watcher.ledger = reports;
        assert_eq!(bench.go().unwrap_err().code(), "ledger.failed");
        bench.finish();
    }
}

#[test]
fn what_was_written_before_a_checkpoint_is_not_written_again() {
    let mut bench = Bench::new(&[Some(200_000)]);
    bench.target.faulty.leave_room(150_000);
    assert_eq!(bench.go().unwrap_err().code(), "storage.full");
    let (read, written) = (bench.source.faulty.bytes_read(), bench.target.faulty.written());
    let kept = bench.watcher.resume().unwrap().written();
    assert!(kept > 100_000 && kept <= written, "{kept}");
    bench.finish();
    assert_eq!(bench.target.faulty.written(), written + (bench.plan.expected().0.len() as u64 - kept));
    let header = Plan::header(0).len() as u64;
    assert_eq!(bench.source.faulty.bytes_read(), read + (200_000 - (kept - header)));
}

#[test]
fn a_landing_file_that_is_not_the_ledgers_is_refused() {
    let mut bench = Bench::new(MIXED);
    bench.source.memory.damage(&Plan::path(5), |content| content[29_999] ^= 4);
    let fail = bench.go().unwrap_err();
    assert_eq!((fail.code(), fail.path()), ("file.mismatch", Some(Plan::path(5).as_slice())));
    let Fail::Mismatch { id, expected, .. } = fail else { unreachable!() };
    assert_eq!((id, expected), (6, hex(&Sha256::digest(Plan::content(5, 30_000)))));
    assert_eq!(bench.target.memory.get(BLOCK), None);
}

#[test]
fn a_landing_file_of_another_size_or_gone_is_refused() {
    for (change, code) in [(1, "file.changed"), (-1, "file.changed"), (0, "file.missing")] {
        let mut bench = Bench::new(MIXED);
        match change {
            0 => bench.source.memory.delete(&Plan::path(4)).unwrap(),
            by => bench.source.memory.damage(&Plan::path(4), |content| {
                content.resize(content.len().checked_add_signed(by).unwrap(), 0);
            }),
        }
        let fail = bench.go().unwrap_err();
        assert_eq!((fail.code(), fail.path()), (code, Some(Plan::path(4).as_slice())));
    }
}

#[test]
fn a_block_that_has_its_name_is_not_replaced_unless_wanted() {
    let mut bench = Bench::new(MIXED);
    bench.target.memory.put(BLOCK, b"proved long ago");
    assert_eq!(bench.go().unwrap_err().code(), "file.exists");
    assert_eq!(bench.target.memory.get(BLOCK).unwrap(), b"proved long ago");
    bench.target.memory.delete(BLOCK).unwrap();
    bench.finish();
}

#[test]
fn a_temporary_file_that_is_gone_or_shorter_is_written_anew() {
    for keep in [None, Some(10)] {
        let mut bench = Bench::new(MIXED);
        bench.target.faulty.leave_room(30_000);
        bench.go().unwrap_err();
        bench.target.memory.discard(BLOCK).unwrap();
        if let Some(keep) = keep {
            let mut part = bench.target.memory.write(BLOCK, None).unwrap();
            part.write(&noise(9, keep)).unwrap();
            part.settle(&Finish::default()).unwrap();
        }
        bench.finish();
    }
}

#[test]
fn a_transient_failure_tells_what_a_retry_can_hope_for() {
    let mut bench = Bench::new(MIXED);
    bench.source.faulty.fail_at(7, "io.error", Status::Transient);
    assert_eq!(bench.go().unwrap_err().status(), Status::Transient);
    bench.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_at_random_it_ends_the_same(
        sizes in proptest::collection::vec(proptest::option::weighted(0.8, prop_oneof![0_usize..3000, 0_usize..40_000]), 0..25),
        cuts in proptest::collection::vec((0_u8..4, 0_u64..80, any::<bool>()), 0..6),
        many in any::<bool>(),
    ) {
        let mut bench = if many { wide(&sizes) } else { Bench::new(&sizes) };
        for (kind, at, power) in cuts {
            match kind {
                0 => bench.source.faulty.unplug_at(at),
                1 => bench.target.faulty.unplug_at(at),
                2 => bench.target.faulty.leave_room(at * 500),
                _ => bench.watcher.patience.set(at),
            }
            if bench.go().is_ok() {
                // It was done: from here on it would be packed into a block that has its name.
                return Ok(());
            }
            if power {
                bench.target.memory.lose_power(at.is_multiple_of(2));
            }
            bench.source.faulty.heal();
            bench.target.faulty.heal();
            bench.watcher.patience.set(u64::MAX);
        }
        bench.finish();
    }
}
