//! Judges that share no code with Longshore: GNU tar, sha256sum and md5sum.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use longshore_catalogue::PathBytes;
use serde_json::Value;

use crate::cli::Cli;
use crate::process::tool;
use crate::tree::{self, Content};

/// Ending of temporary names.
const PART: &str = "longshore-part";

/// Judges an archived dataset: the ledger says that all is proved, other programs find the same bytes in the datablocks, and nothing
/// is left over. `source` is what was archived, under its folder's name.
pub fn archived(cli: &Cli, dataset: &str, source: &Path, content: &Content) {
    let shown = cli.json(["dataset", "show", dataset, "--files"]);
    let row = &shown["dataset"];
    assert_eq!(row["state"], "archived", "{row}");
    assert_eq!(row["proved_files"], tree::files(content), "{row}");
    assert_eq!(row["proved_bytes"], tree::bytes(content), "{row}");
    assert_eq!(row["landing_files"], 0, "{row}");
    let blocks = blocks(&shown);
    let lts = blocks[0].0.parent().unwrap();
    assert_eq!(files_in(lts).len(), blocks.len(), "only the ledger's datablocks lie there: {:?}", files_in(lts));
    for (path, sha256) in &blocks {
        assert_eq!(
            sums("sha256sum", path.parent().unwrap(), std::slice::from_ref(path))[path],
            *sha256,
            "{}",
            path.display()
        );
    }
    unpacked(&shown, &blocks, source, content);
    nothing_is_left_over(cli);
}

/// Path and checksum of each datablock, as the ledger has them.
pub fn blocks(shown: &Value) -> Vec<(PathBuf, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned();
    let blocks = shown["blocks"].as_array().unwrap();
    assert!(!blocks.is_empty() && blocks.iter().all(|block| block["state"] == "proved"), "{blocks:?}");
    blocks.iter().map(|block| (PathBuf::from(text(&block["path"])), text(&block["sha256"]))).collect()
}

fn unpacked(shown: &Value, blocks: &[(PathBuf, String)], source: &Path, content: &Content) {
    let into = tempfile::tempdir_in(source.parent().unwrap()).unwrap();
    for (path, _) in blocks {
        tool(
            Command::new("tar")
                .args(["--extract", "--preserve-permissions", "--file"])
                .arg(path)
                .arg("--directory")
                .arg(into.path()),
        );
    }
    let top = into.path().join(source.file_name().unwrap());
    tree::assert_same(&tree::to_the_second(content), &tree::to_the_second(&tree::read(&top)));
    let entries = shown["entries"].as_array().unwrap();
    let files: BTreeMap<PathBuf, &Value> =
        entries.iter().filter(|entry| entry["kind"] == "file").map(|entry| (native(&entry["path"]), entry)).collect();
    let short: Vec<PathBuf> = files.keys().filter(|path| path.as_os_str().len() < 3000).cloned().collect();
    for (sum, name) in [("md5sum", "md5"), ("sha256sum", "sha256")] {
        for (path, found) in sums(sum, into.path(), &short) {
            assert_eq!(files[&path][name], found, "{name} of {}", path.display());
        }
    }
}

/// No temporary file, no landing zone, no slot and no room held.
pub fn nothing_is_left_over(cli: &Cli) {
    let left: Vec<PathBuf> =
        files_in(cli.workspace()).into_iter().filter(|path| path.to_string_lossy().contains(PART)).collect();
    assert!(left.is_empty(), "temporary files are left: {left:?}");
    assert_eq!(files_in(&cli.workspace().join("landing")), Vec::<PathBuf>::new(), "the landing zone is not empty");
    let storages = cli.json(["storage", "list"]);
    for storage in storages.as_array().unwrap() {
        assert_eq!(storage["reserved"], 0, "{storage}");
        let shown = cli.json(["storage", "show", storage["name"].as_str().unwrap()]);
        assert_eq!(shown["reservations"].as_array().map(Vec::len), Some(0), "{shown}");
    }
}

/// Every file below a folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_in(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// A path from its text form.
pub fn native(text: &Value) -> PathBuf {
    let bytes = PathBytes::from_text(text.as_str().unwrap()).unwrap().into_bytes();
    PathBuf::from(OsString::from_vec(bytes))
}

fn sums(program: &str, folder: &Path, files: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    // As many names as fit in one command line with room to spare.
    for some in files.chunks(500) {
        let asked = Command::new(program).args(["--zero", "--"]).args(some).current_dir(folder).output().unwrap();
        assert!(asked.status.success(), "{program}: {}", String::from_utf8_lossy(&asked.stderr));
        for line in asked.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let (sum, path) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap());
            found.insert(
                PathBuf::from(OsString::from_vec(path[2..].to_vec())),
                String::from_utf8_lossy(sum).into_owned(),
            );
        }
    }
    found
}
