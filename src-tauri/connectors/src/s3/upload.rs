//! An object that is written in parts.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart, MultipartUpload, Part,
};
use bytes::Bytes;
use longshore_transfer::hash::hex;
use longshore_transfer::storage::Result;
use md5::{Digest, Md5};
use sha2::Sha256;

use super::error::Refusal;
use super::head;
use super::key::Target;
use super::objects::WITHIN;
use super::proof::{self, Proof};
use super::site::{Conditions, Site};
use super::write::taken;
use crate::place::Place;

/// An upload that is not complete yet.
#[derive(Clone)]
pub(super) struct Upload {
    pub(super) site: Arc<Site>,
    pub(super) place: Place,
    pub(super) target: Target,
    /// Its id at the endpoint.
    pub(super) id: String,
    /// Whether its parts go with CRC-32C.
    pub(super) crc: bool,
}

/// A part that the endpoint holds.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) number: i32,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) crc: Option<String>,
    /// Whether the endpoint compared a checksum that this process took of the bytes that it sent.
    pub(super) confirmed: bool,
}

impl Held {
    fn of(part: &Part) -> Option<Self> {
        Some(Self {
            number: part.part_number()?,
            size: u64::try_from(part.size()?).ok()?,
            etag: part.e_tag()?.to_owned(),
            crc: part.checksum_crc32_c().map(str::to_owned),
            confirmed: false,
        })
    }

    /// Whether it holds these bytes: the ETag of a part is the MD5 that the server took of it.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        let md5: [u8; 16] = Md5::digest(bytes).into();
        self.size == bytes.len() as u64 && head::md5_of(Some(&self.etag), None).as_deref() == Some(&md5)
    }
}

impl Upload {
    /// Begins one.
    pub(super) async fn begin(
        site: &Arc<Site>,
        place: &Place,
        target: &Target,
        mtime: Option<(i64, u32)>,
    ) -> std::result::Result<Self, Refusal> {
        Self::begin_with(site, place, target, mtime, site.with_crc()).await
    }

    /// Begins one whose parts have no CRC-32C, for those that the endpoint makes itself.
    pub(super) async fn begin_plain(
        site: &Arc<Site>,
        place: &Place,
        target: &Target,
    ) -> std::result::Result<Self, Refusal> {
        Self::begin_with(site, place, target, None, false).await
    }

    async fn begin_with(
        site: &Arc<Site>,
        place: &Place,
        target: &Target,
        mtime: Option<(i64, u32)>,
        crc: bool,
    ) -> std::result::Result<Self, Refusal> {
        let begin = || {
            let begin = site.client.create_multipart_upload().bucket(&target.bucket).key(&target.key);
            let begin = begin.set_metadata(metadata(mtime)).set_storage_class(site.storage_class.clone());
            let whole = crc.then_some(ChecksumType::FullObject);
            let kind = crc.then_some(ChecksumAlgorithm::Crc32C);
            begin.set_checksum_algorithm(kind).set_checksum_type(whole).send()
        };
        let reply = site.ask(place, "Writing", 0, begin).await?;
        let id = reply.upload_id().unwrap_or_default().to_owned();
        Ok(Self { site: Arc::clone(site), place: place.clone(), target: target.clone(), id, crc })
    }

    /// Sends a part, with a checksum for the endpoint to compare.
    pub(super) async fn send(&self, number: i32, bytes: &Bytes) -> std::result::Result<Held, Refusal> {
        let proof = if self.crc { Proof::of(&self.site, bytes) } else { Proof::md5_of(bytes) };
        let Target { bucket, key } = &self.target;
        let size = bytes.len() as u64;
        let send = || {
            let part = self.site.client.upload_part().bucket(bucket).key(key).upload_id(&self.id).part_number(number);
            let part = part.set_checksum_crc32_c(proof.crc()).set_content_md5(proof.md5()).body(proof::body(bytes));
            let part = part.customize();
            if self.site.unsigned { part.disable_payload_signing().send() } else { part.send() }
        };
        let reply = self.site.ask(&self.place, "Writing", size, send).await?;
        let confirmed = proof.shown(&self.site, reply.checksum_crc32_c());
        let etag = reply.e_tag().unwrap_or_default().to_owned();
        Ok(Held { number, size, etag, crc: proof.crc().filter(|_| self.crc), confirmed })
    }

