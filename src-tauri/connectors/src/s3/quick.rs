//! Reading objects with less about each request than the library has: of many small objects, most of the work would be its own. Requests are
//! made and signed here, for an endpoint of one's own with the keys of a connection; connections, TLS and signatures are the library's.
//! What is refused for the way in which it was signed the library asks for once more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::identity::Identity;
use secrecy::ExposeSecret;

use super::head;
use super::key::{Target, encode};
use super::options::Keys;
use super::site::Site;

/// Metadata that is read.
const META: &str = "x-amz-meta-";

/// A way to read objects at an endpoint of one's own.
pub(super) struct Quick {
    connector: Connector,
    /// The endpoint without a slash behind it.
    endpoint: String,
    region: String,
    identity: Identity,
    /// The endpoint refused here what it gave the library: it is not asked this way any more.
    off: AtomicBool,
}

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub(super) target: &'a Target,
    /// The header `Range`.
    pub(super) range: &'a str,
    /// The version that it must be.
    pub(super) etag: Option<&'a str>,
}

/// Bytes of a refusal that are read, at most.
const REFUSAL: usize = 64 << 10;

type Reply = Result<GetObjectOutput, SdkError<GetObjectError, HttpResponse>>;

impl Site {
    /// Asks for a range of an object, in one try.
    pub(super) async fn get(&self, wanted: Wanted<'_>) -> Reply {
        let quick = match &self.quick {
            Some(quick) => quick.get(&wanted).await,
            None => None,
        };
        if let Some(reply) = quick {
            return reply;
        }
        let Target { bucket, key } = wanted.target;
        let get = self.client.get_object().bucket(bucket).key(key).range(wanted.range);
        let reply = get.set_if_match(wanted.etag.map(str::to_owned)).send().await;
        if let (Some(quick), Ok(_)) = (&self.quick, &reply) {
            quick.refused_what_it_should_not();
        }
        reply
    }
}

impl Quick {
    pub(super) fn new(connector: Connector, endpoint: &str, region: &str, keys: &Keys, token: Option<String>) -> Self {
        let keys = Credentials::new(&keys.access, keys.secret.expose_secret(), token, None, "connection");
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Self { connector, endpoint, region: region.to_owned(), identity: keys.into(), off: AtomicBool::new(false) }
    }

    /// Asks for a range of an object; `None` where the library is to be asked.
    async fn get(&self, wanted: &Wanted<'_>) -> Option<Reply> {
        if self.off.load(Ordering::Relaxed) {
            return None;
        }
        let response = match self.connector.call(self.signed(wanted)?).await {
            Ok(response) => response,
            Err(error) => return Some(Err(SdkError::dispatch_failure(error))),
        };
        match response.status().as_u16() {
            200 | 206 => Some(Ok(reply(response))),
            _ => match refused(response).await {
                // Whether it was the way in which it was signed here is seen by asking once more.
                refusal if matches!(refusal.code(), Some("SignatureDoesNotMatch" | "AuthorizationHeaderMalformed")) => {
                    None
                }
                refusal => Some(Err(refusal)),
            },
        }
    }

    /// The library was given what was not given here: it is asked alone from now on.
    fn refused_what_it_should_not(&self) {
        self.off.store(true, Ordering::Relaxed);
    }

    fn signed(&self, wanted: &Wanted<'_>) -> Option<HttpRequest> {
        let Target { bucket, key } = wanted.target;
        let uri = format!("{}/{}/{}", self.endpoint, encode(bucket), encode(key));
        let mut request = HttpRequest::get(uri).ok()?;
        request.headers_mut().insert("range", wanted.range.to_owned());
        request.headers_mut().insert("accept-encoding", "identity");
        if let Some(etag) = wanted.etag {
            request.headers_mut().insert("if-match", etag.to_owned());
        }
        let signature = {
            let signable =
                SignableRequest::new("GET", request.uri(), request.headers().iter(), SignableBody::Bytes(&[])).ok()?;
            sign(signable, &self.params()?.into()).ok()?.into_parts().0.into_parts().0
        };
        for header in signature {
            request.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Some(request)
    }

    /// As S3 wants it: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
    fn params(&self) -> Option<v4::SigningParams<'_, SigningSettings>> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params = v4::SigningParams::builder().identity(&self.identity).region(&self.region).name("s3");
        params.time(SystemTime::now()).settings(settings).build().ok()
    }
}

/// A refusal with the code and the message of its body, where it has them.
async fn refused(mut response: HttpResponse) -> SdkError<GetObjectError, HttpResponse> {
    let mut body = ByteStream::new(response.take_body());
    let mut text = Vec::new();
    while let Some(Ok(piece)) = body.next().await {
        text.extend_from_slice(&piece);
        if text.len() > REFUSAL {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text);
    let mut said = ErrorMetadata::builder();
    if let Some(code) = element(&text, "Code") {
        said = said.code(code);
    }
    if let Some(message) = element(&text, "Message") {
        said = said.message(message);
    }
    SdkError::service_error(GetObjectError::generic(said.build()), response)
}

/// The text of an element of a refusal, which has none within it.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text)
}

/// What a reply says of the object, and its body.
fn reply(mut response: HttpResponse) -> GetObjectOutput {
    let body = ByteStream::new(response.take_body());
    let said = |name: &str| response.headers().get(name);
    let modified = said("last-modified").and_then(|time| DateTime::from_str(time, DateTimeFormat::HttpDate).ok());
    let own = said(&format!("{META}{}", head::MTIME)).map(|time| (head::MTIME.to_owned(), time.to_owned()));
    GetObjectOutput::builder()
        .set_content_length(said("content-length").and_then(|length| length.parse().ok()))
        .set_content_range(said("content-range").map(str::to_owned))
        .set_e_tag(said("etag").map(str::to_owned))
        .set_last_modified(modified)
        .set_metadata(Some(own.into_iter().collect()))
        .body(body)
        .build()
}
