//! Where the files of a dataset lie in the landing zone, and what SciCat calls the dataset.
//!
//! A dataset that Longshore brought in lies under its pid. One that the OpenEM Ingestor brought in lies where that puts it
//! (`openem-network/datasets/<SciCat's pid>/raw_files/`, as the service of its facility reads it there) and is archived from there:
//! its only source is that place, written as `landing:PATH/`, which no absolute path looks like. One that another archiver archived
//! lies on the LTS alone; its only source is written as `scicat:PID`.

use longshore_catalogue::{Dataset, PathBytes};
use longshore_engine::Fault;

/// What the source of a dataset begins with that lies where somebody else put it.
const FOUND: &[u8] = b"landing:";

/// What the source of a dataset begins with that another archiver archived, as SciCat told.
const ADOPTED: &[u8] = b"scicat:";

/// The folder in which the OpenEM Ingestor puts the files of a dataset.
pub(crate) fn ingested(pid: &str) -> Result<PathBytes, Fault> {
    if !is_plain(pid) {
        let why = "It is part of a path: no part of it between slashes may be empty, . or ..";
        return Err(Fault::permanent("pid.unsafe", format!("{pid:?} cannot be an identifier"), why));
    }
    Ok(PathBytes::from(ingest_folder(pid).as_str()))
}

/// The same of a pid that was not looked at.
pub(crate) fn ingest_folder(pid: &str) -> String {
    format!("openem-network/datasets/{pid}/raw_files")
}

/// Whether no part of a path between slashes is empty, `.` or `..`.
pub(crate) fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// The source of a dataset that lies in this folder of the landing zone already.
pub(crate) fn source(folder: &PathBytes) -> PathBytes {
    PathBytes::new([FOUND, folder.as_bytes(), b"/"].concat())
}

/// The folder of the landing zone in which a dataset was found, if Longshore did not bring it there.
fn found(dataset: &Dataset) -> Option<&[u8]> {
    let [only] = dataset.sources.as_slice() else { return None };
    only.as_bytes().strip_prefix(FOUND)?.strip_suffix(b"/")
}

/// Whether the files of a dataset lay in the landing zone before Longshore knew it. Their checksums are taken when they are packed.
pub(crate) fn was_found(dataset: &Dataset) -> bool {
    found(dataset).is_some()
}

/// The source of a dataset that another archiver archived, by its pid in SciCat.
pub(crate) fn archived_elsewhere(pid: &str) -> PathBytes {
    PathBytes::new([ADOPTED, pid.as_bytes()].concat())
}

/// Whether another archiver archived it: its datablocks are not ours to write.
pub(crate) fn was_adopted(dataset: &Dataset) -> bool {
    matches!(dataset.sources.as_slice(), [only] if only.as_bytes().starts_with(ADOPTED))
}

/// The folder of a dataset in the landing zone.
pub(crate) fn folder(dataset: &Dataset) -> PathBytes {
    let said = || dataset.described.as_ref().and_then(|described| described.folder.clone());
    let own = || said().unwrap_or_else(|| PathBytes::from(dataset.pid.as_str()));
    found(dataset).map_or_else(own, PathBytes::new)
}

/// Where the copy of an entry lies in the landing zone.
pub(crate) fn path(dataset: &Dataset, entry: &PathBytes) -> Vec<u8> {
    folder(dataset).join(entry.as_bytes()).into_bytes()
}

/// What SciCat calls a dataset: its pids have a slash in them and are names here, where a pid is a file name too. One with metadata that
/// SciCat has given no pid yet is called by its own; what is told of it then is told under SciCat's when it is delivered.
pub(crate) fn scicat_pid(dataset: &Dataset) -> &str {
    if let Some(described) = &dataset.described {
        return described.pid.as_deref().unwrap_or(&dataset.pid);
    }
    if was_found(dataset) || dataset.name.contains('/') { &dataset.name } else { &dataset.pid }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use longshore_catalogue::{DatasetState, Described, Totals};

    use super::*;

    fn dataset(name: &str, source: PathBytes) -> Dataset {
        let (totals, state) = (Totals::default(), DatasetState::Landing);
        let (pid, name, sources) = ("p".to_owned(), name.to_owned(), vec![source]);
        Dataset { id: 1, pid, name, state, totals, listed: false, sources, created_at: 0, described: None }
    }

    #[test]
    fn files_lie_under_the_pid_or_where_they_were_found() {
        let entry = PathBytes::from("a/b.mrc");
        let ours = dataset("grid", PathBytes::from("/data/grid"));
        assert_eq!((path(&ours, &entry), scicat_pid(&ours)), (b"p/a/b.mrc".to_vec(), "p"));
        let theirs = dataset("20.5/x", source(&ingested("20.5/x").unwrap()));
        let lies = b"openem-network/datasets/20.5/x/raw_files/a/b.mrc".to_vec();
        assert_eq!((path(&theirs, &entry), scicat_pid(&theirs)), (lies, "20.5/x"));
        assert_eq!(scicat_pid(&dataset("20.5/y", PathBytes::from("/data/y"))), "20.5/y");
        let (pid, folder) = (Some("20.5/z".to_owned()), Some(ingested("20.5/z").unwrap()));
        let described = |pid, folder| Dataset {
            described: Some(Described { pid, folder }),
            ..dataset("a/b", PathBytes::from("/d"))
        };
        assert_eq!(scicat_pid(&described(None, None)), "p", "its name is no pid");
        let landed = path(&described(pid, folder), &entry);
        assert_eq!(landed, b"openem-network/datasets/20.5/z/raw_files/a/b.mrc");
    }

    #[test]
    fn an_identifier_leads_nowhere_else() {
        for bad in ["", "/a", "a/", "a/../b", "./a", "a//b"] {
            assert_eq!(ingested(bad).unwrap_err().code, "pid.unsafe", "{bad:?}");
        }
    }
}
