//! What a connection says of a server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use longshore_transfer::level::Bounds;
use longshore_transfer::storage::Result;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Url};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;

use super::site::{Patience, Site, encoded};
use super::told;
use crate::Connection;

/// How long a server may say nothing, where the connection does not say.
const SILENCE: Duration = Duration::from_mins(1);

/// Further tries.
const TRIES: u32 = 5;

/// Ranges of one file that are fetched side by side.
const PARALLEL: usize = 4;

/// Requests at once.
const TURNS: Bounds = Bounds { start: 16, most: 32 };

/// Fields of `extra`. All others, by name, are headers that go with every request, as in Airflow.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// File with the certificates of authorities (PEM) that are trusted besides those of this machine.
    pub ca_bundle: Option<PathBuf>,
    /// How the login is sent: `basic` (login and password) or `bearer` (the password is a token). Where nothing is said: bearer
    /// if there is a password and no login.
    pub auth: Option<Auth>,
    /// A token, sent as `Authorization: Bearer`, in the place of login and password.
    pub access_token: Option<String>,
    /// Seconds that the server may say nothing; 60 if not given.
    pub timeout: Option<f64>,
    /// Further tries of a request that failed by what may pass; 5 if not given.
    pub retries: Option<u32>,
    /// Parts of one file that are fetched side by side, 1 to 32; 4 if not given.
    pub parallel: Option<usize>,
    /// Requests at once, at most, for all transfers together: files and parts of them. How many of these are of use is found out.
    pub max_transfers: Option<u64>,
    /// Method of uploads; PUT if not given.
    pub upload: Option<Upload>,
    /// Take pages of HTML for files. Where a file of another kind was asked for, a server that answers with a page nearly always says that
    /// the file is not there, whatever the status; so such an answer is refused unless this is set.
    pub pages: bool,
    /// Airflow's field. Certificates are always checked: `false` is refused, a path is taken as `ca_bundle`.
    #[schemars(skip)]
    verify: Option<Value>,
    /// Airflow's fields that mean nothing here.
    #[serde(flatten)]
    #[schemars(skip)]
    rest: BTreeMap<String, Value>,
}

/// How the login is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Login and password.
    Basic,
    /// The password is a token.
    Bearer,
}

/// Method of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Upload {
    /// The body becomes what lies at the address.
    #[default]
    Put,
    /// The server decides what becomes of the body.
    Post,
}

/// Fields of `extra` that Airflow's hook takes for itself, and that are no headers.
const AIRFLOWS: [&str; 7] =
    ["stream", "proxies", "cert", "check_response", "allow_redirects", "max_redirects", "trust_env"];

/// Headers that hold secrets wherever they are used.
pub(crate) const SECRET_HEADERS: &[&str] = &[
    "access_token",
    "Authorization",
    "authorization",
    "Cookie",
    "cookie",
    "PRIVATE-TOKEN",
    "Private-Token",
    "X-API-Key",
    "X-Api-Key",
    "x-api-key",
    "X-Auth-Token",
    "x-auth-token",
];

impl Options {
    /// Those of a system whose interface is spoken over HTTP, and whose connection has no headers of its own.
    pub(crate) fn bare(ca_bundle: Option<PathBuf>, timeout: Option<f64>, retries: Option<u32>) -> Self {
        Self { ca_bundle, timeout, retries, ..Self::default() }
    }

    pub(crate) fn of(connection: &Connection) -> Result<Self> {
        connection.options::<Self>()?.checked(connection)
    }

    /// These, if they make sense: what Airflow has for switching checks off is refused.
    pub(crate) fn checked(self, connection: &Connection) -> Result<Self> {
        let mut options = self;
        match options.verify.take() {
            None | Some(Value::Bool(true) | Value::Null) => {}
            Some(Value::String(path)) if path.contains(['/', '\\']) => {
                options.ca_bundle.get_or_insert(path.into());
            }
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => {}
            Some(_) => {
                let why = "certificates are always checked: instead of `verify`, name the authority's certificate in `ca_bundle`";
                return Err(connection.wrong(why.into()));
            }
        }
        Ok(options)
    }

