//! Submitting and publishing a draft.

use longshore_transfer::storage::Result;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::record::{Generation, Which};
use super::{Held, Records, record};
use crate::http::{Ask, Trouble, wait};

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The record's id.
    pub id: String,
    /// Where people find it.
    pub page: String,
    /// `published`, or `submitted` where the community looks at it first.
    pub state: String,
}

impl Records {
    /// Publishes a draft, or submits it where its community reviews drafts. It must hold so many files of so many bytes, each of which
    /// came whole; nothing else is published. One that was published already stays as it is.
    pub fn publish(&self, id: &str, files: u64, bytes: u64) -> Result<Published> {
        let path = format!("drafts/{id}");
        wait(&self.site.place(path.as_bytes()), "Publishing", self.published(id, files, bytes))
    }

    async fn published(&self, id: &str, files: u64, bytes: u64) -> std::result::Result<Published, Trouble> {
        let which = Which { id: id.to_owned(), draft: true };
        let held = match self.fetch(&which).await {
            // InvenioRDM has no draft any more once it is published.
            Err(trouble) if trouble.code == "file.missing" => return self.standing(id).await,
            held => held?,
        };
        let state = |value: &Value| value.pointer("/metadata/publication_state")?.as_str().map(str::to_owned);
        if let Some(done) = state(&held.record.value).filter(|state| state != "draft") {
            return Ok(Published { id: id.to_owned(), page: held.record.page, state: done });
        }
        complete(&held, files, bytes)?;
        let answer = self.site.json(self.act(&which, held.record.generation)?).await?;
        let state = state(&answer).unwrap_or_else(|| "published".to_owned());
        let record = record::Record::read(answer)?;
        Ok(Published { id: record.id, page: record.page, state })
    }

    fn act(&self, which: &Which, generation: Generation) -> std::result::Result<Ask, Trouble> {
        Ok(match generation {
            Generation::B2share => {
                let change = json!([{"op": "add", "path": "/publication_state", "value": "submitted"}]);
                let ask = Ask::new(Method::PATCH, which.address(&self.site, &[])?).json(&change);
                ask.with(header::CONTENT_TYPE, "application/json-patch+json")
            }
            Generation::Invenio => Ask::new(Method::POST, which.address(&self.site, &["actions", "publish"])?),
        })
    }

    /// A record that has no draft.
    async fn standing(&self, id: &str) -> std::result::Result<Published, Trouble> {
        let record = record::fetch(&self.site, &Which { id: id.to_owned(), draft: false }).await?;
        Ok(Published { id: record.id, page: record.page, state: "published".into() })
    }
}

/// Whether a draft holds what was sent to it, and nothing else.
fn complete(held: &Held, files: u64, bytes: u64) -> std::result::Result<(), Trouble> {
    let found = (held.files.len() as u64, held.files.values().map(|file| file.size).sum::<u64>());
    let half = held.files.iter().find(|(_, file)| !file.whole);
    let why = match half {
        Some((name, _)) => format!("its file {name} is not whole"),
        None if found == (files, bytes) => return Ok(()),
        None => format!(
            "it holds {} files of {} bytes, and {files} files of {bytes} bytes were confirmed",
            found.0, found.1
        ),
    };
    Err(Trouble::permanent("record.incomplete", format!("the draft is not what was to be published: {why}")))
}
