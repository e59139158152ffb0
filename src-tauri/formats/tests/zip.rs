//! Zips that are written are read again, by this and by others; hostile ones are refused with the entry named.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read as _, Write as _};
use std::process::Command;

use longshore_formats::archive::{Error, Limits, Twins};
use longshore_formats::zip::{self, Head, Index, Method, Writer};

/// A zip of these files, all packed in one way.
fn packed(files: &[(&str, &[u8])], method: Method) -> Vec<u8> {
    let mut zip = Writer::new(Vec::new());
    for (path, bytes) in files {
        if let Some(folder) = path.strip_suffix('/') {
            zip.folder(folder.as_bytes(), 0).unwrap();
            continue;
        }
        let head =
            Head { path: path.as_bytes(), size: bytes.len() as u64, method, mtime: 1_700_000_000, executable: false };
        let mut entry = zip.file(head).unwrap();
        entry.write_all(bytes).unwrap();
        entry.finish().unwrap();
    }
    zip.finish().unwrap()
}

fn index(zip: &[u8]) -> Result<Index, Error> {
    limited(zip, Limits::default())
}

fn limited(zip: &[u8], limits: Limits) -> Result<Index, Error> {
    Index::read(&mut Cursor::new(zip), zip.len() as u64, limits, Twins::Refuse)
}

/// All that is in it, by name.
fn unpacked(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let index = index(zip)?;
    let mut files = Vec::new();
    for entry in &index.entries {
        let name = String::from_utf8(entry.path.clone()).unwrap();
        let at = usize::try_from(entry.offset).unwrap();
        let mut bytes = Vec::new();
        let read = zip::open(&zip[at..], entry)?.read_to_end(&mut bytes);
        read.map_err(|error| longshore_formats::archive::told(error, &entry.path))?;
        files.push((name, bytes));
    }
    Ok(files)
}

/// Code and entry of a refusal.
fn refused<T>(result: Result<T, Error>) -> (&'static str, String) {
    match result.err().expect("it is refused") {
        Error::Refused { code, entry, .. } => (code, String::from_utf8_lossy(&entry).into_owned()),
        Error::Io(error) => panic!("{error}"),
    }
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let next = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_le_bytes()[5]
    };
    (0..length).map(|_| next(&mut state)).collect()
}

/// Where the list of entries begins that has this many bytes in all.
fn find(zip: &[u8], signature: u32, nth: usize) -> usize {
    let places = zip.windows(4).enumerate().filter(|(_, four)| *four == signature.to_le_bytes());
    places.map(|(at, _)| at).nth(nth).unwrap()
}

const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;

#[test]
fn what_is_written_is_read_again() {
    let (text, noise) = (b"the same again and again ".repeat(5000), noise(300_000));
    for method in [Method::Stored, Method::Deflated] {
        let zip = packed(&[("top/", b""), ("top/text", &text), ("top/ünï", &noise), ("empty", b"")], method);
        let read = unpacked(&zip).unwrap();
        assert_eq!(
            read.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["top", "top/text", "top/ünï", "empty"]
        );
        assert!(read[1].1 == text && read[2].1 == noise && read[3].1.is_empty());
    }
}

#[test]
fn python_reads_what_is_written_and_the_other_way_round() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.zip"), folder.path().join("theirs.zip"));
    let text = b"some text ".repeat(1000);
    std::fs::write(&ours, packed(&[("a/", b""), ("a/b.txt", &text), ("a/ç", b"c")], Method::Deflated)).unwrap();
    let script = "import sys, zipfile, io
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
assert z.namelist() == ['a/', 'a/b.txt', 'a/ç'], z.namelist(); assert z.read('a/b.txt') == b'some text ' * 1000
t = zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED); t.writestr('x/ü', b'y' * 5000); t.close()
class Stream(io.RawIOBase):
    def __init__(self, f): self.f = f
    def writable(self): return True
    def write(self, b): return self.f.write(b)
t = zipfile.ZipFile(sys.argv[2], 'a'); t.writestr('stored', b's'); t.close()
f = open(sys.argv[2] + '.64', 'wb'); t = zipfile.ZipFile(Stream(f), 'w')
with t.open('streamed', 'w', force_zip64=True) as e: e.write(b'z' * 7000)
t.close(); f.close()";
    let status = Command::new("python3").args(["-c", script]).args([&ours, &theirs]).status().unwrap();
    assert!(status.success());
    let read = unpacked(&std::fs::read(&theirs).unwrap()).unwrap();
    assert_eq!(read, [("x/ü".to_owned(), vec![b'y'; 5000]), ("stored".to_owned(), b"s".to_vec())]);
    let streamed = unpacked(&std::fs::read(folder.path().join("theirs.zip.64")).unwrap()).unwrap();
    assert_eq!(streamed, [("streamed".to_owned(), vec![b'z'; 7000])], "sizes follow the bytes, in zip64");
}

