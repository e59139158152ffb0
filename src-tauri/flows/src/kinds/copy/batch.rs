//! Some files at a time: what lies there is compared, the others are copied, and the copies proved.

use longshore_catalogue::PathBytes;
use longshore_engine::{Class, Fault};
use longshore_transfer::copy::{Checkpoint, Copied, Item, Options};
use longshore_transfer::crew::{side_by_side, width};
use longshore_transfer::many::{Items, Observer, copy_many};
use longshore_transfer::storage::{UNKNOWN_SIZE, join};
use longshore_transfer::{Fail, Watch};

use super::prove::{Proof, prove};
use super::standing::{Seen, Standing, split, standing};
use super::tree::Saved;
use super::{Ends, IfExists, With};
use crate::attempt::cut_short;
use crate::faults::{self, through};
use crate::kind::{Context, Level, Progress};

/// Some files, on their way.
pub(super) struct Batch<'a> {
    pub(super) ends: &'a Ends,
    pub(super) with: &'a With,
    pub(super) context: &'a Context,
    pub(super) saved: &'a mut Saved,
    pub(super) seen: &'a mut Seen,
}

/// A file that was not copied: its path on the source, and why.
pub(super) type Failed = (Vec<u8>, Fault);

impl Batch<'_> {
    /// Copies them, and counts what came of them; gives those that were not copied.
    pub(super) fn copy(mut self, items: &[Item]) -> Result<Vec<Failed>, Fault> {
        let mut failed = Vec::new();
        let wanted = self.sort_out(items, &mut failed)?;
        let (from, to) = (self.ends.from.storage.as_ref(), self.ends.to.storage.as_ref());
        let (context, verify) = (self.context, self.with.verify);
        let replace = self.with.if_exists == IfExists::Overwrite;
        let options = Options { md5: false, reflink: true, replace, read_back: verify };
        let begun = |item: &Item| {
            let begun = self.saved.begun.get(&PathBytes::new(item.source.clone()))?;
            Some(begun.clone().under(item.id))
        };
        let resume = wanted.iter().filter_map(begun).collect();
        let mut copying = Copies { batch: self, wanted: &wanted, copied: Vec::new(), failed };
        let mut page = Once(Some(wanted.clone()));
        copy_many(from, to, &mut page, 0, options, resume, &mut copying)
            .map_err(|fail| faults::of_transfer(fail, [from.name(), to.name()]))?;
        let Copies { mut batch, copied: done, mut failed, .. } = copying;
        let copied: Vec<(&Item, Copied)> = done
            .into_iter()
            .filter_map(|copy| Some((wanted.get(wanted.binary_search_by_key(&copy.id, |item| item.id).ok()?)?, copy)))
            .collect();
        let proofs = if verify { prove(to, &copied, context)? } else { Vec::new() };
        let mut proofs = proofs.into_iter();
        for (item, done) in copied {
            match proofs.next().transpose() {
                Ok(proof) => {
                    let source = PathBytes::new(item.source.clone());
                    batch.saved.begun.remove(&source);
                    batch.saved.unsettled.copied(&source);
                    batch.saved.count(done.size, proof);
                    if item.size == UNKNOWN_SIZE {
                        batch.unproved(item);
                    }
                }
                Err(fault) => failed.push((item.source.clone(), fault)),
            }
        }
        Ok(failed)
    }

    /// Those that are to be copied, each with the path that its copy shall have.
    fn sort_out(&mut self, items: &[Item], failed: &mut Vec<Failed>) -> Result<Vec<Item>, Fault> {
        let mut wanted = Vec::new();
        let together = |a: &Item, b: &Item| split(&a.target).0 == split(&b.target).0;
        for group in items.chunk_by(together) {
            let standings = self.standings(group)?;
            for (item, stands) in group.iter().zip(standings) {
                let (mut item, stands) = match stands {
                    Ok(stands) => (item.clone(), stands),
                    Err(fault) => {
                        failed.push((item.source.clone(), fault));
                        continue;
                    }
                };
                match self.decide(&mut item, stands)? {
                    Decision::Copy => wanted.push(item),
                    Decision::Counted => {}
                    Decision::Fail => failed.push((item.source.clone(), self.exists(&item))),
                }
            }
        }
        Ok(wanted)
    }

    /// What lies where the copies of files of one folder shall lie. What concerns one file alone is told beside the others.
    fn standings(&mut self, group: &[Item]) -> Result<Vec<Result<Standing, Fault>>, Fault> {
        let (from, to) = (self.ends.from.storage.as_ref(), self.ends.to.storage.as_ref());
        if let Some(first) = group.first() {
            self.seen.look(to, split(&first.target).0, group.len())?;
        }
        let (seen, with, context) = (&*self.seen, self.with, self.context);
        let (standings, outcome) = side_by_side(
            width([from, to]),
            group,
            || (),
            |(), item| match standing([from, to], item, seen, with, context) {
                Err(fault) if fault.class != Class::Permanent => Err(through(fault)),
                told => Ok(told),
            },
            |_| cut_short(context),
        );
        outcome.map_err(|fail| faults::of_transfer(fail, [from.name(), to.name()]))?;
        Ok(standings.into_iter().flatten().collect())
    }

    fn decide(&mut self, item: &mut Item, stands: Standing) -> Result<Decision, Fault> {
        Ok(match (stands, self.with.if_exists) {
            (Standing::Nothing, _) | (Standing::Other, IfExists::Overwrite) => Decision::Copy,
            (Standing::Same, _) => {
                self.saved.done.already += 1;
                self.saved.count(item.size, None);
                Decision::Counted
            }
            (Standing::Other, IfExists::Fail) => Decision::Fail,
            (Standing::Other, IfExists::Skip) => {
                self.saved.done.left += 1;
                Decision::Counted
            }
            (Standing::Other, IfExists::Rename) => self.rename(item)?,
        })
    }

    /// Finds a name that nothing has, or under which the copy lies already: `name (2).end` and so on.
    fn rename(&mut self, item: &mut Item) -> Result<Decision, Fault> {
        let ends = [self.ends.from.storage.as_ref(), self.ends.to.storage.as_ref()];
        let wanted = item.target.clone();
        let (folder, name) = split(&wanted);
        let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).unwrap_or(name.len());
        self.saved.done.renamed += 1;
        for number in 2_u32.. {
            self.context.go_on()?;
            item.target = join(folder, &[&name[..dot], format!(" ({number})").as_bytes(), &name[dot..]].concat());
            match standing(ends, item, &Seen::default(), self.with, self.context)? {
                Standing::Nothing => break,
                Standing::Same => return self.decide(item, Standing::Same),
                Standing::Other => {}
            }
        }
        Ok(Decision::Copy)
    }

    /// A source that did not say how long the file is may have broken off, and nobody could tell.
    fn unproved(&mut self, item: &Item) {
        self.saved.unproved = true;
        let path = PathBytes::new(item.source.clone()).to_text();
        let from = self.ends.from.storage.name();
        let text = format!("{from} does not say how long {path} is: the copy is as long as what came, and not proved");
        self.context.host.log(Level::Warning, &text);
    }

    fn exists(&self, item: &Item) -> Fault {
        let path = PathBytes::new(item.target.clone()).to_text();
        Fault::permanent("file.exists", format!("{path} was not copied"), "Something else lies there")
            .now("Move it away, or choose what to do with `if_exists`.")
            .on_file(path)
            .at_place(self.ends.to.storage.name())
    }
}

