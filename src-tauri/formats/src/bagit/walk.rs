//! What lies in a bag's folder, compared with what its manifests list.

use std::collections::HashMap;
use std::io;

use super::bag::Bag;
use super::finding::Grade;
use super::folder::{Folder, ItemKind, join};
use super::odd::composed;
use super::table::Mark;

impl Bag {
    /// Walks through `data/`: what is listed and not there, there and not listed, and the payload's size. Tag files are looked for
    /// when they are proved: those that no manifest lists may be there (RFC 8493, 2.2.4).
    pub fn walk(&mut self, folder: &dyn Folder) -> io::Result<()> {
        let mut has_payload = false;
        folder.list(b"", &mut |item| {
            has_payload |= item.name == b"data" && item.kind == ItemKind::Folder;
            Ok(())
        })?;
        if has_payload {
            self.below(folder)?;
        } else {
            self.findings.invalid("bag.no_payload", b"data", None, "there is no folder data");
        }
        self.other_readings();
        self.other_forms();
        self.say_extras();
        for at in 0..self.payload.len() {
            if !self.payload.has(at, Mark::Present) {
                self.missing(at);
            }
        }
        let (payload, odd) = (&self.payload, &self.odd);
        self.wanted.retain(|wanted| {
            payload
                .find(&wanted.path)
                .is_none_or(|at| !payload.has(at, Mark::Present) && !odd.renamed.contains_key(&at))
        });
        self.compare_oxum();
        Ok(())
    }

    fn below(&mut self, folder: &dyn Folder) -> io::Result<()> {
        let mut folders = vec![b"data".to_vec()];
        while let Some(above) = folders.pop() {
            folder.list(&above, &mut |item| {
                let path = join(&above, &item.name);
                match item.kind {
                    ItemKind::Folder => folders.push(path),
                    ItemKind::File(size) => self.there(path, size),
                    ItemKind::Other => {
                        let why = "it is a link, a pipe or a device, and no file that could be proved";
                        self.findings.invalid("bag.not_a_file", &path, None, why);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn there(&mut self, path: Vec<u8>, size: u64) {
        self.counted.payload.files += 1;
        self.counted.payload.bytes += size;
        match self.payload.find(&path) {
            Some(at) => self.payload.mark(at, Mark::Present),
            None => self.odd.extra(path, size),
        }
    }

    /// A listed path that is not there may have been written in another way than its version says.
    fn other_readings(&mut self) {
        for (at, reading) in std::mem::take(&mut self.odd.readings) {
            if !self.payload.has(at, Mark::Present) && self.odd.extras.remove(&reading).is_some() {
                let why = "the manifest encodes its name otherwise than the bag's version says";
                self.is_named(at, reading, "bag.name_encoding", why);
            }
        }
    }

    /// Names that look the same may be composed differently on another system (RFC 8493, 5.2).
    fn other_forms(&mut self) {
        let forms: HashMap<Vec<u8>, Vec<u8>> =
            self.odd.extras.keys().filter_map(|path| Some((composed(path)?, path.clone()))).collect();
        if forms.is_empty() {
            return;
        }
        for at in 0..self.payload.len() {
            if self.payload.has(at, Mark::Present) {
                continue;
            }
            let path = composed(self.payload.path(at)).and_then(|form| forms.get(&form));
            if let Some(path) = path.filter(|path| self.odd.extras.remove(*path).is_some()) {
                let why = "its name is listed in another form of Unicode than it has here";
                self.is_named(at, path.clone(), "bag.normalisation", why);
            }
        }
    }

    fn is_named(&mut self, at: usize, path: Vec<u8>, code: &'static str, why: &str) {
        self.findings.warning(code, &path, None, why);
        self.payload.mark(at, Mark::Present);
        self.odd.renamed.insert(at, path);
    }

    fn say_extras(&mut self) {
        let mut extras: Vec<Vec<u8>> = std::mem::take(&mut self.odd.extras).into_keys().collect();
        extras.sort_unstable();
        for path in extras {
            self.findings.invalid("bag.not_listed", &path, None, "it is there, and no manifest lists it");
        }
        for _ in 0..self.odd.more_extras {
            self.findings.invalid("bag.not_listed", b"data", None, "more files are there that no manifest lists");
        }
    }

    fn compare_oxum(&mut self) {
        let (Some(stated), found) = (self.oxum, self.counted.payload) else { return };
        // What is still to be fetched counts as if it were there.
        if stated == found || self.findings.number(Grade::Incomplete) > 0 {
            return;
        }
        let why = format!(
            "Payload-Oxum says {} bytes in {} files, {} bytes in {} files are there",
            stated.bytes, stated.files, found.bytes, found.files
        );
        let name = self.declaration.version.info_name();
        self.findings.invalid("bag.oxum", name, None, why);
    }
}
