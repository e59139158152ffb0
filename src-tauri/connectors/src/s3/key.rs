//! Paths of a storage and keys of a bucket.

use std::borrow::Cow;

/// What a path of the storage is at the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The bucket; empty for the top of a storage without one.
    pub(super) bucket: String,
    /// The key; empty for the bucket itself.
    pub(super) key: String,
}

impl Target {
    /// What the keys of everything in this folder begin with.
    pub(super) fn prefix(&self) -> String {
        if self.key.is_empty() { String::new() } else { format!("{}/", self.key) }
    }
}

/// Where a storage lies.
#[derive(Debug, Clone, Default)]
pub(super) struct Root {
    /// The bucket of all paths; without one, the first component of a path is its bucket.
    pub(super) bucket: Option<String>,
    /// What all keys begin with: empty, or ending in a slash.
    pub(super) prefix: String,
}

impl Root {
    /// A root at `folder` of a connection. Without a bucket, the first component of `folder` is one.
    pub(super) fn new(bucket: Option<String>, folder: &[u8]) -> Result<Self, &'static str> {
        let folder = text(folder)?.trim_matches('/');
        let (bucket, folder) = match bucket {
            None if folder.is_empty() => return Ok(Self::default()),
            None => split(folder),
            Some(bucket) => (bucket, folder.to_owned()),
        };
        let prefix = if folder.is_empty() { folder } else { folder + "/" };
        Ok(Self { bucket: Some(bucket), prefix })
    }

    /// What a path is at the endpoint. The words say why a path is none.
    pub(super) fn target(&self, path: &[u8]) -> Result<Target, &'static str> {
        let path = text(path)?;
        let target = match &self.bucket {
            Some(bucket) if path.is_empty() => {
                Target { bucket: bucket.clone(), key: self.prefix.trim_end_matches('/').to_owned() }
            }
            Some(bucket) => Target { bucket: bucket.clone(), key: format!("{}{path}", self.prefix) },
            None => {
                let (bucket, key) = split(path);
                Target { bucket, key }
            }
        };
        // Of the key as it is sent: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>.
        if target.key.len() > 1024 { Err("a key has at most 1,024 bytes") } else { Ok(target) }
    }

    /// The path of a key that a listing of `bucket` gave.
    pub(super) fn path<'k>(&self, bucket: &str, key: &'k str) -> Cow<'k, [u8]> {
        match &self.bucket {
            Some(_) => Cow::Borrowed(key.strip_prefix(&self.prefix).unwrap_or(key).as_bytes()),
            None => Cow::Owned(format!("{bucket}/{key}").into_bytes()),
        }
    }
}

fn split(path: &str) -> (String, String) {
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (bucket.to_owned(), key.to_owned())
}

fn text(path: &[u8]) -> Result<&str, &'static str> {
    let path = std::str::from_utf8(path).map_err(|_| "a key is text in UTF-8")?;
    if path.contains('\0') { Err("a path holds no NUL") } else { Ok(path) }
}

/// A name of a listing that was asked for in the encoding of URLs, where a plus stands for a space.
pub(super) fn decode(name: &str) -> String {
    let bytes = name.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        decoded.push(value.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| name.to_owned())
}

/// A key in the path of a URL: everything but letters, digits, `-._~` and slashes escaped.
pub(super) fn encode(key: &str) -> String {
    use std::fmt::Write as _;
    key.bytes().fold(String::with_capacity(key.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(root: &Root, path: &str) -> (String, String) {
        root.target(path.as_bytes()).map_or_else(|why| (why.into(), String::new()), |at| (at.bucket, at.key))
    }

    fn pair(bucket: &str, key: &str) -> (String, String) {
        (bucket.into(), key.into())
    }

    #[test]
    fn paths_are_keys_of_the_bucket() {
        let root = Root { bucket: Some("b".into()), prefix: "in/here/".into() };
        assert_eq!(target(&root, ""), pair("b", "in/here"));
        assert_eq!(target(&root, "a//b/"), pair("b", "in/here/a//b/"));
        assert_eq!(root.path("b", "in/here/a//b/").as_ref(), b"a//b/");
        assert_eq!(root.target(b"").map(|top| top.prefix()), Ok("in/here/".into()));
    }

    #[test]
    fn without_a_bucket_the_first_component_is_one() {
        let root = Root::default();
        assert_eq!(target(&root, ""), pair("", ""));
        assert_eq!(target(&root, "b"), pair("b", ""));
        assert_eq!(target(&root, "b/c/d"), pair("b", "c/d"));
        assert_eq!(root.path("b", "c/d").as_ref(), b"b/c/d");
        let below = Root::new(None, b"b/c").map(|root| (root.bucket, root.prefix));
        assert_eq!(below, Ok((Some("b".into()), "c/".into())));
    }

    #[test]
    fn a_key_is_text_of_at_most_1024_bytes() {
        let root = Root { bucket: Some("b".into()), prefix: String::new() };
        assert!(root.target(&[b'k'; 1024]).is_ok());
        assert!(root.target(&[b'k'; 1025]).is_err());
        assert!(root.target(b"\xff").is_err());
        assert!(root.target(b"a\0b").is_err());
    }

    #[test]
    fn odd_escapes_stand_for_themselves() {
        assert_eq!(decode("a+b%20c%2Bd%zz%4"), "a b c+d%zz%4");
        assert_eq!(encode("a b+\n/ü"), "a%20b%2B%0A/%C3%BC");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(key in ".*") {
            prop_assert_eq!(decode(&encode(&key)), key);
        }
    }
}
