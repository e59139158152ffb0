//! Files that are taken in: claimed, unpacked, archived, and the run's own folder cleaned up; each at every step of a death.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use common::{Workshop, tree};
use longshore_flows::kind::Done;
use longshore_testkit::When;
use longshore_testkit::bags::{plain_zip, zip_of_bags};
use serde_json::{Value, json};

struct Hall(Workshop);

impl Hall {
    fn new() -> Self {
        Self(Workshop::in_memory())
    }

    fn file(&self, path: &str, bytes: &[u8]) -> String {
        let path = self.0.places.top().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn at(&self, path: &str) -> String {
        self.0.places.top().join(path).display().to_string()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let (_, storage) = self.0.folder(folder);
        tree(storage.as_ref(), b"").keys().map(longshore_catalogue::PathBytes::to_text).collect()
    }

    fn code(&self, kind: &str, with: &Value) -> String {
        self.0.attempt(kind, with).unwrap_err().code
    }
}

#[test]
fn a_plain_zip_is_told_from_bags_and_unpacked_as_one_work() {
    let hall = Hall::new();
    let bags = hall.file("in/bags.zip", &zip_of_bags(&[("W1", &[("a", b"a")])]).unwrap());
    let folder = hall.file("in/folder.zip", &plain_zip(&[("W2/a", b"a"), ("W2/b/c", b"c")]).unwrap());
    let loose = hall.file("in/W3.zip", &plain_zip(&[("a", b"a"), ("b/c", b"c")]).unwrap());
    let bag = |file: &str| hall.0.attempt("archive.inspect", &json!({"file": file})).unwrap()["bag"].clone();
    assert_eq!([bag(&bags), bag(&folder), bag(&loose)], [json!(true), json!(false), json!(false)]);
    for (file, work) in [(&folder, "W2"), (&loose, "W3")] {
        let output = hall.0.attempt("unzip", &json!({"file": file, "into": hall.at("works")})).unwrap();
        let work = json!([{"id": work, "folder": hall.at(&format!("works/{work}"))}]);
        assert_eq!(output, json!({"works": work, "files": 2, "bytes": 2}));
    }
    let wanted = ["W2", "W2/a", "W2/b", "W2/b/c", "W3", "W3/a", "W3/b", "W3/b/c"];
    assert_eq!(hall.names("works"), wanted);
    assert_eq!(hall.code("debag", &json!({"file": loose, "into": hall.at("works")})), "debag.no_bag");
    let tar = hall.file("in/x.tar", &[0; 1024]);
    assert_eq!(hall.code("unzip", &json!({"file": tar, "into": hall.at("works")})), "archive.unsupported");
}

#[test]
fn a_plain_zip_of_a_stranger_has_the_limits_of_all_archives() {
    let hall = Hall::new();
    let refused = |name: &str, files: &[(&str, &[u8])], more: Value| {
        let file = hall.file(&format!("in/{name}.zip"), &plain_zip(files).unwrap());
        let mut with = json!({"file": file, "into": hall.at("works")});
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        hall.code("unzip", &with)
    };
    assert_eq!(refused("up", &[("../a", b"a")], json!({})), "archive.path");
    assert_eq!(refused("top", &[("/a", b"a")], json!({})), "archive.path");
    assert_eq!(refused("twins", &[("a", b"a"), ("A", b"a")], json!({})), "archive.twins");
    assert_eq!(refused("many", &[("a", b"a"), ("b", b"b")], json!({"limits": {"entries": 1}})), "archive.limit");
    assert_eq!(refused("large", &[("a", &[7; 2000])], json!({"limits": {"size": "1KiB"}})), "archive.limit");
    let whole = plain_zip(&[("a", &[7; 2000])]).unwrap();
    let cut = hall.file("in/cut.zip", &whole[..whole.len() - 30]);
    assert_eq!(hall.code("unzip", &json!({"file": cut, "into": hall.at("works")})), "archive.damaged");
    assert_eq!(hall.names("works"), Vec::<String>::new(), "nothing was let through, and nothing is left");
}

#[test]
fn a_work_in_place_is_taken_if_it_is_the_same_and_kept_if_it_is_not() {
    let hall = Hall::new();
    let bag = |bytes: &[u8]| zip_of_bags(&[("W1", &[("a/b", bytes), ("c", b"c")]), ("W2", &[("d", b"d")])]).unwrap();
    let first = hall.file("in/first.zip", &bag(b"first"));
    let with = |file: &str| json!({"file": file, "into": hall.at("works"), "if_exists": "same"});
    let output = hall.0.attempt("debag", &with(&first)).unwrap();
    let before = hall.names("works");
    hall.0.forget_checkpoints();
    assert_eq!(hall.0.attempt("debag", &with(&first)).unwrap(), output);
    for (name, change) in [("other bytes", bag(b"fIrst")), ("other size", bag(b"first1"))] {
        let other = hall.file(&format!("in/{name}.zip"), &change);
        let fault = hall.0.attempt("debag", &with(&other)).unwrap_err();
        assert_eq!(fault.code, "debag.differs", "{name}");
        assert!(fault.why.contains("a/b"), "{fault:?}");
    }
    assert_eq!(fs::read(hall.at("works/W1/a/b")).unwrap(), b"first");
    hall.file("works/W1/more", b"more");
    let fault = hall.0.attempt("debag", &with(&hall.file("in/again.zip", &bag(b"first")))).unwrap_err();
    assert!(fault.why.contains("more is there besides"), "{fault:?}");
    fs::remove_file(hall.at("works/W1/more")).unwrap();
    fs::remove_file(hall.at("works/W1/c")).unwrap();
    let fault = hall.0.attempt("debag", &with(&hall.file("in/third.zip", &bag(b"first")))).unwrap_err();
    assert!(fault.why.contains("c is new"), "{fault:?}");
    hall.file("works/W1/c", b"c");
    assert_eq!(hall.names("works"), before);
}

#[test]
fn the_unpacking_of_a_plain_zip_goes_on_after_a_death_at_any_step() {
    let files: &[(&str, &[u8])] = &[("a", b"a"), ("b/c", &[7; 5000])];
    let begin = || {
        let hall = Hall::new();
        let file = hall.file("in/W.zip", &plain_zip(files).unwrap());
        hall.file("works/W/old", b"old");
        let with = json!({"file": file, "into": hall.at("works"), "if_exists": "replace"});
        (hall, with)
    };
    let (hall, with) = begin();
    hall.0.fuse.set(None);
    hall.0.attempt("unzip", &with).unwrap();
    let (steps, wanted) = (hall.0.fuse.steps(), hall.names("works"));
    assert_eq!(wanted, ["W", "W/a", "W/b", "W/b/c"]);
    for step in 0..steps {
        for when in [When::Before, When::After] {
            let (hall, with) = begin();
            hall.0.fuse.set(Some((step, when)));
            hall.0.attempt("unzip", &with).ok();
            hall.0.fuse.set(None);
            hall.0.attempt("unzip", &with).unwrap();
            assert_eq!(hall.names("works"), wanted, "killed {when:?} step {step} of {steps}");
        }
    }
}

#[test]
fn a_file_is_claimed_once_and_by_one() {
    let hall = Hall::new();
    let files = [hall.file("in/1.zip", b"1"), hall.file("in/2.zip", b"2")];
    let claim = |into: &str| json!({"files": files, "into": hall.at(into)});
    let first = hall.0.attempt("file.claim", &claim("a/run-1/file")).unwrap();
    assert_eq!(first, json!({"file": hall.at("a/run-1/file/1.zip"), "name": "1.zip"}));
    assert_eq!(hall.0.attempt("file.claim", &claim("a/run-1/file")).unwrap(), first, "it takes no second one");
    let second = hall.0.attempt("file.claim", &claim("a/run-2/file")).unwrap();
    assert_eq!(second["name"], "2.zip", "what somebody else has taken is passed over");
    let Done::Skipped(why) = hall.0.done("file.claim", &claim("a/run-3/file"), &[]).unwrap() else { panic!("claimed") };
    assert!(why.contains("somebody else"), "{why}");
    assert!(!fs::exists(hall.at("a/run-3/file")).unwrap());
    assert!(fs::exists(hall.at("a")).unwrap());
    // A file of that name lies in the run's folder already: it is this run's, and the new one stays.
    hall.file("in/1.zip", b"another");
    assert_eq!(hall.0.attempt("file.claim", &claim("a/run-1/file")).unwrap(), first);
    assert_eq!(fs::read(hall.at("in/1.zip")).unwrap(), b"another");
    let none = json!({"file": "/", "into": hall.at("a")});
    assert_eq!(hall.code("file.claim", &none), "task.with");
    assert_eq!(hall.code("file.claim", &json!({"file": hall.at("in/1.zip"), "into": "/proc/self"})), "file.not_moved");
}

#[test]
fn two_that_watch_one_folder_never_take_the_same_file() {
    let hall = Hall::new();
    let files: Vec<String> = (0..200).map(|n| hall.file(&format!("in/{n}"), &[0])).collect();
    let top = hall.0.places.top().to_path_buf();
    let taken: Vec<String> = std::thread::scope(|scope| {
        let watchers = (0..2).map(|watcher| {
            let (files, top) = (&files, &top);
            scope.spawn(move || {
                let shop = Workshop::in_memory();
                let claim = |n: usize| json!({"files": files, "into": top.join(format!("{watcher}/{n}"))});
                let taken = (0..files.len()).map_while(|n| match shop.done("file.claim", &claim(n), &[]).unwrap() {
                    Done::Output(output) => Some(output["name"].as_str().unwrap().to_owned()),
                    _ => None,
                });
                taken.collect::<Vec<_>>()
            })
        });
        let watchers: Vec<_> = watchers.collect();
        watchers.into_iter().flat_map(|watcher| watcher.join().unwrap()).collect()
    });
    let mut once = taken.clone();
    once.sort();
    once.dedup();
    assert_eq!((taken.len(), once.len()), (200, 200), "each was taken, and by one");
}

#[test]
fn files_settle_each_by_itself_and_a_run_has_one() {
    let hall = Hall::new();
    let with =
        json!({"path": hall.at("in/*.zip"), "settled": "10s", "each": true, "taken_to": hall.at("own/run-1/file")});
    let waits = || matches!(hall.0.done("wait.file", &with, &[]).unwrap(), Done::Deferred { .. });
    hall.file("in/1.zip", b"1");
    assert!(waits());
    hall.0.clock.advance(Duration::from_secs(6));
    hall.file("in/2.zip", b"2");
    assert!(waits());
    hall.0.clock.advance(Duration::from_secs(5));
    hall.file("in/2.zip", b"22");
    let found = hall.0.attempt("wait.file", &with).unwrap();
    assert_eq!((&found["count"], &found["files"][0]["name"]), (&json!(1), &json!("1.zip")), "the other grows still");
    let claim = json!({"files": [found["files"][0]["path"]], "into": hall.at("own/run-1/file")});
    hall.0.attempt("file.claim", &claim).unwrap();
    hall.0.forget_checkpoints();
    assert_eq!(hall.0.attempt("wait.file", &with).unwrap(), found, "the run has its file");
    hall.0.attempt("folder.clean_up", &json!({"folder": hall.at("own/run-1")})).unwrap();
    for (kind, with) in [("wait.file", &with), ("file.claim", &claim)] {
        assert_eq!(hall.code(kind, with), "file.used_up", "{kind}");
    }
    assert!(fs::exists(hall.at("in/2.zip")).unwrap(), "nothing else is taken for it");
}

#[test]
fn what_is_cleared_after_the_clean_up_says_where_its_result_is() {
    let hall = Hall::new();
    let zip = hall.file("own/run-1/file/W.zip", &plain_zip(&[("a", b"a")]).unwrap());
    let unzip = json!({"file": zip, "into": hall.at("works")});
    hall.0.attempt("unzip", &unzip).unwrap();
    hall.0.attempt("folder.clean_up", &json!({"folder": hall.at("own/run-1")})).unwrap();
    hall.0.forget_checkpoints();
    for kind in ["unzip", "debag"] {
        let fault = hall.0.attempt(kind, &unzip).unwrap_err();
        assert_eq!(fault.code, "file.used_up", "{kind}");
        assert!(fault.now.contains(&hall.at("works")), "{fault:?}");
    }
    assert_eq!(hall.code("archive.inspect", &json!({"file": zip})), "file.used_up");
    let store = json!({"from": hall.at("own/run-1/works/W"), "to": hall.at("archive/W")});
    assert_eq!(hall.code("archive.store", &store), "file.used_up");
    let elsewhere = json!({"file": hall.at("in/none.zip"), "into": hall.at("works")});
    assert_eq!(hall.code("unzip", &elsewhere), "file.missing", "what was never there is another thing");
}

#[test]
fn a_clean_up_touches_nothing_but_the_runs_own() {
    let hall = Hall::new();
    for path in ["own/run-1/0/a", "own/run-1/1/b/c", "own/run-10/a", "own/other"] {
        hall.file(path, b"x");
    }
    let outside = hall.file("outside/kept", b"kept");
    symlink(hall.at("outside"), hall.at("own/run-1/0/link")).unwrap();
    for folder in ["own", "own/run-10", "outside", "own/run-1/../run-10"] {
        let code = hall.code("folder.clean_up", &json!({"folder": hall.at(folder)}));
        assert!(["clean_up.not_own", "location.wrong"].contains(&code.as_str()), "{folder}: {code}");
    }
    let clean = |folder: &str| hall.0.attempt("folder.clean_up", &json!({"folder": hall.at(folder)})).unwrap();
    clean("own/run-1/0");
    assert_eq!(hall.names("own"), ["other", "run-1", "run-1/1", "run-1/1/b", "run-1/1/b/c", "run-10", "run-10/a"]);
    clean("own/run-1/1");
    assert_eq!(hall.names("own"), ["other", "run-10", "run-10/a"], "the run's folder goes with the last in it");
    clean("own/run-1/1");
    clean("own/run-1");
    assert_eq!(fs::read(outside).unwrap(), b"kept", "what a link leads to stays");
}

#[test]
fn an_archive_gets_what_it_does_not_have() {
    let hall = Hall::new();
    hall.file("works/W/a", b"a");
    hall.file("works/W/b/100%\n", &[7; 3000]);
    let with = json!({"from": hall.at("works/W"), "to": hall.at("archive/W")});
    let store = || {
        hall.0.forget_checkpoints();
        let output = hall.0.attempt("archive.store", &with).unwrap();
        (output["files"].as_u64().unwrap(), output["sent"].as_u64().unwrap())
    };
    assert_eq!(store(), (2, 2));
    assert_eq!(store(), (2, 0), "all of it is there");
    hall.file("works/W/a", b"A");
    hall.file("works/W/c", b"c");
    assert_eq!(store(), (3, 2));
    assert_eq!(fs::read(hall.at("archive/W/a")).unwrap(), b"A");
    fs::remove_file(hall.at("archive/W/c")).unwrap();
    assert_eq!(store(), (3, 1), "the manifest alone proves nothing");
    fs::remove_file(hall.at("works/W/c")).unwrap();
    assert_eq!(store(), (2, 0));
    let manifest = fs::read_to_string(hall.at("archive/W.manifest-sha256.txt")).unwrap();
    let names: Vec<&str> = manifest.lines().map(|line| &line[66..]).collect();
    assert_eq!(names, ["a", "b/100%25%0A", "c"], "what was archived once is there still");
    hall.file("archive/W.manifest-sha256.txt", b"nonsense\n");
    hall.0.forget_checkpoints();
    assert_eq!(hall.code("archive.store", &with), "archive.manifest");
    for to in ["lts:W", "landing:W", "scratch:"] {
        assert_eq!(
            hall.code("archive.store", &json!({"from": hall.at("works/W"), "to": to})),
            "archive.target",
            "{to}"
        );
    }
}

#[test]
fn the_archiving_goes_on_after_a_death_at_any_step() {
    let begin = || {
        let hall = Hall::new();
        hall.file("works/W/a", b"a");
        hall.file("works/W/b/c", &[7; 3000]);
        let with = json!({"from": hall.at("works/W"), "to": hall.at("archive/W")});
        (hall, with)
    };
    let (hall, with) = begin();
    hall.0.fuse.set(None);
    hall.0.attempt("archive.store", &with).unwrap();
    let (steps, wanted) = (hall.0.fuse.steps(), hall.names("archive"));
    assert_eq!(wanted, ["W", "W.manifest-sha256.txt", "W/a", "W/b", "W/b/c"]);
    for step in 0..steps {
        for when in [When::Before, When::After] {
            let (hall, with) = begin();
            hall.0.fuse.set(Some((step, when)));
            hall.0.attempt("archive.store", &with).ok();
            hall.0.fuse.set(None);
            hall.0.attempt("archive.store", &with).unwrap();
            assert_eq!(hall.names("archive"), wanted, "killed {when:?} step {step} of {steps}");
        }
    }
}
