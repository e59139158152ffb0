//! Bags out of archives: proved before anything leaves the staging folder.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;

use common::{Tree, Workshop, tree};
use longshore_flows::kind::{Level, Progress};
use longshore_flows::kinds::bag::by_itself::{Onlooker, Work, by_itself};
use longshore_formats::bagit::{Algorithm, Digester, manifest_line};
use longshore_formats::tar;
use longshore_formats::zip::{Head, Method, Writer};
use longshore_testkit::When;
use serde_json::{Value, json};

/// Files of an archive by path; a path with a slash at its end is a folder.
type Files = Vec<(String, Vec<u8>)>;

/// A bag with this payload, and two more files: one large enough to be written past the cache.
fn bag(top: &str, work: &str) -> Files {
    let payload = [
        (format!("data/{work}/images/1.jpg"), b"one".to_vec()),
        (format!("data/{work}/images/ünï.jpg"), vec![7; 3 << 20]),
        (format!("data/{work}/empty"), Vec::new()),
    ];
    let mut manifest = Vec::new();
    for (path, bytes) in &payload {
        let mut digester = Digester::new([Algorithm::Sha512]);
        digester.update(bytes);
        manifest.extend(manifest_line(&digester.finish()[0].1, path.as_bytes()));
    }
    let declaration = b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n".to_vec();
    let tags = [("bagit.txt".to_owned(), declaration), ("manifest-sha512.txt".to_owned(), manifest)];
    let files = payload.into_iter().chain(tags);
    files.map(|(path, bytes)| (if top.is_empty() { path } else { format!("{top}/{path}") }, bytes)).collect()
}

fn zipped(files: &Files, method: Method) -> Vec<u8> {
    let mut zip = Writer::new(Vec::new());
    for (path, bytes) in files {
        let head = Head { path: path.as_bytes(), size: bytes.len() as u64, method, mtime: 0, executable: false };
        let mut entry = zip.file(head).unwrap();
        entry.write_all(bytes).unwrap();
        entry.finish().unwrap();
    }
    zip.finish().unwrap()
}

fn tarred(files: &Files) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, content) in files {
        let kind = tar::Kind::File { size: content.len() as u64 };
        bytes.extend(tar::header(&tar::Entry { path: path.as_bytes(), kind, mode: 0o644, mtime: (0, 0) }));
        bytes.extend_from_slice(content);
        bytes.resize(usize::try_from(tar::padded(bytes.len() as u64)).unwrap(), 0);
    }
    bytes.extend(tar::TRAILER);
    bytes
}

/// Lays an archive down, and gives the parameters of a debag of it.
fn laid(shop: &Workshop, name: &str, archive: &[u8]) -> Value {
    let (arrived, storage) = shop.folder("arrived");
    let mut writer = storage.write(name.as_bytes(), None).unwrap();
    writer.write(archive).unwrap();
    let finish = longshore_transfer::storage::Finish { replace: true, ..Default::default() };
    writer.commit(&finish).unwrap();
    let (into, _) = shop.folder("works");
    json!({"file": format!("{}/{name}", arrived.to_text()), "into": into.to_text()})
}

/// What lies at the target.
fn works(shop: &Workshop) -> Tree {
    let (_, storage) = shop.folder("works");
    tree(storage.as_ref(), b"")
}

fn names(shop: &Workshop) -> Vec<String> {
    works(shop).keys().map(longshore_catalogue::PathBytes::to_text).collect()
}

const IN_PLACE: [&str; 7] = [
    "W1",
    "W1/W1.bag",
    "W1/W1.bag/manifest-sha512.txt",
    "W1/empty",
    "W1/images",
    "W1/images/1.jpg",
    "W1/images/ünï.jpg",
];

