//! Packs a folder into one tar, checks it, and says how long it took and how many bytes moved.
//!
//! `throughput pack FOLDER TAR` packs and checks; `throughput copy FOLDER TARGET` copies, with both checksums.

use std::error::Error;
use std::time::Instant;

use longshore_connectors::local::Local;
use longshore_formats::tar;
use longshore_transfer::storage::{Kind, Meta, Storage, join};
use longshore_transfer::{Result, Watch, check, copy, many, pack};

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, from, to] = arguments.as_slice() else { return Err("throughput pack|copy FROM TO".into()) };
    let source = Local::open("source", from.as_bytes())?;
    let mut entries = Vec::new();
    list(&source, b"", &mut entries)?;
    println!("{} entries", entries.len());
    match what.as_str() {
        "pack" => pack_and_check(&source, &entries, to)?,
        _ => copy_all(&source, &entries, to)?,
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let io = std::fs::read_to_string("/proc/self/io")?;
    for line in status.lines().chain(io.lines()).filter(|line| line.starts_with("VmHWM") || line.contains("_bytes")) {
        println!("{line}");
    }
    Ok(())
}

fn list(source: &Local, folder: &[u8], entries: &mut Vec<(Vec<u8>, Meta)>) -> longshore_transfer::storage::Result<()> {
    let (mut lines, mut folders) = (Vec::new(), Vec::new());
    source.list(folder, &mut |line| {
        let path = join(folder, &line.name);
        let among = if line.meta.kind == Kind::Folder { &mut folders } else { &mut lines };
        among.push((path, line.meta));
        Ok(())
    })?;
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    folders.sort_by(|a, b| a.0.cmp(&b.0));
    entries.extend(lines);
    for (path, meta) in folders {
        entries.push((path.clone(), meta));
        list(source, &path, entries)?;
    }
    Ok(())
}

fn pack_and_check(source: &Local, entries: &[(Vec<u8>, Meta)], to: &str) -> std::result::Result<(), Box<dyn Error>> {
    let (folder, name) = to.rsplit_once('/').ok_or("TAR is an absolute path")?;
    let target = Local::open("target", folder.as_bytes())?;
    let mut ledger = Ledger { entries, packed: Vec::new(), proved: 0 };
    let start = Instant::now();
    let options = pack::Options { replace: true, size: None };
    let mut members = Listed(entries);
    let written =
        pack::pack(source, &target, name.as_bytes(), &mut members, &tar::TRAILER, options, None, &mut ledger)?;
    let packed = start.elapsed();
    let start = Instant::now();
    let mut expected = Expected { entries, packed: std::mem::take(&mut ledger.packed) };
    let (size, sha256) = (written.size, written.sha256);
    let checked = check::check(&target, name.as_bytes(), size, sha256, &mut expected, None, &mut ledger)?;
    let gib = written.size as f64 / f64::from(1 << 30);
    let (pack, check) = (packed.as_secs_f64(), start.elapsed().as_secs_f64());
    println!("pack {pack:.2} s, check {check:.2} s, together {:.2} s per GiB", (pack + check) / gib);
    println!(
        "right {} of {}, whole {}, medium {}",
        checked.right, ledger.proved, checked.whole_ok, checked.from_medium
    );
    Ok(())
}

fn copy_all(source: &Local, entries: &[(Vec<u8>, Meta)], to: &str) -> std::result::Result<(), Box<dyn Error>> {
    let target = Local::open("target", to.as_bytes())?;
    let start = Instant::now();
    let mut ledger = Ledger { entries, packed: Vec::new(), proved: 0 };
    let options = copy::Options { md5: true, reflink: false, replace: true, read_back: false };
    let summary = many::copy_many(source, &target, &mut Items(entries), 0, options, Vec::new(), &mut ledger)?;
    println!("copied {} files, {} bytes in {:.2} s", summary.files, summary.bytes, start.elapsed().as_secs_f64());
    Ok(())
}

struct Listed<'a>(&'a [(Vec<u8>, Meta)]);

