//! What parameters are where a flow file does not give them, of those that several kinds have.

use crate::span::Span;

pub(super) fn get() -> String {
    "GET".into()
}

pub(super) fn landing() -> String {
    "landing".into()
}

pub(super) fn lts() -> String {
    "lts".into()
}

pub(super) fn staging() -> String {
    "staging".into()
}

pub(super) fn half_a_minute() -> Span {
    Span::seconds(30)
}

pub(super) fn ten_minutes() -> Span {
    Span::seconds(600)
}
