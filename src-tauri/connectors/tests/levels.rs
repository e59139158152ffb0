//! How much is under way at once: a server that refuses too many finds out, and so does the connection.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use longshore_connectors::{Connection, connector};
use longshore_testkit::conformance;
use longshore_testkit::servers::{Answer, Answers, Asked, Program, Seaweed, WebDav};
use longshore_transfer::storage::{Finish, Known, ReadOptions, Storage};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;

/// What a server sees of how many ask it at once.
struct Door {
    /// More than this at once are refused.
    refuses_above: usize,
    busy: AtomicUsize,
    most: AtomicUsize,
    refused: AtomicUsize,
}

impl Door {
    fn new(refuses_above: usize) -> Arc<Self> {
        let number = || AtomicUsize::new(0);
        Arc::new(Self { refuses_above, busy: number(), most: number(), refused: number() })
    }

    /// Answers by `answer`, which takes some milliseconds, or refuses at once.
    fn pass(&self, answer: impl FnOnce() -> Answer) -> Answer {
        let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(busy, Ordering::SeqCst);
        let refused = busy > self.refuses_above;
        let answer = if refused {
            self.refused.fetch_add(1, Ordering::SeqCst);
            Answer::new(503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>")
        } else {
            take_time();
            answer()
        };
        self.busy.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}

fn count(of: &AtomicUsize) -> usize {
    of.load(Ordering::SeqCst)
}

/// Waits for what never comes.
fn take_time() {
    let (_kept, never) = channel::<()>();
    assert!(never.recv_timeout(Duration::from_millis(5)).is_err());
}

fn open(kind: &str, url: &str, extra: &Value) -> Arc<dyn Storage> {
    let extra = extra.as_object().cloned().unwrap_or_default();
    let (login, password) = (Some("key".into()), Some("secret".to_owned().into()));
    let (id, kind, host) = ("here".into(), kind.to_owned(), Some(url.to_owned()));
    let connection = Connection { id, kind, host, login, password, extra, ..Connection::default() };
    connector(&connection.kind).unwrap().open("here", &connection, b"").unwrap()
}

/// An endpoint of S3 that takes whatever is put.
fn endpoint(door: &Arc<Door>) -> Answers {
    let door = Arc::clone(door);
    Answers::start(move |_: &Asked| door.pass(|| Answer::new(200, "").with("ETag", "\"0\"")))
}

/// Puts so many small objects, from as many threads as the storage has use for and more.
fn put_many(storage: &dyn Storage, count: usize) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::SeqCst) < count {
                    let name = format!("{}", next.load(Ordering::SeqCst));
                    let known = Known { size: 4, mtime: None };
                    let mut writer = storage.write_sized(name.as_bytes(), None, known).unwrap();
                    writer.write(b"1234").unwrap();
                    writer.commit(&Finish { replace: true, ..Finish::default() }).unwrap();
                }
            });
        }
    });
}

#[test]
fn an_endpoint_that_asks_for_fewer_is_asked_by_as_many_as_it_takes_and_nothing_fails() {
    let door = Door::new(6);
    let server = endpoint(&door);
    let storage = open("s3", &server.url(), &json!({"bucket": "b", "checksums": "when_required"}));
    put_many(&*storage, 300);
    let (level, before) = (storage.level().unwrap(), count(&door.refused));
    assert!(before > 0 && level.turns <= 6, "{before} refused, {level:?}");
    put_many(&*storage, 1200);
    let (level, refused) = (storage.level().unwrap(), count(&door.refused) - before);
    assert!((2..=6).contains(&level.turns), "{level:?}");
    assert!(refused <= 12, "{refused} of 1200 were refused once the level was found");
}

#[test]
fn a_limit_of_four_means_four() {
    let door = Door::new(usize::MAX);
    let server = endpoint(&door);
    let storage =
        open("s3", &server.url(), &json!({"bucket": "b", "checksums": "when_required", "max_transfers": "4"}));
    assert_eq!(storage.width(), 4);
    put_many(&*storage, 200);
    assert_eq!(count(&door.most), 4);
    let level = storage.level().unwrap();
    assert_eq!((level.most, level.under_way), (4, 0));
}

#[test]
fn the_parts_of_one_file_take_turns_like_files() {
    let (door, content) = (Door::new(usize::MAX), Arc::new(vec![7_u8; 40 * MIB]));
    let (seen, bytes) = (Arc::clone(&door), Arc::clone(&content));
    let server = Answers::start(move |asked: &Asked| seen.pass(|| part_of(&bytes, &asked.headers["range"])));
    let storage = open("http", &server.url(), &json!({"parallel": 8, "max_transfers": 2}));
    let mut reader = storage.read(b"file", ReadOptions::default()).unwrap();
    let mut came = vec![0; content.len()];
    assert_eq!(reader.read(&mut came).unwrap(), content.len());
    assert!(came == *content);
    assert_eq!(count(&door.most), 2);
}

fn part_of(content: &[u8], range: &str) -> Answer {
    let (from, last) = range.trim_start_matches("bytes=").split_once('-').unwrap();
    let from: usize = from.parse().unwrap();
    let end = (last.parse::<usize>().unwrap() + 1).min(content.len());
    let span = format!("bytes {from}-{}/{}", end - 1, content.len());
    Answer::new(206, &content[from..end]).with("Content-Range", &span).with("ETag", "\"same\"")
}

/// With one turn only, whatever waits for another while it holds one would wait for ever.
#[test]
fn one_turn_is_enough_for_everything() {
    let one = json!({"max_transfers": 1});
    let server = Seaweed::start();
    let bucket = json!({"bucket": "landing", "max_transfers": 1});
    let s3 = longshore_connectors::s3::S3::open("bucket", &server.connection(&bucket), b"").unwrap();
    conformance::run(&s3);
    let server = WebDav::start(Program::Rclone);
    let mut connection = server.connection();
    connection.extra.extend(one.as_object().cloned().unwrap());
    let webdav = connector("webdav").unwrap().open("dav", &connection, b"").unwrap();
    conformance::run(&*webdav);
    from_itself_to_itself(&*webdav);
}

/// Reads and writes a large file at the same time.
fn from_itself_to_itself(storage: &dyn Storage) {
    let content: Vec<u8> = (0..20 * MIB).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut writer = storage.write(b"large", None).unwrap();
    content.chunks(MIB).for_each(|piece| writer.write(piece).unwrap());
    writer.commit(&Finish { replace: true, ..Finish::default() }).unwrap();
    let mut reader = storage.read(b"large", ReadOptions::default()).unwrap();
    let known = Known { size: content.len() as u64, mtime: None };
    let mut writer = storage.write_sized(b"again", None, known).unwrap();
    let (mut piece, mut came) = (vec![0; MIB], Vec::new());
    loop {
        let count = reader.read(&mut piece).unwrap();
        writer.write(&piece[..count]).unwrap();
        came.extend_from_slice(&piece[..count]);
        if count < piece.len() {
            break;
        }
    }
    writer.commit(&Finish { replace: true, ..Finish::default() }).unwrap();
    assert!(came == content);
}

#[test]
fn no_turn_at_all_is_refused_in_words() {
    let extra = json!({"bucket": "b", "max_transfers": 0}).as_object().cloned().unwrap();
    let connection = Connection { id: "here".into(), kind: "s3".into(), extra, ..Connection::default() };
    let opened = connector("s3").unwrap().open("here", &connection, b"");
    assert_eq!(opened.err().map(|error| error.code), Some("connection.wrong"));
}
