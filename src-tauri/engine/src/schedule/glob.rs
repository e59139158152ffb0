//! Patterns of file names: `*`, `?`, `[a-z]`, `[!a-z]`.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads a pattern; why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".into());
        }
        if text.contains('/') {
            return Err("it is matched against names of files, which hold no /".into());
        }
        let mut rest = text;
        while let Some(at) = rest.find('[') {
            rest = class(&rest[at + 1..]).ok_or_else(|| "a [ in it is not closed".to_owned())?.1;
        }
        Ok(Self(text.into()))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether a name fits. Hidden names, and those that programs give to what they have not finished, fit only a pattern that
    /// says so.
    pub fn fits(&self, name: &str) -> bool {
        let hidden = name.starts_with('.') && !self.0.starts_with('.');
        let unfinished = UNFINISHED.iter().any(|end| name.ends_with(end) && !self.0.ends_with(end));
        !hidden && !unfinished && matches(&self.0, name)
    }
}

/// Endings that browsers and transfer programs give to files that they are writing.
const UNFINISHED: [&str; 6] = [".part", ".partial", ".tmp", ".filepart", ".crdownload", "~"];

/// The inside of a character class and what follows it; a `]` that stands first is one of its characters.
fn class(text: &str) -> Option<(&str, &str)> {
    let skip = text.strip_prefix('!').map_or(0, |_| 1);
    let first = text[skip..].chars().next()?.len_utf8();
    let end = skip + first + text[skip + first..].find(']')?;
    Some((&text[..end], &text[end + 1..]))
}

fn matches(pattern: &str, name: &str) -> bool {
    // The last `*`, and what it has taken so far: going back to it is enough, as a later one takes over from an earlier.
    let (mut pattern, mut name) = (pattern, name);
    let mut back: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            (pattern, back) = (rest, Some((rest, name)));
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return true;
        }
        if let Some(rests) = one(pattern, name) {
            (pattern, name) = rests;
            continue;
        }
        let Some((after, taken)) = back else { return false };
        let mut chars = taken.chars();
        if chars.next().is_none() {
            return false;
        }
        (pattern, name, back) = (after, chars.as_str(), Some((after, chars.as_str())));
    }
}

/// What is left when one character of each fits.
fn one<'p, 'n>(pattern: &'p str, name: &'n str) -> Option<(&'p str, &'n str)> {
    let (mut wanted, mut given) = (pattern.chars(), name.chars());
    let (want, have) = (wanted.next()?, given.next()?);
    match want {
        '?' => Some((wanted.as_str(), given.as_str())),
        '[' => {
            let (inside, rest) = class(wanted.as_str())?;
            in_class(inside, have).then_some((rest, given.as_str()))
        }
        _ => (want == have).then_some((wanted.as_str(), given.as_str())),
    }
}

fn in_class(inside: &str, have: char) -> bool {
    let (not, inside) = inside.strip_prefix('!').map_or((false, inside), |rest| (true, rest));
    let all: Vec<char> = inside.chars().collect();
    let mut at = 0;
    let mut found = false;
    while at < all.len() {
        let range = all.get(at + 1) == Some(&'-') && at + 2 < all.len();
        found |= if range { (all[at]..=all[at + 2]).contains(&have) } else { all[at] == have };
        at += if range { 3 } else { 1 };
    }
    found != not
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        Pattern::parse(pattern).expect("a pattern").fits(name)
    }

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.h5", "a.h5"),
            ("a*b*c", "aXbYbc"),
            ("?x", "äx"),
            ("[a-c]1", "b1"),
            ("[!a-c]1", "d1"),
            ("[]]", "]"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.h5", "a.h5.x"), ("?", ""), ("[a-c]", "d"), ("a", "A"), ("a*b", "a")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_hidden_or_unfinished_fits_only_if_asked_for() {
        assert!(!fits("*", ".a") && fits(".*", ".a"));
        assert!(!fits("*", "a.part") && fits("*.part", "a.part"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "a/b", "[a", "x[!]"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn many_stars_take_no_more_time_than_few() {
        assert!(!fits(&"*a".repeat(40), &"a".repeat(39)));
    }
}
