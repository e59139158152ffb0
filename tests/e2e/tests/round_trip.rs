//! Archive, prove, judge by other programs, retrieve, compare: on trees that any machine has and on names that break careless programs.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::path::Path;

use longshore_e2e::site::Site;
use longshore_e2e::{judge, soak, tree};

/// The whole round, with datablocks of this target size.
fn round(name: &str, block: &str, make: impl FnOnce(&Path)) {
    let site = Site::new(name);
    let cli = site.cli().variable("datablock_target_bytes", block);
    let source = site.path("source");
    make(&source);
    let before = tree::read(&source);
    cli.archive(&source, name);
    tree::assert_same(&before, &tree::read(&source));
    judge::archived(&cli, name, &source, &before);
    let back = site.path("back");
    cli.retrieve(name, &back);
    tree::assert_same(&before, &tree::read(&back.join("source")));
    judge::nothing_is_left_over(&cli);
}

#[test]
fn names_modes_times_and_links_come_back_as_they_were() {
    round("strange", "8MiB", tree::write_strange);
}

#[test]
fn a_path_of_4096_bytes_comes_back() {
    let site = Site::new("deep");
    let (cli, source, back) = (site.cli(), site.path("s"), site.path("back"));
    // The source's folder is part of the path inside the dataset: archive what lies in it.
    tree::write_deep(&source);
    let before = tree::read(&source);
    assert!(before.keys().any(|path| path.len() == 4096));
    let mut inside = source.clone().into_os_string();
    inside.push("/");
    cli.ok([OsStr::new("archive"), &inside, "--name".as_ref(), "deep".as_ref()]);
    cli.retrieve("deep", &back);
    let without_top = |mut content: tree::Content| {
        content.remove(OsStr::new(""));
        content
    };
    tree::assert_same(&without_top(before), &without_top(tree::read(&back)));
    judge::nothing_is_left_over(&cli);
}

#[test]
fn sources_of_crates_come_back() {
    round("registry", "32MiB", |source| tree::copy_registry(source, if soak() { usize::MAX } else { 3_000 }));
}

#[test]
fn a_toolchain_with_its_links_comes_back() {
    round("toolchain", "64MiB", tree::copy_toolchain);
}

#[test]
fn small_files_by_the_thousand_come_back() {
    round("small", "16MiB", |source| tree::write_small(source, if soak() { 200_000 } else { 20_000 }, 4096));
}

#[test]
fn large_files_come_back() {
    round("large", "256MiB", |source| {
        for number in 0..3 {
            tree::write_random(&source.join(format!("grid{number}/movie.tiff")), 96 << 20, number + 1);
        }
        tree::write_random(&source.join("larger than a datablock"), 300 << 20, 9);
    });
}

#[test]
fn the_plan_says_what_is_then_done() {
    let site = Site::new("plan");
    let cli = site.cli().variable("datablock_target_bytes", "4MiB");
    let source = site.path("source");
    tree::write_small(&source, 400, 60_000);
    let planned = cli.json([OsStr::new("plan"), "archive".as_ref(), source.as_ref()]);
    assert_eq!(cli.json(["datasets"])["total"], 0, "a plan does nothing");
    cli.archive(&source, "planned");
    let shown = cli.json(["dataset", "show", "planned"]);
    assert_eq!(planned["files"], shown["dataset"]["files"]);
    assert_eq!(planned["bytes"], shown["dataset"]["bytes"]);
    let facts = |blocks: &serde_json::Value, facts: [&str; 3]| -> Vec<Vec<serde_json::Value>> {
        let blocks = blocks.as_array().unwrap();
        blocks.iter().map(|block| facts.iter().map(|fact| block[*fact].clone()).collect()).collect()
    };
    let which = ["number", "files", "size"];
    assert_eq!(facts(&planned["blocks"], which), facts(&shown["blocks"], which));
    assert!(facts(&shown["blocks"], which).len() > 2);
}

#[test]
fn one_file_comes_back_without_the_rest() {
    let site = Site::new("single");
    let cli = site.cli().variable("datablock_target_bytes", "8MiB");
    let (source, back) = (site.path("source"), site.path("back"));
    tree::write_strange(&source);
    cli.archive(&source, "single");
    let wanted = "source/deep/er/larger than a datablock";
    cli.ok([OsStr::new("retrieve"), "single".as_ref(), back.as_ref(), "--file".as_ref(), wanted.as_ref()]);
    assert_eq!(judge::files_in(&back), [back.join(wanted)]);
    let found = cli.json(["find", "larger than"]);
    assert_eq!(found[0]["entry"]["path"], wanted);
    let one = |path: &Path| tree::read(path.parent().unwrap())[path.file_name().unwrap()].clone();
    assert_eq!(one(&back.join(wanted)), one(&site.path(wanted)));
}
