//! The audit log put to work: its sealer, its pages, its public tiles.

use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::{Log, Record, Sealer, Search, TilePath, verify},
};
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    kernel::Kernel,
    keys,
    pages::admin::{AuditProof, AuditRow, AuditTrail},
};

/// A sealer over the log, with the checkpoint key of the profile.
pub async fn sealer(kernel: &Kernel) -> Result<Arc<Sealer>> {
    let profile = kernel.config.profile;
    let signer = keys::signer(
        &kernel.keystore,
        keys::name::CHECKPOINT,
        profile.signing_key(),
        profile.signature(),
    )
    .await?;
    let issuer = &kernel.config.issuer;
    let host = issuer.host_str().unwrap_or_default();
    let origin = issuer.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Sealer::new(kernel.stores.log.clone(), signer, format!("{origin}/log"), Vec::new())
        .map(Arc::new)
        .context("the issuer cannot name a log")
}

/// `/log/checkpoint`, `/log/tile/…`, `/log/key`: leaves and signatures, never events or salts.
pub fn router(log: Arc<dyn Log>, sealer: Arc<Sealer>) -> Router {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/key", get(key))
        .route("/log/tile/{*path}", get(tile))
        .with_state((log, sealer))
}

/// What the auditor's page shows.
pub struct Trail {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Its sealer, whose keys are believed.
    pub sealer: Arc<Sealer>,
}

#[async_trait]
impl AuditTrail for Trail {
    async fn page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, Fault> {
        let records = self.log.search(&Search::default(), before, limit).await?;
        Ok(records.into_iter().map(shown).collect())
    }

    async fn prove(&self, _now: Timestamp) -> Result<AuditProof, Fault> {
        let sealer = &self.sealer;
        let found = verify(&*self.log, sealer.origin(), sealer.keys(), &[]).await?;
        let findings = found.tampering.iter().map(ToString::to_string).collect();
        Ok(AuditProof { sealed: found.head.size, unsealed: found.unsealed, findings })
    }
}

type LogState = (Arc<dyn Log>, Arc<Sealer>);

async fn checkpoint(State((log, _)): State<LogState>) -> Result<Response, StatusCode> {
    let kept = log.checkpoint().await.map_err(unavailable)?;
    let note = kept.ok_or(StatusCode::NOT_FOUND)?.note;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, note).into_response())
}

async fn key(State((_, sealer)): State<LogState>) -> Response {
    let keys: Vec<_> =
        sealer.keys().iter().map(|key| format!("{}\n", key.verifier_key())).collect();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], keys.concat()).into_response()
}

async fn tile(
    State((log, _)): State<LogState>,
    Path(path): Path<String>,
) -> Result<Response, StatusCode> {
    let path = TilePath::parse(&format!("tile/{path}")).ok_or(StatusCode::NOT_FOUND)?;
    let stored = log.tile(path.level, path.index).await.map_err(unavailable)?;
    let bytes = stored.as_deref().and_then(|tile| path.cut(tile)).ok_or(StatusCode::NOT_FOUND)?;
    // A tile of a given width never changes.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes.to_vec()).into_response())
}

fn shown(record: Record) -> AuditRow {
    let detail = record.detail_json().unwrap_or_default();
    let detail = detail.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    });
    AuditRow {
        number: record.row,
        at: Timestamp(record.at),
        detail: detail.collect(),
        act: record.act,
        actor: record.actor,
        subject: record.subject,
        outcome: record.outcome,
        error_id: record.error_id,
    }
}

fn unavailable(_: Fault) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}
