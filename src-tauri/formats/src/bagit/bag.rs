//! A bag while it is judged: its tag files.

use std::io;

use super::declaration::{self, Declaration};
use super::fetch::{self, Wanted};
use super::finding::{Findings, Grade, Verdict};
use super::folder::{Folder, ItemKind};
use super::info::{Info, Oxum};
use super::lines::{Line, Lines};
use super::listing::Listing;
use super::manifest::Name;
use super::odd::Odd;
use super::table::{Mark, Table};
use super::{Algorithm, Finding};

/// What is said of a bag whose `fetch.txt` names files that are not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FetchPolicy {
    /// It is incomplete.
    #[default]
    Report,
    /// It is invalid: nobody here fetches from an address that a stranger wrote.
    Refuse,
}

/// How much a bag holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// What lies in `data/`.
    pub payload: Oxum,
    /// Files that the tag manifests list.
    pub tags: u64,
    /// Bytes that were compared with checksums.
    pub proved_bytes: u64,
    /// Files that were.
    pub proved_files: u64,
}

/// A bag that is being judged.
pub struct Bag {
    pub(super) declaration: Declaration,
    pub(super) info: Info,
    pub(super) oxum: Option<Oxum>,
    pub(super) payload: Table,
    pub(super) tags: Table,
    pub(super) odd: Odd,
    pub(super) tag_odd: Odd,
    pub(super) wanted: Vec<Wanted>,
    pub(super) manifests: Vec<Vec<u8>>,
    pub(super) counted: Counted,
    pub(super) findings: Findings,
    fetch: FetchPolicy,
}

impl Bag {
    /// Takes in the tag files of the bag in a folder.
    pub fn read(folder: &dyn Folder, fetch: FetchPolicy) -> io::Result<Self> {
        let mut bag = Self {
            declaration: Declaration::default(),
            info: Info::default(),
            oxum: None,
            payload: Table::new(),
            tags: Table::new(),
            odd: Odd::default(),
            tag_odd: Odd::default(),
            wanted: Vec::new(),
            manifests: Vec::new(),
            counted: Counted::default(),
            findings: Findings::default(),
            fetch,
        };
        bag.declare(folder)?;
        let manifests = bag.look(folder)?;
        bag.describe(folder)?;
        for name in &manifests {
            bag.list(folder, name)?;
        }
        bag.every_manifest();
        bag.counted.tags = bag.tags.len() as u64;
        bag.read_fetch(folder)?;
        Ok(bag)
    }

    /// What it says of itself.
    pub fn declaration(&self) -> Declaration {
        self.declaration
    }

