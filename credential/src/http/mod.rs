//! Routes of the certificate domain: pages, files, metadata, REST.

mod api;
mod consents;
mod counter;
mod credentials;
mod files;
mod issue;
mod openapi;
mod proofs;
mod public;
mod view;

use std::sync::Arc;

use auth_core::port::AccessTokens;
use axum::{
    Router,
    extract::FromRef,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use web::{ErrorPage, PageHead, Section, Shell, SignedIn};

use crate::{CATALOG, error::Tell, flow::Registry};

pub use openapi::openapi;

/// What the routes stand on.
#[derive(Clone)]
pub struct Deps {
    /// Clock, frame, languages.
    pub shell: Shell,
    /// The flows.
    pub registry: Arc<Registry>,
    /// Checks bearer tokens.
    pub tokens: Arc<dyn AccessTokens>,
}

impl FromRef<Deps> for Shell {
    fn from_ref(deps: &Deps) -> Self {
        deps.shell.clone()
    }
}

/// All routes of this domain.
pub fn router(deps: Deps) -> Router<()> {
    Router::new()
        .route("/credentials", get(credentials::list))
        .route("/credentials/show", post(credentials::show))
        .route("/credentials/{id}", get(credentials::detail))
        .route("/credentials/{id}/{file}", get(credentials::file))
        .route("/issue", get(issue::desk))
        .route("/issue/new/{kind}", get(issue::form).post(issue::issue))
        .route("/issue/certificates/{id}", get(issue::detail))
        .route("/issue/certificates/{id}/status", post(issue::status))
        .route("/counter", get(counter::desk).post(counter::ask))
        .route("/counter/{id}", get(counter::detail))
        .route("/counter/{id}/answer", post(counter::answer))
        .route("/counter/{id}/revoke", post(counter::revoke))
        .route("/counter/{id}/{file}", get(counter::file))
        .route("/consents", get(consents::list))
        .route("/consents/{id}", get(consents::detail).post(consents::decide))
        .route("/proofs", get(proofs::catalogue))
        .route("/status/{list}", get(public::status))
        .route("/vct/{slug}", get(public::type_metadata))
        .route("/.well-known/jwt-vc-issuer", get(public::issuer_metadata))
        .route("/api/credentials", post(api::issue))
        .route("/api/credentials/{id}", get(api::show))
        .route("/api/credentials/{id}/status", post(api::status))
        .with_state(deps)
}

/// A page of ours, in its section.
fn shown(
    deps: &Deps,
    who: &SignedIn,
    (section, title): (Section, &str),
    status: StatusCode,
    body: &impl askama::Template,
) -> Response {
    let body = web::render(body);
    web::page(&deps.shell, &PageHead::new(who, title).section(section).status(status), &body)
}

/// The error page of a broken rule; the log gets the rule under the same id.
fn error_page(deps: &Deps, who: &SignedIn, error: &impl Tell) -> Response {
    if let Some(fault) = error.fault() {
        return ErrorPage::fault(&deps.shell, who.lang, fault).into_response();
    }
    let told = error.told();
    if told.status == 404 {
        return ErrorPage::not_found(&deps.shell, who.lang).into_response();
    }
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::BAD_REQUEST);
    let message = CATALOG.t(who.lang, &format!("error-{}", told.code));
    let page = ErrorPage::with_message(&deps.shell, who.lang, status, message);
    tracing::info!(%error, error_id = %page.id(), "refused");
    page.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        assert_eq!(CATALOG.missing(), Vec::<String>::new());
        for source in [
            include_str!("../../templates/certificate.html"),
            include_str!("../../templates/consent.html"),
            include_str!("../../templates/consents.html"),
            include_str!("../../templates/counter.html"),
            include_str!("../../templates/credentials.html"),
            include_str!("../../templates/issue.html"),
            include_str!("../../templates/issue_form.html"),
            include_str!("../../templates/proofs.html"),
            include_str!("../../templates/question.html"),
            include_str!("../../templates/show.html"),
            include_str!("api.rs"),
            include_str!("consents.rs"),
            include_str!("counter.rs"),
            include_str!("credentials.rs"),
            include_str!("issue.rs"),
            include_str!("proofs.rs"),
            include_str!("view.rs"),
            include_str!("../flow/consent.rs"),
        ] {
            assert_eq!(CATALOG.unknown_in(source), Vec::<String>::new());
        }
    }
}
