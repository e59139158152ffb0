//! `bag.make`: makes a bag of a folder, as a folder, a zip or a tar.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::bagit::{
    Algorithm, Bag, DECLARATION, FetchPolicy, Oxum, clean_path, manifest_line, manifest_name, tag_manifest_name,
};
use longshore_transfer::storage::{Kind, ReadOptions, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::bags::Proving;
use super::debag::IfExists;
use super::description;
use super::moving::cannot_move;
use super::report::{BagReport, of_io};
use super::shape::{Content, Out, Shape};
use super::source::{At, Bytes};
use super::staging::Staging;
use super::unpack::Digests;
use crate::attempt::{blocking, bytes, count};
use crate::faults::{self, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::location::Location;
use crate::plan::folder::ChildKind;
use crate::tree::Tree;

/// The shape of a bag that is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A folder.
    #[default]
    Folder,
    /// A zip whose files are stored as they are.
    Zip,
    /// A zip whose files are packed.
    ZipDeflated,
    /// A tar.
    Tar,
}

/// A checksum that bags are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl From<Checksum> for Algorithm {
    fn from(checksum: Checksum) -> Self {
        match checksum {
            Checksum::Md5 => Self::Md5,
            Checksum::Sha256 => Self::Sha256,
            Checksum::Sha512 => Self::Sha512,
        }
    }
}

/// Parameters of `bag.make`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The folder whose files become the payload: STORAGE:PATH, CONNECTION:PATH or an absolute path; of a dataset in the landing zone,
    /// `landing:` and its PID.
    pub from: String,
    /// Where the bag, or the archive with it, will lie.
    pub to: String,
    /// Its shape.
    #[serde(default)]
    pub form: Form,
    /// The checksums of its manifests.
    #[serde(default = "usual")]
    #[schemars(length(min = 1))]
    pub checksums: Vec<Checksum>,
    /// Fields of `bag-info.txt`. What is known of itself (`Payload-Oxum`, `Bag-Size`, `Bag-Software-Agent`) is added, and
    /// `Bagging-Date` where it is not given.
    #[serde(default)]
    pub info: BTreeMap<String, String>,
    /// What to do where something lies there already. Only an archive is replaced, and only by another one.
    #[serde(default)]
    pub if_exists: IfExists,
}

fn usual() -> Vec<Checksum> {
    vec![Checksum::Sha256, Checksum::Sha512]
}

/// Output of `bag.make`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Where the bag lies.
    pub bag: String,
    /// Files of its payload.
    pub files: u64,
    /// Bytes of its payload.
    pub bytes: u64,
    /// Algorithms of its manifests.
    pub checksums: Vec<String>,
}

/// `bag.make`.
pub struct BagMake;

#[async_trait]
impl TypedKind for BagMake {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "bag.make";
    const TITLE: &'static str = "Makes a bag of a folder";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || {
            description::check(&with.info)?;
            let from = Location::read(services.storages.as_ref(), &with.from)?;
            let oxum = each_file(&from, &mut |_, _| Ok(()))?;
            Ok(Need { files: Some(oxum.files), bytes: Some(oxum.bytes), ..Need::default() })
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || make(&with, &Attempt::of(&context))).await.map(Done::Output)
    }
}

/// Makes it.
pub(super) fn make(with: &With, attempt: &Attempt<'_>) -> Result<Output, Fault> {
    description::check(&with.info)?;
    let storages = attempt.storages;
    let (from, to) = (Location::read(storages, &with.from)?, Location::read(storages, &with.to)?);
    let scratch = storages.storage("scratch")?;
    let staging = Staging::of(attempt, &to.storage, parent(&to.path));
    let spool = Staging { storage: scratch, folder: staging.spool(), into: Vec::new() };
    let saved = attempt.host.checkpoint().and_then(|saved| serde_json::from_value::<Output>(saved).ok());
    let output = match (saved, there(&to)?) {
        // What was saved before it got its name, and has it now, is whole. Where an older one has the name, what was made still lies beside it.
        (Some(output), true) if to.storage.partial(&to.path).told_at(to.storage.name())?.is_none() => output,
        (None, true) if with.form == Form::Folder || with.if_exists == IfExists::Fail || !is_file(&to)? => {
            return Err(exists(with, &to));
        }
        _ => {
            let made = Making { with, attempt, from: &from, to: &to, staging: &staging, spool: &spool }.all();
            if made.is_err() {
                // The next attempt writes an archive anew: what there is of it is of no use to it.
                let _ = to.storage.discard(&to.path);
            }
            if made.is_err() && !attempt.host.cancelled() {
                // The failure is what is told; what cannot be taken away now is taken away by the next attempt.
                let _ = spool.clear(attempt).and_then(|()| staging.clear(attempt));
            }
            made?
        }
    };
    spool.clear(attempt)?;
    staging.clear(attempt)?;
    let said = format!("{}, {}", count(output.files, "file", "files"), bytes(output.bytes));
    attempt.host.log(Level::Info, &said);
    Ok(output)
}

