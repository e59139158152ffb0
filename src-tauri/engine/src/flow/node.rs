//! YAML as a tree in which every value knows where it stands.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::Fault;

/// Line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Spot {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl From<serde_saphyr::Location> for Spot {
    fn from(location: serde_saphyr::Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) spot: Spot,
    pub(super) data: Data,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Null, a truth value, a number or a text.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Reads a YAML text.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Fault> {
        // `on` and `no` are words; only true and false are truth values.
        let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPEATED };
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, alias_limits: alias_limits };
        let read: Result<Spanned<Data>, _> = serde_saphyr::from_str_with_options(text, options);
        read.map(Self::from).map_err(|error| {
            let spot = error.location().map(Spot::from).unwrap_or_default();
            if grows(&error) {
                let why = "what its anchors and aliases stand for is more than a flow file may hold";
                return Fault::permanent("flow.too_large", format!("{file} is too large"), why)
                    .at(format!("{file}:{spot}"))
                    .now("Write out what is repeated, or hand it over as a parameter.");
            }
            Fault::permanent("flow.yaml", format!("{file} is not YAML that can be read"), plain(&error))
                .at(format!("{file}:{spot}"))
        })
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Data::Scalar(Value::String(text)) = &self.data { Some(text) } else { None }
    }

    /// The value as JSON, places forgotten.
    pub(super) fn json(&self) -> Value {
        match &self.data {
            Data::Scalar(value) => value.clone(),
            Data::List(all) => Value::Array(all.iter().map(Self::json).collect()),
            Data::Map(all) => Value::Object(
                all.iter().map(|(key, one)| (key.text().unwrap_or_default().into(), one.json())).collect(),
            ),
        }
    }

    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Scalar(Value::Null) => "nothing",
            Data::Scalar(Value::Bool(_)) => "a truth value",
            Data::Scalar(Value::Number(_)) => "a number",
            Data::Scalar(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// What lies at a JSON pointer below it; the nearest that is there.
    pub(super) fn at(&self, pointer: &str) -> &Self {
        pointer.split('/').skip(1).try_fold(self, |node, step| node.step(step).ok_or(node)).unwrap_or_else(|node| node)
    }

    fn step(&self, step: &str) -> Option<&Self> {
        match &self.data {
            Data::Scalar(_) => None,
            Data::List(all) => all.get(step.parse::<usize>().ok()?),
            Data::Map(all) => all.iter().find(|(key, _)| key.text() == Some(step)).map(|(_, one)| one),
        }
    }
}

/// Values that aliases may stand for in all: a short text could stand for more than there is memory.
const MOST_REPEATED: usize = 20_000;

/// Whether a text was given up because it stands for too much.
fn grows(error: &serde_saphyr::Error) -> bool {
    use serde_saphyr::Error as E;
    match error {
        E::AliasError { error, .. } | E::WithSnippet { error, .. } => grows(error),
        E::AliasReplayCounterOverflow { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. }
        | E::Budget { .. } => true,
        _ => false,
    }
}

/// The reader's message without its picture of the text: only the first line, and not the place, which is told apart.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let cut = first.strip_prefix("line ").and_then(|rest| rest.split_once(": ")).map_or(first, |(_, rest)| rest);
    cut.to_owned()
}

impl From<Spanned<Data>> for Node {
    fn from(spanned: Spanned<Data>) -> Self {
        Self { spot: spanned.referenced.into(), data: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Data, E> {
        Ok(Data::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        Ok(Data::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        Ok(Data::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        Ok(Data::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element::<Spanned<Data>>()? {
            all.push(one.into());
        }
        Ok(Data::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        let mut all: Vec<(Node, Node)> = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let key = Node { spot: key.referenced.into(), data: Data::Scalar(key.value.into()) };
            if all.iter().any(|(other, _)| other.data == key.data) {
                return Err(de::Error::custom(format!(
                    "the key {:?} stands here twice",
                    key.text().unwrap_or_default()
                )));
            }
            all.push((key, map.next_value::<Spanned<Data>>()?.into()));
        }
        Ok(Data::Map(all))
    }
}
