#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use proptest::prelude::*;

use super::*;

/// An entry that owns what it is made of.
#[derive(Debug, Clone)]
struct Owned {
    path: Vec<u8>,
    what: What,
    mode: u32,
    mtime: (i64, u32),
}

#[derive(Debug, Clone)]
enum What {
    File(Vec<u8>),
    Folder,
    Link(Vec<u8>),
}

impl Owned {
    fn entry(&self) -> Entry<'_> {
        let kind = match &self.what {
            What::File(content) => Kind::File { size: content.len() as u64 },
            What::Folder => Kind::Folder,
            What::Link(target) => Kind::Link { target },
        };
        Entry { path: &self.path, kind, mode: self.mode, mtime: self.mtime }
    }

    fn content(&self) -> &[u8] {
        if let What::File(content) = &self.what { content } else { b"" }
    }
}

/// A whole tar, put together as the pipeline does it.
fn tar_of(entries: &[Owned]) -> Vec<u8> {
    let mut tar = Vec::new();
    for group in entries.chunks(GROUP) {
        let nanos: Vec<u32> = group.iter().map(|entry| entry.mtime.1).collect();
        tar.extend(group_comment(&nanos));
        for entry in group {
            tar.extend(header(&entry.entry()));
            tar.extend(entry.content());
            tar.resize(usize::try_from(padded(tar.len() as u64)).unwrap(), 0);
        }
    }
    tar.extend(TRAILER);
    tar
}

fn sized(entries: &[Owned]) -> Sizer {
    let mut sizer = Sizer::new();
    for entry in entries {
        assert_eq!(sizer.size_with(&entry.entry()), {
            let mut next = sizer;
            next.push(&entry.entry());
            next.size()
        });
        sizer.push(&entry.entry());
    }
    sizer
}

fn assert_reads_back(tar: &[u8], entries: &[Owned]) {
    let mut reader = Reader::new(tar);
    for entry in entries {
        let found = reader.next_entry().unwrap().unwrap();
        let kind = match &entry.what {
            What::File(_) => FoundKind::File,
            What::Folder => FoundKind::Folder,
            What::Link(target) => FoundKind::Link(target.clone()),
        };
        assert_eq!((&found.path, &found.kind), (&entry.path, &kind));
        assert_eq!((found.mode, found.mtime), (entry.mode, entry.mtime));
        assert_eq!(found.size, entry.content().len() as u64);
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        assert_eq!(content, entry.content());
        let start = usize::try_from(found.data).unwrap();
        assert_eq!(&tar[start..start + content.len()], entry.content(), "the offset leads to the content");
    }
    assert_eq!(reader.next_entry().unwrap(), None);
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let any = proptest::collection::vec(any::<u8>().prop_filter("no NUL, no slash", |b| *b != 0 && *b != b'/'), 1..40);
    let long = (1_usize..255).prop_map(|length| vec![b'n'; length]);
    let any = any.prop_filter("no . or ..", |name| name != b"." && name != b"..");
    prop_oneof![any, long, "[a-z]{1,12}".prop_map(String::into_bytes)]
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(name(), 1..20).prop_map(|names| names.join(&b'/'))
}

