//! Writes the wire's TypeScript to a file, or with `--check` fails if the file is not what would be written.

use std::process::ExitCode;

fn main() -> ExitCode {
    let (check, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument == "--check");
    let [path] = paths.as_slice() else {
        eprintln!("usage: longshore-types [--check] FILE");
        return ExitCode::from(2);
    };
    let text = longshore_api::typescript::file();
    let done = if check.is_empty() { write(path, &text) } else { compare(path, &text) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(path: &str, text: &str) -> std::io::Result<()> {
    if let Some(folder) = std::path::Path::new(path).parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

fn compare(path: &str, text: &str) -> std::io::Result<()> {
    if std::fs::read_to_string(path)? == text {
        return Ok(());
    }
    Err(std::io::Error::other("is not what the Rust types say; run longshore-types without --check"))
}
