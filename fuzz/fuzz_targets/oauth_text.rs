//! Redirect URIs, scopes and PKCE values as clients send them.
#![no_main]

use oidc_provider::{
    pkce::{Challenge, Verifier},
    redirect::RedirectUri,
    scope::Scopes,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(uri) = RedirectUri::parse(first) {
        assert!(uri.matches(first), "a registered URI matches itself");
        // Whatever else matches differs in nothing but a loopback port.
        if uri.matches(second) && second != first {
            assert!(first.starts_with("http://127.0.0.1") || first.starts_with("http://[::1]"));
            assert!(RedirectUri::parse(second).is_ok() || second.len() > 512);
        }
    }
    if let Some(scopes) = Scopes::parse(text) {
        assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
    }
    if let (Some(challenge), Some(verifier)) = (Challenge::parse(first), Verifier::parse(second)) {
        let _ = challenge.answers(&verifier);
    }
});
