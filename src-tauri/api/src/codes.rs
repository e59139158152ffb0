//! Every code that a fault or a remark of a plan can carry: stable words that programs compare, each with what it means and what
//! helps. docs/errors.md is made from this list.

mod a_to_c;
mod d_to_f;
mod g_to_r;
mod s_to_z;

use std::fmt::Write as _;

/// A code and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// The request was refused and nothing was begun: exit code 4 of the command line.
    pub refusal: bool,
    /// What it means, and what helps.
    pub meaning: &'static str,
}

/// Whether a request that fails with this code was refused, not begun and failed.
pub fn is_refusal(code: &str) -> bool {
    codes().any(|known| known.refusal && known.code == code)
}

/// The document for operators.
pub fn document() -> String {
    let mut text = String::from(HEAD);
    for Code { code, refusal, meaning } in codes() {
        let exit = if *refusal { " Exit code 4." } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "## {code}\n\n{meaning}{exit}\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

const HEAD: &str = "\
<!-- Made from src-tauri/api/src/codes.rs by `make types`. Do not edit. -->

# Errors by code

Every failure says what failed, why, and what to do now; its code is the word to look for here, and the word that scripts compare. A
failed run keeps everything that was confirmed: after the cause is gone, `longshore run retry RUN` (or Retry in the window) goes on
from there.

";

const fn refused(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: true, meaning }
}

const fn failed(code: &'static str, meaning: &'static str) -> Code {
    Code { code, refusal: false, meaning }
}

/// The list, by code: each in the file of its first letter.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [a_to_c::CODES, d_to_f::CODES, g_to_r::CODES, s_to_z::CODES].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_stands_once() {
        let all: Vec<_> = codes().map(|known| known.code).collect();
        let wrong = all.windows(2).find(|pair| pair[0] >= pair[1]);
        assert_eq!(wrong, None);
    }
}
