//! Cross-origin reads (Fetch §3.2): metadata is everybody's; the token endpoint answers scripts of
//! a client's own origins; the authorization endpoint never (RFC 9700 §2.6).

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;

use crate::client::Client;

/// Lets any origin read: for public documents and for answers to a bearer token, which a script
/// must hold already. No cookie plays a part in either.
pub(super) fn open(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("WWW-Authenticate"),
    );
}

/// Lets the origin read that is one of the client's redirect URIs' (any port of a registered
/// loopback address).
pub(super) fn of_client(response: &mut Response, client: &Client, request: &HeaderMap) {
    let Some(origin) = request.get(header::ORIGIN) else { return };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if origin.to_str().is_ok_and(|text| is_origin_of(client, text)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}

/// Answers a preflight: which origins may read is decided on the request itself, once its client
/// is known.
pub(super) async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_origin_of(client: &Client, origin: &str) -> bool {
    client.registration.redirect_uris.iter().any(|uri| {
        let Ok(url) = Url::parse(uri.as_str()) else { return false };
        let path = &url[url::Position::BeforePath..];
        // The registered path behind the asking origin must be a URI that the one rule accepts.
        matches!(url.scheme(), "http" | "https") && uri.matches(&format!("{origin}{path}"))
    })
}
