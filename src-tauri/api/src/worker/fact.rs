//! What a worker's tasks have done to the ledger, each as a line of JSON that does the same again.

use longshore_catalogue::{
    BlockId, BlockState, Catalogue, Copied, Damage, DatasetId, Digests, EntryId, HistoryLine, Metadata, Mtime,
    NewBlock, NewDataset, NewEntry, PathBytes, Proof, ProofMethod, Released, Result, Sha256,
};
use serde::{Deserialize, Serialize};

/// One change to the ledger of one dataset. Its keys are those of a ledger that holds this dataset alone, from 1, so that they are the
/// same wherever the facts are read in their order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub(crate) enum Fact {
    Created {
        new: NewDataset,
    },
    Described {
        metadata: Box<Metadata>,
    },
    Registered {
        pid: String,
    },
    LandsIn {
        folder: PathBytes,
    },
    ListingCleared,
    Listed {
        entries: Vec<NewEntry>,
    },
    ListingFinished {
        special: u64,
    },
    Relisted {
        entry: EntryId,
        size: u64,
        mode: u32,
        mtime: Mtime,
    },
    Expected {
        expected: Vec<(EntryId, Vec<u8>)>,
    },
    Landed {
        landed: Vec<(EntryId, Digests)>,
    },
    Planned {
        storage: String,
        blocks: Vec<NewBlock>,
    },
    Copied {
        copies: Vec<(EntryId, Copied)>,
    },
    Written {
        block: BlockId,
        path: PathBytes,
        #[serde(with = "longshore_catalogue::hex")]
        sha256: Sha256,
    },
    Proved {
        block: BlockId,
        proofs: Vec<Proof>,
    },
    Verified {
        block: BlockId,
        state: BlockState,
        damage: Vec<Damage>,
        at: i64,
        method: ProofMethod,
    },
    Released {
        released: Vec<Released>,
    },
    History {
        line: HistoryLine,
    },
}

/// The key of a dataset in a ledger that holds no other.
pub(crate) const ONLY: DatasetId = 1;

impl Fact {
    /// Does it in a ledger that holds this dataset alone.
    pub(crate) fn apply(&self, ledger: &dyn Catalogue) -> Result<()> {
        match self {
            Self::Created { new } => ledger.create_dataset(new).map(drop),
            Self::Described { metadata } => ledger.describe(ONLY, metadata),
            Self::Registered { pid } => ledger.registered(ONLY, pid),
            Self::LandsIn { folder } => ledger.lands_in(ONLY, folder).map(drop),
            Self::ListingCleared => ledger.clear_listing(ONLY),
            Self::Listed { entries } => ledger.add_entries(ONLY, entries),
            Self::ListingFinished { special } => ledger.finish_listing(ONLY, *special).map(drop),
            Self::Relisted { entry, size, mode, mtime } => ledger.relist_file(ONLY, *entry, *size, *mode, *mtime),
            Self::Expected { expected } => ledger.expect(ONLY, expected),
            Self::Landed { landed } => ledger.record_landed(ONLY, landed),
            Self::Planned { storage, blocks } => ledger.plan_blocks(ONLY, storage, blocks).map(drop),
            Self::Copied { copies } => ledger.record_copies(copies),
            Self::Written { block, path, sha256 } => ledger.block_written(*block, path, sha256),
            Self::Proved { block, proofs } => ledger.record_proofs(*block, proofs),
            Self::Verified { block, state, damage, at, method } => {
                ledger.block_verified(*block, *state, damage, *at, *method)
            }
            Self::Released { released } => ledger.record_released(ONLY, released),
            Self::History { line } => ledger.add_history(ONLY, line),
        }
    }
}
