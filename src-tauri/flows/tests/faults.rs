//! What goes wrong, how it is told, and that nothing is lost by it.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use common::{Tree, Workshop, leftovers, noise, put, small, tree};
use longshore_catalogue::{BlockState, Catalogue, DatasetState, LandingState, PathBytes, Released};
use longshore_engine::{Class, Fault};
use longshore_testkit::Faulty;
use longshore_transfer::storage::Storage;
use serde_json::json;
use std::sync::Arc;

/// The storage from which the files of a source are read.
fn source_of(shop: &Workshop, source: &PathBytes) -> Arc<Faulty> {
    let above = source.as_bytes().iter().rposition(|b| *b == b'/').unwrap();
    shop.places.faulty_folder(&source.as_bytes()[..=above]).unwrap()
}

fn flip_byte(shop: &Workshop, block: &str, at: u64) {
    let mut file = OpenOptions::new().read(true).write(true).open(shop.lts_path(block)).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

fn code_of(fault: &Fault) -> (&str, Class) {
    (&fault.code, fault.class)
}

/// Packs a small dataset, spoils the datablock that holds a file, and gives the failure of its verification.
fn spoilt(shop: &Workshop, file: &str, spoil: impl Fn(&str, u64)) -> Fault {
    small(shop, "ds");
    shop.upload("ds").unwrap();
    let blocks = shop.pack("ds").unwrap();
    let copy = shop.entry("ds", file).copy.unwrap();
    let block = shop.catalogue.block(copy.block).unwrap();
    spoil(&block.path.to_text(), copy.data);
    shop.verify(&blocks).unwrap_err()
}

#[test]
fn a_flipped_bit_names_its_file_and_a_retry_writes_the_datablock_anew() {
    let shop = Workshop::new();
    let fault = spoilt(&shop, "data/file4", |block, data| flip_byte(&shop, block, data + 77_777));
    assert_eq!(code_of(&fault), ("fixity.mismatch", Class::Permanent));
    assert_eq!(fault.file.as_deref(), Some("data/file4"));
    assert_eq!(fault.what, "The datablock ds_2.tar is damaged: 1 file of 1 not right");
    let offset = shop.entry("ds", "data/file4").copy.unwrap().data;
    assert!(fault.why.starts_with(&format!("data/file4 (100000 bytes at byte {offset}): ")), "{}", fault.why);
    assert_eq!(fault.place.as_deref(), Some("lts:ds/ds_2.tar"));
    assert!(fault.now.contains("written again from the landing zone"), "{}", fault.now);
    assert_eq!(shop.dataset("ds").state, DatasetState::Damaged);
    assert_eq!(shop.entry("ds", "data/file4").proved_at, None);
    let refused = shop.task("landing.release", json!({"dataset": "ds"})).unwrap_err();
    assert_eq!(refused.code, "landing.unproved");
    shop.again(&["datablock.write", "datablock.verify"]);
    shop.archive("ds").unwrap();
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
    assert_eq!(shop.tree("lts", "ds").len(), 4, "three datablocks and the late folder's");
}

#[test]
fn a_part_that_cannot_be_read_names_the_file_in_it() {
    let shop = Workshop::new();
    let lts = shop.places.faulty("lts").unwrap();
    let fault = spoilt(&shop, "data/file4", |block, data| lts.bad_byte(block.as_bytes(), data + 5));
    assert_eq!(code_of(&fault), ("io.error", Class::Transient));
    assert_eq!(fault.file.as_deref(), Some("data/file4"));
    assert!(fault.why.starts_with("data/file4 (bytes "), "{}", fault.why);
    assert_eq!(shop.entry("ds", "data/file4").proved_at, None);
    lts.heal();
    shop.again(&["datablock.verify"]);
    shop.archive("ds").unwrap();
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived);
}

