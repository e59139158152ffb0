//! `~/.aws/config` and `~/.aws/credentials`: their profiles.

use serde_json::Value;

use super::ini::sections;
use super::{Findings, kept, plain_name};
use crate::wire::{ConnectionSetArgs, Hidden};

/// Reads the profiles. A file of credentials brings the keys; a file of settings only names the profile, in which they are found.
pub(super) fn read(text: &str) -> Findings {
    let mut found = Findings::default();
    let (all, odd) = sections(text);
    for section in all {
        let profile = section.name.strip_prefix("profile ").unwrap_or(&section.name).trim().to_owned();
        if section.name.starts_with("sso-session ") || section.name.starts_with("services ") {
            found.left(section.line, section.name, "it is no profile");
            continue;
        }
        let name = plain_name(&format!("aws_{profile}"));
        let mut args = ConnectionSetArgs { connection: name, kind: "s3".to_owned(), ..ConnectionSetArgs::default() };
        let (mut left, mut keys) = (Vec::new(), false);
        for (line, key, value) in section.keys {
            let extra = |args: &mut ConnectionSetArgs, name: &str| {
                args.extra.insert(name.to_owned(), Hidden(Value::String(value.clone())));
            };
            match key.as_str() {
                "aws_access_key_id" => args.login = Some(value),
                "aws_secret_access_key" => {
                    keys = true;
                    args.secrets.insert("password".into(), kept(value));
                }
                "aws_session_token" => drop(args.secrets.insert("session_token".into(), kept(value))),
                "region" => extra(&mut args, "region_name"),
                "endpoint_url" | "ca_bundle" | "role_arn" | "external_id" => extra(&mut args, &key),
                "output" => {}
                _ => left.push((
                    line,
                    format!("{profile} {key}"),
                    "it is not taken over; the profile is read from the file",
                )),
            }
        }
        if !keys {
            args.extra.insert("profile".to_owned(), Hidden(Value::String(profile)));
        }
        found.connection(section.line, args);
        for (line, name, why) in left {
            found.left(line, name, why);
        }
    }
    for line in odd {
        found.left(line, "", "it is neither a section nor a key with a value");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Is;
    use super::*;

    #[test]
    fn profiles_become_connections() {
        let found = read("[default]\naws_access_key_id = AK\naws_secret_access_key = SK-63\n[profile lab x]\nregion = eu\nmfa_serial = m\n[sso-session s]\n").0;
        assert!(!format!("{found:?}").contains("SK-63"));
        let names: Vec<_> = found.iter().map(|one| (one.name.as_str(), matches!(one.is, Is::Connection(_)))).collect();
        assert_eq!(
            names,
            [("aws_default", true), ("aws_lab_x", true), ("lab x mfa_serial", false), ("sso-session s", false)]
        );
    }
}
