//! The forms of what brings a dataset in.

use std::ffi::OsString;

use clap::Args;

/// What `longshore archive` is given.
#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// Files and folders; of a folder that ends in `/`, what lies in it
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// Name of the dataset
    #[arg(long)]
    pub name: String,
    /// Identifier of the dataset [default: made from the name]
    #[arg(long)]
    pub pid: Option<String>,
    /// Stop once it is whole in the landing zone (exit code 3); without this it goes on from there later
    #[arg(long)]
    pub land_only: bool,
    /// Start it and do not wait for it
    #[arg(long)]
    pub no_wait: bool,
}

/// What `longshore upload` is given.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Upload {
    /// Files and folders; of a folder that ends in `/`, what lies in it
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// What is said of the dataset: a file of JSON with SciCat's names (datasetName, type, owner, ownerGroup, ...), or - for standard input
    #[arg(long, value_name = "FILE")]
    pub metadata: OsString,
    /// Its identifier in SciCat, in place of that in the file [default: SciCat gives one]
    #[arg(long)]
    pub pid: Option<String>,
    /// Only say what is wrong with the metadata, and upload nothing
    #[arg(long, conflicts_with_all = ["job", "land_only", "no_wait"])]
    pub check: bool,
    /// Stop once it is whole in the landing zone and its files are registered (exit code 3)
    #[arg(long, conflicts_with = "job")]
    pub land_only: bool,
    /// Have the archiving as a job of SciCat
    #[arg(long)]
    pub job: bool,
    /// Connection to a remote archiver service that takes it and archives it (exit code 3: nothing is proved here)
    #[arg(long, value_name = "CONNECTION", conflicts_with = "job")]
    pub to: Option<String>,
    /// Start it and do not wait for it
    #[arg(long)]
    pub no_wait: bool,
}
