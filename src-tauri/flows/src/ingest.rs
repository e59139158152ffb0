//! Uploads of datasets by others into the landing zone, through presigned URLs: where an object of a dataset lies, and its parts.

use std::time::Duration;

use longshore_connectors::s3::{Grant, PARTS, S3, WrittenPart, composite_sha256};
use longshore_engine::Fault;
use longshore_transfer::storage;

use crate::faults::ToldAt as _;
use crate::kind::Storages;
use crate::landing;

/// The storage that they lie in.
const LANDING: &str = "landing";

/// Where somebody may write an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Id of the upload, of an object in parts.
    pub upload: Option<String>,
    /// A URL for each part, in their order.
    pub urls: Vec<String>,
}

/// Grants the writing of an object of a dataset, in one or more parts, for so long.
///
/// # Errors
/// `ingest.object` where it does not lie in the dataset's folder, `ingest.parts`, `storage.unsupported` where the landing zone has no URLs.
pub fn grant(
    storages: &dyn Storages,
    dataset: &str,
    object: &str,
    parts: u32,
    life: Duration,
) -> Result<Granted, Fault> {
    let path = path(dataset, object)?;
    if parts == 0 || u64::from(parts) > PARTS {
        let why = format!("{parts} is not 1 to {PARTS}");
        return Err(Fault::permanent("ingest.parts", format!("{object} cannot be uploaded in so many parts"), why));
    }
    on_landing(storages, |s3| {
        if parts == 1 {
            let url = s3.presign(path, Grant::Put, life)?;
            return Ok(Granted { upload: None, urls: vec![url] });
        }
        let id = s3.begin_for_others(path)?;
        let numbers = 1..=i32::try_from(parts).unwrap_or(i32::MAX);
        let urls =
            numbers.map(|number| s3.presign(path, Grant::Part(&id, number), life)).collect::<storage::Result<_>>();
        match urls {
            Ok(urls) => Ok(Granted { upload: Some(id), urls }),
            Err(error) => {
                // An upload that nobody was told of would lie there for ever.
                let _ = s3.abort_for_others(path, &id);
                Err(error)
            }
        }
    })
}

/// Makes an object of its parts. `sha256` is its checksum as S3 has it of an object in parts; it is compared with those of the parts.
///
/// # Errors
/// `ingest.checksum`, and those of [`grant`].
pub fn complete(
    storages: &dyn Storages,
    [dataset, object, upload]: [&str; 3],
    parts: &[WrittenPart],
    sha256: &str,
) -> Result<(), Fault> {
    let path = path(dataset, object)?;
    // Clients write the number of parts behind it, or do not.
    let said = sha256.split('-').next().unwrap_or_default();
    if composite_sha256(parts).as_deref() != Some(said) {
        let why = "The checksum of the whole is not that of its parts, or one of theirs is no SHA-256 in base64";
        let what = format!("The upload of {object} was not completed");
        return Err(Fault::permanent("ingest.checksum", what, why)
            .now("Upload the parts again that differ, and complete it with the checksums that were taken of what was sent.")
            .on_dataset(dataset));
    }
    on_landing(storages, |s3| s3.complete_for_others(path, upload, parts))
}

/// Throws the parts of an object away. What is gone already is not an error.
pub fn abort(storages: &dyn Storages, [dataset, object, upload]: [&str; 3]) -> Result<(), Fault> {
    let path = path(dataset, object)?;
    on_landing(storages, |s3| s3.abort_for_others(path, upload))
}

fn on_landing<T>(storages: &dyn Storages, work: impl FnOnce(&S3) -> storage::Result<T>) -> Result<T, Fault> {
    let storage = storages.storage(LANDING)?;
    let s3 = storage.as_any().downcast_ref::<S3>().ok_or_else(|| {
        let why = "The landing zone is no object storage, and has no URLs through which others can write";
        Fault::permanent("storage.unsupported", "Nothing can be uploaded this way", why)
            .now("Let the storage landing lie behind a connection to S3.")
            .at_place(LANDING)
    })?;
    work(s3).told_at(LANDING)
}

/// The path of an object, which must lie in its dataset's folder.
fn path<'o>(dataset: &str, object: &'o str) -> Result<&'o [u8], Fault> {
    let folder = format!("{}/", landing::ingest_folder(dataset));
    let rest = object.strip_prefix(&folder);
    if landing::is_plain(dataset) && rest.is_some_and(landing::is_plain) && !object.contains(char::is_control) {
        return Ok(object.as_bytes());
    }
    let why = format!("It does not lie below {folder}");
    Err(Fault::permanent("ingest.object", format!("{object:?} cannot be uploaded"), why).on_dataset(dataset))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_object_lies_in_its_dataset() {
        let in_it = "openem-network/datasets/20.500/ab/raw_files/deep/a b.mrc";
        assert_eq!(path("20.500/ab", in_it).unwrap(), in_it.as_bytes());
        for (dataset, object) in [
            ("20.500/ab", "openem-network/datasets/20.500/cd/raw_files/a"),
            ("20.500/ab", "openem-network/datasets/20.500/ab/raw_files/../../cd/a"),
            ("20.500/ab", "openem-network/datasets/20.500/ab/raw_files/"),
            ("20.500/ab", "openem-network/datasets/20.500/ab/raw_files//a"),
            ("..", "openem-network/datasets/../raw_files/a"),
            ("", "openem-network/datasets//raw_files/a"),
            ("20.500/ab", "a"),
        ] {
            assert_eq!(path(dataset, object).unwrap_err().code, "ingest.object", "{object}");
        }
    }
}
