//! What S3 has beside files: buckets, tags, versions, and URLs that need no keys.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use longshore_transfer::storage::{Error, Meta, Result, Status};

use super::key::decode;
use super::{S3, head};
use crate::net;

/// What a presigned URL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant<'g> {
    /// Reading the object.
    Get,
    /// Writing the whole object.
    Put,
    /// Writing one part of an upload: its id, and the part's number from 1.
    Part(&'g str, i32),
}

/// Longest life of a presigned URL: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
pub const GRANT_MAX: Duration = Duration::from_hours(7 * 24);

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// Whether it is the one that is read.
    pub latest: bool,
    /// What it is; `None` where the object was deleted then.
    pub meta: Option<Meta>,
}

fn words(error: impl std::error::Error + 'static) -> String {
    net::chain(&error)
}

impl S3 {
    /// A URL with which anybody may do one thing until it ends (1 second to [`GRANT_MAX`]; that of temporary keys ends with them).
    pub fn presign(&self, path: &[u8], grant: Grant<'_>, life: Duration) -> Result<String> {
        self.presign_for(None, path, grant, life)
    }

    /// The same, for those who reach the server at another `endpoint` (a URL): a signature holds for one host only.
    pub fn presign_for(&self, endpoint: Option<&str>, path: &[u8], grant: Grant<'_>, life: Duration) -> Result<String> {
        let target = self.site.target("Granting", path)?;
        let place = self.site.place(path);
        let refuse = |why: String| place.told("Granting", "s3.refused", Status::Permanent, why);
        if life < Duration::from_secs(1) || life > GRANT_MAX {
            return Err(refuse("a presigned URL lives one second to seven days".into()));
        }
        let config = PresigningConfig::expires_in(life).map_err(|error| refuse(error.to_string()))?;
        let (client, bucket, key) = (&self.site.client, &target.bucket, &target.key);
        let over = aws_sdk_s3::config::Builder::new();
        // One that is set to none would lead to AWS.
        let over = match endpoint {
            Some(endpoint) => over.endpoint_url(endpoint),
            None => over,
        };
        let signed = self.site.wait(async {
            let signed = match grant {
                Grant::Get => {
                    let get = client.get_object().bucket(bucket).key(key).customize().config_override(over);
                    get.presigned(config).await.map_err(words)
                }
                Grant::Put => {
                    let put = client.put_object().bucket(bucket).key(key).customize().config_override(over);
                    put.presigned(config).await.map_err(words)
                }
                Grant::Part(id, number) => {
                    let part = client.upload_part().bucket(bucket).key(key).upload_id(id).part_number(number);
                    part.customize().config_override(over).presigned(config).await.map_err(words)
                }
            };
            signed.map_err(refuse)
        })?;
        Ok(signed.uri().to_owned())
    }

    /// The bucket that the storage lies in; none where each path begins with one.
    pub fn own_bucket(&self) -> Option<&str> {
        self.site.root.bucket.as_deref()
    }

    /// The bucket that a path is, if it is one and nothing in it.
    pub fn bucket_at(&self, path: &[u8]) -> Option<String> {
        let target = self.site.root.target(path).ok()?;
        (target.key.is_empty() && !target.bucket.is_empty()).then_some(target.bucket)
    }

    /// Makes a bucket in the connection's region. One that is there already and is one's own is not an error.
    pub fn create_bucket(&self, bucket: &str) -> Result<()> {
        let place = self.site.place(bucket.as_bytes());
        let region = self.region.as_str();
        // us-east-1 is the one that must not be named.
        let elsewhere = (region != "us-east-1").then(|| {
            let constraint = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(constraint).build()
        });
        let create = || {
            let create = self.site.client.create_bucket().bucket(bucket);
            create.set_create_bucket_configuration(elsewhere.clone()).send()
        };
        let made = self.site.wait(async { Ok::<_, Error>(self.site.ask(&place, "Making", 0, create).await) })?;
        match made {
            Err(refusal) if refusal.code != "BucketAlreadyOwnedByYou" => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// Tags of an object, by name.
    pub fn tags(&self, path: &[u8]) -> Result<Vec<(String, String)>> {
        let target = self.site.target("Reading the tags of", path)?;
        let place = self.site.place(path);
        let get = || self.site.client.get_object_tagging().bucket(&target.bucket).key(&target.key).send();
        let found = self.site.wait(self.site.ask(&place, "Reading the tags of", 0, get))?;
        Ok(found.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect())
    }

    /// Gives an object these tags, and no others.
    pub fn set_tags(&self, path: &[u8], tags: &[(String, String)]) -> Result<()> {
        let target = self.site.target("Tagging", path)?;
        let place = self.site.place(path);
        let all = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let all: std::result::Result<Vec<_>, _> = all.collect();
        let all = all.and_then(|all| Tagging::builder().set_tag_set(Some(all)).build());
        let all = all.map_err(|error| place.told("Tagging", "s3.refused", Status::Permanent, error.to_string()))?;
        let put = || {
            let put = self.site.client.put_object_tagging().bucket(&target.bucket).key(&target.key);
            put.tagging(all.clone()).send()
        };
        self.site.wait(self.site.ask(&place, "Tagging", 0, put)).map(drop)
    }

    /// Versions of an object, the newest first; one where the bucket keeps none.
    pub fn versions(&self, path: &[u8]) -> Result<Vec<Version>> {
        let target = self.site.target("Listing the versions of", path)?;
        let place = self.site.place(path);
        let (mut found, mut marker) = (Vec::new(), (None, None));
        loop {
            let list = || {
                let list = self.site.client.list_object_versions().bucket(&target.bucket).prefix(&target.key);
                list.set_key_marker(marker.0.clone()).set_version_id_marker(marker.1.clone()).send()
            };
            let page = self.site.wait(self.site.ask(&place, "Listing the versions of", 0, list))?;
            let ours = |key: Option<&str>| key.is_some_and(|key| key == target.key || decode(key) == target.key);
            found.extend(page.versions().iter().filter(|line| ours(line.key())).map(|line| {
                let meta = head::file(line.size(), line.last_modified());
                let id = line.version_id().unwrap_or_default().to_owned();
                (
                    line.last_modified().copied(),
                    Version { id, latest: line.is_latest() == Some(true), meta: Some(meta) },
                )
            }));
            found.extend(page.delete_markers().iter().filter(|line| ours(line.key())).map(|line| {
                let id = line.version_id().unwrap_or_default().to_owned();
                (line.last_modified().copied(), Version { id, latest: line.is_latest() == Some(true), meta: None })
            }));
            marker = (page.next_key_marker().map(str::to_owned), page.next_version_id_marker().map(str::to_owned));
            if page.is_truncated() != Some(true) || marker.0.is_none() || marker.0.as_ref() > Some(&target.key) {
                break;
            }
        }
        // The one that is read is the newest, whatever the clock says.
        found.sort_by_key(|(when, version)| (version.latest, when.map(|when| (when.secs(), when.subsec_nanos()))));
        Ok(found.into_iter().rev().map(|(_, version)| version).collect())
    }
}
