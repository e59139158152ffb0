//! A client of an endpoint: credentials, certificates and time limits.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    Credentials, RequestChecksumCalculation, ResponseChecksumValidation, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use longshore_transfer::storage::Result;
use secrecy::ExposeSecret;

use super::options::{Checksums, Keys, Options};
use super::quick::Quick;
use crate::{Connection, bridge};

/// How long a connection may take to be made.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection that is not in use is kept: less than servers do, so that none is used that was just closed.
const IDLE: Duration = Duration::from_secs(15);

/// The region that a signature has where nobody says one: what servers of one's own expect.
const REGION: &str = "us-east-1";

/// A client, and what its making found out.
pub(super) struct Made {
    pub(super) client: Client,
    /// Where requests go: `None` for AWS.
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    pub(super) checksums: Checksums,
    pub(super) credentials: Option<SharedCredentialsProvider>,
    pub(super) authorities: Vec<u8>,
}

/// Makes a client. Profiles and the environment are read; nothing is asked of the network yet.
pub(super) fn make(connection: &Connection, options: &Options) -> Result<Made> {
    let (shared, authorities) = shared(connection, options)?;
    Ok(configure(&shared, options, authorities))
}

/// What clients of every service of an endpoint share: region, credentials, HTTP; and the authorities that are trusted besides the system's.
pub(crate) fn shared(connection: &Connection, options: &Options) -> Result<(SdkConfig, Vec<u8>)> {
    let authorities = authorities(connection, options)?;
    let http = http(connection, &authorities)?;
    let keys = options.keys(connection)?;
    let shared = bridge::wait(load(options, keys, http)).map_err(|error| connection.wrong(error.to_string()))?;
    Ok((shared, authorities))
}

fn configure(shared: &SdkConfig, options: &Options, authorities: Vec<u8>) -> Made {
    let mut config = aws_sdk_s3::config::Builder::from(shared)
        .force_path_style(
            options.path_style() || shared.endpoint_url().is_some() && options.account.endpoint_url.is_none(),
        )
        // Checksums are taken and compared here: the library's would read the bytes once more.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // Requests are tried again here, with what was seen of each failure.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .disable_s3_express_session_auth(true);
    if options.anonymous {
        config = config.allow_no_auth();
        config.set_credentials_provider(None);
    }
    let old = shared.request_checksum_calculation() == Some(RequestChecksumCalculation::WhenRequired);
    let checksums = options.checksums.unwrap_or(if old { Checksums::WhenRequired } else { Checksums::Auto });
    Made {
        client: Client::from_conf(config.build()),
        endpoint: shared.endpoint_url().map(str::to_owned),
        region: shared.region().map_or(REGION, Region::as_ref).to_owned(),
        checksums,
        credentials: shared.credentials_provider().filter(|_| !options.anonymous),
        authorities,
    }
}

/// Reads profiles and environment, and puts what the connection says over them.
async fn load(options: &Options, keys: Option<Keys>, http: SharedHttpClient) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).region(region(options));
    let loader = match &options.account.profile {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    };
    let loader = match &options.account.endpoint_url {
        Some(url) => loader.endpoint_url(url),
        None => loader,
    };
    let shared = with_keys(loader, options, keys).load().await;
    let Some(arn) = &options.account.role_arn else { return shared };
    let mut role = AssumeRoleProvider::builder(arn).session_name("longshore").configure(&shared);
    if let Some(id) = &options.account.external_id {
        role = role.external_id(id);
    }
    let role = SharedCredentialsProvider::new(role.build().await);
    shared.into_builder().credentials_provider(role).build()
}

fn with_keys(loader: ConfigLoader, options: &Options, keys: Option<Keys>) -> ConfigLoader {
    match keys {
        _ if options.anonymous => loader.no_credentials(),
        Some(Keys { access, secret }) => {
            let token = options.account.session_token.clone();
            loader.credentials_provider(Credentials::new(access, secret.expose_secret(), token, None, "connection"))
        }
        None => loader,
    }
}

/// The region of the connection, else of the environment, else of the profile. The metadata service of a virtual machine is not
/// asked: elsewhere it does not answer, and that takes seconds.
fn region(options: &Options) -> RegionProviderChain {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.account.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(options.account.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(Region::new(REGION))
}

/// The authorities that are trusted besides the system's, as PEM.
fn authorities(connection: &Connection, options: &Options) -> Result<Vec<u8>> {
    let path = options.account.ca_bundle.clone().or_else(|| std::env::var_os("AWS_CA_BUNDLE").map(Into::into));
    let Some(path) = path else { return Ok(Vec::new()) };
    let pem = std::fs::read(&path)
        .map_err(|error| connection.wrong(format!("its CA bundle {} cannot be read: {error}", path.display())))?;
    if !pem.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----") {
        return Err(connection.wrong(format!("its CA bundle {} holds no certificate in PEM", path.display())));
    }
    Ok(pem)
}

fn http(connection: &Connection, authorities: &[u8]) -> Result<SharedHttpClient> {
    let context = context(connection, authorities)?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .pool_idle_timeout(IDLE)
        .build_https())
}

/// The shorter way to read, for an endpoint of one's own with keys that are the connection's: nothing is found out for a request then.
pub(super) fn quick(connection: &Connection, options: &Options, made: &Made) -> Result<Option<Quick>> {
    let keys = options.keys(connection)?.filter(|_| !options.anonymous && options.account.role_arn.is_none());
    let (Some(endpoint), Some(keys), true) = (&options.account.endpoint_url, keys, options.path_style()) else {
        return Ok(None);
    };
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let connector = aws_smithy_http_client::Connector::builder()
        .connector_settings(settings)
        .pool_idle_timeout(IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context(connection, &made.authorities)?)
        .build();
    Ok(Some(Quick::new(connector, endpoint, &made.region, &keys, options.account.session_token.clone())))
}

/// Whom to trust.
fn context(connection: &Connection, authorities: &[u8]) -> Result<TlsContext> {
    let mut trust = TrustStore::default();
    if !authorities.is_empty() {
        trust = trust.with_pem_certificate(authorities);
    }
    let context = TlsContext::builder().with_trust_store(trust).build();
    context.map_err(|error| connection.wrong(format!("its CA bundle is not understood: {error}")))
}