#[test]
fn damage_to_headers_alone_is_found() {
    let shop = Workshop::new();
    let fault = spoilt(&shop, "data/file4", |block, data| flip_byte(&shop, block, data - 400));
    assert_eq!(code_of(&fault), ("fixity.mismatch", Class::Permanent));
    assert!(fault.why.starts_with("Its files are right, but its headers or padding"), "{}", fault.why);
    assert_eq!(shop.dataset("ds").state, DatasetState::Damaged);
}

#[test]
fn a_datablock_cut_short_names_the_files_and_its_size() {
    let shop = Workshop::new();
    let fault = spoilt(&shop, "data/file2", |block, data| {
        OpenOptions::new().write(true).open(shop.lts_path(block)).unwrap().set_len(data + 10).unwrap();
    });
    assert_eq!(code_of(&fault), ("fixity.mismatch", Class::Permanent));
    assert_eq!(fault.file.as_deref(), Some("data/file2"));
    assert!(fault.why.contains("; the datablock has "), "{}", fault.why);
}

#[test]
fn a_datablock_that_is_gone_is_damage_and_is_written_anew() {
    let shop = Workshop::new();
    let fault = spoilt(&shop, "data/file1", |block, _| std::fs::remove_file(shop.lts_path(block)).unwrap());
    assert_eq!(code_of(&fault), ("fixity.mismatch", Class::Permanent));
    assert_eq!(fault.what, "The datablock ds_0.tar is gone");
    assert_eq!(shop.entry("ds", "data/link").proved_at, None);
    shop.again(&["datablock.write", "datablock.verify"]);
    shop.archive("ds").unwrap();
    assert_eq!(shop.history("ds").iter().filter(|event| *event == "damage").count(), 1);
}

#[test]
fn damage_after_the_release_is_told_and_the_rest_still_comes_back() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    let copy = shop.entry("ds", "data/file2").copy.unwrap();
    flip_byte(&shop, "ds/ds_1.tar", copy.data);
    let blocks = shop.task("dataset.blocks", json!({"dataset": "ds"})).unwrap();
    shop.again(&["datablock.verify"]);
    let fault = shop.verify(blocks["blocks"].as_array().unwrap()).unwrap_err();
    assert!(fault.now.contains("Restore the datablock from another copy"), "{}", fault.now);
    shop.again(&["datablock.write"]);
    let fault = shop.archive("ds").unwrap_err();
    assert_eq!((fault.code.as_str(), fault.file.as_deref()), ("landing.released", Some("data/file2")));
    let (dest, retrieved) = shop.folder("dest");
    let fault = shop.retrieve("ds", &dest, None).unwrap_err();
    assert_eq!((code_of(&fault), fault.file.as_deref()), (("fixity.mismatch", Class::Permanent), Some("data/file2")));
    assert!(tree(retrieved.as_ref(), b"data").contains_key(&PathBytes::from("file3")), "what is right came back");
    assert!(retrieved.stat(b"data/file2").is_err(), "what is wrong has no final name");
    let again = shop.retrieve("ds", &dest, None).unwrap_err();
    assert_eq!(again.code, "fixity.mismatch", "a second try does not pass over it");
    flip_byte(&shop, "ds/ds_1.tar", copy.data);
    shop.retrieve("ds", &dest, None).unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
}

