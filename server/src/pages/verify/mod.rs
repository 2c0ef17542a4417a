//! `/verify`: anybody checks a sealed file, a certificate, a receipt or a picture of a QR code.
//!
//! Nothing that is sent here is stored or logged; the form is posted, so that a certificate's text
//! never stands in an address.

mod judge;
mod statement;
mod view;

use axum::{Router, extract::State, response::Response, routing::get};
use http::StatusCode;
use web::{PageHead, Section, Texts, Upload, Visitor};

pub use judge::judge;

use super::{CATALOG, Deps};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/verify", get(show).post(check))
}

async fn show(State(deps): State<Deps>, visitor: Visitor) -> Response {
    form(&deps, &visitor, None)
}

async fn check(State(deps): State<Deps>, visitor: Visitor, upload: Upload) -> Response {
    let text = upload.field("text").map(str::trim).filter(|text| !text.is_empty());
    let file = upload.file("file");
    let (bytes, name) = match (text, file) {
        (Some(text), _) => (text.as_bytes(), None),
        (None, Some(file)) => (&file.bytes[..], Some(file.name.as_str())),
        (None, None) => return form(&deps, &visitor, Some("verify-nothing")),
    };
    let content = upload.file("content").map(|file| &file.bytes[..]);
    let now = deps.shell.now();
    let report = judge(&deps.verifiers, bytes, content, now).await;
    let t = CATALOG.texts(visitor.lang);
    let body = web::render(&view::Result::new(t, &report, name, now));
    let title = t.t("verify-result-title");
    web::page(&deps.shell, &PageHead::new(&visitor, &title).section(Section::Verify), &body)
}

fn form(deps: &Deps, visitor: &Visitor, error: Option<&str>) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let body = web::render(&Form {
        t,
        form_field: web::form_field(&deps.shell, visitor),
        error: error.map(|id| t.t(id)),
    });
    let title = t.t("verify-title");
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let head = PageHead::new(visitor, &title).section(Section::Verify).status(status);
    web::page(&deps.shell, &head.scripts(&["verify.js"]), &body)
}

#[derive(askama::Template)]
#[template(path = "pages/verify.html")]
struct Form {
    t: Texts,
    form_field: String,
    error: Option<String>,
}
