//! Errors of `/api` and other JSON endpoints (RFC 9457).

use auth_core::{ErrorId, Fault};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{CATALOG, lang::Lang, shell::Shell};

/// A problem response: `application/problem+json` with a stable `code`, a title for people and an
/// id that joins it to the log.
#[derive(Clone, Debug)]
pub struct Problem {
    body: Body,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Clone, Debug, Serialize)]
struct Body {
    /// RFC 9457 §3.1.1.
    r#type: String,
    title: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    code: String,
    error_id: ErrorId,
}

impl Problem {
    /// A problem; `title` is already translated, `code` is kebab-case and never changes.
    pub fn new(shell: &Shell, status: StatusCode, code: &str, title: impl Into<String>) -> Self {
        let body = Body {
            r#type: shell.url(&format!("/developer#problem-{code}")),
            title: title.into(),
            status: status.as_u16(),
            detail: None,
            code: code.to_owned(),
            error_id: ErrorId::new(shell.random()),
        };
        Self { body, status, headers: Vec::new() }
    }

    /// With one fixed sentence more. Never a message from inside.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.body.detail = Some(detail.into());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// 400 with code `bad-request`.
    pub fn bad_request(shell: &Shell, lang: Lang) -> Self {
        let title = CATALOG.t(lang, "problem-bad-request");
        Self::new(shell, StatusCode::BAD_REQUEST, "bad-request", title)
    }

    /// 403 with code `forbidden`: the token is good but does not allow this.
    pub fn forbidden(shell: &Shell, lang: Lang) -> Self {
        let title = CATALOG.t(lang, "problem-forbidden");
        Self::new(shell, StatusCode::FORBIDDEN, "forbidden", title)
    }

    /// 405 with code `method-not-allowed`.
    pub fn method_not_allowed(shell: &Shell, lang: Lang) -> Self {
        let title = CATALOG.t(lang, "problem-method-not-allowed");
        Self::new(shell, StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title)
    }

    /// 404 with code `not-found`.
    pub fn not_found(shell: &Shell, lang: Lang) -> Self {
        let title = CATALOG.t(lang, "problem-not-found");
        Self::new(shell, StatusCode::NOT_FOUND, "not-found", title)
    }

    /// 413 with code `too-large`.
    pub fn too_large(shell: &Shell, lang: Lang) -> Self {
        let title = CATALOG.t(lang, "problem-too-large");
        Self::new(shell, StatusCode::PAYLOAD_TOO_LARGE, "too-large", title)
    }

    /// 401 with code `unauthorized` and the challenge of RFC 6750 §3: without `error` when no
    /// token came, with `invalid_token` when one came and is not good.
    pub fn unauthorized(shell: &Shell, lang: Lang, token_came: bool) -> Self {
        let title = CATALOG.t(lang, "problem-unauthorized");
        let challenge = if token_came { r#"Bearer error="invalid_token""# } else { "Bearer" };
        Self::new(shell, StatusCode::UNAUTHORIZED, "unauthorized", title)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 503 with `Retry-After`, or 500.
    pub fn fault(shell: &Shell, lang: Lang, fault: Fault) -> Self {
        let problem = match fault {
            Fault::Corrupt => {
                let title = CATALOG.t(lang, "problem-internal");
                Self::new(shell, StatusCode::INTERNAL_SERVER_ERROR, "internal", title)
            }
            Fault::Busy | Fault::Unavailable => {
                let title = CATALOG.t(lang, "problem-unavailable");
                Self::new(shell, StatusCode::SERVICE_UNAVAILABLE, "unavailable", title)
                    .header(header::RETRY_AFTER, HeaderValue::from_static("2"))
            }
        };
        tracing::error!(%fault, error_id = %problem.body.error_id, "request failed");
        problem
    }

    /// The id to write into log and audit.
    pub fn id(&self) -> &ErrorId {
        &self.body.error_id
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = serde_json::to_vec(&self.body).unwrap_or_default();
        let mut response = (self.status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}
