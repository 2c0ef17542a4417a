//! Bare errors become pages: what extractors, time limits and the panic barrier answer is an empty
//! or plain-text body, in English and with details that visitors need not see.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

use crate::{cookie::Cookies, error_page::ErrorPage, lang::Lang, shell::Shell};

/// Middleware, to stand outermost: an error without a page becomes one, for browsers. Programs,
/// which do not ask for HTML, get what was there.
///
/// `router.layer(axum::middleware::from_fn_with_state(shell, web::dress_errors))`
pub async fn dress_errors(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let browser = wants_html(request.headers());
    let lang = chosen(request.headers(), &shell);
    let response = next.run(request).await;
    let status = response.status();
    let error = status.is_client_error() || status.is_server_error();
    if !(browser && error && is_bare(response.headers())) {
        return response;
    }
    let page = ErrorPage::new(&shell, lang, status, text(status));
    tracing::warn!(status = status.as_u16(), error_id = %page.id(), "an error without a page");
    let mut dressed = page.into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    dressed
}

/// The language of the cookie, then of the browser.
fn chosen(headers: &HeaderMap, shell: &Shell) -> Lang {
    let names = shell.cookies();
    let cookies = Cookies::read(headers, &names).ok();
    cookies
        .and_then(|cookies| cookies.value(names.lang).and_then(Lang::from_tag))
        .or_else(|| Lang::from_accept_language(headers))
        .unwrap_or_default()
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn is_bare(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    kind.is_none_or(|kind| kind.starts_with(b"text/plain"))
}

fn text(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => "error-403",
        StatusCode::NOT_FOUND => "error-404",
        StatusCode::METHOD_NOT_ALLOWED => "error-405",
        StatusCode::PAYLOAD_TOO_LARGE => "error-too-large",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => "error-503",
        _ if status.is_server_error() => "error-500",
        _ => "error-form",
    }
}
