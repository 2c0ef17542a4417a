//! `/register` (RFC 7591).

use auth_core::ErrorId;
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};

use super::{refuse, source::Source};
use crate::{deps::App, error::Rule, flow::register};

/// Registers a client.
pub(super) async fn answer(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let body = body.ok().filter(|body| body.len() <= register::MAX_BODY);
    let answer = match body {
        Some(body) if essence.eq_ignore_ascii_case("application/json") => {
            register::register(&app, &body, &source.address, app.shell.now()).await
        }
        _ => Err(Rule::RegistrationBody.into()),
    };
    match answer {
        Ok(registered) => refuse::answer(StatusCode::CREATED, &registered),
        Err(failure) => refuse::json(failure, &ErrorId::new(app.shell.random())),
    }
}