#[test]
fn unreadable_and_vanished_files_are_told_at_once_and_the_others_land() {
    let shop = Workshop::new();
    let source = small(&shop, "ds");
    shop.task("dataset.list", json!({"dataset": "ds"})).unwrap();
    let faulty = source_of(&shop, &source);
    faulty.make_unreadable(b"data/file1");
    faulty.delete(b"data/file4").unwrap();
    let fault = shop.upload("ds").unwrap_err();
    assert_eq!(code_of(&fault), ("source.unreadable", Class::Permanent));
    assert_eq!(fault.what, "2 files of ds were not copied");
    assert_eq!(fault.file.as_deref(), Some("data/file1"));
    assert_eq!(fault.also, ["data/file4: it was there when the dataset was listed, and is gone"]);
    assert_eq!(shop.entry("ds", "data/below/deep/file5").landing, LandingState::Present);
    assert_eq!(shop.dataset("ds").state, DatasetState::Landing);
    let landed = shop.places.faulty("landing").unwrap().written();
    faulty.heal();
    put(faulty.as_ref(), b"data/file4", &noise(4, 100_000), 0o640, (1_700_000_000, 123_456_789));
    shop.upload_and_archive("ds").unwrap();
    let again = shop.places.faulty("landing").unwrap().written() - landed;
    assert_eq!(again, 130_000, "only what was missing is copied");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_told_and_taken_anew_by_a_retry() {
    let shop = Workshop::new();
    let source = small(&shop, "ds");
    shop.task("dataset.list", json!({"dataset": "ds"})).unwrap();
    let faulty = source_of(&shop, &source);
    let path = std::path::PathBuf::from(source.to_text()).join("file2");
    let longer = path.clone();
    faulty.on_read(b"data/file2", move || {
        OpenOptions::new().append(true).open(&longer).unwrap().write_all(b"and more").unwrap();
    });
    let fault = shop.upload("ds").unwrap_err();
    assert_eq!((code_of(&fault), fault.file.as_deref()), (("source.changed", Class::Permanent), Some("data/file2")));
    assert_eq!(shop.entry("ds", "data/file2").landing, LandingState::Absent);
    shop.upload_and_archive("ds").unwrap();
    assert_eq!(shop.entry("ds", "data/file2").size, 40_008);
    let (dest, _) = shop.folder("dest");
    shop.retrieve("ds", &dest, None).unwrap();
    let back = std::path::PathBuf::from(dest.to_text()).join("data/file2");
    assert_eq!(std::fs::read(back).unwrap(), std::fs::read(path).unwrap());
}

#[test]
fn a_full_lts_stops_the_writing_and_a_retry_goes_on() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload("ds").unwrap();
    let lts = shop.places.faulty("lts").unwrap();
    lts.leave_room(30_000);
    let fault = shop.pack("ds").unwrap_err();
    assert_eq!((code_of(&fault), fault.place.as_deref()), (("storage.full", Class::Fatal), Some("lts")));
    assert!(
        shop.tree("lts", "ds").keys().all(|path| !path.as_bytes().ends_with(b".tar")),
        "no half file has a final name"
    );
    lts.heal();
    shop.archive("ds").unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
}

#[test]
fn a_full_landing_zone_and_a_full_destination_stop_and_go_on() {
    let shop = Workshop::new();
    small(&shop, "ds");
    let landing = shop.places.faulty("landing").unwrap();
    landing.leave_room(50_000);
    let fault = shop.upload("ds").unwrap_err();
    assert_eq!((code_of(&fault), fault.place.as_deref()), (("storage.full", Class::Fatal), Some("landing")));
    landing.heal();
    shop.upload_and_archive("ds").unwrap();
    let (dest, _) = shop.folder("dest");
    let there = shop.places.faulty_folder(dest.as_bytes()).unwrap();
    there.leave_room(50_000);
    let fault = shop.retrieve("ds", &dest, None).unwrap_err();
    assert_eq!(code_of(&fault), ("storage.full", Class::Fatal));
    there.heal();
    shop.retrieve("ds", &dest, None).unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
}

#[test]
fn nothing_is_released_without_its_proof() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload("ds").unwrap();
    shop.pack("ds").unwrap();
    let before = shop.tree("landing", "ds");
    let fault = shop.task("landing.release", json!({"dataset": "ds"})).unwrap_err();
    assert_eq!(code_of(&fault), ("landing.unproved", Class::Permanent));
    assert_eq!(shop.tree("landing", "ds"), before);
    let file = shop.entry("ds", "data/file1").id;
    let refused = shop.catalogue.record_released(shop.dataset("ds").id, &[Released { entry: file, at: 1 }]);
    assert!(refused.is_err(), "the ledger refuses it too");
    let fault = shop.task("dataset.report", json!({"dataset": "ds"})).unwrap_err();
    assert_eq!(fault.code, "dataset.not_proved");
    assert_eq!(fault.why, "Of 4 datablocks, 0 proved, 4 written and not read back, 0 damaged, 0 not written");
}

