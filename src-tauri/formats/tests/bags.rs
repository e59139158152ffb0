//! Bags are judged right, with the reason.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{Here, V1, V097, bag, codes, digest, judged, tagged};
use longshore_formats::bagit::{Algorithm, FetchPolicy, Grade, Verdict, manifest_line};

fn suite(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bagit/v0.97").join(kind);
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn valid_bags_of_the_conformance_suite_are_valid() {
    let bags = suite("valid");
    assert_eq!(bags.len(), 12);
    for path in bags {
        let bag = judged(&path, FetchPolicy::Report);
        assert_eq!(bag.verdict(), Verdict::Valid, "{}: {:?}", path.display(), bag.findings().told());
        assert!(bag.counted().proved_files > bag.counted().payload.files, "{}: tag files too", path.display());
        let holey = judged(&path, FetchPolicy::Refuse);
        assert_eq!(holey.verdict(), Verdict::Valid, "all that is to be fetched is there");
    }
}

#[test]
fn invalid_bags_of_the_conformance_suite_are_invalid_for_the_right_reason() {
    let reasons = [
        ("baginfo-missing-encoding", "bag.declaration"),
        ("bom-in-bagit.txt", "bag.declaration"),
        ("corrupt-data-file", "bag.checksum"),
        ("corrupt-tag-file", "bag.checksum"),
        ("extra-file-in-bag", "bag.not_listed"),
        ("invalid-version-number", "bag.version"),
        ("missing-baginfo", "bag.file_missing"),
        ("missing-bagit.txt", "bag.declaration"),
        ("out-of-scope-file-paths-using-dot-notation", "bag.path"),
        ("out-of-scope-file-paths-using-dot-notation-for-fetch", "bag.fetch_line"),
        ("same-filename-listed-twice-with-different-hashes", "bag.listed_twice"),
    ];
    let bags = suite("invalid");
    assert_eq!(bags.len(), reasons.len());
    for path in bags {
        let bag = judged(&path, FetchPolicy::Report);
        let name = path.file_name().unwrap().to_str().unwrap();
        let (_, reason) = reasons.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(bag.verdict(), Verdict::Invalid, "{name}");
        assert!(codes(&bag).contains(reason), "{name}: {:?}", bag.findings().told());
    }
}

/// A bag of today, changed in one way.
fn changed(declaration: &str, change: impl FnOnce(&Here)) -> (Verdict, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&[u8], &[u8]); 3] = [(b"a", b"one"), (b"b/c", b"two"), (b"b/\xc3\xa9", b"three")];
    let bag = bag(&folder.path().join("bag"), declaration, &[Algorithm::Sha256, Algorithm::Md5], &files);
    bag.put(b"bag-info.txt", "Payload-Oxum: 11.3\nContact-Name: Someone\n   of somewhere\n");
    change(&bag);
    let bag = judged(&bag.0, FetchPolicy::Report);
    (bag.verdict(), codes(&bag))
}

/// Adds lines to a file.
fn add(bag: &Here, path: &[u8], text: &str) {
    let mut bytes = std::fs::read(bag.at(path)).unwrap_or_default();
    bytes.extend_from_slice(text.as_bytes());
    bag.put(path, bytes);
}

/// Puts one text in another's place.
fn replace(bag: &Here, path: &[u8], from: &str, to: &str) {
    let text = std::fs::read_to_string(bag.at(path)).unwrap();
    assert!(text.contains(from), "{text}");
    bag.put(path, text.replace(from, to));
}

#[test]
fn each_fault_is_named() {
    use Verdict::{Incomplete, Invalid, Valid};
    assert_eq!(changed(V1, |bag| tagged(bag, &[Algorithm::Sha512])), (Valid, vec![]));
    assert_eq!(changed(V1, |bag| bag.put(b"data/a", "On")).0, Invalid);
    assert_eq!(changed(V1, |bag| bag.put(b"data/a", "onE")), (Invalid, vec!["bag.checksum"]));
    assert_eq!(changed(V1, |bag| bag.put(b"bag-info.txt", "Payload-Oxum: 11.4\n")), (Invalid, vec!["bag.oxum"]));
    assert_eq!(changed(V1, |bag| bag.put(b"bag-info.txt", "Payload-Oxum: many\n")), (Invalid, vec!["bag.oxum"]));
    assert_eq!(changed(V1, |bag| bag.put(b"bag-info.txt", "no label\n")), (Invalid, vec!["bag.tag_line"]));
    assert_eq!(changed(V1, |bag| add(bag, b"manifest-md5.txt", "xyz  data/a\n")), (Invalid, vec!["bag.manifest_line"]));
    assert_eq!(changed(V1, |bag| bag.put(b"manifest-whirlpool.txt", "")), (Invalid, vec!["bag.algorithm"]));
    let linked = |bag: &Here| std::os::unix::fs::symlink("a", bag.at(b"data/link")).unwrap();
    assert_eq!(changed(V1, linked), (Invalid, vec!["bag.not_a_file"]));
    let wanted = |bag: &Here| {
        std::fs::remove_file(bag.at(b"data/a")).unwrap();
        bag.put(b"fetch.txt", "https://example.org/a 3 data/a\n");
    };
    assert_eq!(changed(V1, wanted), (Incomplete, vec!["bag.to_fetch"]));
    let elsewhere = |bag: &Here| bag.put(b"fetch.txt", "https://example.org/a 3 data/other\n");
    assert_eq!(changed(V1, elsewhere), (Invalid, vec!["bag.fetch_line"]));
    assert_eq!(changed(V1, |bag| std::fs::remove_file(bag.at(b"data/a")).unwrap()).1, ["bag.file_missing", "bag.oxum"]);
    let nowhere = |bag: &Here| std::fs::rename(bag.at(b"data"), bag.at(b"Data")).unwrap();
    assert!(changed(V1, nowhere).1.contains(&"bag.no_payload"));
}

