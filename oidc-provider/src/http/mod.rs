//! Routes, extractors and pages. Nothing here decides: it asks `flow` and shows what came of it.

mod account;
mod authorize;
mod cors;
mod login;
mod logout;
mod metadata;
mod refuse;
mod register;
mod source;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    deps::{App, Deps},
    params::Params,
};

/// Every route of this domain.
pub fn router(deps: Arc<Deps>) -> Router<()> {
    let app = App(deps);
    let metadata = metadata::Documents::new(&app);
    Router::new()
        .route("/authorize", get(authorize::begin).post(authorize::begin_by_post))
        .route("/authorize/continue", get(authorize::resume))
        .route("/consent", post(authorize::consent))
        .route("/login", get(login::show).post(login::submit))
        .route("/logout", get(logout::show).post(logout::show_by_post))
        .route("/logout/confirm", post(logout::confirm))
        .route("/account", get(account::show))
        .route("/account/password", get(account::show_password).post(account::change_password))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/apps/withdraw", post(account::withdraw))
        .route("/token", post(token::answer).options(cors::preflight))
        .route(
            "/userinfo",
            get(userinfo::answer).post(userinfo::answer_post).options(cors::preflight),
        )
        .route("/register", post(register::answer))
        .with_state(app.clone())
        .merge(metadata.router(app))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// `303 See Other`, never 307: a browser must not post credentials on (RFC 9700 §4.12).
fn redirect(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::try_from(location) {
        Ok(value) => {
            let headers = response.headers_mut();
            headers.insert(header::LOCATION, value);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            // Codes must not leave in a Referer of the page they lead to (RFC 9700 §4.2.4).
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

/// One parameter of a query of ours; absent when repeated, since no page of ours repeats one.
fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    let params = Params::parse(query.unwrap_or_default()).ok()?;
    params.only(name).map(str::to_owned)
}

/// Adds a `Set-Cookie`.
fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Largest body read, bytes; each endpoint's own limit is lower.
const MAX_BODY: usize = 64 * 1024;
