//! `/credentials`: what a person holds, to show, print and take along.

use auth_core::{audit::Actor, id::CredentialId};
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use web::{ErrorPage, Form, Section, SignedIn, Texts};

use super::{
    Deps, error_page, files,
    view::{Badge, Fact, Moment, facts, kind_name, qr_svg, standing},
};
use crate::{CATALOG, flow::mine::Mine, sd_jwt::SdJwt, status::Status};

/// My certificates.
pub(super) async fn list(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    let t = CATALOG.texts(who.lang);
    let mine = deps.registry.mine(&who.session.person).await;
    let mine = mine.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let now = deps.shell.now();
    let cards = mine
        .iter()
        .map(|one| Card {
            id: one.row.id.to_string(),
            kind: kind_name(one.kind, who.lang),
            name: text(one, "name"),
            number: one.row.number.clone(),
            state: standing(t, one.row.status, one.row.expires_at, now),
        })
        .collect();
    let page = ListPage { t, cards, form_field: web::form_field(&deps.shell, &who) };
    Ok(shown(&deps, &who, &t.t("credentials-title"), &page))
}

/// One certificate.
pub(super) async fn detail(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let mine = find(&deps, &who, &id).await?;
    let t = CATALOG.texts(who.lang);
    let title = kind_name(mine.kind, who.lang);
    let hidden = mine.kind.fields.iter().filter(|field| field.hidden);
    let page = CertificatePage {
        t,
        id: &id,
        kind: title,
        state: standing(t, mine.row.status, mine.row.expires_at, deps.shell.now()),
        in_force: mine.row.status == Status::Valid,
        facts: facts(mine.kind, &mine.content.claims, who.lang),
        qr: qr_svg(&mine.content.code, &t.t("credential-qr-label")),
        code: &mine.content.code,
        issued_at: Moment::new(mine.row.issued_at, who.lang),
        hidden: hidden
            .map(|field| Choice {
                claim: field.claim,
                label: match who.lang {
                    web::Lang::En => field.en,
                    web::Lang::ZhCn => field.zh_cn,
                },
            })
            .collect(),
        officer: None,
    };
    Ok(shown(&deps, &who, title, &page))
}

/// A code to show at the counter.
pub(super) async fn show(
    State(deps): State<Deps>,
    who: SignedIn,
    Form(_): Form<Nothing>,
) -> Result<Response, ErrorPage> {
    let t = CATALOG.texts(who.lang);
    let now = deps.shell.now();
    let code = deps.registry.show_code(&who.session, now).await;
    let code = code.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let ends_at = now.plus_seconds(deps.registry.policy.show_seconds);
    let page = ShowPage {
        t,
        qr: qr_svg(&code, &t.t("show-qr-label")),
        code,
        ends_at: Moment::new(ends_at, who.lang),
        form_field: web::form_field(&deps.shell, &who),
    };
    Ok(shown(&deps, &who, &t.t("show-title"), &page))
}

/// The certificate as a file: `qr.png`, `certificate.sd-jwt`, `.json`, `.pdf`.
pub(super) async fn file(
    State(deps): State<Deps>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let mine = find(&deps, &who, &id).await.map_err(IntoResponse::into_response)?;
    let missing = || ErrorPage::not_found(&deps.shell, who.lang).into_response();
    let stem = format!("{}-{}", mine.kind.slug, mine.row.number);
    match file.as_str() {
        "qr.png" => files::qr_png(&format!("{stem}.png"), &mine.content.code).ok_or_else(missing),
        "certificate.sd-jwt" => {
            let text = presented(&mine, &query).ok_or_else(missing)?;
            let name = format!("{stem}.sd-jwt");
            Ok(files::download(&name, "application/dc+sd-jwt", text.into_bytes()))
        }
        "certificate.json" => {
            let json = serde_json::to_vec_pretty(&mine.content.claims).unwrap_or_default();
            Ok(files::download(&format!("{stem}.json"), "application/json", json))
        }
        "certificate.pdf" => {
            let actor = Actor::Person(who.session.person.clone());
            let pdf = deps.registry.document(&mine, actor, deps.shell.now()).await;
            let pdf = pdf.map_err(|error| error_page(&deps, &who, &error))?;
            Ok(files::download(&format!("{stem}.pdf"), "application/pdf", pdf))
        }
        _ => Err(missing()),
    }
}

/// The whole SD-JWT, or with `choose` only the claims named by `show`.
fn presented(mine: &Mine, query: &[(String, String)]) -> Option<String> {
    let choosing = query.iter().any(|(name, _)| name == "choose");
    if !choosing {
        return Some(mine.content.sd_jwt.clone());
    }
    let sd_jwt = SdJwt::parse(&mine.content.sd_jwt).ok()?;
    Some(sd_jwt.present(|claim| query.iter().any(|(name, value)| name == "show" && value == claim)))
}

async fn find(deps: &Deps, who: &SignedIn, id: &str) -> Result<Mine, ErrorPage> {
    let id = CredentialId::from_text(id);
    let found = deps.registry.my_certificate(&who.session.person, &id).await;
    found
        .map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?
        .ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang))
}

fn text(mine: &Mine, claim: &str) -> String {
    mine.content.claims.get(claim).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn shown(deps: &Deps, who: &SignedIn, title: &str, page: &impl askama::Template) -> Response {
    super::shown(deps, who, (Section::Credentials, title), StatusCode::OK, page)
}

/// A form that only carries its token.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

struct Card {
    id: String,
    kind: &'static str,
    name: String,
    number: String,
    state: Badge,
}

#[derive(askama::Template)]
#[template(path = "credentials.html")]
struct ListPage {
    t: Texts,
    cards: Vec<Card>,
    form_field: String,
}

struct Choice {
    claim: &'static str,
    label: &'static str,
}

/// What an officer may do with the certificate shown.
pub(super) struct OfficerActs {
    pub(super) form_field: String,
    pub(super) may_suspend: bool,
    pub(super) may_resume: bool,
    pub(super) may_revoke: bool,
}

/// The page of a certificate, for its holder or its issuer.
#[derive(askama::Template)]
#[template(path = "certificate.html")]
pub(super) struct CertificatePage<'a> {
    t: Texts,
    id: &'a str,
    kind: &'static str,
    state: Badge,
    in_force: bool,
    facts: Vec<Fact>,
    qr: String,
    code: &'a str,
    issued_at: Moment,
    hidden: Vec<Choice>,
    officer: Option<OfficerActs>,
}

impl<'a> CertificatePage<'a> {
    /// As its issuer sees it: no files to take along, but its status to change.
    pub(super) fn of_issuer(
        deps: &Deps,
        who: &SignedIn,
        id: &'a str,
        mine: &'a Mine,
        officer: OfficerActs,
    ) -> Self {
        let t = CATALOG.texts(who.lang);
        Self {
            t,
            id,
            kind: kind_name(mine.kind, who.lang),
            state: standing(t, mine.row.status, mine.row.expires_at, deps.shell.now()),
            in_force: mine.row.status == Status::Valid,
            facts: facts(mine.kind, &mine.content.claims, who.lang),
            qr: qr_svg(&mine.content.code, &t.t("credential-qr-label")),
            code: &mine.content.code,
            issued_at: Moment::new(mine.row.issued_at, who.lang),
            hidden: Vec::new(),
            officer: Some(officer),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "show.html")]
struct ShowPage {
    t: Texts,
    qr: String,
    code: String,
    ends_at: Moment,
    form_field: String,
}
