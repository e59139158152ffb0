//! One place on a storage: what is known of it, and what object storages can do with it beside copying.

use std::time::Duration;

use longshore_catalogue::PathBytes;
use longshore_connectors::s3::{Grant, Restoration, S3, Speed, Version};
use longshore_engine::Fault;
use longshore_transfer::hash::hex;
use longshore_transfer::storage::{Algorithm, Finish, Kind, Meta, join};

use crate::faults::ToldAt as _;
use crate::kind::Storages;
use crate::location::Location;

/// What is known of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// What lies there.
    pub meta: Meta,
    /// A checksum of a file that its storage takes or has kept: its name, and its value in hexadecimal.
    pub checksum: Option<(&'static str, String)>,
    /// What an object storage knows besides.
    pub object: Option<Object>,
}

/// What an object storage knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its storage class, such as `STANDARD` or `DEEP_ARCHIVE`.
    pub class: String,
    /// Whether it can be read.
    pub restoration: Restoration,
    /// Its tags, by name.
    pub tags: Vec<(String, String)>,
    /// Its versions, the newest first.
    pub versions: Vec<Version>,
}

/// Looks at a place.
pub fn show(storages: &dyn Storages, location: &str) -> Result<Details, Fault> {
    let at = Location::read(storages, location)?;
    let (storage, name) = (at.storage.as_ref(), at.storage.name());
    let meta = storage.stat(&at.path).told_at(name)?;
    if meta.kind != Kind::File {
        return Ok(Details { meta, checksum: None, object: None });
    }
    let object = match storage.as_any().downcast_ref::<S3>() {
        Some(s3) => {
            let (class, restoration) = s3.class_and_restoration(&at.path).told_at(name)?;
            // Not every server has tags and versions, and one may look at an object without the right to see them.
            let (tags, versions) = (s3.tags(&at.path), s3.versions(&at.path));
            let (tags, versions) = (tags.unwrap_or_default(), versions.unwrap_or_default());
            Some(Object { class, restoration, tags, versions })
        }
        None => None,
    };
    let mut checksum = None;
    for (algorithm, word) in [(Algorithm::Sha256, "sha256"), (Algorithm::Md5, "md5")] {
        if checksum.is_none() {
            let known = storage.checksum(&at.path, algorithm).told_at(name)?;
            checksum = known.map(|bytes| (word, hex(&bytes)));
        }
    }
    Ok(Details { meta, checksum, object })
}

/// A URL with which anybody may read the object, or write it (`write`), until `life` is over: one second to seven days.
pub fn link(storages: &dyn Storages, location: &str, write: bool, life: Duration) -> Result<String, Fault> {
    on_s3(storages, location, |s3, path| s3.presign(path, if write { Grant::Put } else { Grant::Get }, life))
}

/// Asks that an archived object be restored for so many days, or kept so long if it is.
pub fn restore(storages: &dyn Storages, location: &str, days: u32, speed: Speed) -> Result<Restoration, Fault> {
    on_s3(storages, location, |s3, path| s3.restore(path, days, speed))
}

/// Gives an object these tags, and no others.
pub fn tag(storages: &dyn Storages, location: &str, tags: &[(String, String)]) -> Result<(), Fault> {
    on_s3(storages, location, |s3, path| s3.set_tags(path, tags))
}

/// Makes a folder with those above it, or a bucket. One that is there already is not an error.
pub fn make(storages: &dyn Storages, location: &str) -> Result<(), Fault> {
    let at = Location::read(storages, location)?;
    let bucket = at.storage.as_any().downcast_ref::<S3>().and_then(|s3| Some((s3, s3.bucket_at(&at.path)?)));
    let made = match bucket {
        Some((s3, bucket)) => s3.create_bucket(&bucket),
        None => at.storage.make_folder(&at.path),
    };
    made.told_at(at.storage.name())
}

/// Gives what lies at a place another name in its folder. Where the storage cannot do that, a file is copied within the storage, and goes
/// once the copy lies there with its size.
pub fn rename(storages: &dyn Storages, location: &str, name: &str) -> Result<(), Fault> {
    let refused = |why: &str| Fault::permanent("place.refused", format!("{location} was not renamed"), why);
    let bytes = |text: &str| PathBytes::from_text(text).map_err(|error| refused(&error.to_string()));
    let new = bytes(name)?;
    if new.as_bytes().is_empty() || new.as_bytes().contains(&b'/') || matches!(name, "." | "..") {
        return Err(refused("the new name must be one name, without a slash"));
    }
    let mut at = Location::read(storages, location.trim_end_matches('/'))?;
    at.belongs_to(&["landing", "lts"], storages);
    if at.path.is_empty() {
        return Err(refused("it is a storage as a whole"));
    }
    if matches!(at.name.as_deref(), Some("landing" | "lts")) || at.holds(&["landing", "lts"], storages).is_some() {
        return Err(refused("the ledger knows what lies in the landing zone and on the LTS by its names"));
    }
    let above = at.path.iter().rposition(|byte| *byte == b'/').map_or(&b""[..], |end| &at.path[..end]);
    let (from, to) = (at.path.clone(), join(above, new.as_bytes()));
    let (storage, place) = (at.storage.as_ref(), at.storage.name());
    if storage.rename(&from, &to).told_at(place)? {
        return Ok(());
    }
    let meta = storage.stat(&from).told_at(place)?;
    let finish = Finish { durable: true, ..Finish::default() };
    if meta.kind != Kind::File || !storage.copy_within(&from, &to, &finish).told_at(place)? {
        let what = format!("{location} was not renamed");
        return Err(Fault::permanent("storage.unsupported", what, format!("{place} gives no other name to it"))
            .at_place(place)
            .now("Copy it to the new name, then delete it here."));
    }
    let copied = storage.stat(&to).told_at(place)?;
    if copied.size != meta.size {
        let why = format!("its copy has {} bytes, and it has {}", copied.size, meta.size);
        return Err(Fault::transient("place.refused", format!("{location} was not renamed"), why).at_place(place));
    }
    storage.delete(&from).told_at(place)
}

fn on_s3<T>(
    storages: &dyn Storages,
    location: &str,
    work: impl FnOnce(&S3, &[u8]) -> longshore_transfer::storage::Result<T>,
) -> Result<T, Fault> {
    let at = Location::read(storages, location)?;
    let s3 = at.storage.as_any().downcast_ref::<S3>().ok_or_else(|| not_s3(&at))?;
    work(s3, &at.path).told_at(at.storage.name())
}

/// A place at which there can be no objects.
pub(crate) fn not_s3(at: &Location) -> Fault {
    let (name, path) = (at.storage.name(), PathBytes::new(at.path.clone()).to_text());
    let why = format!("{name} is no S3 storage");
    Fault::permanent("storage.unsupported", format!("This cannot be done with {path}"), why).at_place(name)
}