    /// Lets the endpoint copy a range of an object of its own, as it was with this ETag, into a part.
    pub(super) async fn copy(
        &self,
        number: i32,
        named: &str,
        etag: Option<String>,
        from: u64,
        bytes: u64,
    ) -> std::result::Result<Held, Refusal> {
        let Target { bucket, key } = &self.target;
        let range = format!("bytes={from}-{}", from + bytes - 1);
        let copy = || {
            let part = self.site.client.upload_part_copy().bucket(bucket).key(key).upload_id(&self.id);
            let part = part.part_number(number).copy_source(named).set_copy_source_if_match(etag.clone());
            part.copy_source_range(&range).send()
        };
        let reply = self.site.ask(&self.place, "Copying to", bytes / WITHIN, copy).await?;
        let etag = reply.copy_part_result().and_then(|part| part.e_tag()).unwrap_or_default().to_owned();
        Ok(Held { number, size: bytes, etag, crc: None, confirmed: false })
    }

    /// Makes the object of its parts; `exclusive` if none may have its key.
    pub(super) async fn finish(&self, parts: Vec<Held>, exclusive: bool) -> Result<()> {
        let Self { site, place, target, .. } = self;
        site.must_be_free(place, target, exclusive).await?;
        let exclusive = exclusive && site.conditions() != Conditions::Ignored;
        self.complete(parts, exclusive).await.map_err(|refusal| taken(place, refusal))
    }

    /// A text that is the same for the same parts of the same upload only: an endpoint gives a part that is sent anew with other
    /// bytes another ETag.
    pub(super) fn seal(&self, parts: &[Held]) -> String {
        let mut digest = Sha256::new_with_prefix(&self.id);
        for Held { number, size, etag, .. } in parts {
            digest.update(format!("\n{number} {size} {}", etag.trim_matches('"')));
        }
        hex(&digest.finalize())
    }

    /// Parts that the endpoint holds, by number.
    pub(super) async fn parts(&self) -> std::result::Result<HashMap<i32, Held>, Refusal> {
        let Target { bucket, key } = &self.target;
        let (mut parts, mut marker) = (HashMap::new(), None);
        loop {
            let list = || {
                let list = self.site.client.list_parts().bucket(bucket).key(key).upload_id(&self.id);
                list.set_part_number_marker(marker.clone()).send()
            };
            let page = self.site.ask(&self.place, "Looking at the unfinished", 0, list).await?;
            parts.extend(page.parts().iter().filter_map(Held::of).map(|part| (part.number, part)));
            marker = page.next_part_number_marker().map(str::to_owned);
            if page.is_truncated() != Some(true) || marker.is_none() {
                return Ok(parts);
            }
        }
    }

