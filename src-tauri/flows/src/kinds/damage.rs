//! Damage to a datablock, told so that the operator knows which file, where, and what can be done.

use longshore_catalogue::{Block, Dataset, Entry};
use longshore_engine::Fault;
use longshore_transfer::check::{Checked, Wrong};

use crate::attempt::count;
use crate::faults::Told as _;
use crate::kind::Services;

/// What a reading back found.
pub(super) enum Found {
    /// The datablock's file is not there.
    Missing,
    /// Files whose bytes are not those of their source, the first of them by name.
    Files {
        /// How many.
        count: u64,
        /// The first.
        first: Vec<Wrong>,
        /// Bytes of the datablock as found.
        size: u64,
    },
    /// Every file is right, but not the whole.
    Headers {
        /// Bytes of the datablock as found.
        size: u64,
    },
}

impl Found {
    pub(super) fn of(checked: &Checked, block: &Block) -> Self {
        let size = checked.size;
        let missing = block.plan.files.saturating_sub(checked.right);
        if missing == 0 {
            Self::Headers { size }
        } else {
            Self::Files { count: missing, first: checked.first_wrong.clone(), size }
        }
    }
}

/// The failure: `fixity.mismatch`, permanent. `in_landing` says whether the landing zone still holds every file of the datablock.
pub(super) fn fault(
    services: &Services,
    dataset: &Dataset,
    block: &Block,
    found: &Found,
    in_landing: bool,
) -> Result<Fault, Fault> {
    let place = format!("{}:{}", block.storage, block.path);
    let name = &block.plan.name;
    let told = |what: String, why: String| {
        Fault::permanent("fixity.mismatch", what, why).now(advice(in_landing)).on_dataset(&dataset.pid).at_place(&place)
    };
    Ok(match found {
        Found::Missing => told(format!("The datablock {name} is gone"), "It is not where it was written".into()),
        Found::Headers { size } => {
            let why = format!(
                "Its files are right, but its headers or padding are not what was written{}",
                cut(block, *size)
            );
            told(format!("The datablock {name} is damaged"), why)
        }
        Found::Files { count: number, first, size } => {
            let lines = lines(services, dataset, first)?;
            let what = format!(
                "The datablock {name} is damaged: {} of {} not right",
                count(*number, "file", "files"),
                block.plan.files
            );
            let (file, line) = lines.first().cloned().unwrap_or_default();
            let mut fault = told(what, format!("{line}{}", cut(block, *size)));
            fault.file = Some(file).filter(|file| !file.is_empty());
            fault.also = lines.into_iter().skip(1).map(|(_, line)| line).collect();
            fault
        }
    })
}

/// Files that are named where a part of a datablock cannot be read.
const NAMED: usize = 100;

/// A failure to read a part of a datablock, given as its first byte and the byte after it: with the files that lie in it.
pub(super) fn in_part(
    block: &Block,
    (from, to): (u64, u64),
    fault: Fault,
    pages: impl FnOnce(&mut dyn FnMut(&[Entry]) -> Result<(), Fault>) -> Result<(), Fault>,
) -> Fault {
    let mut files = Vec::new();
    let read = pages(&mut |entries| {
        let lies = |entry: &&Entry| entry.copy.is_some_and(|copy| copy.data < to && from < copy.data + entry.size);
        let room = NAMED.saturating_sub(files.len());
        files.extend(entries.iter().filter(lies).take(room).map(|entry| entry.path.to_text()));
        Ok(())
    });
    if read.is_err() || files.is_empty() {
        return fault;
    }
    let name = &block.plan.name;
    let why = format!("{} (bytes {from} to {to} of {name}): {}", files[0], fault.why);
    let what = format!("A part of the datablock {name} cannot be read");
    let mut told = Fault { what, why, file: Some(files.remove(0)), also: files, ..fault };
    if told.now.is_empty() {
        told.now = "Look at the disk or server; retry once it reads again. The file named may be lost there: if it stays unreadable, \
                    write the datablock again from the landing zone, or restore it from another copy."
            .into();
    }
    told
}

/// Path of each wrong file, and a line on it.
fn lines(services: &Services, dataset: &Dataset, wrong: &[Wrong]) -> Result<Vec<(String, String)>, Fault> {
    let mut lines = Vec::new();
    for wrong in wrong {
        let after = services.catalogue.entries_after(dataset.id, wrong.id - 1, 1).told()?;
        let Some(entry) = after.first().filter(|entry| entry.id == wrong.id) else { continue };
        lines.push((entry.path.to_text(), line(entry, wrong)));
    }
    Ok(lines)
}

fn line(entry: &Entry, wrong: &Wrong) -> String {
    let offset = entry.copy.map_or(0, |copy| copy.data);
    format!("{} ({} at byte {offset}): {}", entry.path, count(entry.size, "byte", "bytes"), wrong.found)
}

fn cut(block: &Block, size: u64) -> String {
    if size == block.plan.size {
        return String::new();
    }
    format!("; the datablock has {size} of {} bytes", block.plan.size)
}

fn advice(in_landing: bool) -> &'static str {
    if in_landing {
        "Retry the task that writes the datablock, with what lies downstream: it is written again from the landing zone."
    } else {
        "The landing zone no longer holds these files. Restore the datablock from another copy and verify again; the files that \
         are not named here can still be retrieved."
    }
}
