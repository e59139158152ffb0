//! Listing, pages and searches of the catalogue.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Place, entry};
use longshore_catalogue::{Catalogue, EntryKind, Error, HistoryLine, Metadata, Mtime, NewDataset, PathBytes, Totals};
use longshore_store::{DatasetFilter, Store};

fn small(store: &Store) -> i64 {
    let id = common::dataset(store, "pid").id;
    let entries = [
        entry("a", EntryKind::Folder, 0),
        entry("a/2.txt", EntryKind::File, 20),
        entry("a/10%.TXT", EntryKind::File, 10),
        entry("a/link", EntryKind::Link, 0),
        entry("a/b", EntryKind::Folder, 0),
        entry("a/b/deep.txt", EntryKind::File, 5),
        entry("a/c", EntryKind::Folder, 0),
        entry("top.txt", EntryKind::File, 1),
    ];
    store.add_entries(id, &entries[..3]).unwrap();
    store.add_entries(id, &entries[3..]).unwrap();
    store.finish_listing(id, 2).unwrap();
    id
}

fn refusal<T: std::fmt::Debug>(result: longshore_catalogue::Result<T>) -> String {
    match result.unwrap_err() {
        Error::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_and_pids_are_unique_and_the_same_dataset_is_given_back() {
    let place = Place::new();
    let dataset = common::dataset(&place.store, "pid");
    assert_eq!(common::dataset(&place.store, "pid"), dataset);
    let new = |pid: &str, name: &str| NewDataset { pid: pid.into(), name: name.into(), sources: vec![], created_at: 1 };
    let taken = |field, value: &str| Err(Error::Taken { field, value: value.into() });
    assert_eq!(place.store.create_dataset(&new("pid", "other")), taken("pid", "pid"));
    assert_eq!(place.store.create_dataset(&new("other", "Dataset pid")), taken("name", "Dataset pid"));
    assert_eq!(place.store.dataset("Dataset pid").unwrap(), dataset);
    assert!(matches!(place.store.dataset("nothing"), Err(Error::NotFound { what: "dataset", .. })));
}

#[test]
fn what_is_said_of_a_dataset_is_kept_and_it_is_found_by_its_pid_in_scicat() {
    let place = Place::new();
    let (one, other) = (common::dataset(&place.store, "one"), common::dataset(&place.store, "other"));
    assert_eq!((one.described, place.store.last_metadata().unwrap()), (None, None));
    assert_eq!(refusal(place.store.registered(one.id, "20.5/x")), "the dataset has no metadata");
    let said = |owner: &str, pid: Option<&str>| Metadata {
        owner: owner.into(),
        pid: pid.map(str::to_owned),
        ..Metadata::default()
    };
    place.store.describe(one.id, &said("A", None)).unwrap();
    place.store.registered(one.id, "20.5/x").unwrap();
    // Said anew, it keeps the pid that it was given.
    place.store.describe(one.id, &said("B", None)).unwrap();
    assert_eq!(place.store.metadata(one.id).unwrap(), Some(said("B", None)));
    assert_eq!(
        place.store.lands_in(one.id, &PathBytes::from("here")).unwrap().described.unwrap().pid.unwrap(),
        "20.5/x"
    );
    let again = place.store.lands_in(one.id, &PathBytes::from("elsewhere")).unwrap();
    assert_eq!(again.described.unwrap().folder, Some(PathBytes::from("here")));
    assert_eq!(place.store.dataset("20.5/x").unwrap().pid, "one");
    let taken = Err(Error::Taken { field: "pid", value: "20.5/x".into() });
    assert_eq!(place.store.describe(other.id, &said("C", Some("20.5/x"))), taken);
    assert_eq!(place.store.metadata(other.id).unwrap(), None);
    place.store.describe(other.id, &said("C", Some("20.5/y"))).unwrap();
    assert_eq!(place.store.last_metadata().unwrap().unwrap().owner, "C");
}

#[test]
fn folders_know_what_lies_below_them() {
    let place = Place::new();
    let id = small(&place.store);
    let totals = place.store.dataset("pid").unwrap().totals;
    assert_eq!(totals, Totals { files: 4, folders: 3, links: 1, bytes: 36, special: 2 });
    let page = place.store.folder_page("pid", &PathBytes::from("a"), 0, 10).unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| (row.entry.path.to_text(), row.files, row.bytes)).collect();
    let expected = [("a/b", 1, 5), ("a/c", 0, 0), ("a/10%.TXT", 0, 10), ("a/2.txt", 0, 20), ("a/link", 0, 0)];
    assert_eq!(rows, expected.map(|(path, files, bytes)| (path.to_owned(), files, bytes)));
    assert_eq!(place.store.folder_page("pid", &PathBytes::from("a"), 1, 2).unwrap().rows[..], page.rows[1..3]);
    let top = place.store.folder_page("pid", &PathBytes::default(), 0, 10).unwrap();
    assert_eq!((top.total, top.rows[0].files, top.rows[0].bytes), (2, 3, 35));
    let below = place.store.entries_below(id, &PathBytes::from("a/b"), 0, 10).unwrap();
    assert_eq!(below.iter().map(|entry| entry.path.to_text()).collect::<Vec<_>>(), ["a/b", "a/b/deep.txt"]);
    assert_eq!(place.store.entries_below(id, &PathBytes::from("a/b"), below[0].id, 10).unwrap()[..], below[1..]);
    assert_eq!(place.store.entries_below(id, &PathBytes::from("top.txt"), 0, 10).unwrap().len(), 1);
    assert_eq!(place.store.entries_below(id, &PathBytes::default(), 0, 10).unwrap().len(), 8);
    assert!(matches!(place.store.entry_at(id, &PathBytes::from("a/2.txt/x")), Err(Error::NotFound { .. })));
}

#[test]
fn a_file_that_changed_before_it_landed_is_taken_as_it_is() {
    let place = Place::new();
    let id = small(&place.store);
    let file = place.store.entry_at(id, &PathBytes::from("a/b/deep.txt")).unwrap();
    let now = Mtime { secs: -5, nanos: 1 };
    place.store.relist_file(id, file.id, 105, 0o600, now).unwrap();
    let changed = place.store.entry_at(id, &PathBytes::from("a/b/deep.txt")).unwrap();
    assert_eq!((changed.size, changed.mode, changed.mtime), (105, 0o600, now));
    assert_eq!(place.store.dataset("pid").unwrap().totals.bytes, 136);
    assert_eq!(place.store.entry_record("pid", &PathBytes::from("a")).unwrap().bytes, 135);
    place.store.record_landed(id, &[(file.id, common::digests(1))]).unwrap();
    assert!(refusal(place.store.relist_file(id, file.id, 1, 0o600, now)).contains("landed already"));
}

#[test]
fn entries_are_found_by_name_and_checksum() {
    let place = Place::new();
    let id = small(&place.store);
    common::land(&place.store, id);
    let names = |text: &str| {
        let found = place.store.find(text, 10).unwrap();
        found.iter().map(|found| format!("{} {}", found.pid, found.entry.path)).collect::<Vec<_>>()
    };
    assert_eq!(names(".txt"), ["pid a/2.txt", "pid a/10%.TXT", "pid a/b/deep.txt", "pid top.txt"]);
    assert_eq!(names("10%"), ["pid a/10%.TXT"]);
    assert_eq!(names("nothing"), Vec::<String>::new());
    let file = place.store.entry_at(id, &PathBytes::from("top.txt")).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"));
    let digests = file.digests.unwrap();
    assert_eq!(names(&hex(&digests.sha256)), ["pid top.txt"]);
    assert_eq!(names(&hex(&digests.md5).to_lowercase()), ["pid top.txt"]);
    let page = place.store.entry_page("pid", Some("TXT"), 1, 2).unwrap();
    assert_eq!((page.total, page.rows.len()), (4, 2));
    let page = place.store.entry_page("pid", None, 6, 5).unwrap();
    assert_eq!((page.total, page.rows.len(), page.rows[1].entry.path.to_text()), (8, 2, "top.txt".to_owned()));
    assert_eq!(place.store.entry_page("pid", None, 100, 5).unwrap().rows, []);
}

#[test]
fn names_of_any_bytes_and_paths_of_any_length_are_kept() {
    let place = Place::new();
    let id = common::dataset(&place.store, "pid").id;
    let mut entries = Vec::new();
    let mut path = PathBytes::default();
    for _ in 0..2_047 {
        path = path.join(b"d");
        entries.push(entry("", EntryKind::Folder, 0));
        entries.last_mut().unwrap().path = path.clone();
    }
    entries.push(entry("", EntryKind::File, 1));
    entries.last_mut().unwrap().path = path.join(b"\xFF\n");
    for batch in entries.chunks(100) {
        place.store.add_entries(id, batch).unwrap();
    }
    place.store.finish_listing(id, 0).unwrap();
    let found = place.store.find("\\xFF\\x0A", 5).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entry.path, path.join(b"\xFF\n"));
    assert_eq!(found[0].entry.path.as_bytes().len(), 4_096);
    assert_eq!(place.store.entry_at(id, &found[0].entry.path).unwrap(), found[0].entry);
}

