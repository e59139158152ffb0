//! OpenSSH's server with keys of its own: nothing of the machine's configuration is read or changed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use longshore_connectors::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::free_ports;

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Lines of sshd_config(5) besides those that every server gets; those at the front win.
    pub config: Vec<String>,
    /// Types of host keys as `ssh-keygen -t` takes them; ed25519 if there is none.
    pub host_keys: Vec<&'static str>,
}

/// A server that runs until it is dropped.
pub struct Sshd {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    log: Arc<Mutex<String>>,
}

/// Where OpenSSH's server lies; `None` where it is not installed.
fn program() -> Option<PathBuf> {
    ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].iter().map(PathBuf::from).find(|path| path.exists())
}

/// Runs a program that is to do well.
fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a key pair at `path`.
///
/// # Panics
/// Where `ssh-keygen` fails.
pub fn make_key(path: &Path, kind: &str, passphrase: &str) {
    let _ = fs::remove_file(path);
    let path = path.to_string_lossy();
    run("ssh-keygen", &["-q", "-t", kind, "-N", passphrase, "-C", "a test's key", "-f", &path]);
}

impl Sshd {
    /// Starts a server; `None` where none is installed, which is said.
    ///
    /// # Panics
    /// Where it is installed and does not start.
    pub fn start(setup: &Setup) -> Option<Self> {
        let Some(program) = program() else {
            super::skipped("no sshd: scripts/install.sh test installs it");
            return None;
        };
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let [port] = free_ports();
        let mut server = Self { folder, port, child: None, log: Arc::default() };
        server.prepare(setup);
        server.launch(&program);
        Some(server)
    }

    fn prepare(&self, setup: &Setup) {
        let put = |name: &str, content: String| {
            fs::write(self.path(name), content).unwrap_or_else(|error| panic!("{name} cannot be written: {error}"));
        };
        fs::create_dir(self.files()).unwrap_or_else(|error| panic!("no folder for files: {error}"));
        make_key(&self.path("login_key"), "ed25519", "");
        let public = fs::read_to_string(self.path("login_key.pub")).unwrap_or_default();
        put("authorized_keys", public);
        let kinds = if setup.host_keys.is_empty() { vec!["ed25519"] } else { setup.host_keys.clone() };
        for kind in &kinds {
            make_key(&self.path(&format!("host_{kind}")), kind, "");
        }
        put("known_hosts", kinds.iter().map(|kind| self.known_line(kind)).collect());
        let mut config = setup.config.clone();
        config.extend(kinds.iter().map(|kind| format!("HostKey {}", self.path(&format!("host_{kind}")).display())));
        config.extend([
            format!("ListenAddress 127.0.0.1:{}", self.port),
            format!("AuthorizedKeysFile {}", self.path("authorized_keys").display()),
            "PidFile none\nStrictModes no\nUsePAM no\nMaxStartups 100\nPrintMotd no\nUseDNS no".into(),
            "Subsystem sftp internal-sftp".into(),
        ]);
        put("sshd_config", config.join("\n") + "\n");
    }

    /// The line of a host key of this type for a known_hosts file.
    ///
    /// # Panics
    /// Where there is no such key.
    pub fn known_line(&self, kind: &str) -> String {
        let public = fs::read_to_string(self.path(&format!("host_{kind}.pub")));
        let public = public.unwrap_or_else(|error| panic!("no host key of type {kind}: {error}"));
        let words: Vec<&str> = public.split_whitespace().take(2).collect();
        format!("[127.0.0.1]:{} {}\n", self.port, words.join(" "))
    }