fn there(to: &Location) -> Result<bool, Fault> {
    match to.storage.stat(&to.path) {
        Ok(_) => Ok(true),
        Err(error) if error.code == "file.missing" => Ok(false),
        Err(error) => Err(error).told_at(to.storage.name()),
    }
}

fn is_file(to: &Location) -> Result<bool, Fault> {
    Ok(to.storage.stat(&to.path).told_at(to.storage.name())?.kind == Kind::File)
}

fn exists(with: &With, to: &Location) -> Fault {
    Fault::permanent("bag.exists", format!("No bag was made at {}", with.to), "Something is there already")
        .now("Name another place, or move away what is there.")
        .at_place(to.storage.name())
}

/// The folder above a path.
pub(super) fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').map_or(b"", |slash| &path[..slash])
}

/// A file of the source: its path there, its bytes, its time and whether it may be run.
type Source = (Vec<u8>, u64, i64, bool);

/// Every file of the source; refused is what a bag cannot hold.
fn each_file(from: &Location, each: &mut dyn FnMut(Source, Oxum) -> Result<(), Fault>) -> Result<Oxum, Fault> {
    let mut tree = Tree::begin(from.storage.as_ref(), &from.path, None)?;
    let mut oxum = Oxum::default();
    while let Some(found) = tree.next()? {
        match found.child.kind {
            ChildKind::Folder => continue,
            ChildKind::Link(_) => return Err(unfit(&found.path, "It is a link: a bag holds files alone")),
            ChildKind::File => {}
        }
        let path = [b"data/", found.path.as_slice()].concat();
        if std::str::from_utf8(&path).is_err() {
            return Err(unfit(&found.path, "Its name is not UTF-8, as the names in a manifest are"));
        }
        if clean_path(&path).as_ref() != Ok(&path) {
            return Err(unfit(&found.path, "Its name would not be read again as it is"));
        }
        let child = &found.child;
        each((found.path, child.size, child.mtime.secs, child.mode & 0o100 != 0), oxum)?;
        oxum = Oxum { bytes: oxum.bytes + child.size, files: oxum.files + 1 };
    }
    match tree.special.first() {
        Some(path) => Err(unfit(path, "It is a pipe, a socket or a device")),
        None => Ok(oxum),
    }
}

fn unfit(path: &[u8], why: &str) -> Fault {
    let path = PathBytes::new(path).to_text();
    Fault::permanent("bag.source", format!("{path} cannot be put into a bag"), why)
        .now("Take it out of the folder, or rename it, then retry: nothing was made.")
        .on_file(path)
}

struct Making<'a> {
    with: &'a With,
    attempt: &'a Attempt<'a>,
    from: &'a Location,
    to: &'a Location,
    staging: &'a Staging,
    /// Where the manifests are gathered.
    spool: &'a Staging,
}

