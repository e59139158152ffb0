//! Limits of bytes a second, by a clock that the waits themselves move on.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use common::{Watcher, noise};
use longshore_testkit::Memory;
use longshore_testkit::conformance;
use longshore_transfer::bandwidth::{Bandwidth, Time, limited};
use longshore_transfer::copy::{self, Checkpoint, Copied, Item, Options};
use longshore_transfer::storage::{Finish, ReadOptions, Storage};
use longshore_transfer::{Fail, Result, Watch, many};

const MIB: u64 = 1 << 20;

/// Time that passes only while somebody waits.
#[derive(Default)]
struct Waits(Mutex<Duration>);

impl Time for Waits {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wait(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

fn bandwidth(time: &Arc<Waits>, rate: u64) -> Arc<Bandwidth> {
    let bandwidth = Bandwidth::timed(time.clone());
    bandwidth.follow(move || Some(rate));
    Arc::new(bandwidth)
}

/// Reads a file of so many bytes to its end, in pieces of a MiB; how long that takes.
fn reading(storage: &dyn Storage, time: &Waits, path: &[u8]) -> f64 {
    let began = time.now();
    let mut reader = storage.read(path, ReadOptions::default()).unwrap();
    let mut buffer = vec![0; MIB as usize];
    while reader.read(&mut buffer).unwrap() == buffer.len() {}
    time.now().as_secs_f64() - began.as_secs_f64()
}

fn memory(size: u64) -> Arc<Memory> {
    let memory = Memory::new();
    memory.put(b"file", &noise(1, size as usize));
    Arc::new(memory)
}

#[test]
fn what_is_read_comes_at_the_rate() {
    let time = Arc::new(Waits::default());
    let storage = limited(memory(10 * MIB), vec![bandwidth(&time, MIB)]);
    let took = reading(storage.as_ref(), &time, b"file");
    assert!((9.8..=10.1).contains(&took), "{took} s for 10 MiB at 1 MiB/s");
}

#[test]
fn what_is_written_goes_at_the_rate_and_arrives_whole() {
    let (time, memory, bytes) = (Arc::new(Waits::default()), memory(0), noise(2, 4 << 20));
    let storage = limited(memory.clone(), vec![bandwidth(&time, 2 * MIB)]);
    let mut writer = storage.write(b"written", None).unwrap();
    bytes.chunks(MIB as usize).for_each(|piece| writer.write(piece).unwrap());
    writer.commit(&Finish::default()).unwrap();
    let took = time.now().as_secs_f64();
    // What was moved last is owed.
    assert!((1.8..=2.1).contains(&took), "{took} s for 4 MiB at 2 MiB/s");
    assert_eq!(memory.get(b"written").unwrap(), bytes);
}

#[test]
fn the_least_of_several_limits_holds_and_what_is_shared_is_shared() {
    let time = Arc::new(Waits::default());
    let all = bandwidth(&time, 4 * MIB);
    let slow = limited(memory(2 * MIB), vec![all.clone(), bandwidth(&time, MIB)]);
    let took = reading(slow.as_ref(), &time, b"file");
    assert!((1.8..=2.1).contains(&took), "{took} s for 2 MiB at 1 MiB/s");
    let (one, other) = (limited(memory(4 * MIB), vec![all.clone()]), limited(memory(4 * MIB), vec![all]));
    let began = time.now();
    reading(one.as_ref(), &time, b"file");
    reading(other.as_ref(), &time, b"file");
    let took = time.now().as_secs_f64() - began.as_secs_f64();
    assert!((1.8..=2.1).contains(&took), "{took} s for 8 MiB at 4 MiB/s together");
}

#[test]
fn a_rate_by_the_time_of_day_comes_into_force_while_a_file_is_read() {
    let time = Arc::new(Waits::default());
    let limit = Bandwidth::timed(time.clone());
    let clock = time.clone();
    limit.follow(move || Some(if clock.now() < Duration::from_secs(5) { MIB } else { 5 * MIB }));
    let storage = limited(memory(30 * MIB), vec![Arc::new(limit)]);
    let took = reading(storage.as_ref(), &time, b"file");
    // 5 MiB in the first five seconds, 25 MiB in five more; what is in force is asked for once a second.
    assert!((9.7..=10.9).contains(&took), "{took} s");
}

#[test]
fn a_limit_that_is_taken_off_holds_nobody_up_any_more() {
    /// Takes the limit off after a minute has passed.
    struct Off(Waits, Mutex<Option<Arc<Bandwidth>>>);
    impl Time for Off {
        fn now(&self) -> Duration {
            self.0.now()
        }
        fn wait(&self, time: Duration) {
            self.0.wait(time);
            let late = self.0.now() > Duration::from_mins(1);
            if let Some(limit) = self.1.lock().unwrap().take_if(|_| late) {
                limit.follow(|| None);
            }
        }
    }
    let time = Arc::new(Off(Waits::default(), Mutex::default()));
    let limit = Arc::new(Bandwidth::timed(time.clone()));
    limit.follow(|| Some(1024));
    *time.1.lock().unwrap() = Some(limit.clone());
    let storage = limited(memory(100 * MIB), vec![limit]);
    let took = reading(storage.as_ref(), &time.0, b"file");
    assert!((60.0..62.0).contains(&took), "{took} s");
}

/// Says to stop once a file was begun.
struct Stops(Watcher<Checkpoint>, bool);

impl Watch for Stops {
    fn progress(&mut self, _: u64, _: u64, _: &[u8]) {}

    fn cancelled(&self) -> bool {
        self.1
    }

    fn pace(&self) -> longshore_transfer::Pace {
        self.0.pace
    }
}

impl many::Observer for Stops {
    fn copied(&mut self, _: &[Copied]) -> Result<()> {
        Ok(())
    }

    fn failed(&mut self, _: &Item, fail: Fail) -> Result<()> {
        Err(fail)
    }

    fn checkpoint(&mut self, _: &Checkpoint) -> Result<()> {
        Ok(())
    }
}

impl copy::Observer for Stops {
    fn checkpoint(&mut self, _: &Checkpoint) -> Result<()> {
        Ok(())
    }
}

/// One file.
struct One(Option<Item>);

impl many::Items for One {
    fn page(&mut self, _: i64) -> Result<Vec<Item>> {
        Ok(self.0.take().into_iter().collect())
    }
}

#[test]
fn who_waits_for_the_rate_is_stopped_at_once() {
    /// Waiting for the rate would never end.
    struct Still;
    impl Time for Still {
        fn now(&self) -> Duration {
            Duration::ZERO
        }
        fn wait(&self, _: Duration) {
            thread::yield_now();
        }
    }
    let limit = Bandwidth::timed(Arc::new(Still));
    limit.follow(|| Some(1024));
    let (source, target) = (limited(memory(MIB), vec![Arc::new(limit)]), Memory::new());
    let meta = source.stat(b"file").unwrap();
    let item =
        Item { id: 1, source: b"file".into(), target: b"copy".into(), size: meta.size, mtime: meta.mtime, mode: 0o644 };
    let mut stops = Stops(Watcher::new(), true);
    let large = copy::copy_file(source.as_ref(), &target, &item, Options::default(), None, &mut stops);
    assert!(matches!(large, Err(Fail::Cancelled)), "{large:?}");

    stops.0.pace.small = 2 * MIB;
    let mut one = One(Some(item));
    let small = many::copy_many(source.as_ref(), &target, &mut one, 0, Options::default(), Vec::new(), &mut stops);
    assert!(matches!(small, Err(Fail::Cancelled)), "{small:?}");
}

#[test]
fn what_is_limited_is_a_storage_like_the_one_below_it() {
    conformance::run(limited(Arc::new(Memory::new()), vec![Arc::default()]).as_ref());
}
