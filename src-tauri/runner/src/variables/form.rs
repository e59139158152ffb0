//! What a variable that Longshore itself reads may hold.

use longshore_engine::flow::size;
use serde_json::Value;

/// The form of a value. None at all (`null`) is allowed in each; an empty text in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Bytes, as a number or a size such as `64 MiB`.
    Bytes,
    /// A whole number.
    Count,
    /// A number, 0 or more.
    Number,
    /// Seconds, 0 or more.
    Seconds,
    /// Percent, 0 to 99.
    Percent,
    /// A port that needs no rights of its own to listen on.
    Port,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An absolute folder.
    Folder,
    /// A host with a port, or a URL of HTTP.
    Endpoint,
    /// A path on a server, such as `/api/v3`.
    Prefix,
    /// A name: of a bucket, a region, a connection.
    Name,
}

/// Ports of [`Form::Port`].
const PORTS: std::ops::RangeInclusive<f64> = 1024.0..=65_535.0;

impl Form {
    /// Whether it is a number, of which a text may be made.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Bytes | Self::Count | Self::Number | Self::Seconds | Self::Percent | Self::Port)
    }

    /// A number, or a text that is one.
    pub fn number(value: &Value) -> Option<f64> {
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
    }

    /// Whether a value has this form; if not, why.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        if value.is_null() || self.fits(value) {
            return Ok(());
        }
        let shown = match value.as_str() {
            Some("") => "An empty text".to_owned(),
            _ => value.to_string(),
        };
        Err(format!("{shown} is not {}", self.wanted()))
    }

    fn fits(self, value: &Value) -> bool {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
        match self {
            Self::Bytes => value.as_u64().is_some() || text.and_then(size).is_some(),
            Self::Count => value.as_u64().is_some() || text.is_some_and(|text| text.parse::<u64>().is_ok()),
            Self::Number | Self::Seconds => Self::number(value).is_some_and(|number| number >= 0.0),
            Self::Percent => Self::number(value).is_some_and(|number| (0.0..=99.0).contains(&number)),
            Self::Port => Self::number(value).is_some_and(|port| port.fract() == 0.0 && PORTS.contains(&port)),
            Self::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Self::Folder => text.is_some_and(|text| text.starts_with('/') && !text.split('/').any(|part| part == "..")),
            Self::Endpoint => text.is_some_and(is_endpoint),
            Self::Prefix => text.is_some_and(|text| !text.contains(char::is_whitespace) && !text.contains("://")),
            Self::Name => text.is_some_and(|text| !text.contains([' ', '/', '\t', '\n'])),
        }
    }

    fn wanted(self) -> String {
        match self {
            Self::Bytes => "a whole number, nor a size such as \"2 GiB\"".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Seconds => "a number of seconds".to_owned(),
            Self::Percent => "a number of percent from 0 to 99".to_owned(),
            Self::Port => "a port from 1024 to 65535".to_owned(),
            Self::Word(words) => format!("one of: {}", words.join(", ")),
            Self::Folder => "an absolute path without ..".to_owned(),
            Self::Endpoint => "a host such as s3.example.org:9000, nor a URL of http or https".to_owned(),
            Self::Prefix => "a path on a server, such as /api/v3".to_owned(),
            Self::Name => "a name without spaces and slashes".to_owned(),
        }
    }
}

fn is_endpoint(text: &str) -> bool {
    let rest = match text.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return false,
        None => text,
    };
    let host = rest.split('/').next().unwrap_or_default();
    !host.is_empty() && !rest.contains([' ', '@', '?', '#'])
}
