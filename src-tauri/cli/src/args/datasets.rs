//! The forms of what is asked of one dataset.

use std::ffi::OsString;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Dataset {
    /// Shows one dataset: state, datablocks, runs
    Show {
        /// Its identifier or name
        dataset: String,
        /// Its files too
        #[arg(long)]
        files: bool,
        /// Its history too
        #[arg(long)]
        history: bool,
    },
    /// Writes its fixity report: each file, its checksums, where its copy lies, and how and when that was proved
    Report {
        /// Its identifier or name
        dataset: String,
        /// The new file
        file: OsString,
        /// What it looks like
        #[arg(long, value_enum, default_value = "csv")]
        form: Report,
    },
}

/// What a fixity report looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// Comma-separated values, a line for each entry
    Csv,
    /// One JSON document
    Json,
    /// manifest-sha256.txt of a bag
    Manifest,
    /// HTML to be printed
    Page,
}
