//! What surrounds every request, outermost first: panic barrier, time limit, log line, size limit.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use tracing::Instrument;

use crate::http::metrics::Metrics;

/// Wraps the whole router.
pub fn wrap(router: Router, metrics: Metrics, redirect_to: Option<String>) -> Router {
    let router = router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(defaults))
        .layer(middleware::from_fn_with_state(metrics, observe));
    let router = match redirect_to {
        Some(issuer) => router.layer(middleware::from_fn_with_state(issuer, to_localhost)),
        None => router,
    };
    router
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(CatchPanicLayer::custom(panicked))
}

/// Headers that every answer carries unless it chose its own.
async fn defaults(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// One log line and two metrics per request. Paths are logged as their pattern, queries never:
/// both may hold what identifies a person.
async fn observe(
    axum::extract::State(metrics): axum::extract::State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let span = tracing::info_span!("request", %method, path);
    let started = tokio::time::Instant::now();
    let response = next.run(request).instrument(span).await;
    let (elapsed, status) = (started.elapsed(), response.status());
    metrics.request(&method, &path, status, elapsed);
    tracing::debug!(%method, path, status = status.as_u16(), ?peer, ms = elapsed.as_millis() as u64, "answered");
    response
}

/// In the demo, pages asked for at 127.0.0.1 are redirected to localhost, since passkeys need a
/// host name and cookies belong to one.
async fn to_localhost(
    axum::extract::State(issuer): axum::extract::State<String>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let by_address =
        host.is_some_and(|host| host.starts_with("127.0.0.1") || host.starts_with('['));
    if !by_address || request.method() != Method::GET {
        return next.run(request).await;
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let location = format!("{issuer}{target}");
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response()
}

#[allow(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn panicked(detail: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = detail
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| detail.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(text, "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Largest body unless a route says otherwise: no form of ours comes near.
const MAX_BODY: usize = 64 * 1024;
/// Longest request: a seal on a busy HSM plus a slow upload.
const TIME_LIMIT: Duration = Duration::from_secs(60);
