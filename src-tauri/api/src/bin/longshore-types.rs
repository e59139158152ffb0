//! Writes what is made from the Rust types: the wire's TypeScript, and the document of the error codes. With `--check` it fails
//! if a file is not what would be written.

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
        if let Err(error) = act(path, &text_of(path)) {
            eprintln!("{}: {error}", path.display());
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn text_of(path: &Path) -> String {
    if path.extension().is_some_and(|extension| extension == "md") {
        return longshore_api::codes::document();
    }
    longshore_api::typescript::file()
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
