//! `/demo-app`: a county app as its engineers would write it, served by the demo itself. It signs
//! people in with code and PKCE, keeps nothing, and shows what it was told.

use auth_core::{
    jose::Jws,
    key::{KeySet, SignatureAlgorithm},
    secret::handle,
};
use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use url::Url;
use web::{Catalog, PageHead, Shell, Visitor};

use super::browser::Browser;

/// The routes of the demo's own app.
pub fn router(shell: Shell, keys: Arc<KeySet>) -> Router {
    Router::new()
        .route("/demo-app", get(start))
        .route("/demo-app/login", get(login))
        .route("/demo-app/callback", get(callback))
        .with_state(Demo { shell, keys })
}

#[derive(Clone)]
struct Demo {
    shell: Shell,
    keys: Arc<KeySet>,
}

impl axum::extract::FromRef<Demo> for Shell {
    fn from_ref(demo: &Demo) -> Self {
        demo.shell.clone()
    }
}

#[derive(askama::Template)]
#[template(path = "demo/app.html")]
struct AppPage {
    t: web::Texts,
    claims: Vec<(String, String)>,
    failed: Option<String>,
    logout: String,
}

#[derive(Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn start(State(demo): State<Demo>, visitor: Visitor) -> Response {
    page(&demo, &visitor, Vec::new(), None, String::new())
}

/// Begins the login: state and verifier travel in a cookie of ten minutes.
async fn login(State(demo): State<Demo>) -> Response {
    let random = demo.shell.random();
    let (state, nonce) = (handle(random), handle(random));
    let verifier = format!("{}{}", handle(random), handle(random));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut to = match Url::parse(&demo.shell.url("/authorize")) {
        Ok(to) => to,
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    to.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT)
        .append_pair("redirect_uri", &demo.shell.url("/demo-app/callback"))
        .append_pair("scope", "openid profile")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let cookie = demo.shell.set_cookie(COOKIE, &format!("{state}.{nonce}.{verifier}"), Some(600));
    ([(header::SET_COOKIE, cookie)], Redirect::to(to.as_str())).into_response()
}

async fn callback(
    State(demo): State<Demo>,
    Query(returned): Query<Returned>,
    headers: axum::http::HeaderMap,
    visitor: Visitor,
) -> Response {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kept = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    match finish(&demo, &returned, kept).await {
        Ok((claims, id_token)) => {
            let mut logout = demo.shell.url("/logout?id_token_hint=");
            logout.push_str(&id_token);
            logout.push_str("&post_logout_redirect_uri=");
            let back: String =
                form_urlencoded::byte_serialize(demo.shell.url("/demo-app").as_bytes()).collect();
            logout.push_str(&back);
            let claims = claims.into_iter().map(|(name, value)| (name, readable(&value))).collect();
            page(&demo, &visitor, claims, None, logout)
        }
        Err(reason) => page(&demo, &visitor, Vec::new(), Some(reason), String::new()),
    }
}

/// What every relying party must check: state, issuer, code exchange, signature, nonce.
async fn finish(
    demo: &Demo,
    returned: &Returned,
    kept: Option<&str>,
) -> Result<(Map<String, Value>, String), String> {
    if let Some(error) = &returned.error {
        return Err(error.clone());
    }
    let mut kept = kept.unwrap_or_default().split('.');
    let (Some(state), Some(nonce), Some(verifier)) = (kept.next(), kept.next(), kept.next()) else {
        return Err("no login was begun in this browser".to_owned());
    };
    if returned.state.as_deref() != Some(state) {
        return Err("state differs".to_owned());
    }
    if returned.iss.as_deref() != Some(demo.shell.issuer()) {
        return Err("iss differs".to_owned());
    }
    let code = returned.code.as_deref().ok_or("no code")?;
    let id_token = exchange(demo, code, verifier).await.map_err(|error| error.to_string())?;
    let jws = Jws::parse(&id_token).map_err(|error| error.to_string())?;
    let kid = jws.header_text("kid").ok_or("no kid")?;
    let (algorithm, key) = demo.keys.by_kid(kid, demo.shell.now()).ok_or("unknown key")?;
    if algorithm != SignatureAlgorithm::Rs256 {
        return Err("unexpected algorithm".to_owned());
    }
    let claims = jws.verify_claims(key, algorithm, "JWT").map_err(|error| error.to_string())?;
    let fits = claims.get("nonce").and_then(Value::as_str) == Some(nonce)
        && claims.get("aud").and_then(Value::as_str) == Some(CLIENT)
        && claims.get("iss").and_then(Value::as_str) == Some(demo.shell.issuer());
    if fits { Ok((claims, id_token)) } else { Err("nonce, aud or iss differs".to_owned()) }
}

/// The code for an ID token, over HTTP like any app.
async fn exchange(demo: &Demo, code: &str, verifier: &str) -> anyhow::Result<String> {
    let mut app = Browser::new(&Url::parse(demo.shell.issuer())?, "zh-CN");
    let redirect = demo.shell.url("/demo-app/callback");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", verifier),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ];
    let answer = app.post("/token", &fields).await?.ok()?.json()?;
    let token = answer["id_token"].as_str().map(str::to_owned);
    token.ok_or_else(|| anyhow::anyhow!("no id_token in the answer"))
}

fn page(
    demo: &Demo,
    visitor: &Visitor,
    claims: Vec<(String, String)>,
    failed: Option<String>,
    logout: String,
) -> Response {
    let t = demo.shell.texts(visitor.lang, catalog());
    let title = t.t("app-title");
    let body = web::render(&AppPage { t, claims, failed, logout });
    web::page(&demo.shell, &PageHead::new(visitor, &title), &body)
}

fn readable(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn catalog() -> &'static Catalog {
    static CATALOG: std::sync::LazyLock<Catalog> = std::sync::LazyLock::new(|| {
        Catalog::new(
            include_str!("../../locales/demo/zh-CN.ftl"),
            include_str!("../../locales/demo/en.ftl"),
        )
    });
    &CATALOG
}

const CLIENT: &str = "demo-web";
const SECRET: &str = "demo-web-secret";
const COOKIE: &str = "demo_app";
