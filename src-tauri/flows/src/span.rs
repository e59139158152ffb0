//! Durations as operators write them.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A duration, written as a number of seconds or as a text with units: `90`, `"30s"`, `"1h 30m"`, `"2d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span(pub Duration);

impl Span {
    /// So many seconds.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let (span, text) = match Written::deserialize(deserializer)? {
            Written::Number(seconds) => (Duration::try_from_secs_f64(seconds).ok(), seconds.to_string()),
            Written::Text(text) => (longshore_engine::flow::duration(&text), text),
        };
        let wrong = || D::Error::custom(format!("{text:?} is no duration: write seconds, or a text such as 1h 30m"));
        span.map(Self).ok_or_else(wrong)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["number", "string"], "minimum": 0})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let read = |text: &str| serde_json::from_str::<Span>(text).ok().map(|span| span.0);
        assert_eq!(read("90"), Some(Duration::from_secs(90)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(read("\"1h 30m\""), Some(Duration::from_mins(90)));
        assert_eq!(read("-1"), None);
        assert_eq!(read("\"soon\""), None);
    }
}