fn owned() -> impl Strategy<Value = Owned> {
    let what = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..1500).prop_map(What::File),
        Just(What::Folder),
        path().prop_map(What::Link),
    ];
    let secs = prop_oneof![any::<i32>().prop_map(i64::from), 0_i64..1 << 36, -(1_i64 << 40)..0];
    (path(), what, 0_u32..0o10000, secs, 0_u32..1_000_000_000).prop_map(|(path, what, mode, secs, nanos)| Owned {
        path,
        what,
        mode,
        mtime: (secs, nanos),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_and_its_size_was_known(entries in proptest::collection::vec(owned(), 0..30)) {
        let tar = tar_of(&entries);
        prop_assert_eq!(sized(&entries).size(), tar.len() as u64);
        assert_reads_back(&tar, &entries);
    }

    #[test]
    fn damaged_bytes_never_panic(entries in proptest::collection::vec(owned(), 1..4), at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut tar = tar_of(&entries);
        let at = at.index(tar.len());
        tar[at] = with;
        tar.truncate(cut.index(tar.len()));
        let mut reader = Reader::new(tar.as_slice());
        while let Ok(Some(found)) = reader.next_entry() {
            prop_assert!(found.data <= tar.len() as u64);
        }
    }
}

fn file(path: impl Into<Vec<u8>>, content: &[u8]) -> Owned {
    Owned { path: path.into(), what: What::File(content.to_vec()), mode: 0o644, mtime: (1_700_000_000, 123_456_789) }
}

#[test]
fn comments_of_full_groups_are_counted() {
    for count in [0, 1, GROUP - 1, GROUP, GROUP + 1, 2 * GROUP + 3] {
        let entries: Vec<Owned> = (0..count).map(|at| file(format!("f{at}"), b"x")).collect();
        let tar = tar_of(&entries);
        assert_eq!(sized(&entries).size(), tar.len() as u64, "{count} entries");
        assert_eq!(sized(&entries).entries(), count as u64);
        assert_reads_back(&tar, &entries);
    }
}

#[test]
fn an_ordinary_entry_takes_one_block() {
    assert_eq!(header(&file("a/b.txt", b"").entry()).len(), BLOCK);
    assert_eq!(header(&file([&[b'd'; 150][..], b"/", &[b'f'; 100]].concat(), b"").entry()).len(), BLOCK);
    assert_eq!(header(&file(vec![b'n'; 101], b"").entry()).len(), 3 * BLOCK);
}

#[test]
fn a_size_of_more_than_8_gib_stands_in_a_pax_header() {
    for size in [(8 << 30) - 1, 8 << 30, 5 << 40] {
        let entry = Entry { path: b"big", kind: Kind::File { size }, mode: 0o600, mtime: (0, 0) };
        let header = header(&entry);
        assert_eq!(header.len() > BLOCK, size >= 8 << 30);
        let found = Reader::new(header.as_slice()).next_entry().unwrap().unwrap();
        assert_eq!((found.size, found.data), (size, header.len() as u64));
    }
}

#[test]
fn a_path_of_4096_bytes_comes_back() {
    let path: Vec<u8> = std::iter::repeat_n(b"0123456789abcde".as_slice(), 256).collect::<Vec<_>>().join(&b'/');
    let entries = [file([b"x", path.as_slice()].concat(), b"deep")];
    assert_eq!(entries[0].path.len(), 4096);
    assert_reads_back(&tar_of(&entries), &entries);
}

#[test]
fn damage_is_told_with_its_offset() {
    let mut tar = tar_of(&[file("a", b"content"), file("b", b"content")]);
    let mut reader = Reader::new(&tar[..tar.len() - 1600]);
    let error = loop {
        match reader.next_entry() {
            Ok(Some(_)) => {}
            other => break other.unwrap_err(),
        }
    };
    assert_eq!(error.to_string(), "the tar is cut short at byte 2048");
    tar[1030] ^= 1;
    let error = Reader::new(tar.as_slice()).next_entry().unwrap_err();
    assert_eq!(error.to_string(), "there is no tar header at byte 1024: its checksum is wrong");
}

/// A field of GNU tar's own format: long names before the entry.
#[test]
fn long_names_of_gnu_tar_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let long = "n".repeat(200);
    std::fs::write(folder.path().join(&long), b"hello").unwrap();
    std::os::unix::fs::symlink("t".repeat(180), folder.path().join("link")).unwrap();
    let output = std::process::Command::new("tar")
        .args(["--format=gnu", "-C"])
        .arg(folder.path())
        .args(["-cf", "-", &long, "link"])
        .output()
        .unwrap();
    let mut reader = Reader::new(output.stdout.as_slice());
    let found = reader.next_entry().unwrap().unwrap();
    assert_eq!((found.path, found.size), (long.into_bytes(), 5));
    let found = reader.next_entry().unwrap().unwrap();
    assert_eq!(found.kind, FoundKind::Link("t".repeat(180).into_bytes()));
    assert_eq!(reader.next_entry().unwrap(), None);
}

/// Times as Python and GNU tar write them in pax headers.
#[test]
fn times_with_fractions_are_read() {
    for (text, time) in [("12.5", (12, 500_000_000)), ("-1.5", (-2, 500_000_000)), ("-3", (-3, 0)), ("7", (7, 0))] {
        let mut records = Vec::new();
        pax::push_record(&mut records, b"mtime", text.as_bytes());
        let mut tar = Vec::new();
        pax::push_header(&mut tar, b'x', b"x", &records);
        tar.extend(header(&Owned { mtime: (0, 0), ..file("a", b"") }.entry()));
        assert_eq!(Reader::new(tar.as_slice()).next_entry().unwrap().unwrap().mtime, time, "{text}");
    }
}
