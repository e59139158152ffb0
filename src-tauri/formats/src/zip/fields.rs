//! Numbers in headers.

use crate::archive::Error;

/// Reads little-endian numbers from the start of a slice.
#[derive(Clone, Copy)]
pub(super) struct Fields<'b>(pub(super) &'b [u8]);

impl<'b> Fields<'b> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// A number of 32 bits that says it stands elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// Sizes and place of an entry, as a header has them and its zip64 field completes them (APPNOTE 4.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) unpacked: u64,
    pub(super) packed: u64,
    pub(super) offset: u64,
}

/// Completes sizes from the extra fields.
pub(super) fn completed(
    [unpacked, packed, offset]: [u32; 3],
    mut extra: Fields<'_>,
    name: &[u8],
) -> Result<Sizes, Error> {
    let mut sizes = Sizes { unpacked: unpacked.into(), packed: packed.into(), offset: offset.into() };
    while let (Some(id), Some(length)) = (extra.u16(), extra.u16()) {
        let Some(field) = extra.bytes(length.into()) else {
            return Err(Error::damaged(name, "its extra fields are cut short"));
        };
        if id != 1 {
            continue;
        }
        let mut field = Fields(field);
        let places = [(unpacked, &mut sizes.unpacked), (packed, &mut sizes.packed), (offset, &mut sizes.offset)];
        for (short, place) in places.into_iter().filter(|(short, _)| *short == ELSEWHERE) {
            let _ = short;
            *place = field.u64().ok_or_else(|| Error::damaged(name, "its zip64 field is cut short"))?;
        }
    }
    Ok(sizes)
}