#[test]
fn a_landing_file_that_was_changed_is_neither_packed_nor_deleted() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload("ds").unwrap();
    let landing = shop.places.faulty("landing").unwrap();
    put(landing.as_ref(), b"ds/data/file2", &noise(99, 40_000), 0o640, (1_700_000_000, 123_456_789));
    let fault = shop.pack("ds").unwrap_err();
    assert_eq!(
        (code_of(&fault), fault.file.as_deref()),
        (("landing.changed", Class::Permanent), Some("ds/data/file2"))
    );
    put(landing.as_ref(), b"ds/data/file2", &noise(2, 40_000), 0o640, (1_700_000_000, 123_456_789));
    let blocks = shop.pack("ds").unwrap();
    shop.verify(&blocks).unwrap();
    put(landing.as_ref(), b"ds/data/file2", b"new work", 0o640, (1_800_000_000, 0));
    let fault = shop.archive("ds").unwrap_err();
    assert_eq!((fault.code.as_str(), fault.file.as_deref()), ("landing.changed", Some("data/file2")));
    assert!(landing.stat(b"ds/data/file2").is_ok(), "what is archived nowhere stays");
    landing.delete(b"ds/data/file2").unwrap();
    put(landing.as_ref(), b"ds/notes.txt", b"not of the dataset", 0o644, (1, 0));
    shop.archive("ds").unwrap();
    let left: Vec<_> = shop.tree("landing", "ds").into_keys().map(|path| path.to_text()).collect();
    assert_eq!(left, ["notes.txt"], "what Longshore did not put there stays");
}

#[test]
fn a_strange_file_in_a_datablocks_place_is_not_overwritten() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload("ds").unwrap();
    let lts = shop.places.faulty("lts").unwrap();
    put(lts.as_ref(), b"ds/ds_0.tar", b"of another workspace", 0o644, (1, 0));
    let fault = shop.pack("ds").unwrap_err();
    assert_eq!(code_of(&fault), ("datablock.exists", Class::Permanent));
    assert_eq!(shop.tree("lts", "ds")[&PathBytes::from("ds_0.tar")].holds, b"of another workspace");
}

#[test]
fn what_lies_in_the_destination_is_never_overwritten() {
    let shop = Workshop::new();
    small(&shop, "ds");
    shop.upload_and_archive("ds").unwrap();
    let (dest, retrieved) = shop.folder("dest");
    put(retrieved.as_ref(), b"data/file1", b"the operator's", 0o600, (5, 5));
    put(retrieved.as_ref(), b"data/file2", &noise(2, 40_000), 0o600, (5, 5));
    put(retrieved.as_ref(), b"other", b"mine", 0o600, (5, 5));
    retrieved.make_link(b"data/link", b"elsewhere").unwrap();
    let before = tree(retrieved.as_ref(), b"");
    let fault = shop.retrieve("ds", &dest, None).unwrap_err();
    assert_eq!((code_of(&fault), fault.file.as_deref()), (("dest.exists", Class::Permanent), Some("data/file1")));
    assert_eq!(fault.also, ["data/link"]);
    assert_eq!(tree(retrieved.as_ref(), b""), before);
    retrieved.delete(b"data/file1").unwrap();
    retrieved.delete(b"data/link").unwrap();
    let written = shop.places.faulty_folder(dest.as_bytes()).unwrap().written();
    shop.retrieve("ds", &dest, None).unwrap();
    let written = shop.places.faulty_folder(dest.as_bytes()).unwrap().written() - written;
    assert_eq!(written, 135_000, "what is there and the same is not written again");
    let after = tree(retrieved.as_ref(), b"");
    assert_eq!(
        (after[&PathBytes::from("data/file2")].mode, after[&PathBytes::from("other")].mode),
        (Some(0o640), Some(0o600))
    );
}

