//! The configuration of an archiving service that ran on Prefect, read line by line: variables in TOML with sections, concurrency limits, files
//! that set the environment, and files with one secret each. What its files are and what their names mean is from its public repository
//! (SwissOpenEM/ScopeMArchiver: `backend/prefect/vars*.toml`, `concurrency-limits.toml`, `deployment/*.docker-compose.yml`).

mod files;
mod line;
mod settings;

use std::path::PathBuf;

use serde_json::Value;

pub(crate) use files::{Profile, find};
pub(crate) use line::read;
pub(crate) use settings::{Settings, of};

/// Something in a file, and what it is.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// Line, from 1.
    pub(crate) line: u32,
    /// The name that stands there.
    pub(crate) name: String,
    pub(crate) is: Is,
}

/// What something in a file is.
#[derive(Debug, PartialEq)]
pub(crate) enum Is {
    /// A variable, by the name that it is kept under.
    Variable(&'static str, Value),
    /// Limits with this name here, and their slots.
    Limits(&'static [&'static str], u32),
    /// A secret, or the user that goes with it.
    Secret(Whose, Source),
    /// Not understood, or of no use here; why.
    Left(String),
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// User or access key of the object storage.
    S3User,
    /// Password or secret key of the object storage.
    S3Password,
    /// User of SciCat.
    ScicatUser,
    /// Password of SciCat.
    ScicatPassword,
}

/// Where a secret is.
#[derive(Clone, PartialEq)]
pub(crate) enum Source {
    /// In a file of its own, absolute: it stays there.
    File(PathBuf),
    /// Here.
    Value(String),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Value(_) => f.write_str("***"),
        }
    }
}

/// The limits of the archiving service, and what they are called here: the tags that its tasks have. Of later versions there are only two
/// names, one for what writes to the LTS and one for what reads from it.
const LIMITS: &[(&str, &[&str])] = &[
    ("LTS_FREE_LIMIT", &["wait-for-free-space-in-lts"]),
    ("LTS_READ_LIMIT", &["verify-datablocks-in-lts", "copy-from-LTS-to-retrieval"]),
    ("LTS_TO_RETRIEVAL_LIMIT", &["copy-from-LTS-to-retrieval"]),
    ("LTS_WRITE_LIMIT", &["move-datablocks-to-lts"]),
    ("MOVE_TO_LTS_LIMIT", &["move-datablocks-to-lts"]),
    ("VERIFY_LTS_LIMIT", &["verify-datablocks-in-lts"]),
];

/// The secrets of the archiving service by the names of their files and variables, letters alone.
const SECRETS: &[(&str, Whose)] = &[
    ("minioaccesskey", Whose::S3User),
    ("miniopass", Whose::S3Password),
    ("miniopassword", Whose::S3Password),
    ("miniosecretkey", Whose::S3Password),
    ("miniouser", Whose::S3User),
    ("s3accesskey", Whose::S3User),
    ("s3pass", Whose::S3Password),
    ("s3password", Whose::S3Password),
    ("s3secretkey", Whose::S3Password),
    ("s3user", Whose::S3User),
    ("scicatpass", Whose::ScicatPassword),
    ("scicatpassword", Whose::ScicatPassword),
    ("scicatuser", Whose::ScicatUser),
    ("scicatusername", Whose::ScicatUser),
];

/// What a name of a secret means.
fn whose(name: &str) -> Option<Whose> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRETS.iter().find(|(known, _)| *known == plain).map(|(_, whose)| *whose)
}
