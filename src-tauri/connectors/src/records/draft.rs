//! Drafts: found again or made.

use longshore_transfer::storage::Result;
use reqwest::{Method, Url, header};
use serde_json::{Map, Value, json};

use super::mark::{identifiers, marked, run_of};
use super::record::{Generation, Record, Which};
use super::{Records, record};
use crate::http::{Ask, Trouble, complaints, wait};

/// Pages of somebody's drafts that are looked through.
const PAGES: usize = 50;

/// A new draft.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// What the server has against it as it is: it will refuse to publish it.
    pub complaints: Vec<String>,
}

/// A draft that is there and says what is wanted.
#[derive(Debug, Clone)]
pub struct Left {
    /// Its id.
    pub id: String,
    /// The run whose mark it has, if it has one.
    pub run: Option<String>,
    generation: Generation,
    said: Value,
}

impl Records {
    /// The drafts of the user that are not published and say the same of all that `body` says (the metadata, and what else is said of the
    /// record, of InvenioRDM `access`): those that attempts left which broke off, and those of other runs.
    pub fn drafts(&self, body: &Value) -> Result<Vec<Left>> {
        wait(&self.site.place(b"drafts"), "Looking for a draft record in", self.find(body))
    }

    /// Makes a draft that says this, with the mark of a run; without a mark where the repository does not take one.
    pub fn make(&self, body: &Value, run: &str) -> Result<Made> {
        wait(&self.site.place(b"drafts"), "Making a draft record in", async {
            let generation = generation_of(body);
            let post = async |body: &Value| -> std::result::Result<Value, Trouble> {
                self.site.json(Ask::new(Method::POST, self.collection(generation)?).json(body)).await
            };
            let made = match post(&marked(generation, body, Some(run))).await {
                Err(trouble) if trouble.code == "http.invalid" => post(body).await?,
                made => made?,
            };
            Ok(Made { complaints: complaints(&made), id: Record::read(made)?.id })
        })
    }

    /// Puts the mark of a run on a draft, in the place of any other.
    pub fn take_up(&self, left: &Left, run: &str) -> Result<()> {
        let which = Which { id: left.id.clone(), draft: true };
        let path = format!("drafts/{}", left.id);
        let put = wait(&self.site.place(path.as_bytes()), "Taking up", async {
            let url = which.address(&self.site, &[])?;
            let ask = match left.generation {
                Generation::B2share => {
                    let lines = identifiers(left.generation, &left.said, Some(run));
                    let change = json!([{"op": "add", "path": "/alternate_identifiers", "value": lines}]);
                    let ask = Ask::new(Method::PATCH, url).json(&change);
                    ask.with(header::CONTENT_TYPE, "application/json-patch+json")
                }
                Generation::Invenio => Ask::new(Method::PUT, url).json(&marked(left.generation, &left.said, Some(run))),
            };
            self.site.json(ask).await
        });
        match put {
            // A repository that takes no mark: whose the draft is cannot be told then.
            Err(error) if error.code == "http.invalid" => Ok(()),
            put => put.map(drop),
        }
    }

    /// The run whose mark a draft has; none once it is published.
    pub fn marked_by(&self, id: &str) -> Result<Option<String>> {
        let path = format!("drafts/{id}");
        let found = wait(&self.site.place(path.as_bytes()), "Looking at", async {
            let record = record::fetch(&self.site, &Which { id: id.to_owned(), draft: true }).await?;
            Ok(run_of(record.generation, &said(record.generation, &record.value)))
        });
        match found {
            Err(error) if error.code == "file.missing" => Ok(None),
            found => found,
        }
    }

    /// Where drafts are made. B2SHARE redirects what has no slash at its end, and a redirected POST is none any more.
    fn collection(&self, generation: Generation) -> std::result::Result<Url, Trouble> {
        let mut url = self.site.address(&["records"])?;
        if generation == Generation::B2share {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }

    async fn find(&self, body: &Value) -> std::result::Result<Vec<Left>, Trouble> {
        let (generation, mut all) = (generation_of(body), Vec::new());
        for page in 1..=PAGES {
            let found = match self.site.json(Ask::new(Method::GET, self.own_drafts(generation, page)?)).await {
                // A server that lists nobody's drafts.
                Err(trouble) if trouble.code == "file.missing" => return Ok(all),
                found => found?,
            };
            let hits = found.pointer("/hits/hits").and_then(Value::as_array).cloned().unwrap_or_default();
            for hit in hits.into_iter().filter(is_draft) {
                let said = said(generation, &hit);
                if covers(&marked(generation, &said, None), &marked(generation, body, None)) {
                    let run = run_of(generation, &said);
                    all.push(Left { id: Record::read(hit)?.id, run, generation, said });
                }
            }
            if found.pointer("/links/next").is_none() {
                break;
            }
        }
        Ok(all)
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

/// Whose words metadata are in.
fn generation_of(body: &Value) -> Generation {
    let b2share = body.get("community").is_some() || body.get("titles").is_some();
    if b2share { Generation::B2share } else { Generation::Invenio }
}

/// What a draft says of itself, as it is sent.
fn said(generation: Generation, hit: &Value) -> Value {
    match generation {
        Generation::B2share => hit.get("metadata").cloned().unwrap_or_default(),
        Generation::Invenio => hit.clone(),
    }
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
