//! `/v`: where any telephone's camera leads after scanning a printed 核验码.
//!
//! The signed text stands in the fragment, which browsers never send; a script of ours posts it to
//! `/verify`, so that no log or proxy sees it in an address.

use axum::{Router, extract::State, response::Response, routing::get};
use web::{PageHead, Section, Texts, Visitor};

use super::{CATALOG, Deps};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/v", get(show))
}

async fn show(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let form_field = web::form_field(&deps.shell, &visitor);
    let body = web::render(&Landing { t, form_field });
    let title = t.t("landing-title");
    let head = PageHead::new(&visitor, &title).section(Section::Verify).scripts(&["verify.js"]);
    web::page(&deps.shell, &head, &body)
}

#[derive(askama::Template)]
#[template(path = "pages/landing.html")]
struct Landing {
    t: Texts,
    form_field: String,
}