impl Making<'_> {
    fn all(&self) -> Result<Output, Fault> {
        let storage = self.to.storage.as_ref();
        if self.with.form == Form::Folder && !storage.capabilities().posix {
            return Err(cannot_move(storage));
        }
        self.spool.clear(self.attempt)?;
        self.staging.clear(self.attempt)?;
        let algorithms: Vec<Algorithm> = self.algorithms();
        let mut shape = Shape::begin(self.with.form, storage, &self.to.path, &self.top(), self.staging)?;
        let mut tags = Tags { making: self, algorithms: &algorithms, lines: Vec::new() };
        tags.text(&mut shape, b"bagit.txt", DECLARATION)?;
        let oxum = self.payload(&mut shape, &algorithms)?;
        let day = description::day(&self.with.info, self.attempt.now);
        tags.text(&mut shape, b"bag-info.txt", &description::text(&self.with.info, oxum, day))?;
        for algorithm in &algorithms {
            tags.manifest(&mut shape, &manifest_name(*algorithm))?;
        }
        tags.end(&mut shape)?;
        let checksums = algorithms.iter().map(|algorithm| algorithm.word().to_owned()).collect();
        let output = Output { bag: self.with.to.clone(), files: oxum.files, bytes: oxum.bytes, checksums };
        if self.with.form == Form::Folder {
            return self.place(output);
        }
        self.attempt.save(&output)?;
        shape.end(storage, &self.to.path, self.with.if_exists == IfExists::Replace)?;
        Ok(output)
    }

    fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms: Vec<Algorithm> = self.with.checksums.iter().map(|checksum| (*checksum).into()).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }

    /// The folder at the top of an archive: its name, without what says its kind.
    fn top(&self) -> Vec<u8> {
        let name = self.to.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let bare = name.strip_suffix(b".zip").or_else(|| name.strip_suffix(b".tar")).unwrap_or(name);
        if bare.is_empty() { b"bag".to_vec() } else { bare.to_vec() }
    }

    /// Writes the payload, and its lines into the spooled manifests.
    fn payload(&self, shape: &mut Shape<'_>, algorithms: &[Algorithm]) -> Result<Oxum, Fault> {
        let place = self.spool.storage.name();
        let mut manifests = Vec::new();
        for algorithm in algorithms {
            let writer = self.spool.write(manifest_name(*algorithm).as_bytes()).told_at(place)?;
            manifests.push(std::io::BufWriter::with_capacity(1 << 16, Out::plain(writer)));
        }
        let source = self.from.storage.as_ref();
        let oxum = each_file(self.from, &mut |(path, size, mtime, executable), before| {
            let reader = source.read(&join(&self.from.path, &path), ReadOptions::default()).told_at(source.name())?;
            let inside = [b"data/", path.as_slice()].concat();
            let content = Content { path: &inside, size, mtime, executable, algorithms };
            let mut bytes = before.bytes;
            let digests = shape.file(&content, &mut Bytes(reader), &mut |more| {
                bytes += more;
                let now = PathBytes::new(path.as_slice()).to_text();
                self.attempt.host.progress(Progress {
                    bytes,
                    files: before.files,
                    now,
                    written: bytes,
                    ..Progress::default()
                });
                if self.attempt.host.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
            })?;
            for ((_, digest), manifest) in digests.iter().zip(&mut manifests) {
                manifest.write_all(&manifest_line(digest, &inside)).map_err(|error| of_io(error, place))?;
            }
            Ok(())
        })?;
        for manifest in manifests {
            let out = manifest.into_inner().map_err(|error| of_io(error.into_error(), place))?;
            Staging::close(out.into_inner(), false).told_at(place)?;
        }
        Ok(oxum)
    }

    /// Proves the bag in the staging folder and puts it in place.
    fn place(&self, output: Output) -> Result<Output, Fault> {
        let storage = self.to.storage.as_ref();
        let folder = At { storage, folder: self.staging.folder.clone() };
        let told = |error| of_io(error, storage.name());
        storage.sync_all().told_at(storage.name())?;
        let mut bag = Bag::read(&folder, FetchPolicy::Refuse).map_err(told)?;
        bag.walk(&folder).map_err(told)?;
        bag.prove(&folder, 2, &mut Proving(self.attempt)).map_err(told)?;
        if let Some(fault) = BagReport::of(&bag).fault(&self.with.to) {
            return Err(fault);
        }
        self.attempt.save(&output)?;
        if storage.rename(&self.staging.folder, &self.to.path).told_at(storage.name())? {
            return Ok(output);
        }
        Err(cannot_move(storage))
    }
}

/// The tag files, and the lines of the tag manifests.
struct Tags<'a> {
    making: &'a Making<'a>,
    algorithms: &'a [Algorithm],
    lines: Vec<(Vec<u8>, Digests)>,
}

impl Tags<'_> {
    fn text(&mut self, shape: &mut Shape<'_>, path: &[u8], text: &str) -> Result<(), Fault> {
        let mut bytes = text.as_bytes();
        let digests = self.put(shape, path, bytes.len() as u64, &mut bytes)?;
        self.lines.push((path.to_vec(), digests));
        Ok(())
    }

    /// Puts a spooled manifest in.
    fn manifest(&mut self, shape: &mut Shape<'_>, name: &str) -> Result<(), Fault> {
        let (spool, name) = (self.making.spool, name.as_bytes());
        let (place, path) = (spool.storage.name(), spool.path(name));
        let size = spool.storage.stat(&path).told_at(place)?.size;
        let reader = spool.storage.read(&path, ReadOptions::default()).told_at(place)?;
        let digests = self.put(shape, name, size, &mut Bytes(reader))?;
        self.lines.push((name.to_vec(), digests));
        Ok(())
    }

    fn put(&self, shape: &mut Shape<'_>, path: &[u8], size: u64, bytes: &mut dyn Read) -> Result<Digests, Fault> {
        // The day on which it was made: of the same files the same archive comes on the same day, byte for byte.
        let day = description::day(&self.making.with.info, self.making.attempt.now);
        let mtime = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let content = Content { path, size, mtime, executable: false, algorithms: self.algorithms };
        shape.file(&content, bytes, &mut |_| Ok(()))
    }

    fn end(self, shape: &mut Shape<'_>) -> Result<(), Fault> {
        for (at, algorithm) in self.algorithms.iter().enumerate() {
            let lines = self.lines.iter().flat_map(|(path, digests)| manifest_line(&digests[at].1, path));
            let lines: Vec<u8> = lines.collect();
            self.put(shape, tag_manifest_name(*algorithm).as_bytes(), lines.len() as u64, &mut lines.as_slice())?;
        }
        Ok(())
    }
}
