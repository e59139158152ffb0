//! Lines of JSON on a stream, none longer than a bound.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Bytes of the longest line that is read or written.
pub(super) const LONGEST: usize = 16 << 20;

/// Reads line after line. Safe to drop between two bytes and to go on with.
pub(super) struct Lines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from: BufReader::new(from), line: Vec::new() }
    }

    /// The next line without its end; `None` when the other side has gone.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let bytes = self.from.fill_buf().await?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(bytes.len(), |end| end + 1);
            self.line.extend_from_slice(&bytes[..end.unwrap_or(used)]);
            self.from.consume(used);
            if self.line.len() > LONGEST {
                return Err(io::Error::other(format!("a line is longer than {LONGEST} bytes")));
            }
            if end.is_some() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
        }
    }
}

/// A value as one line, its end included; fails if it is longer than the bound.
pub(super) fn encode(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    if line.len() > LONGEST {
        return Err(io::Error::other(format!("a message of {} bytes is longer than {LONGEST} bytes", line.len())));
    }
    line.push(b'\n');
    Ok(line)
}

pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(line)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn lines_come_one_by_one() {
        let mut lines = Lines::new(&b"{}\n[1]\nrest"[..]);
        assert_eq!(lines.next().await.unwrap().unwrap(), b"{}");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"[1]");
        assert_eq!(lines.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_line_without_end_is_refused_not_kept() {
        let endless = tokio::io::repeat(b'x');
        let error = Lines::new(endless).next().await.unwrap_err();
        assert!(error.to_string().contains("longer than"), "{error}");
    }

    #[test]
    fn a_message_beyond_the_bound_is_not_sent() {
        assert!(encode(&"x".repeat(LONGEST)).is_err());
    }
}
