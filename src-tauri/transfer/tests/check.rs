//! Checking: what is right is proved, and what is wrong is named.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]

mod common;

use common::{Place, Watcher, noise};
use longshore_transfer::Result;
use longshore_transfer::check::{Checked, Checkpoint, Expected, ExpectedPages, Observer, Wrong, check};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const BLOCK: &[u8] = b"set/set_0.tar";

/// Files in a block: gap before each, and size. Pages hold two.
#[derive(Clone)]
struct Plan(Vec<(usize, usize)>);

impl Plan {
    fn block(&self) -> Vec<u8> {
        let length = self.0.iter().map(|(gap, size)| gap + size).sum::<usize>();
        noise(7, length + 1024)
    }

    fn expected(&self) -> Vec<Expected> {
        let (block, mut at) = (self.block(), 0);
        let place = |((gap, size), id): (&(usize, usize), i64)| {
            let data = at + gap;
            at = data + size;
            Expected { id, data: data as u64, size: *size as u64, sha256: Sha256::digest(&block[data..at]).into() }
        };
        self.0.iter().zip(1..).map(place).collect()
    }
}

impl ExpectedPages for Plan {
    fn page(&mut self, after: i64) -> Result<Vec<Expected>> {
        Ok(self.expected().into_iter().filter(|file| file.id > after).take(2).collect())
    }
}

impl Observer for Watcher<Checkpoint> {
    fn proved(&mut self, batch: &[i64]) -> Result<()> {
        self.note(batch.iter().map(|id| (*id, "right".into())))
    }

    fn wrong(&mut self, batch: &[Wrong]) -> Result<()> {
        self.note(batch.iter().map(|wrong| (wrong.id, wrong.found.clone())))
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.save(state.clone())
    }
}

struct Bench {
    plan: Plan,
    place: Place,
    watcher: Watcher<Checkpoint>,
}

impl Bench {
    fn new(files: &[(usize, usize)]) -> Self {
        let bench = Self { plan: Plan(files.to_vec()), place: Place::new(), watcher: Watcher::new() };
        bench.place.memory.put(BLOCK, &bench.plan.block());
        bench
    }

    fn go(&mut self) -> Result<Checked> {
        let block = self.plan.block();
        let (size, sha256) = (block.len() as u64, Sha256::digest(&block).into());
        let resume = self.watcher.resume();
        check(&self.place.faulty, BLOCK, size, sha256, &mut self.plan.clone(), resume, &mut self.watcher)
    }

    fn wrong(&self) -> Vec<i64> {
        self.watcher.rows.iter().filter(|(_, text)| *text != "right").map(|(id, _)| *id).collect()
    }
}

const MIXED: &[(usize, usize)] =
    &[(512, 0), (512, 1), (511, 4096), (0, 4096), (512, 30_000), (100, 0), (0, 0), (9000, 777)];

#[test]
fn a_block_as_it_was_written_is_proved() {
    for files in [&[][..], &[(0, 0)], &[(512, 100_000)], MIXED] {
        let mut bench = Bench::new(files);
        let checked = bench.go().unwrap();
        assert!(checked.ok() && checked.from_medium);
        assert_eq!((checked.right, checked.wrong), (files.len() as u64, 0));
        assert_eq!(bench.watcher.rows.len(), files.len());
        assert_eq!(bench.watcher.progress, (checked.size, files.len() as u64));
    }
}

#[test]
fn a_flipped_bit_names_its_file_wherever_it_is() {
    let mut expected = Bench::new(MIXED).plan.expected();
    expected.retain(|file| file.size > 0);
    for file in expected {
        for at in [file.data, file.data + file.size / 2, file.data + file.size - 1] {
            let mut bench = Bench::new(MIXED);
            bench.place.faulty.flip(BLOCK, at);
            let checked = bench.go().unwrap();
            assert_eq!((checked.whole_ok, checked.ok(), bench.wrong()), (false, false, vec![file.id]), "byte {at}");
            assert!(checked.first_wrong[0].found.starts_with("its SHA-256 is "));
            assert_eq!(checked.right, MIXED.len() as u64 - 1);
        }
    }
}

