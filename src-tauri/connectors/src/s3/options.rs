//! What a connection says of an S3 endpoint.

use std::time::Duration;

use longshore_transfer::storage::Result;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Account;
use crate::{Connection, with_scheme};

/// How a bucket is named in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Addressing {
    /// In the path at an endpoint of one's own, in the host name at AWS.
    #[default]
    Auto,
    /// In the path: `https://host/bucket/key`.
    Path,
    /// In the host name: `https://bucket.host/key`.
    Virtual,
}

/// Which checksums go with what is written, for the server to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Checksums {
    /// CRC-32C, and MD5 instead as soon as a reply shows that the server does not know it.
    #[default]
    Auto,
    /// CRC-32C, always.
    WhenSupported,
    /// MD5 (`Content-MD5`), which every server has known from the beginning: for older ones that refuse the new headers.
    WhenRequired,
}

/// What the extra fields of a connection to S3 may say. Airflow's names for them are understood too.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools)] // each is a field of the form
pub struct Options {
    /// The bucket that the storage lies in. Without one, the first component of every path is a bucket.
    #[serde(alias = "bucket_name")]
    #[schemars(title = "Bucket")]
    pub bucket: Option<String>,
    /// How the account is reached.
    #[serde(flatten)]
    pub account: Account,
    /// How the bucket is named in a request.
    #[serde(alias = "addressing_style")]
    #[schemars(title = "Addressing")]
    pub addressing: Addressing,
    /// Which checksums go with what is written.
    #[serde(alias = "request_checksum_calculation")]
    #[schemars(title = "Checksums")]
    pub checksums: Option<Checksums>,
    /// Storage class of what is written, such as `STANDARD_IA` or `DEEP_ARCHIVE`; the bucket's default without one.
    #[schemars(title = "Storage class")]
    pub storage_class: Option<String>,
    /// Bytes of a part of a large file, in MiB, 5 to 5,120; chosen from the size of the file without one.
    #[serde(deserialize_with = "number")]
    #[schemars(title = "Part size (MiB)")]
    pub part_size_mib: Option<u64>,
    /// Requests at once, at most, for all transfers together: files and parts of them. How many of these are of use is found out.
    #[serde(deserialize_with = "number")]
    #[schemars(title = "Transfers at once")]
    pub max_transfers: Option<u64>,
    /// Requests are not signed: for buckets that anybody may read.
    #[serde(deserialize_with = "yes")]
    #[schemars(title = "Anonymous")]
    pub anonymous: bool,
    /// Seconds without one byte after which a request is given up and tried again; 30 without one.
    #[serde(deserialize_with = "number")]
    #[schemars(title = "Timeout (s)")]
    pub timeout_seconds: Option<u64>,
    /// Airflow's place for the access key, where it is not the login.
    #[schemars(skip)]
    pub aws_access_key_id: Option<String>,
    /// Airflow's place for the secret key, where it is not the password.
    #[schemars(skip)]
    pub aws_secret_access_key: Option<String>,
    /// Airflow's `verify`: a path is a CA bundle.
    #[schemars(skip)]
    pub verify: Option<Value>,
    /// Airflow's `config_kwargs`, of which `s3.addressing_style` is read.
    #[schemars(skip)]
    pub config_kwargs: Value,
    /// Airflow's `service_config`, of which `s3.bucket_name` and `s3.endpoint_url` are read.
    #[schemars(skip)]
    pub service_config: Value,
}

/// Keys that a connection holds.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) access: String,
    pub(super) secret: SecretString,
}

/// Fields of the options that are secrets.
pub(crate) const SECRETS: &[&str] = &["session_token", "aws_session_token", "aws_secret_access_key"];

/// Bounds of the size of a part, in MiB: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
const PART_MIB: std::ops::RangeInclusive<u64> = 5..=5120;

impl Options {
    /// What the connection says, its own fields and Airflow's names taken in.
    pub(crate) fn of(connection: &Connection) -> Result<Self> {
        let mut options: Self = connection.options()?;
        options.account.endpoint_url =
            options.account.endpoint_url.take().or_else(|| inner(&options.service_config, "endpoint_url"));
        options.account.endpoint_url = options.account.endpoint_url.take().or_else(|| endpoint(connection));
        options.bucket = options.bucket.take().or_else(|| connection.schema.clone());
        options.bucket = options.bucket.take().or_else(|| inner(&options.service_config, "bucket_name"));
        match inner(&options.config_kwargs, "addressing_style").as_deref() {
            Some("path") => options.addressing = Addressing::Path,
            Some("virtual") => options.addressing = Addressing::Virtual,
            _ => {}
        }
        options.tidy();
        options.check(connection)?;
        Ok(options)
    }

    /// An empty field of a form is one that was not filled in.
    fn tidy(&mut self) {
        self.account.tidy();
        for text in [&mut self.bucket, &mut self.storage_class] {
            text.take_if(|text| text.trim().is_empty());
        }
    }

