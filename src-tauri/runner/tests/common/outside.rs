//! Systems outside of the workspace: a repository, the data catalogue, a web server, an archiver service, and folders that stand for machines and WebDAV.

use std::sync::Arc;

use longshore_connectors::Connection;
use longshore_connectors::connector;
use longshore_connectors::local::Local;
use longshore_testkit::Places;
use longshore_testkit::servers::data_catalogue::{DataCatalogue, USER};
use longshore_testkit::servers::gitlab::{self, Blob, GitLab};
use longshore_testkit::servers::model_server::{ModelServer, Run};
use longshore_testkit::servers::repository::{Repository, Speaks, Stored, TOKEN};
use longshore_testkit::servers::unicore::{self, Unicore};
use longshore_testkit::servers::{Answer, Answers};
use longshore_transfer::storage::Storage;
use serde_json::json;

use super::remote_archiver::RemoteArchiver;

/// A record with files.
pub(crate) const RECORD: &str = "0123456789abcdef0123456789abcdef";
/// An entry of the data catalogue: a dataset on WebDAV, and a template of metadata.
pub(crate) const ENTRY: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b11";
/// A storage target on WebDAV.
pub(crate) const TARGET: &str = "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b12";

pub(crate) struct Outside {
    repository: Repository,
    catalogue: DataCatalogue,
    web: Answers,
    gitlab: GitLab,
    models: ModelServer,
    unicore: Unicore,
    archiver: RemoteArchiver,
}

impl Outside {
    pub(crate) fn start() -> Self {
        let repository = Repository::start(Speaks::B2share);
        let files = (0..9).map(|number| (format!("file{number}"), Stored::of(vec![number; 10_000])));
        repository.held().publish(RECORD, "A record", files);
        let catalogue = DataCatalogue::start();
        let metadata = json!({
            "title": "T", "creator_name": "P", "description": "D", "open_access": "True", "community": "c",
            "path": "data/below",
        });
        catalogue.put("dataset", ENTRY, json!({"name": "d", "url": "webdav://in", "metadata": metadata}));
        catalogue.put("storage_target", ENTRY, json!({"name": "t", "url": "webdav://in", "metadata": metadata}));
        let target = json!({"name": "t", "url": "webdav://out", "metadata": {"path": "results"}});
        catalogue.put("storage_target", TARGET, target);
        let web = Answers::start(|_| Answer::new(200, vec![7; 100_000]).with("ETag", "\"1\""));
        let gitlab = GitLab::start();
        let files = ["a", "sub/b", "sub/c"].map(|name| (name, Blob::Lfs(vec![8; 10_000])));
        gitlab.held().push("group/project", files);
        let models = ModelServer::start();
        {
            let mut state = models.held();
            state.experiments.push("given".into());
            state.runs.push(Run { status: "FINISHED".into(), ..Run::default() });
            state.artifacts.insert("0/0/artifacts/model/model.pkl".into(), vec![6; 10_000]);
        }
        let (unicore, archiver) = (Unicore::start(), RemoteArchiver::start());
        Self { repository, catalogue, web, gitlab, models, unicore, archiver }
    }

    /// The address of a file on the web server.
    pub(crate) fn url(&self) -> String {
        format!("{}/images/image.sif", self.web.url())
    }

    /// The storages with those outside.
    pub(crate) fn reached_from(&self, places: Places) -> Places {
        let folder = |name: &str, below: &str| -> Arc<dyn Storage> {
            let folder = places.top().join(below);
            std::fs::create_dir_all(&folder).expect("a folder");
            Arc::new(Local::open(name, folder.as_os_str().as_encoded_bytes()).expect("a storage"))
        };
        let (hpc, from, to) = (folder("hpc", "source"), folder("in", "source"), folder("out", "retrieval"));
        let models = places.top().join("source/models");
        std::fs::create_dir_all(&models).expect("a folder");
        let attributes =
            json!({"name": "e", "metrics": {"m": 1}, "params": {"p": "q"}, "artifacts": ["model.dat", "pd.csv"]});
        let table = "params,mean_test_score\n{'a': 1},0.5\n{'a': 2},0.25\n";
        for (name, text) in
            [("attrs.json", attributes.to_string()), ("pd.csv", table.into()), ("model.dat", "m".into())]
        {
            std::fs::write(models.join(name), text).expect("a file");
        }
        let open = |kind: &str, url: String, login: Option<&str>, password: &str| {
            let (login, password) = (login.map(str::to_owned), Some(password.to_owned().into()));
            let connection = Connection {
                id: kind.into(),
                kind: kind.into(),
                host: Some(url),
                login,
                password,
                ..Connection::default()
            };
            connector(kind).expect("a connector").open(kind, &connection, b"").expect("a storage")
        };
        let records = open("b2share", self.repository.url(), None, TOKEN);
        let catalogue = open("datacat", self.catalogue.url(), Some(USER.0), USER.1);
        let places = places.with("hpc", hpc).with("webdav+in", from).with("webdav+out", to);
        let models = open("mlflow", self.models.url(), None, "a-token");
        let site = format!("{}{}", self.unicore.url(), unicore::BASE);
        let unicore = open("unicore", site, Some(unicore::USER.0), unicore::USER.1);
        let gitlab = open("gitlab", self.gitlab.url(), None, gitlab::TOKEN);
        let places = places
            .with("gitlab+default_gitlab", gitlab)
            .with("mlflow+my_mlflow", models)
            .with("unicore+default_unicore", unicore)
            .with("b2share+default_b2share", records)
            .with("datacat+datacat", catalogue);
        places.with_archiver(self.archiver.opened())
    }

    /// A line for each record and each entry; which id a record got does not matter.
    pub(crate) fn holds(&self) -> Vec<String> {
        let state = self.repository.held();
        let records = state.records.values().map(|held| {
            let files: Vec<_> = held.files.iter().map(|(name, file)| (name, &file.checksum, file.pending)).collect();
            // The mark names the run, which is another one each time.
            let mut said = held.said.clone();
            said.as_object_mut().map(|said| said.remove("alternate_identifiers"));
            format!("record {} {said} {files:?}", held.state)
        });
        let mut lines: Vec<String> = records.collect();
        let entries = self.catalogue.held();
        lines.extend(entries.iter().map(|((kind, _), entry)| format!("entry {kind} {}", entry["name"])));
        lines.extend(self.archiver.holds());
        let models = self.models.held();
        let run = |run: &Run| format!("run {} {:?} {:?}", run.status, run.params, run.metrics);
        lines.extend(models.runs.iter().map(run));
        lines.extend(models.artifacts.iter().map(|(path, bytes)| format!("artifact {path} {}", bytes.len())));
        let mut unicore = self.unicore.held();
        let entry =
            |(path, file): (&String, &Option<Vec<u8>>)| format!("UNICORE {path} {:?}", file.as_ref().map(Vec::len));
        lines.extend(unicore.files("HOME").iter().map(entry));
        lines.push(format!("{} records, {} entries", state.records.len(), entries.len()));
        lines
    }
}
