//! The forms of connections and secrets.

use std::ffi::OsString;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Connection {
    /// Lists the connections, those of the environment too
    List,
    /// Shows one, without its secrets, and which flows name it
    Show {
        /// Its name
        id: String,
    },
    /// Makes one; its secrets are read from standard input, a file, or asked for, and never stand on the command line
    Add(Add),
    /// Tries one step by step, and says how long each step took; 1 if one fails
    Test {
        /// Its name
        id: String,
        /// Folder on it below which to try
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
        /// Write a small file too, which is removed again
        #[arg(long)]
        write: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Copies one with its secrets
    Duplicate {
        /// Its name
        id: String,
        /// Name of the copy
        to: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Shows the first host key on the way to a server over SSH that is not known yet; accepts it once it was compared
    HostKey {
        /// Its name
        id: String,
        /// The fingerprint that was compared with what the server's operator says: the key is accepted if it has it
        #[arg(long, value_name = "SHA256:...")]
        accept: Option<String>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes one with its secrets
    Remove {
        /// Its name
        id: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Takes connections over from Airflow (JSON, YAML, environment), rclone.conf, ~/.ssh/config or ~/.aws, and says line by line what
    /// became of each; 1 if nothing was taken
    Import(Import),
    /// Writes connections down, for Airflow or another workspace; without secrets unless asked for
    Export {
        /// Which; all if none is named
        ids: Vec<String>,
        /// How: json, or env (lines of NAME=URI)
        #[arg(long, default_value = "json", value_parser = ["json", "yaml", "env"])]
        format: String,
        /// Write the secrets too, in the open
        #[arg(long)]
        with_secrets: bool,
        /// Into this file, which only its owner may read, and not to standard output
        #[arg(long, value_name = "FILE")]
        output: Option<OsString>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name
    pub id: String,
    /// `-`: its URI (conn_type://login:password@host:port/schema?key=value) is the first line of standard input
    #[arg(long, value_name = "-", value_parser = ["-"], required_unless_present = "file")]
    pub uri: Option<String>,
    /// A JSON file with `conn_type`, `host`, `login`, `password`, `port`, `schema`, `extra`; `-` for standard input
    #[arg(long, value_name = "JSON", conflicts_with = "uri")]
    pub file: Option<OsString>,
    /// Where a secret lies that is not to be kept: file:PATH, env:NAME or vault:MOUNT/PATH#FIELD
    #[arg(long = "secret", value_name = "FIELD=REFERENCE", value_parser = super::pair)]
    pub secrets: Vec<(String, String)>,
    /// A secret that is asked for: at the terminal unseen, else the next line of standard input
    #[arg(long = "ask", value_name = "FIELD")]
    pub ask: Vec<String>,
    /// Change the one of this name, if there is one
    #[arg(long)]
    pub replace: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// A file to take over.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file; `-` for standard input
    pub file: OsString,
    /// What it is; found out by its name and its look if not said
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "yaml", "env", "rclone", "ssh", "aws"])]
    pub format: Option<String>,
    /// Change what is there under the same name
    #[arg(long)]
    pub replace: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Says where secrets are kept, and whether they can be read
    Show,
    /// Opens the encrypted file in the process that owns the workspace; the passphrase is asked for
    Unlock,
}
