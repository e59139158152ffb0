//! A file whose copy is cut off at nine tenths: what goes over the line again, byte by byte, is the last tenth, what was on its way when
//! the line broke, and hardly more.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use longshore_connectors::local::Local;
use longshore_connectors::s3::S3;
use longshore_connectors::sftp::Sftp;
use longshore_connectors::{Connection, connector};
use longshore_testkit::proxy::{Direction, Proxy};
use longshore_testkit::servers::sshd::{Setup, Sshd};
use longshore_testkit::servers::{Nginx, Seaweed, to};
use longshore_testkit::{Faulty, Fuse, When};
use longshore_transfer::copy::{Checkpoint, Copied, Item, Observer, Options, copy_file};
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Pace, Result, Watch};
use serde_json::json;

/// Bytes of the file.
const SIZE: u64 = 400 << 20;

/// Bytes of it after which the line is cut.
const NINE_TENTHS: u64 = SIZE / 10 * 9;

/// Bytes a second of a connection: a line that is slower than a disk.
const RATE: u64 = 60 << 20;

/// Bytes that one connection of SFTP has under way, or that have not been synced yet where a sync is quick.
const UNCONFIRMED: u64 = 8 << 20;

/// Bytes that a busy disk has not synced yet, where there is no file system in memory.
const UNSYNCED: u64 = 48 << 20;

/// Where Linux has a file system in memory. What a disk that others keep busy has not synced goes over the line again, and that is no matter of
/// what is tested here.
const IN_MEMORY: &str = "/dev/shm";

/// Bytes that are fetched ahead in ranges side by side, at most.
const AHEAD: u64 = 48 << 20;

/// Bytes under way in the proxy.
const BUFFER: usize = 256 << 10;

/// One at a time: what a disk that is shared keeps waiting is not synced, and sent again.
static ALONE: Mutex<()> = Mutex::new(());

/// A file of noise on this machine, and empty folders beside it.
struct Bed {
    folder: tempfile::TempDir,
    unconfirmed: u64,
    _alone: MutexGuard<'static, ()>,
}

impl Bed {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let in_memory = rustix::fs::statvfs(IN_MEMORY).is_ok_and(|room| room.f_bavail * room.f_frsize > 4 * SIZE);
        let (folder, unconfirmed) = if in_memory {
            (tempfile::tempdir_in(IN_MEMORY).unwrap(), UNCONFIRMED)
        } else {
            (tempfile::tempdir().unwrap(), UNSYNCED)
        };
        fill(&folder.path().join("file"));
        for name in ["to", "server"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, unconfirmed, _alone: alone }
    }

    fn source(&self) -> Local {
        Local::open("source", self.folder.path().as_os_str().as_encoded_bytes()).unwrap()
    }

    fn target(&self) -> Local {
        Local::open("target", self.folder.path().join("to").as_os_str().as_encoded_bytes()).unwrap()
    }

    /// Whether a file holds what the source does.
    fn is_same(&self, path: &Path) -> bool {
        let compared = std::process::Command::new("cmp").arg(self.folder.path().join("file")).arg(path).status();
        compared.unwrap().success()
    }
}

/// Blocks that differ from one another.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    let mut block = vec![0_u8; 1 << 20];
    for number in 0..SIZE >> 20 {
        for (at, byte) in block.iter_mut().enumerate() {
            *byte = (at as u64).wrapping_mul(number * 2 + 1).to_le_bytes()[1];
        }
        std::io::Write::write_all(&mut file, &block).unwrap();
    }
}

/// Where a copy is cut off: looked at as it goes on, with the bytes that it has come to.
type Stop<'s> = &'s dyn Fn(u64) -> bool;

/// Stops where it is to, and keeps the last checkpoint as a journal would.
struct Keeper<'k> {
    stop: Stop<'k>,
    stopped: bool,
    checkpoint: Option<String>,
    pace: Pace,
}

impl Watch for Keeper<'_> {
    fn progress(&mut self, bytes: u64, _: u64, _: &[u8]) {
        self.stopped = self.stopped || (self.stop)(bytes);
    }

    fn cancelled(&self) -> bool {
        false
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl Observer for Keeper<'_> {
    fn checkpoint(&mut self, state: &Checkpoint) -> Result<()> {
        self.checkpoint = Some(serde_json::to_string(state).unwrap());
        Ok(())
    }
}

/// Copies the file; the outcome, and the last checkpoint.
fn copy(
    [from, to]: [&dyn Storage; 2],
    resume: Option<&str>,
    stop: Stop<'_>,
) -> (std::result::Result<Copied, Fail>, Option<String>) {
    let meta = from.stat(b"file").unwrap();
    let (source, target) = (b"file".to_vec(), b"file".to_vec());
    let item = Item { id: 1, source, target, size: meta.size, mtime: meta.mtime, mode: 0o600 };
    let mut keeper = Keeper { stop, stopped: false, checkpoint: None, pace: Pace::default() };
    if from.as_any().is::<Local>() && to.as_any().is::<Faulty>() {
        // A file of this size is copied within the time that lies between two checkpoints otherwise.
        keeper.pace.checkpoint_bytes = SIZE / 400;
    }
    let resume = resume.map(|text| serde_json::from_str(text).unwrap());
    let options = Options { replace: true, ..Options::default() };
    (copy_file(from, to, &item, options, resume, &mut keeper), keeper.checkpoint)
}

