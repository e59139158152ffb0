//! What a search for a model leaves: a table (RFC 4180), and in one of its columns dictionaries as Python writes them.

use std::collections::BTreeMap;

/// The rows of a table; a field may be in quotes, with quotes in it doubled.
pub(super) fn rows(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err("a quote does not end");
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows.retain(|row: &Vec<String>| row.iter().any(|field| !field.is_empty()));
    Ok(rows)
}

/// The entries of a dictionary whose keys are texts; values as they are written, texts without their quotes.
pub(super) fn dictionary(text: &str) -> Option<BTreeMap<String, String>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut entries = BTreeMap::new();
    for entry in apart(inner, ',')? {
        if entry.trim().is_empty() {
            continue;
        }
        let [key, value] = <[&str; 2]>::try_from(apart(entry, ':')?).ok()?;
        entries.insert(plain(key)?.to_owned(), plain(value).unwrap_or(value.trim()).to_owned());
    }
    Some(entries)
}

/// A text without its quotes.
fn plain(text: &str) -> Option<&str> {
    let text = text.trim();
    ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

/// Parts between separators that are in no quotes and no brackets.
fn apart(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0_u32, None);
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if "([{".contains(c) => depth += 1,
            None if ")]}".contains(c) => depth = depth.checked_sub(1)?,
            None if c == separator && depth == 0 => {
                parts.push(&text[from..at]);
                from = at + c.len_utf8();
            }
            Some(_) | None => {}
        }
    }
    parts.push(&text[from..]);
    (quote.is_none() && depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_with_its_quotes() {
        let text = ",a,params\r\n0,1.5,\"{'x': 1, 'y': \"\"b\"\"}\"\n1,,\"two\nlines\"";
        let rows = rows(text).expect("a table");
        assert_eq!(rows[1], ["0", "1.5", "{'x': 1, 'y': \"b\"}"]);
        assert_eq!((rows.len(), rows[2][2].as_str()), (3, "two\nlines"));
        assert!(super::rows("a,\"b").is_err());
    }

    #[test]
    fn a_dictionary_is_read_as_python_writes_it() {
        let read = dictionary("{'alpha': 0.1, 'kind': 'a, b: c', 'none': None, 'sizes': (1, 2), \"q\": \"it's\"}");
        let read = read.expect("a dictionary");
        let wanted = [("alpha", "0.1"), ("kind", "a, b: c"), ("none", "None"), ("q", "it's"), ("sizes", "(1, 2)")];
        assert!(read.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(wanted), "{read:?}");
        assert_eq!(dictionary("{}").map(|read| read.len()), Some(0));
        for wrong in ["", "[1]", "{'a': 1", "{'a': (1}", "{'a'}", "{a: 1}"] {
            assert_eq!(dictionary(wrong), None, "{wrong}");
        }
    }
}
