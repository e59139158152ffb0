//! Lines of `NAME=VALUE`: of `airflow connections export --file-format env`, and of files that set the environment.

use super::Findings;
use crate::airflow::connection_of_text;

/// Reads the lines.
pub(super) fn read(text: &str) -> Findings {
    let mut found = Findings::default();
    for (at, name, value) in pairs(text) {
        let line = super::number(at);
        let Some(value) = value else {
            found.left(line, name, "it is no line of NAME=VALUE");
            continue;
        };
        let id = name.strip_prefix("AIRFLOW_CONN_").map_or_else(|| name.clone(), str::to_lowercase);
        if name.starts_with("AIRFLOW_VAR_") {
            found.left(line, name, "it is a variable: import it with `longshore variable import`");
            continue;
        }
        match connection_of_text(&id, &value) {
            Ok(args) if args.kind.is_empty() => found.left(line, name, "it is no connection: it has no kind"),
            Ok(args) => found.connection(line, args),
            Err(fault) => found.left(line, name, fault.why),
        }
    }
    found
}

/// The lines that say something: name and value, without `export` and without the quotes around a value.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (usize, String, Option<String>)> {
    let said = text.lines().enumerate().map(|(at, line)| (at, line.trim()));
    said.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(|(at, line)| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        match line.split_once('=') {
            Some((name, value)) => (at, name.trim().to_owned(), Some(unquoted(value.trim()).to_owned())),
            // It may be the rest of a value: it is not shown.
            None => (at, String::new(), None),
        }
    })
}

fn unquoted(value: &str) -> &str {
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::super::Is;
    use super::*;

    #[test]
    fn lines_are_read_with_or_without_what_a_shell_puts_around_them() {
        let text = "# mine\nAIRFLOW_CONN_A_B=s3://k:p%3D@/\nexport AIRFLOW_CONN_C='{\"conn_type\": \"ssh\"}'\nplain=\"ssh://h\"\nPATH=/bin\nrest of it\n";
        let found = read(text).0;
        let taken: Vec<_> =
            found.iter().map(|one| (one.line, one.name.as_str(), matches!(one.is, Is::Connection(_)))).collect();
        assert_eq!(taken, [(2, "a_b", true), (3, "c", true), (4, "plain", true), (5, "PATH", false), (6, "", false)]);
    }
}
