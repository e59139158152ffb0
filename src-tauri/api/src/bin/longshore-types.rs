//! Writes what is made from the Rust types: the wire's TypeScript, the document of the error codes, and in ARCHITECTURE.md the
//! drawings of the states. With `--check` it fails if a file is not what would be written.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (check, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument == "--check");
    if paths.is_empty() {
        eprintln!("usage: longshore-types [--check] FILE.ts... FILE.md...");
        return ExitCode::from(2);
    }
    let act = if check.is_empty() { write } else { compare };
    let mut exit = ExitCode::SUCCESS;
    for path in paths.iter().map(Path::new) {
        if let Err(error) = text_of(path).and_then(|text| act(path, &text)) {
            eprintln!("{}: {error}", path.display());
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn text_of(path: &Path) -> std::io::Result<String> {
    if path.ends_with("ARCHITECTURE.md") {
        return drawn(&std::fs::read_to_string(path)?);
    }
    if path.ends_with("docs/kinds.md") {
        return Ok(longshore_api::kinds::document());
    }
    if path.extension().is_some_and(|extension| extension == "md") {
        return Ok(longshore_api::codes::document());
    }
    Ok(longshore_api::typescript::file())
}

/// The document with the drawings in it made anew; all else stays.
fn drawn(text: &str) -> std::io::Result<String> {
    let (begin, end) =
        ("<!-- The states: made from src-tauri/engine by `make types`. -->\n", "<!-- End of the states. -->");
    let parts = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or_else(|| std::io::Error::other("the place of the states is not there"))?;
    Ok(format!("{before}{begin}{}{end}{after}", longshore_api::states_section()))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

fn compare(path: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read_to_string(path)? == text {
        return Ok(());
    }
    Err(std::io::Error::other("is not what the Rust types say; run `make types`"))
}
