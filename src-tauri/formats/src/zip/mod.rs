//! Zip archives as strangers send them: the list of entries is read first and believed only where the entries say the same.
//!
//! Facts from PKWARE's APPNOTE 6.3.10. What is not read: encryption, archives in several parts, compressions other than deflate.

mod central;
mod end;
mod entry;
mod fields;
mod write;

pub use central::{Entry, Index, Method};
pub use entry::{Content, open};
pub use write::{Entry as Writing, Head, Writer};

/// Signature of an entry's own header.
const LOCAL: u32 = 0x0403_4b50;
/// Signature of an entry in the list.
const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end of the list, and those of zip64.
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;

/// Signature of what may follow an entry's bytes.
const DESCRIPTOR: u32 = 0x0807_4b50;

/// Bytes of an entry's own header before its name.
const LOCAL_BYTES: usize = 30;

/// Flag: encrypted.
const ENCRYPTED: u16 = 1;
/// Flag: sizes and checksum follow the bytes.
const FOLLOWS: u16 = 1 << 3;
/// Flag: the bytes are a patch.
const PATCH: u16 = 1 << 5;
/// Flag: encrypted in another way.
const STRONG: u16 = 1 << 6;
/// Flag: names are UTF-8.
const UTF8: u16 = 1 << 11;
/// Flag: the list is encrypted.
const MASKED: u16 = 1 << 13;
/// Flags with which an entry is refused.
const REFUSED: u16 = ENCRYPTED | PATCH | STRONG | MASKED;