    fn launch(&mut self, program: &Path) {
        // A server that runs as root wants this folder for those who are not logged in yet.
        if rustix::process::getuid().is_root() {
            let _ = fs::create_dir_all("/run/sshd");
        }
        let mut child = Command::new(program)
            .args(["-D", "-e", "-f"])
            .arg(self.path("sshd_config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("sshd does not run: {error}"));
        let mut lines = BufReader::new(child.stderr.take().unwrap_or_else(|| panic!("sshd has no output"))).lines();
        let log = Arc::clone(&self.log);
        let keep = move |line: &str| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(line);
            log.push('\n');
        };
        let up =
            lines.by_ref().map_while(Result::ok).inspect(|line| keep(line)).any(|line| line.contains("listening on"));
        assert!(up, "sshd did not start: {}", self.log());
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| keep(&line)));
        self.child = Some(child);
    }

    /// Something in the server's own folder: `login_key`, `known_hosts`, `authorized_keys`, `host_ed25519`, ...
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An empty folder for the files that a test works with.
    pub fn files(&self) -> PathBuf {
        self.path("files")
    }

    /// Its port on the loopback device.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it with everybody who is connected.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let own = i32::try_from(child.id()).unwrap_or(0);
        let family = descendants(own);
        for process in family.into_iter().chain([own]) {
            if let Some(process) = Pid::from_raw(process) {
                let _ = kill_process(process, Signal::KILL);
            }
        }
        let _ = child.wait();
    }

    /// Cuts the connection by which this process was started: the server's process for it ends, the process itself does not.
    ///
    /// # Panics
    /// Where the process was not started by this server.
    pub fn drop_connection_of(&self, process: u32) {
        let own = self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok()).unwrap_or(0);
        let process = i32::try_from(process).unwrap_or(0);
        let session = parent(process).filter(|session| descendants(own).contains(session));
        let session =
            session.and_then(Pid::from_raw).unwrap_or_else(|| panic!("{process} was not started by this server"));
        let _ = kill_process(session, Signal::KILL);
    }

    /// Ends it with everybody who is connected, and starts it again on the same port.
    ///
    /// # Panics
    /// Where it does not start again.
    pub fn restart(&mut self) {
        self.stop();
        self.launch(&program().unwrap_or_else(|| panic!("sshd is gone")));
    }

    /// A connection to it: this process's user by the server's key, its host key known, nothing read from the user's home.
    pub fn connection(&self) -> Connection {
        let extra = json!({
            "key_file": self.path("login_key"),
            "known_hosts": self.path("known_hosts"),
            "ssh_config": "none",
            "look_for_keys": false,
            "remote_path": self.files(),
        });
        let Value::Object(extra) = extra else { return Connection::default() };
        Connection {
            id: "server".into(),
            kind: "sftp".into(),
            host: Some("127.0.0.1".into()),
            port: Some(self.port),
            login: Some(user()),
            extra,
            ..Connection::default()
        }
    }

    /// The same with other fields of `extra`; those that are null are taken out.
    ///
    /// # Panics
    /// If `fields` is no object.
    pub fn connection_with(&self, fields: Value) -> Connection {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let mut connection = self.connection();
        connection.extra.extend(fields);
        connection.extra = connection.extra.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>();
        connection
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The user that this process runs as.
///
/// # Panics
/// Where `id` does not run.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap_or_else(|error| panic!("id does not run: {error}"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The process that started a process.
fn parent(process: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold blanks; the state stands between.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Processes that a process has started, and those that they have.
fn descendants(of: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let process: i32 = entry.file_name().to_str()?.parse().ok()?;
            Some((process, parent(process)?))
        })
        .collect();
    let mut family = vec![of];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    family.split_off(1)
}

/// A user that is made for a test and removed after it, with a password and an empty home folder. Only root can.
pub struct FreshUser {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: &'static str,
    /// Its home folder.
    pub home: TempDir,
}

impl FreshUser {
    /// Makes it; `None` where this process may not, which is said.
    ///
    /// # Panics
    /// Where `useradd` fails.
    pub fn make(tag: &str) -> Option<Self> {
        if !rustix::process::getuid().is_root() || !Path::new("/usr/sbin/useradd").exists() {
            super::skipped("only root can make a user to log in with a password");
            return None;
        }
        let home = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let user = Self { name: format!("ls-{tag}-{}", std::process::id()), password: "correct horse", home };
        let hashed = Command::new("openssl").args(["passwd", "-6", user.password]).output();
        let hashed = hashed.unwrap_or_else(|error| panic!("openssl does not run: {error}")).stdout;
        let hashed = String::from_utf8_lossy(&hashed).trim().to_owned();
        let folder = user.home.path().to_string_lossy().into_owned();
        run("/usr/sbin/useradd", &["-M", "-N", "-d", &folder, "-s", "/bin/sh", "-p", &hashed, &user.name]);
        run("chown", &[&user.name, &folder]);
        run("chmod", &["755", &folder]);
        Some(user)
    }
}

impl Drop for FreshUser {
    fn drop(&mut self) {
        let _ = Command::new("/usr/sbin/userdel").arg(&self.name).output();
    }
}
