//! Secrets that this process has known, hidden in what it writes about itself.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{LazyLock, PoisonError, RwLock};

use super::Secrets;

/// Every secret that the process has known, and the same ready to be looked for.
static KNOWN: LazyLock<RwLock<(BTreeSet<String>, Secrets)>> = LazyLock::new(RwLock::default);

/// Hides a value in the process's own log from now on, for as long as the process lives.
pub fn hide_everywhere(value: &str) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.0.insert(value.to_owned()) {
        known.1 = Secrets::of(known.0.iter().map(String::as_str));
    }
}

/// What the process hides: every secret that it has known. For texts that are read by people; what tasks hand to each other is not
/// touched by it, since a weak password may be a part of a path.
pub fn known() -> Secrets {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).1.clone()
}

/// A writer of log lines that hides the secrets which the process has known. Each call must write whole lines.
pub struct Hiding<W>(pub W);

impl<W: Write> Write for Hiding<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let secrets = known();
        if secrets.is_empty() {
            return self.0.write(bytes);
        }
        let mut masking = secrets.masking();
        let mut masked = masking.push(bytes);
        masked.extend(masking.end());
        self.0.write_all(&masked).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_hides_what_it_has_known() {
        let mut log = Vec::new();
        hide_everywhere("a-secret-of-this-test");
        writeln!(Hiding(&mut log), "it is a-secret-of-this-test.").ok();
        assert_eq!(String::from_utf8_lossy(&log), "it is ***.\n");
    }
}
