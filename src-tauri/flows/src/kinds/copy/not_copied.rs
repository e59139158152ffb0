//! A file that was not copied, as the checkpoint keeps it: the next attempt tries it, and until then the operator sees why.

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use serde::{Deserialize, Serialize};

/// Characters of a reason that are kept. Ten thousand files may have one.
const REASON: usize = 400;

/// A file that was not copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub(super) struct NotCopied {
    /// Its path on the source.
    pub(super) path: PathBytes,
    /// Stable code of its fault; empty in a checkpoint of an older version.
    code: String,
    /// What failed, and why.
    why: String,
    /// What to do now.
    now: String,
}

/// As checkpoints have it: those of older versions hold the path alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Path(PathBytes),
    Whole { path: PathBytes, code: String, why: String, now: String },
}

impl From<Kept> for NotCopied {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Path(path) => Self { path, code: String::new(), why: String::new(), now: String::new() },
            Kept::Whole { path, code, why, now } => Self { path, code, why, now },
        }
    }
}

impl NotCopied {
    pub(super) fn new(path: Vec<u8>, fault: &Fault) -> Self {
        let cut = |text: &str| text.chars().take(REASON).collect();
        let path = PathBytes::new(path);
        Self { path, code: fault.code.clone(), why: cut(&fault.to_string()), now: cut(&fault.now) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_checkpoint_is_read_back_and_so_is_one_of_an_older_version() {
        let fault = Fault::permanent("file.exists", "a was not copied", "y".repeat(1_000)).now("Move it away.");
        let file = NotCopied::new(b"raw/\xff".to_vec(), &fault);
        let text = serde_json::to_string(&[&file]).unwrap();
        assert!(text.len() < 700, "{text}");
        assert_eq!(serde_json::from_str::<Vec<NotCopied>>(&text).unwrap(), [file]);
        let old = serde_json::to_string(&[PathBytes::new(b"raw/\xff".to_vec())]).unwrap();
        let read = serde_json::from_str::<Vec<NotCopied>>(&old).unwrap();
        assert_eq!((read[0].path.as_bytes(), read[0].code.as_str()), (b"raw/\xff".as_slice(), ""));
    }
}