    /// Makes the object of its parts.
    pub(super) async fn complete(&self, mut parts: Vec<Held>, exclusive: bool) -> std::result::Result<(), Refusal> {
        parts.sort_by_key(|part| part.number);
        let whole = parts.iter().map(completed).collect();
        let whole = CompletedMultipartUpload::builder().set_parts(Some(whole)).build();
        let Target { bucket, key } = &self.target;
        let complete = || {
            let complete = self.site.client.complete_multipart_upload().bucket(bucket).key(key).upload_id(&self.id);
            let only_new = exclusive.then(|| "*".to_owned());
            complete.multipart_upload(whole.clone()).set_if_none_match(only_new).send()
        };
        let size: u64 = parts.iter().map(|part| part.size).sum();
        match self.site.ask(&self.place, "Completing", size / WITHIN, complete).await {
            // An earlier try may have been carried out, and only its reply lost.
            Err(refusal) if refusal.tries > 1 && self.is_there(&parts).await => {
                tracing::debug!(key, error = %refusal.error, "completed by an earlier try");
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Whether the object is the one that these parts make: its ETag is the MD5 of theirs.
    async fn is_there(&self, parts: &[Held]) -> bool {
        let sums: Vec<u8> = parts.iter().filter_map(|part| head::md5_of(Some(&part.etag), None)).flatten().collect();
        let etag = format!("{}-{}", longshore_transfer::hash::hex(&Md5::digest(&sums)), parts.len());
        let head = self.site.head(&self.place, &self.target).await;
        head.is_ok_and(|head| head.e_tag().is_some_and(|found| found.trim_matches('"') == etag))
    }

    /// Throws it away. One that is gone already is not an error.
    pub(super) async fn abort(&self) -> std::result::Result<(), Refusal> {
        let Target { bucket, key } = &self.target;
        let abort = || self.site.client.abort_multipart_upload().bucket(bucket).key(key).upload_id(&self.id).send();
        match self.site.ask(&self.place, "Taking away the unfinished", 0, abort).await {
            Err(refusal) if !refusal.missing() => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Unfinished uploads of this key, the newest first.
    pub(super) async fn unfinished(site: &Arc<Site>, place: &Place, target: &Target) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        Self::each(site, place, (&target.bucket, &target.key), |upload| {
            if upload.key() == Some(&target.key) {
                found.push(upload.clone());
            }
            // Keys are listed in order: behind this one come only longer ones.
            upload.key() <= Some(&target.key)
        })
        .await?;
        found.sort_by_key(|upload: &MultipartUpload| upload.initiated().map(|when| (when.secs(), when.subsec_nanos())));
        let ours = |upload: MultipartUpload| {
            let crc = upload.checksum_algorithm() == Some(&ChecksumAlgorithm::Crc32C);
            let (site, place, target) = (Arc::clone(site), place.clone(), target.clone());
            Some(Self { site, place, target, id: upload.upload_id?, crc })
        };
        Ok(found.into_iter().rev().filter_map(ours).collect())
    }

    /// Unfinished uploads of all keys with this prefix.
    pub(super) async fn unfinished_below(site: &Arc<Site>, place: &Place, top: &Target) -> Result<Vec<Self>> {
        let (mut found, prefix) = (Vec::new(), top.prefix());
        Self::each(site, place, (&top.bucket, &prefix), |upload| {
            let (key, id) = (upload.key().unwrap_or_default().to_owned(), upload.upload_id().map(str::to_owned));
            let target = Target { bucket: top.bucket.clone(), key };
            found.extend(id.map(|id| Self { site: site.clone(), place: place.clone(), target, id, crc: false }));
            true
        })
        .await?;
        Ok(found)
    }

    /// Gives each unfinished upload whose key has a prefix, page by page, until `go_on` says that the rest is not wanted.
    async fn each(
        site: &Arc<Site>,
        place: &Place,
        (bucket, prefix): (&str, &str),
        mut go_on: impl FnMut(&MultipartUpload) -> bool,
    ) -> Result<()> {
        let mut marker = (None, None);
        loop {
            let list = || {
                let list = site.client.list_multipart_uploads().bucket(bucket).prefix(prefix);
                list.set_key_marker(marker.0.clone()).set_upload_id_marker(marker.1.clone()).send()
            };
            let page = site.ask(place, "Looking at the unfinished", 0, list).await?;
            let mut wanted = true;
            for upload in page.uploads() {
                wanted &= go_on(upload);
            }
            marker = (page.next_key_marker().map(str::to_owned), page.next_upload_id_marker().map(str::to_owned));
            if page.is_truncated() != Some(true) || !wanted || marker.0.is_none() {
                return Ok(());
            }
        }
    }
}

fn completed(part: &Held) -> CompletedPart {
    let Held { number, etag, crc, .. } = part;
    CompletedPart::builder().part_number(*number).e_tag(etag).set_checksum_crc32_c(crc.clone()).build()
}

/// What is kept with an object besides its bytes.
pub(super) fn metadata(mtime: Option<(i64, u32)>) -> Option<HashMap<String, String>> {
    mtime.map(|mtime| HashMap::from([(head::MTIME.to_owned(), head::time_text(mtime))]))
}