#[test]
fn older_versions_are_less_strict() {
    let shorter = |bag: &Here| {
        let line = manifest_line(&digest(Algorithm::Md5, b"one"), b"data/a");
        replace(bag, b"manifest-md5.txt", std::str::from_utf8(&line).unwrap(), "");
    };
    assert_eq!(changed(V1, shorter), (Verdict::Invalid, vec!["bag.not_in_every"]));
    assert_eq!(changed(V097, shorter), (Verdict::Valid, vec!["bag.not_in_every"]), "a warning");
    let twice = |bag: &Here| {
        let line = manifest_line(&digest(Algorithm::Md5, b"one"), b"data/a");
        add(bag, b"manifest-md5.txt", std::str::from_utf8(&line).unwrap());
    };
    assert_eq!(changed(V1, twice), (Verdict::Invalid, vec!["bag.listed_twice"]));
    assert_eq!(changed(V097, twice), (Verdict::Valid, vec!["bag.listed_twice"]));
    assert_eq!(changed(V097, |bag| replace(bag, b"manifest-md5.txt", "  data/a", " *data/a")).0, Verdict::Valid);
    assert_eq!(changed("BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n", |_| ()).1, ["bag.version"]);
}

#[test]
fn names_that_can_be_read_in_several_ways_are_found() {
    let folder = tempfile::tempdir().unwrap();
    for (declaration, note) in [(V1, None), (V097, Some("bag.name_encoding"))] {
        // The manifest has them as RFC 8493 encodes them.
        let files: [(&[u8], &[u8]); 3] = [(b"100%", b"1"), (b"a\nb\r", b"2"), (b"%0A%25", b"3")];
        let path = folder.path().join(note.unwrap_or("strict"));
        bag(&path, declaration, &[Algorithm::Sha256], &files);
        let bag = judged(&path, FetchPolicy::Report);
        assert_eq!(bag.verdict(), Verdict::Valid, "{:?}", bag.findings().told());
        assert_eq!(codes(&bag), note.into_iter().collect::<Vec<_>>());
        assert_eq!(bag.counted().proved_files, 3);
    }
    // And as tools write them that never encode a percent sign, whatever the bag says.
    let path = folder.path().join("plain");
    let plain = bag(&path, V1, &[Algorithm::Sha256], &[(b"100%25", b"1")]);
    replace(&plain, b"manifest-sha256.txt", "100%2525", "100%25");
    let bag = judged(&path, FetchPolicy::Report);
    assert_eq!((bag.verdict(), codes(&bag)), (Verdict::Valid, vec!["bag.name_encoding"]));
}

#[test]
fn names_in_another_form_of_unicode_are_the_same_names() {
    let other =
        |bag: &Here| std::fs::rename(bag.at("data/b/é".as_bytes()), bag.at("data/b/e\u{301}".as_bytes())).unwrap();
    assert_eq!(changed(V1, other), (Verdict::Valid, vec!["bag.normalisation"]));
    let damaged = |bag: &Here| {
        other(bag);
        bag.put("data/b/e\u{301}".as_bytes(), "THREE");
    };
    assert_eq!(changed(V1, damaged), (Verdict::Invalid, vec!["bag.normalisation", "bag.checksum"]));
}

#[test]
fn faults_are_told_before_warnings_when_there_are_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let made = bag(&folder.path().join("bag"), V097, &[Algorithm::Md5], &[(b"a", b"a")]);
    let line = manifest_line(&digest(Algorithm::Md5, b"a"), b"data/a");
    add(&made, b"manifest-md5.txt", &std::str::from_utf8(&line).unwrap().repeat(2000));
    made.put(b"data/a", b"b");
    let bag = judged(&made.0, FetchPolicy::Report);
    assert_eq!(bag.findings().number(Grade::Warning), 2000);
    assert!(bag.findings().told().iter().any(|finding| finding.code == "bag.checksum" && finding.path == b"data/a"));
}
