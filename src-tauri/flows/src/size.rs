//! Sizes as operators write them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A number of bytes, written as a number or as a text with a binary unit: `512`, `"64KiB"`, `"1.5 GiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size = longshore_engine::flow::size(text).map(Self);
        size.ok_or_else(|| format!("{text:?} is no size: write a number of bytes, or a text such as 20 GiB"))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse().map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["integer", "string"], "minimum": 0})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let read = |text: &str| text.parse::<Size>().map(|size| size.0).ok();
        assert_eq!(read("512"), Some(512));
        assert_eq!(read("64KiB"), Some(65_536));
        assert_eq!(read("1.5 GiB"), Some(3 << 29));
        assert_eq!(read("20 apples"), None);
        assert_eq!(read(""), None);
        assert_eq!(serde_json::from_str::<Size>("7").ok(), Some(Size(7)));
        assert_eq!(serde_json::from_str::<Size>("\"2MiB\"").ok(), Some(Size(2 << 20)));
    }
}
