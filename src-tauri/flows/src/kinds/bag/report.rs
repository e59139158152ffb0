//! What is said of bags and archives, as outputs and as faults.

use std::io;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::archive;
use longshore_formats::bagit::{Bag, Finding, Grade, Verdict};
use longshore_transfer::storage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::count;
use crate::faults::{self, of_storage};

/// Findings of an output, or lines of a fault, at most.
const NAMED: usize = 100;

/// Something that was found in a bag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Stable code.
    pub code: String,
    /// `warning`, `incomplete` or `invalid`.
    pub grade: String,
    /// File of the bag.
    pub file: PathBytes,
    /// Line of that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong.
    pub why: String,
}

/// What a bag is, or the bags of an archive together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BagReport {
    /// `valid`, `incomplete` or `invalid`.
    pub verdict: String,
    /// Version of BagIt.
    pub version: String,
    /// Algorithms of its payload manifests.
    pub algorithms: Vec<String>,
    /// Files in `data/`.
    pub files: u64,
    /// Bytes in `data/`.
    pub bytes: u64,
    /// Bytes that were compared with checksums, tag files included.
    pub proved: u64,
    /// Fields of `bag-info.txt`, in their order.
    pub info: Vec<(String, String)>,
    /// Files that are still to be fetched: address and path, the first hundred.
    pub to_fetch: Vec<(String, PathBytes)>,
    /// How many warnings there are.
    pub warnings: u64,
    /// How many faults there are, what is to be fetched included.
    pub faults: u64,
    /// What was found, the first hundred, faults before warnings.
    pub findings: Vec<Found>,
    /// The bags of an archive. What was found in them is told by its path in the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bags: Vec<One>,
}

/// A bag of several in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct One {
    /// Its folder in the archive; empty where the archive is the bag.
    pub folder: PathBytes,
    /// `valid`, `incomplete` or `invalid`.
    pub verdict: String,
}

impl BagReport {
    pub(super) fn of(bag: &Bag) -> Self {
        let (declaration, counted) = (bag.declaration(), bag.counted());
        let wanted = bag.wanted().iter().take(NAMED);
        let (version, findings) = (declaration.version, bag.findings());
        Self {
            verdict: verdict(bag.verdict()).into(),
            version: format!("{}.{}", version.0, version.1),
            algorithms: bag.algorithms().iter().map(|algorithm| algorithm.word().to_owned()).collect(),
            files: counted.payload.files,
            bytes: counted.payload.bytes,
            proved: counted.proved_bytes,
            info: bag.info().0.clone(),
            to_fetch: wanted.map(|file| (file.url.clone(), PathBytes::new(file.path.clone()))).collect(),
            warnings: findings.number(Grade::Warning),
            faults: findings.number(Grade::Incomplete) + findings.number(Grade::Invalid),
            findings: heaviest(bag).into_iter().map(found).collect(),
            bags: Vec::new(),
        }
    }

    /// Of the bags of an archive, by the folder at its top that each is.
    pub(super) fn together(reports: Vec<(Vec<u8>, Self)>) -> Self {
        let mut all = Self { verdict: VERDICTS[0].into(), ..Self::default() };
        let alone = reports.len() == 1;
        for (folder, report) in reports {
            let inside = |path: &PathBytes| PathBytes::new(storage::join(&folder, path.as_bytes()));
            let weight = |word: &str| VERDICTS.iter().position(|known| *known == word);
            if weight(&report.verdict) > weight(&all.verdict) {
                all.verdict.clone_from(&report.verdict);
            }
            all.files += report.files;
            all.bytes += report.bytes;
            all.proved += report.proved;
            all.warnings += report.warnings;
            all.faults += report.faults;
            all.to_fetch.extend(report.to_fetch.iter().map(|(url, path)| (url.clone(), inside(path))));
            let findings = report.findings.into_iter();
            all.findings.extend(findings.map(|found| Found { file: inside(&found.file), ..found }));
            all.bags.push(One { folder: PathBytes::new(folder.clone()), verdict: report.verdict });
            if all.version.is_empty() {
                all.version = report.version;
            }
            let new = report.algorithms.into_iter().filter(|algorithm| !all.algorithms.contains(algorithm));
            let new: Vec<String> = new.collect();
            all.algorithms.extend(new);
            if alone {
                all.info = report.info;
            }
        }
        all.findings.sort_by_key(|found| found.grade == "warning");
        all.findings.truncate(NAMED);
        all.to_fetch.truncate(NAMED);
        all
    }