/// Cuts the line at nine tenths, lets it be whole again, and goes on; gives what went over it the second time.
fn cut_and_go_on(between: [&dyn Storage; 2], proxy: &Proxy, way: Direction) -> (u64, Copied) {
    proxy.change(|faults| faults.rate(Some(RATE)));
    let before = proxy.passed(way);
    let cut = |_| {
        let due = proxy.passed(way) - before >= NINE_TENTHS;
        if due {
            proxy.change(|faults| faults.refuse = true);
            proxy.restart();
        }
        due
    };
    let (broken, checkpoint) = copy(between, None, &cut);
    assert!(matches!(broken, Err(Fail::Storage(_))), "{broken:?}");
    proxy.change(|faults| faults.refuse = false);
    let before = proxy.passed(way);
    let (done, _) = copy(between, checkpoint.as_deref(), &|_| false);
    (proxy.passed(way) - before, done.unwrap())
}

/// At most a tenth, what was under way, and a two-hundredth.
fn hardly_more_than_a_tenth(again: u64, under_way: u64) {
    assert!(again <= SIZE / 1000 * 105 + under_way, "{again} bytes of {SIZE} went over the line again");
}

/// A folder by way of the proxy, under the server's own name, on one connection.
fn by(server: &Sshd, proxy: &Proxy, folder: &Path) -> Sftp {
    let known = server.known_line("ed25519");
    let through = known.replace(&server.port().to_string(), &proxy.address().port().to_string());
    std::fs::write(server.path("known_hosts"), through).unwrap();
    let mut connection: Connection = server.connection_with(json!({"sessions": 1}));
    connection.port = Some(proxy.address().port());
    Sftp::open("server", &connection, folder.as_os_str().as_encoded_bytes()).unwrap()
}

#[test]
fn up_to_a_machine_over_ssh_and_down_again() {
    let Some(server) = Sshd::start(&Setup::default()) else { return };
    let proxy = Proxy::with_buffer(([127, 0, 0, 1], server.port()).into(), BUFFER).unwrap();
    let bed = Bed::new();
    let there = by(&server, &proxy, &bed.folder.path().join("server"));
    let (again, _) = cut_and_go_on([&bed.source(), &there], &proxy, Direction::Up);
    hardly_more_than_a_tenth(again, bed.unconfirmed);
    assert!(bed.is_same(&bed.folder.path().join("server/file")));
    let (again, _) = cut_and_go_on([&there, &bed.target()], &proxy, Direction::Down);
    hardly_more_than_a_tenth(again, bed.unconfirmed);
    assert!(bed.is_same(&bed.folder.path().join("to/file")));
}

#[test]
fn down_from_a_server_of_http() {
    let server = Nginx::start();
    let proxy = Proxy::with_buffer(server.address(), BUFFER).unwrap();
    let connection = to(&format!("http://{}", proxy.address()), &json!({"retries": 2, "parallel": 2}));
    let there = connector("http").unwrap().open("web", &connection, b"").unwrap();
    let bed = Bed::new();
    std::fs::copy(bed.folder.path().join("file"), server.files().join("file")).unwrap();
    let (again, _) = cut_and_go_on([&*there, &bed.target()], &proxy, Direction::Down);
    hardly_more_than_a_tenth(again, AHEAD);
    assert!(bed.is_same(&bed.folder.path().join("to/file")));
}

/// Parts have at least 5 MiB: of a file of this size those that were on their way are more than a two-hundredth. What the endpoint
/// confirmed before the cut counts as confirmed after it.
#[test]
fn up_to_an_object_storage_and_down_again() {
    let server = Seaweed::start();
    let proxy = Proxy::with_buffer(server.address(), BUFFER).unwrap();
    let extra = json!({"bucket": "landing", "endpoint_url": format!("http://{}", proxy.address())});
    let (bed, there) = (Bed::new(), S3::open("bucket", &server.connection(&extra), b"").unwrap());
    let (again, copied) = cut_and_go_on([&bed.source(), &there], &proxy, Direction::Up);
    assert!(again <= SIZE / 10 + there.on_their_way(SIZE) + SIZE / 1000, "{again} bytes went up again");
    assert!(copied.confirmed, "every part was compared with its checksum, before the cut or after it");
    let (again, _) = cut_and_go_on([&there, &bed.target()], &proxy, Direction::Down);
    hardly_more_than_a_tenth(again, AHEAD);
    assert!(bed.is_same(&bed.folder.path().join("to/file")));
    let large = 2 << 30;
    assert!(there.on_their_way(large) <= large / 200, "so much is sent twice of a file of 2 GiB");
}

/// From now on nothing is done any more.
fn blow(fuse: &Fuse) -> bool {
    fuse.set(Some((0, When::Before)));
    fuse.step(|| Ok(()), || ()).is_err()
}

/// Here the process is what stops: what the target's folder was given is counted.
#[test]
fn from_one_folder_to_another() {
    let bed = Bed::new();
    let fuse = Arc::new(Fuse::new());
    let target = Faulty::new(Arc::new(bed.target()), Arc::clone(&fuse));
    let stop = |bytes| bytes >= NINE_TENTHS && blow(&fuse);
    let (stopped, checkpoint) = copy([&bed.source(), &target], None, &stop);
    assert!(stopped.is_err());
    let target = Faulty::new(Arc::new(bed.target()), Arc::new(Fuse::new()));
    let (done, _) = copy([&bed.source(), &target], checkpoint.as_deref(), &|_| false);
    assert_eq!(done.unwrap().size, SIZE);
    hardly_more_than_a_tenth(target.written(), bed.unconfirmed);
    assert!(bed.is_same(&bed.folder.path().join("to/file")));
}
