//! Prometheus metrics: requests by route, method and status; time to answer.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// The program's metrics. Labels come from closed sets (route patterns, methods, status codes), so
/// that nobody outside can make them grow.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    open_seal_intents: IntGauge,
}

impl Metrics {
    /// New metrics, registered.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("yinxin_http_requests_total", "Requests answered."),
            &["method", "path", "status"],
        )?;
        let buckets = vec![0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
        let seconds = HistogramVec::new(
            HistogramOpts::new("yinxin_http_request_seconds", "Time to answer.").buckets(buckets),
            &["path"],
        )?;
        let open_seal_intents = IntGauge::new(
            "yinxin_seal_intents_open",
            "Seals begun and neither done nor failed: each needs an explanation.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(open_seal_intents.clone()))?;
        Ok(Self { registry, requests, seconds, open_seal_intents })
    }

    /// Counts one answer.
    pub fn request(&self, method: &Method, path: &str, status: StatusCode, elapsed: Duration) {
        let method = match *method {
            Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::DELETE
            | Method::OPTIONS => method.as_str(),
            _ => "other",
        };
        self.requests.with_label_values(&[method, path, status.as_str()]).inc();
        self.seconds.with_label_values(&[path]).observe(elapsed.as_secs_f64());
    }

    /// Sets the number of seals begun and not ended.
    pub fn open_seal_intents(&self, count: i64) {
        self.open_seal_intents.set(count);
    }

    /// The exposition text.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            tracing::error!(%error, "metrics could not be written");
        }
        out
    }
}