fn entry((path, meta): &(Vec<u8>, Meta)) -> tar::Entry<'_> {
    let kind = match meta.kind {
        Kind::Folder => tar::Kind::Folder,
        Kind::Link => tar::Kind::Link { target: &meta.link },
        Kind::File | Kind::Special => tar::Kind::File { size: meta.size },
    };
    tar::Entry { path, kind, mode: meta.mode.unwrap_or(0o644), mtime: meta.mtime }
}

impl pack::Members for Listed<'_> {
    fn page(&mut self, after: i64) -> Result<Vec<pack::Member>> {
        let from = usize::try_from(after).unwrap_or(0);
        let group: Vec<_> = self.0.iter().skip(from).take(tar::GROUP).collect();
        let nanos: Vec<u32> = group.iter().map(|(_, meta)| meta.mtime.1).collect();
        let mut before = tar::group_comment(&nanos);
        Ok(group
            .into_iter()
            .zip(after + 1..)
            .map(|(line, id)| {
                let mut header = std::mem::take(&mut before);
                header.extend(tar::header(&entry(line)));
                let (path, size) = (line.0.clone(), line.1.size);
                let content = || pack::Content { path, within: None, size, sha256: None, md5: false };
                pack::Member { id, header, content: (line.1.kind == Kind::File).then(content) }
            })
            .collect())
    }
}

struct Items<'a>(&'a [(Vec<u8>, Meta)]);

impl many::Items for Items<'_> {
    fn page(&mut self, after: i64) -> Result<Vec<copy::Item>> {
        let from = usize::try_from(after).unwrap_or(0);
        let files = self.0.iter().zip(1..).skip(from).filter(|((_, meta), _)| meta.kind == Kind::File);
        let item = |((path, meta), id): (&(Vec<u8>, Meta), i64)| copy::Item {
            id,
            source: path.clone(),
            target: path.clone(),
            size: meta.size,
            mtime: meta.mtime,
            mode: meta.mode.unwrap_or(0o644),
        };
        Ok(files.take(1000).map(item).collect())
    }
}

struct Expected<'a> {
    entries: &'a [(Vec<u8>, Meta)],
    packed: Vec<pack::Packed>,
}

impl check::ExpectedPages for Expected<'_> {
    fn page(&mut self, after: i64) -> Result<Vec<check::Expected>> {
        let from = usize::try_from(after).unwrap_or(0);
        let page = self.entries.iter().zip(&self.packed).skip(from);
        let expected = page.filter_map(|((_, meta), packed)| {
            let (data, size) = (packed.data, meta.size);
            packed.sha256.map(|sha256| check::Expected { id: packed.id, data, size, sha256 })
        });
        Ok(expected.take(1000).collect())
    }
}

struct Ledger<'a> {
    entries: &'a [(Vec<u8>, Meta)],
    packed: Vec<pack::Packed>,
    proved: usize,
}

impl Watch for Ledger<'_> {
    fn progress(&mut self, _: u64, _: u64, _: &[u8]) {}

    fn cancelled(&self) -> bool {
        self.entries.is_empty()
    }
}

impl pack::Observer for Ledger<'_> {
    fn packed(&mut self, batch: &[pack::Packed]) -> Result<()> {
        self.packed.extend_from_slice(batch);
        Ok(())
    }

    fn checkpoint(&mut self, _: &pack::Checkpoint) -> Result<()> {
        Ok(())
    }
}

impl check::Observer for Ledger<'_> {
    fn proved(&mut self, batch: &[i64]) -> Result<()> {
        self.proved += batch.len();
        Ok(())
    }

    fn wrong(&mut self, _: &[check::Wrong]) -> Result<()> {
        Ok(())
    }

    fn checkpoint(&mut self, _: &check::Checkpoint) -> Result<()> {
        Ok(())
    }
}

impl many::Observer for Ledger<'_> {
    fn copied(&mut self, batch: &[copy::Copied]) -> Result<()> {
        self.proved += batch.len();
        Ok(())
    }

    fn failed(&mut self, _: &copy::Item, fail: longshore_transfer::Fail) -> Result<()> {
        Err(fail)
    }

    fn checkpoint(&mut self, _: &copy::Checkpoint) -> Result<()> {
        Ok(())
    }
}
