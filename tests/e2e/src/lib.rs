//! What the end-to-end tests share. Everything that a test starts runs in a process group of its own and ends with the test;
//! everything that it writes lies in a folder of its own below the target folder.
//!
//! A check that this machine does not allow prints `SKIPPED: ` with the reason, so that CI counts it.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod cli;
pub mod desktop;
pub mod disk;
pub mod judge;
pub mod pages;
pub mod process;
pub mod site;
pub mod tree;
pub mod wait;

/// Whether the long forms are wanted.
pub fn soak() -> bool {
    std::env::var_os("LONGSHORE_SOAK").is_some_and(|value| value == "1")
}

/// Says that something could not be tested here, and why.
pub fn skipped(what: &str, why: &str) {
    tell(&format!("SKIPPED: {what}: {why}"));
}

/// Says something that is seen although the test passes; the test harness keeps `println!` to itself.
pub fn tell(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
