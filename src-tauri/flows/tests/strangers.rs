//! Archives that strangers made: whatever is refused is refused with the entry named, unpacked or judged where it lies, and nothing is left.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;
use std::process::Command;

use common::{Workshop, put, tree};
use longshore_formats::bagit::{Algorithm, Digester, manifest_line};
use longshore_formats::tar;
use longshore_formats::zip::{Head, Method, Writer};
use serde_json::{Value, json};

/// What is in an archive: a path, what it is, and its bytes or where it leads.
#[derive(Clone, Copy)]
struct Part<'p> {
    path: &'p str,
    flag: u8,
    holds: &'p [u8],
}

fn file<'p>(path: &'p str, holds: &'p [u8]) -> Part<'p> {
    Part { path, flag: b'0', holds }
}

const DECLARATION: &[u8] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// A manifest of these payload files, whose paths are of the archive.
fn manifest(parts: &[Part<'_>]) -> Vec<u8> {
    let line = |part: &Part<'_>| {
        let mut digester = Digester::new([Algorithm::Sha256]);
        digester.update(part.holds);
        manifest_line(&digester.finish()[0].1, part.path.strip_prefix("W/").unwrap().as_bytes())
    };
    parts.iter().flat_map(line).collect()
}

/// A tar with a bag of these payload files, and more behind it.
fn tarred(payload: &[Part<'_>], more: &[Part<'_>]) -> Vec<u8> {
    let listed = manifest(payload);
    let tags = [file("W/bagit.txt", DECLARATION), file("W/manifest-sha256.txt", &listed)];
    let mut bytes = Vec::new();
    for Part { path, flag, holds } in payload.iter().chain(&tags).chain(more) {
        let (size, link) = if matches!(flag, b'1' | b'2') { (0, *holds) } else { (holds.len() as u64, &b""[..]) };
        let entry = tar::Entry { path: path.as_bytes(), kind: tar::Kind::File { size }, mode: 0o644, mtime: (0, 0) };
        let mut header = tar::header(&entry);
        let at = header.len() - tar::BLOCK;
        let block = &mut header[at..];
        block[156] = *flag;
        block[157..157 + link.len()].copy_from_slice(link);
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend(header);
        if size > 0 {
            bytes.extend_from_slice(holds);
        }
        bytes.resize(usize::try_from(tar::padded(bytes.len() as u64)).unwrap(), 0);
    }
    bytes.extend(tar::TRAILER);
    bytes
}