    /// Its description.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The algorithms of its payload manifests.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        self.payload.algorithms().collect()
    }

    /// The names of its manifests, tag manifests included.
    pub fn manifests(&self) -> &[Vec<u8>] {
        &self.manifests
    }

    /// Files that are to be fetched and are not there, the first thousand; known after [`Bag::walk`].
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// How much it holds.
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// What was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// What follows from that. It is the bag's only after [`Bag::prove`].
    pub fn verdict(&self) -> Verdict {
        self.findings.verdict()
    }

    fn declare(&mut self, folder: &dyn Folder) -> io::Result<()> {
        match folder.open(declaration::NAME) {
            Ok(file) => self.declaration = Declaration::read(file, &mut self.findings)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.findings.invalid("bag.declaration", declaration::NAME, None, "there is no bagit.txt");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Looks at what lies at the bag's top, and gives its manifests, those of the payload first.
    fn look(&mut self, folder: &dyn Folder) -> io::Result<Vec<Name>> {
        let mut manifests = Vec::new();
        folder.list(b"", &mut |item| {
            if matches!(item.kind, ItemKind::File(_)) {
                manifests.extend(Name::of(&item.name));
            }
            Ok(())
        })?;
        manifests.sort_by(|a, b| (a.tags, &a.file).cmp(&(b.tags, &b.file)));
        if !manifests.iter().any(|name| !name.tags) {
            self.findings.invalid("bag.no_manifest", b"", None, "there is no payload manifest");
        }
        self.manifests = manifests.iter().map(|name| name.file.clone()).collect();
        Ok(manifests)
    }

    fn describe(&mut self, folder: &dyn Folder) -> io::Result<()> {
        let Declaration { version, encoding } = self.declaration;
        let name = version.info_name();
        match folder.open(name) {
            Ok(file) => self.info = Info::read(file, name, encoding, &mut self.findings)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.oxum = self.info.oxum(name, version.is_strict(), &mut self.findings);
        Ok(())
    }

    fn list(&mut self, folder: &dyn Folder, name: &Name) -> io::Result<()> {
        let Some(algorithm) = name.algorithm else {
            // A receiver that does not know an algorithm cannot prove that manifest (RFC 8493, 2.4).
            let why = "its checksum algorithm is not known here";
            self.findings.invalid("bag.algorithm", &name.file, None, why);
            return Ok(());
        };
        let (table, odd) =
            if name.tags { (&mut self.tags, &mut self.tag_odd) } else { (&mut self.payload, &mut self.odd) };
        let (findings, declaration) = (&mut self.findings, self.declaration);
        Listing { table, odd, findings, declaration }.take(name, algorithm, folder.open(&name.file)?)
    }

    /// Since 1.0 every payload manifest lists every file (RFC 8493, 2.1.3).
    fn every_manifest(&mut self) {
        let all: Vec<Algorithm> = self.payload.algorithms().collect();
        for at in 0..self.payload.len() {
            let listed: Vec<Algorithm> = self.payload.listed(at).collect();
            let lacking = all.iter().find(|algorithm| !listed.contains(algorithm));
            let Some(lacking) = lacking.filter(|_| listed.len() < all.len()) else { continue };
            let why = format!("it stands in another manifest, and not in that of {}", lacking.word());
            let grade = if self.declaration.version.is_strict() { Grade::Invalid } else { Grade::Warning };
            let path = self.payload.path(at).to_vec();
            self.findings.add(Finding { code: "bag.not_in_every", grade, path, line: None, why });
        }
    }

    fn read_fetch(&mut self, folder: &dyn Folder) -> io::Result<()> {
        let file = match folder.open(fetch::NAME) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let mut lines = Lines::new(file, self.declaration.encoding);
        let strict = self.declaration.version.is_strict();
        while let Some(line) = lines.next_line()? {
            let wanted = match line {
                Line::Text(text) => fetch::parse(text, strict),
                Line::TooLong | Line::Undecodable => Some(Err("it cannot be read".into())),
            };
            let number = lines.number();
            match wanted {
                None => {}
                Some(Err(why)) => self.findings.invalid("bag.fetch_line", fetch::NAME, Some(number), why),
                Some(Ok(wanted)) => self.want(wanted, number),
            }
        }
        Ok(())
    }

    fn want(&mut self, wanted: Wanted, line: u64) {
        let Some(at) = self.payload.find(&wanted.path) else {
            let why = format!("{:?} stands in no manifest", String::from_utf8_lossy(&wanted.path));
            self.findings.invalid("bag.fetch_line", fetch::NAME, Some(line), why);
            return;
        };
        self.payload.mark(at, Mark::Fetch);
        if self.wanted.len() < fetch::TOLD {
            self.wanted.push(wanted);
        }
    }

    /// What is said of a listed file that is not there.
    pub(super) fn missing(&mut self, at: usize) {
        let path = self.payload.path(at).to_vec();
        if !self.payload.has(at, Mark::Fetch) {
            self.findings.invalid("bag.file_missing", &path, None, "a manifest lists it, and it is not there");
            return;
        }
        let grade = if self.fetch == FetchPolicy::Refuse { Grade::Invalid } else { Grade::Incomplete };
        let why = "it is still to be fetched".to_owned();
        self.findings.add(Finding { code: "bag.to_fetch", grade, path, line: None, why });
    }
}
