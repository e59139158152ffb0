//! Objects that somebody else writes in parts, who has presigned URLs and no keys.

use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_transfer::storage::{Result, Status};
use sha2::{Digest as _, Sha256};

use super::S3;
use super::objects::WITHIN;
use super::upload::Upload;

/// A part that somebody else has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPart {
    /// Its number, from 1.
    pub number: i32,
    /// The ETag that the endpoint gave for it.
    pub etag: String,
    /// SHA-256 of its bytes, in base64.
    pub sha256: String,
}

/// The checksum of an object that was written in these parts, as S3 has it: SHA-256 of the checksums of its parts one after another, in base64.
/// `None` where one of them is none.
pub fn composite_sha256(parts: &[WrittenPart]) -> Option<String> {
    let mut digest = Sha256::new();
    for part in parts {
        let bytes = STANDARD.decode(&part.sha256).ok().filter(|bytes| bytes.len() == 32)?;
        digest.update(bytes);
    }
    Some(STANDARD.encode(digest.finalize()))
}

impl S3 {
    /// Begins an object in parts with SHA-256; the id of the upload.
    pub fn begin_for_others(&self, path: &[u8]) -> Result<String> {
        let (target, place) = (self.site.target("Writing", path)?, self.site.place(path));
        let begin = || {
            let begin = self.site.client.create_multipart_upload().bucket(&target.bucket).key(&target.key);
            let begin = begin.set_storage_class(self.site.storage_class.clone());
            begin.checksum_algorithm(ChecksumAlgorithm::Sha256).send()
        };
        let reply = self.site.wait(self.site.ask(&place, "Writing", 0, begin))?;
        Ok(reply.upload_id().unwrap_or_default().to_owned())
    }

    /// Makes the object of its parts; `s3.refused` where the endpoint has other parts than these.
    pub fn complete_for_others(&self, path: &[u8], id: &str, parts: &[WrittenPart]) -> Result<()> {
        let (target, place) = (self.site.target("Completing", path)?, self.site.place(path));
        if parts.is_empty() {
            return Err(place.told("Completing", "s3.refused", Status::Permanent, "it has no parts".to_owned()));
        }
        let mut parts: Vec<&WrittenPart> = parts.iter().collect();
        parts.sort_by_key(|part| part.number);
        let part = |part: &&WrittenPart| {
            let one = CompletedPart::builder().part_number(part.number).e_tag(&part.etag);
            one.checksum_sha256(&part.sha256).build()
        };
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect())).build();
        let complete = || {
            let complete = self.site.client.complete_multipart_upload().bucket(&target.bucket).key(&target.key);
            complete.upload_id(id).multipart_upload(whole.clone()).send()
        };
        // How large it is nobody has said: there is time for parts of the largest size.
        let patience = (parts.len() as u64) << 30;
        self.site.wait(self.site.ask(&place, "Completing", patience / WITHIN, complete)).map(drop)
    }

    /// Throws an upload away. One that is gone already is not an error.
    pub fn abort_for_others(&self, path: &[u8], id: &str) -> Result<()> {
        let (target, place) = (self.site.target("Taking away the unfinished", path)?, self.site.place(path));
        let upload = Upload { site: Arc::clone(&self.site), place, target, id: id.to_owned(), crc: false };
        self.site.wait(upload.abort())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_checksum_of_a_whole_is_that_of_its_parts() {
        let part = |text: &str| WrittenPart {
            number: 1,
            etag: String::new(),
            sha256: STANDARD.encode(Sha256::digest(text.as_bytes())),
        };
        let mut joined = Sha256::digest(b"one").to_vec();
        joined.extend(Sha256::digest(b"two"));
        let whole = STANDARD.encode(Sha256::digest(&joined));
        assert_eq!(composite_sha256(&[part("one"), part("two")]), Some(whole));
        let odd = WrittenPart { sha256: "no".into(), ..part("one") };
        assert_eq!(composite_sha256(&[odd]), None);
    }
}
