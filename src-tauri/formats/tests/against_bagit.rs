//! `bagit` from PyPI agrees on five hundred bags, broken in random ways.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Here, V1, V097, bag, codes, digest, judged, tagged};
use longshore_formats::bagit::{Algorithm, FetchPolicy, Verdict, manifest_line, manifest_name};

const BAGS: usize = 500;

/// Judges the bags whose folders come on its standard input.
const SCRIPT: &str = "
import bagit, logging, sys
logging.disable(logging.CRITICAL)
for line in sys.stdin:
    try:
        bagit.Bag(line.rstrip('\\n')).validate()
        print('valid')
    except Exception as error:
        print('invalid', type(error).__name__, str(error).replace('\\n', ' ')[:200])
";

/// The interpreter with `bagit`, as `scripts/install.sh test` lays it down.
fn python() -> PathBuf {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_path_buf();
    let python = target.join("servers/bagit/bin/python");
    assert!(python.exists(), "{} is not there: run scripts/install.sh test", python.display());
    python
}

fn theirs(bags: &[PathBuf]) -> Vec<String> {
    let mut child =
        Command::new(python()).args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let paths = bags.iter().map(|bag| format!("{}\n", bag.display())).collect::<Vec<_>>().concat();
    let writing = std::thread::spawn(move || stdin.write_all(paths.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// What is done to a bag; named, so that a difference can be told.
type Damage = (&'static str, fn(&Here, &mut Dice, &[Algorithm]));

const DAMAGES: &[Damage] = &[
    ("nothing", |_, _, _| ()),
    ("a byte of the payload", |bag, dice, _| change(&bag.at(b"data/0"), dice, |bytes, at| bytes[at] ^= 4)),
    ("the payload's end", |bag, dice, _| change(&bag.at(b"data/0"), dice, Vec::truncate)),
    ("a file less", |bag, _, _| fs::remove_file(bag.at(b"data/0")).unwrap()),
    ("a file more", |bag, _, _| bag.put(b"data/sub/more", "more")),
    ("a tag file more", |bag, _, _| bag.put(b"notes/extra.txt", "more")),
    ("a digit of a manifest", |bag, dice, used| {
        let at = |bytes: &mut Vec<u8>, at: usize| bytes[at % 32] = if bytes[at % 32] == b'0' { b'1' } else { b'0' };
        change(&manifest(bag, used, dice), dice, at);
    }),
    // Of all manifests, as the bagit that is asked does not ask for every file in every manifest, which RFC 8493 does.
    ("a line of the manifests less", |bag, _, used| {
        for algorithm in used {
            let path = bag.at(manifest_name(*algorithm).as_bytes());
            lines(&path, |text| text.split_once('\n').unwrap().1.to_owned());
        }
    }),
    ("a line twice", |bag, dice, used| lines(&manifest(bag, used, dice), |text| format!("{}\n{text}", first(&text)))),
    ("a line twice, with another checksum", |bag, dice, used| {
        lines(&manifest(bag, used, dice), |text| format!("{}\n{text}", first(&text).replace(['1', '2', '3'], "4")));
    }),
    ("a path out of the bag", |bag, _, used| {
        let line = manifest_line(&digest(used[0], b"x"), b"../out");
        lines(&bag.at(manifest_name(used[0]).as_bytes()), |text| text + std::str::from_utf8(&line).unwrap());
    }),
    ("marks of binary files", |bag, _, used| {
        lines(&bag.at(manifest_name(used[0]).as_bytes()), |text| text.replace("  data", " *data"));
    }),
    ("paths that begin with a dot", |bag, _, used| {
        lines(&bag.at(manifest_name(used[0]).as_bytes()), |text| text.replace("  data", "  ./data"));
    }),
    ("line ends of Windows", |bag, _, used| {
        lines(&bag.at(manifest_name(used[0]).as_bytes()), |text| text.replace('\n', "\r\n"));
    }),
    ("another version", |bag, dice, _| {
        // Before 0.97 that bagit does not look at tag manifests.
        let version = ["0.97", "1.0", "2.0", "one", ".97"][dice.roll(5)];
        bag.put(b"bagit.txt", format!("BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n"));
    }),
    ("no encoding", |bag, _, _| bag.put(b"bagit.txt", "BagIt-Version: 0.97\n")),
    ("a byte-order mark", |bag, _, _| bag.put(b"bagit.txt", format!("\u{feff}{V1}"))),
    ("no declaration", |bag, _, _| fs::remove_file(bag.at(b"bagit.txt")).unwrap()),
    ("no manifest", |bag, _, used| {
        for algorithm in used {
            fs::remove_file(bag.at(manifest_name(*algorithm).as_bytes())).unwrap();
        }
    }),
    ("a wrong Oxum", |bag, _, _| bag.put(b"bag-info.txt", "Payload-Oxum: 1.1\n")),
    ("an Oxum that is none", |bag, _, _| bag.put(b"bag-info.txt", "Payload-Oxum: some.1\n")),
    ("a line that is no field", |bag, _, _| bag.put(b"bag-info.txt", "just words\n")),
    ("a description that went on", |bag, _, _| bag.put(b"bag-info.txt", "Contact-Name: One\n  and more\nOther: x\n")),
    ("a file that is to be fetched", |bag, _, _| {
        fs::remove_file(bag.at(b"data/0")).unwrap();
        bag.put(b"fetch.txt", "https://example.org/0 - data/0\n");
    }),
    ("a fetch out of the bag", |bag, _, _| bag.put(b"fetch.txt", "https://example.org/0 - ../0\n")),
    ("an address that is none", |bag, _, _| bag.put(b"fetch.txt", "nowhere - data/0\n")),
    ("no payload", |bag, _, _| fs::remove_dir_all(bag.at(b"data")).unwrap()),
    ("a name in another form", |bag, _, _| {
        fs::rename(bag.at("data/é".as_bytes()), bag.at("data/e\u{301}".as_bytes())).unwrap();
    }),
];

fn manifest(bag: &Here, used: &[Algorithm], dice: &mut Dice) -> PathBuf {
    bag.at(manifest_name(used[dice.roll(used.len())]).as_bytes())
}

fn change(path: &Path, dice: &mut Dice, change: impl FnOnce(&mut Vec<u8>, usize)) {
    let mut bytes = fs::read(path).unwrap();
    let at = dice.roll(bytes.len());
    change(&mut bytes, at);
    fs::write(path, bytes).unwrap();
}

fn lines(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
}

fn first(text: &str) -> String {
    text.lines().next().unwrap().to_owned()
}

/// A bag, and what was done to it; the tag manifests were made before or after, or not at all.
fn broken(folder: &Path, dice: &mut Dice, at: usize) -> (Here, String) {
    let sets: [&[Algorithm]; 4] = [
        &[Algorithm::Md5],
        &[Algorithm::Sha256],
        &[Algorithm::Sha256, Algorithm::Sha512],
        &[Algorithm::Md5, Algorithm::Sha1],
    ];
    let used = sets[dice.roll(sets.len())];
    let (declaration, content) = ([V1, V097][dice.roll(2)], vec![b'c'; 1 + dice.roll(100_000)]);
    let files: [(&[u8], &[u8]); 3] = [(b"0", &content), (b"sub/one two", b"2"), ("é".as_bytes(), b"")];
    let made = bag(&folder.join(at.to_string()), declaration, used, &files);
    if dice.roll(2) == 0 {
        made.put(b"bag-info.txt", format!("Payload-Oxum: {}.3\nContact-Name: Someone\n", content.len() + 1));
    }
    let (name, damage) = DAMAGES[at % DAMAGES.len()];
    let tags = dice.roll(3);
    if tags == 1 {
        tagged(&made, used);
    }
    damage(&made, dice, used);
    if tags == 2 {
        tagged(&made, used);
    }
    let when = ["none", "before", "after"][tags];
    (made, format!("{name}; tag manifests {when}; {used:?}; {}", declaration.lines().next().unwrap()))
}

#[test]
fn bagit_of_python_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(2026);
    let bags: Vec<(Here, String)> = (0..BAGS).map(|at| broken(folder.path(), &mut dice, at)).collect();
    let paths: Vec<PathBuf> = bags.iter().map(|(bag, _)| bag.0.clone()).collect();
    let theirs = theirs(&paths);
    assert_eq!(theirs.len(), BAGS);
    let (mut differ, mut valid) = (Vec::new(), 0);
    for ((bag, name), theirs) in bags.iter().zip(&theirs) {
        let ours = judged(&bag.0, FetchPolicy::Report);
        valid += usize::from(ours.verdict() == Verdict::Valid);
        if (ours.verdict() == Verdict::Valid) != (theirs == "valid") {
            differ.push(format!("{name}: ours {:?} {:?}, theirs {theirs}", ours.verdict(), codes(&ours)));
        }
    }
    assert!(differ.is_empty(), "{}:\n{}", differ.len(), differ.join("\n"));
    assert!((50..450).contains(&valid), "{valid} of them are valid");
}
