//! `file_watcher`: files that come into a folder, by the program, with real shells, folders and an archive played by Moto.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use longshore_testkit::bags::{plain_zip, zip_of_bags};
use serde_json::{Value, json};

use crate::common::Place;
use crate::site::Site;

/// A library that watches a folder.
struct Watched<'p>(&'p Place);

impl Watched<'_> {
    fn at(&self, name: &str) -> String {
        self.0.path(name).display().to_string()
    }

    fn with(&self, more: &Value) -> Value {
        let mut params = json!({"watched": self.at("in"), "pattern": "*.zip", "folder": self.at("own"), "settled": "0",
            "works_folder": self.at("works"), "script": "/bin/echo"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    }

    fn run(&self, more: &Value) -> (i32, Value) {
        self.flow("file_watcher", &self.with(more))
    }

    fn flow(&self, flow: &str, params: &Value) -> (i32, Value) {
        let file = self.0.file("params.json", params.to_string());
        let ran = self.0.run(["--json", "flow", "run", flow, "--wait", "--params-file", file.to_str().unwrap()]);
        let told: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
        (ran.code, told.get(0).cloned().unwrap_or(told))
    }

    #[track_caller]
    fn well(&self, more: &Value) -> Value {
        let (code, run) = self.run(more);
        assert_eq!(code, 0, "{run:#}\n{}", self.log(&run));
        run
    }

    fn log(&self, run: &Value) -> String {
        self.0.run(["run", "logs", run["id"].as_str().unwrap_or_default()]).out
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.path(folder)).into_iter().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn bags_and_plain_zips_are_taken_in_synced_and_archived() {
    let site = Site::new();
    let library = Watched(&site.place);
    library.0.file("in/W1.bag.zip", zip_of_bags(&[("W1", &[("a", b"a"), ("b", b"b")])]).unwrap());
    library.0.file("in/W2.zip", plain_zip(&[("W2/c", b"c")]).unwrap());
    library.0.file("in/half.zip.part", "not yet");
    library.0.file("own/neighbour/kept", "kept");
    let archive = json!({"archive": "aws_default:vault/deep", "works_folder": null});
    library.well(&archive);
    library.well(&archive);
    assert_eq!((library.names("in"), library.names("own")), (vec!["half.zip.part".into()], vec!["neighbour".into()]));
    let listed = "print(json.dumps(sorted([one['Key'], one['StorageClass']] for one in \
                  s3.list_objects_v2(Bucket='vault', Prefix='deep')['Contents'])))";
    let objects: Value = serde_json::from_str(&site.aws.script(listed)).unwrap();
    let wanted = json!([
        ["deep/W1.manifest-sha256.txt", "STANDARD"],
        ["deep/W1/W1.bag/manifest-sha256.txt", "DEEP_ARCHIVE"],
        ["deep/W1/a", "DEEP_ARCHIVE"],
        ["deep/W1/b", "DEEP_ARCHIVE"],
        ["deep/W2.manifest-sha256.txt", "STANDARD"],
        ["deep/W2/c", "DEEP_ARCHIVE"]
    ]);
    assert_eq!(objects, wanted);
    // The same work with one more file: what is in the archive is not sent again, and could not be read.
    library.0.file("in/W2.zip", plain_zip(&[("W2/c", b"c"), ("W2/d", b"d")]).unwrap());
    let run = library.well(&archive);
    assert!(library.log(&run).contains("2 files, 2 bytes: 1 sent, the others lay there"), "{}", library.log(&run));
    let works = library.0.run(["--json", "work", "list"]).expect(0).json();
    assert!(works.as_array().unwrap().iter().all(|row| row["state"] == "synced"), "{works:#}");
}

#[test]
fn a_file_that_is_no_good_stays_with_its_run_and_is_told() {
    let place = Place::new();
    let library = Watched(&place);
    let whole = plain_zip(&[("W1/a", &[7; 5000])]).unwrap();
    library.0.file("in/W1.zip", &whole[..whole.len() - 40]);
    let (code, run) = library.run(&json!({}));
    assert_eq!((code, &run["fault"]["code"]), (1, &json!("archive.damaged")), "{run:#}");
    let own = format!("own/{}/file", run["id"].as_str().unwrap());
    assert_eq!(
        (library.names("in"), library.names(&own), library.names("works")),
        (vec![], vec!["W1.zip".into()], vec![])
    );
    // Put right where it lies, the run goes on with it.
    library.0.file(&format!("{own}/W1.zip"), whole);
    library.0.run(["run", "retry", run["id"].as_str().unwrap()]).expect(0);
    library.0.run(["run", "wait"]).expect(0);
    assert_eq!((library.names("works"), library.names("own")), (vec!["W1".into()], vec![]));
    // Cleared now, its first tasks have nothing to take.
    for task in ["wait_for_file", "claim", "inspect", "unzip"] {
        library.0.run(["run", "retry", run["id"].as_str().unwrap(), "--task", task]).expect(0);
        library.0.run(["run", "wait"]);
        let shown = library.0.run(["--json", "run", "show", run["id"].as_str().unwrap()]).json().to_string();
        assert!(shown.contains("file.used_up"), "{task}: {shown}");
    }
}

#[test]
fn two_workspaces_that_watch_one_folder_take_each_file_once() {
    let (one, other) = (Place::new(), Place::new());
    let library = Watched(&one);
    // More than both together take: nobody waits for one that does not come.
    for n in 0..8 {
        library.0.file(&format!("in/W{n}.zip"), plain_zip(&[(&format!("W{n}/a"), b"a")]).unwrap());
    }
    let log = library.at("synced");
    let script = library.0.file("sync.sh", format!("#!/bin/bash\necho \"$2\" >> {log}\n"));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let params = library.with(&json!({"script": script}));
    std::thread::scope(|scope| {
        for place in [&one, &other] {
            let params = &params;
            scope.spawn(move || {
                for _ in 0..3 {
                    let (code, run) = Watched(place).flow("file_watcher", params);
                    assert_eq!(code, 0, "{run:#}");
                }
            });
        }
    });
    let synced = fs::read_to_string(&log).unwrap();
    let mut works: Vec<&str> = synced.lines().collect();
    works.sort_unstable();
    works.dedup();
    let left = library.names("in").len();
    assert_eq!((works.len(), synced.lines().count(), library.names("works").len()), (8 - left, 8 - left, 8 - left));
    assert!(left <= 5 && library.names("own").is_empty(), "{left} left");
}

#[test]
fn a_full_disk_while_unpacking_leaves_nothing_half_and_goes_on_with_room() {
    let place = Place::new();
    let library = Watched(&place);
    let disk = library.0.path("disk");
    fs::create_dir_all(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        eprintln!("left out: no file system can be mounted here");
        return;
    }
    let content: Vec<u8> = (0..2_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    library.0.file("in/W1.zip", plain_zip(&[("W1/a", &content)]).unwrap());
    let (code, run) = library.run(&json!({"works_folder": disk.join("works")}));
    let left = fs::read_dir(disk.join("works")).into_iter().flatten().count();
    let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&disk).status().unwrap();
    let retried = library.0.run(["run", "retry", run["id"].as_str().unwrap_or_default()]);
    let waited = library.0.run(["run", "wait"]);
    let there = fs::read(disk.join("works/W1/a")).unwrap_or_default();
    let ended = Command::new("umount").arg("-l").arg(&disk).status().unwrap();
    assert!(grown.success() && ended.success());
    assert_eq!((code, &run["fault"]["code"], left), (1, &json!("storage.full"), 0), "{run:#}");
    assert_eq!((retried.code, waited.code), (0, 0), "{}", waited.err);
    assert!(there == content, "it is whole once there is room");
}
