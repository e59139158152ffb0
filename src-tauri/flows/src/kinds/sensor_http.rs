//! `sensor.http`: asks again and again, until the answer is what is waited for.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::expression::{Scope, Template, seen};
use longshore_engine::{Class, Fault};
use reqwest::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::defaults::{get, half_a_minute};
use crate::http::{self, Body, Request};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::scalar::Scalar;
use crate::span::Span;

/// Bytes of the longest answer that is looked at.
const LONGEST: usize = 1 << 20;

/// Parameters of `sensor.http`.
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
    /// An expression, without braces, that is true once the wait is over. It sees `status` (a number), `json`, `text` and
    /// `headers`, as in `status == 200 and json.state == 'ready'`. Without it, the wait is over with any status from 200 to 299.
    #[serde(default)]
    pub until: Option<String>,
    /// Time from look to look.
    #[serde(default = "a_minute")]
    pub every: Span,
    /// How long the other side may say nothing.
    #[serde(default = "half_a_minute")]
    pub timeout: Span,
}

fn a_minute() -> Span {
    Span::seconds(60)
}

/// Output of `sensor.http`: the answer that ended the wait.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Status code.
    pub status: u16,
    /// The answer, if it is JSON.
    pub json: Option<Value>,
    /// The answer as text, if it is no JSON.
    pub text: Option<String>,
}

/// `sensor.http`.
pub struct SensorHttp;

#[async_trait]
impl TypedKind for SensorHttp {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "sensor.http";
    const TITLE: &'static str = "Waits for an answer by HTTP";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        checked(&with).map(|_| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (request, until) = checked(&with)?;
        match look(request, until.as_ref(), &with, &context).await {
            Ok(Some(output)) => Ok(output.into()),
            Ok(None) => Ok(Done::Deferred { until: context.services.clock.now() + with.every.0 }),
            // What a retry may mend is waited for as well.
            Err(fault) if fault.class == Class::Transient && !context.host.cancelled() => {
                context.host.log(Level::Warning, &format!("{fault}; it is asked again later"));
                Ok(Done::Deferred { until: context.services.clock.now() + with.every.0 })
            }
            Err(fault) => Err(fault),
        }
    }
}

fn checked(with: &With) -> Result<(Request, Option<Template>), Fault> {
    let body = with.json.clone().map_or(Body::None, Body::Json);
    let request = Request::read(&with.method, &with.url, &with.query, &with.headers, body)?;
    let until = with.until.as_deref().map(Template::expression).transpose();
    Ok((request, until.map_err(|error| http::wrong(&format!("`until` cannot be read: {error}")))?))
}

/// The answer, if the wait is over.
async fn look(
    request: Request,
    until: Option<&Template>,
    with: &With,
    context: &Context,
) -> Result<Option<Output>, Fault> {
    let answer = request.send(with.timeout.0, context).await?;
    let (url, status) = (answer.url().clone(), answer.status());
    let headers = http::shown_headers(answer.headers());
    if until.is_none() && !status.is_success() {
        if status == StatusCode::NOT_FOUND || http::retryable(status) {
            return Ok(None);
        }
        let said = http::beginning(answer, context).await;
        return Err(http::of_status(&url, status, &said));
    }
    let body = http::read_body(answer, LONGEST, context).await?;
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    let text = String::from_utf8_lossy(&body).into_owned();
    if let Some(until) = until {
        let mut scope = Scope::default();
        let given = [
            ("status", json!(status.as_u16())),
            ("json", json!(json)),
            ("text", json!(text)),
            ("headers", json!(headers)),
        ];
        scope.names.extend(given.iter().map(|(name, value)| (*name, seen(value))));
        let over = until.is_true(&scope).or_else(|error| not_there(json.as_ref(), &error, status));
        if !over? {
            return Ok(None);
        }
    }
    let text = json.is_none().then_some(text);
    Ok(Some(Output { status: status.as_u16(), json, text }))
}

/// An answer without the field that is asked for is one to wait on; only if it was a good one in JSON is the expression at fault.
fn not_there(
    json: Option<&Value>,
    error: &longshore_engine::expression::Error,
    status: StatusCode,
) -> Result<bool, Fault> {
    if json.is_none() || !status.is_success() {
        return Ok(false);
    }
    Err(http::wrong(&format!("`until` cannot be evaluated: {error}")))
}