/// The same as a zip.
fn zipped(payload: &[Part<'_>], more: &[Part<'_>]) -> Vec<u8> {
    let listed = manifest(payload);
    let tags = [file("W/bagit.txt", DECLARATION), file("W/manifest-sha256.txt", &listed)];
    let mut zip = Writer::new(Vec::new());
    for Part { path, holds, .. } in payload.iter().chain(&tags).chain(more) {
        let (path, size) = (path.as_bytes(), holds.len() as u64);
        let head = Head { path, size, method: Method::Deflated, mtime: 0, executable: false };
        let mut entry = zip.file(head).unwrap();
        entry.write_all(holds).unwrap();
        entry.finish().unwrap();
    }
    zip.finish().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut out = zstd::Encoder::new(Vec::new(), 1).unwrap();
    out.include_checksum(true).unwrap();
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;

/// The compressions of a tar.
const COMPRESSIONS: [(&str, Pack); 4] =
    [("a.tar", <[u8]>::to_vec), ("a.tar.gz", gz), ("a.tar.zst", zst), ("a.tar.xz", xz)];

/// What comes of unpacking an archive, and of judging it where it lies.
struct Both {
    unpacked: Result<Value, longshore_engine::Fault>,
    judged: Result<Value, longshore_engine::Fault>,
}

fn both(name: &str, archive: &[u8], more: &Value) -> Both {
    let shop = Workshop::in_memory();
    let (arrived, storage) = shop.folder("arrived");
    put(storage.as_ref(), name.as_bytes(), archive, 0o644, (0, 0));
    let (into, works) = shop.folder("works");
    let path = format!("{}/{name}", arrived.to_text());
    let with = |own: Value| {
        let mut with = own.as_object().unwrap().clone();
        with.extend(more.as_object().unwrap().clone());
        Value::Object(with)
    };
    let unpacked = shop.attempt("debag", &with(json!({"file": path, "into": into.to_text()})));
    if unpacked.is_err() {
        assert!(tree(works.as_ref(), b"").is_empty(), "{name}: something is left");
    }
    let judged = shop.attempt("bag.validate", &with(json!({"bag": path})));
    let scratch = shop.places.faulty("scratch").unwrap();
    let left = tree(scratch.as_ref(), b"");
    assert!(left.keys().all(|path| path.to_text() == "bags"), "{name}: {left:?} is left in scratch");
    Both { unpacked, judged }
}

/// Code and entry with which both refuse an archive.
#[track_caller]
fn refused(name: &str, archive: &[u8], more: &Value) -> (String, String) {
    let Both { unpacked, judged } = both(name, archive, more);
    let said = |done: Result<Value, longshore_engine::Fault>| {
        let fault = done.expect_err(name);
        assert!(fault.code.starts_with("archive."), "{name}: {fault:?}");
        (fault.code.clone(), fault.file.clone().unwrap_or_default())
    };
    let (unpacked, judged) = (said(unpacked), said(judged));
    assert_eq!(unpacked, judged, "{name}: unpacked and judged");
    unpacked
}

fn nothing() -> Value {
    json!({})
}

const PAYLOAD: [Part<'static>; 2] =
    [Part { path: "W/data/a", flag: b'0', holds: b"one" }, Part { path: "W/data/b/c", flag: b'0', holds: b"two" }];

#[test]
fn a_good_archive_is_taken_and_judged_alike() {
    for (name, pack) in COMPRESSIONS {
        let Both { unpacked, judged } = both(name, &pack(&tarred(&PAYLOAD, &[])), &nothing());
        let (unpacked, judged) = (unpacked.unwrap(), judged.unwrap());
        assert_eq!((&judged["verdict"], &judged["files"], &judged["bytes"]), (&json!("valid"), &json!(2), &json!(6)));
        assert_eq!(judged["bags"], json!([{"folder": "W", "verdict": "valid"}]), "{name}");
        assert_eq!(unpacked["works"][0]["bag"]["bytes"], 6, "{name}");
    }
    let Both { unpacked, judged } = both("a.zip", &zipped(&PAYLOAD, &[]), &nothing());
    assert_eq!((&judged.unwrap()["verdict"], &unpacked.unwrap()["bag"]["files"]), (&json!("valid"), &json!(2)));
}

#[test]
fn what_is_wrong_in_a_bag_of_an_archive_is_told_by_its_path_there() {
    let wrong = [file("W/data/a", b"other"), PAYLOAD[1]];
    let listed = manifest(&PAYLOAD);
    let mut archives = vec![("a.zip", {
        let parts = [file("W/bagit.txt", DECLARATION), file("W/manifest-sha256.txt", &listed)];
        let mut zip = Writer::new(Vec::new());
        for Part { path, holds, .. } in parts.iter().chain(&wrong) {
            let (path, size) = (path.as_bytes(), holds.len() as u64);
            let mut entry = zip.file(Head { path, size, method: Method::Stored, mtime: 0, executable: false }).unwrap();
            entry.write_all(holds).unwrap();
            entry.finish().unwrap();
        }
        zip.finish().unwrap()
    })];
    // The tag files of a tar may come last.
    let right = tarred(&PAYLOAD, &[]);
    let at = right.windows(3).position(|bytes| bytes == b"one").unwrap();
    let mut bytes = right;
    bytes[at..at + 3].copy_from_slice(b"ono");
    archives.extend(COMPRESSIONS.map(|(name, pack)| (name, pack(&bytes))));
    for (name, archive) in archives {
        let Both { unpacked, judged } = both(name, &archive, &nothing());
        let (unpacked, judged) = (unpacked.unwrap_err(), judged.unwrap_err());
        assert_eq!((unpacked.code.as_str(), judged.code.as_str()), ("bag.invalid", "bag.invalid"), "{name}");
        assert_eq!((unpacked.file.as_deref(), judged.file.as_deref()), (Some("data/a"), Some("W/data/a")), "{name}");
    }
}

#[test]
fn what_is_no_file_is_refused_in_every_compression() {
    let odd = [
        (Part { path: "W/data/out", flag: b'2', holds: b"../../../etc/passwd" }, "archive.link"),
        (Part { path: "W/data/here", flag: b'2', holds: b"a" }, "archive.link"),
        (Part { path: "W/data/hard", flag: b'1', holds: b"/etc/passwd" }, "archive.link"),
        (Part { path: "W/data/same", flag: b'1', holds: b"W/data/a" }, "archive.link"),
        (Part { path: "W/data/tty", flag: b'3', holds: b"" }, "archive.special"),
        (Part { path: "W/data/disk", flag: b'4', holds: b"" }, "archive.special"),
        (Part { path: "W/data/pipe", flag: b'6', holds: b"" }, "archive.special"),
        (Part { path: "W/data/sparse", flag: b'S', holds: b"x" }, "archive.special"),
    ];
    for (part, code) in odd {
        for (name, pack) in COMPRESSIONS {
            let archive = pack(&tarred(&PAYLOAD, &[part]));
            assert_eq!(refused(name, &archive, &nothing()), (code.into(), part.path.into()), "{name}");
        }
    }
}

#[test]
fn paths_that_leave_are_refused() {
    for path in ["/etc/passwd", "../out", "W/../../out", "W/data/..", "C:evil"] {
        for (name, archive) in
            [("a.tar", tarred(&[], &[file(path, b"x")])), ("a.zip", zipped(&[], &[file(path, b"x")]))]
        {
            assert_eq!(refused(name, &archive, &nothing()), ("archive.path".into(), path.into()), "{name}");
        }
    }
    assert_eq!(refused("a.zip", &zipped(&[], &[file("W\\data\\x", b"")]), &nothing()).0, "archive.path");
}

#[test]
fn two_entries_that_are_one_are_refused() {
    let cases = [
        ("W/data/a", "archive.twice"),
        ("./W//data/a", "archive.twice"),
        ("W/data/a/x", "archive.twice"),
        ("W/data/A", "archive.twins"),
        ("W/DATA/x", "archive.twins"),
        ("W/data/u\u{308}", "archive.twins"),
    ];
    let payload = [PAYLOAD[0], file("W/data/ü", b"")];
    for (path, code) in cases {
        let more = [file(path, b"x")];
        for (name, archive) in [("a.tar", tarred(&payload, &more)), ("a.zip", zipped(&payload, &more))] {
            let (found, entry) = refused(name, &archive, &nothing());
            assert_eq!(
                (found.as_str(), entry.trim_start_matches("./").replace("//", "/")),
                (code, path.trim_start_matches("./").replace("//", "/"))
            );
        }
    }
    let twins = [PAYLOAD[0], file("W/data/A", b"other")];
    let taken = both("a.tar", &tarred(&twins, &[]), &json!({"twins": "take"}));
    assert_eq!(taken.judged.unwrap()["verdict"], "valid");
    assert_eq!(taken.unpacked.unwrap()["bag"]["files"], 2);
}

#[test]
fn what_goes_beyond_a_limit_is_refused_where_it_does() {
    let deep = format!("W/data/{}x", "d/".repeat(70));
    let long = format!("W/data/{}", "n".repeat(5000));
    let small = json!({"limits": {"entries": 4}});
    for (path, more) in [(deep.as_str(), nothing()), (&long, nothing()), ("W/data/fifth", small)] {
        let parts = [file(path, b"")];
        for (name, archive) in [("a.tar", tarred(&PAYLOAD, &parts)), ("a.zip", zipped(&PAYLOAD, &parts))] {
            let (code, entry) = refused(name, &archive, &more);
            assert_eq!(code, "archive.limit", "{name}");
            // A zip says beforehand how many entries it has.
            let named = if name == "a.zip" && path == "W/data/fifth" { "" } else { path };
            assert_eq!(entry, named, "{name}");
        }
    }
    let size = json!({"limits": {"size": 100}});
    let big = [file("W/data/big", &[1; 200])];
    assert_eq!(refused("a.tar", &tarred(&big, &[]), &size), ("archive.limit".into(), "W/data/big".into()));
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let zeros = vec![0; 65 << 20];
    let bomb = [file("W/data/zeros", &zeros)];
    let tar = tarred(&bomb, &[]);
    for (name, archive) in [("a.zip", zipped(&bomb, &[])), ("a.tar.gz", gz(&tar)), ("a.tar.zst", zst(&tar))] {
        assert_eq!(refused(name, &archive, &nothing()), ("archive.limit".into(), "W/data/zeros".into()), "{name}");
        assert!(archive.len() * 200 < zeros.len(), "{name}");
    }
}

#[test]
fn an_archive_cut_in_the_middle_or_with_a_flipped_bit_is_refused() {
    let noise = common::noise(3, 40_000);
    let payload = [file("W/data/noise", &noise), PAYLOAD[0]];
    for (name, pack) in COMPRESSIONS {
        let whole = pack(&tarred(&payload, &[]));
        let end = if name == "a.tar" { whole.len() - tar::TRAILER.len() } else { whole.len() };
        for cut in [700, whole.len() / 3, whole.len() / 2, end - 5, end - 1] {
            let code = refused(name, &whole[..cut], &nothing()).0;
            assert_eq!(code, "archive.damaged", "{name} cut at {cut} of {}", whole.len());
        }
        if name == "a.tar" {
            continue;
        }
        for at in [whole.len() / 3, whole.len() / 2, whole.len() - 6] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            let Both { unpacked, judged } = both(name, &damaged, &nothing());
            let (unpacked, judged) = (unpacked.unwrap_err(), judged.unwrap_err());
            assert!(unpacked.code == "archive.damaged" || unpacked.code == "bag.invalid", "{name} {at}: {unpacked:?}");
            assert_eq!(unpacked.code, judged.code, "{name} {at}");
        }
    }
    let whole = zipped(&payload, &[]);
    for cut in [whole.len() / 3, whole.len() - 1] {
        assert_eq!(refused("a.zip", &whole[..cut], &nothing()).0, "archive.damaged");
    }
}

/// Where the number-th record with this signature begins.
fn record(zip: &[u8], signature: u32, number: usize) -> usize {
    let places = zip.windows(4).enumerate().filter(|(_, four)| *four == signature.to_le_bytes());
    places.map(|(at, _)| at).nth(number).unwrap()
}

#[test]
fn a_zip_whose_entries_are_encrypted_or_lie_upon_one_another_is_refused() {
    const LISTED: u32 = 0x0201_4b50;
    let whole = zipped(&PAYLOAD, &[]);
    let second = record(&whole, LISTED, 1);
    let changed = |at: usize, bytes: &[u8]| {
        let mut zip = whole.clone();
        zip[second + at..second + at + bytes.len()].copy_from_slice(bytes);
        refused("a.zip", &zip, &nothing())
    };
    assert_eq!(changed(8, &0x0801_u16.to_le_bytes()), ("archive.encrypted".into(), "W/data/b/c".into()));
    assert_eq!(changed(10, &12_u16.to_le_bytes()), ("archive.unsupported".into(), "W/data/b/c".into()));
    assert_eq!(changed(40, &0o120_777_u16.to_le_bytes()), ("archive.link".into(), "W/data/b/c".into()));
    let (code, entry) = changed(42, &0_u32.to_le_bytes());
    assert_eq!(code, "archive.overlap", "it lies where the first lies");
    assert!(entry.starts_with("W/data/"), "{entry}");
}

/// As Python writes into what cannot be gone back in: sizes behind the bytes, and in zip64.
#[test]
fn a_zip64_that_was_streamed_is_taken() {
    let script = "import sys, zipfile, hashlib, io
class Stream(io.RawIOBase):
    def __init__(self, f): self.f = f
    def writable(self): return True
    def write(self, b): return self.f.write(b)
files = {'W/data/a': b'one' * 100, 'W/data/ü': b'', 'W/bagit.txt': b'BagIt-Version: 1.0\\nTag-File-Character-Encoding: UTF-8\\n'}
lines = [hashlib.sha256(files[n]).hexdigest() + '  ' + n[2:] for n in files if 'data/' in n]
files['W/manifest-sha256.txt'] = '\\n'.join(lines).encode()
for at, method in enumerate([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]):
    with open(sys.argv[1 + at], 'wb') as f, zipfile.ZipFile(Stream(f), 'w', method) as z:
        for name, content in files.items():
            with z.open(name, 'w', force_zip64=True) as entry: entry.write(content)
";
    let folder = tempfile::tempdir().unwrap();
    let paths = ["stored.zip", "deflated.zip"].map(|name| folder.path().join(name));
    assert!(Command::new("python3").args(["-c", script]).args(&paths).status().unwrap().success());
    for path in paths {
        let archive = std::fs::read(&path).unwrap();
        let Both { unpacked, judged } = both("a.zip", &archive, &nothing());
        assert_eq!((&judged.unwrap()["bytes"], &unpacked.unwrap()["bag"]["files"]), (&json!(300), &json!(2)));
    }
}

#[test]
fn an_archive_with_several_bags_is_judged_as_a_whole() {
    let (one, other) = ([file("W/data/a", b"x")], manifest(&[file("W/data/a", b"y")]));
    let more = [file("V/data/a", b"x"), file("V/bagit.txt", DECLARATION), file("V/manifest-sha256.txt", &other)];
    for (name, archive) in [("a.zip", zipped(&one, &more)), ("a.tar.gz", gz(&tarred(&one, &more)))] {
        let Both { judged, .. } = both(name, &archive, &nothing());
        let fault = judged.unwrap_err();
        assert_eq!((fault.code.as_str(), fault.file.as_deref()), ("bag.invalid", Some("V/data/a")), "{name}");
    }
    let Both { judged, .. } = both("a.zip", &zipped(&one, &[file("beside", b"x")]), &nothing());
    assert_eq!(judged.unwrap_err().code, "debag.beside");
}
