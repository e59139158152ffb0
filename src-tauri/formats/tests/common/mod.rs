//! Bags in folders of this machine.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test file uses a part of it

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use longshore_formats::bagit::{Algorithm, Bag, Digester, FetchPolicy, Folder, Item, ItemKind, Watch};
use longshore_formats::bagit::{DECLARATION, manifest_line, manifest_name, tag_manifest_name};

/// A folder of this machine.
pub struct Here(pub PathBuf);

impl Here {
    pub fn at(&self, path: &[u8]) -> PathBuf {
        self.0.join(OsStr::from_bytes(path))
    }

    /// Makes a file, and the folders above it.
    pub fn put(&self, path: &[u8], bytes: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Folder for Here {
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> io::Result<()>) -> io::Result<()> {
        for entry in fs::read_dir(self.at(folder))? {
            let entry = entry?;
            let meta = entry.metadata()?;
            let kind = match meta.file_type() {
                kind if kind.is_file() => ItemKind::File(meta.len()),
                kind if kind.is_dir() => ItemKind::Folder,
                _ => ItemKind::Other,
            };
            each(Item { name: entry.file_name().as_bytes().to_vec(), kind })?;
        }
        Ok(())
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(File::open(self.at(path))?))
    }

    fn is_near(&self) -> bool {
        true
    }
}

pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&mut self, _: u64, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// The bag in a folder, judged whole.
pub fn judged(folder: &Path, fetch: FetchPolicy) -> Bag {
    let folder = Here(folder.to_path_buf());
    let mut bag = Bag::read(&folder, fetch).unwrap();
    bag.walk(&folder).unwrap();
    bag.prove(&folder, 2, &mut Unwatched).unwrap();
    bag
}

/// The codes of what was found, each once.
pub fn codes(bag: &Bag) -> Vec<&'static str> {
    bag.findings().counts().keys().map(|(_, code)| *code).collect()
}

pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    let mut digester = Digester::new([algorithm]);
    digester.update(bytes);
    digester.finish().remove(0).1
}

/// Makes a bag of these payload files, paths without `data/`.
pub fn bag(folder: &Path, declaration: &str, algorithms: &[Algorithm], files: &[(&[u8], &[u8])]) -> Here {
    let bag = Here(folder.to_path_buf());
    fs::create_dir_all(folder.join("data")).unwrap();
    bag.put(b"bagit.txt", declaration);
    for algorithm in algorithms {
        let mut manifest = Vec::new();
        for (path, bytes) in files {
            let path = [b"data/", *path].concat();
            bag.put(&path, bytes);
            manifest.extend(manifest_line(&digest(*algorithm, bytes), &path));
        }
        bag.put(manifest_name(*algorithm).as_bytes(), manifest);
    }
    bag
}

/// Adds tag manifests over what lies at the bag's top.
pub fn tagged(bag: &Here, algorithms: &[Algorithm]) {
    for algorithm in algorithms {
        let mut manifest = Vec::new();
        for entry in fs::read_dir(&bag.0).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_encoded_bytes();
            if entry.metadata().unwrap().is_file() && !name.starts_with(b"tagmanifest-") {
                manifest.extend(manifest_line(&digest(*algorithm, &fs::read(entry.path()).unwrap()), &name));
            }
        }
        bag.put(tag_manifest_name(*algorithm).as_bytes(), manifest);
    }
}

pub const V1: &str = DECLARATION;
pub const V097: &str = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n";