    fn patience(&self, connection: &Connection) -> Result<Patience> {
        let silence = match self.timeout {
            None => SILENCE,
            Some(seconds) => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|silence| !silence.is_zero())
                .ok_or_else(|| connection.wrong(format!("its timeout of {seconds} s makes no sense")))?,
        };
        Ok(Patience { silence, tries: self.retries.unwrap_or(TRIES) })
    }

    fn headers(&self, connection: &Connection) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        // A file's bytes are wanted as they are, not packed for the way.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(value) = self.credentials(connection)? {
            headers.insert(header::AUTHORIZATION, value);
        }
        for (name, value) in self.rest.iter().filter(|(name, _)| !AIRFLOWS.contains(&name.as_str())) {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => {
                    return Err(
                        connection.wrong(format!("the extra field {name} is none that is known, and no header"))
                    );
                }
            };
            let known: HeaderName = name
                .parse()
                .map_err(|_| connection.wrong(format!("the extra field {name:?} is no name of a header")))?;
            headers.insert(known, sensitive(connection, name, &text)?);
        }
        Ok(headers)
    }

    fn credentials(&self, connection: &Connection) -> Result<Option<HeaderValue>> {
        let login = connection.login.as_deref().filter(|login| !login.is_empty());
        let password = connection.password.as_ref().map(ExposeSecret::expose_secret);
        let password = self.access_token.as_deref().or(password);
        let auth = match (self.auth, login, password) {
            _ if self.access_token.is_some() => Auth::Bearer,
            (_, None, None) => return Ok(None),
            (Some(auth), ..) => auth,
            (None, Some(_), _) => Auth::Basic,
            (None, None, Some(_)) => Auth::Bearer,
        };
        let text = match auth {
            Auth::Bearer => format!("Bearer {}", password.unwrap_or_default()),
            Auth::Basic => {
                let pair = format!("{}:{}", login.unwrap_or_default(), password.unwrap_or_default());
                format!("Basic {}", STANDARD.encode(pair))
            }
        };
        sensitive(connection, "password", &text).map(Some)
    }

    /// The certificates of `ca_bundle`, as they lie in it.
    fn authorities(&self, connection: &Connection) -> Result<Vec<u8>> {
        let Some(path) = &self.ca_bundle else { return Ok(Vec::new()) };
        std::fs::read(path)
            .map_err(|error| connection.wrong(format!("its ca_bundle {} cannot be read: {error}", path.display())))
    }

    /// The server, with `folder` below the connection's own address as the top.
    pub(crate) fn site(&self, name: &str, connection: &Connection, mut base: Url, folder: &[u8]) -> Result<Site> {
        let below = encoded(folder);
        let path = format!("{}/{below}", base.path().trim_end_matches('/'));
        base.set_path(&format!("{}/", path.trim_end_matches('/')));
        let authorities = self.authorities(connection)?;
        let certificates = Certificate::from_pem_bundle(&authorities).map_err(|error| {
            connection.wrong(format!("its ca_bundle holds no certificates: {}", told::chain(&error)))
        })?;
        let patience = self.patience(connection)?;
        let client = told::client().connect_timeout(patience.silence).tcp_nodelay(true).tls_certs_merge(certificates);
        let client = client.build().map_err(|error| {
            let why = format!("the certificates that this machine trusts cannot be used: {}", told::chain(&error));
            longshore_transfer::storage::Error { code: "http.client", ..connection.wrong(why) }
        })?;
        let headers = self.headers(connection)?;
        let parallel = self.parallel.unwrap_or(PARALLEL).clamp(1, 32);
        let level = connection.level(TURNS, self.max_transfers)?;
        Ok(Site {
            name: Arc::from(name),
            client,
            base,
            level,
            headers,
            patience,
            authorities,
            parallel,
            pages: self.pages,
        })
    }
}