/// What becomes of a file.
enum Decision {
    Copy,
    /// Nothing is to be done, and it is counted.
    Counted,
    Fail,
}

/// One page of files.
struct Once(Option<Vec<Item>>);

impl Items for Once {
    fn page(&mut self, _: i64) -> longshore_transfer::Result<Vec<Item>> {
        Ok(self.0.take().unwrap_or_default())
    }
}

/// The copying, as the transfer sees it.
struct Copies<'a> {
    batch: Batch<'a>,
    wanted: &'a [Item],
    copied: Vec<Copied>,
    failed: Vec<Failed>,
}

impl Watch for Copies<'_> {
    fn progress(&mut self, bytes: u64, files: u64, now: &[u8]) {
        let (bytes, files) = self.batch.saved.progress(bytes, files);
        let now = PathBytes::new(now).to_text();
        let progress = Progress { bytes, files, now, written: bytes, ..Progress::default() };
        self.batch.context.host.progress(progress);
    }

    fn cancelled(&self) -> bool {
        self.batch.context.host.cancelled()
    }
}

impl Observer for Copies<'_> {
    fn copied(&mut self, batch: &[Copied]) -> longshore_transfer::Result<()> {
        self.copied.extend_from_slice(batch);
        Ok(())
    }

    fn failed(&mut self, item: &Item, fail: Fail) -> longshore_transfer::Result<()> {
        let between = [&self.batch.ends.from, &self.batch.ends.to].map(|end| end.storage.name());
        self.failed.push((item.source.clone(), faults::of_transfer(fail, between)));
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let item = self.wanted.binary_search_by_key(&state.id(), |item| item.id).ok();
        let item = item.and_then(|at| self.wanted.get(at)).ok_or(Fail::Broken)?;
        self.batch.saved.begun.insert(PathBytes::new(item.source.clone()), state.clone());
        self.batch.context.save(self.batch.saved).map_err(through)
    }
}

impl Saved {
    /// Counts a file that lies at the target, with its proof.
    fn count(&mut self, size: u64, proof: Option<Proof>) {
        self.done.files += 1;
        self.done.bytes += size;
        self.done.by_server += u64::from(proof == Some(Proof::ByServer));
        self.done.read_back += u64::from(proof == Some(Proof::ReadBack));
    }
}
