//! Routes of the seal domain: the officer's pages and the REST interface.

mod api;
mod body;
mod names;
mod officer;
mod openapi;
mod view;

use std::sync::{Arc, LazyLock};

use auth_core::{directory::Directory, port::AccessTokens};
use axum::{
    Router,
    extract::FromRef,
    routing::{get, post},
};
use web::{Catalog, Shell};

use crate::flow::Office;

pub use openapi::openapi;

/// What the routes stand on.
#[derive(Clone)]
pub struct Deps {
    /// Clock, frame, languages.
    pub shell: Shell,
    /// The flows' ports and rules.
    pub office: Office,
    /// Checks bearer tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Names of officers.
    pub directory: Directory,
}

impl FromRef<Deps> for Shell {
    fn from_ref(deps: &Deps) -> Self {
        deps.shell.clone()
    }
}

/// All routes of this domain.
pub fn router(deps: Deps) -> Router<()> {
    Router::new()
        .route("/officer", get(officer::desk))
        .route("/officer/ask", get(officer::ask_form).post(officer::ask))
        .route("/officer/requests/{id}", get(officer::show))
        .route("/officer/requests/{id}/approve", post(officer::approve))
        .route("/officer/requests/{id}/document", get(officer::document))
        .route("/officer/requests/{id}/refuse", post(officer::refuse))
        .route("/officer/requests/{id}/retry", post(officer::retry))
        .route("/officer/requests/{id}/sealed", get(officer::sealed))
        .route("/officer/requests/{id}/withdraw", post(officer::withdraw))
        .route("/officer/seals/{picture}", get(officer::picture))
        .route("/api/seals", get(api::list))
        .route("/api/seals/{id}/documents", post(api::seal))
        .with_state(deps)
}

/// Texts of this domain.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::new(include_str!("../../locales/zh-CN.ftl"), include_str!("../../locales/en.ftl"))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        assert_eq!(CATALOG.missing(), Vec::<String>::new());
        for source in [
            include_str!("../../templates/ask.html"),
            include_str!("../../templates/officer.html"),
            include_str!("../../templates/request.html"),
            include_str!("api.rs"),
            include_str!("officer.rs"),
            include_str!("view.rs"),
        ] {
            assert_eq!(CATALOG.unknown_in(source), Vec::<String>::new());
        }
        for code in crate::error::CODES {
            assert!(CATALOG.has(&format!("error-{code}")), "{code}");
        }
    }
}
