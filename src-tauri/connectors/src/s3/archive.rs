//! Objects in classes that must be restored before they are read.

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{GlacierJobParameters, RestoreRequest, Tier};
use longshore_transfer::storage::{Result, Status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::S3;

/// Whether an archived object can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoration {
    /// It lies in a class that is read at once.
    NotNeeded,
    /// It is archived. No restore was asked for, or the restored copy has expired.
    Archived,
    /// A restore was asked for, and is going on.
    Ongoing,
    /// A copy can be read until then: seconds since the epoch, none where the server does not say.
    Restored(Option<i64>),
}

/// How fast a restore is to be. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// Minutes; not from `DEEP_ARCHIVE`, and not always to be had.
    Expedited,
    /// Hours: 3 to 5 from `GLACIER`, 12 from `DEEP_ARCHIVE`.
    Standard,
    /// The cheapest: 5 to 12 hours from `GLACIER`, 48 from `DEEP_ARCHIVE`.
    #[default]
    Bulk,
}

/// Classes that must be restored; `GLACIER_IR` is read at once.
const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

impl S3 {
    /// The class that an object lies in; `STANDARD` where the server does not say, as the protocol has it.
    pub fn storage_class(&self, path: &[u8]) -> Result<String> {
        self.class_and_restoration(path).map(|(class, _)| class)
    }

    /// Whether an object can be read, or what has become of its restore. A wait for [`Restoration::Restored`] must end at
    /// [`Restoration::Archived`] too: then nobody asked for it, or it came too late.
    pub fn restoration(&self, path: &[u8]) -> Result<Restoration> {
        self.class_and_restoration(path).map(|(_, restoration)| restoration)
    }

    /// [`S3::storage_class`] and [`S3::restoration`], for one request.
    pub fn class_and_restoration(&self, path: &[u8]) -> Result<(String, Restoration)> {
        let target = self.site.target("Looking at", path)?;
        let head = self.site.wait(self.site.head(&self.site.place(path), &target))?;
        let archived = head.storage_class().is_some_and(|class| ARCHIVES.contains(&class.as_str()))
            || head.archive_status().is_some();
        let class = head.storage_class().map_or("STANDARD", |class| class.as_str()).to_owned();
        let restoration = match head.restore() {
            Some(state) => told(state),
            None if archived => Restoration::Archived,
            None => Restoration::NotNeeded,
        };
        Ok((class, restoration))
    }

    /// Asks that an archived object be restored for so many days (1 at least), or that its restored copy be kept so long. One that is
    /// being restored already is not asked for again. Gives what is known then.
    pub fn restore(&self, path: &[u8], days: u32, speed: Speed) -> Result<Restoration> {
        let target = self.site.target("Restoring", path)?;
        let place = self.site.place(path);
        let tier = match speed {
            Speed::Expedited => Tier::Expedited,
            Speed::Standard => Tier::Standard,
            Speed::Bulk => Tier::Bulk,
        };
        let wrong = |error: String| place.told("Restoring", "s3.refused", Status::Permanent, error);
        let job = GlacierJobParameters::builder().tier(tier).build().map_err(|error| wrong(error.to_string()))?;
        let days = i32::try_from(days.max(1)).map_err(|error| wrong(error.to_string()))?;
        let request = RestoreRequest::builder().days(days).glacier_job_parameters(job).build();
        let asked = self.site.wait(async {
            let restore = || {
                let restore = self.site.client.restore_object().bucket(&target.bucket).key(&target.key);
                restore.restore_request(request.clone()).send()
            };
            Ok::<_, longshore_transfer::storage::Error>(self.site.ask(&place, "Restoring", 0, restore).await)
        })?;
        match asked {
            Err(refusal) if refusal.code == "RestoreAlreadyInProgress" => Ok(Restoration::Ongoing),
            Err(refusal) if refusal.code == "ObjectAlreadyInActiveTierError" => Ok(Restoration::NotNeeded),
            // To this request it means that the class is one that is read at once.
            Err(refusal) if refusal.error.code == "s3.archived" => Ok(Restoration::NotNeeded),
            Err(refusal) => Err(refusal.into()),
            Ok(_) => self.restoration(path),
        }
    }
}

/// What the header says: `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`.
fn told(state: &str) -> Restoration {
    if state.contains("ongoing-request=\"true\"") {
        return Restoration::Ongoing;
    }
    // The date has a comma of its own: what is between the quotes is read.
    let date = state.split_once("expiry-date=\"").and_then(|(_, rest)| rest.split_once('"'));
    let until = date.and_then(|(date, _)| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
    Restoration::Restored(until.map(|until| until.secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_with_the_comma_in_its_date() {
        let done = "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\"";
        assert_eq!(told(done), Restoration::Restored(Some(1_356_048_000)));
        assert_eq!(told("ongoing-request=\"true\""), Restoration::Ongoing);
        assert_eq!(told("ongoing-request=\"false\""), Restoration::Restored(None));
    }
}
