//! `notify`: tells somebody something: at the desktop, by e-mail, by a webhook.

mod email;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attempt::blocking;
use crate::http::{self, Body, Request};
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scalar::Scalar;

pub use email::{Email, Encryption};

/// How long a webhook may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Parameters of `notify`. At least one way must be given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What it is about, in one line.
    pub title: String,
    /// What there is to say.
    #[serde(default)]
    pub text: String,
    /// Show it at the desktop, where a window is open.
    #[serde(default)]
    pub desktop: bool,
    /// Send it by e-mail.
    #[serde(default)]
    pub email: Option<Email>,
    /// Post it to an address.
    #[serde(default)]
    pub webhook: Option<Webhook>,
}

/// A webhook.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Address, of http or https. Certificates are always checked.
    pub url: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Scalar>,
    /// What to post, as JSON; without it `title`, `text`, `run` and `task`.
    #[serde(default)]
    pub json: Option<Value>,
}

/// Output of `notify`: the ways by which it was told. An attempt that follows a failed one repeats none of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// At the desktop.
    pub desktop: bool,
    /// The mail server took it.
    pub email: bool,
    /// The webhook took it.
    pub webhook: bool,
}

/// `notify`.
pub struct Notify;

#[async_trait]
impl TypedKind for Notify {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "notify";
    const TITLE: &'static str = "Tells somebody something";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        checked(&with).map(|()| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        checked(&with)?;
        let mut told: Output =
            context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default();
        if with.desktop && !told.desktop {
            context.host.notice(&with.title, &with.text);
            told.desktop = true;
        }
        if let Some(email) = with.email.as_ref().filter(|_| !told.email) {
            http::or_cancelled(&context, email::send(email, &with.title, &with.text)).await??;
            told.email = true;
            note(told, &context).await?;
        }
        if let Some(webhook) = with.webhook.as_ref().filter(|_| !told.webhook) {
            post(webhook, &with, &context).await?;
            told.webhook = true;
        }
        Ok(told.into())
    }
}

async fn note(told: Output, context: &Context) -> Result<(), Fault> {
    let context = context.clone();
    blocking(move || context.save(&told)).await
}

fn checked(with: &With) -> Result<(), Fault> {
    let wrong = |why: &str| Fault::permanent("task.with", "The parameters of notify are wrong", why);
    if !with.desktop && with.email.is_none() && with.webhook.is_none() {
        return Err(wrong("of `desktop`, `email` and `webhook` at least one is wanted"));
    }
    with.email.iter().try_for_each(Email::check)?;
    with.webhook.iter().try_for_each(|webhook| request(webhook, Value::Null).map(drop))
}

fn request(webhook: &Webhook, json: Value) -> Result<Request, Fault> {
    Request::read("POST", &webhook.url, &BTreeMap::new(), &webhook.headers, Body::Json(json))
}

async fn post(webhook: &Webhook, with: &With, context: &Context) -> Result<(), Fault> {
    let usual = || json!({"title": with.title, "text": with.text, "run": context.run, "task": context.task});
    let request = request(webhook, webhook.json.clone().unwrap_or_else(usual))?;
    let answer = request.send(PATIENCE, context).await?;
    let (url, status) = (answer.url().clone(), answer.status());
    if status.is_success() {
        return Ok(());
    }
    let said = http::beginning(answer, context).await;
    Err(http::of_status(&url, status, &said))
}
