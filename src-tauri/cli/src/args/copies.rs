//! The forms of copies between any two places.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// What `copy` and `sync` have in common.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Copied {
    /// What to copy: a path, STORAGE:PATH or CONNECTION:PATH
    #[arg(value_name = "SRC")]
    pub from: OsString,
    /// Where to: the path that the copy has; with `/` at its end, the folder that it lies in
    #[arg(value_name = "DST")]
    pub to: OsString,
    /// Only files that fit: `*.tif` a name, `raw/**/*.tif` a path below SRC
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// No files that fit, and nothing in folders that fit
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Only files that changed later: a time, or how long ago, such as 2d
    #[arg(long, value_name = "TIME")]
    pub newer_than: Option<String>,
    /// Only files of at least this size
    #[arg(long, value_name = "SIZE")]
    pub min_size: Option<String>,
    /// Only files of at most this size
    #[arg(long, value_name = "SIZE")]
    pub max_size: Option<String>,
    /// Leave files alone that changed within this time, such as 30s, until they have settled
    #[arg(long, value_name = "TIME")]
    pub settle: Option<String>,
    /// To an object storage: give names that an earlier copy from one had to change (`~longshore-...`) back their keys
    #[arg(long)]
    pub restore_names: bool,
    /// Do not prove the copies; then it ends with exit code 3
    #[arg(long)]
    pub no_verify: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub plan: bool,
    /// The same copy asked for twice with the same key is done once
    #[arg(long)]
    pub key: Option<String>,
    /// Of what could start, the highest starts first; it may be negative [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub priority: Option<i32>,
    /// Start it and do not wait for it
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    #[command(flatten)]
    pub what: Copied,
    /// What to do where another file lies; one that is the same is taken as copied
    #[arg(long, value_name = "RULE", default_value = "fail")]
    pub if_exists: IfExists,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub what: Copied,
    /// Compare contents rather than sizes and modification times
    #[arg(long)]
    pub checksum: bool,
    /// Delete what lies at DST and not at SRC, once all is copied; what that is, is shown and asked first
    #[arg(long)]
    pub delete: bool,
    /// Do not ask before deleting
    #[arg(long, requires = "delete")]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// A path, STORAGE:PATH or CONNECTION:PATH
    #[arg(default_value = ".")]
    pub location: OsString,
}

/// What to do where another file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfExists {
    /// Leave it and fail, when all others are copied
    Fail,
    /// Leave it
    Skip,
    /// Replace it
    Overwrite,
    /// Leave it, and give the copy a name with a number
    Rename,
}

impl IfExists {
    /// Its word in the parameters of the flow.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Overwrite => "overwrite",
            Self::Rename => "rename",
        }
    }
}