#[test]
fn a_flipped_bit_between_files_is_found_in_the_whole() {
    let mut bench = Bench::new(MIXED);
    bench.place.faulty.flip(BLOCK, 100);
    let checked = bench.go().unwrap();
    assert_eq!((checked.whole_ok, checked.wrong, checked.ok()), (false, 0, false));
}

#[test]
fn a_block_cut_short_names_what_is_lost() {
    let expected = Bench::new(MIXED).plan.expected();
    let mut bench = Bench::new(MIXED);
    bench.place.memory.damage(BLOCK, |block| block.truncate(usize::try_from(expected[4].data).unwrap() + 10));
    let checked = bench.go().unwrap();
    assert_eq!((checked.whole_ok, bench.wrong()), (false, vec![5, 6, 7, 8]));
    assert_eq!(bench.watcher.rows[&5], "the datablock ends at byte 10250, after 10 of the file's 30000 bytes");
    assert_eq!(bench.watcher.rows[&8], "the datablock ends at byte 10250, before the file's first byte (49340)");
}

#[test]
fn bytes_behind_the_end_are_found() {
    let mut bench = Bench::new(MIXED);
    bench.place.memory.damage(BLOCK, |block| block.push(0));
    let checked = bench.go().unwrap();
    assert_eq!((checked.whole_ok, checked.wrong), (false, 0));
}

#[test]
fn a_hundred_wrong_files_are_named_and_all_are_counted() {
    let mut bench = Bench::new(&[(0, 10); 150]);
    bench.place.memory.damage(BLOCK, |block| block.fill(0));
    let checked = bench.go().unwrap();
    assert_eq!((checked.wrong, checked.first_wrong.len(), bench.wrong().len()), (150, 100, 150));
}

#[test]
fn a_resumed_check_reads_only_what_is_left() {
    let mut bench = Bench::new(&[(512, 200_000)]);
    bench.place.faulty.unplug_at(30);
    bench.go().unwrap_err();
    assert!(bench.watcher.checkpoints > 5);
    bench.place.faulty.heal();
    let before = bench.place.faulty.bytes_read();
    assert!(bench.go().unwrap().ok());
    let length = bench.plan.block().len() as u64;
    assert!(bench.place.faulty.bytes_read() - before < length - 8192 * 5, "the beginning is not read again");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_at_random_it_finds_the_same(
        files in proptest::collection::vec((prop_oneof![Just(0_usize), 0_usize..5000], prop_oneof![Just(0_usize), 1_usize..30_000]), 0..15),
        damage in proptest::option::of(any::<prop::sample::Index>()),
        short in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
        cuts in proptest::collection::vec((any::<bool>(), 0_u64..60), 0..5),
    ) {
        let mut unbroken = Bench::new(&files);
        let length = unbroken.plan.block().len();
        let spoil = |place: &Place| place.memory.damage(BLOCK, |block| {
            if let Some(at) = damage {
                block[at.index(length)] ^= 1;
            }
            if let Some(at) = short {
                block.truncate(at.index(length));
            }
        });
        spoil(&unbroken.place);
        let expected = unbroken.go().unwrap();
        let mut broken = Bench::new(&files);
        spoil(&broken.place);
        for (unplug, at) in cuts {
            if unplug { broken.place.faulty.unplug_at(at) } else { broken.watcher.patience.set(at) }
            if broken.go().is_ok() {
                break;
            }
            broken.place.faulty.heal();
            broken.watcher.patience.set(u64::MAX);
        }
        broken.place.faulty.heal();
        broken.watcher.patience.set(u64::MAX);
        prop_assert_eq!(broken.go().unwrap(), expected);
        prop_assert_eq!(broken.watcher.rows, unbroken.watcher.rows);
    }
}
