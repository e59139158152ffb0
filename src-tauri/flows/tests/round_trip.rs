//! Archive and retrieve: what comes back is what went in, whatever it is called and whatever it is.
#![allow(clippy::unwrap_used)]

mod common;

use common::{TARGET, Workshop, leftovers, noise, put, small, tree};
use longshore_catalogue::{BlockState, Catalogue, DatasetState, PathBytes};
use longshore_transfer::storage::{Kind, Storage};
use serde_json::json;

/// Archives the folder, retrieves it, and compares.
fn there_and_back(shop: &Workshop, source: &dyn Storage, path: &PathBytes) {
    let top = path.file_name().to_vec();
    shop.create("ds", std::slice::from_ref(path));
    let before = tree(source, b"");
    shop.upload_and_archive("ds").unwrap();
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
    assert_eq!(shop.tree("landing", ""), common::Tree::new(), "the landing zone is empty");
    let (dest, retrieved) = shop.folder("dest");
    shop.retrieve("ds", &dest, None).unwrap();
    let after = tree(retrieved.as_ref(), &top);
    let differs = before.iter().find(|(path, lies)| after.get(*path) != Some(*lies));
    assert!(differs.is_none(), "{differs:?}");
    assert_eq!(before.len(), after.len());
    assert_eq!(leftovers(shop), Vec::<PathBytes>::new());
}

#[test]
fn hostile_names_come_back_byte_for_byte() {
    let shop = Workshop::new();
    let (path, source) = shop.folder("source/hostile");
    let names: [&[u8]; 9] = [
        b"new\nline",
        b"\xff\xfe not utf-8",
        "right\u{202E}gpj.exe".as_bytes(),
        b"back\\slash",
        b" space ",
        b"-rf",
        b"tab\t\x01",
        "Ångström.tif".as_bytes(),
        &[b'n'; 255],
    ];
    for (seed, name) in (1..).zip(names) {
        put(source.as_ref(), name, &noise(seed, 100), 0o600, (1_600_000_000, 999_999_999));
        put(source.as_ref(), &[b"in/", name, b"/", name].concat(), b"", 0o444, (0, 0));
    }
    there_and_back(&shop, source.as_ref(), &path);
}

#[test]
fn a_path_of_4096_bytes_comes_back() {
    let shop = Workshop::new();
    let (path, source) = shop.folder("source/deep");
    let mut deep = [[b'd'; 200].as_slice(); 20].join(&b'/');
    deep.push(b'/');
    deep.resize(4096 - "deep/".len(), b'f');
    put(source.as_ref(), &deep, b"at the bottom", 0o644, (1_000_000_000, 5));
    there_and_back(&shop, source.as_ref(), &path);
    let longest = shop.catalogue.entries_after(shop.dataset("ds").id, 0, 100).unwrap().pop().unwrap();
    assert_eq!(longest.path.as_bytes().len(), 4096);
}

#[test]
fn empty_files_and_folders_links_modes_and_times_come_back() {
    let shop = Workshop::new();
    let (path, source) = shop.folder("source/kinds");
    let source = source.as_ref();
    put(source, b"empty", b"", 0o644, (1_234_567_890, 1));
    put(source, b"setuid", b"x", 0o4755, (-1, 999_999_999));
    put(source, b"far future", b"x", 0o000, (1 << 33, 7));
    source.make_folder(b"empty folder/in it").unwrap();
    source.make_link(b"dangling", b"nowhere/at all").unwrap();
    source.make_link(b"absolute", b"/etc/passwd").unwrap();
    source.make_link(b"long", &[b'l'; 300]).unwrap();
    source.set_meta(b"dangling", None, Some((1_111_111_111, 222_222_222))).unwrap();
    source.set_meta(b"empty folder/in it", Some(0o1777), Some((1_333_333_333, 444))).unwrap();
    source.set_meta(b"empty folder", Some(0o500), Some((1_555_555_555, 666))).unwrap();
    there_and_back(&shop, source, &path);
}

#[test]
fn files_larger_than_the_target_and_many_small_ones_come_back() {
    let shop = Workshop::new();
    let (path, source) = shop.folder("source/sizes");
    for number in 0..1500_u64 {
        put(
            source.as_ref(),
            format!("many/{number:04}").as_bytes(),
            &noise(number, 40),
            0o644,
            (number.cast_signed(), 3),
        );
    }
    put(source.as_ref(), b"big/0", &noise(1, 3_000_000), 0o644, (1, 1));
    put(source.as_ref(), b"big/1", &noise(2, 200_000), 0o644, (1, 1));
    there_and_back(&shop, source.as_ref(), &path);
    let blocks = shop.catalogue.blocks(shop.dataset("ds").id).unwrap();
    assert!(blocks.iter().all(|block| block.state == BlockState::Proved && block.plan.files > 0));
    assert!(blocks.iter().all(|block| block.plan.size <= TARGET || block.plan.files == 1));
    let sizes = blocks.iter().map(|block| std::fs::metadata(shop.lts_path(&block.path.to_text())).unwrap().len());
    assert!(sizes.eq(blocks.iter().map(|block| block.plan.size)), "planned sizes are exact");
}

