//! Deleting, copying and comparing objects.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{
    ChecksumType, CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective, ObjectIdentifier,
};
use longshore_transfer::storage::{Algorithm, Error, Finish, Result, Status, Storage};

use super::error::{self, Refusal};
use super::head;
use super::key::{Target, encode};
use super::parts::part_size;
use super::site::Site;
use super::upload::metadata;
use super::{S3, proof};
use crate::place::Place;

/// Bytes that are copied in one request, at most: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>.
pub(super) const COPY_MAX: u64 = 5 << 30;

/// How many times faster than over a line bytes are moved within an endpoint, which answers when all of them are.
pub(super) const WITHIN: u64 = 64;

/// Keys that are deleted in one request, at most.
const DELETE_MAX: usize = 1000;

impl S3 {
    /// Whether many objects are deleted in one request: servers that want Content-MD5 there are not told it by the library.
    pub(super) fn deletes_many(&self) -> bool {
        self.site.with_crc()
    }

    /// Deletes many objects, a thousand in one request where the server takes that, with an outcome for each. Those that are not there are
    /// not an error.
    pub(super) fn delete_all(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        paths.chunks(DELETE_MAX).flat_map(|thousand| self.delete_thousand(thousand)).collect()
    }

    fn delete_thousand(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        let alone = |path: &Vec<u8>| Storage::delete(self, path);
        let targets: Result<Vec<_>> = paths.iter().map(|path| self.site.target("Deleting", path)).collect();
        let together = |pair: &[Target]| pair[0].bucket == pair[1].bucket;
        let targets = targets.unwrap_or_default();
        if targets.is_empty() || !self.deletes_many() || !keyed(&targets) || !targets.windows(2).all(together) {
            return paths.iter().map(alone).collect();
        }
        match self.site.wait(self.site.delete_in_one(paths, &targets)) {
            Ok(refused) => self.outcomes(paths, &targets, refused),
            Err(error) if error.status == Status::Permanent => self.without(paths, &error),
            Err(error) => paths.iter().map(|path| Err(Error { path: path.clone(), ..error.clone() })).collect(),
        }
    }

    /// What was refused is told by its key, in no order; what is not among it is gone.
    fn outcomes(&self, paths: &[Vec<u8>], targets: &[Target], mut refused: Refused) -> Vec<Result<()>> {
        let outcome = |(target, path): (&Target, &Vec<u8>)| match refused.remove(&target.key) {
            None => Ok(()),
            Some((code, _)) if code == "NoSuchKey" => Ok(()),
            Some((code, words)) => match error::said(&self.site.place(path), "Deleting", &code, &words) {
                error if error.status == Status::Transient => Storage::delete(self, path),
                error => Err(error),
            },
        };
        targets.iter().zip(paths).map(outcome).collect()
    }

    /// The server does not take the request for many: one by one, unless the first shows that it is not that.
    fn without(&self, paths: &[Vec<u8>], refused: &Error) -> Vec<Result<()>> {
        tracing::debug!(storage = %self.site.name, %refused, "deleted one by one");
        let mut outcomes = Vec::new();
        for path in paths {
            let outcome = match outcomes.first() {
                Some(Err(first)) => Err(Error { path: path.clone(), ..Error::clone(first) }),
                _ => Storage::delete(self, path),
            };
            outcomes.push(outcome);
        }
        outcomes
    }
}

/// What an endpoint refused of many: by its key, the code and the words.
type Refused = HashMap<String, (String, String)>;

/// Whether all are objects, and none a bucket.
fn keyed(targets: &[Target]) -> bool {
    targets.iter().all(|target| !target.key.is_empty())
}

