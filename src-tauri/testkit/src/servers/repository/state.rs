//! What a repository holds.

use std::collections::BTreeMap;

use longshore_transfer::hash::{Hashes, hex};
use serde_json::{Value, json};

/// A file of a record.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// As the record states it: `md5:` and digits.
    pub checksum: String,
    /// Made, and not committed yet.
    pub pending: bool,
}

impl Stored {
    /// A file with the checksum that it has.
    pub fn of(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let mut hashes = Hashes::new(true);
        hashes.update(&bytes);
        let md5 = hashes.finish().md5.map(|md5| hex(&md5)).unwrap_or_default();
        Self { checksum: format!("md5:{md5}"), bytes, pending: false }
    }
}

/// A record or a draft.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// `draft`, `submitted` or `published`.
    pub state: &'static str,
    /// Of B2SHARE the metadata; of `InvenioRDM` the whole that was sent.
    pub said: Value,
    /// Its files.
    pub files: BTreeMap<String, Stored>,
}

/// What a repository holds, what it was asked, and what a test has ordered.
#[derive(Debug, Default)]
pub struct State {
    /// Its address.
    pub url: String,
    /// Records and drafts.
    pub records: BTreeMap<String, Held>,
    /// Requests: method and target.
    pub asked: Vec<String>,
    /// Bytes of files that were sent.
    pub sent: u64,
    /// The next answer with a file that is longer ends after so many bytes.
    pub cut_after: Option<usize>,
    /// A page of HTML with status 200 in the place of each file.
    pub pages_for_files: bool,
    /// So many of the next uploads are damaged on the way.
    pub damages: usize,
    /// So many of the next uploads are answered with 503.
    pub busy: usize,
    /// Files of a page of a list; all if it is 0.
    pub page: usize,
    /// The schema of the community allows no identifiers.
    pub takes_no_mark: bool,
    /// What is published is refused with this status, as these fields are wrong.
    pub refuses: Option<(u16, Value)>,
    /// How the community publishes: what is submitted waits for somebody who reviews it.
    pub reviews: bool,
}

impl State {
    /// Puts a published record there, of these files.
    pub fn publish(&mut self, id: &str, title: &str, files: impl IntoIterator<Item = (String, Stored)>) {
        let said = json!({"titles": [{"title": title}], "metadata": {"title": title}});
        self.records.insert(id.to_owned(), Held { state: "published", said, files: files.into_iter().collect() });
    }

    /// An id that nothing has.
    pub(super) fn new_id(&self, digits: usize) -> String {
        format!("{:0digits$x}", self.records.len() + 1)
    }

    /// What came of an upload, as it was ordered.
    pub(super) fn taken(&mut self, bytes: &[u8]) -> Stored {
        let mut bytes = bytes.to_vec();
        if self.damages > 0 && !bytes.is_empty() {
            self.damages -= 1;
            bytes[0] ^= 1;
        }
        Stored::of(bytes)
    }

    /// Whether this upload meets with a server that is busy.
    pub(super) fn is_busy(&mut self) -> bool {
        let busy = self.busy > 0;
        self.busy = self.busy.saturating_sub(1);
        busy
    }

    /// A page of a list of files, and whether there are more behind it.
    pub(super) fn page_of<'f>(&self, held: &'f Held, query: &str) -> (Vec<(&'f String, &'f Stored)>, Option<usize>) {
        let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")).and_then(|text| text.parse().ok());
        let number: usize = number.unwrap_or(1).max(1);
        let size = if self.page == 0 { usize::MAX } else { self.page };
        let lines: Vec<_> = held.files.iter().skip((number - 1).saturating_mul(size)).take(size).collect();
        let more = number.saturating_mul(size) < held.files.len();
        (lines, more.then_some(number + 1))
    }
}