#[test]
fn a_listing_that_was_cut_off_goes_on_or_is_forgotten() {
    let place = Place::new();
    let store = &place.store;
    let id = common::dataset(store, "pid").id;
    let entries: Vec<_> = common::tree(12_000).collect();
    store.add_entries(id, &entries[..1_000]).unwrap();
    store.add_entries(id, &entries[..1_000]).unwrap();
    store.add_entries(id, &entries[500..1_500]).unwrap();
    assert_eq!(store.entries_after(id, 0, 5_000).unwrap().len(), 1_500);
    let mut other = entries[10].clone();
    other.size += 1;
    assert!(refusal(store.add_entries(id, &[other])).contains("was another then"));
    store.add_entries(id, &entries[1_500..]).unwrap();
    store.clear_listing(id).unwrap();
    assert_eq!(store.entries_after(id, 0, 10).unwrap(), []);
    store.add_entries(id, &entries[..150]).unwrap();
    let dataset = store.finish_listing(id, 3).unwrap();
    assert_eq!((dataset.totals.files, dataset.totals.folders, dataset.totals.special), (147, 3, 3));
    assert_eq!(store.finish_listing(id, 3).unwrap(), dataset);
    store.add_entries(id, &entries[..150]).unwrap();
    assert!(refusal(store.clear_listing(id)).contains("finished"));
    assert!(refusal(store.add_entries(id, &entries[150..160])).contains("finished"));
}

