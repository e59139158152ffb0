//! Real servers, started for a test on free ports of this machine's loopback and ended with it.
//!
//! They are installed by `scripts/install.sh test` into `servers` of the target folder. A test whose server is not there fails, and says
//! so: one that passed without it would say nothing.

mod answers;
pub mod data_catalogue;
pub mod gitlab;
mod holding;
mod mlflow;
pub mod model_server;
mod moto;
mod nginx;
mod openbao;
mod orchestrators;
pub mod repository;
pub mod scicat;
mod seaweed;
pub mod sshd;
pub mod unicore;
mod webdav;

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead, BufReader, PipeReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub use answers::{Answer, Answers, Asked};
pub use holding::Holding;
pub use mlflow::Mlflow;
pub use moto::Moto;
pub use nginx::{Nginx, to};
pub use openbao::OpenBao;
pub use orchestrators::{Airflow, Prefect};
pub use seaweed::Seaweed;
pub use webdav::{Program, Server as WebDav};

/// How long a server may take to answer after it was started: on a busy machine much longer than on an idle one.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a server's program is: in the environment `kit` of the target folder, or on the path.
///
/// # Panics
/// Where it is in neither.
pub fn program(kit: &str, name: &str) -> PathBuf {
    let installed = targets().map(|target| target.join("servers").join(kit).join("bin").join(name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        installed.chain(std::env::split_paths(&path).map(|folder| folder.join(name))).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: run scripts/install.sh test"))
}

/// Folders that may be the target folder: the one that is set, and those that this program lies in.
fn targets() -> impl Iterator<Item = PathBuf> {
    let set = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let here = std::env::current_exe().unwrap_or_default();
    set.into_iter().chain(here.ancestors().map(Path::to_path_buf).collect::<Vec<_>>())
}

/// Ports that nobody listens at now, below those that the system gives to connections that go out: between the choice and
/// the server's start no client can take one, and no other test of this program gets the same.
///
/// # Panics
/// Where the machine has none left.
pub fn free_ports<const N: usize>() -> [u16; N] {
    [(); N].map(|()| (0..PORTS.len()).find_map(|_| next_port()).expect("a free port"))
}

/// On Linux the ports for connections that go out begin at 32768 (ip(7), `ip_local_port_range`).
const PORTS: Range<u16> = 10_000..32_000;

/// The next port in turn, where it can be listened at. Each program begins somewhere else.
fn next_port() -> Option<u16> {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let [high, low, ..] = RandomState::new().hash_one(()).to_be_bytes();
        AtomicU16::new(u16::from_be_bytes([high, low]))
    });
    let span = PORTS.end - PORTS.start;
    let port = PORTS.start + NEXT.fetch_add(1, Ordering::Relaxed) % span;
    TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
}

/// How long nothing that a server writes is waited for before it is asked again whether it is ready.
const LOOK: Duration = Duration::from_millis(50);

/// A server that runs; its whole process group ends with this.
pub struct Server {
    child: Child,
    name: String,
}

impl Server {
    /// Starts a program, and waits until `ready`.
    ///
    /// # Panics
    /// Where it cannot be started, ends, or is not ready in time; with the last that it wrote.
    pub fn start(command: &mut Command, ready: impl Fn() -> bool) -> Self {
        use std::os::unix::process::CommandExt as _;
        let name = command.get_program().to_string_lossy().into_owned();
        let (output, input) = std::io::pipe().expect("a pipe");
        let errors = input.try_clone().expect("the pipe twice");
        let command = command.stdin(Stdio::null()).stdout(input).stderr(errors).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (mut server, lines) = (Self { child, name }, follow(output));
        let (began, mut last) = (Instant::now(), VecDeque::new());
        while !ready() {
            let ended = server.child.try_wait().expect("its state");
            let waits = ended.is_none() && began.elapsed() < PATIENCE;
            assert!(waits, "{} is not ready ({ended:?}):\n{}", server.name, Vec::from(last).join("\n"));
            // What it writes is the sign that it has come further.
            last.extend(lines.recv_timeout(LOOK));
            last.drain(..last.len().saturating_sub(40));
        }
        server
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Takes what a server writes, for as long as it does.
fn follow(output: PipeReader) -> Receiver<String> {
    let (to, lines) = channel();
    std::thread::spawn(move || {
        // Nobody reads it when the server is ready; it must not wait for a reader.
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(to.send(line)));
    });
    lines
}

/// The status that a request without a body gets; `None` where nobody answers.
pub fn status(port: u16, method: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(head.as_bytes()).ok()?;
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).ok()?;
    std::str::from_utf8(&reply[9..]).ok()?.parse().ok()
}

/// Says that a test did not run, and why: where this user may not do what it needs.
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}