#[test]
fn a_bag_in_any_archive_ends_up_as_its_work() {
    let files = bag("W1.bag", "W1");
    let archives = [
        ("a.bag.zip", zipped(&files, Method::Stored)),
        ("b.zip", zipped(&files, Method::Deflated)),
        ("c.tar", tarred(&files)),
    ];
    for (name, archive) in archives {
        let shop = Workshop::in_memory();
        let with = laid(&shop, name, &archive);
        let output = shop.attempt("debag", &with).unwrap();
        assert_eq!(names(&shop), IN_PLACE, "{name}");
        let work = &output["works"][0];
        let folder = format!("{}/W1", with["into"].as_str().unwrap());
        assert_eq!((&work["id"], &work["folder"]), (&json!("W1"), &json!(folder)), "{name}");
        assert_eq!(work["manifests"], json!([format!("{folder}/W1.bag/manifest-sha512.txt")]));
        assert_eq!((&work["bag"]["verdict"], &work["bag"]["files"]), (&json!("valid"), &json!(3)));
        assert_eq!(output["bag"], json!({"bags": 1, "files": 3, "bytes": (3 << 20) + 3, "warnings": 0}));
    }
}

#[test]
fn an_archive_may_hold_several_bags_or_be_one() {
    let shop = Workshop::in_memory();
    let several = [bag("W1.bag", "W1"), bag("W2.bag", "other")].concat();
    let output = shop.attempt("debag", &laid(&shop, "several.zip", &zipped(&several, Method::Stored))).unwrap();
    assert_eq!(output["bag"]["bags"], 2);
    let there = names(&shop);
    assert!(there.contains(&"W1/images/1.jpg".into()), "{there:?}");
    assert!(there.contains(&"W2/other/images/1.jpg".into()), "the payload is the work: {there:?}");
    let shop = Workshop::in_memory();
    shop.attempt("debag", &laid(&shop, "W1.bag.zip", &zipped(&bag("", "W1"), Method::Stored))).unwrap();
    assert_eq!(names(&shop), IN_PLACE, "without a folder at its top");
}

/// The code of a refused archive; nothing of it is left.
fn refused(name: &str, archive: &[u8]) -> longshore_engine::Fault {
    let shop = Workshop::in_memory();
    let with = laid(&shop, name, archive);
    let fault = shop.attempt("debag", &with).unwrap_err();
    assert_eq!(names(&shop), Vec::<String>::new(), "{fault:?}");
    fault
}

#[test]
fn nothing_leaves_the_staging_folder_of_a_bag_that_is_not_valid() {
    let mut wrong = bag("W1.bag", "W1");
    wrong[0].1 = b"two".to_vec();
    for (name, archive) in [("a.zip", zipped(&wrong, Method::Deflated)), ("a.tar", tarred(&wrong))] {
        let fault = refused(name, &archive);
        assert_eq!(fault.code, "bag.invalid");
        assert_eq!(fault.file.as_deref(), Some("data/W1/images/1.jpg"));
        assert!(fault.why.contains("sha512"), "{}", fault.why);
    }
    let mut more = bag("W1.bag", "W1");
    more.push(("W1.bag/data/extra".into(), b"x".to_vec()));
    assert_eq!(refused("a.zip", &zipped(&more, Method::Stored)).code, "bag.invalid");
    let mut beside = bag("W1.bag", "W1");
    beside.push(("other/file".into(), b"x".to_vec()));
    assert_eq!(refused("a.zip", &zipped(&beside, Method::Stored)).code, "debag.beside");
    assert_eq!(refused("a.zip", &zipped(&vec![("x/y".into(), Vec::new())], Method::Stored)).code, "debag.no_bag");
    let whole = zipped(&bag("W1.bag", "W1"), Method::Stored);
    assert_eq!(refused("a.zip", &whole[..whole.len() - 1]).code, "archive.damaged");
    let whole = tarred(&bag("W1.bag", "W1"));
    assert_eq!(refused("a.tar", &whole[..whole.len() - 2000]).code, "archive.damaged");
}

#[test]
fn a_work_that_is_there_is_left_or_replaced() {
    let shop = Workshop::in_memory();
    let mut with = laid(&shop, "a.zip", &zipped(&bag("W1.bag", "W1"), Method::Stored));
    let (_, storage) = shop.folder("works/W1");
    storage.make_folder(b"mine").unwrap();
    assert_eq!(shop.attempt("debag", &with).unwrap_err().code, "debag.exists");
    assert_eq!(names(&shop), ["W1", "W1/mine"]);
    with["if_exists"] = json!("replace");
    shop.attempt("debag", &with).unwrap();
    assert_eq!(names(&shop), IN_PLACE);
}