#[test]
fn gnu_tar_reads_a_datablock_and_finds_it_right() {
    let shop = Workshop::new();
    let source = small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    let (unpacked, _) = shop.folder("unpacked");
    let unpacked = unpacked.to_text();
    for block in shop.catalogue.blocks(shop.dataset("ds").id).unwrap() {
        let tar = std::process::Command::new("tar")
            .args(["-xpf"])
            .arg(shop.lts_path(&block.path.to_text()))
            .args(["-C", &unpacked])
            .output();
        let tar = tar.unwrap();
        assert!(tar.status.success() && tar.stderr.is_empty(), "{}", String::from_utf8_lossy(&tar.stderr));
    }
    let diff = std::process::Command::new("diff")
        .args(["-r", "--no-dereference", &source.to_text(), &format!("{unpacked}/data")])
        .output();
    let diff = diff.unwrap();
    assert!(diff.status.success(), "{}", String::from_utf8_lossy(&diff.stdout));
}

#[test]
fn single_files_and_folders_are_retrieved_by_themselves() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    let (dest, retrieved) = shop.folder("new/dest");
    let lts = shop.places.faulty("lts").unwrap();
    let before = lts.bytes_read();
    let done = shop.retrieve("ds", &dest, Some(&["data/file2", "data/below", "data/below/deep"])).unwrap();
    assert_eq!((done["files"].as_u64(), done["bytes"].as_u64()), (Some(2), Some(45_000)));
    let names: Vec<_> = tree(retrieved.as_ref(), b"").into_keys().map(|path| path.to_text()).collect();
    assert_eq!(
        names,
        ["data", "data/below", "data/below/deep", "data/below/deep/file5", "data/below/empty", "data/file2"]
    );
    assert!(lts.bytes_read() - before < 100_000, "only what was asked for is read");
    let unknown = shop.retrieve("ds", &dest, Some(&["data/none"])).unwrap_err();
    assert_eq!((unknown.code.as_str(), unknown.file.as_deref()), ("entry.unknown", Some("data/none")));
}

#[test]
fn sources_are_folders_their_contents_and_files() {
    let shop = Workshop::new();
    let (first, a) = shop.folder("source/a");
    let (second, b) = shop.folder("source/b");
    put(a.as_ref(), b"one", b"1", 0o644, (1, 0));
    put(b.as_ref(), b"two", b"2", 0o644, (1, 0));
    put(b.as_ref(), b"three", b"3", 0o644, (1, 0));
    let contents = PathBytes::new([second.as_bytes(), b"/"].concat());
    let file = second.join(b"two");
    shop.create("ds", &[first, contents]);
    shop.upload("ds").unwrap();
    let paths = |pid| {
        let entries = shop.catalogue.entries_after(shop.dataset(pid).id, 0, 100).unwrap();
        entries.into_iter().map(|entry| (entry.path.to_text(), entry.source)).collect::<Vec<_>>()
    };
    assert_eq!(paths("ds"), [("a".into(), 0), ("a/one".into(), 0), ("three".into(), 1), ("two".into(), 1)]);
    shop.create("file", std::slice::from_ref(&file));
    shop.upload("file").unwrap();
    assert_eq!(paths("file"), [("two".into(), 0)]);
    let starts = shop.started.0.lock().unwrap();
    assert_eq!(starts.get("archive_dataset/file"), Some(&json!({"dataset_id": "file"})));
}

#[test]
fn special_files_are_named_and_left_out() {
    let shop = Workshop::new();
    small(&shop, "ds");
    let pipe = shop.places.top().join("source/data/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    shop.upload_and_archive("ds").unwrap();
    assert_eq!(shop.dataset("ds").totals.special, 1);
    let history = shop.catalogue.history(shop.dataset("ds").id);
    let line = history.iter().find(|line| line.event == "special").unwrap();
    assert_eq!(line.text, "1 pipe, socket or device was left out: data/pipe");
    assert_eq!(shop.history("ds").last().map(String::as_str), Some("archived"));
    assert!(!shop.tree("lts", "ds").values().any(|lies| lies.kind == Kind::Special));
}
