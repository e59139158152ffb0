//! Keys of object storages as paths of files, and back.
//!
//! A key may hold what no path can: components that are empty, `.` or `..`, components longer than a file name, and a key below which
//! others lie. Such components get names of their own, which no other component is given: every path leads back to its key, and none
//! out of the folder that it is meant for.
//!
//! | component | name |
//! | --- | --- |
//! | empty (`a//b`, a slash in front) | `~longshore-empty` |
//! | empty at the end (`a/`, where it is a file with content) | `~longshore-end` |
//! | `.` | `~longshore-dot` |
//! | `..` | `~longshore-dot-dot` |
//! | a folder `x` beside a file `x` | `~longshore-folder-x` |
//! | one that begins with `~longshore-` | `~longshore-plain-` and itself |
//! | longer than 255 bytes, or made so by the above | folders `~longshore-long-` with its pieces, and `~longshore-last-` with the last |

use longshore_transfer::storage::NAME_MAX;

const MARK: &[u8] = b"~longshore-";
const EMPTY: &[u8] = b"~longshore-empty";
const END: &[u8] = b"~longshore-end";
const DOT: &[u8] = b"~longshore-dot";
const DOT_DOT: &[u8] = b"~longshore-dot-dot";
const FOLDER: &[u8] = b"~longshore-folder-";
const PLAIN: &[u8] = b"~longshore-plain-";
const LONG: &[u8] = b"~longshore-long-";
const LAST: &[u8] = b"~longshore-last-";

/// The path of a key, or of the folder that a key lies in. `beside_a_file` says of a folder whether there is a file of the same key.
pub(crate) fn path_of<E>(
    key: &[u8],
    is_folder: bool,
    mut beside_a_file: impl FnMut(&[u8]) -> Result<bool, E>,
) -> Result<Vec<u8>, E> {
    let mut path = Vec::with_capacity(key.len());
    let mut end = 0;
    for component in key.split(|byte| *byte == b'/') {
        end += component.len();
        let folder = is_folder || end < key.len();
        let beside = folder && !component.is_empty() && beside_a_file(&key[..end])?;
        if !path.is_empty() {
            path.push(b'/');
        }
        write(&name_of(component, folder, beside), &mut path);
        end += 1;
    }
    Ok(path)
}

fn name_of(component: &[u8], folder: bool, beside_a_file: bool) -> Vec<u8> {
    match component {
        b"" if folder => EMPTY.to_vec(),
        b"" => END.to_vec(),
        _ if beside_a_file => [FOLDER, component].concat(),
        b"." => DOT.to_vec(),
        b".." => DOT_DOT.to_vec(),
        _ if component.starts_with(MARK) => [PLAIN, component].concat(),
        _ => component.to_vec(),
    }
}

/// Writes a name, in pieces where it is too long for one.
fn write(name: &[u8], path: &mut Vec<u8>) {
    let most = NAME_MAX - LONG.len().max(LAST.len());
    let mut rest = name;
    while name.len() > NAME_MAX && rest.len() > most {
        let (piece, behind) = rest.split_at(cut(rest, most));
        path.extend([LONG, piece, b"/"].concat());
        rest = behind;
    }
    if name.len() > NAME_MAX {
        path.extend_from_slice(LAST);
    }
    path.extend_from_slice(rest);
}

/// Bytes up to a character's end, no more than `most`.
fn cut(bytes: &[u8], most: usize) -> usize {
    let whole = |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (most.saturating_sub(3)..=most).rev().find(whole).unwrap_or(most)
}

/// The key of a path.
pub(crate) fn key_of(path: &[u8]) -> Vec<u8> {
    let (mut key, mut pieces, mut first) = (Vec::with_capacity(path.len()), Vec::new(), true);
    for name in path.split(|byte| *byte == b'/') {
        if let Some(piece) = name.strip_prefix(LONG) {
            pieces.extend_from_slice(piece);
            continue;
        }
        if !std::mem::take(&mut first) {
            key.push(b'/');
        }
        let name = match name.strip_prefix(LAST) {
            Some(last) => [&*std::mem::take(&mut pieces), last].concat(),
            None => name.to_vec(),
        };
        key.extend_from_slice(component_of(&name));
    }
    key
}

fn component_of(name: &[u8]) -> &[u8] {
    match name {
        EMPTY | END => b"",
        DOT => b".",
        DOT_DOT => b"..",
        _ => name.strip_prefix(FOLDER).or_else(|| name.strip_prefix(PLAIN)).unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;

    fn path(key: &[u8], files: &[&[u8]]) -> Vec<u8> {
        path_of(key, false, |folder| Ok::<_, Infallible>(files.contains(&folder))).unwrap()
    }

    #[test]
    fn what_can_be_a_path_is_left_as_it_is() {
        for key in ["a", "a/b", "~a/.b/...", "line\nbreak/\u{1F52C}", "a~longshore-empty"] {
            assert_eq!(path(key.as_bytes(), &[]), key.as_bytes(), "{key}");
        }
    }

    #[test]
    fn what_cannot_gets_a_name_of_its_own() {
        for (key, told) in [
            ("a//b", "a/~longshore-empty/b"),
            ("/a", "~longshore-empty/a"),
            ("a/", "a/~longshore-end"),
            ("a//", "a/~longshore-empty/~longshore-end"),
            ("../../etc/passwd", "~longshore-dot-dot/~longshore-dot-dot/etc/passwd"),
            ("./a", "~longshore-dot/a"),
            ("~longshore-empty", "~longshore-plain-~longshore-empty"),
        ] {
            assert_eq!(path(key.as_bytes(), &[]), told.as_bytes(), "{key}");
        }
        assert_eq!(path(b"a/b/c", &[b"a", b"a/b"]), b"~longshore-folder-a/~longshore-folder-b/c");
        let long = path(&[b'x'; 1000], &[]);
        assert!(long.split(|byte| *byte == b'/').all(|name| name.len() <= NAME_MAX));
        assert_eq!(key_of(&long), [b'x'; 1000]);
        let wide = path("\u{1F52C}".repeat(200).as_bytes(), &[]);
        assert!(wide.split(|byte| *byte == b'/').all(|name| std::str::from_utf8(name).is_ok()));
    }

    proptest! {
        #[test]
        fn every_path_is_one_and_leads_back(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(String::new()), Just(".".into()), Just("..".into()), "[a-c]", "~longshore-(empty|plain-|long-|last-|folder-a)[a-z]{0,3}",
                    "[xé]{240,300}",
                ],
                1..6,
            ),
            beside in prop::collection::vec(any::<bool>(), 6),
        ) {
            let key = parts.join("/").into_bytes();
            let mut beside = beside.into_iter();
            let path = path_of(&key, false, |_| Ok::<_, Infallible>(beside.next().unwrap_or(false))).unwrap();
            for name in path.split(|byte| *byte == b'/') {
                prop_assert!(!matches!(name, b"" | b"." | b"..") && name.len() <= NAME_MAX);
            }
            prop_assert_eq!(key_of(&path), key);
        }

        #[test]
        fn two_keys_have_two_paths(a in "([a./~]|~longshore-dot){1,8}", b in "([a./~]|~longshore-dot){1,8}") {
            prop_assert_eq!(a == b, path(a.as_bytes(), &[]) == path(b.as_bytes(), &[]));
        }
    }
}
