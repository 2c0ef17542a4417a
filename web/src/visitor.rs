//! Who is at the other end of a page request: language, type size and, perhaps, a session.

use std::{
    ops::Deref,
    sync::atomic::{AtomicBool, Ordering},
};

use auth_core::session::SessionView;
use axum::{
    extract::{FromRef, FromRequestParts, OriginalUri},
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, request::Parts};

use crate::{cookie::Cookies, error_page::ErrorPage, form, lang::Lang, shell::Shell};

/// Extractor of every page: the browser that asks, signed in or not.
#[derive(Debug)]
pub struct Visitor {
    /// Language to answer in: `?lang=`, then the cookie, then `Accept-Language`, then Chinese.
    pub lang: Lang,
    /// The session, if there is a live one.
    pub session: Option<SessionView>,
    pub(crate) browser: Browser,
}

impl Visitor {
    /// The person's name, if signed in.
    pub fn name(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.name.as_str())
    }

    /// The value of one of our cookies, by its name in [`Shell::cookies`].
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.browser.cookies.value(name)
    }
}

impl<S> FromRequestParts<S> for Visitor
where
    Shell: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ErrorPage;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorPage> {
        let shell = Shell::from_ref(state);
        let browser = Browser::read(parts, &shell)?;
        let lang = browser.lang;
        let session = match browser.cookies.value(shell.cookies().session) {
            None | Some("") => None,
            Some(token) => shell
                .sessions()
                .read(token, shell.now())
                .await
                .map_err(|fault| ErrorPage::fault(&shell, lang, fault))?,
        };
        Ok(Self { lang, session, browser })
    }
}

/// Extractor of pages for people who are signed in: others are sent to `/login` and come back, and who
/// must change the password is sent there first.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionView,
    visitor: Visitor,
}

impl Deref for SignedIn {
    type Target = Visitor;
    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    Shell: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visitor =
            Visitor::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        match visitor.session.clone() {
            Some(session) if session.must_change_password && !may_wait(&visitor) => {
                Err(Redirect::to(PASSWORD_PATH).into_response())
            }
            Some(session) => Ok(Self { session, visitor }),
            None => Err(Redirect::to(&login_path(&visitor.browser.here)).into_response()),
        }
    }
}

/// Whether this page is open to somebody who must change the password first.
fn may_wait(visitor: &Visitor) -> bool {
    visitor.browser.here.starts_with("/account")
}

/// `/login` with the way back.
pub fn login_path(return_to: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    format!("/login?return_to={encoded}")
}

/// A `return_to` that somebody sent: only a path of this site comes back, everything else is `/`.
///
/// Browsers read `//host`, `/\host` and paths with control characters as other sites.
pub fn return_path(asked: Option<&str>) -> &str {
    let Some(path) = asked else { return "/" };
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let local = path.starts_with('/') && !path.starts_with("//");
    if plain && local && path.len() <= MAX_RETURN_BYTES { path } else { "/" }
}

/// What the headers alone tell, without asking the store.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) lang: Lang,
    /// Set when `?lang=` asks to remember.
    pub(crate) lang_asked: bool,
    pub(crate) large: bool,
    /// Set when `?size=` asks to remember.
    pub(crate) size_asked: bool,
    pub(crate) cookies: Cookies,
    /// Path and query without `lang` and `size`, for the switches; path alone unless a GET.
    pub(crate) here: String,
    pub(crate) form_cookie: String,
    form_cookie_is_new: bool,
    form_shown: AtomicBool,
}

impl Browser {
    pub(crate) fn read(parts: &Parts, shell: &Shell) -> Result<Self, ErrorPage> {
        let asked_lang = query_value(parts, "lang").as_deref().and_then(Lang::from_tag);
        let from_headers = Lang::from_accept_language(&parts.headers).unwrap_or_default();
        let names = shell.cookies();
        let cookies = Cookies::read(&parts.headers, &names).map_err(|refused| {
            tracing::warn!(%refused, "cookies refused");
            let lang = asked_lang.unwrap_or(from_headers);
            ErrorPage::new(shell, lang, StatusCode::BAD_REQUEST, "error-cookies")
        })?;
        let lang = asked_lang
            .or_else(|| cookies.value(names.lang).and_then(Lang::from_tag))
            .unwrap_or(from_headers);
        let asked_size = query_value(parts, "size");
        let large = match asked_size.as_deref() {
            Some(size) => size == "large",
            None => cookies.value(names.size) == Some("large"),
        };
        let known = cookies.value(names.form).filter(|value| form::is_form_cookie(value));
        let form_cookie_is_new = known.is_none();
        let form_cookie =
            known.map_or_else(|| auth_core::secret::handle(shell.random()), str::to_owned);
        Ok(Self {
            lang,
            lang_asked: asked_lang.is_some(),
            large,
            size_asked: asked_size.is_some(),
            here: here(parts),
            form_cookie,
            form_cookie_is_new,
            form_shown: AtomicBool::new(false),
            cookies,
        })
    }

    /// Notes that the page contains a form, so that its cookie must be set.
    pub(crate) fn show_form(&self) {
        self.form_shown.store(true, Ordering::Relaxed);
    }

    /// The form cookie to set with this page, if any.
    pub(crate) fn new_form_cookie(&self) -> Option<&str> {
        (self.form_cookie_is_new && self.form_shown.load(Ordering::Relaxed))
            .then_some(self.form_cookie.as_str())
    }

    /// This page with one parameter more, for the switches in the header.
    pub(crate) fn here_with(&self, name: &str, value: &str) -> String {
        let join = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{join}{name}={value}", self.here)
    }
}

fn query_value(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn here(parts: &Parts) -> String {
    // Under `Router::nest` the URI itself has lost its first part.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let path = uri.path();
    // A path such as `//host` would leave this site when used as a link.
    let path = if path.starts_with("//") { "/" } else { path };
    let query = match uri.query() {
        Some(query) if parts.method == Method::GET => query,
        _ => return path.to_owned(),
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !matches!(pair.split('=').next(), Some("lang" | "size") | None))
        .filter(|pair| !pair.is_empty())
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// Where an initial or reset password is changed.
const PASSWORD_PATH: &str = "/account/password";
/// Long enough for an authorization request, short enough for every server's request line.
const MAX_RETURN_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_come_back() {
        assert_eq!(return_path(Some("/authorize?client_id=a%20b")), "/authorize?client_id=a%20b");
        for evil in [
            "//evil.cn",
            "/\\evil.cn",
            "\\\\evil.cn",
            "https://evil.cn",
            "javascript:alert(1)",
            "/\t/evil.cn",
            "/\n",
            "",
            "evil",
            "/证",
        ] {
            assert_eq!(return_path(Some(evil)), "/", "{evil:?}");
        }
        assert_eq!(return_path(None), "/");
    }
}
