//! What is said of a bag.

use std::collections::BTreeMap;

/// Findings that are told one by one; the others are counted.
pub const TOLD: usize = 1000;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// The bag is right, and yet somebody should look.
    Warning,
    /// Something is still to be fetched: the bag can become valid.
    Incomplete,
    /// The bag is wrong.
    Invalid,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub grade: Grade,
    /// File of the bag in which, or with which, something is wrong.
    pub path: Vec<u8>,
    /// Line of that file, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub why: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    told: Vec<Finding>,
    counts: BTreeMap<(Grade, &'static str), u64>,
}

/// What a bag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Complete, and every checksum is right.
    Valid,
    /// Right as far as it goes, but files of `fetch.txt` are not there.
    Incomplete,
    /// Wrong.
    Invalid,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, finding: Finding) {
        *self.counts.entry((finding.grade, finding.code)).or_default() += 1;
        if self.told.len() < TOLD {
            self.told.push(finding);
        } else if let Some(lighter) = self.told.iter().position(|told| told.grade < finding.grade) {
            self.told[lighter] = finding;
        }
    }

    /// Those that are told: the first thousand, no warning where that would keep a fault out.
    pub fn told(&self) -> &[Finding] {
        &self.told
    }

    /// How many there are, by grade and code.
    pub fn counts(&self) -> &BTreeMap<(Grade, &'static str), u64> {
        &self.counts
    }

    /// How many there are of a grade.
    pub fn number(&self, grade: Grade) -> u64 {
        self.counts.iter().filter(|((of, _), _)| *of == grade).map(|(_, number)| number).sum()
    }

    /// What follows from them.
    pub fn verdict(&self) -> Verdict {
        match self.counts.keys().map(|(grade, _)| *grade).max() {
            None | Some(Grade::Warning) => Verdict::Valid,
            Some(Grade::Incomplete) => Verdict::Incomplete,
            Some(Grade::Invalid) => Verdict::Invalid,
        }
    }

    pub(super) fn warning(&mut self, code: &'static str, path: &[u8], line: Option<u64>, why: impl Into<String>) {
        self.add(Finding { code, grade: Grade::Warning, path: path.to_vec(), line, why: why.into() });
    }

    pub(super) fn invalid(&mut self, code: &'static str, path: &[u8], line: Option<u64>, why: impl Into<String>) {
        self.add(Finding { code, grade: Grade::Invalid, path: path.to_vec(), line, why: why.into() });
    }
}
