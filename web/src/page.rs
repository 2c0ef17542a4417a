//! The frame of every page: head, header, navigation, footer and the headers that protect it.

use auth_core::{role::Role, session::SessionView};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::visitor::Visitor;

pub(crate) mod frame;

/// What the frame needs to know of a page.
pub struct PageHead<'a> {
    /// Title, translated; the county's name is added.
    pub title: &'a str,
    /// Who looks at it.
    pub visitor: &'a Visitor,
    /// The entry of the navigation that is marked as current.
    pub section: Section,
    /// Origins (`https://app.gov.cn`, `cn.gov.app:` for a private scheme) that a form of this page
    /// may lead to besides ours: only the validated redirect target of an authorization request.
    pub form_action: Vec<String>,
    /// Scripts of `/assets` that this page gains from, by file name (`verify.js`).
    pub scripts: &'a [&'static str],
    /// Status of the response, 200 unless a form comes back with errors.
    pub status: StatusCode,
}

impl<'a> PageHead<'a> {
    /// A page in no section, without scripts.
    pub fn new(visitor: &'a Visitor, title: &'a str) -> Self {
        Self {
            title,
            visitor,
            section: Section::None,
            form_action: Vec::new(),
            scripts: &[],
            status: StatusCode::OK,
        }
    }

    /// In a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    /// With one more origin that its forms may lead to.
    #[must_use]
    pub fn form_action(mut self, origin: impl Into<String>) -> Self {
        self.form_action.push(origin.into());
        self
    }

    /// With scripts of `/assets`.
    #[must_use]
    pub fn scripts(mut self, scripts: &'a [&'static str]) -> Self {
        self.scripts = scripts;
        self
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// `/account`.
    Account,
    /// `/admin`.
    Admin,
    /// `/consents`.
    Consents,
    /// `/counter`.
    Counter,
    /// `/credentials`.
    Credentials,
    /// `/developer`.
    Developer,
    /// `/`.
    Home,
    /// `/issue`.
    Issue,
    /// Not in the navigation: sign-in, consent, errors.
    #[default]
    None,
    /// `/officer`.
    Officer,
    /// `/proofs`.
    Proofs,
    /// `/verify`.
    Verify,
}

impl Section {
    /// Where it leads.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Admin => "/admin",
            Self::Consents => "/consents",
            Self::Counter => "/counter",
            Self::Credentials => "/credentials",
            Self::Developer => "/developer",
            Self::Home | Self::None => "/",
            Self::Issue => "/issue",
            Self::Officer => "/officer",
            Self::Proofs => "/proofs",
            Self::Verify => "/verify",
        }
    }

    /// The id of its name in this crate's catalogue.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Account => "nav-account",
            Self::Admin => "nav-admin",
            Self::Consents => "nav-consents",
            Self::Counter => "nav-counter",
            Self::Credentials => "nav-credentials",
            Self::Developer => "nav-developer",
            Self::Home | Self::None => "nav-home",
            Self::Issue => "nav-issue",
            Self::Officer => "nav-officer",
            Self::Proofs => "nav-proofs",
            Self::Verify => "nav-verify",
        }
    }

    /// What this person finds in the navigation, by their roles.
    pub fn of(session: Option<&SessionView>) -> Vec<Self> {
        let Some(session) = session else {
            return vec![Self::Home, Self::Verify, Self::Proofs];
        };
        let administers = session.roles.iter().any(|grant| grant.role.is_administrator());
        let mut sections = vec![Self::Home];
        if !administers {
            sections.extend([Self::Credentials, Self::Consents]);
        }
        if session.has(Role::SealUser) || session.has(Role::SealApprover) {
            sections.push(Self::Officer);
        }
        if session.has(Role::Issuer) {
            sections.push(Self::Issue);
        }
        if session.has(Role::CaseWorker) {
            sections.push(Self::Counter);
        }
        if administers {
            sections.push(Self::Admin);
        }
        sections.push(Self::Verify);
        sections
    }
}

/// Wraps a rendered fragment into a whole page. `body` is trusted markup: render it with askama,
/// which escapes values.
pub fn page(shell: &crate::Shell, head: &PageHead<'_>, body: &str) -> Response {
    let mut response = frame::whole(shell, head, body);
    *response.status_mut() = head.status;
    response
}

/// Renders an askama template into the fragment that [`page`] takes.
pub fn render(template: &impl askama::Template) -> String {
    frame::render(template)
}

/// `303 See Other` to a path of ours: the answer to a form that was done.
pub fn see_other(path: &str) -> Response {
    axum::response::Redirect::to(path).into_response()
}
