//! Sources that are still being written: they are left alone until they have settled.

use std::collections::BTreeMap;
use std::time::Duration;

use longshore_catalogue::PathBytes;
use longshore_engine::{Fault, Millis};
use longshore_transfer::storage::Meta;
use serde::{Deserialize, Serialize};

/// How long a file that changed while it was read is left alone, where the parameters ask for less.
const AFTER_CHANGE: Duration = Duration::from_secs(5);

/// How often what has not settled is looked at again before it is given up.
const LOOKS: u32 = 12;

/// Files that are watched until they have settled; more are given up.
const WATCHED: usize = 10_000;

/// The code of a file that has not settled.
const UNSETTLED: &str = "file.unsettled";

/// Files that had not settled, and how they looked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Unsettled {
    /// How often they were looked at again.
    looks: u32,
    files: BTreeMap<PathBytes, Look>,
}

/// How a file looked, and since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Look {
    size: u64,
    mtime: (i64, u32),
    since: Millis,
}

impl Unsettled {
    /// Whether a file may be read: it has not changed for as long as is asked for, by its modification time or since it was last looked
    /// at. The clock of its storage may be another than ours; how it looks to us is what counts then.
    pub(super) fn has_settled(&mut self, path: &[u8], meta: &Meta, asked: Duration, now: Millis) -> bool {
        let path = PathBytes::new(path);
        let Some(look) = self.files.get_mut(&path) else {
            let age = now.0.saturating_sub(meta.mtime.0.saturating_mul(1000));
            if asked.is_zero() || u128::try_from(age).is_ok_and(|age| age >= asked.as_millis()) {
                return true;
            }
            self.watch(path, meta, now);
            return false;
        };
        if (look.size, look.mtime) != (meta.size, meta.mtime) {
            *look = Look { size: meta.size, mtime: meta.mtime, since: now };
        }
        now - look.since >= wait(asked)
    }

    /// A file changed while it was read: from here on it looks like this.
    pub(super) fn changed(&mut self, path: &[u8], meta: &Meta, now: Millis) {
        self.files.remove(&PathBytes::new(path));
        self.watch(PathBytes::new(path), meta, now);
    }

    fn watch(&mut self, path: PathBytes, meta: &Meta, now: Millis) {
        if self.files.len() < WATCHED {
            self.files.insert(path, Look { size: meta.size, mtime: meta.mtime, since: now });
        }
    }

    /// A file was copied.
    pub(super) fn copied(&mut self, path: &PathBytes) {
        self.files.remove(path);
    }

    /// When to look at them again, if there are any and it may still help.
    pub(super) fn look_again(&mut self, asked: Duration, now: Millis) -> Option<Millis> {
        if self.files.is_empty() || self.looks == LOOKS {
            // The next attempt looks as often again.
            self.looks = 0;
            return None;
        }
        self.looks += 1;
        Some(now + wait(asked))
    }
}

/// How long a file that was seen to change must look the same.
fn wait(asked: Duration) -> Duration {
    asked.max(AFTER_CHANGE)
}

/// Whether a failure is that of a file that is still being written.
pub(super) fn is_unsettled(fault: &Fault) -> bool {
    fault.code == UNSETTLED || fault.code == "file.changed"
}

/// A file that was left alone.
pub(super) fn unsettled(path: &[u8], from: &str) -> Fault {
    let path = PathBytes::new(path).to_text();
    Fault::transient(
        UNSETTLED,
        format!("{path} was not copied"),
        "It is still being written: it has changed a short while ago",
    )
    .now("Retry when whoever writes it has ended, or ask for a shorter time with `settle`.")
    .on_file(path)
    .at_place(from)
}

#[cfg(test)]
mod tests {
    use longshore_transfer::storage::Kind;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn meta(size: u64, mtime: i64) -> Meta {
        Meta { kind: Kind::File, size, mode: None, mtime: (mtime, 0), link: Vec::new(), names: 1 }
    }

    #[test]
    fn a_file_has_settled_by_its_time_or_by_how_it_looks() {
        let (mut files, now) = (Unsettled::default(), Millis(1_000_000));
        let mut settled = |size, mtime, now| files.has_settled(b"a", &meta(size, mtime), 10 * SECOND, now);
        assert!(settled(1, 990, now), "it is ten seconds old");
        assert!(!settled(1, 991, now));
        assert!(!settled(2, 999, now + SECOND), "it grows");
        assert!(!settled(2, 999, now + 10 * SECOND));
        assert!(settled(2, 999, now + 11 * SECOND), "it looks the same for ten seconds");
        // A storage whose clock is an hour ahead.
        assert!(!files.has_settled(b"b", &meta(1, 4600), 10 * SECOND, now));
        assert!(files.has_settled(b"b", &meta(1, 4600), 10 * SECOND, now + 10 * SECOND));
    }

    #[test]
    fn what_changed_while_it_was_read_is_waited_for_even_if_nothing_was_asked_for() {
        let (mut files, now) = (Unsettled::default(), Millis(1_000_000));
        assert!(files.has_settled(b"a", &meta(1, 1000), Duration::ZERO, now));
        assert_eq!(files.look_again(Duration::ZERO, now), None);
        files.changed(b"a", &meta(2, 1000), now);
        assert_eq!(files.look_again(Duration::ZERO, now), Some(now + 5 * SECOND));
        assert!(!files.has_settled(b"a", &meta(2, 1000), Duration::ZERO, now + SECOND));
        assert!(files.has_settled(b"a", &meta(2, 1000), Duration::ZERO, now + 5 * SECOND));
    }

    #[test]
    fn it_is_looked_at_a_number_of_times_and_no_more() {
        let mut files = Unsettled::default();
        files.changed(b"a", &meta(1, 1), Millis(0));
        let looks = std::iter::from_fn(|| files.look_again(SECOND, Millis(0))).count();
        assert_eq!(looks, LOOKS as usize);
        assert!(files.look_again(SECOND, Millis(0)).is_some(), "another attempt looks again");
    }
}
