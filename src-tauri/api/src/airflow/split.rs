//! A URL taken apart as Python's `urllib.parse.urlsplit` does it, which is what Airflow uses. Other rules (WHATWG's, RFC 3986's) read
//! some of the texts otherwise.

/// The parts of a URL.
#[derive(Default)]
pub(super) struct Split<'t> {
    pub(super) scheme: String,
    netloc: &'t str,
    pub(super) path: &'t str,
    pub(super) query: &'t str,
}

/// Takes a URL apart.
pub(super) fn split(text: &str) -> Result<Split<'_>, String> {
    let (scheme, rest) = scheme(text);
    let (netloc, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    brackets(netloc)?;
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Ok(Split { scheme, netloc, path, query })
}

/// A scheme has no other characters than letters, digits, `+`, `-` and `.`: with an underscore it is none.
fn scheme(text: &str) -> (String, &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain) => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => (String::new(), text),
    }
}

fn brackets(netloc: &str) -> Result<(), String> {
    let wrong = || "its host is no IPv6 address in brackets".to_owned();
    match (netloc.find('['), netloc.find(']')) {
        (None, None) => Ok(()),
        (Some(open), Some(close)) if open < close => {
            let before = netloc[..open].rsplit_once('@').map_or(&netloc[..open], |(_, after)| after);
            let (address, after) = (&netloc[open + 1..close], &netloc[close + 1..]);
            let whole = address.split_once('%').map_or(address, |(address, _)| address);
            let known = whole.parse::<std::net::Ipv6Addr>().is_ok() || address.starts_with(['v', 'V']);
            if known && before.is_empty() && (after.is_empty() || after.starts_with(':')) {
                Ok(())
            } else {
                Err(wrong())
            }
        }
        _ => Err(wrong()),
    }
}

impl<'t> Split<'t> {
    fn user_and_host(&self) -> (Option<&'t str>, &'t str) {
        self.netloc.rsplit_once('@').map_or((None, self.netloc), |(user, host)| (Some(user), host))
    }

    /// User name and password, as they are written.
    pub(super) fn user(&self) -> (Option<&'t str>, Option<&'t str>) {
        match self.user_and_host().0 {
            None => (None, None),
            Some(user) => user.split_once(':').map_or((Some(user), None), |(name, word)| (Some(name), Some(word))),
        }
    }

    fn host_and_port(&self) -> (&'t str, &'t str) {
        let host = self.user_and_host().1;
        match host.split_once('[') {
            Some((_, bracketed)) => {
                let (host, after) = bracketed.split_once(']').unwrap_or((bracketed, ""));
                (host, after.split_once(':').map_or("", |(_, port)| port))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        }
    }

    /// The host, decoded. Letters up to the first `%` become small (what follows it is meant to be a zone); a host that has a `/` in
    /// it stays as it is written.
    pub(super) fn host(&self) -> String {
        let host = self.host_and_port().0;
        let (address, zone) = host.split_at(host.find('%').unwrap_or(host.len()));
        let host = unquote(&(address.to_lowercase() + zone));
        if !host.contains('/') {
            return host;
        }
        let written = self.user_and_host().1;
        unquote(written.split_once(':').map_or(written, |(host, _)| host))
    }

    pub(super) fn port(&self) -> Result<Option<u16>, String> {
        let port = self.host_and_port().1;
        if port.is_empty() {
            return Ok(None);
        }
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| port.parse().ok()).flatten();
        // What stands in the place of a port may be the end of a password.
        number.map(Some).ok_or_else(|| "its port is no number up to 65535".to_owned())
    }
}

/// Percent-decoding; `+` stays, and what is no UTF-8 becomes a replacement character.
pub(super) fn unquote(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let byte = (bytes[at] == b'%').then(|| two_hex(bytes.get(at + 1..at + 3)?)).flatten();
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn two_hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

/// Percent-encoding of all but letters, digits, `_`, `.`, `-` and `~`.
pub(super) fn quote(text: &str) -> String {
    use std::fmt::Write as _;
    let mut quoted = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) {
            quoted.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(quoted, "%{byte:02X}");
        }
    }
    quoted
}

/// A query by the rules of forms: `+` is a blank, an empty value is one, the last of a name counts.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let form = |text: &str| unquote(&text.replace('+', " "));
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (form(name), form(value))
    })
}
