//! Tokens: got, renewed before they expire, and looked at when an answer makes one doubt them.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{SciCat, Version};
use super::error::{Error, Result};
use super::options::Login;
use super::request::Call;

/// A token is renewed so long before its end, or a tenth of its life if that is less.
const BEFORE: Duration = Duration::from_mins(5);

/// A token that SciCat gave.
#[derive(Clone)]
pub(super) struct Token {
    text: SecretString,
    /// When to get another one.
    until: SystemTime,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(until {:?})", self.until)
    }
}

/// What a login gives. The token stands under two names, and so does its life in seconds; older servers have one of each.
#[derive(Deserialize)]
struct Given {
    access_token: Option<String>,
    id: Option<String>,
    ttl: Option<u64>,
    expires_in: Option<u64>,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name of the user.
    pub name: String,
    /// Groups whose datasets they may see.
    pub groups: Vec<String>,
}

impl SciCat {
    /// A token that is valid for a while, for a service that lets in whom this SciCat knows; none where nobody logs in.
    pub async fn token(&self) -> Result<Option<SecretString>> {
        self.valid_token().await
    }

    /// The token to send along, got or renewed if need be; none where nobody logs in.
    pub(super) async fn valid_token(&self) -> Result<Option<SecretString>> {
        match &self.login {
            Login::Nobody => Ok(None),
            Login::Token(token) => Ok(Some(token.clone())),
            Login::User { .. } => {
                let mut held = self.token.lock().await;
                if let Some(token) = held.as_ref().filter(|token| (self.now)() < token.until) {
                    return Ok(Some(token.text.clone()));
                }
                self.log_in(&mut held).await.map(Some)
            }
        }
    }

    /// Another token in the place of one that is not valid any more.
    pub(super) async fn renewed(&self, old: &SecretString) -> Result<SecretString> {
        let Login::User { .. } = &self.login else {
            let why = "SciCat does not know the token any more, or it has expired";
            return Err(Error::permanent("scicat.token", "Logging in to SciCat", why));
        };
        let mut held = self.token.lock().await;
        match held.as_ref() {
            // Another call was faster.
            Some(token) if token.text.expose_secret() != old.expose_secret() => Ok(token.text.clone()),
            _ => self.log_in(&mut held).await,
        }
    }

    /// Logs in, with `held` locked, so that many calls at once log in once.
    async fn log_in(&self, held: &mut Option<Token>) -> Result<SecretString> {
        let Login::User { name, password, ldap } = &self.login else {
            return Err(Error::permanent("scicat.login", "Logging in to SciCat", "the connection has no user"));
        };
        let way = if *ldap { "ldap" } else { "login" };
        let what = format!("Logging in to SciCat as {name}");
        let mut call = Call::new(&what, Method::POST, Version::V3, &["auth", way])?
            .json(&json!({"username": name, "password": password.expose_secret()}));
        // A token more does no harm.
        call.repeatable = true;
        // By our own clock, from before it was asked: `created` is by the server's, which may go differently.
        let asked = (self.now)();
        let reply = self.tried(&call, None).await.map_err(|error| hidden(error, password))?;
        let given: Given = reply.read(&what)?;
        let none = || Error::permanent("scicat.answer", &what, "SciCat's answer holds no token");
        let text = SecretString::from(given.access_token.or(given.id).ok_or_else(none)?);
        let life = Duration::from_secs(given.ttl.into_iter().chain(given.expires_in).min().unwrap_or(3600));
        *held = Some(Token { text: text.clone(), until: asked + life.saturating_sub(BEFORE.min(life / 10)) });
        Ok(text)
    }

    /// Whether SciCat still knows a token: for one that it does not know there is no user.
    pub(super) async fn knows(&self, token: &SecretString) -> Result<bool> {
        let call = Call::get("Asking SciCat who is logged in", Version::V3, &["auth", "whoami"])?;
        match self.tried(&call, Some(token)).await {
            Ok(reply) => Ok(!reply.is_nothing()),
            Err(error) if matches!(error.http(), Some(401 | 403)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the login holds, asked of SciCat. Gives the user's name.
    pub async fn whoami(&self) -> Result<String> {
        let call = Call::get("Asking SciCat who is logged in", Version::V3, &["auth", "whoami"])?;
        let user: Value = self.ask(&call).await?;
        let name = ["username", "id"].iter().find_map(|field| user[field].as_str());
        let nobody = || Error::permanent("scicat.login", &call.what, "nobody is");
        name.map(str::to_owned).ok_or_else(nobody)
    }

    /// Who is logged in, with the groups that decide what they see.
    pub async fn identity(&self) -> Result<Identity> {
        let call = Call::get("Asking SciCat for the user's groups", Version::V3, &["users", "my", "identity"])?;
        Ok(identity_of(&self.ask(&call).await?))
    }

    /// Whose a token is that somebody else has; `None` for one that SciCat does not know.
    pub async fn identity_by(&self, token: SecretString) -> Result<Option<Identity>> {
        if !self.knows(&token).await? {
            return Ok(None);
        }
        let call = Call::get("Asking SciCat whose a token is", Version::V3, &["users", "my", "identity"])?;
        match self.tried(&call, Some(&token)).await {
            Ok(reply) => reply.read(&call.what).map(|identity| Some(identity_of(&identity))),
            Err(error) if matches!(error.http(), Some(401 | 403)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How long the token that is held will do, if one is held that SciCat gave.
    pub(super) async fn token_life(&self) -> Option<Duration> {
        let held = self.token.lock().await;
        held.as_ref().and_then(|token| token.until.duration_since((self.now)()).ok())
    }
}

fn identity_of(identity: &Value) -> Identity {
    let profile = &identity["profile"];
    let name = profile["username"].as_str().or_else(|| identity["userId"].as_str()).unwrap_or_default();
    let groups = profile["accessGroups"].as_array().into_iter().flatten();
    let groups = groups.filter_map(Value::as_str).map(str::to_owned).collect();
    Identity { name: name.to_owned(), groups }
}

/// A failure to log in, without the password that went along: a server may tell what it was sent.
fn hidden(error: Error, password: &SecretString) -> Error {
    let secret = password.expose_secret();
    let hide = |text: String| if secret.is_empty() { text } else { text.replace(secret, "***") };
    let mut error = Error { why: hide(error.why), ..error };
    if let Some(answer) = &mut error.answer {
        answer.body = hide(std::mem::take(&mut answer.body));
    }
    error
}
