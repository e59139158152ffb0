//! Who may use the interface: users of the workspace, with their passwords in v1 and with tokens in v2. A viewer changes nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_api::Session;
use longshore_api::wire::{HiddenText, Nothing, UserCheck, UserCheckArgs, UserList, UserRole, UserRow};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::answer::{Answered, Refusal, worded};
use super::{Api, Ask};
use crate::tokens::{Tokens, credentials};

/// How long a token holds, as in Airflow (`[api_auth] jwt_expiration_time`).
const LIFE: Duration = Duration::from_hours(24);
/// How long a password that was right is taken for right without hashing it again. Each request of v1 brings it along.
const REMEMBERED: Duration = Duration::from_mins(1);
/// Passwords that are remembered at most.
const PASSWORDS: usize = 1_000;
/// Failed logins of a name in a row before it has to wait.
const TRIES: u32 = 5;
/// How long it waits then.
const WAIT: Duration = Duration::from_secs(30);
/// Names whose failed logins are counted at most.
const NAMES: usize = 10_000;

/// What is answered to whoever asks, known or not.
const OPEN: [&str; 4] = ["/version", "/health", "/monitor/health", "/openapi.json"];

/// Failed logins of one name.
struct Failed {
    count: u32,
    last: Instant,
}

/// Whom it lets in.
pub(super) struct Gate {
    session: Session,
    /// Whose each is: users as they were when it was given.
    tokens: Tokens<UserRow>,
    /// Passwords that were right, by name: the user as they were then.
    right: Mutex<HashMap<String, (String, UserRow, Instant)>>,
    failed: Mutex<HashMap<String, Failed>>,
}

impl Gate {
    pub(super) fn new(session: Session) -> Self {
        Self { session, tokens: Tokens::new(LIFE), right: Mutex::default(), failed: Mutex::default() }
    }

    /// A user with this password.
    async fn user(&self, name: &str, password: &str) -> Result<UserRow, Refusal> {
        if let Some(user) = self.remembered(name, password)
            && self.is_still(&user).await?
        {
            return Ok(user);
        }
        if let Some(left) = self.waits(name) {
            let why = "Too many logins of this user have failed";
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, why).after(left.as_secs().max(1)));
        }
        let args = UserCheckArgs { user: name.to_owned(), password: HiddenText(password.to_owned()) };
        if let Some(user) = self.session.call::<UserCheck>(args).await? {
            lock(&self.failed).remove(name);
            self.remember(name, password, &user);
            return Ok(user);
        }
        self.failed(name);
        Err(refused("Invalid credentials"))
    }

    /// Whether a user is there, with the password that they had.
    async fn is_still(&self, user: &UserRow) -> Result<bool, Refusal> {
        Ok(self.session.call::<UserList>(Nothing {}).await?.contains(user))
    }

    fn remembered(&self, name: &str, password: &str) -> Option<UserRow> {
        let all = lock(&self.right);
        let (known, user, since) = all.get(name)?;
        let same = bool::from(known.as_bytes().ct_eq(password.as_bytes()));
        (same && since.elapsed() < REMEMBERED).then(|| user.clone())
    }

    fn remember(&self, name: &str, password: &str, user: &UserRow) {
        let mut all = lock(&self.right);
        if all.len() >= PASSWORDS {
            all.clear();
        }
        all.insert(name.to_owned(), (password.to_owned(), user.clone(), Instant::now()));
    }

    fn waits(&self, name: &str) -> Option<Duration> {
        let mut all = lock(&self.failed);
        let failed = all.get(name)?;
        let over = failed.last.elapsed();
        if over >= WAIT {
            all.remove(name);
            return None;
        }
        (failed.count >= TRIES).then(|| WAIT.saturating_sub(over))
    }

    fn failed(&self, name: &str) {
        let mut all = lock(&self.failed);
        if all.len() >= NAMES {
            all.retain(|_, failed| failed.last.elapsed() < WAIT);
        }
        let failed = all.entry(name.to_owned()).or_insert(Failed { count: 0, last: Instant::now() });
        (failed.count, failed.last) = (failed.count + 1, Instant::now());
        tracing::warn!(user = name, "a login failed");
    }

    /// Whom a token was given to, if they have the same password.
    async fn holder(&self, token: &str) -> Result<UserRow, Refusal> {
        let Some(user) = self.tokens.whose(token) else {
            return Err(refused("The token is not valid: ask for one at /auth/token"));
        };
        let over = || refused("The token's user is not there any more, or has another password");
        if self.is_still(&user).await? { Ok(user) } else { Err(over()) }
    }

    async fn known(&self, api: Api, headers: &HeaderMap) -> Result<UserRow, Refusal> {
        if let Some(token) = credentials(headers, "bearer").filter(|_| api == Api::V2) {
            return self.holder(token).await;
        }
        let basic = credentials(headers, "basic").filter(|_| api == Api::V1);
        let given = basic.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
        match given.as_deref().and_then(|given| given.split_once(':')) {
            Some((name, password)) => self.user(name, password).await,
            None => Err(refused("Not authenticated")),
        }
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(why: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, why)
}

/// Whether a request only looks. A list that is asked for with a body is one.
fn looks(method: &Method, path: &str) -> bool {
    let listed = *method == Method::POST && path.ends_with("/list");
    listed || matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Lets in whoever may do what is asked, and puts refusals into the generation's words.
pub(super) async fn enter(State((gate, api)): State<(Arc<Gate>, Api)>, request: Request, next: Next) -> Response {
    let response = match admitted(&gate, api, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    worded(api, response)
}

async fn admitted(gate: &Gate, api: Api, mut request: Request) -> Result<Request, Refusal> {
    let path = request.uri().path();
    let session = if OPEN.contains(&path) {
        gate.session.clone()
    } else {
        let user = gate.known(api, request.headers()).await?;
        if user.role == UserRole::Viewer && !looks(request.method(), path) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "A viewer changes nothing"));
        }
        gate.session.named(&user.name, "airflow-api")
    };
    request.extensions_mut().insert(Ask { session, api });
    Ok(request)
}

/// A token, for a user with a password: as JSON, or as a form.
pub(super) async fn token(State(gate): State<Arc<Gate>>, headers: HeaderMap, body: Bytes) -> Answered {
    let form = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www"));
    let given = if form { form_fields(&body) } else { serde_json::from_slice(&body).unwrap_or_default() };
    let field = |name: &str| {
        given.get(name).and_then(Value::as_str).ok_or_else(|| {
            let why = format!("{name} is needed, and is a text");
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why)
        })
    };
    let user = gate.user(field("username")?, field("password")?).await?;
    Ok((StatusCode::CREATED, Json(json!({"access_token": gate.tokens.give(user)}))).into_response())
}

fn form_fields(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let pairs = super::asked::pairs(&text).into_iter().map(|(name, value)| (name, Value::String(value)));
    Value::Object(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_may_look_and_nothing_else() {
        assert!(looks(&Method::GET, "/dags") && looks(&Method::POST, "/dags/~/dagRuns/list"));
        assert!(!looks(&Method::POST, "/dags/a/dagRuns") && !looks(&Method::DELETE, "/connections/list"));
    }
}
