//! `/admin/clients`, `/admin/keys`, `/admin/certificates`: lists to look at.

use axum::{Router, extract::State, response::Response, routing::get};
use web::{ErrorPage, SignedIn, Texts};

use super::{CATALOG, CertificateRow, ClientRow, Deps, KeyRow, Tab, admit, page};

pub(super) fn routes() -> Router<Deps> {
    Router::new()
        .route("/admin/clients", get(clients))
        .route("/admin/keys", get(keys))
        .route("/admin/certificates", get(certificates))
}

async fn clients(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Clients.roles())?;
    let rows = deps.inventory.clients().await;
    let rows = rows.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let body = web::render(&Clients { t: CATALOG.texts(who.lang), rows });
    Ok(page(&deps.shell, &who, Tab::Clients, None, &body))
}

async fn keys(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Keys.roles())?;
    let rows = deps.inventory.keys().await;
    let rows = rows.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let body = web::render(&Keys { t: CATALOG.texts(who.lang), rows });
    Ok(page(&deps.shell, &who, Tab::Keys, None, &body))
}

async fn certificates(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Certificates.roles())?;
    let rows = deps.inventory.certificates().await;
    let rows = rows
        .map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?
        .into_iter()
        .map(|row| (who.lang.time(row.valid_until), row))
        .collect();
    let body = web::render(&Certificates { t: CATALOG.texts(who.lang), rows });
    Ok(page(&deps.shell, &who, Tab::Certificates, None, &body))
}

#[derive(askama::Template)]
#[template(path = "pages/admin/clients.html")]
struct Clients {
    t: Texts,
    rows: Vec<ClientRow>,
}

#[derive(askama::Template)]
#[template(path = "pages/admin/keys.html")]
struct Keys {
    t: Texts,
    rows: Vec<KeyRow>,
}

#[derive(askama::Template)]
#[template(path = "pages/admin/certificates.html")]
struct Certificates {
    t: Texts,
    rows: Vec<(String, CertificateRow)>,
}
