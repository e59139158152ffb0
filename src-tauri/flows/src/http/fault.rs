//! Failures of requests, told as the operator reads them.

use std::time::Duration;

use longshore_connectors::http::told::{self, chain, place, retryable};
use longshore_engine::{Class, Fault};
use reqwest::{Response, StatusCode, Url};

/// Why no answer came.
pub(super) fn of_error(error: reqwest::Error, url: &Url) -> Fault {
    let error = error.without_url();
    let why = chain(&error);
    let what = format!("{} gave no answer", place(url));
    let fault = if of_tls(&error) {
        Fault::permanent("http.tls", "The other side could not prove who it is", why).now(
            "Have its certificate put right, or the authority that signed it added to those that this machine trusts.",
        )
    } else if error.is_timeout() {
        Fault::transient("http.timeout", what, why)
    } else {
        Fault::transient("http.unreachable", what, why)
    };
    fault.at_place(place(url))
}

/// An error of input and output hides what it was made of from the chain of sources.
fn of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let hidden = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || hidden.is_some_and(|hidden| of_tls(hidden)) || error.source().is_some_and(of_tls)
}

/// An answer that was not expected.
pub(crate) fn of_status(url: &Url, status: StatusCode, said: &str) -> Fault {
    let class = if retryable(status) { Class::Transient } else { Class::Permanent };
    let why = if said.is_empty() { format!("it answered {status}") } else { format!("it answered {status}: {said}") };
    Fault::new(class, "http.status", format!("{} refused or failed", place(url)), why).at_place(place(url))
}

/// How long the other side asks us to wait, if it does.
pub(crate) fn retry_after(answer: &Response) -> Option<Duration> {
    told::retry_after(answer.status(), answer.headers())
}

/// More came than may be an output.
pub(super) fn too_large(url: &Url, most: usize) -> Fault {
    let why = format!("its answer is longer than {most} bytes");
    Fault::permanent("http.too_large", format!("The answer of {} was not taken", place(url)), why)
        .now("Save it to a storage with `save_to`, or raise `max_bytes`.")
        .at_place(place(url))
}
