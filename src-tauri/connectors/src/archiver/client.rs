//! The client: tokens, calls, and what they answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use longshore_transfer::storage::{Error, Result, Status};
use reqwest::{Method, Url, header};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::answer::{meaning, said};
use crate::Connection;
use crate::http::{self, Ask, Site, Tries, Trouble};
use crate::scicat::{Now, SciCat};

/// Bytes of a GiB, in which the service is told sizes.
const GIB: u64 = 1 << 30;
/// A token is renewed so long before its end, or a tenth of its life if that is less.
const BEFORE: Duration = Duration::from_mins(5);
/// Bytes of an answer at most: ten thousand URLs.
const LARGEST: usize = 32 << 20;

/// Fields of `extra`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Path of the interface on the host; `/archiver/api/v1` if not given.
    pub prefix: Option<String>,
    /// Connection to the SciCat whose token the service takes (its `POST /token`), where no token is given as the password.
    pub scicat: Option<String>,
    /// File with the certificates of authorities (PEM) that are trusted besides those of this machine.
    pub ca_bundle: Option<PathBuf>,
    /// Seconds that the server may say nothing; 60 if not given.
    pub timeout: Option<f64>,
    /// Further tries of a request that failed by what may pass; 5 if not given.
    pub retries: Option<u32>,
}

/// A token that the service gave.
struct Token {
    text: SecretString,
    /// When to get another one.
    until: SystemTime,
}

/// What `POST /token` gives.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: Option<u64>,
}

/// Whose dataset it is, as the service asks for it at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finish {
    /// Have it archived.
    pub archive: bool,
    /// User.
    pub owner: String,
    /// Group.
    pub owner_group: String,
    /// Whom to tell.
    pub contact: String,
}

/// An archiver service, as a connection leads to it.
pub struct Archiver {
    pub(super) site: Site,
    /// A token that was given, which cannot be renewed.
    given: Option<SecretString>,
    /// Whose tokens it takes.
    scicat: Option<Arc<SciCat>>,
    token: Mutex<Option<Token>>,
    now: Now,
}

impl Archiver {
    /// The service that a connection leads to. It is not asked yet. `scicat`: what [`Options::scicat`] names.
    pub fn open(connection: &Connection, scicat: Option<Arc<SciCat>>, now: Now) -> Result<Self> {
        let options: Options = connection.options()?;
        let scheme = connection.schema.as_deref().filter(|scheme| !scheme.is_empty()).unwrap_or("https");
        let mut base = http::address(connection, scheme)?;
        let prefix = options.prefix.as_deref().unwrap_or("/archiver/api/v1");
        base.set_path(&format!("{}/{}/", base.path().trim_end_matches('/'), prefix.trim_matches('/')));
        // A token goes to the service alone, and never along with a presigned URL.
        let without = Connection { login: None, password: None, ..connection.clone() };
        let site = http::Options::bare(options.ca_bundle, options.timeout, options.retries);
        let site = site.site(&connection.id, &without, base, b"")?;
        Ok(Self { site, given: connection.password.clone(), scicat, token: Mutex::default(), now })
    }

