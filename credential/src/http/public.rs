//! What anybody may fetch: status lists, keys, type metadata.

use auth_core::jose::to_jwk;
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Lang, Problem};

use super::Deps;
use crate::{
    kinds::{CertificateType, common},
    receipt,
    status::MEDIA_TYPE,
};

/// Query of a status list.
#[derive(Debug, Deserialize)]
pub(super) struct StatusQuery {
    /// A time in the past (Token Status List §8.4): not supported.
    time: Option<String>,
}

/// `/status/{list}`: the signed list, for anybody and from any site.
pub(super) async fn status(
    State(deps): State<Deps>,
    Path(list): Path<String>,
    Query(query): Query<StatusQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    if query.time.is_some() {
        return Ok(StatusCode::NOT_IMPLEMENTED.into_response());
    }
    let list = list.parse().ok();
    let found = match list {
        Some(list) => deps.registry.published_list(list, deps.shell.now()).await,
        None => Ok(None),
    };
    let token = found.map_err(|fault| Problem::fault(&deps.shell, lang, fault))?;
    let token = token.ok_or_else(|| Problem::not_found(&deps.shell, lang))?;
    // A copy that is up to half its time old is served: caches may add the other half.
    let seconds = deps.registry.policy.status_ttl / 2;
    let mut response = public(token.into_response(), seconds);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

/// `/.well-known/jwt-vc-issuer` (SD-JWT VC §5.1).
pub(super) async fn issuer_metadata(State(deps): State<Deps>) -> Response {
    let registry = &deps.registry;
    let signers = [&registry.credential_signer, &registry.receipt_signer];
    let keys: Vec<Value> = signers
        .iter()
        .map(|signer| to_jwk(signer.public(), Some(signer.algorithm()), Some(signer.kid())))
        .collect();
    let body = json!({ "issuer": registry.policy.issuer, "jwks": { "keys": keys } });
    public(Json(body).into_response(), METADATA_SECONDS)
}

/// `/vct/{slug}`: type metadata (SD-JWT VC §6).
pub(super) async fn type_metadata(
    State(deps): State<Deps>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let issuer = &deps.registry.policy.issuer;
    let body = match CertificateType::by_slug(&slug) {
        Some(kind) => certificate_metadata(kind, issuer),
        None if slug == receipt::SLUG => receipt_metadata(issuer),
        None => return Err(Problem::not_found(&deps.shell, lang)),
    };
    Ok(public(Json(body).into_response(), METADATA_SECONDS))
}

fn certificate_metadata(kind: &CertificateType, issuer: &str) -> Value {
    let own = kind.fields.iter().map(|field| {
        let disclosure = if field.hidden { "always" } else { "never" };
        claim_metadata((field.claim, field.zh_cn, field.en), disclosure)
    });
    let shared = common::ALL
        .iter()
        .map(|(claim, _, zh_cn, en)| claim_metadata((*claim, *zh_cn, *en), "never"));
    json!({
        "vct": kind.vct(issuer),
        "name": kind.en,
        "display": display(kind.zh_cn, kind.en),
        "claims": own.chain(shared).collect::<Vec<_>>(),
    })
}

fn receipt_metadata(issuer: &str) -> Value {
    let claims: Vec<Value> = receipt::CLAIMS
        .iter()
        .map(|(claim, _, zh_cn, en)| claim_metadata((*claim, *zh_cn, *en), "never"))
        .collect();
    json!({
        "vct": format!("{issuer}/vct/{}", receipt::SLUG),
        "name": "Proof receipt",
        "display": display("核验结果单", "Proof receipt"),
        "claims": claims,
    })
}

fn claim_metadata((claim, zh_cn, en): (&str, &str, &str), disclosure: &str) -> Value {
    json!({ "path": [claim], "sd": disclosure, "display": labels(zh_cn, en) })
}

fn display(zh_cn: &str, en: &str) -> Value {
    json!([{ "locale": "zh-CN", "name": zh_cn }, { "locale": "en", "name": en }])
}

fn labels(zh_cn: &str, en: &str) -> Value {
    json!([{ "locale": "zh-CN", "label": zh_cn }, { "locale": "en", "label": en }])
}

/// Open to scripts of every site (Token Status List §8.1), and kept by caches.
fn public(mut response: Response, seconds: i64) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={seconds}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Keys and types change rarely.
const METADATA_SECONDS: i64 = 3600;
