//! Entries: read, found, made.

use std::collections::BTreeMap;

use reqwest::{Method, Url, header};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::DataCatalogue;
use super::options::Login;
use crate::http::{Ask, Trouble};

/// Rows of a page. There is no total: a page with fewer is the last.
const PAGE: usize = 100;

/// Pages at most.
const PAGES: usize = 1000;

/// What an entry says. The server takes texts alone as values of `metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Where the data lies; of a storage, `SCHEME://CONNECTION`.
    pub url: String,
    /// What else there is to say, such as `path`.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

fn malformed(why: &str) -> Trouble {
    Trouble::permanent("datacat.malformed", format!("the entry is not understood: {why}"))
}

impl DataCatalogue {
    pub(super) async fn read(&self, kind: &str, oid: &str) -> Result<Entry, Trouble> {
        let answer = self.site.json(Ask::new(Method::GET, self.site.address(&[kind, oid])?)).await?;
        let entry: Entry = serde_json::from_value(answer).map_err(|error| malformed(&error.to_string()))?;
        if entry.url.is_empty() { Err(malformed("it has no url")) } else { Ok(entry) }
    }

    /// Names and oids of the entries that fit.
    pub(super) async fn pairs(&self, kind: &str, wanted: &[(&str, &str)]) -> Result<Vec<(String, String)>, Trouble> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let mut url = self.site.address(&[kind])?;
            url.query_pairs_mut().extend_pairs(wanted);
            url.query_pairs_mut().extend_pairs([("page", page.to_string()), ("page_size", PAGE.to_string())]);
            let answer = self.site.json(Ask::new(Method::GET, url)).await?;
            let rows: Vec<(String, String)> = serde_json::from_value(answer)
                .map_err(|error| Trouble::permanent("http.answer", format!("the list is not understood: {error}")))?;
            let last = rows.len() < PAGE;
            all.extend(rows);
            if last {
                break;
            }
        }
        Ok(all)
    }

    pub(super) async fn registered(&self, kind: &str, entry: &Entry) -> Result<String, Trouble> {
        for (_, oid) in self.pairs(kind, &[("name", &entry.name), ("url", &entry.url)]).await? {
            if self.read(kind, &oid).await? == *entry {
                return Ok(oid);
            }
        }
        let body = json!({"name": entry.name, "url": entry.url, "metadata": entry.metadata});
        let ask = self.signed(Ask::new(Method::POST, self.site.address(&[kind])?).json(&body)).await?;
        let made = self.site.json(ask).await?;
        let oid = made.get(0).and_then(Value::as_str);
        oid.map(str::to_owned).ok_or_else(|| Trouble::permanent("http.answer", "the answer names no entry"))
    }

    /// With a token. One is asked for each time: the server forgets all of them when it starts anew.
    async fn signed(&self, ask: Ask) -> Result<Ask, Trouble> {
        let Login::User(user, password) = &self.login else { return Ok(ask) };
        let form = form(&self.site.base, &[("username", user), ("password", password.expose_secret())]);
        let login = Ask::new(Method::POST, self.site.address(&["token"])?)
            .with(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = self.site.json(login).await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or_else(|| Trouble::permanent("http.answer", "the login gives no token"))?;
        Ok(ask.with(header::AUTHORIZATION, &format!("Bearer {token}")))
    }
}

/// Pairs as a form writes them, which is as a query writes them.
fn form(base: &Url, pairs: &[(&str, &str)]) -> String {
    let mut url = base.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}
