//! Drafts: found again or made.

use longshore_transfer::storage::Result;
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::Records;
use super::record::{Generation, Record};
use crate::http::{Ask, Trouble, complaints, wait};

/// Pages of somebody's drafts that are looked through.
const PAGES: usize = 50;

/// A draft.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// Whose interface it is.
    pub generation: Generation,
    /// Whether it was there before, left by an earlier attempt.
    pub taken_up: bool,
    /// What the server has against it as it is: it will refuse to publish it.
    pub complaints: Vec<String>,
}

impl Records {
    /// The draft with this metadata (and what else is said of the record, of InvenioRDM `access`): the one that the user has, is not
    /// published, and says the same of all that is said here; else a new one. So an attempt that broke off leaves no second draft.
    pub fn draft(&self, body: &Value) -> Result<Draft> {
        wait(&self.site.place(b"drafts"), "Making a draft record in", self.found_or_made(body))
    }

    async fn found_or_made(&self, body: &Value) -> std::result::Result<Draft, Trouble> {
        let generation = if body.get("community").is_some() || body.get("titles").is_some() {
            Generation::B2share
        } else {
            Generation::Invenio
        };
        if let Some(record) = self.find(generation, body).await? {
            return Ok(Draft { id: record.id, generation, taken_up: true, complaints: Vec::new() });
        }
        let made = self.site.json(Ask::new(Method::POST, self.collection(generation)?).json(body)).await?;
        let complaints = complaints(&made);
        Ok(Draft { id: Record::read(made)?.id, generation, taken_up: false, complaints })
    }

    /// Where drafts are made. B2SHARE redirects what has no slash at its end, and a redirected POST is none any more.
    fn collection(&self, generation: Generation) -> std::result::Result<Url, Trouble> {
        let mut url = self.site.address(&["records"])?;
        if generation == Generation::B2share {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }

    async fn find(&self, generation: Generation, body: &Value) -> std::result::Result<Option<Record>, Trouble> {
        for page in 1..=PAGES {
            let found = match self.site.json(Ask::new(Method::GET, self.own_drafts(generation, page)?)).await {
                // A server that lists nobody's drafts.
                Err(trouble) if trouble.code == "file.missing" => return Ok(None),
                found => found?,
            };
            let hits = found.pointer("/hits/hits").and_then(Value::as_array).cloned().unwrap_or_default();
            for hit in hits {
                if is_draft(&hit) && says(&hit, generation, body) {
                    return Record::read(hit).map(Some);
                }
            }
            if found.pointer("/links/next").is_none() {
                break;
            }
        }
        Ok(None)
    }

    fn own_drafts(&self, generation: Generation, page: usize) -> std::result::Result<Url, Trouble> {
        let mut url = match generation {
            Generation::B2share => self.collection(generation)?,
            Generation::Invenio => self.site.address(&["user", "records"])?,
        };
        let page = page.to_string();
        url.query_pairs_mut().append_pair("size", "100").append_pair("page", &page);
        match generation {
            Generation::B2share => url.query_pairs_mut().append_pair("drafts", "1"),
            Generation::Invenio => url.query_pairs_mut().append_pair("q", "is_published:false"),
        };
        Ok(url)
    }
}

/// Whether it is not published yet.
fn is_draft(hit: &Value) -> bool {
    match hit.pointer("/metadata/publication_state").and_then(Value::as_str) {
        Some(state) => state == "draft",
        None => hit.get("is_published").and_then(Value::as_bool) == Some(false),
    }
}

/// Whether a draft says all that `body` does.
fn says(hit: &Value, generation: Generation, body: &Value) -> bool {
    let found = match generation {
        Generation::B2share => hit.get("metadata").cloned().unwrap_or_default(),
        Generation::Invenio => hit.clone(),
    };
    covers(&found, body)
}

/// Whether all of `wanted` is in `found`; a server adds what it knows itself.
fn covers(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => all(found, wanted),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| covers(found, wanted))
        }
        _ => found == wanted,
    }
}

fn all(found: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    let nothing = |value: &Value| value.is_null() || *value == json!([]) || *value == json!({});
    wanted.iter().all(|(name, value)| found.get(name).map_or_else(|| nothing(value), |found| covers(found, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_the_same_if_it_says_all_that_is_wanted() {
        let draft = json!({"titles": [{"title": "T", "lang": "en"}], "community": "c", "$schema": "s"});
        assert!(covers(&draft, &json!({"titles": [{"title": "T"}], "community": "c", "keywords": []})));
        assert!(!covers(&draft, &json!({"titles": [{"title": "T"}, {"title": "U"}], "community": "c"})));
        assert!(!covers(&draft, &json!({"community": "d"})));
    }
}