    pub(super) fn address(&self) -> &Url {
        &self.site.base
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    pub(super) fn error(&self, code: &'static str, status: Status, what: &str, why: impl Into<String>) -> Error {
        let (what, why) = (what.to_owned(), why.into());
        Error { code, status, what, why, path: Vec::new(), storage: self.site.name.to_string() }
    }

    pub(super) fn of_trouble(&self, what: &str, trouble: Trouble) -> Error {
        self.error(trouble.code, trouble.status, what, trouble.why)
    }

    /// The status with which it answers somebody who asks for nothing.
    pub(super) async fn looked_at(&self) -> Result<u16> {
        let what = "Asking the archiver";
        let url = self.url(what, "s3/requestDatasetUpload")?;
        let answer = self.site.answer(&Ask::new(Method::GET, url)).await;
        let status = answer.map_err(|trouble| self.of_trouble(what, trouble))?.status().as_u16();
        // It takes a POST there: a GET is not allowed, or not let in.
        if status == 404 {
            let (code, status, why) = meaning(404);
            return Err(self.error(code, status, what, why));
        }
        Ok(status)
    }

    fn url(&self, what: &str, path: &str) -> Result<Url> {
        let joined = self.site.base.join(path);
        joined.map_err(|error| self.error("archiver.address", Status::Permanent, what, error.to_string()))
    }

    /// Asks for room for a dataset. The size is told in whole GiB, rounded up.
    ///
    /// # Errors
    /// `archiver.no_room`, transient; `archiver.no_bucket`, where the service itself lacks its landing zone.
    pub async fn request(&self, pid: &str, bytes: u64) -> Result<()> {
        let what = format!("Asking the archiver for room for {pid}");
        let body = json!({"dataset_id": pid, "dataset_size_gib": bytes.div_ceil(GIB)});
        let told = self.post(&what, "s3/requestDatasetUpload", &body, true).await?;
        let message = told["message"].as_str().unwrap_or_default();
        // The service says this with a status that means that all is well.
        if message.contains("does not exist") {
            return Err(self.error(
                "archiver.no_bucket",
                Status::Permanent,
                &what,
                format!("the service says: {message}"),
            ));
        }
        Ok(())
    }

    /// Says that a dataset is whole. Gives what the service says to that.
    pub async fn finish(&self, pid: &str, how: &Finish) -> Result<String> {
        let what = format!("Telling the archiver that {pid} is whole");
        let body = json!({"dataset_id": pid, "create_archiving_job": how.archive, "owner_group": how.owner_group,
            "owner_user": how.owner, "contact_email": how.contact});
        let told = self.post(&what, "s3/finalizeDatasetUpload", &body, false).await?;
        Ok(told["message"].as_str().unwrap_or_default().to_owned())
    }

    /// A dataset is not uploaded after all.
    pub async fn give_up(&self, pid: &str) -> Result<()> {
        let what = format!("Telling the archiver that {pid} is not uploaded");
        self.post(&what, "s3/abortDatasetUpload", &json!({"dataset_id": pid}), true).await.map(drop)
    }

    /// What a POST answers. One that may be repeated is sent until it is answered.
    pub(super) async fn post(&self, what: &str, path: &str, body: &Value, repeatable: bool) -> Result<Value> {
        let url = self.url(what, path)?;
        let mut tries = Tries::new(if repeatable { self.site.patience.tries } else { 0 });
        let mut renewed = false;
        loop {
            let token = self.token(renewed).await?;
            match self.sent(what, &url, body, token.as_ref()).await {
                // Its token may have been forgotten with a restart of the service.
                Err(error) if error.code == "archiver.denied" && !renewed && self.can_renew() => renewed = true,
                Err(error) if error.code != "archiver.no_room" => {
                    let Ok(wait) = tries.after(Trouble::new(error.code, error.status, "")) else { return Err(error) };
                    tokio::time::sleep(wait).await;
                }
                done => return done,
            }
        }
    }

    fn can_renew(&self) -> bool {
        self.given.is_none() && self.scicat.is_some()
    }

    async fn sent(&self, what: &str, url: &Url, body: &Value, token: Option<&SecretString>) -> Result<Value> {
        let mut ask = Ask::new(Method::POST, url.clone()).with(header::ACCEPT, "application/json");
        if let Some(token) = token {
            ask = ask.with(header::AUTHORIZATION, &format!("Bearer {}", token.expose_secret()));
        }
        ask = ask.with(header::CONTENT_TYPE, "application/json").body(body.to_string());
        let mut answer = self.site.answer(&ask).await.map_err(|trouble| self.of_trouble(what, trouble))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(piece) =
            self.site.in_time(answer.chunk()).await.map_err(|trouble| self.of_trouble(what, trouble))?
        {
            if body.len() + piece.len() > LARGEST {
                return Err(self.error("archiver.answer", Status::Permanent, what, "the answer is too large"));
            }
            body.extend_from_slice(&piece);
        }
        if !status.is_success() {
            let ((code, kind, words), told) = (meaning(status.as_u16()), said(&body));
            let why = if told.is_empty() { String::new() } else { format!(": {told}") };
            return Err(self.error(code, kind, what, format!("{words} ({}){why}", status.as_u16())));
        }
        serde_json::from_slice(&body).map_err(|error| self.not_understood(what, &error.to_string()))
    }

    pub(super) fn not_understood(&self, what: &str, why: &str) -> Error {
        // The answer itself is not told: it may hold a token, or URLs.
        let why = format!("the archiver's answer is not understood: {why}");
        self.error("archiver.answer", Status::Permanent, what, why)
    }

    /// The token to send along; none where the service lets everybody in.
    async fn token(&self, anew: bool) -> Result<Option<SecretString>> {
        if let Some(given) = &self.given {
            return Ok(Some(given.clone()));
        }
        let Some(scicat) = &self.scicat else { return Ok(None) };
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| !anew && (self.now)() < token.until) {
            return Ok(Some(token.text.clone()));
        }
        let what = "Logging in to the archiver with a token of SciCat";
        let theirs = scicat.token().await.map_err(|error| self.error(error.code, error.status, what, error.why))?;
        let asked = (self.now)();
        let told = self.sent(what, &self.url(what, "token")?, &Value::Null, theirs.as_ref()).await?;
        let given: Given =
            serde_json::from_value(told).map_err(|error| self.not_understood(what, &error.to_string()))?;
        let life = Duration::from_secs(given.expires_in.unwrap_or(3600));
        let text = SecretString::from(given.access_token);
        *held = Some(Token { text: text.clone(), until: asked + life.saturating_sub(BEFORE.min(life / 10)) });
        Ok(Some(text))
    }
}
