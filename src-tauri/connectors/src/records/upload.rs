//! Files of drafts: sent, and confirmed by the checksum that the repository took.

use std::sync::Arc;

use longshore_transfer::hash::hex;
use longshore_transfer::storage::{Finish, Receipt, Result, Writer};
use md5::{Digest as _, Md5};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use super::record::{Generation, Which};
use super::{Held, Records, files, md5};
use crate::http::{Ask, Sent, Site, Trouble, wait};
use crate::place::Place;
use crate::remote::{RemoteWriter, Taken};

/// A file that is being sent to a draft.
struct Filing {
    site: Arc<Site>,
    place: Place,
    which: Which,
    key: String,
    generation: Generation,
    /// A whole file of this name was there before.
    there: bool,
}

impl Records {
    pub(super) fn upload(&self, path: &[u8], which: &Which, key: String, size: Option<u64>) -> Result<Box<dyn Writer>> {
        let place = self.site.place(path);
        let held = self.held("Writing", path, which, false)?;
        // What it holds is another after this.
        self.forget(which);
        let url = wait(&place, "Writing", self.ready(which, &held, &key))?;
        let ask = Ask::new(Method::PUT, url).with(header::CONTENT_TYPE, "application/octet-stream");
        let sent = Sent::new(self.site.clone(), place.clone(), ask, size);
        let there = held.files.get(&key).is_some_and(|file| file.whole);
        let (which, generation) = (which.clone(), held.record.generation);
        let then = Filing { site: self.site.clone(), place, which, key, generation, there };
        Ok(Box::new(RemoteWriter { sent, md5: Md5::new(), then }))
    }

    /// Makes room for a file, and says where it is sent. InvenioRDM wants a file made first; one that is left from before is taken out.
    async fn ready(&self, which: &Which, held: &Held, key: &str) -> std::result::Result<reqwest::Url, Trouble> {
        if held.record.generation == Generation::Invenio {
            if held.files.contains_key(key) {
                let url = which.address(&self.site, &["files", key])?;
                self.site.ask(&Ask::new(Method::DELETE, url)).await?;
            }
            let url = which.address(&self.site, &["files"])?;
            self.site.json(Ask::new(Method::POST, url).json(&json!([{"key": key}]))).await?;
        }
        files::url(&self.site, which, &held.record, key)
    }

    pub(super) fn take_out(&self, path: &[u8], which: &Which, key: &str) -> Result<()> {
        let held = self.held("Deleting", path, which, false)?;
        self.forget(which);
        let place = self.site.place(path);
        let gone = wait(&place, "Deleting", async {
            let url = match held.record.generation {
                Generation::B2share => files::url(&self.site, which, &held.record, key)?,
                Generation::Invenio => which.address(&self.site, &["files", key])?,
            };
            self.site.ask(&Ask::new(Method::DELETE, url)).await
        });
        match gone {
            Err(error) if error.code != "file.missing" => Err(error),
            _ => Ok(()),
        }
    }
}

impl Filing {
    /// What the repository says of the file: B2SHARE when it has the bytes, InvenioRDM when they are committed.
    async fn stated(&self, answer: Response) -> std::result::Result<Value, Trouble> {
        let said = self.site.json_of(answer).await?;
        match self.generation {
            Generation::B2share => Ok(said),
            Generation::Invenio => {
                let url = self.which.address(&self.site, &["files", &self.key, "commit"])?;
                self.site.json(Ask::new(Method::POST, url)).await
            }
        }
    }
}

impl Taken for Filing {
    fn may(&mut self, finish: &Finish) -> Result<()> {
        if finish.replace || !self.there {
            return Ok(());
        }
        Err(Trouble::permanent("file.exists", "the draft has a file of that name already").at(&self.place, "Writing"))
    }

    /// A file that is not what was sent is not confirmed, and so no draft with it is published.
    fn taken(&mut self, answer: Response, written: u64, sent: [u8; 16]) -> Result<Receipt> {
        let said = wait(&self.place, "Writing", self.stated(answer))?;
        let (size, stated) = (said.get("size").and_then(Value::as_u64), said.get("checksum").and_then(Value::as_str));
        let stated = stated.and_then(md5);
        if size.is_some_and(|size| size != written) || stated.is_some_and(|stated| stated != sent) {
            let why = format!(
                "the repository states MD5 {} and {size:?} bytes, and {written} bytes with MD5 {} were sent",
                stated.map_or_else(|| "none".into(), |stated| hex(&stated)),
                hex(&sent)
            );
            return Err(Trouble::transient("record.damaged", why).at(&self.place, "Writing"));
        }
        Ok(Receipt { confirmed: stated.is_some() })
    }
}
