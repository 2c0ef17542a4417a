//! `POST /api/verify` and `/api/openapi.json`.

use std::sync::Arc;

use auth_core::port::{AccessTokens, DocumentVerifier};
use axum::{
    Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, FromRef, FromRequest, Multipart, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use web::{Bearer, Lang, MAX_UPLOAD_BYTES, Problem, Shell};

use crate::pages::verify::judge;

/// What the interface needs.
#[derive(Clone)]
pub struct Api {
    /// Frame, time.
    pub shell: Shell,
    /// Checks bearer tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Verifiers of all domains.
    pub verifiers: Arc<[Arc<dyn DocumentVerifier>]>,
}

impl FromRef<Api> for Shell {
    fn from_ref(api: &Api) -> Self {
        api.shell.clone()
    }
}

/// The routes.
pub fn router(api: Api) -> Router {
    let document = Arc::new(openapi(&api.shell).to_string());
    Router::new()
        .route("/api/verify", post(verify).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES)))
        .with_state(api)
        .route("/api/openapi.json", get(move || described(document.clone())))
}

async fn described(document: Arc<String>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, document.as_str().to_owned()).into_response()
}

/// Verifies a raw body, or the `file` (and `content`) of a form. Nothing is kept.
async fn verify(
    State(api): State<Api>,
    bearer: Bearer,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let lang = Lang::from_accept_language(&headers).unwrap_or_default();
    let now = api.shell.now();
    let access = api.tokens.check(bearer.token(), now).await;
    let access = access.map_err(|fault| Problem::fault(&api.shell, lang, fault))?;
    let access = access.ok_or_else(|| Problem::unauthorized(&api.shell, lang, true))?;
    if !access.allows("verify") {
        return Err(Problem::forbidden(&api.shell, lang));
    }
    let (bytes, content) = read(&api, lang, &headers, request).await?;
    let report = judge(&api.verifiers, &bytes, content.as_deref(), now).await;
    Ok(Json(report).into_response())
}

async fn read(
    api: &Api,
    lang: Lang,
    headers: &HeaderMap,
    request: Request,
) -> Result<(Vec<u8>, Option<Vec<u8>>), Problem> {
    let bad = || Problem::bad_request(&api.shell, lang);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        let body = to_bytes(request.into_body(), MAX_UPLOAD_BYTES).await;
        let bytes = body.map_err(|_| Problem::too_large(&api.shell, lang))?;
        return if bytes.is_empty() { Err(bad()) } else { Ok((bytes.to_vec(), None)) };
    }
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| bad())?;
    let (mut file, mut content) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| bad())? {
        let slot = match field.name() {
            Some("file") => &mut file,
            Some("content") => &mut content,
            _ => return Err(bad()),
        };
        let bytes = field.bytes().await.map_err(|_| Problem::too_large(&api.shell, lang))?;
        if slot.replace(bytes.to_vec()).is_some() {
            return Err(bad());
        }
    }
    file.map(|file| (file, content)).ok_or_else(bad)
}

/// The whole interface (OpenAPI 3.1): every domain's part, joined.
fn openapi(shell: &Shell) -> Value {
    let mut whole = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Yinxin 印信",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": shell.issuer() }],
        "paths": { "/api/verify": { "post": verify_operation() } },
        "components": {
            "securitySchemes": { "bearer": {
                "type": "oauth2",
                "flows": { "clientCredentials": {
                    "tokenUrl": shell.url("/token"),
                    "scopes": {
                        "credential": "Issue and read certificates",
                        "seal": "Seal documents",
                        "verify": "Verify documents and certificates"
                    }
                } }
            } },
            "schemas": { "Report": report_schema() }
        }
    });
    for part in [esign::openapi(), credential::openapi()] {
        merge(&mut whole, part);
    }
    whole
}

fn verify_operation() -> Value {
    json!({
        "operationId": "verify",
        "summary": "Verify a sealed file, a certificate, a receipt or a picture of a QR code",
        "description": "The body itself, or a form with `file` and, for detached signatures, \
                        `content`. Nothing is stored.",
        "tags": ["verify"],
        "security": [{ "bearer": ["verify"] }],
        "requestBody": {
            "required": true,
            "content": {
                "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
                "multipart/form-data": { "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": { "type": "string", "format": "binary" },
                        "content": { "type": "string", "format": "binary" }
                    }
                } }
            }
        },
        "responses": {
            "200": {
                "description": "What was found; an invalid file is an answer, not an error",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Report" },
                    "example": {
                        "verdict": "valid", "reasons": [{ "code": "demo-no-legal-effect" }],
                        "kind": "yx1", "signatures": []
                    }
                } }
            },
            "401": { "description": "The token is missing, expired or revoked" },
            "403": { "description": "The token lacks the scope `verify`" },
            "413": { "description": "Larger than 20 MiB" }
        }
    })
}

fn report_schema() -> Value {
    let word = |words: &[&str]| json!({ "type": "string", "enum": words });
    json!({
        "type": "object",
        "required": ["verdict", "reasons", "kind", "signatures"],
        "properties": {
            "verdict": word(&["valid", "invalid", "undetermined"]),
            "reasons": { "type": "array", "items": { "type": "object" } },
            "kind": { "type": "string" },
            "statement": { "type": "object" },
            "signatures": { "type": "array", "items": {
                "type": "object",
                "properties": {
                    "format": { "type": "string" },
                    "level": { "type": "string" },
                    "signer": { "type": "string" },
                    "signed_at": { "type": ["integer", "null"], "description": "Microseconds since 1970" },
                    "integrity": word(&["intact", "broken"]),
                    "coverage": word(&["whole", "revision", "partial"]),
                    "changes": word(&["none", "permitted", "forbidden"]),
                    "trust": word(&["trusted", "untrusted", "unknown"]),
                    "revocation": word(&["good", "revoked", "unknown"]),
                    "indication": { "type": "string" }
                }
            } }
        }
    })
}

/// Joins two documents, objects member by member.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
