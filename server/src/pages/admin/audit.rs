//! `/admin/audit`: the auditor reads the log and proves it. Nothing can be changed here.

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use web::{ErrorPage, Form, SignedIn, Texts};

use super::{AuditProof, AuditRow, CATALOG, Deps, PAGE_ROWS, Tab, admit, page};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/admin/audit", get(list).post(prove))
}

#[derive(Deserialize)]
struct Before {
    before: Option<i64>,
}

async fn list(
    State(deps): State<Deps>,
    who: SignedIn,
    Query(query): Query<Before>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Audit.roles())?;
    show(&deps, &who, query.before, None).await
}

#[derive(Deserialize)]
struct Nothing {}

/// A proof reads the whole log, so it is asked for by a form, not by opening the page.
async fn prove(
    State(deps): State<Deps>,
    who: SignedIn,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Audit.roles())?;
    let proof = deps.audit.prove(deps.shell.now()).await;
    let proof = proof.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    show(&deps, &who, None, Some(proof)).await
}

async fn show(
    deps: &Deps,
    who: &SignedIn,
    before: Option<i64>,
    proof: Option<AuditProof>,
) -> Result<Response, ErrorPage> {
    let listed = deps.audit.page(before, PAGE_ROWS).await;
    let rows = listed.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let more =
        (rows.len() == PAGE_ROWS as usize).then(|| rows.last().map(|row| row.number)).flatten();
    let t = CATALOG.texts(who.lang);
    let body = web::render(&Audit {
        t,
        rows: rows.into_iter().map(|row| (who.lang.time(row.at), row)).collect(),
        more,
        form_field: web::form_field(&deps.shell, who),
        summary: proof.as_ref().map(|proof| {
            let counts = [("sealed", proof.sealed), ("unsealed", proof.unsealed)];
            t.ta("audit-counts", &counts)
        }),
        findings: proof.map(|proof| proof.findings).unwrap_or_default(),
    });
    Ok(page(&deps.shell, who, Tab::Audit, None, &body))
}

#[derive(askama::Template)]
#[template(path = "pages/admin/audit.html")]
struct Audit {
    t: Texts,
    rows: Vec<(String, AuditRow)>,
    more: Option<i64>,
    form_field: String,
    /// How many records were proved; `None` when no proof was asked for.
    summary: Option<String>,
    findings: Vec<String>,
}
