//! What an object storage says of its objects in a message: S3's own form, the same wrapped by SNS, and EventBridge's.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>. Messages come from outside: nothing in them is trusted to be there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happened to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was restored from an archive, and can be read for a while.
    Restored,
    /// It was written.
    Created,
    /// Something that asks for nothing: a restore that began or expired, a deletion, or what is not known. S3's name for it.
    Other(String),
}

/// One object that a message speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEvent {
    /// What happened to it.
    pub happened: Happened,
    /// Its bucket.
    pub bucket: String,
    /// Its key, as it is: not in the form in which some messages have it.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
    /// What makes the event one: the same event may be told in several messages. S3's time and number of it.
    pub mark: String,
    /// Bytes, where it says.
    pub size: Option<u64>,
    /// Until when a restored copy can be read, as it says it.
    pub until: Option<String>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What happened to these objects, one at least.
    Objects(Vec<ObjectEvent>),
    /// That messages arrive: sent when they are set up (`s3:TestEvent`).
    Test,
    /// Nothing that is known: why.
    Unknown(String),
}

/// Reads a message.
pub fn read(body: &str) -> Told {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return unknown("it is not JSON") };
    // SNS has S3's message as a text, unless the subscription asks for it as it is.
    if value["Type"] == "Notification" && value["Records"].is_null() {
        let inner = value["Message"].as_str().map(serde_json::from_str::<Value>);
        return match inner {
            Some(Ok(inner)) => of(&inner),
            _ => unknown("it comes from SNS, and holds no message in JSON"),
        };
    }
    of(&value)
}

fn unknown(why: &str) -> Told {
    Told::Unknown(why.to_owned())
}

fn of(value: &Value) -> Told {
    if value["Event"] == "s3:TestEvent" {
        return Told::Test;
    }
    if value["source"] == "aws.s3" && value["detail"].is_object() {
        return bridged(value).map_or_else(|| unknown("it names no bucket or no key"), |one| Told::Objects(vec![one]));
    }
    let Some(records) = value["Records"].as_array().filter(|records| !records.is_empty()) else {
        return unknown("it is no message of an object storage: it has no `Records`");
    };
    match records.iter().map(record).collect::<Option<Vec<_>>>() {
        Some(all) => Told::Objects(all),
        None => unknown("one of its records names no bucket or no key"),
    }
}

/// A record of S3's own form.
fn record(record: &Value) -> Option<ObjectEvent> {
    let (name, s3) = (record["eventName"].as_str()?, &record["s3"]);
    let object = &s3["object"];
    let name = name.strip_prefix("s3:").unwrap_or(name);
    let happened = match name {
        "ObjectRestore:Completed" => Happened::Restored,
        _ if name.starts_with("ObjectCreated:") => Happened::Created,
        other => Happened::Other(other.to_owned()),
    };
    Some(ObjectEvent {
        happened,
        bucket: text(&s3["bucket"]["name"])?,
        key: form_decoded(object["key"].as_str()?)?,
        version: text(&object["versionId"]),
        mark: mark(name, &record["eventTime"], &object["sequencer"]),
        size: object["size"].as_u64(),
        until: text(&record["glacierEventData"]["restoreEventData"]["lifecycleRestorationExpiryTime"]),
    })
}

/// EventBridge's form, in which keys are as they are.
fn bridged(value: &Value) -> Option<ObjectEvent> {
    let (name, detail) = (value["detail-type"].as_str()?, &value["detail"]);
    let happened = match name {
        "Object Restore Completed" => Happened::Restored,
        "Object Created" => Happened::Created,
        other => Happened::Other(other.to_owned()),
    };
    let object = &detail["object"];
    Some(ObjectEvent {
        happened,
        bucket: text(&detail["bucket"]["name"])?,
        key: text(&object["key"])?,
        version: text(&object["version-id"]),
        mark: mark(name, &value["time"], &object["sequencer"]),
        size: object["size"].as_u64(),
        until: text(&detail["restore-expiry-time"]),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn mark(name: &str, time: &Value, sequencer: &Value) -> String {
    [name, time.as_str().unwrap_or_default(), sequencer.as_str().unwrap_or_default()].join(" ")
}

/// A text as forms send it: `+` is a space, `%` begins a byte in hex. `None` if it is not that, or empty.
fn form_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (hex, after) = rest.split_at_checked(2)?;
                let digit = |at: usize| char::from(hex[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.push(digit(0)? << 4 | digit(1)?);
                rest = after;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn restored(key: &str) -> Value {
        json!({"Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectRestore:Completed", "eventTime": "2026-11-23T10:00:00Z",
            "s3": {"bucket": {"name": "glacier.staging"}, "object": {"key": key, "size": 5, "sequencer": "00A1"}},
            "glacierEventData": {"restoreEventData": {"lifecycleRestorationExpiryTime": "2026-11-28T00:00:00Z"}}}]})
    }

    fn only(told: Told) -> ObjectEvent {
        match told {
            Told::Objects(mut all) if all.len() == 1 => all.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_are_read_as_forms_send_them() {
        let event = only(read(&restored("00/W1%2B2+b%C3%BCcher.bag.zip").to_string()));
        assert_eq!((event.key.as_str(), event.bucket.as_str()), ("00/W1+2 bücher.bag.zip", "glacier.staging"));
        assert_eq!((event.happened, event.size), (Happened::Restored, Some(5)));
        assert_eq!(event.until.as_deref(), Some("2026-11-28T00:00:00Z"));
        for broken in ["a%", "a%2", "a%zz", "%ff", "a%+1", ""] {
            assert!(matches!(read(&restored(broken).to_string()), Told::Unknown(_)), "{broken}");
        }
    }

    #[test]
    fn what_sns_wraps_is_the_same() {
        let inner = restored("W1.bag.zip");
        let wrapped = json!({"Type": "Notification", "MessageId": "m", "Message": inner.to_string()});
        assert_eq!(read(&wrapped.to_string()), read(&inner.to_string()));
        assert!(matches!(read(&json!({"Type": "Notification", "Message": "hello"}).to_string()), Told::Unknown(_)));
    }

    #[test]
    fn what_eventbridge_says_is_understood() {
        let event = json!({"source": "aws.s3", "detail-type": "Object Created", "time": "t", "region": "eu-west-1",
            "detail": {"bucket": {"name": "b"}, "object": {"key": "a+b%20.zip", "size": 1, "version-id": "v"}}});
        let event = only(read(&event.to_string()));
        assert_eq!((event.key.as_str(), event.version.as_deref()), ("a+b%20.zip", Some("v")));
        assert_eq!(event.happened, Happened::Created);
    }

    #[test]
    fn the_test_event_and_what_is_not_known_are_told_apart() {
        assert_eq!(read(r#"{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}"#), Told::Test);
        for body in ["", "hello", "{}", "[]", "3", r#"{"Records": []}"#, r#"{"Records": [{"eventName": 1}]}"#] {
            assert!(matches!(read(body), Told::Unknown(_)), "{body}");
        }
        let mut begun = restored("a");
        begun["Records"][0]["eventName"] = json!("s3:ObjectRestore:Post");
        assert_eq!(only(read(&begun.to_string())).happened, Happened::Other("ObjectRestore:Post".into()));
    }
}
