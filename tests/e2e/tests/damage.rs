//! Datablocks that were damaged after they were written: verification says which file.
#![allow(clippy::unwrap_used)]

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use longshore_e2e::cli::Cli;
use longshore_e2e::site::Site;
use longshore_e2e::{judge, tree};
use serde_json::Value;

/// An archived dataset of 60 files in several datablocks, and what the ledger says of it.
fn archived(site: &Site) -> (Cli, Value) {
    let cli = site.cli().variable("datablock_target_bytes", "1MiB");
    tree::write_small(&site.path("source"), 60, 100_000);
    cli.archive(&site.path("source"), "it");
    assert_eq!(cli.run(["verify", "it"]).code, 0);
    let shown = cli.json(["dataset", "show", "it", "--files"]);
    (cli, shown)
}

/// A file of the second datablock: its path, where its datablock lies, and the offset of its first byte there.
fn victim(shown: &Value) -> (String, PathBuf, u64) {
    let entries = shown["entries"].as_array().unwrap();
    let large = |entry: &&Value| entry["kind"] == "file" && entry["block"] == 1 && entry["size"].as_u64() > Some(1000);
    let entry = entries.iter().find(large).unwrap();
    let (block, _) = judge::blocks(shown)[1].clone();
    (entry["path"].as_str().unwrap().to_owned(), block, entry["offset"].as_u64().unwrap())
}

fn damaged(cli: &Cli, file: &str) {
    let said = cli.run(["verify", "it"]);
    said.refused(1, &[file]);
    let shown = cli.json(["dataset", "show", "it"]);
    assert_eq!(shown["dataset"]["state"], "damaged");
    assert_eq!(shown["blocks"][1]["state"], "damaged");
    assert_eq!(shown["blocks"][0]["state"], "proved");
}

#[test]
fn a_flipped_bit_names_the_file() {
    let site = Site::new("flip");
    let (cli, shown) = archived(&site);
    let (file, block, offset) = victim(&shown);
    let tar = OpenOptions::new().read(true).write(true).open(block).unwrap();
    let mut byte = [0];
    tar.read_exact_at(&mut byte, offset + 500).unwrap();
    tar.write_all_at(&[byte[0] ^ 0x10], offset + 500).unwrap();
    damaged(&cli, &file);
}

#[test]
fn a_datablock_cut_short_names_what_is_gone() {
    let site = Site::new("cut");
    let (cli, shown) = archived(&site);
    let (file, block, offset) = victim(&shown);
    OpenOptions::new().write(true).open(block).unwrap().set_len(offset + 500).unwrap();
    damaged(&cli, &file);
}

#[test]
fn a_datablock_that_is_gone_is_named() {
    let site = Site::new("gone");
    let (cli, shown) = archived(&site);
    let (_, block, _) = victim(&shown);
    std::fs::remove_file(&block).unwrap();
    cli.run(["verify", "it"]).refused(1, &[block.file_name().unwrap().to_str().unwrap()]);
    assert_ne!(cli.json(["dataset", "show", "it"])["dataset"]["state"], "archived");
}

#[test]
fn a_damaged_datablock_gives_no_wrong_file_back() {
    let site = Site::new("retrieve-damaged");
    let (cli, shown) = archived(&site);
    let (file, block, offset) = victim(&shown);
    OpenOptions::new().write(true).open(block).unwrap().write_all_at(b"damage", offset + 10).unwrap();
    let back = site.path("back");
    let said = cli.run(["retrieve", "it", back.to_str().unwrap()]);
    said.refused(1, &[&file]);
    assert!(!back.join(&file).exists(), "a wrong file got its final name");
}
