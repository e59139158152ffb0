//! The files that SciCat knows of a dataset, against those that are there.

use std::collections::BTreeMap;

use longshore_catalogue::PathBytes;
use longshore_connectors::scicat::{DataFile, OrigDatablock};
use longshore_engine::Fault;
use longshore_transfer::hash::unhex;
use longshore_transfer::storage::Algorithm;

/// Files that are named where many are wrong.
const NAMED: usize = 20;

/// What SciCat knows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) size: u64,
    /// Checksum in hex, where it is by an algorithm that is taken here.
    pub(super) checksum: Option<(Algorithm, String)>,
}

/// The files that SciCat knows, by path.
#[derive(Debug, Default)]
pub(super) struct Files {
    left: BTreeMap<String, Expected>,
    /// Paths by what is left of them when capitals are not told from small letters.
    folded: BTreeMap<String, String>,
    pub(super) wrong: Differences,
    /// Pairs of paths that are one where capitals are not told from small letters.
    pub(super) alike: Vec<(String, String)>,
}

/// Some of many.
#[derive(Debug, Default)]
struct Few {
    named: Vec<String>,
    count: usize,
}

impl Few {
    fn add(&mut self, path: &str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(path.to_owned());
        }
    }

    fn told(&self, one: &str, many: &str) -> Option<String> {
        let more = if self.count > self.named.len() { ", ..." } else { "" };
        let words = if self.count == 1 { one } else { many };
        (self.count > 0).then(|| format!("{} {words} ({}{more})", self.count, self.named.join(", ")))
    }
}

/// What is not as SciCat knows it.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Differences {
    missing: Few,
    unknown: Few,
    sizes: Few,
    checksums: Few,
    twice: Few,
}

impl Files {
    /// Takes in what a block lists.
    pub(super) fn add(&mut self, block: &OrigDatablock) {
        let algorithm = block.chk_alg.as_deref().and_then(algorithm);
        for DataFile { path, size, chk, .. } in &block.data_file_list {
            let path = path.strip_prefix("./").unwrap_or(path).trim_start_matches('/').to_owned();
            let checksum = algorithm.zip(chk.as_ref().map(|text| text.to_ascii_lowercase()));
            let expected = Expected { size: *size, checksum };
            match self.left.get(&path) {
                Some(known) if *known != expected => self.wrong.twice.add(&path),
                Some(_) => {}
                None => {
                    if let Some(other) = self.folded.insert(path.to_lowercase(), path.clone()) {
                        self.alike.push((other, path.clone()));
                    }
                    self.left.insert(path, expected);
                }
            }
        }
    }

    /// A file that is there. Gives what is known of it, if its size is right, so that its checksum can be compared.
    pub(super) fn found(&mut self, path: &[u8], size: u64) -> Option<Expected> {
        let shown = PathBytes::new(path).to_text();
        // A path that is no text is written here as it is shown.
        let plain = std::str::from_utf8(path).ok().and_then(|text| self.left.remove(text));
        match plain.or_else(|| self.left.remove(&shown)) {
            None => self.wrong.unknown.add(&shown),
            Some(expected) if expected.size == size => return Some(expected),
            Some(_) => self.wrong.sizes.add(&shown),
        }
        None
    }

    /// What is left of them is not there.
    pub(super) fn end(self) -> Differences {
        let mut wrong = self.wrong;
        self.left.keys().for_each(|path| wrong.missing.add(path));
        wrong
    }

    /// How many there are, and their bytes.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.left.len() as u64, self.left.values().map(|file| file.size).sum())
    }
}

impl Differences {
    pub(in crate::kinds) fn other_checksum(&mut self, path: &[u8]) {
        self.checksums.add(&PathBytes::new(path).to_text());
    }

    /// The operator's and the scientist's error, with the files by name.
    pub(super) fn judge(&self, pid: &str) -> Result<(), Fault> {
        let told = self.told();
        if told.is_empty() {
            return Ok(());
        }
        let fault = Fault::permanent(
            "scicat.files_differ",
            format!("The files of {pid} are not those that SciCat knows"),
            told,
        );
        let fault = fault.now("Upload the files that belong to it, or correct what is registered, and start again.");
        Err(match self.first() {
            Some(path) => fault.on_dataset(pid).on_file(path),
            None => fault.on_dataset(pid),
        })
    }

    /// In words, which files differ how; empty where none does.
    pub(in crate::kinds) fn told(&self) -> String {
        let told = [
            self.missing.told("is missing", "are missing"),
            self.unknown.told("is not known to SciCat", "are not known to SciCat"),
            self.sizes.told("has another size", "have another size"),
            self.checksums.told("has another checksum", "have another checksum"),
            self.twice.told("is registered twice and differently", "are registered twice and differently"),
        ];
        told.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// One of them.
    pub(in crate::kinds) fn first(&self) -> Option<&String> {
        let all = [&self.missing, &self.sizes, &self.checksums, &self.unknown, &self.twice];
        all.into_iter().find_map(|few| few.named.first())
    }

    pub(in crate::kinds) fn missing(&mut self, path: &[u8]) {
        self.missing.add(&PathBytes::new(path).to_text());
    }

    pub(in crate::kinds) fn unknown(&mut self, path: &[u8]) {
        self.unknown.add(&PathBytes::new(path).to_text());
    }

    pub(in crate::kinds) fn other_size(&mut self, path: &[u8]) {
        self.sizes.add(&PathBytes::new(path).to_text());
    }
}

/// A checksum in hex as its bytes; none of them where it is no hex, which no file has.
pub(in crate::kinds) fn bytes_of(hex: &str) -> Vec<u8> {
    unhex(hex).unwrap_or_default()
}

/// The algorithms that are taken here; a checksum by another one is passed over.
pub(in crate::kinds) fn algorithm(text: &str) -> Option<Algorithm> {
    match text.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "md5" => Some(Algorithm::Md5),
        "sha256" => Some(Algorithm::Sha256),
        _ => None,
    }
}
