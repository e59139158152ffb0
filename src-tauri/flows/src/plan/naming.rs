//! Names for datasets, and identifiers that are safe as file names.

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;

/// Longest identifier, in bytes: `.<pid>_<number>.tar.longshore-part` stays below the 255 of common file systems.
pub const PID_LENGTH: usize = 120;

/// A name to propose for a dataset made of these paths.
pub fn name(sources: &[PathBytes]) -> String {
    let last = |path: &PathBytes| {
        let bytes = path.as_bytes();
        let parts = bytes.rsplit(|b| *b == b'/').find(|part| !part.is_empty() && *part != b".");
        parts.map(|part| PathBytes::new(part).to_text())
    };
    match sources {
        [] => "dataset".into(),
        [one] => last(one).unwrap_or_else(|| "dataset".into()),
        [first, ..] => last(&common_folder(sources))
            .or_else(|| last(first))
            .map_or_else(|| "dataset".into(), |name| format!("{name} ({} items)", sources.len())),
    }
}

/// The deepest folder above all of the paths.
fn common_folder(sources: &[PathBytes]) -> PathBytes {
    let folder = |path: &PathBytes| -> Vec<Vec<u8>> {
        let mut parts: Vec<_> =
            path.as_bytes().split(|b| *b == b'/').filter(|p| !p.is_empty()).map(<[u8]>::to_vec).collect();
        parts.pop();
        parts
    };
    let mut common = sources.first().map(folder).unwrap_or_default();
    for source in &sources[1..] {
        let same = common.iter().zip(folder(source)).take_while(|(a, b)| **a == *b).count();
        common.truncate(same);
    }
    common.iter().fold(PathBytes::default(), |path, part| path.join(part))
}

/// An identifier made from a name: lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
pub fn pid(name: &str) -> String {
    let mut pid = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let plain = plain(c);
        if plain != "-" || !(pid.is_empty() || pid.ends_with('-')) {
            pid.push_str(plain.trim_start_matches(if pid.is_empty() { &['.', '_', '-'][..] } else { &[] }));
        }
        if pid.len() >= PID_LENGTH {
            pid.truncate(PID_LENGTH);
            break;
        }
    }
    let pid = pid.trim_end_matches(['-', '.', '_']);
    if pid.is_empty() { "dataset".into() } else { pid.into() }
}

/// What stands for a character in an identifier.
fn plain(c: char) -> &'static str {
    const ASCII: &str = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    if let Some(at) = ASCII.find(c) {
        return &ASCII[at..=at];
    }
    match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' => "r",
        'š' | 'ś' => "s",
        'ß' => "ss",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'µ' | 'μ' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ž' | 'ź' | 'ż' => "z",
        '\u{300}'..='\u{36F}' => "",
        _ => "-",
    }
}

/// An identifier of SciCat's as a file name: what is not safe in one becomes `-`. `number` tells apart those that come to the same.
pub fn file_name(pid: &str, number: u32) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let plain: String = pid.chars().map(safe).collect();
    let plain = plain.trim_start_matches(['.', '_', '-']);
    let stem = if plain.is_empty() { "dataset" } else { plain };
    let ending = if number == 1 { String::new() } else { format!("-{number}") };
    format!("{}{ending}", &stem[..stem.len().min(PID_LENGTH - ending.len())])
}

/// Refuses an identifier that is not safe as a file name.
pub fn check_pid(pid: &str) -> Result<(), Fault> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let first = pid.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first && pid.len() <= PID_LENGTH && pid.chars().all(safe) {
        return Ok(());
    }
    let why = format!(
        "It is a file name too: at most {PID_LENGTH} letters, digits, . _ or -, beginning with a letter or digit"
    );
    Err(Fault::permanent("pid.unsafe", format!("{pid:?} cannot be an identifier"), why)
        .now("Leave it out: one is made from the name."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(paths: &[&str]) -> String {
        name(&paths.iter().map(|p| PathBytes::from(*p)).collect::<Vec<_>>())
    }

    #[test]
    fn an_identifier_of_scicat_becomes_a_file_name() {
        assert_eq!(file_name("20.500.12269/6A0c-1", 1), "20.500.12269-6A0c-1");
        for (name, number) in [("20.5/x", 2), ("/", 1), ("../é", 1), (&*"x/".repeat(200), 12)] {
            assert_eq!(check_pid(&file_name(name, number)), Ok(()));
        }
        assert_eq!(file_name("20.5/x", 2), "20.5-x-2");
    }

    #[test]
    fn a_name_comes_from_what_was_dropped() {
        assert_eq!(named(&["/data/scan 7"]), "scan 7");
        assert_eq!(named(&["/data/scan 7/"]), "scan 7");
        assert_eq!(named(&["/data/june/a", "/data/june/b"]), "june (2 items)");
        assert_eq!(named(&["/a", "/b"]), "a (2 items)");
        assert_eq!(named(&["/"]), "dataset");
    }

    #[test]
    fn an_identifier_is_plain() {
        assert_eq!(pid("Ångström Überblick (final)"), "angstroem-ueberblick-final");
        assert_eq!(pid("../../etc"), "etc");
        assert_eq!(pid("日本"), "dataset");
        assert_eq!(pid("a\n\u{202E}b"), "a-b");
    }

    proptest! {
        #[test]
        fn every_name_gives_a_safe_identifier(name in "\\PC{0,300}") {
            prop_assert!(check_pid(&pid(&name)).is_ok(), "{}", pid(&name));
        }
    }

    #[test]
    fn unsafe_identifiers_are_refused() {
        for bad in ["", ".hidden", "a/b", "a b", "-x", &"x".repeat(PID_LENGTH + 1)] {
            assert_eq!(check_pid(bad).map_err(|fault| fault.code), Err("pid.unsafe".into()), "{bad}");
        }
    }
}
