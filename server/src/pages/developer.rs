//! `/developer`: where an integrator starts. Addresses come from the issuer.

use axum::{Router, extract::State, response::Response, routing::get};
use web::{PageHead, Section, Texts, Visitor};

use super::{CATALOG, Deps};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/developer", get(show))
}

async fn show(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let body = web::render(&Developer {
        t,
        issuer: deps.shell.issuer(),
        demo: deps.shell.demo(),
        problems: PROBLEMS.map(|code| (code, t.t(&format!("problem-{code}")))).to_vec(),
    });
    let title = t.t("developer-title");
    web::page(&deps.shell, &PageHead::new(&visitor, &title).section(Section::Developer), &body)
}

#[derive(askama::Template)]
#[template(path = "pages/developer.html")]
struct Developer<'a> {
    t: Texts,
    issuer: &'a str,
    demo: bool,
    problems: Vec<(&'static str, String)>,
}

/// Codes of `web::Problem` that every endpoint may answer; `type` of a problem leads here.
const PROBLEMS: [&str; 8] = [
    "bad-request",
    "forbidden",
    "internal",
    "method-not-allowed",
    "not-found",
    "too-large",
    "unauthorized",
    "unavailable",
];
