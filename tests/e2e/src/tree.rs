//! Trees of files: made, read, compared.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, mkdirat, openat, readlinkat, statat};
use sha2::{Digest as _, Sha256};

/// What a tree holds: path inside it, and what is there.
pub type Content = BTreeMap<OsString, Entry>;

/// One entry of a tree. Two are equal if nothing that must come back differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Permission bits; of a link, 0.
    pub mode: u32,
    /// Modification time: seconds and nanoseconds.
    pub mtime: (i64, u32),
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file: its size and checksum.
    File(u64, [u8; 32]),
    /// A symbolic link: its target.
    Link(OsString),
}

/// Reads a whole tree; the top itself is the entry with an empty path. Works below paths that are too long for one system call.
pub fn read(top: &Path) -> Content {
    let mut content = Content::new();
    let handle = openat(CWD, top, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).unwrap();
    read_into(&mut content, &handle, OsStr::new(""));
    let stat = rustix::fs::fstat(&handle).unwrap();
    content.insert(OsString::new(), entry(&stat, Kind::Folder));
    content
}

fn read_into(content: &mut Content, folder: &impl std::os::fd::AsFd, path: &OsStr) {
    for found in Dir::read_from(folder).unwrap() {
        let found = found.unwrap();
        let name = OsStr::from_bytes(found.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let mut inside = path.to_owned();
        if !inside.is_empty() {
            inside.push("/");
        }
        inside.push(name);
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let below = openat(folder, name, OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).unwrap();
                read_into(content, &below, &inside);
                Kind::Folder
            }
            FileType::Symlink => {
                Kind::Link(OsString::from_vec(readlinkat(folder, name, Vec::new()).unwrap().into_bytes()))
            }
            FileType::RegularFile => {
                file(openat(folder, name, OFlags::RDONLY | OFlags::NOFOLLOW, Mode::empty()).unwrap().into())
            }
            other => panic!("{} is a {other:?}", inside.display()),
        };
        content.insert(inside, entry(&stat, kind));
    }
}

fn entry(stat: &rustix::fs::Stat, kind: Kind) -> Entry {
    let mode = if matches!(kind, Kind::Link(_)) { 0 } else { stat.st_mode & 0o7777 };
    Entry { mode, mtime: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap()), kind }
}

fn file(mut file: File) -> Kind {
    let (mut digest, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).unwrap();
        if read == 0 {
            return Kind::File(size, digest.finalize().into());
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
}

/// Fails, naming the first differences, unless both trees are the same.
pub fn assert_same(one: &Content, other: &Content) {
    let paths = one.keys().chain(other.keys()).collect::<std::collections::BTreeSet<_>>();
    let differ = |path: &&&OsString| one.get(**path) != other.get(**path);
    let wrong: Vec<String> = paths
        .iter()
        .filter(differ)
        .take(10)
        .map(|path| format!("{}:\n  {:?}\n  {:?}", path.display(), one.get(*path), other.get(*path)))
        .collect();
    assert!(wrong.is_empty(), "{} entries against {}; they differ in:\n{}", one.len(), other.len(), wrong.join("\n"));
}

/// The same with times to the second and folders' times left out, which is what tar programs bring back.
#[must_use]
pub fn to_the_second(content: &Content) -> Content {
    let whole = |entry: &Entry| Entry {
        mtime: if entry.kind == Kind::Folder { (0, 0) } else { (entry.mtime.0, 0) },
        ..entry.clone()
    };
    content.iter().map(|(path, entry)| (path.clone(), whole(entry))).collect()
}

/// Bytes of all files.
pub fn bytes(content: &Content) -> u64 {
    content.values().map(|entry| if let Kind::File(size, _) = entry.kind { size } else { 0 }).sum()
}

/// Number of files.
pub fn files(content: &Content) -> usize {
    content.values().filter(|entry| matches!(entry.kind, Kind::File(..))).count()
}

/// Random bytes that are the same each time (xorshift64).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// Bytes.
    pub fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| self.number().to_le_bytes()).collect();
        bytes.truncate(size);
        bytes
    }
}

/// Writes a file of random bytes, with its folders.
pub fn write_random(path: &Path, size: u64, seed: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let piece = random.bytes(1 << 20);
    let mut file = File::create(path).unwrap();
    let mut left = size;
    while left > 0 {
        let take = usize::try_from(left.min(piece.len() as u64)).unwrap();
        // No two pieces are alike, so that bytes in the wrong place are seen.
        file.write_all(&left.to_le_bytes()[..take.min(8)]).unwrap();
        file.write_all(&piece[take.min(8)..take]).unwrap();
        left -= take as u64;
    }
}

