//! Objects and their parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use longshore_transfer::hash::{hex, unhex};
use longshore_transfer::storage::{Result, Status};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

use super::client::Archiver;
use crate::http::{Ask, Tries, Trouble};
use crate::s3::{WrittenPart, composite_sha256};

/// Where an object may be written.
pub struct Granted {
    /// Id of the upload, of an object in parts.
    pub upload: Option<String>,
    /// A URL for each part, in their order. Whoever has one may write there: they are kept nowhere.
    urls: Vec<Url>,
}

/// Bytes to be put, with their checksums.
pub struct Put {
    /// The bytes.
    pub bytes: Bytes,
    /// Their MD5.
    pub md5: [u8; 16],
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

#[derive(Deserialize)]
struct Told {
    upload_id: Option<String>,
    urls: Vec<String>,
}

impl Archiver {
    /// Has an object of a dataset granted, in so many parts. Of several parts an upload begins, which is to be completed or aborted.
    pub async fn grant(&self, pid: &str, object: &str, parts: usize) -> Result<Granted> {
        let what = format!("Asking the archiver where to write {object}");
        let body = json!({"dataset_id": pid, "object_name": object, "parts": parts});
        // Repeated without a look it might begin an upload that nobody completes.
        let told = self.post(&what, "s3/presignedUrls", &body, parts == 1).await?;
        let told: Told =
            serde_json::from_value(told).map_err(|error| self.not_understood(&what, &error.to_string()))?;
        let urls: Option<Vec<Url>> = told.urls.iter().map(|url| plain(url)).collect();
        let upload = told.upload_id.filter(|id| !id.is_empty());
        match urls.filter(|urls| urls.len() == parts && upload.is_some() == (parts > 1)) {
            Some(urls) => Ok(Granted { upload, urls }),
            None => Err(self.not_understood(&what, "it is not one URL for each part")),
        }
    }

    /// Puts a part, counted from 0; the ETag that it was given.
    ///
    /// # Errors
    /// `archiver.expired`, transient: another URL may do. `archiver.altered`, transient: the ETag is the MD5 of other bytes than those
    /// that were sent.
    pub async fn put(&self, object: &str, granted: &Granted, part: usize, put: &Put) -> Result<String> {
        let what = format!("Writing part {} of {object} through the archiver", part + 1);
        let Some(url) = granted.urls.get(part) else { return Err(self.not_understood(&what, "it has no such part")) };
        let ask = signed(url, put).body(put.bytes.clone());
        let mut tries = Tries::new(self.site.patience.tries);
        loop {
            let trouble = match self.site.reply(&ask).await {
                Ok(reply) if reply.answer.status().is_success() => match etag(reply.answer.headers(), &put.md5) {
                    Some(etag) => return Ok(etag),
                    None => Trouble::new("archiver.altered", Status::Transient, "what arrived is not what was sent"),
                },
                Ok(reply) if reply.answer.status().as_u16() == 403 => {
                    Trouble::new("archiver.expired", Status::Transient, "the URL is not valid any more, or never was")
                }
                Ok(reply) => Trouble::of_answer(reply.answer).await,
                Err(trouble) => trouble,
            };
            // Another URL may do where this one does not.
            let again = if trouble.code == "archiver.expired" { Err(trouble) } else { tries.after(trouble) };
            tokio::time::sleep(again.map_err(|trouble| self.of_trouble(&what, trouble))?).await;
        }
    }

    /// Makes an object of its parts.
    pub async fn complete(&self, pid: &str, object: &str, upload: &str, parts: &[WrittenPart]) -> Result<()> {
        let what = format!("Completing {object} through the archiver");
        let told = parts.iter().map(|WrittenPart { number, etag, sha256 }| {
            json!({"part_number": number, "etag": etag, "checksum_sha256": sha256})
        });
        let body = json!({"dataset_id": pid, "object_name": object, "upload_id": upload,
            "parts": told.collect::<Vec<_>>(), "checksum_sha256": composite_sha256(parts).unwrap_or_default()});
        self.post(&what, "s3/completeUpload", &body, false).await.map(drop)
    }