#[test]
fn a_full_disk_leaves_nothing_and_a_retry_ends_well() {
    let shop = Workshop::in_memory();
    let with = laid(&shop, "a.zip", &zipped(&bag("W1.bag", "W1"), Method::Stored));
    let works = shop.places.faulty_folder(with["into"].as_str().unwrap().as_bytes());
    // The storage of an absolute path is that of the folder above it.
    let above = shop.places.faulty_folder(shop.places.top().as_os_str().as_encoded_bytes()).unwrap();
    above.leave_room(1 << 20);
    assert!(works.is_ok());
    assert_eq!(shop.attempt("debag", &with).unwrap_err().code, "storage.full");
    assert_eq!(names(&shop), Vec::<String>::new());
    above.heal();
    shop.attempt("debag", &with).unwrap();
    assert_eq!(names(&shop), IN_PLACE);
}

#[test]
fn killed_at_any_step_it_ends_right() {
    let archive = zipped(&bag("W1.bag", "W1"), Method::Stored);
    for when in [When::Before, When::After, When::Stop] {
        let mut step = 0;
        loop {
            let shop = Workshop::in_memory();
            let with = laid(&shop, "a.zip", &archive);
            shop.fuse.set(Some((step, when)));
            let died = shop.attempt("debag", &with);
            let done = died.is_ok() && !shop.fuse.blown();
            shop.fuse.set(None);
            if !names(&shop).iter().all(|name| name.starts_with(".longshore-")) {
                assert!(names(&shop).iter().filter(|name| !name.starts_with('.')).eq(&IN_PLACE), "whole or not at all");
            }
            let output = shop.attempt("debag", &with).unwrap_or_else(|fault| panic!("{when:?} {step}: {fault:?}"));
            assert_eq!(output["works"][0]["id"], "W1");
            assert_eq!(names(&shop), IN_PLACE, "{when:?} {step}");
            if done {
                assert!(step > 10, "{step} steps");
                break;
            }
            step += 1;
        }
    }
}

/// A folder to make a bag of, and the parameters for it.
fn source(shop: &Workshop, to: &str, form: &str) -> Value {
    let (from, storage) = shop.folder("source");
    let large = vec![9; 2 << 20];
    for (path, bytes) in [("a", &b"one"[..]), ("b/100%", b"two"), ("b/ünï", &large)] {
        common::put(storage.as_ref(), path.as_bytes(), bytes, 0o644, (1_700_000_000, 0));
    }
    let (into, _) = shop.folder("works");
    let to = format!("{}/{to}", into.to_text());
    json!({"from": from.to_text(), "to": to, "form": form, "checksums": ["md5", "sha256", "sha512"], "info": {"Contact-Name": "Someone"}})
}

#[test]
fn a_bag_that_was_made_is_valid_in_every_shape() {
    let shop = Workshop::in_memory();
    let made = shop.attempt("bag.make", &source(&shop, "one", "folder")).unwrap();
    assert_eq!((&made["files"], &made["bytes"]), (&json!(3), &json!((2 << 20) + 6)));
    let judged = shop.attempt("bag.validate", &json!({"bag": made["bag"]})).unwrap();
    assert_eq!(
        (&judged["verdict"], &judged["version"], &judged["warnings"]),
        (&json!("valid"), &json!("1.0"), &json!(0))
    );
    assert_eq!(judged["algorithms"], json!(["md5", "sha256", "sha512"]));
    for (name, form) in [("W.bag.zip", "zip"), ("W.bag.zip", "zip_deflated"), ("W.bag.tar", "tar")] {
        let shop = Workshop::in_memory();
        let with = source(&shop, name, form);
        shop.attempt("bag.make", &with).unwrap();
        assert_eq!(names(&shop), [name], "{form}");
        let (into, _) = shop.folder("out");
        let output = shop.attempt("debag", &json!({"file": with["to"], "into": into.to_text()})).unwrap();
        assert_eq!(output["works"][0]["bag"]["bytes"], (2 << 20) + 6, "{form}");
        let (_, out) = shop.folder("out");
        let there = tree(out.as_ref(), b"W");
        assert!(there.keys().any(|path| path.to_text().ends_with("100%")), "{form}: {:?}", there.keys());
        assert_eq!(shop.attempt("bag.make", &with).unwrap()["files"], 3, "its own work is known again");
        shop.forget_checkpoints();
        assert_eq!(shop.attempt("bag.make", &with).unwrap_err().code, "bag.exists");
    }
}