/// Small files, a thousand to a folder.
pub fn write_small(top: &Path, count: u64, largest: u64) {
    let mut random = Random(count | 1);
    for number in 0..count {
        let path = top.join(format!("part-{:03}/frame-{number:06}.tiff", number / 1000));
        if number % 1000 == 0 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
        }
        let size = random.below(largest + 1);
        fs::write(path, random.bytes(usize::try_from(size).unwrap())).unwrap();
    }
}

/// Names, sizes, modes, links and times that a careless program loses.
pub fn write_strange(top: &Path) {
    fs::create_dir_all(top.join("empty folder")).unwrap();
    let names: [&[u8]; 8] = [
        b"line\nbreak",
        b"not utf-8 \xff\xfe\x80",
        "right\u{202E}gpj.exe".as_bytes(),
        b"-rf",
        b"back\\slash \"quoted\" 'too'",
        b" leading and trailing ",
        b"\x1b[31mred",
        "\u{00e5}\u{0301}ngstr\u{00f6}m \u{1f52c}".as_bytes(),
    ];
    for (number, name) in names.iter().enumerate() {
        fs::write(top.join(OsStr::from_bytes(name)), format!("{number}")).unwrap();
    }
    fs::write(top.join("empty file"), "").unwrap();
    fs::write(top.join("x".repeat(255)), "the longest name").unwrap();
    write_random(&top.join("deep/er/larger than a datablock"), 12 << 20, 7);
    std::os::unix::fs::symlink("deep/er", top.join("link to a folder")).unwrap();
    std::os::unix::fs::symlink("nowhere/\u{202E}at all", top.join("dangling link")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", top.join("absolute link")).unwrap();
    fs::hard_link(top.join("empty file"), top.join("second name")).unwrap();
    File::create(top.join("sparse")).unwrap().set_len(3 << 20).unwrap();
    let mode = |name: &str, mode| {
        fs::set_permissions(top.join(name), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    mode("-rf", 0o4755);
    mode("empty file", 0o400);
    mode("empty folder", 0o750);
    touch(&top.join("sparse"), "1969-07-20 20:17:40.123456789 UTC");
    touch(&top.join("line\nbreak"), "2261-01-01 00:00:00.000000001 UTC");
    touch(&top.join("empty folder"), "2001-02-03 04:05:06.7 UTC");
}

fn touch(path: &Path, time: &str) {
    crate::process::tool(
        std::process::Command::new("touch").args(["--no-dereference", "--date", time, "--"]).arg(path),
    );
}

/// A file whose path inside `top` has exactly 4,096 bytes, and so cannot be named in one system call.
pub fn write_deep(top: &Path) {
    fs::create_dir_all(top).unwrap();
    let mut folder = openat(CWD, top, OFlags::DIRECTORY, Mode::empty()).unwrap();
    // 16 folders of 240 bytes and their slashes make 3,856; the file's name has the remaining 240.
    for level in 0..16 {
        let name = format!("{level:0>240}");
        mkdirat(&folder, &name, Mode::from_raw_mode(0o755)).unwrap();
        folder = openat(&folder, &name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let name = "f".repeat(4096 - 16 * 241);
    let file = openat(&folder, &name, OFlags::CREATE | OFlags::WRONLY, Mode::from_raw_mode(0o644)).unwrap();
    File::from(file).write_all(b"deep down").unwrap();
}

/// The sources of the crates that this build fetched: tens of thousands of small files that any machine has which can build this. As many
/// crates, in the order of their names, as stay below so many files.
pub fn copy_registry(top: &Path, at_most: usize) {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap();
    let registry = fs::read_dir(home.join("registry/src")).unwrap().flatten().next().unwrap().path();
    let mut crates: Vec<PathBuf> = fs::read_dir(registry).unwrap().flatten().map(|entry| entry.path()).collect();
    crates.sort();
    fs::create_dir_all(top).unwrap();
    let mut left = at_most;
    for one in crates {
        let files = files(&read(&one));
        if files <= left {
            left -= files;
            copy(&one, top);
        }
    }
}

/// The compiler that links this test: a few hundred files, large ones among them, with the links that toolchains are full of.
pub fn copy_toolchain(top: &Path) {
    fs::create_dir_all(top).unwrap();
    let names = crate::process::tool(std::process::Command::new("gcc").arg("-print-libgcc-file-name"));
    copy(Path::new(names.trim()).parent().unwrap(), top);
}

/// As `cp -a` does.
fn copy(what: &Path, into: &Path) {
    crate::process::tool(std::process::Command::new("cp").arg("-a").arg("--").arg(what).arg(into));
}
