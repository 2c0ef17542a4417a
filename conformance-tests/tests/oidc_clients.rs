//! Foreign OpenID Connect clients against a running demo: crate `openidconnect`, npm
//! `openid-client`, PyPI `authlib`.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout, reason = "tests")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use conformance_tests::{Browser, Demo, exchange};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims},
};

const CALLBACK: &str = "http://127.0.0.1:4711/callback";

/// The crate's HTTP client, over our plain one.
fn http(request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let (parts, body) = request.into_parts();
    let mut headers = Vec::new();
    for (name, value) in &parts.headers {
        headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
    }
    let answer = exchange(parts.method.as_str(), &parts.uri.to_string(), &headers, &body);
    let mut response = openidconnect::http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name.as_str(), value.as_str());
    }
    Ok(response.body(answer.body).unwrap())
}

#[test]
fn crate_openidconnect() {
    let Some(demo) = Demo::start() else { return };
    let issuer = IssuerUrl::new(demo.issuer().to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover(&issuer, &http).unwrap();
    let secret = ClientSecret::new("demo-web-secret".to_owned());
    let id = ClientId::new("demo-web".to_owned());
    let client = CoreClient::from_provider_metadata(metadata, id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge)
        .url();

    let code = sign_in(url.as_str(), state.secret());
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request(&http)
        .unwrap();
    let id_token = tokens.id_token().unwrap();
    let checker = client.id_token_verifier();
    let claims = id_token.claims(&checker, &nonce).unwrap();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&checker).unwrap(),
    )
    .unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
    let userinfo: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request(&http)
        .unwrap();
    assert_eq!(userinfo.preferred_username().unwrap().as_str(), "zhangsan");

    let first = tokens.refresh_token().unwrap();
    let refreshed = client.exchange_refresh_token(first).unwrap().request(&http).unwrap();
    assert!(refreshed.refresh_token().is_some());
    let again = client.exchange_refresh_token(first).unwrap().request(&http);
    assert!(again.is_err(), "a used refresh token was accepted");
}

/// Signs zhangsan in and gives the code; `iss` and `state` must be there and right.
fn sign_in(url: &str, state: &str) -> String {
    let mut browser = Browser::default();
    let start = browser.get(url);
    let login = browser.follow(start);
    let fields = [("username", "zhangsan"), ("password", "Yinxin-demo-2026")];
    let next = browser.submit(&login, "login", &fields);
    let consent = browser.follow(next);
    let done = browser.submit(&consent, "consent-allow", &[("decision", "allow")]);
    let location = openidconnect::url::Url::parse(&done.location().unwrap()).unwrap();
    let value = |name: &str| {
        let found = location.query_pairs().find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {location}")).1.into_owned()
    };
    assert_eq!(value("state"), state);
    assert!(url.starts_with(&value("iss")));
    value("code")
}

#[test]
fn npm_openid_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    if !folder.join("node_modules/openid-client").exists() {
        eprintln!("skipped: run `npm ci` in {}", folder.display());
        return;
    }
    foreign("node", &folder.join("openid_client.mjs"));
}

#[test]
fn pypi_authlib() {
    let known = Command::new("python3").args(["-c", "import authlib, requests"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: python3 knows no authlib; see python/requirements.txt");
        return;
    }
    foreign("python3", &Path::new(env!("CARGO_MANIFEST_DIR")).join("python/authlib_client.py"));
}

fn foreign(program: &str, script: &PathBuf) {
    let Some(demo) = Demo::start() else { return };
    let output = Command::new(program).arg(script).arg(demo.issuer()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
}
