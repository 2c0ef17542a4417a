//! The page people see when something was refused or failed.

use auth_core::{ErrorId, Fault};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{CATALOG, lang::Lang, page::frame, shell::Shell};

/// An error page: what happened, what to do next, an id that joins it to the log, and the OAuth
/// error code in text where there is one. Its message has `id="error"`.
#[derive(Clone)]
pub struct ErrorPage(Box<Inner>);

/// Boxed, since it travels in the error half of many results.
#[derive(Clone)]
struct Inner {
    shell: Shell,
    lang: Lang,
    status: StatusCode,
    message: String,
    code: Option<String>,
    next: Option<(String, String)>,
    id: ErrorId,
    retry_after: Option<u32>,
}

impl ErrorPage {
    /// A page with a sentence of this crate's catalogue (`error-…`).
    pub(crate) fn new(shell: &Shell, lang: Lang, status: StatusCode, text: &str) -> Self {
        Self::with_message(shell, lang, status, CATALOG.t(lang, text))
    }

    /// A page with a domain's own, translated sentence. Never put what the visitor sent or what
    /// went wrong inside into it: that goes to the log under [`ErrorPage::id`].
    pub fn with_message(
        shell: &Shell,
        lang: Lang,
        status: StatusCode,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            shell: shell.clone(),
            lang,
            status,
            message: message.into(),
            code: None,
            next: None,
            id: ErrorId::new(shell.random()),
            retry_after: None,
        }))
    }

    /// 404: nothing here, or nothing that this visitor may see; the two look alike.
    pub fn not_found(shell: &Shell, lang: Lang) -> Self {
        Self::new(shell, lang, StatusCode::NOT_FOUND, "error-404")
    }

    /// 405: a form's address opened by hand, or the reverse.
    pub fn method_not_allowed(shell: &Shell, lang: Lang) -> Self {
        Self::new(shell, lang, StatusCode::METHOD_NOT_ALLOWED, "error-405")
    }

    /// 403: the visitor lacks the role.
    pub fn forbidden(shell: &Shell, lang: Lang) -> Self {
        Self::new(shell, lang, StatusCode::FORBIDDEN, "error-403")
    }

    /// 400: what was sent cannot be read.
    pub fn bad_request(shell: &Shell, lang: Lang) -> Self {
        Self::new(shell, lang, StatusCode::BAD_REQUEST, "error-form")
    }

    /// 503 or 500, by what the fault asks of the visitor.
    pub fn fault(shell: &Shell, lang: Lang, fault: Fault) -> Self {
        let page = match fault {
            Fault::Corrupt => {
                Self::new(shell, lang, StatusCode::INTERNAL_SERVER_ERROR, "error-500")
            }
            Fault::Busy | Fault::Unavailable => {
                let mut page = Self::new(shell, lang, StatusCode::SERVICE_UNAVAILABLE, "error-503");
                page.0.retry_after = Some(RETRY_SECONDS);
                page
            }
        };
        tracing::error!(%fault, error_id = %page.0.id, "page failed");
        page
    }

    /// With the OAuth error code named in text (`invalid_request`).
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// With a link that says what to do next; without one it leads to `/`.
    #[must_use]
    pub fn next(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.0.next = Some((label.into(), href.into()));
        self
    }

    pub(crate) fn next_text(self, text: &str, href: &str) -> Self {
        let label = CATALOG.t(self.0.lang, text);
        self.next(label, href)
    }

    /// The id to write into log and audit.
    pub fn id(&self) -> &ErrorId {
        &self.0.id
    }
}

impl std::fmt::Debug for ErrorPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ErrorPage({} {})", self.0.status, self.0.id)
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let page = *self.0;
        let t = CATALOG.texts(page.lang);
        let title = t.t(match page.status.as_u16() {
            404 => "error-title-404",
            500..=599 => "error-title-5xx",
            _ => "error-title",
        });
        let (label, href) = page.next.unwrap_or_else(|| (t.t("error-home"), "/".to_owned()));
        let code = page.code.as_deref();
        let body = ErrorBody {
            t,
            title: &title,
            message: &page.message,
            code,
            id: page.id.as_str(),
            label: &label,
            href: &href,
        };
        let mut response = frame::plain(&page.shell, page.lang, &title, &frame::render(&body));
        *response.status_mut() = page.status;
        if let Some(seconds) = page.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[derive(askama::Template)]
#[template(path = "error.html")]
struct ErrorBody<'a> {
    t: crate::Texts,
    title: &'a str,
    message: &'a str,
    code: Option<&'a str>,
    id: &'a str,
    label: &'a str,
    href: &'a str,
}

/// A full queue is empty again within a second or two.
const RETRY_SECONDS: u32 = 2;
