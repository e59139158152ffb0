//! Checksums that go with what is written, for the server to compare.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumType;
use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use md5::{Digest, Md5};

use super::site::Site;

/// The checksum that goes with some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// CRC-32C, in the Base64 of the header.
    Crc(String),
    /// MD5.
    Md5([u8; 16]),
}

impl Proof {
    /// Of these bytes, of the kind that goes with what is written there.
    pub(super) fn of(site: &Site, bytes: &[u8]) -> Self {
        if site.with_crc() { Self::Crc(crc(bytes)) } else { Self::md5_of(bytes) }
    }

    /// MD5 of these bytes.
    pub(super) fn md5_of(bytes: &[u8]) -> Self {
        Self::Md5(Md5::digest(bytes).into())
    }

    pub(super) fn crc(&self) -> Option<String> {
        match self {
            Self::Crc(crc) => Some(crc.clone()),
            Self::Md5(_) => None,
        }
    }

    pub(super) fn md5(&self) -> Option<String> {
        match self {
            Self::Crc(_) => None,
            Self::Md5(md5) => Some(base64(md5)),
        }
    }

    /// Whether the reply shows that the server compared it. A server that does not know CRC-32C does not send it back, and is
    /// given MD5 from then on; `Content-MD5` every server compares, and refuses what differs.
    pub(super) fn shown(&self, site: &Site, crc: Option<&str>) -> bool {
        match self {
            Self::Md5(_) => true,
            Self::Crc(sent) if crc == Some(sent) => true,
            Self::Crc(_) => {
                site.old.store(true, std::sync::atomic::Ordering::Relaxed);
                false
            }
        }
    }
}

/// A checksum of a whole object that the server has kept, compared while the object is read.
pub(super) struct Check {
    digest: crc_fast::Digest,
    /// Bytes of the checksum.
    width: usize,
    expected: String,
}

impl Check {
    /// That of an object, if its head tells one that is of the bytes and not of the checksums of parts.
    pub(super) fn of(head: &HeadObjectOutput) -> Option<Self> {
        let known = [
            (head.checksum_crc32_c(), CrcAlgorithm::Crc32Iscsi, 4),
            (head.checksum_crc64_nvme(), CrcAlgorithm::Crc64Nvme, 8),
            (head.checksum_crc32(), CrcAlgorithm::Crc32IsoHdlc, 4),
        ];
        let (expected, algorithm, width) =
            known.into_iter().find_map(|(sum, kind, width)| Some((sum?, kind, width)))?;
        let whole = head.checksum_type() != Some(&ChecksumType::Composite) && !expected.contains('-');
        whole.then(|| Self { digest: crc_fast::Digest::new(algorithm), width, expected: expected.to_owned() })
    }

    /// Takes in what comes next.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Whether all of it was what the server keeps the checksum of.
    pub(super) fn holds(&self) -> bool {
        base64(&self.digest.finalize().to_be_bytes()[8 - self.width..]) == self.expected
    }
}

/// CRC-32C in the Base64 of the header.
fn crc(bytes: &[u8]) -> String {
    // The algorithm has 32 bits: those above are zero.
    let sum = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes).to_be_bytes();
    base64(&sum[4..])
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a text in Base64 with padding.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).ok()?);
        }
    }
    Some(bytes)
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= three.len() { DIGITS[value].into() } else { '=' });
        }
    }
    text
}

/// A body that is held in memory, and can be sent again.
pub(super) fn body(bytes: &Bytes) -> ByteStream {
    ByteStream::from(bytes.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, text) in pairs {
            assert_eq!(base64(plain.as_bytes()), text);
            assert_eq!(unbase64(text).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        assert_eq!(unbase64("Zm9v-YmFy"), None);
    }

    #[test]
    fn crc_is_that_of_the_protocol() {
        // The check value of CRC-32C: <https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-32-iscsi>.
        assert_eq!(crc(b"123456789"), base64(&0xE306_9283_u32.to_be_bytes()));
    }
}
