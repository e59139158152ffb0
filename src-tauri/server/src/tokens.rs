//! Tokens that were given out, in memory alone; and what a request brings along to be known by.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};

/// Tokens that are held at most; the oldest go first.
const MOST: usize = 10_000;

/// Until when each holds, and whose it is.
pub(crate) struct Tokens<W> {
    life: Duration,
    held: Mutex<HashMap<String, (W, Instant)>>,
}

impl<W: Clone> Tokens<W> {
    /// Each holds for so long.
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, held: Mutex::default() }
    }

    /// A new one, for whom.
    pub(crate) fn give(&self, whose: W) -> String {
        // A ULID has 80 random bits; two have 160.
        let token = format!("{}{}", ulid::Ulid::generate(), ulid::Ulid::generate());
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        all.retain(|_, (_, until)| *until > now);
        if all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, (_, until))| *until).map(|(token, _)| token.clone());
            oldest.map(|oldest| all.remove(&oldest));
        }
        all.insert(token.clone(), (whose, now + self.life));
        token
    }

    /// Whose a token is, while it holds.
    pub(crate) fn whose(&self, token: &str) -> Option<W> {
        let all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(token).filter(|(_, until)| *until > Instant::now()).map(|(whose, _)| whose.clone())
    }
}

/// What stands behind the scheme in `Authorization`.
pub(crate) fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (given, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_out_holds_and_not_for_ever() {
        let tokens = Tokens::new(Duration::from_mins(1));
        let (one, two) = (tokens.give("a"), tokens.give("b"));
        assert_ne!(one, two);
        assert_eq!((tokens.whose(&one), tokens.whose(&two), tokens.whose("other")), (Some("a"), Some("b"), None));
        let over = Tokens::new(Duration::ZERO);
        assert_eq!(over.whose(&over.give(())), None);
    }
}
