//! `/`: what this is, and what each visitor can do here.

use auth_core::{role::Role, session::SessionView};
use axum::{Router, extract::State, response::Response, routing::get};
use web::{PageHead, Section, Texts, Visitor};

use super::{CATALOG, Deps};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/", get(show))
}

async fn show(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let t = CATALOG.texts(visitor.lang);
    let body = match &visitor.session {
        Some(session) => web::render(&Home {
            t,
            greeting: t.t1("portal-greeting", "name", &session.name),
            groups: groups(session, t),
        }),
        None => web::render(&Welcome {
            t,
            county: deps.shell.county(visitor.lang),
            demo: deps.shell.demo(),
        }),
    };
    let title = t.t("portal-title");
    web::page(&deps.shell, &PageHead::new(&visitor, &title).section(Section::Home), &body)
}

/// A heading and the tiles below it.
struct Group {
    title: String,
    tiles: Vec<Tile>,
}

struct Tile {
    id: &'static str,
    href: &'static str,
    title: String,
    text: String,
}

/// What a signed-in person finds, by their roles: their own things first, then their work.
fn groups(session: &SessionView, t: Texts) -> Vec<Group> {
    let tile = |id: &'static str, href| Tile {
        id,
        href,
        title: t.t(&format!("tile-{id}")),
        text: t.t(&format!("tile-{id}-text")),
    };
    let group = |title: &str, tiles: Vec<Tile>| Group { title: t.t(title), tiles };
    let mut work = Vec::new();
    if session.has(Role::SealUser) || session.has(Role::SealApprover) {
        work.push(tile("officer", "/officer"));
    }
    if session.has(Role::Issuer) {
        work.push(tile("issue", "/issue"));
    }
    if session.has(Role::CaseWorker) {
        work.push(tile("counter", "/counter"));
    }
    if session.has(Role::SystemAdministrator) {
        work.push(tile("people", "/admin/people"));
        work.push(tile("organisations", "/admin/organisations"));
        work.push(tile("keys", "/admin/keys"));
    }
    if session.has(Role::SecurityAdministrator) {
        work.push(tile("roles", "/admin/people"));
        work.push(tile("clients", "/admin/clients"));
    }
    if session.has(Role::Auditor) {
        work.push(tile("audit", "/admin/audit"));
    }
    let mut own = vec![tile("account", "/account")];
    // Administrators' accounts are for their office only.
    if !session.roles.iter().any(|grant| grant.role.is_administrator()) {
        own.insert(0, tile("credentials", "/credentials"));
        own.insert(1, tile("consents", "/consents"));
    }
    let public = vec![tile("verify", "/verify"), tile("proofs", "/proofs")];
    let mut groups = Vec::new();
    if !work.is_empty() {
        groups.push(group("portal-work", work));
    }
    groups.push(group("portal-own", own));
    groups.push(group("portal-public", public));
    groups
}

#[derive(askama::Template)]
#[template(path = "pages/home.html")]
struct Home {
    t: Texts,
    greeting: String,
    groups: Vec<Group>,
}

#[derive(askama::Template)]
#[template(path = "pages/welcome.html")]
struct Welcome<'a> {
    t: Texts,
    county: &'a str,
    demo: bool,
}
