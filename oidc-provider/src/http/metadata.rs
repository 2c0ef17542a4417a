//! Discovery and keys: documents that change with the program, served as ready bytes.

use std::sync::{Arc, PoisonError, RwLock};

use auth_core::{Timestamp, jose::to_jwk, key::SignatureAlgorithm};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::cors;
use crate::{client::GrantType, deps::App, flow::claims, jwt::ACR_PREFIX, scope::PERSONAL};

/// The documents.
#[derive(Clone)]
pub(super) struct Documents {
    app: App,
    configuration: Bytes,
    keys: Arc<RwLock<(Timestamp, Bytes)>>,
}

impl Documents {
    pub(super) fn new(app: &App) -> Self {
        let now = app.shell.now();
        Self {
            configuration: Bytes::from(configuration(app).to_string()),
            keys: Arc::new(RwLock::new((now.plus_seconds(KEYS_SECONDS), jwks(app, now)))),
            app: app.clone(),
        }
    }

    pub(super) fn router(self, _app: App) -> Router<()> {
        Router::new()
            .route("/.well-known/openid-configuration", get(show_configuration))
            .route("/.well-known/oauth-authorization-server", get(show_configuration))
            .route("/jwks", get(show_keys))
            .with_state(self)
    }
}

async fn show_configuration(State(documents): State<Documents>) -> Response {
    public(documents.configuration, "application/json", "public, max-age=3600")
}

async fn show_keys(State(documents): State<Documents>) -> Response {
    let now = documents.app.shell.now();
    let ready = {
        let kept = documents.keys.read().unwrap_or_else(PoisonError::into_inner);
        (now < kept.0).then(|| kept.1.clone())
    };
    // Retired keys leave the set in time, so it is made anew now and then.
    let bytes = ready.unwrap_or_else(|| {
        let bytes = jwks(&documents.app, now);
        let until = now.plus_seconds(KEYS_SECONDS);
        *documents.keys.write().unwrap_or_else(PoisonError::into_inner) = (until, bytes.clone());
        bytes
    });
    public(bytes, "application/jwk-set+json", "public, max-age=300")
}

fn public(bytes: Bytes, kind: &'static str, caching: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    cors::open(&mut response);
    response
}

fn jwks(app: &App, now: Timestamp) -> Bytes {
    let published = app.keys.published(now);
    let keys: Vec<Value> =
        published.iter().map(|(kid, alg, key)| to_jwk(key, Some(*alg), Some(kid))).collect();
    Bytes::from(json!({ "keys": keys }).to_string())
}

/// OpenID Connect Discovery §3 and RFC 8414 §2 in one document.
fn configuration(app: &App) -> Value {
    let url = |path: &str| app.shell.url(path);
    let algorithms: Vec<&str> =
        app.keys.algorithms().into_iter().map(SignatureAlgorithm::jose).collect();
    let mut scopes: Vec<&str> = PERSONAL.to_vec();
    scopes.extend(app.policy.resource_scopes.iter().map(String::as_str));
    let acr: Vec<String> =
        (0..=MAX_ASSURANCE).map(|level| format!("{ACR_PREFIX}{level}")).collect();
    let mut document = json!({
        "issuer": app.shell.issuer(),
        "authorization_endpoint": url("/authorize"),
        "token_endpoint": url("/token"),
        "userinfo_endpoint": url("/userinfo"),
        "jwks_uri": url("/jwks"),
        "end_session_endpoint": url("/logout"),
        "service_documentation": url("/developer"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": acr,
        "claim_types_supported": ["normal"],
        "claims_supported": claims::SUPPORTED,
        "ui_locales_supported": ["zh-CN", "en"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if app.policy.open_registration {
        document["registration_endpoint"] = json!(url("/register"));
    }
    document
}

/// How long the made key set is served before it is looked at again, seconds.
const KEYS_SECONDS: i64 = 60;
/// Highest assurance level that is announced.
const MAX_ASSURANCE: u8 = 4;
