//! What every storage must do, gated by what it says it can. Each case works in a folder of its own.
//!
//! A case panics where the storage does not do as it must.

use longshore_transfer::storage::{Algorithm, Finish, Kind, Meta, ReadOptions, Result, Storage, join};

/// Runs every case on an empty storage.
pub fn run(storage: &dyn Storage) {
    let can = storage.capabilities();
    writing(storage);
    replacing(storage);
    reading(storage);
    mixed_pieces(storage);
    listing(storage);
    listing_all(storage);
    deleting(storage);
    refusing(storage);
    checksums(storage);
    within(storage);
    renamed(storage);
    if can.batches {
        batches(storage);
    }
    if can.space {
        room(storage);
    }
    if can.times {
        times(storage);
    }
    if can.resume {
        resuming(storage);
    }
    if can.posix {
        names(storage);
        links(storage);
        meta(storage);
    }
    if storage.capabilities().reflink {
        sharing(storage);
    }
}

/// Runs the cases of reading on a storage that can only be read. It holds `folder/file` with these bytes, `folder/empty` with none,
/// and neither `folder/nothing` nor `nothing/file`.
pub fn run_reading(storage: &dyn Storage, content: &[u8]) {
    let path = b"folder/file";
    let found = ok(storage.stat(path), "stat");
    assert_eq!((found.kind, found.size), (Kind::File, content.len() as u64));
    assert!(whole(storage, path) == content);
    assert_eq!(whole(storage, b"folder/empty"), b"");
    assert_eq!(ok(storage.stat(b"folder/empty"), "stat").size, 0);
    for kept in [1, 70_000, content.len() - 1, content.len()] {
        let options = ReadOptions { offset: kept as u64, ..ReadOptions::default() };
        assert!(get(storage, path, options) == content[kept..], "from {kept} on");
    }
    let reader = ok(storage.read(path, ReadOptions::default()), "read");
    assert_eq!(ok(reader.meta(), "meta of an open file"), found);
    assert!(!reader.reads_medium(), "what comes over a network does not come from a medium here");
    for missing in [&b"folder/nothing"[..], b"nothing/file"] {
        assert_eq!(code(storage.stat(missing)), "file.missing");
        assert_eq!(code(storage.read(missing, ReadOptions::default())), "file.missing");
    }
    assert_eq!(ok(storage.stat(b"folder"), "stat").kind, Kind::Folder);
    assert_eq!(ok(storage.stat(b""), "stat the root").kind, Kind::Folder);
    assert_eq!(code(storage.read(b"folder", ReadOptions::default())), "file.is_folder");
    for path in [&b"../up"[..], b"folder/../folder/file", b"/absolute", b"a//b", b"a/", b"./a", b"..", b"a\0b"] {
        assert_eq!(code(storage.stat(path)), "path.refused", "{path:?}");
        assert_eq!(code(storage.read(path, ReadOptions::default())), "path.refused", "{path:?}");
    }
}

const DURABLE: Finish = Finish { mode: None, mtime: None, replace: false, durable: true };
const REPLACE: Finish = Finish { replace: true, ..DURABLE };

/// Bytes in which every place differs from its neighbours.
#[allow(clippy::cast_possible_truncation)] // meant
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at / 4096) as u8).collect()
}

fn ok<T>(result: Result<T>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error} ({})", error.code))
}

fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("none", |error| error.code)
}

fn put(storage: &dyn Storage, path: &[u8], content: &[u8]) {
    let mut writer = ok(storage.write(path, None), "write");
    ok(writer.write(content), "append");
    ok(writer.commit(&REPLACE), "commit");
}

fn get(storage: &dyn Storage, path: &[u8], options: ReadOptions) -> Vec<u8> {
    let mut reader = ok(storage.read(path, options), "read");
    let (mut content, mut buffer) = (Vec::new(), vec![0; 70_001]);
    loop {
        let count = ok(reader.read(&mut buffer), "read on");
        content.extend_from_slice(&buffer[..count]);
        if count < buffer.len() {
            return content;
        }
    }
}