/// A header that is not shown where a request is.
fn sensitive(connection: &Connection, name: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| connection.wrong(format!("{name} holds characters that no header may have")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The address that Airflow's hook makes of a connection: a host with or without scheme, a scheme in `schema`, a port.
pub(crate) fn address(connection: &Connection, scheme: &str) -> Result<Url> {
    let host = connection.host()?;
    let text = match host {
        _ if host.contains("://") => host.to_owned(),
        // An address of IPv6, which a URL wants in brackets.
        _ if host.matches(':').count() > 1 && !host.starts_with('[') => format!("{scheme}://[{host}]"),
        _ => format!("{scheme}://{host}"),
    };
    let mut url: Url = text.parse().map_err(|error| connection.wrong(format!("its host is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(connection.wrong("its host is no address of http or https".into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(connection.wrong("its host holds a user or a password; they belong into their own fields".into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(connection.wrong("its host holds a query, which no file has in common with others".into()));
    }
    if let Some(port) = connection.port {
        url.set_port(Some(port)).map_err(|()| connection.wrong("its host takes no port".into()))?;
    }
    Ok(url)
}

/// The address of an interface that is spoken over HTTPS unless the connection says otherwise, below this path on the host.
pub(crate) fn interface(connection: &Connection, prefix: &str) -> Result<Url> {
    let scheme = connection.schema.as_deref().filter(|scheme| !scheme.is_empty()).unwrap_or("https");
    let mut base = address(connection, scheme)?;
    let (path, prefix) = (base.path().trim_end_matches('/').to_owned(), format!("/{}", prefix.trim_matches('/')));
    if !path.ends_with(&prefix) {
        base.set_path(&format!("{path}{prefix}"));
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(host: &str, port: Option<u16>, extra: &Value) -> Connection {
        let extra = extra.as_object().cloned().unwrap_or_default();
        Connection {
            id: "c".into(),
            kind: "http".into(),
            host: Some(host.into()),
            port,
            extra,
            ..Connection::default()
        }
    }

    #[test]
    fn hosts_are_read_as_airflow_reads_them() {
        let url = |host: &str, port| address(&of(host, port, &json!({})), "http").map(|url| url.to_string()).ok();
        let known = |text: &str| Some(text.to_owned());
        assert_eq!(url("h.org", None), known("http://h.org/"));
        assert_eq!(url("https://h.org/data", Some(8443)), known("https://h.org:8443/data"));
        assert_eq!(url("h.org/data/", Some(81)), known("http://h.org:81/data/"));
        assert_eq!(url("2001:db8::1", Some(80)), known("http://[2001:db8::1]/"));
        for wrong in ["ftp://h", "https://u:p@h", "http://h/?x=1", "https://"] {
            assert_eq!(url(wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn checks_of_certificates_cannot_be_switched_off() {
        for off in [json!({"verify": false}), json!({"verify": "False"}), json!({"verify": 0})] {
            assert_eq!(Options::of(&of("h", None, &off)).err().map(|error| error.code), Some("connection.wrong"));
        }
        let with = Options::of(&of("h", None, &json!({"verify": "/etc/ca.pem"}))).ok();
        assert_eq!(with.and_then(|options| options.ca_bundle), Some("/etc/ca.pem".into()));
    }

    #[test]
    fn credentials_and_headers_go_along() {
        let mut connection = of("h", None, &json!({"X-Key": "v", "stream": true, "timeout": 5}));
        connection.login = Some("Aladdin".into());
        connection.password = Some("open sesame".to_owned().into());
        let headers = |connection: &Connection| {
            let headers = Options::of(connection).and_then(|options| options.headers(connection)).unwrap_or_default();
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            (text("authorization"), text("x-key"), text("stream"))
        };
        let basic = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        assert_eq!(headers(&connection), (basic, Some("v".into()), None));
        connection.login = None;
        assert_eq!(headers(&connection).0, Some("Bearer open sesame".into()));
    }
}
