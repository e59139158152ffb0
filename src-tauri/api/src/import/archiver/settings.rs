//! What the variables and secrets of an archiving service come to: connections, storages, and what is missing.

use std::collections::BTreeMap;

use longshore_connectors::with_scheme;
use longshore_runner::variables::Form;
use serde_json::{Map, Value, json};

use super::{Source, Whose};
use crate::import::kept;
use crate::wire::{ConnectionSetArgs, Hidden, SecretGiven, StorageSetArgs};

/// The connection to the object storage.
const S3_CONNECTION: &str = "archiver-s3";

/// The storages that are buckets, and the variable that names each.
const BUCKETS: [(&str, &str); 4] = [
    ("landing", "minio_landingzone_bucket"),
    ("lts", "s3_archival_bucket"),
    ("retrieval", "minio_retrieval_bucket"),
    ("staging", "minio_staging_bucket"),
];

/// What variables come to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// Connections, as they are to be. Secrets that were not given stay as they are.
    pub(crate) connections: Vec<ConnectionSetArgs>,
    /// Storages, as they are to be.
    pub(crate) storages: Vec<StorageSetArgs>,
    /// What is missing, by the name that the archiving service has for it, and what for.
    pub(crate) missing: Vec<String>,
}

/// What these variables and secrets come to. `secrets_known` says of which connections the secrets are kept already.
pub(crate) fn of(
    all: &Map<String, Value>,
    secrets: &BTreeMap<Whose, Source>,
    secrets_known: &dyn Fn(&str) -> bool,
) -> Settings {
    let mut work = Work { all, secrets, secrets_known, found: Settings::default() };
    work.object_storage();
    work.scicat();
    work.lts();
    work.folder("scratch", "archiver_scratch_folder");
    work.found
}

struct Work<'w> {
    all: &'w Map<String, Value>,
    secrets: &'w BTreeMap<Whose, Source>,
    secrets_known: &'w dyn Fn(&str) -> bool,
    found: Settings,
}

impl Work<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.all.get(name)?.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.all.get(name).and_then(Form::number)
    }

    /// Notes that something is missing, under its name in capitals.
    fn lacks(&mut self, name: &str, what_for: &str) {
        self.found.missing.push(format!("{}: {what_for}", name.to_uppercase()));
    }

    fn object_storage(&mut self) {
        let buckets: Vec<(&str, String)> =
            BUCKETS.iter().filter_map(|(storage, name)| Some((*storage, self.text(name)?))).collect();
        let endpoint = self.text("minio_endpoint").map(|text| with_scheme(&text));
        if buckets.is_empty() && endpoint.is_none() {
            return;
        }
        let Some(endpoint) = endpoint else {
            return self.lacks("minio_endpoint", "where the object storage of the buckets is");
        };
        for (storage, name) in BUCKETS.iter().filter(|(storage, _)| ["landing", "retrieval"].contains(storage)) {
            if self.text(name).is_none() {
                self.lacks(name, &format!("the bucket of the storage {storage}, which stays where it is"));
            }
        }
        let mut extra = vec![("endpoint_url", json!(endpoint))];
        extra.extend(self.text("minio_region").map(|region| ("region_name", json!(region))));
        let workers = self
            .all
            .get("archiver_num_workers")
            .and_then(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()));
        extra.extend(workers.filter(|count| *count > 0).map(|count| ("max_transfers", json!(count))));
        self.connection(S3_CONNECTION, "s3", None, &extra, [Whose::S3User, Whose::S3Password]);
        for (storage, bucket) in buckets {
            let connection = Some(S3_CONNECTION.to_owned());
            self.found.storages.push(StorageSetArgs { connection, folder: Some(bucket), ..unmoved(storage) });
        }
    }

    fn scicat(&mut self) {
        let prefix = self.text("scicat_api_prefix");
        let Some(endpoint) = self.text("scicat_endpoint") else {
            if prefix.is_some() {
                self.lacks("scicat_endpoint", "where SciCat is");
            }
            return;
        };
        let mut extra = Vec::new();
        let given = self.text("scicat_datasets_api_prefix").or_else(|| prefix.clone());
        extra.extend(given.map(|prefix| ("prefix", json!(prefix))));
        let jobs = self.text("scicat_jobs_api_prefix").filter(|jobs| Some(jobs) != prefix.as_ref());
        extra.extend(jobs.map(|prefix| ("jobs_prefix", json!(prefix))));
        let id = self.text("scicat_connection").unwrap_or_else(|| "scicat".to_owned());
        self.connection(
            &id,
            "scicat",
            Some(with_scheme(&endpoint)),
            &extra,
            [Whose::ScicatUser, Whose::ScicatPassword],
        );
    }

    fn lts(&mut self) {
        let bucket = self.found.storages.iter().any(|storage| storage.name == "lts");
        if bucket && self.text("lts_storage_root").is_some() {
            self.found.missing.push(
                "LTS_STORAGE_ROOT and S3_ARCHIVAL_BUCKET both say where the LTS is: remove the one that does not hold"
                    .to_owned(),
            );
            self.found.storages.retain(|storage| storage.name != "lts");
            return;
        }
        self.folder("lts", "lts_storage_root");
        let floor = self.number("lts_free_space_percentage");
        match self.found.storages.iter_mut().find(|storage| storage.name == "lts") {
            Some(lts) => lts.floor_percent = floor,
            None if floor.is_some() => {
                self.found.storages.push(StorageSetArgs { floor_percent: floor, ..unmoved("lts") });
            }
            None => {}
        }
    }

    fn folder(&mut self, storage: &str, name: &str) {
        let path = self.text(name);
        if path.is_some() {
            self.found.storages.push(StorageSetArgs { path, ..unmoved(storage) });
        }
    }

    fn connection(&mut self, id: &str, kind: &str, host: Option<String>, extra: &[(&str, Value)], who: [Whose; 2]) {
        let [user, password] = who;
        let login = self.secrets.get(&user).and_then(|source| plain(source).ok());
        let given = self.secrets.get(&password);
        let names =
            if user == Whose::S3User { ["minio_user", "minio_password"] } else { ["scicat_user", "scicat_password"] };
        if !(self.secrets_known)(id) {
            let wanted = [(login.is_none(), names[0]), (given.is_none(), names[1])];
            for (_, name) in wanted.into_iter().filter(|(missing, _)| *missing) {
                self.lacks(name, &format!("a file or a variable with it, for the connection {id}"));
            }
        }
        let secret = given.map(|source| ("password".to_owned(), secret(source)));
        self.found.connections.push(ConnectionSetArgs {
            connection: id.to_owned(),
            kind: kind.to_owned(),
            host,
            login,
            extra: extra.iter().map(|(field, value)| ((*field).to_owned(), Hidden(value.clone()))).collect(),
            secrets: secret.into_iter().collect(),
            ..ConnectionSetArgs::default()
        });
    }
}

