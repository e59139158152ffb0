//! Whether two folders of a storage hold the same.

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_transfer::storage::{ReadOptions, Reader, Storage, join};

use crate::faults::ToldAt as _;
use crate::plan::folder::{Child, ChildKind};
use crate::tree::{Found, Tree};

/// Bytes of each file that are compared at a time.
const CHUNK: usize = 256 << 10;

/// Fails once the attempt is told to stop.
pub(super) type GoOn<'a> = &'a dyn Fn() -> Result<(), Fault>;

/// The first thing by which a new folder differs from one that is in place, in words; none where they hold the same files with the same bytes.
/// What lies in the folder `aside` of either is passed over.
pub(super) fn difference(
    storage: &dyn Storage,
    [new, there]: [&[u8]; 2],
    aside: &[u8],
    go_on: GoOn<'_>,
) -> Result<Option<String>, Fault> {
    let (mut left, mut right) = (Tree::begin(storage, new, None)?, Tree::begin(storage, there, None)?);
    let shown = |path: &[u8]| PathBytes::new(path).to_text();
    loop {
        go_on()?;
        let (one, other) = match (next(&mut left, aside)?, next(&mut right, aside)?) {
            (None, None) => return Ok(None),
            (Some(one), Some(other)) if is_before(&one, &other) => {
                return Ok(Some(format!("{} is new", shown(&one.path))));
            }
            (Some(one), Some(other)) if one.path == other.path => (one, other),
            (Some(one), None) => return Ok(Some(format!("{} is new", shown(&one.path)))),
            (_, Some(other)) => return Ok(Some(format!("{} is there besides", shown(&other.path)))),
        };
        let path = shown(&one.path);
        if one.child.kind != other.child.kind || one.child.size != other.child.size {
            return Ok(Some(format!("{path} is another")));
        }
        if one.child.kind == ChildKind::File {
            let paths = [join(new, &one.path), join(there, &one.path)];
            if !same_bytes(storage, &paths, go_on)? {
                return Ok(Some(format!("{path} has other bytes")));
            }
        }
    }
}

fn next(tree: &mut Tree<'_>, aside: &[u8]) -> Result<Option<Found>, Fault> {
    loop {
        let found = tree.next()?;
        let top = |found: &Found| found.path.split(|byte| *byte == b'/').next().is_some_and(|top| top == aside);
        if !found.as_ref().is_some_and(top) {
            return Ok(found);
        }
    }
}

/// Whether one comes before the other in the order of a walk.
fn is_before(one: &Found, other: &Found) -> bool {
    let key = |found: &Found| -> Vec<(bool, Vec<u8>)> {
        let parts: Vec<&[u8]> = found.path.split(|byte| *byte == b'/').collect();
        let last = parts.len() - 1;
        let folder = |at: usize, child: &Child| at < last || child.is_folder();
        parts.iter().enumerate().map(|(at, part)| (folder(at, &found.child), part.to_vec())).collect()
    };
    key(one) < key(other)
}

fn same_bytes(storage: &dyn Storage, paths: &[Vec<u8>; 2], go_on: GoOn<'_>) -> Result<bool, Fault> {
    let name = storage.name();
    let open = |path: &Vec<u8>| storage.read(path, ReadOptions::default()).told_at(name);
    let (mut one, mut other) = (open(&paths[0])?, open(&paths[1])?);
    let (mut here, mut there) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        go_on()?;
        let read = fill(one.as_mut(), &mut here).told_at(name)?;
        if fill(other.as_mut(), &mut there).told_at(name)? != read || here[..read] != there[..read] {
            return Ok(false);
        }
        if read < CHUNK {
            return Ok(true);
        }
    }
}

fn fill(reader: &mut dyn Reader, chunk: &mut [u8]) -> longshore_transfer::storage::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match reader.read(&mut chunk[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
