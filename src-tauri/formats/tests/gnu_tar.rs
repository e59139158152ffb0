//! GNU tar as a judge: what we write, it lists and extracts as it was meant.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use longshore_formats::tar::{Entry, Kind, TRAILER, group_comment, header, padded};

struct Sample {
    path: Vec<u8>,
    content: Option<Vec<u8>>,
    link: Vec<u8>,
    mode: u32,
    secs: i64,
}

impl Sample {
    fn entry(&self) -> Entry<'_> {
        let kind = match (&self.content, self.link.as_slice()) {
            (Some(content), _) => Kind::File { size: content.len() as u64 },
            (None, b"") => Kind::Folder,
            (None, target) => Kind::Link { target },
        };
        Entry { path: &self.path, kind, mode: self.mode, mtime: (self.secs, 987_654_321) }
    }
}

fn file(path: impl Into<Vec<u8>>, content: impl Into<Vec<u8>>, mode: u32, secs: i64) -> Sample {
    Sample { path: path.into(), content: Some(content.into()), link: Vec::new(), mode, secs }
}

fn samples() -> Vec<Sample> {
    let folder =
        |path: &[u8], mode| Sample { path: path.to_vec(), content: None, link: Vec::new(), mode, secs: 1 << 30 };
    let link = |path: &str, to: Vec<u8>| Sample { path: path.into(), content: None, link: to, mode: 0o777, secs: 77 };
    vec![
        folder(b"data", 0o755),
        file("data/plain.txt", "hello\n", 0o644, 1_700_000_000),
        file("data/empty", "", 0o600, 0),
        file("data/block", vec![7; 512], 0o4755, 1_700_000_001),
        file("data/before 1970", "old", 0o444, -86_400),
        file("data/after 2242", "new", 0o644, 1 << 33),
        file(&b"data/new\nline"[..], "n", 0o644, 5),
        file(&b"data/not \xff\xfe utf-8"[..], "b", 0o644, 6),
        file("data/Ångström \u{202E}gpj", "u", 0o644, 7),
        file([b"data/\xff".as_slice(), &[b'b'; 150]].concat(), "long bytes", 0o644, 7),
        file(format!("data/{}", "l".repeat(200)), "long name", 0o644, 8),
        file(format!("{}/f", ["data"; 60].join("/")), "deep", 0o644, 9),
        link("data/link", b"plain.txt".to_vec()),
        link("data/long link", vec![b't'; 300]),
        link("data/odd link", b"\xff\n".to_vec()),
        folder(b"data/empty folder", 0o700),
        folder(&[b"data/", [b'e'; 220].as_slice()].concat(), 0o755),
    ]
}

fn tar_of(samples: &[Sample]) -> Vec<u8> {
    let mut tar = group_comment(&vec![987_654_321; samples.len()]);
    for sample in samples {
        tar.extend(header(&sample.entry()));
        tar.extend(sample.content.as_deref().unwrap_or_default());
        tar.resize(usize::try_from(padded(tar.len() as u64)).unwrap(), 0);
    }
    tar.extend(TRAILER);
    tar
}

fn gnu_tar(arguments: &[&str], at: &Path) -> Output {
    let output = Command::new("tar").args(arguments).current_dir(at).env("TZ", "UTC").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    // Two of the samples have times that it finds remarkable, and it does not know the standard's word for long names that are
    // no text; it warns of nothing else, our comments least of all.
    let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
    let known = |line: &str| line.contains("time stamp") || line.contains("hdrcharset");
    assert!(warnings.lines().all(known), "{warnings}");
    output
}

#[test]
fn it_lists_every_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar"), tar_of(&samples())).unwrap();
    let listed = gnu_tar(&["--quoting-style=escape", "-tf", "a.tar"], folder.path()).stdout;
    let listed: Vec<&[u8]> = listed.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').collect();
    assert_eq!(listed.len(), samples().len());
    assert_eq!(listed[0], b"data/");
    assert_eq!(listed[6], b"data/new\\nline");
    let literal = gnu_tar(&["--quoting-style=literal", "-tf", "a.tar"], folder.path()).stdout;
    for sample in samples() {
        assert!(literal.windows(sample.path.len()).any(|window| window == sample.path), "{:?}", sample.path);
    }
}

#[test]
fn it_extracts_every_byte_mode_time_and_link() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar"), tar_of(&samples())).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    gnu_tar(&["--quoting-style=literal", "-xpf", "../a.tar"], &folder.path().join("out"));
    for sample in samples() {
        let path = folder.path().join("out").join(OsStr::from_bytes(&sample.path));
        let found = fs::symlink_metadata(&path).unwrap();
        if let Some(content) = &sample.content {
            assert_eq!(&fs::read(&path).unwrap(), content, "{path:?}");
            assert_eq!((found.mtime(), found.permissions().mode() & 0o7777), (sample.secs, sample.mode), "{path:?}");
        } else if sample.link.is_empty() {
            assert_eq!(found.permissions().mode() & 0o7777, sample.mode, "{path:?}");
        } else {
            assert_eq!(fs::read_link(&path).unwrap().into_os_string().into_vec(), sample.link);
        }
    }
}

#[test]
fn it_shows_a_size_of_more_than_8_gib() {
    let folder = tempfile::tempdir().unwrap();
    let size = 9_u64 << 30;
    let entry = Entry { path: b"huge", kind: Kind::File { size }, mode: 0o644, mtime: (0, 0) };
    let path = folder.path().join("a.tar");
    let header = header(&entry);
    fs::write(&path, &header).unwrap();
    // The content and the trailer are holes: nothing of it is stored.
    fs::File::options().write(true).open(&path).unwrap().set_len(header.len() as u64 + size + 1024).unwrap();
    let listed = gnu_tar(&["-tvf", "a.tar"], folder.path()).stdout;
    assert!(String::from_utf8_lossy(&listed).contains("9663676416"), "{}", String::from_utf8_lossy(&listed));
}

/// Python's reader, where there is one, sees the same names and sizes.
#[test]
fn python_reads_it_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.tar"), tar_of(&samples())).unwrap();
    let script = "import tarfile,sys\nfor m in tarfile.open('a.tar'): sys.stdout.buffer.write(m.name.encode('utf-8','surrogateescape')+b'\\0'+str(m.size).encode()+b'\\0')";
    let Ok(output) = Command::new("python3").args(["-c", script]).current_dir(folder.path()).output() else {
        eprintln!("python3 is not installed: skipped");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let mut fields = output.stdout.split(|byte| *byte == 0);
    let mut found = BTreeMap::new();
    while let (Some(name), Some(size)) = (fields.next(), fields.next()) {
        found.insert(name.to_vec(), String::from_utf8_lossy(size).into_owned());
    }
    for sample in samples() {
        let size = sample.content.map_or(0, |content| content.len());
        assert_eq!(found.get(&sample.path), Some(&size.to_string()), "{:?}", String::from_utf8_lossy(&sample.path));
    }
}
