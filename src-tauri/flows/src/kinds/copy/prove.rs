//! The proof of copies: what the storage says, or what is read back.

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_transfer::copy::{Copied, Found, Item};
use longshore_transfer::crew::{side_by_side, width};
use longshore_transfer::storage::{Algorithm, Storage};

use super::standing;
use crate::attempt::cut_short;
use crate::faults::{self, ToldAt as _, through};
use crate::kind::Context;

/// How a copy was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kinds) enum Proof {
    /// The storage took a checksum of what it stored, and it is that of the source.
    ByServer,
    /// The copy was read back, and its checksum is that of the source.
    ReadBack,
}

/// Bytes of a file that is read back rather than asked for.
const SMALL: u64 = 1 << 20;

/// Proves copies, some side by side. A copy that is not what was read from the source is taken away.
pub(super) fn prove(
    to: &dyn Storage,
    copies: &[(&Item, Copied)],
    context: &Context,
) -> Result<Vec<Result<Proof, Fault>>, Fault> {
    let (proofs, outcome) = side_by_side(
        width([to, to]),
        copies,
        || (),
        |(), (item, copied)| one(to, item, copied, context).map_err(through),
        |_| cut_short(context),
    );
    outcome.map_err(|fail| faults::of_transfer(fail, [to.name(); 2]))?;
    Ok(proofs.into_iter().flatten().collect())
}

impl Proof {
    /// In words.
    pub(in crate::kinds) fn how(self) -> &'static str {
        match self {
            Self::ByServer => "by a checksum that the storage took of what it stored",
            Self::ReadBack => "by reading it back",
        }
    }
}

/// Proves one copy. The inner failure is that of the copy, which was taken away then.
pub(in crate::kinds) fn one(
    to: &dyn Storage,
    item: &Item,
    copied: &Copied,
    context: &Context,
) -> Result<Result<Proof, Fault>, Fault> {
    if copied.confirmed {
        return Ok(Ok(Proof::ByServer));
    }
    // A server that has to run a command for each file is slower than the reading of a small one.
    let known = match copied.size {
        ..=SMALL => None,
        _ if copied.found.is_some() => None,
        _ => to.checksum(&item.target, Algorithm::Sha256).told_at(to.name())?,
    };
    let (found, proof) = match (known, copied.found) {
        (Some(known), _) => (known, Proof::ByServer),
        (None, Some(Found::ByStorage(found))) => (found.to_vec(), Proof::ByServer),
        (None, Some(Found::ReadBack(found))) => (found.to_vec(), Proof::ReadBack),
        (None, None) => (standing::read(to, &item.target, true, context)?, Proof::ReadBack),
    };
    if found == copied.digests.sha256 {
        return Ok(Ok(proof));
    }
    to.delete(&item.target).told_at(to.name())?;
    Ok(Err(damaged(item, to)))
}

fn damaged(item: &Item, to: &dyn Storage) -> Fault {
    let path = PathBytes::new(item.target.clone()).to_text();
    let why = "What lies there is not what was read from the source; the copy was taken away";
    Fault::transient("copy.damaged", format!("The copy {path} is damaged"), why)
        .now("If it happens again, the target's medium or the way to it is at fault.")
        .on_file(path)
        .at_place(to.name())
}