    /// The refusal of a bag that is not valid; nothing for one that is.
    pub(super) fn fault(&self, name: &str) -> Option<Fault> {
        let faults = self.findings.iter().filter(|found| found.grade != "warning");
        let lines: Vec<String> = faults.clone().map(Found::line).collect();
        let first = faults.clone().next()?;
        let (code, what) = match self.verdict.as_str() {
            "incomplete" => ("bag.incomplete", format!("The bag {name} is incomplete")),
            _ => ("bag.invalid", format!("The bag {name} is not valid")),
        };
        let why = match self.faults {
            1 => first.line(),
            more => format!("{}, and {} more", first.line(), count(more - 1, "fault", "faults")),
        };
        let now = match code {
            "bag.incomplete" => "Fetch the files that fetch.txt names into the bag, then retry.",
            _ => "Ask for the bag again where it came from: nothing of it was let through.",
        };
        let mut fault = Fault::permanent(code, what, why).now(now).on_file(first.file.to_text()).at_place(name);
        fault.also = lines.into_iter().skip(1).collect();
        Some(fault)
    }
}

impl Found {
    fn line(&self) -> String {
        let place = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        match self.file.as_bytes() {
            b"" => self.why.clone(),
            _ => format!("{}{place}: {} ({})", self.file, self.why, self.code),
        }
    }
}

fn heaviest(bag: &Bag) -> Vec<&Finding> {
    let mut told: Vec<&Finding> = bag.findings().told().iter().collect();
    told.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    told.truncate(NAMED);
    told
}

fn found(finding: &Finding) -> Found {
    let grade = match finding.grade {
        Grade::Warning => "warning",
        Grade::Incomplete => "incomplete",
        Grade::Invalid => "invalid",
    };
    let (code, grade) = (finding.code.to_owned(), grade.to_owned());
    Found { code, grade, file: PathBytes::new(finding.path.clone()), line: finding.line, why: finding.why.clone() }
}

/// The words for verdicts, the lightest first.
const VERDICTS: [&str; 3] = ["valid", "incomplete", "invalid"];

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => VERDICTS[0],
        Verdict::Incomplete => VERDICTS[1],
        Verdict::Invalid => VERDICTS[2],
    }
}

/// A stream's failure: that of the storage which it carries, or an end because the attempt was told to stop.
pub(super) fn of_io(error: io::Error, place: &str) -> Fault {
    if error.kind() == io::ErrorKind::Interrupted {
        return faults::cancelled();
    }
    let error = match error.downcast::<archive::Error>() {
        Ok(refused) => return of_archive(refused, place),
        Err(error) => error,
    };
    match error.downcast::<storage::Error>() {
        Ok(error) => of_storage(place, &error),
        Err(error) => Fault::transient("io.error", format!("Reading from {place} failed"), error.to_string()),
    }
}

/// Why an archive was not taken.
pub(super) fn of_archive(error: archive::Error, name: &str) -> Fault {
    match error {
        archive::Error::Io(error) => of_io(error, name),
        archive::Error::Refused { code, entry, why } => {
            let entry = PathBytes::new(entry).to_text();
            let what = match entry.as_str() {
                "" => format!("The archive {name} is refused"),
                entry => format!("The archive {name} is refused for its entry {entry}"),
            };
            let fault = Fault::permanent(code, what, why)
                .now("Ask for the archive again where it came from: nothing of it was let through.")
                .at_place(name);
            if entry.is_empty() { fault } else { fault.on_file(entry) }
        }
    }
}
