//! Values as Python writes them.

use std::time::Duration;

use serde_json::Value;

/// A JSON value as a literal.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(text),
        Value::Array(all) => format!("[{}]", all.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(all) => {
            let pairs = all.iter().map(|(name, value)| format!("{}: {}", string(name), literal(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as a literal. JSON's escapes are Python's.
pub(super) fn string(text: &str) -> String {
    let mut literal = serde_json::to_string(text).unwrap_or_default();
    // A Python source in UTF-8 may hold any character but these, which JSON leaves as they are.
    for (raw, escaped) in [('\u{7f}', "\\x7f"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")] {
        literal = literal.replace(raw, escaped);
    }
    literal
}

/// A text inside a docstring.
pub(super) fn prose(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "'")
}

/// A list of texts.
pub(super) fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", texts.into_iter().map(string).collect::<Vec<_>>().join(", "))
}

/// Seconds, without a fraction where there is none.
pub(super) fn seconds(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 { duration.as_secs().to_string() } else { duration.as_secs_f64().to_string() }
}

/// Whether a name can be that of a variable or an argument.
pub(super) fn is_name(name: &str) -> bool {
    const WORDS: [&str; 36] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "print",
    ];
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && !WORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_python_reads_them() {
        let value = json!({"a": [true, null, 1.5, "x\"\n\u{7f}"]});
        assert_eq!(literal(&value), r#"{"a": [True, None, 1.5, "x\"\n\x7f"]}"#);
        assert!(is_name("to") && !is_name("from") && !is_name("2a") && !is_name("a-b"));
    }
}
