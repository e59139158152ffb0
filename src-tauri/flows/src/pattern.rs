//! Patterns for paths: `*` and `?` within a name, `**` for any folders.

/// Whether a name, or a part of a path, is a pattern.
pub(crate) fn is_pattern(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'?'))
}

/// Splits a path into the folder before the first pattern, and the names from there on.
pub(crate) fn split(path: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let names: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
    // The last name is looked for in its folder, pattern or not.
    let first = names.iter().position(|name| is_pattern(name)).unwrap_or(names.len() - 1);
    (names[..first].join(&b'/'), names[first..].to_vec())
}

/// Whether a name fits a pattern. What a `*` stands for is tried the shortest first, going back only to the last one.
pub(crate) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                (p, n) = (after, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_fit_patterns() {
        let fits = |pattern: &str, name: &str| super::fits(pattern.as_bytes(), name.as_bytes());
        assert!(fits("*.tif", "a.tif") && fits("*", "") && fits("a?c*", "abc") && fits("*a*b", "xaabab"));
        assert!(!fits("*.tif", "a.tiff") && !fits("a?c", "ac") && !fits("", "x") && !fits("*a*b", "xbxa"));
    }

    #[test]
    fn a_path_is_split_before_its_first_pattern() {
        let split = |path: &str| {
            let (folder, names) = super::split(path.as_bytes());
            (String::from_utf8_lossy(&folder).into_owned(), names.len())
        };
        assert_eq!(split("in/2026/*/x.tif"), ("in/2026".into(), 2));
        assert_eq!(split("in/x.tif"), ("in".into(), 1));
        assert_eq!(split("**"), (String::new(), 1));
    }
}
