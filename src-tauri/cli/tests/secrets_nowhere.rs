//! After all that is done with connections, their secrets stand in no file that the program wrote, and in nothing that it said.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Place, Ran};
use longshore_testkit::servers::Seaweed;

/// Secrets of three connections: one that is kept, one that lies in a file, one of the environment, which is wrong.
const KEPT: &str = "longshore-secret";
const ELSEWHERE: &str = "elsewhere-secret-81";
const WRONG: &str = "wrong-secret-82";
/// The passphrase, in a file beside the workspace.
const PASSPHRASE: &str = "passphrase-of-this-test-83";

struct Scene {
    place: Place,
    server: Seaweed,
    said: std::cell::RefCell<String>,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { place: Place::new(), server: Seaweed::start(), said: std::cell::RefCell::default() };
        scene.place.file("given/passphrase.txt", PASSPHRASE);
        scene.place.file("given/elsewhere.txt", format!("{ELSEWHERE}\n"));
        scene
    }

    fn uri(&self, secret: &str) -> String {
        let endpoint = self.server.url().replace(':', "%3A").replace('/', "%2F");
        format!("s3://longshore-key:{secret}@/?endpoint_url={endpoint}&region_name=us-east-1")
    }

    /// The program, with everything that it may write below the test's folder.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.place.command(args);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR"] {
            let folder = self.place.path(&format!("home/{name}"));
            std::fs::create_dir_all(&folder).unwrap();
            command.env(name, folder);
        }
        command.env("LONGSHORE_KEYRING", "off").env("LONGSHORE_LOG", "debug");
        command.env("LONGSHORE_PASSPHRASE_FILE", self.place.path("given/passphrase.txt"));
        command.env("AIRFLOW_CONN_ENVLAB", self.uri(WRONG));
        command
    }

    fn run(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (out, err) = (text(output.stdout), text(output.stderr));
        self.said.borrow_mut().extend([&*out, &*err]);
        Ran { code: output.status.code().unwrap_or(-1), out, err }
    }

    /// Runs a flow that copies, and waits for it.
    fn copy(&self, from: &str, to: &str) -> Ran {
        let text = format!("id: copies\ntasks:\n  - {{id: a, uses: copy, with: {{from: '{from}', to: '{to}'}}}}\n");
        let file = self.place.file("copies.yaml", text);
        self.run(&["flow", "run", file.to_str().unwrap(), "--wait"], "")
    }

    /// A flow whose connection is there for a run only, with its secret among the run's parameters: planned, run, and its task tried.
    fn fleeting(&self, source: &str) {
        let endpoint = self.server.url();
        let text = format!(
            "id: fleeting\nparams: {{key: {{type: string, format: secret}}}}\ntasks:\n  - id: a\n    uses: copy\n    with:\n      \
             from: {source}\n      to: once:landing/once.bin\n      connections: [{{id: once, conn_type: s3, login: longshore-key, \
             password: '{{{{ params.key }}}}', extra: {{endpoint_url: '{endpoint}', region_name: us-east-1}}}}]\n"
        );
        let file = self.place.file("fleeting.yaml", text);
        let file = file.to_str().unwrap();
        let key = format!("{KEPT}\n");
        self.run(&["plan", "flow", file, "--secret", "key"], &key).expect(0);
        self.run(&["flow", "run", file, "--secret", "key", "--wait"], &key).expect(0);
        self.run(&["task", "test", file, "a", "--secret", "key"], &key).expect(0);
        let listed = self.run(&["--json", "ls", "lab:landing/once.bin"], "").expect(0);
        assert!(listed.out.contains("300000"), "{}", listed.out);
        self.run(&["ls", "once:landing"], "").expect(1);
    }

    /// Files that the program wrote in which a secret stands.
    fn found(&self) -> Vec<(PathBuf, &'static str)> {
        let mut found = Vec::new();
        let files =
            [self.place.workspace(), self.place.path("home")].iter().flat_map(|top| below(top)).collect::<Vec<_>>();
        assert!(files.iter().any(|path| path.ends_with("longshore.db")), "{files:?}");
        for path in files {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let stands = |secret: &&str| bytes.windows(secret.len()).any(|at| at == secret.as_bytes());
            let secrets = [KEPT, ELSEWHERE, WRONG, PASSPHRASE];
            found.extend(secrets.into_iter().filter(stands).map(|secret| (path.clone(), secret)));
        }
        found
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[test]
fn secrets_of_connections_are_nowhere() {
    let scene = Scene::new();
    let source = scene.place.file("source/data.bin", vec![7; 300_000]);
    scene.run(&["connection", "add", "lab", "--uri", "-"], &scene.uri(KEPT)).expect(0);
    let reference = format!("password=file:{}", scene.place.path("given/elsewhere.txt").display());
    scene.run(&["connection", "add", "elsewhere", "--uri", "-", "--secret", &reference], &scene.uri("")).expect(0);
    // Into a file: nobody reads a pipe while it works, and one that is full would stop it.
    let (owner_said, mut serve) = (scene.place.path("owner.log"), scene.command(&["serve"]));
    serve.stdout(Stdio::null()).stderr(std::fs::File::create(&owner_said).unwrap());
    let mut owner = serve.spawn().unwrap();
    // What commands find there is either the service, or they themselves; both write.
    scene.run(&["connection", "test", "lab", "--path", "landing", "--write"], "").expect(0);
    scene.run(&["connection", "test", "envlab", "--path", "landing"], "").expect(1);
    scene.run(&["connection", "test", "elsewhere", "--path", "landing"], "").expect(1);
    scene.copy(source.to_str().unwrap(), "lab:landing/in/data.bin").expect(0);
    let back = scene.place.path("back.bin");
    scene.copy("lab:landing/in/data.bin", back.to_str().unwrap()).expect(0);
    assert_eq!(std::fs::read(back).unwrap(), vec![7; 300_000]);
    assert_ne!(scene.copy("envlab:landing/in/data.bin", "lab:landing/out").code, 0);
    assert_ne!(scene.copy("elsewhere:landing/in/data.bin", "lab:landing/out").code, 0);
    scene.fleeting(source.to_str().unwrap());
    scene.run(&["archive", source.to_str().unwrap(), "--name", "Data"], "").expect(0);
    scene.run(&["connection", "export"], "").expect(0);
    scene.run(&["connection", "duplicate", "lab", "lab-2"], "").expect(0);
    scene.run(&["connection", "remove", "lab-2"], "").expect(0);
    scene.run(&["--json", "audit", "list"], "").expect(0);
    scene.run(&["db", "backup", "backup.db"], "").expect(0);
    // With the owner at work: its write-ahead log too.
    assert_eq!(scene.found(), []);
    rustix::process::kill_process(rustix::process::Pid::from_child(&owner), rustix::process::Signal::TERM).unwrap();
    owner.wait().unwrap();
    assert_eq!(scene.found(), []);
    let said = scene.said.borrow().clone() + &std::fs::read_to_string(owner_said).unwrap();
    assert!(said.contains("the workspace is owned by this process"), "{said}");
    for secret in [KEPT, ELSEWHERE, WRONG, PASSPHRASE] {
        assert!(!said.contains(secret), "{secret} was said:\n{said}");
    }
}
