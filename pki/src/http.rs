//! `/crl/{ca}` and `/ca/{ca}`: what certificates point to.

use std::sync::Arc;

use auth_core::{Timestamp, id::CaId};
use axum::{
    Router,
    extract::{FromRef, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::ca::{CaError, CertificateAuthority};

/// What the routes stand on.
#[derive(Clone)]
pub struct Deps {
    /// Clock and frame.
    pub shell: web::Shell,
    /// The authorities.
    pub authority: Arc<CertificateAuthority>,
}

impl FromRef<Deps> for web::Shell {
    fn from_ref(deps: &Deps) -> Self {
        deps.shell.clone()
    }
}

/// The routes.
pub fn router(deps: Deps) -> Router<()> {
    Router::new().route("/crl/{ca}", get(crl)).route("/ca/{ca}", get(certificate)).with_state(deps)
}

/// The newest revocation list (RFC 2585 §4.2).
async fn crl(State(deps): State<Deps>, Path(ca): Path<String>, headers: HeaderMap) -> Response {
    match deps.authority.crl(&CaId::from_text(ca)).await {
        Ok(list) => {
            let age = cache_seconds(list.this_update, list.next_update, deps.shell.now());
            file(&list.der, "application/pkix-crl", age, &headers)
        }
        Err(error) => failed(&error),
    }
}

/// The authority's own certificate (RFC 2585 §4.1).
async fn certificate(
    State(deps): State<Deps>,
    Path(ca): Path<String>,
    headers: HeaderMap,
) -> Response {
    match deps.authority.authority(&CaId::from_text(ca)).await {
        Ok(authority) => {
            file(&authority.certificate, "application/pkix-cert", CERTIFICATE_SECONDS, &headers)
        }
        Err(error) => failed(&error),
    }
}

/// How long a list may be kept: until the next one is signed by plan, but never long enough to hide
/// a revocation, which is published at once.
fn cache_seconds(this_update: Timestamp, next_update: Timestamp, now: Timestamp) -> i64 {
    let half = next_update.seconds_since(this_update) / 2;
    this_update.plus_seconds(half).seconds_since(now).clamp(0, LIST_SECONDS)
}

fn file(bytes: &[u8], content_type: &'static str, seconds: i64, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
    let cache = format!("public, max-age={seconds}");
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = asked.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag));
    let fixed = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, [(header::CONTENT_TYPE, content_type)], bytes.to_vec()).into_response()
}

fn failed(error: &CaError) -> Response {
    match error {
        CaError::UnknownAuthority => StatusCode::NOT_FOUND.into_response(),
        _ => {
            tracing::warn!(%error, "authority");
            let retry = [(header::RETRY_AFTER, "5")];
            (StatusCode::SERVICE_UNAVAILABLE, retry).into_response()
        }
    }
}

/// Lists are kept for ten minutes at most: so late may others learn of a revocation.
const LIST_SECONDS: i64 = 600;
/// Certificates of authorities change only with their key.
const CERTIFICATE_SECONDS: i64 = 86_400;
