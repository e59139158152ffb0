//! Replies out of a stream of bytes.

use std::io::{self, ErrorKind, Read};

use crate::sftp::wire::Reply;

/// Longest reply that is taken: OpenSSH sends at most 256 KiB, and others keep to that or less.
const LONGEST: usize = 1 << 20;

/// Bytes of a reply before its body: length, kind, number.
const HEAD: usize = 9;

/// A reply that is coming in.
#[derive(Default)]
pub(super) struct Frames {
    head: [u8; HEAD],
    had: usize,
    body: Vec<u8>,
}

impl Frames {
    /// The next whole reply and its number; `WouldBlock` if it is not all there yet, `UnexpectedEof` once nothing more comes.
    pub(super) fn next(&mut self, from: &mut impl Read) -> io::Result<(u32, Reply)> {
        while self.had < HEAD {
            let count = some(from.read(&mut self.head[self.had..]))?;
            self.had += count;
            if self.had == HEAD {
                self.body = vec![0; self.length()?];
            }
        }
        while self.had < HEAD + self.body.len() {
            let count = some(from.read(&mut self.body[self.had - HEAD..]))?;
            self.had += count;
        }
        self.had = 0;
        let id = u32::from_be_bytes([self.head[5], self.head[6], self.head[7], self.head[8]]);
        Ok((id, Reply { kind: self.head[4], body: std::mem::take(&mut self.body) }))
    }

    /// Bytes of the body that the head says.
    fn length(&self) -> io::Result<usize> {
        let length = u32::from_be_bytes([self.head[0], self.head[1], self.head[2], self.head[3]]) as usize;
        match length.checked_sub(HEAD - 4) {
            Some(body) if body <= LONGEST => Ok(body),
            _ => Err(io::Error::new(ErrorKind::InvalidData, "a reply has a length that makes no sense")),
        }
    }
}

/// No bytes at all are the end.
fn some(read: io::Result<usize>) -> io::Result<usize> {
    match read {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        other => other,
    }
}
