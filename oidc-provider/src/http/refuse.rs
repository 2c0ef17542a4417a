//! Refusals as pages and as JSON.

use auth_core::{ErrorId, audit::Actor};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use web::{ErrorPage, Lang};

use crate::{CATALOG, deps::App, error::Failure, event::Act};

/// An error page of our own origin: it names the OAuth code, and leads nowhere (rows 1–8 of the
/// attack table).
pub(super) async fn page(app: &App, lang: Lang, failure: Failure, source: &str) -> Response {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let page = ErrorPage::with_message(&app.shell, lang, status, sentence(lang, failure))
        .code(failure.code().as_str());
    let id = page.id().clone();
    tracing::info!(error_id = %id, rule = failure.name(), "authorization request refused");
    note(app, failure, source, id).await;
    page.into_response()
}

/// The sentence of a failure in the visitor's language.
pub(super) fn sentence(lang: Lang, failure: Failure) -> String {
    let id = format!("rule-{}", failure.name());
    if CATALOG.has(&id) { CATALOG.t(lang, &id) } else { failure.sentence().to_owned() }
}

/// Records a refused request, within a bound per source: the trail must not be a way to fill the
/// disk for somebody who is not even signed in.
pub(super) async fn note(app: &App, failure: Failure, source: &str, id: ErrorId) {
    let now = app.shell.now();
    let key = format!("refused:{source}");
    let count = app.throttle.hit(&key, NOTED_WINDOW_SECONDS, now).await.unwrap_or(u32::MAX);
    if count > NOTED_PER_WINDOW {
        return;
    }
    let event =
        Act::Authorize.refused(Actor::Anonymous, failure, now).with("source", source).error(id);
    if let Err(fault) = app.tokens.record(event).await {
        tracing::error!(%fault, "refusal not recorded");
    }
}

/// A JSON error (RFC 6749 §5.2, RFC 7591 §3.2.2).
pub(super) fn json(failure: Failure, id: &ErrorId) -> Response {
    let body = Body {
        error: failure.code().as_str(),
        error_description: failure.sentence(),
        error_id: id.as_str(),
    };
    tracing::info!(error_id = %id, rule = failure.name(), "refused");
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = answer(status, &body);
    if failure.status() == 503 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

/// A JSON answer that nobody may keep (RFC 6749 §5.1).
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let json = serde_json::to_vec(body).unwrap_or_default();
    let mut response = (status, json).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
    error_id: &'a str,
}

/// Refused requests of one source that are recorded in one window.
const NOTED_PER_WINDOW: u32 = 60;
const NOTED_WINDOW_SECONDS: u32 = 60;
