//! Pages of lists.

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows the whole list has under the same filter.
    pub total: u64,
}

/// Rows that one page may have at most.
const MOST: u32 = 1_000;

/// The limit to use for the limit asked for: 0 means 100.
pub(crate) fn limit(asked: u32) -> u32 {
    if asked == 0 { 100 } else { asked.min(MOST) }
}

/// A pattern for `LIKE ... ESCAPE '\'` that finds this text anywhere.
pub(crate) fn anywhere(text: &[u8]) -> Vec<u8> {
    let mut pattern = vec![b'%'];
    for byte in text {
        if matches!(byte, b'%' | b'_' | b'\\') {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern.push(b'%');
    pattern
}

/// Like [`anywhere`], for columns of text.
pub(crate) fn anywhere_text(text: &str) -> String {
    String::from_utf8_lossy(&anywhere(text.as_bytes())).into_owned()
}