fn whole(storage: &dyn Storage, path: &[u8]) -> Vec<u8> {
    get(storage, path, ReadOptions::default())
}

fn names_in(storage: &dyn Storage, folder: &[u8]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let listed = storage.list(folder, &mut |line| {
        names.push(line.name);
        Ok(())
    });
    ok(listed, "list");
    names.sort();
    names
}

fn writing(storage: &dyn Storage) {
    let path = b"writing/deep/er/file";
    let mut writer = ok(storage.write(path, None), "write into folders that are not there");
    ok(writer.write(b"hello "), "append");
    ok(writer.write(b"world"), "append");
    assert_eq!(writer.written(), 11);
    assert_eq!(code(storage.stat(path)), "file.missing", "it has no final name yet");
    if storage.capabilities().resume && writer.granule() == 1 {
        assert_eq!(ok(storage.partial(path), "partial"), Some(11));
        ok(writer.sync(), "sync");
    }
    ok(writer.commit(&DURABLE), "commit");
    assert_eq!(whole(storage, path), b"hello world");
    assert_eq!(ok(storage.stat(path), "stat").size, 11);
    assert_eq!(ok(storage.partial(path), "partial"), None);
    assert_eq!(names_in(storage, b"writing/deep/er"), [b"file"], "nothing temporary is left");
    let aborted = ok(storage.write(b"writing/aborted", None), "write");
    ok(aborted.abort(), "abort");
    assert_eq!(ok(storage.partial(b"writing/aborted"), "partial"), None);
    put(storage, b"writing/empty", b"");
    assert_eq!(whole(storage, b"writing/empty"), b"");
}

fn replacing(storage: &dyn Storage) {
    put(storage, b"replacing/file", b"first");
    let mut writer = ok(storage.write(b"replacing/file", None), "write");
    ok(writer.write(b"second"), "append");
    assert_eq!(code(writer.commit(&DURABLE)), "file.exists");
    assert_eq!(whole(storage, b"replacing/file"), b"first");
    ok(storage.discard(b"replacing/file"), "discard");
    put(storage, b"replacing/file", b"third");
    assert_eq!(whole(storage, b"replacing/file"), b"third");
}

fn batches(storage: &dyn Storage) {
    let path = b"batches/file";
    let mut writer = ok(storage.write(path, None), "write");
    ok(writer.write(b"settled"), "append");
    ok(writer.settle(&DURABLE), "settle");
    assert_eq!(code(storage.stat(path)), "file.missing");
    let part = ReadOptions { part: true, medium: true, ..ReadOptions::default() };
    ok(storage.sync_all(), "sync everything");
    assert_eq!(get(storage, path, part), b"settled", "the temporary file can be read back");
    ok(storage.publish(path, false), "publish");
    assert_eq!(whole(storage, path), b"settled");
    let writer = ok(storage.write(path, None), "write");
    ok(writer.settle(&DURABLE), "settle");
    assert_eq!(code(storage.publish(path, false)), "file.exists");
    ok(storage.publish(path, true), "publish over it");
    assert_eq!(whole(storage, path), b"");
    ok(storage.discard(b"batches/never there"), "discard nothing");
}

fn reading(storage: &dyn Storage) {
    let content = pattern(3_000_001);
    put(storage, b"reading/file", &content);
    for medium in [false, true] {
        for offset in [0, 1, 511, 512, 4095, 4096, 4097, 1 << 20, 3_000_000, 3_000_001, 5_000_000] {
            let found = get(storage, b"reading/file", ReadOptions { offset, medium, part: false, until: None });
            let expected = content.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            assert!(found == expected, "from {offset}, medium {medium}: {} bytes", found.len());
        }
    }
    let reader = ok(storage.read(b"reading/file", ReadOptions::default()), "read");
    assert_eq!(ok(reader.meta(), "meta"), ok(storage.stat(b"reading/file"), "stat"));
    assert_eq!(code(storage.read(b"reading/nothing", ReadOptions::default())), "file.missing");
}