#[test]
fn entries_out_of_order_or_listed_twice_are_refused() {
    let place = Place::new();
    let store = &place.store;
    let id = common::dataset(store, "pid").id;
    store.add_entries(id, &[entry("a", EntryKind::Folder, 0), entry("b", EntryKind::Folder, 0)]).unwrap();
    assert!(refusal(store.add_entries(id, &[entry("a/late", EntryKind::File, 1)])).contains("out of order"));
    assert!(refusal(store.add_entries(id, &[entry("c/x", EntryKind::File, 1)])).contains("out of order"));
    assert!(refusal(store.add_entries(id, &[entry("b", EntryKind::File, 1)])).contains("was another"));
    let twice = [entry("d", EntryKind::File, 1), entry("d", EntryKind::File, 1)];
    assert!(refusal(store.add_entries(id, &twice)).contains("listed twice"));
    assert_eq!(store.entries_after(id, 0, 10).unwrap().len(), 2, "what was refused left nothing");
}

#[test]
fn datasets_are_listed_with_state_and_search() {
    let place = Place::new();
    small(&place.store);
    let second = common::dataset(&place.store, "pid-2").id;
    let names = |filter: DatasetFilter| {
        let page = place.store.datasets(&filter).unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.into_iter().map(|row| row.dataset.pid).collect::<Vec<_>>()
    };
    assert_eq!(names(DatasetFilter::default()), ["pid-2", "pid"]);
    assert_eq!(names(DatasetFilter { search: Some("D-2".into()), ..Default::default() }), ["pid-2"]);
    let landed = DatasetFilter { state: Some(longshore_catalogue::DatasetState::Landed), ..Default::default() };
    assert_eq!(names(landed.clone()), Vec::<String>::new());
    let dataset = place.store.finish_listing(second, 0).unwrap();
    assert_eq!(dataset.totals, Totals::default());
    assert_eq!(names(landed), ["pid-2"]);
    let line = HistoryLine { at: 9_000, event: "created".into(), text: "Created".into(), run: None };
    let first = place.store.dataset("pid").unwrap().id;
    place.store.add_history(first, &line).unwrap();
    place.store.add_history(first, &HistoryLine { at: 9_001, ..line.clone() }).unwrap();
    place.store.add_history(first, &HistoryLine { at: 9_002, run: Some("R".into()), ..line.clone() }).unwrap();
    let history = place.store.history("pid", 0, 10).unwrap();
    assert_eq!((history.total, history.rows[0].at, &history.rows[1]), (2, 9_002, &line));
    assert_eq!(names(DatasetFilter { by_touch: true, ..Default::default() }), ["pid", "pid-2"]);
}

#[test]
fn a_selection_says_what_a_retrieval_reads() {
    let place = Place::new();
    let id = small(&place.store);
    common::land(&place.store, id);
    let dataset = place.store.dataset("pid").unwrap();
    let block = common::whole_block(&place.store, &dataset);
    common::write(&place.store, &block);
    let some = [PathBytes::from("a/b"), PathBytes::from("top.txt")];
    let selection = place.store.selection("pid", &some).unwrap();
    assert_eq!((selection.files, selection.bytes, selection.blocks.len()), (2, 6, 1));
    let all = place.store.selection("pid", &[]).unwrap();
    assert_eq!((all.files, all.bytes), (4, 36));
    assert_eq!(place.store.entry_record("pid", &some[1]).unwrap().block, Some(0));
}
