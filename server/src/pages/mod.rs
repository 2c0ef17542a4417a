//! Pages that join domains: the portal `/`, `/verify`, `/v`, `/admin`, `/developer`, and what is
//! shown where nothing is.
//!
//! To add one: a module with `pub(super) fn routes() -> Router<Deps>`, a template in
//! `templates/pages/`, its texts in `locales/pages/`; `tests.rs` checks templates against texts.

pub mod admin;
mod developer;
mod landing;
mod portal;
pub mod verify;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use auth_core::{directory::Directory, port::DocumentVerifier};
use axum::{
    Router,
    extract::{FromRef, FromRequestParts, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use web::{Catalog, ErrorPage, Problem, Shell, Visitor};

/// What the pages need.
#[derive(Clone)]
pub struct Deps {
    /// Frame, time, sessions.
    pub shell: Shell,
    /// Verifiers of all domains, asked in this order.
    pub verifiers: Arc<[Arc<dyn DocumentVerifier>]>,
    /// People, organisations, roles.
    pub directory: Directory,
    /// Clients, keys, certificates and seals, to look at.
    pub inventory: Arc<dyn admin::Inventory>,
    /// The audit log, to read and to prove.
    pub audit: Arc<dyn admin::AuditTrail>,
}

impl FromRef<Deps> for Shell {
    fn from_ref(deps: &Deps) -> Self {
        deps.shell.clone()
    }
}

/// The routes of these pages.
pub fn router(deps: Deps) -> Router {
    Router::new()
        .merge(portal::routes())
        .merge(verify::routes())
        .merge(landing::routes())
        .merge(developer::routes())
        .merge(admin::routes())
        .with_state(deps)
}

/// Adds to the merged router of all rooms what is shown where nothing is (404) and where the method
/// is wrong (405): a problem under `/api`, a page elsewhere.
pub fn with_fallbacks(router: Router, shell: Shell) -> Router {
    let state = Fallback(shell);
    let missing = {
        let state = state.clone();
        move |request: Request| nothing(state, request, StatusCode::NOT_FOUND)
    };
    router
        .method_not_allowed_fallback(move |request: Request| {
            nothing(state, request, StatusCode::METHOD_NOT_ALLOWED)
        })
        .fallback(missing)
}

#[derive(Clone)]
struct Fallback(Shell);

impl FromRef<Fallback> for Shell {
    fn from_ref(fallback: &Fallback) -> Self {
        fallback.0.clone()
    }
}

async fn nothing(state: Fallback, request: Request, status: StatusCode) -> Response {
    let (mut parts, _body) = request.into_parts();
    let lang = match Visitor::from_request_parts(&mut parts, &state).await {
        Ok(visitor) => visitor.lang,
        Err(page) => return page.into_response(),
    };
    let shell = &state.0;
    match (is_api(parts.uri.path()), status) {
        (true, StatusCode::NOT_FOUND) => Problem::not_found(shell, lang).into_response(),
        (true, _) => Problem::method_not_allowed(shell, lang).into_response(),
        (false, StatusCode::NOT_FOUND) => ErrorPage::not_found(shell, lang).into_response(),
        (false, _) => ErrorPage::method_not_allowed(shell, lang).into_response(),
    }
}

fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Texts of these pages.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::new(
        include_str!("../../locales/pages/zh-CN.ftl"),
        include_str!("../../locales/pages/en.ftl"),
    )
});
