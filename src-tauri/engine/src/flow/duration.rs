//! Durations and sizes as people write them: `90s`, `1h 30m`, `20 GiB`.

use std::time::Duration;

/// Reads a duration: a number of seconds, or numbers with `ms`, `s`, `m`, `h` or `d`.
pub fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let tail = rest[digits..].trim_start();
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        sum = sum.checked_add(Duration::try_from_secs_f64(number * unit(&tail[..letters])?).ok()?)?;
        rest = tail[letters..].trim_start();
    }
    (!text.trim().is_empty()).then_some(sum)
}

/// A duration as it is written: `1h 30m`.
pub(crate) fn words(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut parts = Vec::new();
    for (length, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
        if rest >= length {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0s".into() } else { parts.join(" ") }
}

fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "ms" => 0.001,
        "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

/// Reads a size: a number of bytes, or a number with `kB`, `KiB`, `MB`, `MiB`, ...
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(bytes) = text.parse::<u64>() {
        return Some(bytes);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let number: f64 = text[..digits].parse().ok()?;
    let bytes = number * factor(text[digits..].trim())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie within 0 and 2^63")]
    (bytes < 9.2e18).then(|| bytes.round() as u64)
}

fn factor(word: &str) -> Option<f64> {
    let lower = word.to_ascii_lowercase();
    let power = match lower.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let base: f64 = if lower.contains('i') { 1024.0 } else { 1000.0 };
    Some(base.powi(power))
}
