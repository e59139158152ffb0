//! `http.request`: one request, whose answer is the output or becomes a file.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::{Fault, Millis};
use longshore_transfer::hash::{Hashes, hex};
use longshore_transfer::storage::{Finish, Writer};
use reqwest::{Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

use super::defaults::{get, half_a_minute};
use crate::Size;
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::http::{self, Body, Request};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::location::Location;
use crate::scalar::Scalar;
use crate::span::Span;

/// Pieces of a body that may wait to be written.
const WAITING: usize = 8;
/// The longest wait that the other side may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// How often it may ask for one.
const WAITS: u32 = 10;

/// Parameters of `http.request`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Address, of http or https. Certificates are always checked.
    pub url: String,
    /// Method.
    #[serde(default = "get")]
    pub method: String,
    /// Headers. They go to the host of `url` only, not to one that it redirects to.
    #[serde(default)]
    pub headers: BTreeMap<String, Scalar>,
    /// Added to the query of the address.
    #[serde(default)]
    pub query: BTreeMap<String, Scalar>,
    /// What to send, as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    /// What to send, as a form.
    #[serde(default)]
    pub form: Option<BTreeMap<String, Scalar>>,
    /// What to send, as it is.
    #[serde(default)]
    pub body: Option<String>,
    /// Status codes that are well: `200`, or from and to such as `200-299`.
    #[serde(default = "two_hundreds")]
    pub expect: Vec<Scalar>,
    /// How long the other side may say nothing.
    #[serde(default = "half_a_minute")]
    pub timeout: Span,
    /// Where to save the answer: STORAGE:PATH, or an absolute path of this machine. It gets its name once it is whole.
    #[serde(default)]
    pub save_to: Option<String>,
    /// Replace a file that lies there.
    #[serde(default)]
    pub replace: bool,
    /// SHA-256 that what is saved must have, in hex.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Bytes of the longest answer that is taken as an output.
    #[serde(default = "a_mebibyte")]
    pub max_bytes: Size,
}

fn two_hundreds() -> Vec<Scalar> {
    vec![Scalar::Text("200-299".into())]
}

fn a_mebibyte() -> Size {
    Size(1 << 20)
}

/// Output of `http.request`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Status code.
    pub status: u16,
    /// Headers of the answer, their names in lower case. Cookies are not among them.
    pub headers: BTreeMap<String, String>,
    /// The answer, if it is JSON and was not saved.
    pub json: Option<Value>,
    /// The answer as text, if it is no JSON and was not saved.
    pub text: Option<String>,
    /// The file that was saved.
    pub saved: Option<Saved>,
}

/// A file that was saved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Saved {
    /// Where it lies.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256, in hex.
    pub sha256: String,
}

/// What is saved: that nothing lay where the answer goes, and how often the other side asked to wait.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Standing {
    fresh: bool,
    waits: u32,
}

/// `http.request`.
pub struct HttpRequest;

#[async_trait]
impl TypedKind for HttpRequest {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "http.request";
    const TITLE: &'static str = "Makes a request by HTTP";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        checked(&with).map(|_| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (request, expect) = checked(&with)?;
        let mut standing: Standing =
            context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default();
        // What lies there then may be an earlier attempt's.
        let replace = with.replace || standing.fresh;
        let target = match &with.save_to {
            Some(place) => Some(target(&with, place, &mut standing, &context).await?),
            None => None,
        };
        let answer = request.send(with.timeout.0, &context).await?;
        if !expect.iter().any(|range| range.contains(&answer.status().as_u16())) {
            return unexpected(answer, standing, &context).await;
        }
        let (status, headers) = (answer.status(), http::shown_headers(answer.headers()));
        match target {
            Some(target) => {
                let saved = save(answer, Target { place: target, replace }, &with, &context).await?;
                Ok(Output { status: status.as_u16(), headers, json: None, text: None, saved: Some(saved) }.into())
            }
            None => output(answer, status, headers, &with, &context).await.map(Done::Output),
        }
    }
}

type Range = std::ops::RangeInclusive<u16>;

fn checked(with: &With) -> Result<(Request, Vec<Range>), Fault> {
    let body = match (&with.json, &with.form, &with.body) {
        (None, None, None) => Body::None,
        (Some(json), None, None) => Body::Json(json.clone()),
        (None, Some(form), None) => Body::Form(form.clone()),
        (None, None, Some(text)) => Body::Text(text.clone()),
        _ => return Err(http::wrong("of `json`, `form` and `body` only one can be sent")),
    };
    let request = Request::read(&with.method, &with.url, &with.query, &with.headers, body)?;
    Ok((request, with.expect.iter().map(range).collect::<Result<_, _>>()?))
}

fn range(text: &Scalar) -> Result<Range, Fault> {
    let text = text.to_string();
    let (from, to) = text.split_once('-').unwrap_or((&text, &text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) => Ok(from..=to),
        _ => Err(http::wrong(&format!("{text:?} is neither a status code nor a range of them"))),
    }
}

/// Where the answer goes. Something that lies there is a refusal before anything is asked of the other side, unless an earlier
/// attempt of this task run found nothing there: then it is that one's.
async fn target(with: &With, place: &str, standing: &mut Standing, context: &Context) -> Result<Location, Fault> {
    let (services, text) = (context.services.clone(), place.to_owned());
    let ask = !with.replace && !standing.fresh;
    let target = blocking(move || {
        let target = Location::read(services.storages.as_ref(), &text)?;
        match target.storage.stat(&target.path) {
            Err(error) if error.code == "file.missing" => Ok(target),
            Ok(_) if ask => Err(exists(&text)),
            found => found.told_at(target.storage.name()).map(|_| target),
        }
    });
    let target = target.await?;
    standing.fresh = true;
    let saved = Standing { fresh: !with.replace, waits: standing.waits };
    let saving = context.clone();
    blocking(move || saving.save(&saved)).await?;
    Ok(target)
}