#[test]
fn what_cannot_stand_in_a_bag_is_refused() {
    let shop = Workshop::in_memory();
    let mut with = source(&shop, "one", "folder");
    for (label, value) in
        [("Payload-Oxum", "1.1"), ("a:b", "x"), ("Bagging-Date", "today"), ("Bag-Count", "some"), ("X", " ")]
    {
        with["info"] = json!({ label: value });
        assert_eq!(shop.attempt("bag.make", &with).unwrap_err().code, "bag.info", "{label}");
    }
    with["info"] = json!({});
    let (_, storage) = shop.folder("source");
    storage.make_link(b"link", b"a").unwrap();
    assert_eq!(shop.attempt("bag.make", &with).unwrap_err().code, "bag.source");
    assert_eq!(names(&shop), Vec::<String>::new());
}

/// Stops as soon as this many bytes have moved.
struct Stopping(u64, std::sync::atomic::AtomicBool);

impl Onlooker for Stopping {
    fn said(&self, _: Level, _: &str) {}

    fn progress(&self, progress: Progress) {
        self.1.fetch_or(progress.bytes >= self.0, std::sync::atomic::Ordering::SeqCst);
    }

    fn stopped(&self) -> bool {
        self.1.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[test]
fn done_without_a_workspace_it_leaves_nothing_where_it_was_stopped() {
    let shop = Workshop::in_memory();
    let archive = laid(&shop, "a.zip", &zipped(&bag("W1.bag", "W1"), Method::Stored));
    let folder = source(&shop, "W2", "folder");
    let zip = source(&shop, "W3.zip", "zip");
    for (work, with) in [(Work::Unpack, &archive), (Work::Make, &folder), (Work::Make, &zip)] {
        let stopped = by_itself(work, with.clone(), &Stopping(1 << 20, false.into()));
        assert_eq!(stopped.unwrap_err().code, "task.stopped", "{with}");
        assert_eq!(names(&shop), Vec::<String>::new(), "{with}");
    }
    for (work, with) in [(Work::Unpack, &archive), (Work::Make, &folder), (Work::Make, &zip)] {
        by_itself(work, with.clone(), &Stopping(u64::MAX, false.into())).unwrap();
    }
    let there = names(&shop);
    assert!(["W1/empty", "W2/bagit.txt", "W3.zip"].iter().all(|name| there.contains(&(*name).into())), "{there:?}");
    let judged = by_itself(Work::Validate, json!({"bag": zip["to"]}), &Stopping(u64::MAX, false.into())).unwrap();
    assert_eq!(judged["verdict"], "valid");
    let unknown = by_itself(Work::Validate, json!({"bag": "lts:a"}), &Stopping(u64::MAX, false.into()));
    assert_eq!(unknown.unwrap_err().code, "storage.unknown");
}

#[test]
fn an_archive_is_replaced_where_that_is_asked_for_and_the_same_files_give_the_same_bytes() {
    let shop = Workshop::in_memory();
    let mut with = source(&shop, "W.zip", "zip");
    shop.attempt("bag.make", &with).unwrap();
    let bytes = |shop: &Workshop| works(shop).into_values().map(|lies| lies.holds).collect::<Vec<_>>();
    let first = bytes(&shop);
    with["if_exists"] = json!("replace");
    shop.forget_checkpoints();
    shop.attempt("bag.make", &with).unwrap();
    assert!(first == bytes(&shop), "the same day, the same bytes");
    let (_, storage) = shop.folder("source");
    common::put(storage.as_ref(), b"a", b"another", 0o644, (1_700_000_000, 0));
    shop.forget_checkpoints();
    shop.attempt("bag.make", &with).unwrap();
    assert!(first != bytes(&shop));
    shop.folder("works/F");
    with["to"] = json!(format!("{}/F", shop.folder("works").0.to_text()));
    for form in ["folder", "zip"] {
        with["form"] = json!(form);
        assert_eq!(shop.attempt("bag.make", &with).unwrap_err().code, "bag.exists", "a folder is never replaced");
    }
}
