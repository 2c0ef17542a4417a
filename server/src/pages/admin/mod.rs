//! `/admin`: the desks of the three administrators (三员). Each sees what its office needs and
//! nothing else: the system administrator runs people, organisations and keys, the security
//! administrator gives roles, the auditor reads the log and changes nothing.

mod audit;
mod inventory;
mod organisations;
mod people;
mod person;
mod ports;

use auth_core::{audit::Actor, role::Role, session::SessionView};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use web::{ErrorPage, PageHead, Section, Shell, SignedIn, Texts, Visitor};

pub use ports::{
    AuditProof, AuditRow, AuditTrail, CertificateRow, ClientRow, Inventory, KeyRow, ListedState,
};

use super::{CATALOG, Deps};

pub(super) fn routes() -> Router<Deps> {
    Router::new()
        .route("/admin", get(desk))
        .merge(people::routes())
        .merge(person::routes())
        .merge(organisations::routes())
        .merge(inventory::routes())
        .merge(audit::routes())
}

/// Leads each administrator to the first part of their desk.
async fn desk(State(deps): State<Deps>, who: SignedIn) -> Response {
    match tabs(&who.session).first() {
        Some(tab) => web::see_other(tab.path()),
        None => ErrorPage::forbidden(&deps.shell, who.lang).into_response(),
    }
}

/// A part of a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Audit,
    Certificates,
    Clients,
    Keys,
    Organisations,
    People,
}

impl Tab {
    const fn path(self) -> &'static str {
        match self {
            Self::Audit => "/admin/audit",
            Self::Certificates => "/admin/certificates",
            Self::Clients => "/admin/clients",
            Self::Keys => "/admin/keys",
            Self::Organisations => "/admin/organisations",
            Self::People => "/admin/people",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Audit => "admin-audit",
            Self::Certificates => "admin-certificates",
            Self::Clients => "admin-clients",
            Self::Keys => "admin-keys",
            Self::Organisations => "admin-organisations",
            Self::People => "admin-people",
        }
    }

    /// Who may open it. An auditor opens nothing else, and nobody else opens the log.
    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Audit => &[Role::Auditor],
            Self::Certificates | Self::Keys | Self::Organisations => &[Role::SystemAdministrator],
            Self::Clients | Self::People => {
                &[Role::SystemAdministrator, Role::SecurityAdministrator]
            }
        }
    }
}

fn tabs(session: &SessionView) -> Vec<Tab> {
    const ALL: [Tab; 6] =
        [Tab::People, Tab::Organisations, Tab::Clients, Tab::Keys, Tab::Certificates, Tab::Audit];
    ALL.into_iter().filter(|tab| tab.roles().iter().any(|role| session.has(*role))).collect()
}

/// Refuses everybody without one of these roles.
fn admit(deps: &Deps, who: &SignedIn, roles: &[Role]) -> Result<(), ErrorPage> {
    if roles.iter().any(|role| who.session.has(*role)) {
        Ok(())
    } else {
        Err(ErrorPage::forbidden(&deps.shell, who.lang))
    }
}

fn actor(who: &SignedIn) -> Actor {
    Actor::Person(who.session.person.clone())
}

/// A page of a desk: tabs, an outcome of the act just done, the fragment.
fn page(shell: &Shell, who: &SignedIn, tab: Tab, notice: Option<Notice>, body: &str) -> Response {
    let t = CATALOG.texts(who.lang);
    let tabs = tabs(&who.session)
        .into_iter()
        .map(|entry| (entry.path(), t.t(entry.text()), entry == tab))
        .collect();
    let status = notice.as_ref().map_or(http::StatusCode::OK, |notice| notice.status());
    let html = web::render(&Desk { t, tabs, notice, body });
    let title = t.t(tab.text());
    let visitor: &Visitor = who;
    let head = PageHead::new(visitor, &title).section(Section::Admin).status(status);
    web::page(shell, &head, &html)
}

/// The outcome of an act, above the page.
enum Notice {
    /// Done, told after a redirect by a code of [`DONE`].
    Done(String),
    /// Refused by a rule, told at once.
    Refused(String),
}

impl Notice {
    /// The notice of a `?done=` that a redirect of ours carried; anything else is nothing.
    fn done(t: Texts, code: Option<&str>) -> Option<Self> {
        let code = DONE.iter().find(|known| Some(**known) == code)?;
        Some(Self::Done(t.t(&format!("done-{code}"))))
    }

    fn refused(t: Texts, text: &str) -> Option<Self> {
        Some(Self::Refused(t.t(text)))
    }

    fn status(&self) -> http::StatusCode {
        match self {
            Self::Done(_) => http::StatusCode::OK,
            Self::Refused(_) => http::StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "pages/admin/desk.html")]
struct Desk<'a> {
    t: Texts,
    tabs: Vec<(&'static str, String, bool)>,
    notice: Option<Notice>,
    body: &'a str,
}

/// Query of a list: where it goes on, and what was just done.
#[derive(serde::Deserialize)]
struct ListQuery {
    after: Option<String>,
    done: Option<String>,
}

/// Rows on a page of a list.
const PAGE_ROWS: u32 = 50;
/// Acts that redirect back to a list or a person.
pub(super) const DONE: [&str; 8] = [
    "disabled",
    "enabled",
    "granted",
    "organisation-added",
    "password-set",
    "person-added",
    "withdrawn",
    "mandate-given",
];
