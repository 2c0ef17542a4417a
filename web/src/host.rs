//! Only our own host names are answered (row 44 of the attack table).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};

use crate::{error_page::ErrorPage, lang::Lang, shell::Shell};

/// The host names (`county.gov.cn`, `localhost:8080`) that requests may name.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    /// Names with their port unless it is the scheme's own; letter case does not matter.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    /// Whether a request names exactly one host and it is ours. `Forwarded` and
    /// `X-Forwarded-Host` are not looked at: URLs come from the issuer.
    pub fn accept(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut named = headers.get_all(header::HOST).iter();
        let host = named.next();
        if named.next().is_some() {
            return false;
        }
        // HTTP/1.1 absolute form and HTTP/2 `:authority` end up in the URI.
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let host = host.map(|value| value.to_str().unwrap_or(""));
        let ours = |name: &str| self.0.iter().any(|known| known.eq_ignore_ascii_case(name));
        match (host, authority) {
            (Some(host), Some(authority)) => host.eq_ignore_ascii_case(authority) && ours(host),
            (Some(name), None) | (None, Some(name)) => ours(name),
            (None, None) => false,
        }
    }
}

/// Middleware: 421 for every host that is not ours (RFC 9110 §15.5.20).
///
/// `router.layer(axum::middleware::from_fn_with_state((shell, hosts), web::host_guard))`
pub async fn host_guard(
    State((shell, hosts)): State<(Shell, Hosts)>,
    request: Request,
    next: Next,
) -> Response {
    if hosts.accept(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let lang = Lang::from_accept_language(request.headers()).unwrap_or_default();
    ErrorPage::new(&shell, lang, StatusCode::MISDIRECTED_REQUEST, "error-421")
        .next_text("error-421-next", shell.issuer())
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_and_ours() {
        let hosts = Hosts::new(["localhost:8080".to_owned()]);
        let accept = |names: &[&str], uri: &str| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(header::HOST, name.parse().unwrap());
            }
            hosts.accept(&headers, &uri.parse().unwrap())
        };
        assert!(accept(&["localhost:8080"], "/"));
        assert!(accept(&["LocalHost:8080"], "/"));
        assert!(accept(&["localhost:8080"], "http://localhost:8080/"));
        assert!(accept(&[], "http://localhost:8080/"));
        assert!(!accept(&["localhost:8080", "evil.cn"], "/"));
        assert!(!accept(&["localhost:8080", "localhost:8080"], "/"));
        assert!(!accept(&["evil.cn"], "/"));
        assert!(!accept(&["localhost:8080"], "http://evil.cn/"));
        assert!(!accept(&["localhost"], "/"));
        assert!(!accept(&["localhost:8080.evil.cn"], "/"));
        assert!(!accept(&[], "/"));
    }
}