/// Pieces of all sizes and alignments arrive in order.
fn mixed_pieces(storage: &dyn Storage) {
    let content = pattern(4 << 20);
    let mut writer = ok(storage.write(b"pieces", None), "write");
    let mut rest = content.as_slice();
    for length in [1 << 20, 4096, 1 << 19, 100, 4000, 1 << 20, 3, 1 << 18].into_iter().cycle() {
        let (piece, behind) = rest.split_at(rest.len().min(length));
        ok(writer.write(piece), "append");
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    ok(writer.commit(&DURABLE), "commit");
    assert!(whole(storage, b"pieces") == content);
}

fn resuming(storage: &dyn Storage) {
    let path = b"resuming/file";
    let writer = ok(storage.write(path, None), "write");
    let granule = writer.granule();
    ok(writer.abort(), "abort");
    let (synced, keeps) = match granule {
        1 => (2_000_000, vec![0, 1, 4096, 1 << 20, 2_000_000]),
        part => (2 * part, vec![part, 2 * part]),
    };
    let synced = usize::try_from(synced).unwrap_or(usize::MAX);
    let content = pattern(synced + 500_000);
    for keep in keeps {
        let mut writer = ok(storage.write(path, None), "write");
        ok(writer.write(&content[..synced]), "append");
        ok(writer.sync(), "sync");
        let seal = writer.seal(synced as u64);
        assert_eq!(ok(writer.synced(), "how much is synced"), synced as u64);
        drop(writer);
        assert!(ok(storage.partial(path), "partial").is_some_and(|bytes| bytes >= keep), "what was synced is there");
        let mut writer = ok(storage.write(path, Some(keep)), "resume");
        assert_eq!(writer.written(), keep);
        writer.trust("another seal");
        if let Some(seal) = &seal {
            // It is one on all that was synced, and says nothing of less.
            writer.trust(seal);
        }
        ok(writer.write(&content[usize::try_from(keep).unwrap_or(0)..]), "append");
        let receipt = ok(writer.commit(&REPLACE), "commit");
        assert_eq!(receipt.confirmed, seal.is_some() && keep == synced as u64, "resumed at {keep}");
        assert!(whole(storage, path) == content, "resumed at {keep}");
    }
    assert_eq!(code(storage.write(b"resuming/nothing", Some(granule))), "file.missing");
    if granule == 1 {
        assert_eq!(code(storage.write(b"resuming/nothing", Some(0))), "file.missing");
        drop(ok(storage.write(path, None), "write"));
        assert_eq!(code(storage.write(path, Some(1))), "file.cut_short");
    }
    ok(storage.discard(path), "discard");
}

fn listing(storage: &dyn Storage) {
    let mut expected: Vec<Vec<u8>> = (0..300).map(|at| format!("n{at:03}").into_bytes()).collect();
    for name in &expected {
        put(storage, &join(b"listing", name), name);
    }
    ok(storage.make_folder(b"listing/folder"), "make a folder");
    ok(storage.make_folder(b"listing/folder"), "make it again");
    put(storage, b"listing/folder/below", b"x");
    expected.insert(0, b"folder".to_vec());
    assert_eq!(names_in(storage, b"listing"), expected);
    assert_eq!(ok(storage.stat(b"listing/folder"), "stat").kind, Kind::Folder);
    assert_eq!(ok(storage.stat(b""), "stat the root").kind, Kind::Folder);
    assert_eq!(code(storage.list(b"listing/nothing", &mut |_| Ok(()))), "file.missing");
    let stopped = storage.list(b"listing", &mut |_| storage.stat(b"nothing").map(drop));
    assert_eq!(code(stopped), "file.missing", "a failure of the caller ends the listing");
}

/// All levels at once, in an order that stays the same, from any place on; and a prefix is a folder, not the beginning of a name.
fn listing_all(storage: &dyn Storage) {
    let all: [&[u8]; 5] = [b"all/a", b"all/b-", b"all/b/c", b"all/b/d/e", b"all/f"];
    all.iter().chain(&[&b"all-other/x"[..]]).for_each(|path| put(storage, path, path));
    let from = |after: Option<&[u8]>| {
        let mut names = Vec::new();
        let listed = storage.list_all(b"all", after, &mut |line| {
            assert_eq!((line.meta.kind, line.meta.size), (Kind::File, line.name.len() as u64));
            names.push(line.name);
            Ok(())
        });
        ok(listed, "list all").then_some(names)
    };
    let Some(found) = from(None) else { return };
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(sorted, all);
    for (at, name) in found.iter().enumerate() {
        assert_eq!(from(Some(name)).as_deref(), Some(&found[at + 1..]), "behind {}", String::from_utf8_lossy(name));
    }
}

fn checksums(storage: &dyn Storage) {
    put(storage, b"checksums/file", b"abc");
    let known = [
        (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ];
    for (algorithm, expected) in known {
        if let Some(found) = ok(storage.checksum(b"checksums/file", algorithm), "checksum") {
            let found = longshore_transfer::hash::hex(&found);
            assert_eq!(found, expected, "{algorithm:?}");
        }
    }
}

fn renamed(storage: &dyn Storage) {
    let content = pattern(1000);
    put(storage, b"moved/from/deep/file", &content);
    if !ok(storage.rename(b"moved/from", b"moved/to/there"), "move a folder") {
        assert!(whole(storage, b"moved/from/deep/file") == content, "nothing was moved");
        return;
    }
    assert!(whole(storage, b"moved/to/there/deep/file") == content);
    assert_eq!(code(storage.stat(b"moved/from")), "file.missing");
    put(storage, b"moved/from/other", b"other");
    assert_eq!(code(storage.rename(b"moved/from", b"moved/to/there")), "file.exists");
    assert!(whole(storage, b"moved/to/there/deep/file") == content, "what was there is as it was");
    assert_eq!(code(storage.rename(b"moved/nothing", b"moved/other")), "file.missing");
    assert!(ok(storage.rename(b"moved/from/other", b"moved/deep/other"), "move a file"));
    assert_eq!(whole(storage, b"moved/deep/other"), b"other");
    assert_eq!(code(storage.stat(b"moved/from/other")), "file.missing");
    put(storage, b"moved/second", b"second");
    assert_eq!(code(storage.rename(b"moved/second", b"moved/deep/other")), "file.exists");
    assert_eq!(whole(storage, b"moved/deep/other"), b"other", "what was there is as it was");
}

fn within(storage: &dyn Storage) {
    let content = pattern(100_000);
    put(storage, b"within/from", &content);
    if ok(storage.copy_within(b"within/from", b"within/deep/to", &DURABLE), "copy within") {
        assert!(whole(storage, b"within/deep/to") == content);
        assert_eq!(code(storage.copy_within(b"within/from", b"within/deep/to", &DURABLE)), "file.exists");
        put(storage, b"within/from", b"shorter");
        assert!(ok(storage.copy_within(b"within/from", b"within/deep/to", &REPLACE), "copy over it"));
        assert_eq!(whole(storage, b"within/deep/to"), b"shorter");
        assert_eq!(names_in(storage, b"within/deep"), [b"to"], "nothing temporary is left");
        assert_eq!(code(storage.copy_within(b"within/nothing", b"within/other", &DURABLE)), "file.missing");
        assert_eq!(code(storage.stat(b"within/other")), "file.missing");
        if storage.capabilities().times {
            let timed = Finish { mtime: Some((1_700_000_002, 0)), ..REPLACE };
            assert!(ok(storage.copy_within(b"within/from", b"within/timed", &timed), "copy with a time"));
            assert_eq!(ok(storage.stat(b"within/timed"), "stat").mtime.0, 1_700_000_002);
        }
    }
}

fn times(storage: &dyn Storage) {
    let mut writer = ok(storage.write(b"times/file", None), "write");
    ok(writer.write(b"x"), "append");
    ok(writer.commit(&Finish { mtime: Some((1_700_000_001, 0)), ..DURABLE }), "commit");
    assert_eq!(ok(storage.stat(b"times/file"), "stat").mtime.0, 1_700_000_001);
}

fn deleting(storage: &dyn Storage) {
    put(storage, b"deleting/file", b"x");
    assert!(!ok(storage.delete_folder(b"deleting"), "delete a folder that is not empty"));
    ok(storage.delete(b"deleting/file"), "delete");
    ok(storage.delete(b"deleting/file"), "delete again");
    ok(storage.delete(b"deleting/no/such/folder"), "delete in no folder");
    assert_eq!(code(storage.stat(b"deleting/file")), "file.missing");
    deleting_many(storage);
    if !storage.capabilities().folders {
        return;
    }
    assert_eq!(code(storage.delete(b"deleting")), "file.is_folder");
    assert!(ok(storage.delete_folder(b"deleting"), "delete a folder"));
    assert!(ok(storage.delete_folder(b"deleting"), "delete it again"));
}

/// Each has an outcome, in their order; one that is refused keeps no other.
fn deleting_many(storage: &dyn Storage) {
    let paths: Vec<Vec<u8>> = (0..20).map(|at| format!("deleting/many{at:02}").into_bytes()).collect();
    let kept = b"deleting/many".to_vec();
    paths.iter().step_by(2).chain([&kept]).for_each(|path| put(storage, path, b"x"));
    assert_eq!(storage.delete_many(&paths), vec![Ok(()); 20], "half of them are there");
    assert_eq!(names_in(storage, b"deleting"), [b"many"]);
    let refused = [paths[0].clone(), b"a\0b".to_vec(), kept];
    let outcomes: Vec<bool> = storage.delete_many(&refused).iter().map(Result::is_ok).collect();
    assert_eq!(outcomes, [true, false, true]);
    assert!(storage.delete_many(&[]).is_empty());
}

fn refusing(storage: &dyn Storage) {
    // A key of an object storage may be nearly anything; a path of a folder may not.
    let never = [&b"a\0b"[..]];
    let never_a_path = [&b"../up"[..], b"a/../../up", b"/absolute", b"a//b", b"a/", b"./a", b".."];
    let refused = never.iter().chain(never_a_path.iter().filter(|_| storage.capabilities().folders));
    for path in refused {
        assert_eq!(code(storage.stat(path)), "path.refused", "{path:?}");
        assert_eq!(code(storage.write(path, None)), "path.refused", "{path:?}");
        assert_eq!(code(storage.read(path, ReadOptions::default())), "path.refused", "{path:?}");
    }
    assert_eq!(code(storage.write(b"refusing/.x.longshore-part", None)), "path.reserved");
}

fn room(storage: &dyn Storage) {
    let space = ok(storage.space(), "space");
    assert!(space.free <= space.total && space.total > 0 && !space.pool.is_empty() && !space.read_only);
}

fn names(storage: &dyn Storage) {
    let long = vec![b'n'; 255];
    let odd: [&[u8]; 7] =
        [b"new\nline", b"\xff\xfe", "\u{202E}gpj".as_bytes(), b" ", b"-rf", b"back\\slash", long.as_slice()];
    for name in odd {
        put(storage, &join(b"names", name), name);
        assert_eq!(whole(storage, &join(b"names", name)), name);
    }
    let mut expected: Vec<Vec<u8>> = odd.iter().map(|name| name.to_vec()).collect();
    expected.sort();
    assert_eq!(names_in(storage, b"names"), expected);
    // Two long names that differ at their end only must not share a temporary file.
    let other = [&long[1..], b"m"].concat();
    let first = ok(storage.write(&join(b"names", &long), None), "write");
    let second = ok(storage.write(&join(b"names", &other), None), "write");
    ok(first.commit(&REPLACE), "commit");
    ok(second.commit(&REPLACE), "commit");
    let deep: Vec<u8> = std::iter::repeat_n(b"0123456789abcde".as_slice(), 256).collect::<Vec<_>>().join(&b'/');
    let deep = [b"x", deep.as_slice()].concat();
    assert_eq!(deep.len(), 4096);
    put(storage, &deep, b"deep");
    assert_eq!(whole(storage, &deep), b"deep");
    ok(storage.set_meta(&deep, Some(0o600), Some((1, 2))), "set meta");
    assert_eq!(ok(storage.stat(&deep), "stat").mtime, (1, 2));
    ok(storage.delete(&deep), "delete");
}

fn links(storage: &dyn Storage) {
    ok(storage.make_link(b"links/link", b"../../anywhere\xff"), "make a link");
    ok(storage.make_link(b"links/link", b"../../anywhere\xff"), "make it again");
    assert_eq!(code(storage.make_link(b"links/link", b"elsewhere")), "file.exists");
    let found = ok(storage.stat(b"links/link"), "stat");
    assert_eq!((found.kind, found.link.as_slice()), (Kind::Link, &b"../../anywhere\xff"[..]));
    ok(storage.set_meta(b"links/link", Some(0o600), Some((77, 88))), "set a link's own time");
    assert_eq!(ok(storage.stat(b"links/link"), "stat").mtime, (77, 88));
    put(storage, b"links/folder/file", b"x");
    ok(storage.make_link(b"links/way", b"folder"), "make a link to a folder");
    ok(storage.make_link(b"links/to", b"folder/file"), "make a link to a file");
    for path in [&b"links/way/file"[..], b"links/to"] {
        assert!(storage.read(path, ReadOptions::default()).is_err(), "a link is not followed to read");
    }
    assert!(storage.write(b"links/way/new", None).is_err(), "a link is not followed to write");
    assert!(storage.list(b"links/way", &mut |_| Ok(())).is_err(), "a link is not followed to list");
    ok(storage.delete(b"links/to"), "delete a link");
    assert_eq!(whole(storage, b"links/folder/file"), b"x", "what it led to is still there");
}

fn meta(storage: &dyn Storage) {
    let mut writer = ok(storage.write(b"meta/file", None), "write");
    ok(writer.write(b"x"), "append");
    ok(writer.commit(&Finish { mode: Some(0o4750), mtime: Some((-5, 999_999_999)), ..DURABLE }), "commit");
    let Meta { mode, mtime, names, .. } = ok(storage.stat(b"meta/file"), "stat");
    assert_eq!((mode, mtime, names), (Some(0o4750), (-5, 999_999_999), 1));
    ok(storage.make_folder(b"meta/folder"), "make a folder");
    for path in [&b"meta/file"[..], b"meta/folder"] {
        ok(storage.set_meta(path, Some(0o500), Some((1 << 33, 1))), "set meta");
        let found = ok(storage.stat(path), "stat");
        assert_eq!((found.mode, found.mtime), (Some(0o500), (1 << 33, 1)));
        ok(storage.set_meta(path, Some(0o700), None), "set the mode only");
    }
    assert_eq!(code(storage.set_meta(b"meta/nothing", Some(0o600), None)), "file.missing");
}

fn sharing(storage: &dyn Storage) {
    let content = pattern(1_000_000);
    put(storage, b"sharing/from", &content);
    let finish = Finish { mode: Some(0o600), mtime: Some((5, 6)), ..DURABLE };
    assert!(ok(storage.reflink_from(storage, b"sharing/from", b"sharing/to", &finish), "share blocks"));
    assert!(whole(storage, b"sharing/to") == content);
    assert_eq!(ok(storage.stat(b"sharing/to"), "stat").mtime, (5, 6));
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::Memory;

    #[test]
    fn memory_does_as_it_must() {
        run(&Memory::new());
    }
}
