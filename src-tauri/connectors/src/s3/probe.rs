//! The test of a connection, step by step.

use std::sync::Arc;

use aws_sdk_s3::config::ProvideCredentials;
use longshore_transfer::storage::{Finish, Result, Status, Storage};

use super::S3;
use super::client::Made;
use crate::net::{self, Destination};
use crate::{Step, bridge, step};

/// What is tried.
pub(super) struct Probe<'p> {
    pub(super) made: &'p Made,
    pub(super) storage: Arc<S3>,
    pub(super) bucket: Option<&'p str>,
    pub(super) write: bool,
}

impl Probe<'_> {
    /// Every step until one fails.
    pub(super) fn run(&self, tell: &mut dyn FnMut(Step)) -> Option<()> {
        let url = self.url();
        let secure = url.starts_with("https://");
        let destination = destination(&url, self.bucket.filter(|_| self.made.endpoint.is_none()));
        net::reach(&destination, secure.then_some(self.made.authorities.as_slice()), tell)?;
        step(tell, "credentials", || self.credentials())?;
        step(tell, "list", || self.list())?;
        if !self.write || self.storage.site.root.bucket.is_none() {
            return Some(());
        }
        let path = b"longshore-test-of-the-connection".as_slice();
        step(tell, "write", || self.write(path))?;
        step(tell, "delete", || {
            self.storage.delete(path)?;
            Ok(((), "the test's object is gone again".into()))
        })
    }

    fn url(&self) -> String {
        let region = &self.made.region;
        self.made.endpoint.clone().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"))
    }

    fn credentials(&self) -> Result<((), String)> {
        let Some(provider) = &self.made.credentials else { return Ok(((), "none: requests are not signed".into())) };
        let found = bridge::wait(provider.provide_credentials());
        let place = self.storage.site.place(b"");
        let fail = |why: String| place.told("Finding the keys for", "s3.credentials", Status::Permanent, why);
        let keys = found.map_err(|error| fail(error.to_string()))?;
        let keys = keys.map_err(|error| fail(net::chain(&error)))?;
        Ok(((), format!("access key {}", keys.access_key_id())))
    }

    /// The first page of the top; no more, as there may be millions.
    fn list(&self) -> Result<((), String)> {
        let site = &self.storage.site;
        let (place, target) = (site.place(b""), site.target("Listing", b"")?);
        if target.bucket.is_empty() {
            let mut buckets = 0;
            self.storage.list(b"", &mut |_| {
                buckets += 1;
                Ok(())
            })?;
            return Ok(((), format!("{buckets} buckets")));
        }
        let any = site.wait(site.any_below(&place, &target))?;
        let words = if any { "may be listed" } else { "may be listed; nothing is there yet" };
        Ok(((), format!("bucket {}: {words}", target.bucket)))
    }

    fn write(&self, path: &[u8]) -> Result<((), String)> {
        let mut writer = self.storage.write(path, None)?;
        writer.write(b"Written by Longshore to test the connection; it may be deleted.\n")?;
        let receipt = writer.commit(&Finish { replace: true, ..Finish::default() })?;
        let words = if receipt.confirmed {
            "written, and its checksum compared"
        } else {
            "written; the server compares no checksum"
        };
        Ok(((), words.into()))
    }
}

/// Host and port of a URL; the bucket is part of the host's name at AWS.
pub(crate) fn destination(url: &str, bucket: Option<&str>) -> Destination {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split('/').next().unwrap_or(rest);
    let standard = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        // Not the last group of an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(standard)),
        _ => (authority, standard),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let dotted = bucket.is_some_and(|bucket| bucket.contains('.'));
    let host = bucket.filter(|_| !dotted).map_or_else(|| host.to_owned(), |bucket| format!("{bucket}.{host}"));
    Destination { host, port }
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn host_and_port_are_taken_from_the_url() {
        let at = |url, bucket| {
            let to = destination(url, bucket);
            (to.host, to.port)
        };
        assert_eq!(at("https://s3.example.org/x", None), ("s3.example.org".into(), 443));
        assert_eq!(at("http://[::1]:9000", None), ("::1".into(), 9000));
        assert_eq!(at("http://[::1]", None), ("::1".into(), 80));
        assert_eq!(at("https://s3.eu.amazonaws.com", Some("b")), ("b.s3.eu.amazonaws.com".into(), 443));
    }
}
