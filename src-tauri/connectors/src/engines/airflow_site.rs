//! Requests to Airflow: which generation of its API there is, and who asks.

use reqwest::{Method, Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::{Options, malformed, text};
use crate::Connection;
use crate::http::{Ask, Site, Trouble};

/// Which API is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// Airflow 2, `/api/v1`, with Basic authentication.
    V1,
    /// Airflow 3, `/api/v2`, with a token that is got by name and password.
    V2,
}

/// The way to an Airflow.
pub(super) struct AirflowSite {
    pub(super) site: Site,
    /// Name and password, from which a token is made; nothing where a token was given or nobody logs in.
    user: Option<(String, SecretString)>,
    found: OnceCell<(Generation, String)>,
    token: Mutex<Option<SecretString>>,
}

type Outcome<T> = std::result::Result<T, Trouble>;

impl AirflowSite {
    pub(super) fn open(connection: &Connection) -> longshore_transfer::storage::Result<Self> {
        let options = connection.options::<Options>()?;
        let user = connection.login.clone().filter(|login| !login.is_empty() && !options.has_token());
        let user = user.map(|login| (login, connection.password.clone().unwrap_or_default()));
        let site = options.site(connection)?;
        Ok(Self { site, user, found: OnceCell::new(), token: Mutex::default() })
    }

    /// The generation that answers, and its version. It is asked for once; it needs no login.
    pub(super) async fn generation(&self) -> Outcome<(Generation, String)> {
        let found = self.found.get_or_try_init(async || {
            match self.version("v2").await {
                Ok(version) => return Ok((Generation::V2, version)),
                Err(trouble) if trouble.code != "file.missing" && trouble.code != "http.not_offered" => {
                    return Err(trouble);
                }
                Err(_) => {}
            }
            let version = self.version("v1").await.map_err(|trouble| match trouble.code {
                "file.missing" => Trouble::permanent("remote.none", "no Airflow answers there, neither v1 nor v2"),
                _ => trouble,
            })?;
            Ok((Generation::V1, version))
        });
        found.await.cloned()
    }

    async fn version(&self, api: &str) -> Outcome<String> {
        let answer = self.site.json(Ask::new(Method::GET, self.site.address(&["api", api, "version"])?)).await?;
        text(&answer, "version").ok_or_else(|| malformed("version of Airflow"))
    }

    /// The address of a call below the API.
    pub(super) async fn address(&self, parts: &[&str]) -> Outcome<Url> {
        let api = match self.generation().await?.0 {
            Generation::V1 => "v1",
            Generation::V2 => "v2",
        };
        self.site.address(&[&["api", api], parts].concat())
    }

    /// The answer to a request. A token that is not accepted any more is got anew, once.
    pub(super) async fn json(&self, ask: Ask) -> Outcome<Value> {
        let (with, token) = self.allowed(ask.clone(), None).await?;
        match self.site.json(with).await {
            Err(trouble) if token.is_some() && trouble.why.contains("(401 ") => {
                let (with, _) = self.allowed(ask, token).await?;
                self.site.json(with).await
            }
            answer => answer,
        }
    }

    /// A request with its token, which is another than `old`.
    pub(super) async fn allowed(&self, ask: Ask, old: Option<SecretString>) -> Outcome<(Ask, Option<SecretString>)> {
        let Some((name, password)) = &self.user else { return Ok((ask, None)) };
        // Of Airflow 2 name and password go along with each request.
        if self.generation().await?.0 == Generation::V1 {
            return Ok((ask, None));
        }
        let mut held = self.token.lock().await;
        let is_old =
            |token: &SecretString| old.as_ref().is_some_and(|old| old.expose_secret() == token.expose_secret());
        let token = match held.as_ref().filter(|token| !is_old(token)) {
            Some(token) => token.clone(),
            None => self.log_in(name, password).await?,
        };
        *held = Some(token.clone());
        let value = format!("Bearer {}", token.expose_secret());
        Ok((ask.with(header::AUTHORIZATION, &value), Some(token)))
    }

    async fn log_in(&self, name: &str, password: &SecretString) -> Outcome<SecretString> {
        let body = json!({"username": name, "password": password.expose_secret()});
        let ask = Ask::new(Method::POST, self.site.address(&["auth", "token"])?).json(&body);
        let answer = self.site.json(ask).await?;
        // Documents have either name.
        let token = text(&answer, "access_token").or_else(|| text(&answer, "jwt_token"));
        token.map(SecretString::from).ok_or_else(|| malformed("token"))
    }
}
