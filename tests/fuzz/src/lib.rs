//! What is written by others and read here: each parser as a target for a fuzzer, which gives it any bytes. None may panic, none may take more
//! memory or time than its input is worth, and some say more that must hold.

use std::io::{Cursor, Read as _};

use longshore_connectors::sftp::{HostKey, is_known};
use longshore_formats::archive::{Limits, Names, Twins, safe_path};
use longshore_formats::bagit::{
    Bag, Encoding, FetchPolicy, Folder, Item, ItemKind, Line, Lines, decode_path, encode_path,
};
use longshore_formats::{tar, zip};

/// A parser, given bytes.
pub type Target = fn(&[u8]);

/// All, by name: the name of the folder in `corpus` too.
pub const TARGETS: [(&str, Target); 7] = [
    ("airflow_uri", airflow_uri),
    ("bag_manifest", bag_manifest),
    ("flow_file", flow_file),
    ("known_hosts", known_hosts),
    ("s3_event", s3_event),
    ("tar_index", tar_index),
    ("zip_index", zip_index),
];

/// Bytes that are unpacked of one entry.
const ENOUGH: u64 = 1 << 20;

fn limits() -> Limits {
    Limits { entries: 10_000, ..Limits::default() }
}

/// A connection as Airflow writes it, as URI or as JSON.
pub fn airflow_uri(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Whether it is one or not, it is told in words.
    drop(longshore_api::connection_of_text("fuzz", &text));
}

/// A bag of one file, whose tag files are the bytes, divided by NULs.
struct OneFile<'b>(Vec<(&'static [u8], &'b [u8])>);

impl Folder for OneFile<'_> {
    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Item) -> std::io::Result<()>) -> std::io::Result<()> {
        let file = |name: &[u8], bytes: &[u8]| Item { name: name.to_vec(), kind: ItemKind::File(bytes.len() as u64) };
        match folder {
            b"" => {
                each(Item { name: b"data".to_vec(), kind: ItemKind::Folder })?;
                self.0.iter().try_for_each(|(name, bytes)| each(file(name, bytes)))
            }
            b"data" => each(file(b"a", b"one")),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    fn open(&self, path: &[u8]) -> std::io::Result<Box<dyn std::io::Read + Send + '_>> {
        let known = self.0.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes);
        let bytes = known.or((path == b"data/a").then_some(b"one"));
        Ok(Box::new(Cursor::new(bytes.ok_or(std::io::ErrorKind::NotFound)?)))
    }
}

/// The tag files of a bag, divided by NULs, and the bag that they make.
pub fn bag_manifest(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    let names: [&[u8]; 5] = [b"manifest-md5.txt", b"bagit.txt", b"bag-info.txt", b"fetch.txt", b"tagmanifest-md5.txt"];
    let mut files: Vec<(&'static [u8], &[u8])> = Vec::new();
    for name in names {
        files.extend(parts.next().map(|part| (name, part)));
    }
    for encoding in [Encoding::Utf8, Encoding::Latin1, Encoding::Utf16] {
        let mut lines = Lines::new(bytes, encoding);
        while let Ok(Some(line)) = lines.next_line() {
            let Line::Text(text) = line else { continue };
            let decoded = decode_path(&encode_path(text.as_bytes()), true);
            assert_eq!(decoded, text.as_bytes(), "what is encoded is decoded again");
        }
    }
    let folder = OneFile(files);
    let Ok(mut bag) = Bag::read(&folder, FetchPolicy::Report) else { return };
    if bag.walk(&folder).is_ok() {
        // Its verdict is any; that it comes is what counts.
        drop(bag.prove(&folder, 1, &mut Unwatched));
    }
}

struct Unwatched;

impl longshore_formats::bagit::Watch for Unwatched {
    fn progress(&mut self, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// A flow file.
pub fn flow_file(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(longshore_engine::Flow::parse("fuzz.yaml", text, None));
    }
}

/// OpenSSH's `known_hosts`: a key that is put into it is found in it.
pub fn known_hosts(bytes: &[u8]) {
    let content = String::from_utf8_lossy(bytes);
    for host in ["host.example", "[host.example]:2222", "192.0.2.7"] {
        let key = HostKey { host: host.into(), kind: "ssh-ed25519".into(), key: b"key".to_vec() };
        is_known(&content, &key);
        let line = format!("{}\n{content}", key.line());
        let revoked = content.lines().any(|line| line.trim_start().starts_with("@revoked"));
        assert!(revoked || is_known(&line, &key), "a key that stands there is known");
    }
}

/// A message of a queue that tells of objects.
pub fn s3_event(bytes: &[u8]) {
    drop(longshore_flows::s3_event::read(&String::from_utf8_lossy(bytes)));
}

/// A tar: its entries, the names that they may have, and their bytes.
pub fn tar_index(bytes: &[u8]) {
    let mut tar = tar::Reader::new(Cursor::new(bytes));
    let mut names = Names::new(Twins::Refuse, limits());
    while let Ok(Some(found)) = tar.next_entry() {
        if let Ok(Some(path)) = safe_path(&found.path, true) {
            assert!(!path.starts_with(b"/") && !path.split(|byte| *byte == b'/').any(|part| part == b".."));
            drop(names.enter(&path, found.kind == tar::FoundKind::Folder));
        }
        let mut content = Vec::new();
        let read = (&mut tar).take(ENOUGH).read_to_end(&mut content);
        assert!(read.is_err() || content.len() as u64 == found.size.min(ENOUGH), "as much as it says");
        if tar.jump().is_err() {
            return;
        }
    }
}

/// A zip: its list of entries, and their bytes.
pub fn zip_index(bytes: &[u8]) {
    let index = zip::Index::read(&mut Cursor::new(bytes), bytes.len() as u64, limits(), Twins::Refuse);
    let Ok(index) = index else { return };
    for entry in &index.entries {
        assert!(!entry.path.starts_with(b"/") && !entry.path.split(|byte| *byte == b'/').any(|part| part == b".."));
        let Some(at) = usize::try_from(entry.offset).ok().and_then(|at| bytes.get(at..)) else {
            panic!("an entry lies behind the end")
        };
        let Ok(content) = zip::open(at, entry) else { continue };
        let mut unpacked = Vec::new();
        if content.take(ENOUGH).read_to_end(&mut unpacked).is_ok() {
            assert_eq!(unpacked.len() as u64, entry.size.min(ENOUGH), "as much as it says");
        }
    }
}
