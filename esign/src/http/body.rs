//! The document of a REST request: the raw body, or the one file of a multipart form.

use axum::{
    body::to_bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{StatusCode, header},
};

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyRefused {
    /// Not a form we understand, or several files.
    Form,
    /// Longer than allowed.
    TooLarge,
}

/// Reads the document, of at most `limit` bytes.
pub(super) async fn document(request: Request, limit: usize) -> Result<Vec<u8>, BodyRefused> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return file(request, limit).await;
    }
    // The length announced is looked at first, so that nothing is read in vain.
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyRefused::TooLarge);
    }
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| BodyRefused::TooLarge)?;
    Ok(body.to_vec())
}

async fn file(mut request: Request, limit: usize) -> Result<Vec<u8>, BodyRefused> {
    DefaultBodyLimit::max(limit.saturating_add(FORM_OVERHEAD)).apply(&mut request);
    let refused = |status| match status {
        StatusCode::PAYLOAD_TOO_LARGE => BodyRefused::TooLarge,
        _ => BodyRefused::Form,
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| BodyRefused::Form)?;
    let mut found = None;
    let mut parts = 0;
    while let Some(field) = form.next_field().await.map_err(|error| refused(error.status()))? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(BodyRefused::Form);
        }
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|error| refused(error.status()))?;
        if is_file && found.replace(bytes.to_vec()).is_some() {
            return Err(BodyRefused::Form);
        }
    }
    let found = found.ok_or(BodyRefused::Form)?;
    if found.len() > limit { Err(BodyRefused::TooLarge) } else { Ok(found) }
}

/// Boundaries and headers of a form around the file.
const FORM_OVERHEAD: usize = 16 * 1024;
/// More than any client sends beside the file.
const MAX_PARTS: usize = 8;
