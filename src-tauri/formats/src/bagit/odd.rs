//! Names that can be read in more than one way: percent signs, marks of old tools, Unicode's forms.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

/// Readings and extra files that are held; a bag with more of them is judged by its version alone.
const HELD: usize = 100_000;

/// The readings of a path as it is written in a manifest, the one that its version means first.
pub(super) fn readings(written: &[u8], strict: bool) -> Vec<Vec<u8>> {
    let plain = match written {
        // The mark of a binary file, as md5sum writes it. A payload's path never begins so.
        [b'*', rest @ ..] => vec![rest, written],
        _ => vec![written],
    };
    let mut readings: Vec<Vec<u8>> = Vec::new();
    for path in plain {
        let (full, ends) = (super::path::decode(path, true), super::path::decode(path, false));
        let order = if strict { [full, ends, path.to_vec()] } else { [path.to_vec(), ends, full] };
        for reading in order {
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

/// The form in which names that look the same are the same (Unicode, NFC).
pub(super) fn composed(name: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(name).ok().filter(|text| !text.is_ascii())?;
    Some(text.nfc().collect::<String>().into_bytes())
}

/// What waits until it is known which files are there.
#[derive(Default)]
pub(super) struct Odd {
    /// Other readings of listed paths, by their place in the table.
    pub(super) readings: Vec<(usize, Vec<u8>)>,
    /// Files that no manifest lists.
    pub(super) extras: HashMap<Vec<u8>, u64>,
    /// How many more of those there are than are held.
    pub(super) more_extras: u64,
    /// Listed paths whose file has a name that is written otherwise.
    pub(super) renamed: HashMap<usize, Vec<u8>>,
}

impl Odd {
    pub(super) fn also_read(&mut self, at: usize, reading: Vec<u8>) {
        if self.readings.len() < HELD {
            self.readings.push((at, reading));
        }
    }

    pub(super) fn extra(&mut self, path: Vec<u8>, size: u64) {
        if self.extras.len() < HELD {
            self.extras.insert(path, size);
        } else {
            self.more_extras += 1;
        }
    }
}
