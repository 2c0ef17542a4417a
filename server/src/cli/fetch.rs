//! What `yinxin verify` fetches when it is not offline: revocation and status lists, bounded in
//! size, time and number, redirects not followed.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use auth_core::Report;
use axum::body::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use pki::{Certificate, cert::GeneralName};
use tokio_rustls::rustls::crypto::ring;

/// GET of an http or https address.
pub async fn get(url: &str) -> Result<Bytes> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(Arc::new(ring::default_provider()))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let answer = tokio::time::timeout(PATIENCE, async {
        let response = client.get(url.parse()?).await?;
        ensure!(response.status().is_success(), "{url} answered {}", response.status());
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        body.map(http_body_util::Collected::to_bytes).map_err(|error| anyhow::anyhow!("{error}"))
    });
    answer.await?
}

/// The status lists that a report missed.
pub fn status_urls(report: &Report) -> Vec<String> {
    let missed = report.reasons.iter().filter(|reason| reason.code == "status-missing");
    missed.filter_map(|reason| reason.detail.clone()).take(MOST_LISTS).collect()
}

/// Where the revocation lists of the certificates in a document and of those given are found.
pub fn list_urls(bytes: &[u8], given: &[Certificate]) -> Vec<String> {
    let mut certificates = given.to_vec();
    if esign::flow::is_pdf(bytes) {
        let signatures = esign::pdf::verify::verify(bytes).unwrap_or_default();
        let values = signatures.into_iter().filter_map(|signature| signature.value.ok());
        certificates.extend(values.flat_map(|value| value.certificates));
    } else if esign::flow::is_cms(bytes) {
        // Only the embedded certificates are read here: no digest is needed for that.
        let value = esign::cms::verify_detached(bytes, &|_| Vec::new());
        certificates.extend(value.map(|value| value.certificates).unwrap_or_default());
    }
    let mut urls: Vec<String> = certificates.iter().flat_map(points).collect();
    urls.sort();
    urls.dedup();
    urls.truncate(MOST_LISTS);
    urls
}

fn points(certificate: &Certificate) -> Vec<String> {
    let names = certificate.extensions().crl_points.iter().flat_map(|point| &point.names);
    names
        .filter_map(|name| match name {
            GeneralName::Uri(url) => Some(url.clone()),
            _ => None,
        })
        .collect()
}

/// Longest wait for one list.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest list, bytes: a million entries at 5 % take less than this.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// Most lists fetched for one file.
const MOST_LISTS: usize = 16;