fn exists(place: &str) -> Fault {
    Fault::permanent("file.exists", format!("{place} was not written"), "Something lies there already")
        .now("Move it away, or allow `replace`.")
        .on_file(place)
}

/// An answer that is not well: a wait, if the other side asks for one, else a failure. Its body never becomes the file.
async fn unexpected(answer: Response, standing: Standing, context: &Context) -> Result<Done<Output>, Fault> {
    let (url, status) = (answer.url().clone(), answer.status());
    if let Some(wait) = http::retry_after(&answer).filter(|wait| *wait <= LONGEST_WAIT && standing.waits < WAITS) {
        let until = context.services.clock.now() + wait;
        context.host.log(Level::Warning, &format!("It answered {status}, and asks to wait {} s", wait.as_secs()));
        let (saving, saved) = (context.clone(), Standing { waits: standing.waits + 1, ..standing });
        blocking(move || saving.save(&saved)).await?;
        return Ok(Done::Deferred { until: Millis(until.0) });
    }
    let said = http::beginning(answer, context).await;
    Err(http::of_status(&url, status, &said))
}

async fn output(
    answer: Response,
    status: StatusCode,
    headers: BTreeMap<String, String>,
    with: &With,
    context: &Context,
) -> Result<Output, Fault> {
    let most = usize::try_from(with.max_bytes.0).unwrap_or(usize::MAX);
    let body = http::read_body(answer, most, context).await?;
    let json = serde_json::from_slice(&body).ok();
    let text = json.is_none().then(|| String::from_utf8_lossy(&body).into_owned());
    Ok(Output { status: status.as_u16(), headers, json, text, saved: None })
}

/// Streams the answer into a file under a temporary name, which becomes the final one once all of it is there.
async fn save(mut answer: Response, target: Target, with: &With, context: &Context) -> Result<Saved, Fault> {
    let (pieces, coming) = mpsc::channel::<Vec<u8>>(WAITING);
    let promised = answer.content_length();
    let (storage, path) = (target.place.storage.clone(), target.place.path.clone());
    let writing = tokio::spawn(blocking(move || write(storage.write(&path, None).told_at(storage.name())?, coming)));
    let read = async {
        let mut bytes = 0;
        while let Some(piece) = http::next_chunk(&mut answer, context).await? {
            bytes += piece.len() as u64;
            context.host.progress(Progress { bytes, bytes_total: promised, written: bytes, ..Progress::default() });
            // A writer that is gone tells why below.
            if pieces.send(piece).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    let read: Result<(), Fault> = read.await;
    drop(pieces);
    let written = writing.await.unwrap_or_else(|error| Err(broken(&error)))?;
    let (sha256, host) = (with.sha256.clone(), answer.url().host_str().unwrap_or_default().to_owned());
    let came = Came { read, promised, wanted: sha256, host };
    blocking(move || finish(written, came, &target)).await
}

/// Where an answer becomes a file.
struct Target {
    place: Location,
    replace: bool,
}

/// What was written, not named yet.
struct Written {
    writer: Box<dyn Writer>,
    sha256: String,
}

fn write(mut writer: Box<dyn Writer>, mut pieces: mpsc::Receiver<Vec<u8>>) -> Result<Written, Fault> {
    let mut hashes = Hashes::new(false);
    while let Some(piece) = pieces.blocking_recv() {
        hashes.update(&piece);
        if let Err(error) = writer.write(&piece) {
            // The failure is what matters; a temporary file that cannot be taken away is swept later.
            let _ = writer.abort();
            return Err(error).told_at("the target");
        }
    }
    Ok(Written { writer, sha256: hex(&hashes.finish().sha256) })
}

/// How the answer came.
struct Came {
    read: Result<(), Fault>,
    promised: Option<u64>,
    wanted: Option<String>,
    host: String,
}

impl Came {
    /// Whether all of it came, and it is what was wanted.
    fn judge(self, bytes: u64, sha256: &str) -> Result<(), Fault> {
        self.read?;
        if let Some(promised) = self.promised.filter(|promised| *promised != bytes) {
            let why = format!("{promised} bytes were promised, and {bytes} came");
            return Err(Fault::transient("http.incomplete", format!("The answer of {} broke off", self.host), why));
        }
        match self.wanted {
            Some(wanted) if !wanted.eq_ignore_ascii_case(sha256) => {
                let what = format!("What {} sent is not what was expected", self.host);
                let why = format!("its SHA-256 is {sha256}, and {wanted} was expected");
                Err(Fault::permanent("fixity.mismatch", what, why))
            }
            _ => Ok(()),
        }
    }
}

fn finish(written: Written, came: Came, target: &Target) -> Result<Saved, Fault> {
    let Written { writer, sha256 } = written;
    let bytes = writer.written();
    if let Err(fault) = came.judge(bytes, &sha256) {
        // The failure is what matters; a temporary file that cannot be taken away is swept later.
        let _ = writer.abort();
        return Err(fault);
    }
    let finish = Finish { replace: target.replace, durable: true, ..Finish::default() };
    writer.commit(&finish).told_at(target.place.storage.name())?;
    Ok(Saved { path: target.place.shown(), bytes, sha256 })
}

fn broken(error: &tokio::task::JoinError) -> Fault {
    Fault::fatal("task.broken", "The writing broke off", error.to_string())
}
