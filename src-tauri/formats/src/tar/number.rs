//! Numbers in header fields.

/// Writes `value` in octal, zeros before it and a NUL behind; zeros, when it does not fit.
pub(super) fn put(field: &mut [u8], value: u64) {
    let value = if fits(field.len(), value) { value } else { 0 };
    let Some((last, digits)) = field.split_last_mut() else { return };
    *last = 0;
    for (at, digit) in digits.iter_mut().rev().enumerate() {
        let bits = u32::try_from(at * 3).ok().and_then(|shift| value.checked_shr(shift)).unwrap_or(0);
        *digit = b'0' + (bits & 7) as u8;
    }
}

/// Whether `value` fits a field of so many bytes, one of which is the NUL at its end.
pub(super) fn fits(bytes: usize, value: u64) -> bool {
    let bits = (bytes - 1) * 3;
    bits >= 64 || value >> bits == 0
}

/// Reads a field: octal between spaces and NULs, or GNU's base-256 (first bit set) for what octal cannot hold.
pub(super) fn get(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<i64> {
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    text.iter().try_fold(0_i64, |value, byte| match byte {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(byte - b'0')),
        _ => None,
    })
}

/// Two's complement, big endian, of which the top bit is the mark and the next one the sign.
fn base256(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    let start = if first & 0x40 == 0 { i128::from(first & 0x3f) } else { i128::from(first & 0x3f) - 0x40 };
    let value = rest.iter().try_fold(start, |value, byte| value.checked_mul(256)?.checked_add(i128::from(*byte)))?;
    i64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn octal_comes_back_up_to_its_limit() {
        for value in [0, 1, 0o7777, (1 << 33) - 1] {
            let mut field = [0xff; 12];
            put(&mut field, value);
            assert_eq!(get(&field).unwrap(), i64::try_from(value).unwrap());
        }
        assert!(fits(12, (1 << 33) - 1) && !fits(12, 1 << 33));
    }

    #[test]
    fn base_256_is_read_with_its_sign() {
        let mut field = [0_u8; 12];
        field[0] = 0x80;
        field[4] = 1;
        assert_eq!(get(&field).unwrap(), 1 << 56);
        assert_eq!(get(&[0xff; 12]).unwrap(), -1);
        assert_eq!(get(b"zzz\0"), None);
    }
}
