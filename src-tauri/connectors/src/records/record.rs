//! A record, of either generation.

use jiff::Timestamp;
use reqwest::{Method, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::{Ask, Site, Trouble};

/// Which interface a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// B2SHARE, version 2.
    B2share,
    /// InvenioRDM: Zenodo, B2SHARE version 3, and others.
    Invenio,
}

/// A record or a draft.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Which {
    pub(super) id: String,
    pub(super) draft: bool,
}

/// What is known of a record.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Which interface told it.
    pub generation: Generation,
    /// Its title, where it has one.
    pub title: String,
    /// Where people find it; its own address where nothing else is told.
    pub page: String,
    /// When it was made, in seconds since the epoch; 0 where that is not told.
    pub(super) created: i64,
    /// The answer as it came.
    pub(super) value: Value,
}

impl Which {
    /// The address of the record, and what is below it.
    pub(super) fn address(&self, site: &Site, below: &[&str]) -> Result<Url, Trouble> {
        let draft: &[&str] = if self.draft { &["draft"] } else { &[] };
        site.address(&[&["records", self.id.as_str()], draft, below].concat())
    }
}

impl Record {
    pub(super) fn read(value: Value) -> Result<Self, Trouble> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        // Zenodo gives numbers too.
        let number = || value.get("id").and_then(Value::as_u64).map(|id| id.to_string());
        let id = text("/id").or_else(number);
        let id = id.ok_or_else(|| Trouble::permanent("record.malformed", "the answer is no record: it has no id"))?;
        let title = text("/metadata/titles/0/title").or_else(|| text("/metadata/title")).unwrap_or_default();
        let page = ["/links/publication", "/links/self_html", "/links/self"].into_iter().find_map(text);
        let created = text("/created").and_then(|time| seconds(&time)).unwrap_or_default();
        let generation = generation(&value);
        Ok(Self { id, generation, title, page: page.unwrap_or_default(), created, value })
    }

    /// A link that the record tells.
    pub(super) fn link(&self, name: &str) -> Option<&str> {
        self.value.get("links")?.get(name)?.as_str()
    }
}

/// B2SHARE 2 has `titles`, and files in a bucket of their own; InvenioRDM has `title`, and files below the record. (Zenodo lists the files
/// in its record too, so that they are there says nothing.)
fn generation(value: &Value) -> Generation {
    let titles = value.pointer("/metadata/titles").is_some_and(Value::is_array);
    let bucket = value.pointer("/links/files").and_then(Value::as_str).is_some_and(|link| link.contains("/api/files/"));
    let title = value.pointer("/metadata/title").is_some_and(Value::is_string);
    if titles || (bucket && !title) { Generation::B2share } else { Generation::Invenio }
}

/// Seconds since the epoch; B2SHARE writes times with and without a zone, which is UTC then.
fn seconds(time: &str) -> Option<i64> {
    let zoned = || format!("{time}Z").parse::<Timestamp>().ok();
    time.parse::<Timestamp>().ok().or_else(zoned).map(Timestamp::as_second)
}

pub(super) async fn fetch(site: &Site, which: &Which) -> Result<Record, Trouble> {
    Record::read(site.json(Ask::new(Method::GET, which.address(site, &[])?)).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_generation_is_seen_by_the_answer() {
        let of = |value: Value| Record::read(value).map(|record| (record.generation, record.id)).ok();
        let v2 = json!({"id": "a1", "metadata": {"titles": [{"title": "T"}]}, "files": []});
        assert_eq!(of(v2), Some((Generation::B2share, "a1".into())));
        let rdm = json!({"id": "abcd1-efg23", "metadata": {"title": "T"}, "files": {"enabled": true}});
        assert_eq!(of(rdm), Some((Generation::Invenio, "abcd1-efg23".into())));
        let zenodo = json!({"id": 17, "metadata": {"title": "T"}, "files": [{"key": "a"}], "links": {"files": "https://z/api/records/17/files"}});
        assert_eq!(of(zenodo), Some((Generation::Invenio, "17".into())));
        assert_eq!(of(json!({"message": "no"})), None);
    }

    #[test]
    fn times_have_a_zone_or_not() {
        assert_eq!(seconds("1970-01-02T00:00:00+00:00"), Some(86_400));
        assert_eq!(seconds("1970-01-02T00:00:00.5"), Some(86_400));
        assert_eq!(seconds("soon"), None);
    }
}
