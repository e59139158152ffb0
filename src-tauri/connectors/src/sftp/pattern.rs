//! Patterns of ssh_config(5): `*` for any characters, `?` for one, lists with commas or blanks, `!` in front of what must not match.

/// Whether a text matches one pattern.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(sign) if *sign == b'?' || *sign == text[from] => {
                at += 1;
                from += 1;
            }
            // Let the last star take one more.
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, from) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| *sign == b'*')
}

/// Whether a text matches one of a list, and none of those with `!`.
pub(super) fn matches_list<'p>(patterns: impl IntoIterator<Item = &'p str>, text: &str) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(never) if matches(never.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => found |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let yes = [
            ("*", ""),
            ("*", "abc"),
            ("a*c", "abbc"),
            ("a?c", "abc"),
            ("*.example.org", "a.b.example.org"),
            ("a**", "a"),
        ];
        let no = [("", "a"), ("a?c", "ac"), ("*.example.org", "example.org"), ("a*b", "abc"), ("abc", "ab")];
        for (pattern, text) in yes {
            assert!(matches(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in no {
            assert!(!matches(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn what_must_not_match_wins() {
        assert!(matches_list(["*.org", "!b.org"], "a.org"));
        assert!(!matches_list(["*.org", "!b.org"], "b.org"));
        assert!(!matches_list(["!b.org"], "a.org"), "only exceptions match nothing");
    }
}
