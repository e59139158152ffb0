#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use longshore_connectors::local::Local;
use tempfile::TempDir;

use super::*;
use crate::plan::outline;

/// Only folders of this machine.
struct Folders;

impl Storages for Folders {
    fn storage(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        Err(Fault::permanent("storage.unknown", name, "there is none"))
    }

    fn folder(&self, absolute: &[u8]) -> Result<Arc<dyn Storage>, Fault> {
        let opened = Local::open("folder", absolute).map_err(|error| faults::of_storage("folder", &error))?;
        Ok(Arc::new(opened))
    }
}

/// Keeps what it is given, and stops after so many entries.
struct Kept {
    paths: Vec<String>,
    stop_at: usize,
}

impl Sink for Kept {
    fn entries(&mut self, batch: Vec<NewEntry>, _: &Totals) -> Result<(), Fault> {
        self.paths.extend(batch.iter().map(|entry| entry.path.to_text()));
        Ok(())
    }

    fn cancelled(&self) -> bool {
        self.paths.len() >= self.stop_at
    }
}

fn walked(sources: &[PathBytes], held: usize, stop_at: usize) -> Result<(Vec<String>, Walked), Fault> {
    let mut kept = Kept { paths: Vec::new(), stop_at };
    let walked = walk_holding(held, sources, &Folders, &mut kept)?;
    Ok((kept.paths, walked))
}

/// A folder with files before, between and after folders by name.
fn mixed() -> (TempDir, PathBytes) {
    let top = TempDir::new().unwrap();
    for folder in ["top/b/x", "top/b/a", "top/d", "top/b.c"] {
        std::fs::create_dir_all(top.path().join(folder)).unwrap();
    }
    for file in ["top/a", "top/c", "top/e", "top/b/1", "top/b/z", "top/b/x/2", "top/b.c/3", "top/b-"] {
        std::fs::write(top.path().join(file), file).unwrap();
    }
    std::os::unix::fs::symlink("a", top.path().join("top/b/link")).unwrap();
    let path = PathBytes::new(top.path().join("top").as_os_str().as_encoded_bytes());
    (top, path)
}

const ORDER: [&str; 14] = [
    "top",
    "top/a",
    "top/b-",
    "top/c",
    "top/e",
    "top/b",
    "top/b/1",
    "top/b/link",
    "top/b/z",
    "top/b/a",
    "top/b/x",
    "top/b/x/2",
    "top/b.c",
    "top/b.c/3",
];

#[test]
fn a_folder_comes_before_its_files_and_these_before_its_folders() {
    let (_top, path) = mixed();
    let (paths, walked) = walked(&[path], folder::HELD, usize::MAX).unwrap();
    assert_eq!(paths[..14], ORDER);
    assert_eq!(paths[14..], ["top/d"]);
    let Totals { files, folders, links, bytes, special } = walked.totals;
    assert_eq!((files, folders, links, bytes, special), (8, 6, 1, 53, 0));
    assert_eq!(walked.notes, []);
}

#[test]
fn a_folder_of_any_size_is_walked_in_pages_of_the_same_order() {
    let (_top, path) = mixed();
    let whole = walked(std::slice::from_ref(&path), folder::HELD, usize::MAX).unwrap();
    for held in 1..6 {
        assert_eq!(walked(std::slice::from_ref(&path), held, usize::MAX).unwrap(), whole, "{held} names at a time");
    }
}

#[test]
fn a_walk_can_be_stopped() {
    let (_top, path) = mixed();
    let stopped = walked(&[path], folder::HELD, 0).unwrap_err();
    assert_eq!(stopped.code, "task.stopped");
}

#[test]
fn a_link_that_is_given_is_archived_as_a_link_and_that_is_said() {
    let (top, path) = mixed();
    let link = top.path().join("link");
    std::os::unix::fs::symlink("top", &link).unwrap();
    let link = PathBytes::new(link.as_os_str().as_encoded_bytes());
    let (paths, found) = walked(std::slice::from_ref(&link), folder::HELD, usize::MAX).unwrap();
    assert_eq!(paths, ["link"]);
    assert_eq!((found.notes[0].code, found.notes[0].level), ("source.link", NoteLevel::Warning));
    let through = PathBytes::new([link.as_bytes(), b"/"].concat());
    let (paths, _) = walked(&[through], folder::HELD, usize::MAX).unwrap();
    assert_eq!(paths.len(), 14, "what lies in it, and not the folder {path}");
}

#[test]
fn the_outline_is_what_the_walk_and_the_cut_give() {
    let (_top, path) = mixed();
    let mut told = 0;
    let mut progress = |totals: &Totals| {
        told = totals.files;
        true
    };
    let outline = outline(std::slice::from_ref(&path), &Folders, "ds", 8 * 1024, &mut progress).unwrap();
    assert_eq!((told, outline.walked.totals.files), (8, 8));
    assert_eq!(outline.block_count as usize, outline.blocks.len());
    assert_eq!(outline.block_bytes, outline.blocks.iter().map(|block| block.plan.size).sum::<u64>());
    assert!(outline.blocks.len() > 1);
    assert_eq!((outline.blocks[0].first.to_text().as_str(), outline.oversized), ("top", 0));
    assert_eq!(outline.blocks.last().unwrap().last.to_text(), "top/d");
    let stopped = super::super::outline(&[path], &Folders, "ds", 8 * 1024, &mut |_| false);
    assert_eq!(stopped.unwrap_err().code, "task.stopped");
}