fn unmoved(name: &str) -> StorageSetArgs {
    let name = name.to_owned();
    StorageSetArgs { name, path: None, connection: None, folder: None, floor_percent: None, quota: None }
}

/// What is no secret itself: the name of a user.
fn plain(source: &Source) -> std::io::Result<String> {
    match source {
        Source::Value(text) => Ok(text.clone()),
        Source::File(path) => std::fs::read_to_string(path).map(|text| text.trim().to_owned()),
    }
}

fn secret(source: &Source) -> SecretGiven {
    match source {
        Source::Value(text) => kept(text.clone()),
        Source::File(path) => SecretGiven::From(format!("file:{}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(all: Value, secrets: &[(Whose, &str)]) -> Settings {
        let secrets = secrets.iter().map(|(whose, text)| (*whose, Source::Value((*text).to_owned()))).collect();
        of(&serde_json::from_value(all).unwrap(), &secrets, &|_| false)
    }

    #[test]
    fn a_deployment_with_a_share_and_buckets() {
        let found = settings(
            json!({
                "minio_endpoint": "s3.example.org:9090", "minio_region": "eu-west-1", "minio_landingzone_bucket": "landingzone",
                "minio_retrieval_bucket": "retrieval", "archiver_num_workers": "4", "lts_storage_root": "/mnt/lts",
                "lts_free_space_percentage": 20, "scicat_endpoint": "https://lab.example.org/scicat", "scicat_api_prefix": "/api/v3",
                "scicat_jobs_api_prefix": "/api/v4"
            }),
            &[(Whose::S3User, "keeper"), (Whose::S3Password, "word"), (Whose::ScicatUser, "ingestor")],
        );
        assert_eq!(found.missing, ["SCICAT_PASSWORD: a file or a variable with it, for the connection scicat"]);
        let [s3, scicat] = &found.connections[..] else { panic!("{found:?}") };
        assert_eq!((s3.connection.as_str(), s3.login.as_deref()), (S3_CONNECTION, Some("keeper")));
        assert_eq!(s3.extra["endpoint_url"].0, "https://s3.example.org:9090");
        assert_eq!(s3.extra["max_transfers"].0, json!(4));
        assert!(s3.secrets.contains_key("password") && scicat.secrets.is_empty());
        assert_eq!(scicat.extra["jobs_prefix"].0, "/api/v4");
        let lts = found.storages.iter().find(|storage| storage.name == "lts").unwrap();
        assert_eq!((lts.path.as_deref(), lts.floor_percent), (Some("/mnt/lts"), Some(20.0)));
        let landing = found.storages.iter().find(|storage| storage.name == "landing").unwrap();
        assert_eq!(
            (landing.connection.as_deref(), landing.folder.as_deref()),
            (Some(S3_CONNECTION), Some("landingzone"))
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(settings(json!({}), &[]), Settings::default());
        let found = settings(json!({"minio_retrieval_bucket": "b", "scicat_api_prefix": "/api/v3"}), &[]);
        let names: Vec<_> = found.missing.iter().filter_map(|text| text.split(':').next()).collect();
        assert_eq!(names, ["MINIO_ENDPOINT", "SCICAT_ENDPOINT"]);
        let both = json!({"minio_endpoint": "h", "s3_archival_bucket": "b", "lts_storage_root": "/mnt"});
        let found = settings(both, &[(Whose::S3User, "u"), (Whose::S3Password, "p")]);
        assert!(found.missing.iter().any(|text| text.contains("both say where the LTS is")), "{found:?}");
        assert!(found.storages.is_empty());
    }
}
