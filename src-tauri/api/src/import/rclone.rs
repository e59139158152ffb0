//! `rclone.conf`: remotes of the kinds that there are connectors for. Passwords in it are obscured, which hides nothing: the key is
//! part of rclone (`fs/config/obscure/obscure.go`).

use aes::Aes256;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use longshore_connectors::with_scheme;
use serde_json::Value;

use super::ini::{Section, sections};
use super::{Findings, kept, plain_name};
use crate::wire::{ConnectionSetArgs, Hidden};

/// Rclone's key: "this is not meant to be secure, just to stop the casual observer".
const KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b, 0xd3, 0x90, 0x19,
    0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];

/// Reads the remotes.
pub(super) fn read(text: &str) -> Findings {
    let mut found = Findings::default();
    if text.trim_start().starts_with("RCLONE_ENCRYPT") || text.contains("\nRCLONE_ENCRYPT") {
        found.left(1, "", "the file is encrypted: write it in the open first, with `rclone config encryption remove` or `rclone config show`");
        return found;
    }
    let (all, odd) = sections(text);
    for section in all {
        remote(section, &mut found);
    }
    for line in odd {
        found.left(line, "", "it is neither a section nor a key with a value");
    }
    found
}

fn remote(section: Section, found: &mut Findings) {
    let value =
        |wanted: &str| section.keys.iter().find(|(_, key, _)| key == wanted).map(|(_, _, value)| value.as_str());
    let Some(kind @ ("s3" | "sftp" | "http" | "webdav")) = value("type") else {
        let why = match value("type") {
            Some(kind) => format!("there is no connector for rclone's kind {kind}"),
            None => "it says no type".to_owned(),
        };
        found.left(section.line, section.name, why);
        return;
    };
    let mut args = ConnectionSetArgs {
        connection: plain_name(&section.name),
        kind: kind.to_owned(),
        ..ConnectionSetArgs::default()
    };
    let mut left = Vec::new();
    for (line, key, value) in &section.keys {
        if let Err(why) = take(&mut args, kind, key, value) {
            left.push((*line, format!("{} {key}", section.name), why));
        }
    }
    found.connection(section.line, args);
    for (line, name, why) in left {
        found.left(line, name, why);
    }
}

/// Puts one option where it belongs. What is not known stays among the extra fields, if it is no password.
fn take(args: &mut ConnectionSetArgs, kind: &str, key: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    let text = || Some(value.to_owned());
    let mut extra = |name: &str| drop(args.extra.insert(name.to_owned(), Hidden(Value::String(value.to_owned()))));
    match (kind, key) {
        (_, "type") => {}
        ("s3", "access_key_id") | ("sftp" | "webdav", "user") => args.login = text(),
        ("s3", "secret_access_key") | ("webdav", "bearer_token") => {
            drop(args.secrets.insert("password".into(), kept(value.into())));
        }
        ("s3", "endpoint") => {
            args.extra.insert("endpoint_url".into(), Hidden(Value::String(with_scheme(value))));
        }
        ("s3", "region") => extra("region_name"),
        ("s3", "session_token") => drop(args.secrets.insert("session_token".into(), kept(value.into()))),
        ("s3", "force_path_style") => {
            let style = if value == "true" { "path" } else { "virtual" };
            args.extra.insert("addressing_style".into(), Hidden(Value::String(style.to_owned())));
        }
        ("s3", "profile" | "storage_class" | "role_arn") | ("sftp", "key_file") => extra(key),
        ("sftp", "host") | ("http" | "webdav", "url") => args.host = text(),
        ("sftp", "port") => args.port = Some(value.parse().map_err(|_| "it is no port".to_owned())?),
        ("sftp" | "webdav", "pass") => drop(args.secrets.insert("password".into(), kept(revealed(value)?))),
        ("sftp", "key_file_pass") => drop(args.secrets.insert("private_key_passphrase".into(), kept(revealed(value)?))),
        ("sftp", "key_pem") => drop(args.secrets.insert("private_key".into(), kept(value.replace("\\n", "\n")))),
        ("sftp", "known_hosts_file") => extra("known_hosts"),
        (_, other) if ["pass", "secret", "token", "key"].iter().any(|word| other.contains(word)) => {
            return Err("it is not understood, and may be a secret: it was not taken".to_owned());
        }
        (_, other) => {
            extra(&format!("rclone_{other}"));
            return Err("it means nothing here; it is kept among the extra fields".to_owned());
        }
    }
    Ok(())
}

/// What rclone has obscured: base64 (for URLs, without padding) of 16 bytes to begin with, and the text in AES-256-CTR.
fn revealed(obscured: &str) -> Result<String, String> {
    let wrong = || "it is not what rclone writes for a password".to_owned();
    let bytes = base64(obscured).ok_or_else(wrong)?;
    let (start, text) = bytes.split_at_checked(16).ok_or_else(wrong)?;
    let mut text = text.to_vec();
    let mut cipher = ctr::Ctr128BE::<Aes256>::new_from_slices(&KEY, start).map_err(|_| wrong())?;
    cipher.apply_keystream(&mut text);
    String::from_utf8(text).map_err(|_| wrong())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes() {
        let value = u32::try_from(DIGITS.iter().position(|known| *known == digit)?).ok()?;
        (held, bits) = ((held << 6 | value) & 0xffff, bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Is;
    use super::*;

    #[test]
    fn passwords_are_revealed() {
        // From rclone's own tests (fs/config/obscure/obscure_test.go).
        for (obscured, text) in [
            ("YWFhYWFhYWFhYWFhYWFhYQ", ""),
            ("YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ", "potato"),
            ("YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw", "potato"),
        ] {
            assert_eq!(revealed(obscured).unwrap(), text);
        }
        for wrong in ["short", "not base64!", "YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ=="] {
            revealed(wrong).unwrap_err();
        }
    }

    #[test]
    fn remotes_become_connections_and_nothing_is_passed_over() {
        let text = "[lts]\ntype = s3\nprovider = Ceph\naccess_key_id = AK\nsecret_access_key = SK-61\nendpoint = s3.example\n\n[hpc]\ntype = sftp\nhost = h\nport = x\npass = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\n\n[mine]\ntype = drive\ntoken = T-62\n";
        let found = read(text).0;
        let shown = format!("{found:?}");
        assert!(!shown.contains("SK-61") && !shown.contains("T-62") && !shown.contains("potato"), "{shown}");
        let lines: Vec<_> =
            found.iter().map(|one| (one.line, one.name.as_str(), matches!(one.is, Is::Connection(_)))).collect();
        assert_eq!(
            lines,
            [
                (1, "lts", true),
                (3, "lts provider", false),
                (8, "hpc", true),
                (11, "hpc port", false),
                (14, "mine", false)
            ]
        );
        let Is::Connection(lts) = &found[0].is else { panic!() };
        assert_eq!(
            (lts.login.as_deref(), &lts.extra["endpoint_url"].0),
            (Some("AK"), &Value::from("https://s3.example"))
        );
        assert!(found[2].is_password("potato"));
    }

    impl super::super::Finding {
        fn is_password(&self, text: &str) -> bool {
            matches!(&self.is, Is::Connection(args) if args.secrets["password"] == kept(text.into()))
        }
    }
}
