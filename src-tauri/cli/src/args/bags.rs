//! The forms of bags.

use std::ffi::OsString;

use clap::{Args, Subcommand, ValueEnum};

/// What is done with bags.
#[derive(Debug, Subcommand)]
pub(crate) enum Bag {
    /// Judges a bag: what lies in it, and every checksum. 0 where it is valid, 3 where files are still to be fetched, else 1
    Validate(Validate),
    /// Makes a bag of a folder or a dataset, and proves it
    Make(Make),
    /// Unpacks the bags of an archive, proves them, and puts their works in place
    Unpack(Unpack),
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The folder of a bag, or a zip or tar with bags, which is not unpacked: a path, STORAGE:PATH, CONNECTION:PATH or https://...
    #[arg(value_name = "BAG")]
    pub bag: OsString,
    /// Take a bag for invalid whose fetch.txt names files that are not there. Nothing is ever fetched
    #[arg(long)]
    pub refuse_fetch: bool,
    /// Take an archive with names that differ only in case or in their form of Unicode
    #[arg(long)]
    pub take_twins: bool,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Make {
    /// The folder whose files become the payload: a path, STORAGE:PATH or CONNECTION:PATH; with --dataset, the PID of a dataset
    #[arg(value_name = "FROM")]
    pub from: OsString,
    /// Where the bag, or the archive with it, will lie
    #[arg(value_name = "TO")]
    pub to: OsString,
    /// Its shape [default: zip or tar where TO ends so, else a folder]
    #[arg(long, value_name = "FORM")]
    pub form: Option<Form>,
    /// With manifests of SHA-256 [default, with SHA-512, if none is named]
    #[arg(long)]
    pub sha256: bool,
    /// With manifests of SHA-512
    #[arg(long)]
    pub sha512: bool,
    /// With manifests of MD5
    #[arg(long)]
    pub md5: bool,
    /// A field of bag-info.txt; may be given again
    #[arg(long, value_name = "LABEL=VALUE", value_parser = super::pair)]
    pub info: Vec<(String, String)>,
    /// Replace an archive that lies there
    #[arg(long)]
    pub replace: bool,
    /// FROM is a dataset: it is brought back from the LTS for it
    #[arg(long, requires = "work")]
    pub dataset: bool,
    /// Folder of this machine with room for the dataset meanwhile
    #[arg(long, value_name = "DIR", requires = "dataset")]
    pub work: Option<OsString>,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Unpack {
    /// A zip or tar with one bag or many: a path, STORAGE:PATH, CONNECTION:PATH or https://...
    #[arg(value_name = "ARCHIVE")]
    pub archive: OsString,
    /// The folder in which each work gets a folder of its name
    #[arg(value_name = "DIR")]
    pub into: OsString,
    /// Replace works that are there
    #[arg(long)]
    pub replace: bool,
    /// Take a bag for invalid whose fetch.txt names files that are not there. Nothing is ever fetched
    #[arg(long)]
    pub refuse_fetch: bool,
    /// Take names that differ only in case or in their form of Unicode
    #[arg(long)]
    pub take_twins: bool,
    /// Do not keep the manifests beside the work's files
    #[arg(long)]
    pub no_manifests: bool,
}

/// The shape of a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// A folder
    Folder,
    /// A zip whose files are stored as they are
    Zip,
    /// A zip whose files are packed
    ZipDeflated,
    /// A tar
    Tar,
}

impl Form {
    /// Its word in the parameters of the flow.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Zip => "zip",
            Self::ZipDeflated => "zip_deflated",
            Self::Tar => "tar",
        }
    }
}
