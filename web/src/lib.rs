//! What every page and endpoint of Yinxin shares: frame, style sheet, languages, forms that only
//! our own pages can send, sessions, problem responses.
//!
//! It refuses to know what a page is about: no flows, no store, no domain types. Domains render
//! their own fragments from their own templates and texts, and hand them to [`page`].
//!
//! # To add a page
//!
//! 1. Give the room's state a shell: `impl FromRef<Deps> for web::Shell`.
//! 2. Write `templates/thing.html`: a fragment, no `<html>`; texts as `{{ t.t("thing-title") }}`,
//!    values plain (askama escapes them), forms starting with `{{ form_field|safe }}`, only the
//!    class names of `docs/design.md`, no `style` or `on…` attributes (the CSP forbids them).
//! 3. Add the texts to both `locales/*.ftl`; a test asserts `CATALOG.missing().is_empty()` and
//!    `CATALOG.unknown_in(include_str!("../templates/thing.html"))` is empty.
//! 4. Write the handler:
//!
//! ```
//! use std::sync::LazyLock;
//! use axum::{Router, extract::{FromRef, State}, response::Response, routing::get};
//! use web::{Catalog, Form, PageHead, Section, Shell, SignedIn, Texts};
//!
//! static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
//!     Catalog::new("thing-title = 一件事", "thing-title = One thing")
//! });
//!
//! #[derive(Clone)]
//! struct Deps { shell: Shell }
//! impl FromRef<Deps> for Shell {
//!     fn from_ref(deps: &Deps) -> Self { deps.shell.clone() }
//! }
//!
//! #[derive(askama::Template)]
//! #[template(ext = "html", source = r#"<h1>{{ t.t("thing-title") }}</h1>
//!   <form method="post">{{ form_field|safe }}<input name="note" id="note"></form>"#)]
//! struct Thing { t: Texts, form_field: String }
//!
//! async fn show(State(deps): State<Deps>, who: SignedIn) -> Response {
//!     let t = CATALOG.texts(who.lang);
//!     let form_field = web::form_field(&deps.shell, &who);
//!     let body = web::render(&Thing { t, form_field });
//!     let title = t.t("thing-title");
//!     web::page(&deps.shell, &PageHead::new(&who, &title).section(Section::Officer), &body)
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Note { note: String }
//!
//! // Extractors of the body come last; who.session says who it is and what roles they hold.
//! async fn take(State(_deps): State<Deps>, _who: SignedIn, Form(_note): Form<Note>) -> Response {
//!     web::see_other("/thing")
//! }
//!
//! fn router(deps: Deps) -> Router {
//!     Router::new().route("/thing", get(show).post(take)).with_state(deps)
//! }
//! ```

pub mod assets;
mod bearer;
mod catalog;
mod cookie;
mod dress;
mod error_page;
pub mod form;
mod host;
mod lang;
mod page;
mod problem;
mod shell;
mod upload;
mod visitor;

use std::sync::LazyLock;

pub use bearer::Bearer;
pub use catalog::{Catalog, Texts};
pub use dress::dress_errors;
pub use error_page::ErrorPage;
pub use fluent_bundle::FluentValue;
pub use form::{Form, form_field};
pub use host::{Hosts, host_guard};
pub use lang::Lang;
pub use page::{PageHead, Section, page, render, see_other};
pub use problem::Problem;
pub use shell::{CookieNames, County, Shell, ShellConfig};
pub use upload::{MAX_UPLOAD_BYTES, Upload, UploadedFile};
pub use visitor::{SignedIn, Visitor, login_path, return_path};

/// The frame's own texts, and those of errors that all rooms share.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::new(include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"))
});
