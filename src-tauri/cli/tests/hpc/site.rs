//! A machine over SSH, a repository, the data catalogue, and connections to them under the names that Airflow's users gave them.

use std::fs;
use std::path::PathBuf;

use longshore_testkit::servers::data_catalogue::{DataCatalogue, USER};
use longshore_testkit::servers::repository::{Repository, Speaks, TOKEN};
use longshore_testkit::servers::sshd::{Setup, Sshd};
use serde_json::{Value, json};

use crate::common::Place;

pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) ssh: Sshd,
    pub(crate) repository: Repository,
    pub(crate) catalogue: DataCatalogue,
}

/// `None` where no sshd is installed, which is said.
pub(crate) fn site(speaks: Speaks) -> Option<Site> {
    site_in(Place::new(), speaks)
}

pub(crate) fn site_in(place: Place, speaks: Speaks) -> Option<Site> {
    let ssh = Sshd::start(&Setup::default())?;
    let site = Site { place, ssh, repository: Repository::start(speaks), catalogue: DataCatalogue::start() };
    let known = site.ssh.connection();
    let mut extra = known.extra.clone();
    extra.remove("remote_path");
    let ssh = json!({"conn_type": "ssh", "host": known.host, "port": known.port, "login": known.login, "extra": extra});
    site.add("default_ssh", &ssh, &[]);
    site.add("default_b2share", &https(&site.repository.url()), &[("access_token", TOKEN)]);
    let mut catalogue = https(&site.catalogue.url());
    catalogue["login"] = json!(USER.0);
    site.add("datacat", &catalogue, &[("password", USER.1)]);
    Some(site)
}

/// A connection of the type that Airflow's users have for everything that has a web address.
pub(crate) fn https(url: &str) -> Value {
    let (host, port) = url.strip_prefix("http://").unwrap().split_once(':').unwrap();
    json!({"conn_type": "https", "schema": "http", "host": host, "port": port.parse::<u16>().unwrap()})
}

impl Site {
    pub(crate) fn add(&self, id: &str, connection: &Value, secrets: &[(&str, &str)]) {
        let file = self.place.file(&format!("{id}.json"), connection.to_string());
        let mut args = vec!["connection".into(), "add".into(), id.into(), "--file".into(), file.display().to_string()];
        for (field, value) in secrets {
            let file = self.place.file(&format!("{id}.{field}.txt"), value);
            args.extend(["--secret".into(), format!("{field}=file:{}", file.display())]);
        }
        self.place.run(args).expect(0);
    }

    /// Parameters that name the machine and not a connection, without a login.
    pub(crate) fn machine(&self) -> Value {
        let host_key = fs::read_to_string(self.ssh.path("host_ed25519.pub")).unwrap();
        let host_key: Vec<&str> = host_key.split_whitespace().take(2).collect();
        json!({"host": "127.0.0.1", "port": self.ssh.port(), "host_key": host_key.join(" ")})
    }

    /// A path on the machine, from its top.
    pub(crate) fn there(&self, name: &str) -> String {
        self.ssh.files().join(name).display().to_string()
    }

    pub(crate) fn content(&self, name: &str) -> Vec<u8> {
        fs::read(self.ssh.files().join(name)).unwrap()
    }

    /// Names of the files in a folder of the machine.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.ssh.files().join(name)) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A file with a flow as it is built in, but for the tries that it makes by itself.
    pub(crate) fn once(&self, flow: &str) -> String {
        let builtin = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../flows/flows/{flow}.yaml"));
        let text =
            fs::read_to_string(builtin).unwrap().replacen(&format!("id: {flow}"), &format!("id: {flow}_once"), 1);
        let lines = text.lines().filter(|line| !line.contains(" retries:") && !line.starts_with("aliases:"));
        let text = lines.collect::<Vec<_>>().join("\n");
        self.place.file(&format!("{flow}_once.yaml"), text).display().to_string()
    }

    /// Runs a flow to its end: the exit code, and the run.
    pub(crate) fn flow(&self, flow: &str, params: &Value) -> (i32, Value) {
        let file: PathBuf = self.place.file("params.json", params.to_string());
        let ran = self.place.run(["--json", "flow", "run", flow, "--wait", "--params-file", file.to_str().unwrap()]);
        let told = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
        (ran.code, told)
    }

    /// The id of a run that was told.
    pub(crate) fn id(run: &Value) -> String {
        let id = ["/id", "/0/id", "/0/run/id"].into_iter().find_map(|place| run.pointer(place));
        id.and_then(Value::as_str).unwrap_or_else(|| panic!("{run:#}")).to_owned()
    }

    /// Tries what failed in a run again, which does well.
    #[track_caller]
    pub(crate) fn retried(&self, run: &str) {
        self.place.run(["run", "retry", run]).expect(0);
        self.place.run(["run", "wait", run]).expect(0);
    }

    /// Runs a flow that does well.
    #[track_caller]
    pub(crate) fn well(&self, flow: &str, params: &Value) -> Value {
        let (code, run) = self.flow(flow, params);
        assert_eq!(code, 0, "{run:#}");
        run
    }

    /// Runs a flow that fails: the code of the fault, and all that was told.
    #[track_caller]
    pub(crate) fn fault(&self, flow: &str, params: &Value) -> (String, String) {
        let (code, run) = self.failed(flow, params);
        (code, run.to_string())
    }

    /// The same: the code of the fault, and the run.
    #[track_caller]
    pub(crate) fn failed(&self, flow: &str, params: &Value) -> (String, Value) {
        let (code, run) = self.flow(flow, params);
        assert_eq!(code, 1, "{run:#}");
        let fault = run.pointer("/0/fault").or_else(|| run.get("fault")).cloned().unwrap_or_default();
        (fault["code"].as_str().unwrap_or_default().to_owned(), run)
    }
}
