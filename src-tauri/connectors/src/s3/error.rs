//! Failures of an endpoint in the operator's words.

use std::error::Error as StdError;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use longshore_transfer::storage::{Error, Status};

use crate::net;
use crate::place::Place;

/// A request that failed: what the endpoint said, and what that means.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The reply's status; none where there was no reply.
    pub(crate) http: Option<u16>,
    /// The code in the reply's body; HEAD has none.
    pub(crate) code: String,
    /// Tries that it took to fail.
    pub(crate) tries: u32,
    pub(crate) error: Error,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl Refusal {
    /// Whether there is nothing of that name.
    pub(super) fn missing(&self) -> bool {
        self.error.code == "file.missing"
    }

    /// Whether a condition of the request did not hold.
    pub(super) fn condition(&self) -> bool {
        self.http == Some(412) || self.code == "ConditionalRequestConflict"
    }
}

type Verdict = (&'static str, Status, String);

/// What a failure of the library means.
pub(crate) fn refusal<E>(place: &Place, verb: &str, error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let http = error.raw_response().map(|reply| reply.status().as_u16());
    let said = error.code().unwrap_or_default();
    let (code, status, why) = match error {
        SdkError::ServiceError(_) => by_reply(http.unwrap_or(0), said, error.message().unwrap_or_default()),
        SdkError::ResponseError(_) => reply_unread(http.unwrap_or(0), error),
        SdkError::TimeoutError(_) => late(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => late(),
        SdkError::DispatchFailure(failure) => {
            let source = failure.as_connector_error().and_then(|error| error.source());
            source.map_or_else(|| unsent(error), |source| undelivered(source, failure.is_user(), error))
        }
        _ => unsent(error),
    };
    Refusal { http, code: said.to_owned(), tries: 1, error: place.told(verb, code, status, why) }
}

/// A request that was given up, as no byte came or went.
pub(crate) fn stalled(place: &Place, verb: &str) -> Refusal {
    let (code, status, why) = late();
    Refusal { http: None, code: String::new(), tries: 1, error: place.told(verb, code, status, why) }
}

/// What an endpoint said of one of many, within a reply that is a success.
pub(super) fn said(place: &Place, verb: &str, code: &str, message: &str) -> Error {
    let http = if code == "InternalError" { 500 } else { 0 };
    let (code, status, why) = by_reply(http, code, message);
    place.told(verb, code, status, why)
}

fn late() -> Verdict {
    ("io.timeout", Status::Transient, "the endpoint did not answer in time".into())
}

/// A request that could not even be made: in nearly all cases there are no keys to sign it with.
fn unsent<E: StdError + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> Verdict {
    let text = chain(error);
    if text.contains("credential") || text.contains("identity") || text.contains("profile") {
        return ("s3.credentials", Status::Permanent, format!("there are no keys to sign the request with ({text})"));
    }
    ("s3.failed", Status::Permanent, text)
}

fn undelivered<E>(source: &(dyn StdError + 'static), user: bool, error: &SdkError<E, HttpResponse>) -> Verdict
where
    E: StdError + Send + Sync + 'static,
{
    let unknown = if user { Status::Permanent } else { Status::Transient };
    net::verdict(source).unwrap_or_else(|| ("net.broken", unknown, format!("the connection broke ({})", chain(error))))
}

/// A reply that is not what the protocol says: cut off, or not in XML.
fn reply_unread<E: StdError + Send + Sync + 'static>(http: u16, error: &SdkError<E, HttpResponse>) -> Verdict {
    if http >= 400 && http != 408 && http < 500 {
        return by_reply(http, "", "the reply has no reason that can be read");
    }
    ("s3.reply", Status::Transient, format!("the endpoint's reply is not understood ({})", chain(error)))
}

fn chain<E: StdError + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let source = error.source();
    source.map_or_else(|| error.to_string(), net::chain)
}

/// What a code of the protocol means: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>. Where there is none, as with
/// HEAD, the status has to do.
fn by_reply(http: u16, code: &str, message: &str) -> Verdict {
    let (known, status, words) = by_code(code).or_else(|| by_status(http)).unwrap_or(match http {
        500.. => ("s3.server", Status::Transient, "the endpoint failed"),
        _ => ("s3.refused", Status::Permanent, "the endpoint refused the request"),
    });
    let said = [code, message].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    let said = if said.is_empty() { format!("status {http}") } else { said };
    (known, status, format!("{words} ({said})"))
}

type Known = (&'static str, Status, &'static str);

fn by_code(code: &str) -> Option<Known> {
    use Status::{Permanent, Transient, Unusable};
    Some(match code {
        "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload" => ("file.missing", Permanent, "it is not there"),
        "NoSuchBucket" => ("s3.no_bucket", Permanent, "there is no such bucket"),
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => {
            ("s3.denied", Permanent, "these keys may not do that")
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            ("s3.expired", Permanent, "the session of the temporary keys has ended")
        }
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidToken"
        | "InvalidSecurity"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken" => ("s3.credentials", Permanent, "the endpoint does not accept the keys"),
        "RequestTimeTooSkewed" | "RequestExpired" => {
            ("s3.clock_skew", Permanent, "the clock of this machine and that of the endpoint are too far apart")
        }
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException"
        | "BucketRegionError" => ("s3.wrong_region", Permanent, "the bucket lies in another region"),
        "InvalidObjectState" => ("s3.archived", Permanent, "it is archived and must be restored before it is read"),
        "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "ServiceUnavailable"
        | "TooManyRequests"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "ServerBusy" => ("s3.slow_down", Transient, "the endpoint asks for fewer requests"),
        "BadDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch" | "InvalidDigest" => {
            ("s3.damaged", Transient, "the endpoint received other bytes than were sent")
        }
        "RequestTimeout" | "IncompleteBody" | "RequestTimeoutException" => {
            ("io.timeout", Transient, "the request did not arrive in time")
        }
        "NotImplemented" | "MethodNotAllowed" => ("s3.unsupported", Permanent, "the endpoint cannot do that"),
        "QuotaExceeded" | "XMinioStorageFull" | "InsufficientCapacity" => {
            ("storage.full", Unusable, "no space is left, or the quota is used up")
        }
        "EntityTooLarge" => ("file.too_large", Permanent, "the endpoint takes no object that large"),
        "KeyTooLongError" => ("path.too_long", Permanent, "the key is longer than the endpoint takes"),
        _ => return None,
    })
}

fn by_status(http: u16) -> Option<Known> {
    use Status::{Permanent, Transient, Unusable};
    Some(match http {
        301 | 307 | 308 => ("s3.wrong_region", Permanent, "the bucket lies in another region"),
        401 | 403 => ("s3.denied", Permanent, "these keys may not do that"),
        404 => ("file.missing", Permanent, "it is not there"),
        405 | 501 => ("s3.unsupported", Permanent, "the endpoint cannot do that"),
        408 => ("io.timeout", Transient, "the request did not arrive in time"),
        412 => ("file.changed", Permanent, "it is no longer what it was"),
        429 | 503 => ("s3.slow_down", Transient, "the endpoint asks for fewer requests"),
        507 => ("storage.full", Unusable, "no space is left, or the quota is used up"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(http: u16, code: &str) -> (&'static str, Status) {
        let (code, status, _) = by_reply(http, code, "said");
        (code, status)
    }

    #[test]
    fn a_code_says_more_than_its_status() {
        assert_eq!(seen(404, "NoSuchBucket"), ("s3.no_bucket", Status::Permanent));
        assert_eq!(seen(403, "RequestTimeTooSkewed"), ("s3.clock_skew", Status::Permanent));
        assert_eq!(seen(400, "ExpiredToken"), ("s3.expired", Status::Permanent));
        assert_eq!(seen(200, "SlowDown"), ("s3.slow_down", Status::Transient));
        assert_eq!(seen(403, "InvalidObjectState"), ("s3.archived", Status::Permanent));
    }

    #[test]
    fn without_a_code_the_status_has_to_do() {
        assert_eq!(seen(404, ""), ("file.missing", Status::Permanent));
        assert_eq!(seen(403, ""), ("s3.denied", Status::Permanent));
        assert_eq!(seen(503, ""), ("s3.slow_down", Status::Transient));
        assert_eq!(seen(500, ""), ("s3.server", Status::Transient));
        assert_eq!(seen(502, "Odd"), ("s3.server", Status::Transient));
        assert_eq!(seen(400, "Odd"), ("s3.refused", Status::Permanent));
        assert_eq!(seen(507, ""), ("storage.full", Status::Unusable));
    }

    #[test]
    fn what_the_endpoint_said_is_told() {
        assert_eq!(by_reply(403, "AccessDenied", "no").2, "these keys may not do that (AccessDenied: no)");
        assert_eq!(by_reply(500, "", "").2, "the endpoint failed (status 500)");
    }
}