    /// Throws the parts of an object away.
    pub async fn abort(&self, pid: &str, object: &str, upload: &str) -> Result<()> {
        let what = format!("Aborting the upload of {object} through the archiver");
        let body = json!({"dataset_id": pid, "object_name": object, "upload_id": upload});
        self.post(&what, "s3/abortMultipartUpload", &body, true).await.map(drop)
    }
}

/// A URL as the service writes it: in base64.
fn plain(text: &str) -> Option<Url> {
    let bytes = STANDARD.decode(text).ok()?;
    let url = Url::parse(std::str::from_utf8(&bytes).ok()?).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The ETag that a part was given; none if it says that other bytes arrived. It is their MD5, but not where a key of the key service
/// encrypts them. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
fn etag(headers: &HeaderMap, md5: &[u8; 16]) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let etag = text("etag").trim_matches('"').to_owned();
    let plain = matches!(text("x-amz-server-side-encryption"), "" | "AES256");
    let is_md5 = plain && unhex(&etag).is_some_and(|bytes| bytes.len() == md5.len());
    (!is_md5 || etag.eq_ignore_ascii_case(&hex(md5))).then_some(etag)
}

/// The request with the headers that the URL was signed with, and no others: an endpoint refuses what is not signed.
fn signed(url: &Url, put: &Put) -> Ask {
    let names = url.query_pairs().find(|(name, _)| name == "X-Amz-SignedHeaders").map(|(_, names)| names.into_owned());
    let mut ask = Ask::new(Method::PUT, url.clone());
    for name in names.unwrap_or_default().split(';') {
        ask = match name {
            // The service signs single objects with this class, and no other.
            "x-amz-storage-class" => ask.with("x-amz-storage-class", "GLACIER"),
            "content-md5" => ask.with("Content-MD5", &STANDARD.encode(put.md5)),
            "x-amz-checksum-sha256" => ask.with("x-amz-checksum-sha256", &STANDARD.encode(put.sha256)),
            _ => ask,
        };
    }
    ask
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_headers_that_were_signed_are_sent() {
        let put = Put { bytes: Bytes::from_static(b"x"), md5: [0; 16], sha256: [0; 32] };
        let ask = |url: &str| signed(&plain(&STANDARD.encode(url)).unwrap(), &put);
        let single = ask("https://s3.example/b/k?X-Amz-SignedHeaders=host%3Bx-amz-storage-class&X-Amz-Signature=1");
        assert_eq!(single.headers["x-amz-storage-class"], "GLACIER");
        assert!(ask("https://s3.example/b/k?X-Amz-SignedHeaders=host").headers.is_empty());
        let told = ask("https://s3.example/b/k?X-Amz-SignedHeaders=content-md5%3Bhost%3Bx-amz-checksum-sha256");
        let mut names: Vec<_> = told.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["content-md5", "x-amz-checksum-sha256"]);
        assert!(plain(&STANDARD.encode("file:///etc/passwd")).is_none() && plain("no base64").is_none());
    }

    #[test]
    fn an_etag_that_is_of_other_bytes_is_told() {
        let given = |etag: &str, encryption: Option<&str>| {
            let named = [("etag", Some(etag)), ("x-amz-server-side-encryption", encryption)];
            let there = named.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value?.parse().ok()?)));
            super::etag(&there.collect(), &[0xab; 16])
        };
        let (own, other) = ("\"".to_owned() + &"ab".repeat(16) + "\"", "cd".repeat(16));
        assert_eq!(given(&own, None), Some("ab".repeat(16)));
        assert_eq!(given(&other, Some("AES256")), None);
        assert_eq!(given(&other, Some("aws:kms")), Some(other.clone()));
        assert_eq!(given("no-md5-1", None), Some("no-md5-1".to_owned()));
    }
}