#[test]
fn what_cannot_be_a_dataset_is_refused_and_leaves_nothing() {
    let shop = Workshop::new();
    let (empty, folder) = shop.folder("source/empty");
    folder.make_folder(b"only/folders").unwrap();
    let (same, other) = shop.folder("other/empty");
    put(other.as_ref(), b"file", b"x", 0o644, (1, 0));
    let (reserved, parts) = shop.folder("source/reserved");
    put(parts.as_ref(), b"file", b"x", 0o644, (1, 0));
    std::fs::write(shop.places.top().join("source/reserved/.x.longshore-part"), b"x").unwrap();
    let missing = PathBytes::from("/no/such/folder");
    let relative = PathBytes::from("some/where");
    let wrong: [(&str, &[PathBytes]); 5] = [
        ("dataset.empty", std::slice::from_ref(&empty)),
        ("source.same_name", &[same, empty.clone()]),
        ("source.missing", &[missing, empty.clone()]),
        ("source.relative", &[relative]),
        ("name.reserved", &[reserved]),
    ];
    for (code, sources) in wrong {
        shop.create(code, sources);
        let fault = shop.upload(code).unwrap_err();
        assert_eq!((code_of(&fault), fault.dataset.as_deref()), ((code, Class::Permanent), Some(code)));
        assert!(!shop.dataset(code).listed);
    }
    assert_eq!(shop.tree("landing", ""), Tree::new());
    put(folder.as_ref(), b"now/a file", b"x", 0o644, (1, 0));
    shop.upload("dataset.empty").unwrap();
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_the_listing_starts_again() {
    let shop = Workshop::new();
    let source = small(&shop, "ds");
    let faulty = source_of(&shop, &source);
    faulty.make_unreadable(b"data/below");
    let fault = shop.upload("ds").unwrap_err();
    assert_eq!(fault.code, "source.unreadable");
    assert_eq!(fault.file.as_deref(), Some("data/below: a test makes it fail"));
    faulty.heal();
    shop.upload("ds").unwrap();
    assert_eq!(shop.dataset("ds").totals.files, 5);
}

#[test]
fn what_is_not_archived_is_not_read_back_or_retrieved() {
    let shop = Workshop::new();
    small(&shop, "ds");
    let manifest = json!({"dataset": "ds", "block_size": "64KiB"});
    assert_eq!(shop.task("dataset.manifest", manifest.clone()).unwrap_err().code, "dataset.not_landed");
    shop.upload("ds").unwrap();
    let blocks = shop.task("dataset.manifest", manifest).unwrap();
    let (dest, _) = shop.folder("dest");
    assert_eq!(shop.retrieve("ds", &dest, None).unwrap_err().code, "dataset.not_archived");
    assert_eq!(shop.task("dataset.blocks", json!({"dataset": "ds"})).unwrap_err().code, "dataset.not_archived");
    assert_eq!(shop.verify(&[blocks["blocks"][0].clone()]).unwrap_err().code, "datablock.unwritten");
    shop.pack("ds").unwrap();
    shop.retrieve("ds", &dest, None).unwrap();
    let warned = shop.host("retrieve.plan", &json!({"dataset": "ds", "dest": dest, "files": null})).logs();
    assert!(warned.iter().any(|(_, text)| text.starts_with("Not proved as a whole: ds_0.tar")), "{warned:?}");
    assert!(
        shop.catalogue.blocks(shop.dataset("ds").id).unwrap().iter().all(|block| block.state == BlockState::Written)
    );
}
