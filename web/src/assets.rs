//! Style sheet, scripts and icon, embedded and served under a path that names their content.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// `/assets/{hash}/{name}`, cached for ever: other content has another hash. Also `/favicon.ico`,
/// which browsers ask for unbidden.
pub fn router() -> Router {
    Router::new().route("/assets/{hash}/{name}", get(serve)).route("/favicon.ico", get(favicon))
}

/// The path of a file. A name that is not embedded gets a path that answers 404.
pub fn path(name: &str) -> String {
    let hash = find(name).map_or("none", |file| file.hash.as_str());
    format!("/assets/{hash}/{name}")
}

async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    match find(&name) {
        Some(file) if file.hash == hash => answer(file, IMMUTABLE),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn favicon() -> Response {
    find("icon.svg")
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |file| answer(file, ONE_DAY))
}

fn answer(file: &'static File, cache: &'static str) -> Response {
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}

fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    hash: String,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let file = |name, content_type, bytes: &'static [u8]| {
        let digest = Sha256::digest(bytes);
        File { name, content_type, bytes, hash: hex::encode(&digest[..8]) }
    };
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    vec![
        file("yinxin.css", "text/css; charset=utf-8", include_bytes!("../assets/yinxin.css")),
        file("verify.js", SCRIPT, include_bytes!("../assets/verify.js")),
        file("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
    ]
});

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ONE_DAY: &str = "public, max-age=86400";