    fn check(&mut self, connection: &Connection) -> Result<()> {
        let wrong = |why: &str| Err(connection.wrong(why.into()));
        match self.verify.take() {
            Some(Value::String(path)) if !path.is_empty() && !is_no(&path) && !is_yes(&path) => {
                self.account.ca_bundle.get_or_insert(path.into());
            }
            Some(Value::Bool(false)) => return wrong(NO_VERIFY),
            Some(Value::String(no)) if is_no(&no) => return wrong(NO_VERIFY),
            _ => {}
        }
        if self.part_size_mib.is_some_and(|size| !PART_MIB.contains(&size)) {
            return wrong("the size of a part must be 5 to 5,120 MiB");
        }
        if self
            .account
            .endpoint_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return wrong("its endpoint must begin with https:// or http://");
        }
        if self.bucket.as_ref().is_some_and(|bucket| bucket.contains('/')) {
            return wrong("a bucket's name has no slash; folders in it are given with the storage");
        }
        Ok(())
    }

    /// The keys that the connection itself has.
    pub(super) fn keys(&self, connection: &Connection) -> Result<Option<Keys>> {
        let access =
            connection.login.clone().filter(|login| !login.is_empty()).or_else(|| self.aws_access_key_id.clone());
        let secret = connection.password.clone().or_else(|| self.aws_secret_access_key.clone().map(SecretString::from));
        match (access, secret) {
            (Some(access), Some(secret)) => Ok(Some(Keys { access, secret })),
            (Some(_), None) => Err(connection.wrong("it has an access key and no secret key".into())),
            (None, _) => Ok(None),
        }
    }

    /// How long a request may go without one byte.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.unwrap_or(30).clamp(1, 3600))
    }

    /// Whether the bucket is named in the path.
    pub(super) fn path_style(&self) -> bool {
        let dotted = self.bucket.as_ref().is_some_and(|bucket| bucket.contains('.'));
        match self.addressing {
            Addressing::Path => true,
            Addressing::Virtual => false,
            // A wildcard certificate does not cover a name with dots in it.
            Addressing::Auto => self.account.endpoint_url.is_some() || dotted,
        }
    }
}

const NO_VERIFY: &str =
    "certificates are always checked; give the certificate of the server's authority as its CA bundle";

/// The endpoint in Airflow's `host` and `port`.
fn endpoint(connection: &Connection) -> Option<String> {
    let host = connection.host.as_deref().filter(|host| !host.is_empty())?;
    let url = with_scheme(host);
    Some(connection.port.map_or(url.clone(), |port| format!("{}:{port}", url.trim_end_matches('/'))))
}

/// A field of the part that speaks of S3 in one of Airflow's nested settings.
fn inner(settings: &Value, field: &str) -> Option<String> {
    settings.get("s3")?.get(field)?.as_str().map(str::to_owned)
}

fn is_yes(text: &str) -> bool {
    ["true", "1", "yes", "on"].contains(&text.to_lowercase().as_str())
}

fn is_no(text: &str) -> bool {
    ["false", "0", "no", "off"].contains(&text.to_lowercase().as_str())
}

/// A truth that may be text, as all values of a connection's URI are.
fn yes<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<bool, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(false),
        Value::Bool(yes) => Ok(yes),
        Value::String(text) if is_yes(&text) => Ok(true),
        Value::String(text) if is_no(&text) || text.is_empty() => Ok(false),
        other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
    }
}

/// A number that may be text.
fn number<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<u64>, D::Error> {
    let value = Value::deserialize(from)?;
    let number = match &value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{value} is not a whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn connection(extra: &Value) -> Connection {
        let extra = extra.as_object().cloned().unwrap_or_default();
        Connection { id: "c".into(), kind: "aws".into(), login: Some("key".into()), extra, ..Connection::default() }
    }

    fn options(extra: &Value) -> Options {
        Options::of(&connection(extra)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn airflow_names_are_understood() {
        let found = options(&json!({
            "region_name": "eu-central-1", "endpoint_url": "http://127.0.0.1:9000", "aws_session_token": "t",
            "config_kwargs": {"s3": {"addressing_style": "virtual"}}, "service_config": {"s3": {"bucket_name": "b"}},
            "verify": "/etc/ca.pem", "part_size_mib": "16", "anonymous": "False",
        }));
        assert_eq!((found.account.region.as_deref(), found.bucket.as_deref()), (Some("eu-central-1"), Some("b")));
        assert_eq!((found.account.session_token.as_deref(), found.part_size_mib), (Some("t"), Some(16)));
        assert_eq!((found.path_style(), found.anonymous), (false, false));
        assert_eq!(found.account.ca_bundle, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn the_host_is_an_endpoint() {
        let host = |host: &str, port| Connection { host: Some(host.into()), port, ..connection(&json!({})) };
        let found = |connection| Options::of(&connection).ok().and_then(|options| options.account.endpoint_url);
        assert_eq!(found(host("s3.example.org", None)).as_deref(), Some("https://s3.example.org"));
        assert_eq!(found(host("http://10.0.0.1", Some(9000))).as_deref(), Some("http://10.0.0.1:9000"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let why =
            |extra: Value| Options::of(&connection(&extra)).map_or_else(|error| error.why, |_| "understood".into());
        assert!(why(json!({"verify": false})).starts_with("certificates are always checked"));
        assert!(why(json!({"part_size_mib": 1})).contains("5 to 5,120"));
        assert!(why(json!({"part_size_mib": "x"})).contains("not a whole number"));
        assert!(why(json!({"endpoint_url": "s3.example.org"})).contains("https://"));
        assert!(why(json!({"bucket": "a/b"})).contains("slash"));
        assert!(why(json!({"addressing": "odd"})).contains("odd"));
    }

    #[test]
    fn a_key_without_its_secret_is_refused() {
        let options = options(&json!({}));
        assert_eq!(options.keys(&connection(&json!({}))).err().map(|error| error.code), Some("connection.wrong"));
    }
}
