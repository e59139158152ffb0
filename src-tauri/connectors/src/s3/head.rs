//! What is known of an object without its bytes.

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ChecksumMode, ServerSideEncryption};
use longshore_transfer::storage::{Kind, Meta, Result, Status};

use super::error::Refusal;
use super::key::Target;
use super::site::Site;
use crate::place::Place;

/// Metadata in which rclone, and so this storage, keeps a file's own modification time: seconds since the epoch, with a fraction.
/// <https://rclone.org/s3/#modification-times-and-hashes>
pub(super) const MTIME: &str = "mtime";

impl Site {
    /// Asks for the head of an object.
    pub(super) async fn head(&self, place: &Place, target: &Target) -> std::result::Result<HeadObjectOutput, Refusal> {
        let Target { bucket, key } = target;
        self.ask(place, "Looking at", 0, || self.client.head_object().bucket(bucket).key(key).send()).await
    }

    /// The same, with the checksums that the endpoint keeps of it.
    pub(super) async fn head_with_checksums(
        &self,
        place: &Place,
        target: &Target,
    ) -> std::result::Result<HeadObjectOutput, Refusal> {
        let Target { bucket, key } = target;
        let head = || self.client.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled).send();
        self.ask(place, "Looking at", 0, head).await
    }

    /// What lies at a path: an object, or a folder if keys begin with it.
    pub(super) async fn look(&self, place: &Place, target: &Target) -> Result<Meta> {
        if target.bucket.is_empty() {
            return Ok(folder());
        }
        if target.key.is_empty() {
            return self.look_at_bucket(place, target).await;
        }
        if !target.key.ends_with('/') {
            match self.head(place, target).await {
                Ok(head) => return Ok(of_head(&head)),
                Err(refusal) if refusal.missing() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        match self.any_below(place, target).await? {
            true => Ok(folder()),
            false if place.path.is_empty() => Ok(folder()),
            // An object may have such a key as well, and content.
            false if target.key.ends_with('/') => Ok(of_head(&self.head(place, target).await?)),
            false => Err(place.told("Looking at", "file.missing", Status::Permanent, "there is no object of that key")),
        }
    }

    async fn look_at_bucket(&self, place: &Place, target: &Target) -> Result<Meta> {
        let head = || self.client.head_bucket().bucket(&target.bucket).send();
        match self.ask(place, "Looking at", 0, head).await {
            Ok(_) => Ok(folder()),
            Err(refusal) if refusal.missing() => Err(no_bucket(place, target)),
            // Keys that may use what is in a bucket may still not be allowed to ask about it.
            Err(refusal) if refusal.error.code == "s3.denied" => {
                self.any_below(place, target).await?;
                Ok(folder())
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Whether any key begins with the folder's; the object that only stands for the folder itself is not counted.
    pub(super) async fn any_below(&self, place: &Place, target: &Target) -> std::result::Result<bool, Refusal> {
        let prefix = target.prefix();
        let list = || self.client.list_objects_v2().bucket(&target.bucket).prefix(&prefix).max_keys(2).send();
        let page = self.ask(place, "Looking at", 0, list).await?;
        Ok(!page.contents().is_empty())
    }
}

fn no_bucket(place: &Place, target: &Target) -> longshore_transfer::storage::Error {
    let why = format!("there is no bucket {} at this endpoint", target.bucket);
    place.told("Looking at", "s3.no_bucket", Status::Permanent, why)
}

/// A folder, of which nothing more is known.
pub(super) fn folder() -> Meta {
    Meta { kind: Kind::Folder, size: 0, mode: None, mtime: (0, 0), link: Vec::new(), names: 1 }
}

/// A file. Its time is when the storage took it, to the second: a listing knows no other, and one file must not have two.
pub(super) fn file(size: Option<i64>, modified: Option<&DateTime>) -> Meta {
    let size = size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let mtime = (modified.map_or(0, DateTime::secs), 0);
    Meta { kind: Kind::File, size, mode: None, mtime, link: Vec::new(), names: 1 }
}

fn of_head(head: &HeadObjectOutput) -> Meta {
    file(head.content_length(), head.last_modified())
}

/// The file's own time, where it was written with it.
pub(super) fn own_time(metadata: Option<&std::collections::HashMap<String, String>>) -> Option<(i64, u32)> {
    let text = metadata?.get(MTIME)?;
    let (secs, fraction) = text.split_once('.').unwrap_or((text, ""));
    let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let whole: i64 = secs.parse().ok()?;
    // A time before 1970 is written as one number with a sign: what is behind the point is taken off, not put on.
    if secs.starts_with('-') && nanos > 0 { Some((whole - 1, 1_000_000_000 - nanos)) } else { Some((whole, nanos)) }
}

/// The text in which the file's own time is kept.
pub(super) fn time_text((secs, nanos): (i64, u32)) -> String {
    let (sign, secs, nanos) =
        if secs < 0 && nanos > 0 { ("-", -(secs + 1), 1_000_000_000 - nanos) } else { ("", secs, nanos) };
    let text = format!("{sign}{secs}.{nanos:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The MD5 that an ETag is: not that of an object in parts, nor of one encrypted with a key of the key service, whose ETags are no MD5.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
pub(super) fn md5_of(etag: Option<&str>, encryption: Option<&ServerSideEncryption>) -> Option<Vec<u8>> {
    let hex = etag?.trim_matches('"');
    let plain = encryption.is_none_or(|how| *how == ServerSideEncryption::Aes256);
    if hex.len() != 32 || !plain {
        return None;
    }
    (0..32).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

/// Size of the whole object that a reply is a range of.
pub(super) fn whole_size(reply: &GetObjectOutput) -> Option<(u64, u64)> {
    let (range, size) = reply.content_range()?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.parse().ok()?, size.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_written_as_rclone_writes_them() {
        assert_eq!(time_text((1_700_000_001, 500_000_000)), "1700000001.5");
        assert_eq!(time_text((1_700_000_000, 0)), "1700000000");
        assert_eq!(time_text((-2, 750_000_000)), "-1.25");
    }

    #[test]
    fn an_etag_is_an_md5_only_where_it_is_one() {
        let md5 = "\"900150983cd24fb0d6963f7d28e17f72\"";
        assert_eq!(md5_of(Some(md5), None).map(|bytes| bytes[0]), Some(0x90));
        assert_eq!(md5_of(Some(md5), Some(&ServerSideEncryption::AwsKms)), None);
        assert_eq!(md5_of(Some("\"72d27afac8e2fbd3662861b9d607a02c-2\""), None), None);
        assert_eq!(md5_of(Some("\"90015098-cd24fb0d6963f7d28e17f72\""), None), None);
    }

    proptest! {
        #[test]
        fn a_time_is_read_back(secs in -1i64 << 40..1i64 << 40, nanos in 0u32..1_000_000_000) {
            let metadata = [(MTIME.to_owned(), time_text((secs, nanos)))].into();
            prop_assert_eq!(own_time(Some(&metadata)), Some((secs, nanos)));
        }
    }
}
