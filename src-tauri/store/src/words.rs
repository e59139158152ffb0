//! The words under which states stand in the database: the same as in JSON, and never changed once released.

use longshore_catalogue::{BlockState, DatasetState, EntryKind, HeldState, MessageState, ProofMethod};
use longshore_engine::{RunState, TaskState};

use crate::error::{Abort, Error};

/// A value that stands in a column as a word.
pub(crate) trait Word: Copy + Sized {
    /// Its word.
    fn word(self) -> &'static str;

    /// The value of a word, if it is one.
    fn find(word: &str) -> Option<Self>;

    /// The value of a word; a word that is not one of them is damage.
    fn of(word: &str) -> Result<Self, Abort> {
        Self::find(word).ok_or_else(|| Error::Corrupt(format!("a row holds the word {word:?}")).into())
    }
}

impl Word for TaskState {
    fn word(self) -> &'static str {
        Self::word(self)
    }

    fn find(word: &str) -> Option<Self> {
        Self::from_word(word)
    }
}

impl Word for RunState {
    fn word(self) -> &'static str {
        Self::word(self)
    }

    fn find(word: &str) -> Option<Self> {
        Self::from_word(word)
    }
}

/// Words of types of the catalogue, each once.
macro_rules! words {
    ($type:ident: $($value:ident = $word:literal),*) => {
        impl Word for $type {
            fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            fn find(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }
        }
    };
}

words!(BlockState: Planned = "planned", Written = "written", Proved = "proved", Damaged = "damaged");
words!(DatasetState: Landing = "landing", Landed = "landed", Archiving = "archiving", Archived = "archived", Damaged = "damaged");
words!(HeldState: Open = "open", Done = "done", Returned = "returned", Poison = "poison");
words!(MessageState: Pending = "pending", Refused = "refused", Sent = "sent", Dropped = "dropped");
words!(ProofMethod: Medium = "medium", Cache = "cache", Server = "server");

/// Entries stand by the million: their kind is a number, in the order in which a folder's page shows them.
pub(crate) fn kind_number(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Folder => 0,
        EntryKind::File => 1,
        EntryKind::Link => 2,
    }
}

/// The kind of a number.
pub(crate) fn kind_of(number: i64) -> Result<EntryKind, Abort> {
    match number {
        0 => Ok(EntryKind::Folder),
        1 => Ok(EntryKind::File),
        2 => Ok(EntryKind::Link),
        _ => Err(Error::Corrupt(format!("an entry is of kind {number}")).into()),
    }
}
