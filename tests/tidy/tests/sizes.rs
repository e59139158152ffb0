//! Files and functions that a reader can hold in the head.

use longshore_tidy::{Source, sources};

/// Lines of a file, its test module not counted.
const FILE: usize = 400;
/// Lines of a test file or a test module.
const TESTS: usize = 600;
/// Lines of a function from its signature to its closing brace.
const FUNCTION: usize = 60;

fn code() -> impl Iterator<Item = Source> {
    sources().into_iter().filter(|file| file.is(&["rs", "ts", "tsx", "css"]) && !file.path.ends_with("api/types.ts"))
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for file in code() {
        let (code, tests) = file.code_and_tests();
        if code.len() > FILE || tests.len() > TESTS {
            long.push(format!("{}: {} lines of code, {} of tests", file.path, code.len(), tests.len()));
        }
    }
    assert!(long.is_empty(), "over {FILE} lines of code or {TESTS} of tests: {long:#?}");
}

/// Functions longer than the bound. Rests on the formatter: a function's closing brace stands under its first letter.
fn long_functions(file: &Source) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut long = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        let words = bare.split_whitespace().take_while(|word| !word.contains('(') || word.starts_with("pub("));
        if bare.starts_with("//") || !words.collect::<Vec<_>>().contains(&"fn") && !bare.starts_with("fn ") {
            continue;
        }
        let indent = &line[..line.len() - bare.len()];
        let closes = |line: &&str| **line == format!("{indent}}}");
        let body = lines[at..].iter().position(|line| {
            closes(line) || line.trim_end().ends_with(';') && !line.starts_with(&format!("{indent} "))
        });
        let length = body.map_or(1, |end| end + 1);
        if length > FUNCTION {
            long.push(format!("{}:{}: {length} lines: {bare}", file.path, at + 1));
        }
    }
    long
}

#[test]
fn no_function_is_too_long() {
    let long: Vec<String> = code().filter(|file| file.is(&["rs"])).flat_map(|file| long_functions(&file)).collect();
    assert!(long.is_empty(), "over {FUNCTION} lines: {long:#?}");
}

#[test]
fn a_long_function_is_seen() {
    let body = "        work();\n".repeat(FUNCTION);
    let text =
        format!("impl X {{\n    pub(crate) async fn y(\n        &self,\n    ) {{\n{body}    }}\n}}\n\nfn z();\n");
    let found = long_functions(&Source { path: "x.rs".into(), text });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("x.rs:2: 64 lines"), "{found:?}");
}
