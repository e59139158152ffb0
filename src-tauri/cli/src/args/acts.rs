//! The forms of what an operator sets, and of who did what.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Limit {
    /// Lists the limits, and who holds their slots
    List,
    /// Makes or changes a limit; takes effect at once, and what holds a slot keeps it
    Set {
        /// Its name
        name: String,
        /// Task runs that may hold it at once; with 0 nothing that names it starts
        slots: u32,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes a limit; what names it waits until there is one again
    Remove {
        /// Its name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Variable {
    /// Lists the variables in force
    List,
    /// Sets a variable; runs that have started keep the value that they started with
    Set {
        /// Its name: lower-case letters, digits and `_`
        name: String,
        /// Its value: JSON, or else a text
        value: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes a variable: what is built in holds again
    Remove {
        /// Its name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Lists who did what, newest first
    List {
        /// Only this operation, or those of this noun (`run` for `run.cancel`)
        #[arg(long)]
        op: Option<String>,
        /// Only what was done to this: a kind, a name, or both (`run 01J...`)
        #[arg(long)]
        object: Option<String>,
        /// Only by this user
        #[arg(long)]
        by: Option<String>,
        /// At or after this time: `2026-11-03`, `2026-11-03T14:00`, or `2h` ago
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Before this time
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
}
