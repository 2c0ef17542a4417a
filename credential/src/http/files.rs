//! Files that people take along.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::qr::QrCode;

/// A file to keep, never cached by anything between: it is somebody's.
pub(super) fn download(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// A QR code as a PNG of about 600 pixels or more.
pub(super) fn qr_png(name: &str, text: &str) -> Option<Response> {
    let png = QrCode::new(text).and_then(|code| code.png(PIXELS_A_MODULE)).ok()?;
    Some(download(name, "image/png", png))
}

/// Sharp on paper and on screens, and a round number of printer dots.
const PIXELS_A_MODULE: usize = 8;
