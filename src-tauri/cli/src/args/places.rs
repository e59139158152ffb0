//! The forms of what is done with one place.

use std::ffi::OsString;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Place {
    /// Shows what is known of a place: size, time, checksum; of an object its class, restore, tags and versions
    Show {
        /// A path, STORAGE:PATH or CONNECTION:PATH
        place: OsString,
    },
    /// Prints a link with which anybody may read an object on S3 until it ends
    Link {
        /// CONNECTION:PATH
        place: OsString,
        /// May be written with the link, not read
        #[arg(long)]
        write: bool,
        /// How long it is good, such as 1h or 7d, the longest there is
        #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = seconds)]
        seconds: u32,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Asks that an archived object on S3 be restored, and says how that stands; 3 while it is not there yet
    Restore {
        /// CONNECTION:PATH
        place: OsString,
        /// For how many days
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// How fast
        #[arg(long, value_name = "SPEED", default_value = "bulk")]
        speed: Speed,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Gives an object on S3 these tags, and no others
    Tag {
        /// CONNECTION:PATH
        place: OsString,
        /// Tags; without any it has none then
        #[arg(value_name = "NAME=VALUE", value_parser = super::pair)]
        tags: Vec<(String, String)>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Gives a file or a folder another name in its folder
    Rename {
        /// A path, STORAGE:PATH or CONNECTION:PATH
        place: OsString,
        /// The new name
        name: OsString,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Makes a folder with those above it, or a bucket (CONNECTION:BUCKET)
    Make {
        /// A path, STORAGE:PATH or CONNECTION:PATH
        place: OsString,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

fn seconds(text: &str) -> Result<u32, String> {
    let span = longshore_api::duration(text).ok_or("it is no time, such as 90s, 1h 30m or 7d")?;
    u32::try_from(span.as_secs()).map_err(|error| error.to_string())
}

/// How fast a restore is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speed {
    /// Minutes; not from deep archives
    Expedited,
    /// Hours
    Standard,
    /// The cheapest: up to two days
    Bulk,
}

/// Bytes, from a text such as 20TiB.
pub(super) fn size(text: &str) -> Result<u64, String> {
    longshore_api::size(text)
        .ok_or_else(|| "it is no size: write bytes, or a number with KiB, MiB, GiB or TiB".to_owned())
}
