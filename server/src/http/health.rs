//! `/healthz` (the process lives), `/readyz` (what it needs answers), `/metrics`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use auth_core::Fault;
use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::http::metrics::Metrics;

/// One thing that must answer for the program to be ready.
pub struct Dependency {
    /// `database`, `cache`, `keystore`.
    pub name: &'static str,
    /// Asks it.
    pub ask: Box<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>,
}

/// The three routes.
pub fn router(dependencies: Vec<Dependency>, metrics: Metrics) -> Router {
    let ready = get(readyz).with_state(Arc::new(dependencies));
    let alive = get(|| async { (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], "ok\n") });
    Router::new()
        .route("/healthz", alive)
        .route("/readyz", ready)
        .route("/metrics", get(exposition).with_state(metrics))
}

async fn readyz(State(dependencies): State<Arc<Vec<Dependency>>>) -> Response {
    let mut all = serde_json::Map::new();
    let mut ready = true;
    for dependency in dependencies.iter() {
        let answer = tokio::time::timeout(PATIENCE, (dependency.ask)()).await;
        let good = matches!(answer, Ok(Ok(())));
        ready &= good;
        all.insert(dependency.name.to_owned(), json!(if good { "ok" } else { "unavailable" }));
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(all)).into_response()
}

/// Prometheus text, to callers on this machine only; a request that came through a proxy is not
/// from this machine.
async fn exposition(
    State(metrics): State<Metrics>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    if !peer.ip().is_loopback() || forwarded.iter().any(|name| headers.contains_key(*name)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.text()).into_response()
}

/// Longest wait for a dependency: load balancers ask every few seconds.
const PATIENCE: Duration = Duration::from_secs(2);
