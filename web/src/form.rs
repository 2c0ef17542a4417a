//! Forms that only our own pages can send (row 51 of the attack table).
//!
//! A form token is always required. It is an HMAC over a random cookie and the session cookie, so
//! a token of one browser, or from before a sign-in, is worth nothing in another. On top of it a
//! foreign or `null` `Origin` is refused; an absent one is allowed, since old browsers and
//! scripted ones send none.

use auth_core::Profile;
use axum::{
    body::Body,
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::{
    error_page::ErrorPage,
    shell::Shell,
    visitor::{Browser, Visitor},
};

/// Name of the hidden input.
pub const FORM_TOKEN: &str = "form_token";

/// Extractor of a posted form, checked as the module says, at most 64 KiB.
///
/// `T` is any `Deserialize` struct of strings; `Vec<(String, String)>` where a name repeats.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// The hidden input that every form of ours starts with: `{{ form_field|safe }}`.
pub fn form_field(shell: &Shell, visitor: &Visitor) -> String {
    visitor.browser.show_form();
    let token = token(shell, &visitor.browser);
    format!(r#"<input type="hidden" name="{FORM_TOKEN}" value="{token}">"#)
}

impl<S, T> FromRequest<S> for Form<T>
where
    Shell: FromRef<S>,
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let shell = Shell::from_ref(state);
        let (mut parts, body) = request.into_parts();
        let browser = Browser::read(&parts, &shell).map_err(IntoResponse::into_response)?;
        let refuse = |status, id| ErrorPage::new(&shell, browser.lang, status, id).into_response();
        check_origin(&parts.headers, &shell)
            .map_err(|why| why.into_page(&shell, &browser).into_response())?;
        if !is_urlencoded(&parts.headers) {
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "error-form"));
        }
        let bytes = match Limited::new(body, MAX_FORM_BYTES).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "error-too-large"));
            }
            Err(_) => return Err(refuse(StatusCode::BAD_REQUEST, "error-form")),
        };
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        let sent: Vec<&str> = pairs
            .iter()
            .filter(|(name, _)| name == FORM_TOKEN)
            .map(|(_, value)| value.as_str())
            .collect();
        check_token(&shell, &browser, &sent)
            .map_err(|why| why.into_page(&shell, &browser).into_response())?;
        let rest = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.iter().filter(|(name, _)| name != FORM_TOKEN))
            .finish();
        parts.headers.remove(header::CONTENT_LENGTH);
        let clean = Request::from_parts(parts, Body::from(rest));
        match axum::Form::<T>::from_request(clean, &()).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejected) => {
                tracing::debug!(%rejected, "form refused");
                Err(refuse(StatusCode::BAD_REQUEST, "error-form"))
            }
        }
    }
}

/// Why a form was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormRefused {
    /// The browser says another site sent it.
    #[error("foreign origin")]
    Origin,
    /// No token, several, or one of another browser or session.
    #[error("wrong form token")]
    Token,
}

impl FormRefused {
    pub(crate) fn into_page(self, shell: &Shell, browser: &Browser) -> ErrorPage {
        let id = match self {
            Self::Origin => "error-origin",
            Self::Token => "error-form-token",
        };
        tracing::warn!(refused = %self, "form refused");
        ErrorPage::new(shell, browser.lang, StatusCode::FORBIDDEN, id)
            .next_text("error-form-token-next", &browser.here)
    }
}

/// Refuses what another site sent: `Origin` other than ours, or `Sec-Fetch-Site` that says so.
pub fn check_origin(headers: &HeaderMap, shell: &Shell) -> Result<(), FormRefused> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => {}
        (Some(origin), None) if origin.as_bytes() == shell.origin().as_bytes() => {}
        _ => return Err(FormRefused::Origin),
    }
    match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(FormRefused::Origin),
    }
}

/// Checks the token fields that came with a form: exactly one, of this browser and session.
pub(crate) fn check_token(
    shell: &Shell,
    browser: &Browser,
    sent: &[&str],
) -> Result<(), FormRefused> {
    let expected = token(shell, browser);
    match sent {
        [one] if bool::from(one.as_bytes().ct_eq(expected.as_bytes())) => Ok(()),
        _ => Err(FormRefused::Token),
    }
}

/// Whether a cookie value has the form of one we set.
pub(crate) fn is_form_cookie(value: &str) -> bool {
    value.len() == 22 && URL_SAFE_NO_PAD.decode(value).is_ok()
}

fn token(shell: &Shell, browser: &Browser) -> String {
    let session = browser.cookies.value(shell.cookies().session).unwrap_or("");
    let parts: [&[u8]; 3] = [b"form", browser.form_cookie.as_bytes(), session.as_bytes()];
    URL_SAFE_NO_PAD.encode(Profile::Intl.hmac(shell.form_key(), &parts))
}

fn is_urlencoded(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or("");
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// More than any form of ours with its longest fields.
const MAX_FORM_BYTES: usize = 64 * 1024;
