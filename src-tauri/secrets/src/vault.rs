//! Vault and OpenBao: the KV engine, version 2, by token or AppRole. The variables are those of their own command lines.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// How long a server may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server, and how to log in.
#[derive(Debug)]
pub struct Vault {
    address: Url,
    namespace: Option<String>,
    login: Login,
    /// A certificate authority besides those of the system.
    authority: Option<PathBuf>,
}

#[derive(Debug)]
enum Login {
    Token(SecretString),
    AppRole { mount: String, role: String, secret: SecretString },
}

/// Why a secret could not be read.
#[derive(Debug)]
pub struct Refusal {
    /// In words.
    pub why: String,
    /// What kept it from being read.
    pub cause: Cause,
}

/// What kept a secret from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server was asked, and has no such secret.
    NotFound,
    /// The server does not accept the login, or the login may not read it.
    Denied,
    /// The server cannot be asked now, and may answer later.
    Away,
    /// What the server answers, or how it is set up, is not as it must be.
    Wrong,
}

impl Refusal {
    fn not_found(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::NotFound }
    }

    fn denied(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::Denied }
    }

    fn away(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::Away }
    }

    fn wrong(why: impl Into<String>) -> Self {
        Self { why: why.into(), cause: Cause::Wrong }
    }
}

impl Vault {
    /// What the environment says: `VAULT_ADDR`, `VAULT_TOKEN` (or `~/.vault-token`), `VAULT_ROLE_ID` with `VAULT_SECRET_ID`,
    /// `VAULT_APPROLE_MOUNT`, `VAULT_NAMESPACE`, `VAULT_CACERT`; with `BAO_` in the place of `VAULT_` too. Each of the secret ones
    /// may be the path of a file instead, under its name with `_FILE` added.
    pub fn from_environment() -> std::result::Result<Self, String> {
        Self::from(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The same, of other variables.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> std::result::Result<Self, String> {
        let named = |name: &str| variable(&format!("BAO_{name}")).or_else(|| variable(&format!("VAULT_{name}")));
        let address = named("ADDR").ok_or("VAULT_ADDR is not set for the process that owns the workspace")?;
        let address = checked(&address)?;
        let secret = |name: &str| match named(name) {
            Some(value) => Ok(Some(SecretString::from(value))),
            None => named(&format!("{name}_FILE")).map(|path| file(&path)).transpose(),
        };
        let login = match (secret("TOKEN")?, named("ROLE_ID")) {
            (Some(token), _) => Login::Token(token),
            (None, Some(role)) => {
                let mount = named("APPROLE_MOUNT").unwrap_or_else(|| "approle".to_owned());
                Login::AppRole { mount, role, secret: secret("SECRET_ID")?.ok_or("VAULT_SECRET_ID is not set")? }
            }
            (None, None) => {
                let home = variable("HOME").ok_or("neither VAULT_TOKEN nor VAULT_ROLE_ID is set")?;
                let why = |_| "neither VAULT_TOKEN nor VAULT_ROLE_ID is set, and there is no ~/.vault-token".to_owned();
                Login::Token(file(&format!("{home}/.vault-token")).map_err(why)?)
            }
        };
        Ok(Self { address, namespace: named("NAMESPACE"), login, authority: named("CACERT").map(PathBuf::from) })
    }

    /// Reads a field of a secret. Blocks for some seconds at most.
    pub fn read(&self, mount: &str, path: &str, field: &str) -> std::result::Result<SecretString, Refusal> {
        // A thread of its own: the caller may stand on a thread of a runtime, on which none other may wait.
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| Refusal::away(error.to_string()))?;
                runtime.block_on(self.ask(mount, path, field))
            });
            asked.join().unwrap_or_else(|_| Err(Refusal::wrong("the request broke off")))
        })
    }

    async fn ask(&self, mount: &str, path: &str, field: &str) -> std::result::Result<SecretString, Refusal> {
        let client = self.client()?;
        let token = self.token(&client).await?;
        let request = client.get(self.at(&["v1", mount, "data", path])).header("X-Vault-Token", token.expose_secret());
        let (status, body) = self.send(request).await?;
        match (status, &body["data"]["data"]) {
            (200, Value::Object(fields)) => match fields.get(field) {
                Some(Value::String(text)) => Ok(SecretString::from(text.clone())),
                Some(Value::Null) | None => Err(Refusal::not_found(format!("the secret has no field {field}"))),
                Some(other) => Ok(SecretString::from(other.to_string())),
            },
            (200, _) => Err(Refusal::wrong(format!("{mount} is no KV engine of version 2"))),
            // A deleted version comes with its metadata, a path that never was comes with nothing.
            (404, _) if body["data"]["metadata"].is_object() => {
                Err(Refusal::not_found("its newest version was deleted"))
            }
            (404, _) => Err(Refusal::not_found("there is no secret at this path, or no KV engine of this name")),
            (403, _) => Err(Refusal::denied("the login may not read it, or there is no KV engine of this name")),
            (status, _) => Err(of_status(status)),
        }
    }

    async fn token(&self, client: &Client) -> std::result::Result<SecretString, Refusal> {
        let (mount, role, secret) = match &self.login {
            Login::Token(token) => return Ok(token.clone()),
            Login::AppRole { mount, role, secret } => (mount, role, secret),
        };
        let login = json!({"role_id": role, "secret_id": secret.expose_secret()}).to_string();
        let address = self.at(&["v1", "auth", mount, "login"]);
        let request = client.post(address).header("Content-Type", "application/json").body(login);
        match self.send(request).await? {
            (200, body) => {
                let token = body["auth"]["client_token"].as_str();
                token.map(SecretString::from).ok_or_else(|| Refusal::wrong("the login by AppRole gave no token"))
            }
            (400 | 403, _) => Err(Refusal::denied("the login by AppRole was refused")),
            (status, _) => Err(of_status(status)),
        }
    }

    async fn send(&self, mut request: RequestBuilder) -> std::result::Result<(u16, Value), Refusal> {
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace);
        }
        let failed = |error: reqwest::Error| {
            let why = chain(&error.without_url());
            Refusal::away(format!("{} cannot be asked: {why}", self.address))
        };
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(failed)?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    fn client(&self) -> std::result::Result<Client, Refusal> {
        static PROVIDER: OnceLock<()> = OnceLock::new();
        // Another part of the process may have chosen one before; either will do.
        PROVIDER.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("longshore/", env!("CARGO_PKG_VERSION")));
        if self.address.scheme() == "http" {
            // To this machine, and past no other.
            builder = builder.no_proxy();
        }
        if let Some(path) = &self.authority {
            let unread = |why: String| Refusal::wrong(format!("{}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unread(error.to_string()))?;
            for one in Certificate::from_pem_bundle(&pem).map_err(|error| unread(error.to_string()))? {
                builder = builder.add_root_certificate(one);
            }
        }
        builder.build().map_err(|error| Refusal::wrong(error.to_string()))
    }

    /// An address on the server; each part may hold several components, of which none is empty.
    fn at(&self, parts: &[&str]) -> Url {
        let mut url = self.address.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts.iter().flat_map(|part| part.split('/')));
        }
        url
    }
}

/// An address that secrets may be sent to: over TLS, or to this machine.
fn checked(address: &str) -> std::result::Result<Url, String> {
    let url: Url = address.parse().map_err(|error| format!("VAULT_ADDR is no address: {error}"))?;
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err("VAULT_ADDR is not https, and not this machine: secrets would travel in the open".to_owned()),
    }
}

fn file(path: &str) -> std::result::Result<SecretString, String> {
    crate::reference::text_of(path.as_ref()).map_err(|error| error.to_string())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn of_status(status: u16) -> Refusal {
    match status {
        503 => Refusal::away("the server is sealed"),
        429 | 472 | 473 | 500..=599 => Refusal::away(format!("the server answered with {status}")),
        _ => Refusal::wrong(format!("the server answered with {status}")),
    }
}