impl Site {
    pub(super) async fn delete(&self, place: &Place, target: &Target) -> std::result::Result<(), Refusal> {
        let delete = || self.client.delete_object().bucket(&target.bucket).key(&target.key).send();
        match self.ask(place, "Deleting", 0, delete).await {
            Err(refusal) if !refusal.missing() => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Deletes objects of one bucket in one request, and says which were refused.
    async fn delete_in_one(&self, paths: &[Vec<u8>], targets: &[Target]) -> Result<Refused> {
        let Some(first) = targets.first() else { return Ok(Refused::new()) };
        let place = self.place(paths.first().map_or(&[], Vec::as_slice));
        let key = |target: &Target| ObjectIdentifier::builder().key(&target.key).build();
        let keys: std::result::Result<Vec<_>, _> = targets.iter().map(key).collect();
        let all = keys.and_then(|keys| Delete::builder().set_objects(Some(keys)).quiet(true).build());
        let all = all.map_err(|error| place.told("Deleting", "s3.refused", Status::Permanent, error.to_string()))?;
        let delete = || self.client.delete_objects().bucket(&first.bucket).delete(all.clone()).send();
        let mut done = self.ask(&place, "Deleting", 0, delete).await?;
        let errors = done.errors.take().unwrap_or_default().into_iter();
        let said = errors.map(|error| {
            (error.key.unwrap_or_default(), (error.code.unwrap_or_default(), error.message.unwrap_or_default()))
        });
        Ok(said.collect())
    }

    /// Deletes the object that only stands for a folder; `false` where others lie in it.
    pub(super) async fn delete_folder(&self, place: &Place, target: &Target) -> Result<bool> {
        let prefix = target.prefix();
        if prefix.is_empty() {
            return Err(place.told("Deleting", "path.refused", Status::Permanent, "it is the root"));
        }
        let list = || self.client.list_objects_v2().bucket(&target.bucket).prefix(&prefix).max_keys(2).send();
        let page = self.ask(place, "Deleting the folder", 0, list).await?;
        match page.contents() {
            [] => Ok(true),
            [only] if only.key() == Some(&prefix) && only.size() == Some(0) => {
                self.delete(place, &Target { bucket: target.bucket.clone(), key: prefix.clone() }).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The checksum that the server took of the whole object when it came.
    pub(super) async fn checksum(
        &self,
        place: &Place,
        target: &Target,
        algorithm: Algorithm,
    ) -> Result<Option<Vec<u8>>> {
        let head = self.head_with_checksums(place, target).await?;
        Ok(match algorithm {
            Algorithm::Md5 => head::md5_of(head.e_tag(), head.server_side_encryption()),
            // That of an object in parts is one of their checksums, not of the bytes.
            Algorithm::Sha256 if head.checksum_type() == Some(&ChecksumType::Composite) => None,
            Algorithm::Sha256 => head.checksum_sha256().and_then(proof::unbase64).filter(|sum| sum.len() == 32),
        })
    }

    /// Copies an object within the endpoint.
    pub(super) async fn copy(
        &self,
        from: &Place,
        source: &Target,
        to: &Place,
        target: &Target,
        finish: &Finish,
    ) -> Result<()> {
        let head = self.head(from, source).await?;
        if !finish.replace && self.head(to, target).await.is_ok() {
            return Err(to.told(
                "Copying to",
                "file.exists",
                Status::Permanent,
                "an object of that key is there already",
            ));
        }
        let copy = Copy { site: self, to, source, target, head };
        let size = copy.size();
        if size <= self.copy_max { copy.at_once(finish.mtime).await } else { copy.in_parts(size, finish.mtime).await }
    }
}

/// A copy within an endpoint.
struct Copy<'c> {
    site: &'c Site,
    to: &'c Place,
    source: &'c Target,
    target: &'c Target,
    head: HeadObjectOutput,
}

impl Copy<'_> {
    fn size(&self) -> u64 {
        self.head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0)
    }

    /// The source as the header names it.
    fn named(&self) -> String {
        format!("{}/{}", self.source.bucket, encode(&self.source.key))
    }

    fn etag(&self) -> Option<String> {
        self.head.e_tag().map(str::to_owned)
    }

    async fn at_once(&self, mtime: Option<(i64, u32)>) -> Result<()> {
        let Target { bucket, key } = self.target;
        let anew = mtime.filter(|mtime| head::own_time(self.head.metadata()) != Some(*mtime));
        let copy = || {
            let copy = self.site.client.copy_object().bucket(bucket).key(key).copy_source(self.named());
            let copy = copy.set_copy_source_if_match(self.etag()).set_storage_class(self.site.storage_class.clone());
            let how = anew.map(|_| MetadataDirective::Replace);
            copy.set_metadata_directive(how).set_metadata(metadata(anew)).send()
        };
        self.site.ask(self.to, "Copying to", self.size() / WITHIN, copy).await?;
        Ok(())
    }

    async fn in_parts(&self, size: u64, mtime: Option<(i64, u32)>) -> Result<()> {
        let Target { bucket, key } = self.target;
        let mtime = mtime.or_else(|| head::own_time(self.head.metadata()));
        let begin = || {
            let begin = self.site.client.create_multipart_upload().bucket(bucket).key(key);
            begin.set_metadata(metadata(mtime)).set_storage_class(self.site.storage_class.clone()).send()
        };
        let reply = self.site.ask(self.to, "Copying to", 0, begin).await?;
        let id = reply.upload_id().unwrap_or_default();
        let done = self.parts(size, id).await;
        if done.is_err() {
            let abort = || self.site.client.abort_multipart_upload().bucket(bucket).key(key).upload_id(id).send();
            let _ = self.site.ask(self.to, "Taking away the unfinished", 0, abort).await;
        }
        done
    }

    async fn parts(&self, size: u64, id: &str) -> Result<()> {
        let Target { bucket, key } = self.target;
        // Nothing is held here: large parts cost fewer requests.
        let part = part_size(Some(self.site.copy_max.min(512 << 20)), size);
        let mut parts = Vec::new();
        for (number, at) in (1..).zip((0..size).step_by(usize::try_from(part).unwrap_or(usize::MAX))) {
            let range = format!("bytes={at}-{}", size.min(at + part) - 1);
            let copy = || {
                let copy =
                    self.site.client.upload_part_copy().bucket(bucket).key(key).upload_id(id).part_number(number);
                let copy = copy.copy_source(self.named()).set_copy_source_if_match(self.etag());
                copy.copy_source_range(&range).send()
            };
            let reply = self.site.ask(self.to, "Copying to", part / WITHIN, copy).await?;
            let etag = reply.copy_part_result().and_then(|part| part.e_tag()).map(str::to_owned);
            parts.push(CompletedPart::builder().part_number(number).set_e_tag(etag).build());
        }
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = || {
            let complete = self.site.client.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
            complete.multipart_upload(whole.clone()).send()
        };
        self.site.ask(self.to, "Copying to", size / WITHIN, complete).await.map(drop).map_err(Error::from)
    }
}