#[test]
fn more_entries_than_sixteen_bits_count() {
    let names: Vec<String> = (0..70_000).map(|number| format!("{number}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let zip = packed(&files, Method::Stored);
    assert_eq!(index(&zip).unwrap().entries.len(), 70_000);
    assert_eq!(refused(limited(&zip, Limits { entries: 69_999, ..Limits::default() })).0, "archive.limit");
}

#[test]
fn a_zip_cut_anywhere_is_refused() {
    let zip = packed(&[("a", &noise(1000)), ("b", b"text")], Method::Deflated);
    for length in 0..zip.len() {
        assert_eq!(refused(index(&zip[..length])).0, "archive.damaged", "cut at {length}");
    }
}

#[test]
fn a_flipped_bit_is_never_passed_over() {
    let zip = packed(&[("a", &noise(500)), ("bb", &b"text ".repeat(50))], Method::Deflated);
    let right = unpacked(&zip).unwrap();
    let mut passed = 0;
    for at in 0..zip.len() * 8 {
        let mut damaged = zip.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        if let Ok(read) = unpacked(&damaged) {
            // A changed name is a name; times and attributes are not looked at here. Bytes are always right.
            let (read, right): (Vec<_>, Vec<_>) =
                (read.iter().map(|r| &r.1).collect(), right.iter().map(|r| &r.1).collect());
            assert_eq!(read, right, "bit {at}");
            passed += 1;
        }
    }
    assert!(passed < zip.len(), "{passed} of {} bits say nothing", zip.len() * 8);
}

#[test]
fn hostile_names_are_refused_by_name() {
    for (name, code) in [
        ("/etc/passwd", "archive.path"),
        ("a/../../b", "archive.path"),
        ("a\\..\\b", "archive.path"),
        ("C:evil", "archive.path"),
    ] {
        let zip = packed(&[("fine", b"x"), (name, b"x")], Method::Stored);
        assert_eq!(refused(index(&zip)), (code, name.to_owned()));
    }
    let twice = packed(&[("a/b", b"x"), ("a/b", b"y")], Method::Stored);
    assert_eq!(refused(index(&twice)), ("archive.twice", "a/b".to_owned()));
    let twins = packed(&[("a/b", b"x"), ("a/B", b"y")], Method::Stored);
    assert_eq!(refused(index(&twins)), ("archive.twins", "a/B".to_owned()));
    let taken = Index::read(&mut Cursor::new(&twins), twins.len() as u64, Limits::default(), Twins::Take);
    assert_eq!(taken.unwrap().entries.len(), 2);
}

#[test]
fn encrypted_entries_links_and_devices_are_refused() {
    let zip = packed(&[("fine", b"x"), ("odd", b"x")], Method::Stored);
    let second = find(&zip, CENTRAL, 1);
    let changed = |at: usize, bytes: &[u8]| {
        let mut zip = zip.clone();
        zip[second + at..second + at + bytes.len()].copy_from_slice(bytes);
        refused(index(&zip))
    };
    let odd = |code| (code, "odd".to_owned());
    assert_eq!(changed(8, &0x0809_u16.to_le_bytes()), odd("archive.encrypted"));
    assert_eq!(changed(10, &99_u16.to_le_bytes()), odd("archive.unsupported"));
    assert_eq!(changed(40, &0o120_777_u16.to_le_bytes()), odd("archive.link"));
    assert_eq!(changed(40, &0o020_666_u16.to_le_bytes()), odd("archive.special"));
    assert_eq!(changed(42, &0_u32.to_le_bytes()).0, "archive.overlap", "it lies upon the first");
}

#[test]
fn what_the_entry_says_otherwise_than_the_list_is_refused() {
    let zip = packed(&[("fine", b"x"), ("odd", b"x")], Method::Stored);
    let second = find(&zip, LOCAL, 1);
    for (at, bytes) in
        [(30, &b"bad"[..]), (8, &8_u16.to_le_bytes()), (6, &1_u16.to_le_bytes()), (26, &4_u16.to_le_bytes())]
    {
        let mut zip = zip.clone();
        zip[second + at..second + at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(refused(unpacked(&zip)), ("archive.damaged", "odd".to_owned()), "at {at}");
    }
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let zeros = vec![0; 70 << 20];
    let zip = packed(&[("zeros", &zeros)], Method::Deflated);
    assert!(zip.len() < 100_000);
    assert_eq!(refused(index(&zip)), ("archive.limit", "zeros".to_owned()), "a thousand times its size");
    assert!(limited(&zip, Limits { ratio: 2000, ..Limits::default() }).is_ok());
    assert_eq!(refused(limited(&zip, Limits { ratio: 2000, bytes: 1 << 20, ..Limits::default() })).0, "archive.limit");
    // One that says it is small, and is not.
    let mut lies = packed(&[("zeros", &zeros[..1 << 20])], Method::Deflated);
    let at = find(&lies, CENTRAL, 0) + 24;
    lies[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    assert_eq!(refused(unpacked(&lies)), ("archive.damaged", "zeros".to_owned()));
}
