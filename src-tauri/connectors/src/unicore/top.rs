//! Which storage of a site is meant, and where it says that its files are.

use reqwest::{Method, Url};
use serde_json::Value;

use super::Unicore;
use crate::http::{Ask, Trouble};

/// The storage of who logs in.
const HOME: &str = "HOME";

/// Storages asked for at once.
const PAGE: usize = 100;

/// Storages of a site at most: a server whose pages do not end is noticed.
const MOST: usize = 100_000;

/// Addresses that a storage tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Top {
    /// Its files; a path is put behind it.
    pub(super) files: Url,
    /// Where a file is renamed.
    pub(super) rename: Url,
}

impl Unicore {
    /// The addresses of the storage; asked for once.
    pub(super) async fn top(&self) -> Result<std::sync::Arc<Top>, Trouble> {
        if let Some(top) = self.lock().top.clone() {
            return Ok(top);
        }
        let url = match &self.storage {
            Some(id) => self.site.address(&["storages", id])?,
            None => self.home().await?,
        };
        let top = std::sync::Arc::new(self.read(&self.json(Ask::new(Method::GET, url)).await?)?);
        self.lock().top = Some(top.clone());
        Ok(top)
    }

    fn read(&self, told: &Value) -> Result<Top, Trouble> {
        match told.get("resourceStatus").and_then(Value::as_str).unwrap_or("READY") {
            "READY" => {}
            "INITIALIZING" => return Err(Trouble::transient("http.busy", "the storage is still being made ready")),
            other => {
                let why = format!("the server says of the storage that it is {other}");
                return Err(Trouble::transient("http.server", why));
            }
        }
        let link = |name: &str| {
            let found = told.get("_links").and_then(|links| links.get(name)?.get("href")?.as_str());
            let none = || Trouble::permanent("http.answer", format!("the storage does not tell the address {name:?}"));
            self.site.told(found.ok_or_else(none)?)
        };
        Ok(Top { files: link("files")?, rename: link("action:rename")? })
    }

    /// The storage that is meant where none is named.
    async fn home(&self) -> Result<Url, Trouble> {
        let all = self.storages().await?;
        let id = |url: &Url| url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
        match (all.iter().find(|url| id(url) == HOME), all.as_slice()) {
            (Some(home), _) | (None, [home]) => Ok(home.clone()),
            (None, []) => Err(Trouble::permanent("connection.wrong", "the site has no storage that can be seen")),
            (None, _) => {
                let ids: Vec<String> = all.iter().map(id).collect();
                let why = format!("the site has no storage {HOME}; name one in `storage`: {}", ids.join(", "));
                Err(Trouble::permanent("connection.wrong", why))
            }
        }
    }

    /// Addresses of all storages that can be seen. A page may be shorter than it was asked for: the last one is empty.
    pub(super) async fn storages(&self) -> Result<Vec<Url>, Trouble> {
        let mut all = Vec::new();
        while all.len() < MOST {
            let mut url = self.site.address(&["storages"])?;
            url.query_pairs_mut().extend_pairs([("offset", all.len().to_string()), ("num", PAGE.to_string())]);
            let page = self.json(Ask::new(Method::GET, url)).await?;
            let Some(page) = page.get("storages").and_then(Value::as_array) else {
                return Err(Trouble::permanent("http.answer", "the answer is no list of storages"));
            };
            if page.is_empty() {
                return Ok(all);
            }
            for link in page {
                all.push(self.site.told(link.as_str().unwrap_or_default())?);
            }
        }
        Err(Trouble::permanent("http.answer", "the list of storages does not end"))
    }
}
