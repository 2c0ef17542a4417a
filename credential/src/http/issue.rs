//! `/issue`: the officer who issues certificates and changes their status.

use std::collections::BTreeMap;

use auth_core::{
    Fault,
    id::{CredentialId, OrganisationId, PersonId},
    person::Username,
    role::Role,
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use web::{ErrorPage, Form, Section, SignedIn, Texts};

use super::{
    Deps,
    credentials::{CertificatePage, OfficerActs},
    error_page,
    view::{Badge, Moment, kind_name, standing},
};
use crate::{
    CATALOG,
    error::Tell,
    flow::{
        Authority,
        issue::{IssueError, IssueRequest},
        mine::Mine,
        status::Change,
    },
    kinds::{self, CertificateType, FieldForm},
    status::Status,
};

/// What can be issued, and what was.
pub(super) async fn desk(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    let organisations = who.session.organisations(Role::Issuer);
    if organisations.is_empty() {
        return Err(ErrorPage::forbidden(&deps.shell, who.lang));
    }
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let t = CATALOG.texts(who.lang);
    let mut issued = Vec::new();
    for organisation in organisations {
        let rows = deps.registry.credentials.of_organisation(organisation, None, MOST_LISTED).await;
        for row in rows.map_err(fault)? {
            if let Some(one) = deps.registry.opened(row).await.map_err(fault)? {
                issued.push(line(&deps, &who, &one));
            }
        }
    }
    let kinds =
        kinds::ALL.map(|kind| KindCard { slug: kind.slug, name: kind_name(kind, who.lang) });
    let page = DeskPage { t, kinds: kinds.to_vec(), issued };
    Ok(shown(&deps, &who, &t.t("issue-title"), StatusCode::OK, &page))
}

/// The form of a type.
pub(super) async fn form(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(kind): Path<String>,
) -> Result<Response, ErrorPage> {
    if !who.session.has(Role::Issuer) {
        return Err(ErrorPage::forbidden(&deps.shell, who.lang));
    }
    let kind = CertificateType::by_slug(&kind)
        .ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang))?;
    form_page(&deps, &who, kind, &BTreeMap::new(), None)
        .await
        .map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))
}

/// Issues.
pub(super) async fn issue(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(kind): Path<String>,
    Form(mut typed): Form<BTreeMap<String, String>>,
) -> Result<Response, Response> {
    let lang = who.lang;
    let kind = CertificateType::by_slug(&kind)
        .ok_or_else(|| ErrorPage::not_found(&deps.shell, lang).into_response())?;
    let again = typed.clone();
    let organisation = typed.remove("organisation").unwrap_or_default();
    let holder = typed.remove("holder").unwrap_or_default();
    let outcome = match person(&deps, &holder).await {
        Ok(Some(holder)) => {
            // A text area's line breaks arrive as CR LF.
            let fields = typed.into_iter().map(|(name, text)| (name, text.replace('\r', "")));
            let request = IssueRequest {
                kind,
                organisation: OrganisationId::from_text(organisation),
                holder,
                fields: fields.collect(),
                idempotency: None,
                by: Authority::Session(&who.session),
                now: deps.shell.now(),
            };
            deps.registry.issue(request).await
        }
        Ok(None) => Err(IssueError::UnknownHolder),
        Err(fault) => Err(fault.into()),
    };
    match outcome {
        Ok(issued) => Ok(web::see_other(&format!("/issue/certificates/{}", issued.id))),
        Err(error @ (IssueError::Fault(_) | IssueError::NotIssuer)) => {
            Err(error_page(&deps, &who, &error))
        }
        Err(error) => form_page(&deps, &who, kind, &again, Some(&error))
            .await
            .map_err(|fault| ErrorPage::fault(&deps.shell, lang, fault).into_response()),
    }
}

/// A certificate, for its issuer.
pub(super) async fn detail(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let missing = || ErrorPage::not_found(&deps.shell, who.lang);
    let row = deps.registry.credentials.find(&CredentialId::from_text(id.as_str())).await;
    let row = row.map_err(fault)?;
    let row = row.filter(|row| who.session.has_in(Role::Issuer, &row.organisation));
    let row = row.ok_or_else(missing)?;
    let mine = deps.registry.opened(row).await.map_err(fault)?.ok_or_else(missing)?;
    let status = mine.row.status;
    let officer = OfficerActs {
        form_field: web::form_field(&deps.shell, &who),
        may_suspend: status == Status::Valid,
        may_resume: status == Status::Suspended,
        may_revoke: status != Status::Invalid,
    };
    let page = CertificatePage::of_issuer(&deps, &who, &id, &mine, officer);
    Ok(shown(&deps, &who, kind_name(mine.kind, who.lang), StatusCode::OK, &page))
}

/// A change of status, confirmed.
#[derive(Debug, serde::Deserialize)]
pub(super) struct StatusForm {
    /// `revoke`, `suspend`, `resume`.
    change: String,
    /// `yes` once the officer confirmed; a revocation cannot be undone.
    #[serde(default)]
    sure: String,
}

/// Revokes, suspends, resumes.
pub(super) async fn status(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<StatusForm>,
) -> Result<Response, Response> {
    let back = format!("/issue/certificates/{id}");
    let change = match form.change.as_str() {
        "resume" => Change::Resume,
        "revoke" if form.sure != "yes" => return Ok(web::see_other(&format!("{back}#revoke"))),
        "revoke" => Change::Revoke,
        "suspend" => Change::Suspend,
        _ => return Err(ErrorPage::bad_request(&deps.shell, who.lang).into_response()),
    };
    let by = Authority::Session(&who.session);
    let id = CredentialId::from_text(id);
    match deps.registry.change_status(&id, change, &by, deps.shell.now()).await {
        Ok(()) => Ok(web::see_other(&back)),
        Err(error) => Err(error_page(&deps, &who, &error)),
    }
}

async fn person(deps: &Deps, typed: &str) -> Result<Option<PersonId>, Fault> {
    let Some(name) = Username::parse(typed) else { return Ok(None) };
    Ok(deps.registry.people.by_username(&name).await?.map(|row| row.id))
}

async fn form_page(
    deps: &Deps,
    who: &SignedIn,
    kind: &'static CertificateType,
    typed: &BTreeMap<String, String>,
    error: Option<&IssueError>,
) -> Result<Response, Fault> {
    let t = CATALOG.texts(who.lang);
    let value = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let wrong = match error {
        Some(IssueError::Field(claim) | IssueError::Missing(claim)) => Some(*claim),
        Some(IssueError::UnknownHolder) => Some("holder"),
        _ => None,
    };
    let inputs = kind.fields.iter().map(|field| Input {
        name: field.claim,
        label: match who.lang {
            web::Lang::En => field.en,
            web::Lang::ZhCn => field.zh_cn,
        },
        value: value(field.claim),
        max: field.max_chars,
        required: !field.optional,
        area: field.form == FieldForm::Text,
        input_type: if field.form == FieldForm::Date { "date" } else { "text" },
        wrong: wrong == Some(field.claim),
    });
    let page = FormPage {
        t,
        kind: kind_name(kind, who.lang),
        slug: kind.slug,
        organisations: names(deps, &who.session.organisations(Role::Issuer)).await?,
        holder: value("holder"),
        holder_wrong: wrong == Some("holder"),
        inputs: inputs.collect(),
        error: error.map(|error| t.t(&format!("error-{}", error.told().code))),
        form_field: web::form_field(&deps.shell, who),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(shown(deps, who, page.kind, status, &page))
}

/// Ids and names of organisations, for a choice.
pub(super) async fn names(
    deps: &Deps,
    ids: &[&OrganisationId],
) -> Result<Vec<(String, String)>, Fault> {
    let mut out = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(found) = deps.registry.organisations.find(id).await? {
            out.push((id.to_string(), found.name));
        }
    }
    Ok(out)
}

fn line(deps: &Deps, who: &SignedIn, one: &Mine) -> Line {
    let name = one.content.claims.get("name").and_then(|value| value.as_str());
    Line {
        id: one.row.id.to_string(),
        kind: kind_name(one.kind, who.lang),
        name: name.unwrap_or_default().to_owned(),
        number: one.row.number.clone(),
        issued_at: Moment::new(one.row.issued_at, who.lang),
        state: standing(
            CATALOG.texts(who.lang),
            one.row.status,
            one.row.expires_at,
            deps.shell.now(),
        ),
    }
}

fn shown(
    deps: &Deps,
    who: &SignedIn,
    title: &str,
    status: StatusCode,
    page: &impl askama::Template,
) -> Response {
    super::shown(deps, who, (Section::Issue, title), status, page)
}

#[derive(Clone)]
struct KindCard {
    slug: &'static str,
    name: &'static str,
}

struct Line {
    id: String,
    kind: &'static str,
    name: String,
    number: String,
    issued_at: Moment,
    state: Badge,
}

#[derive(askama::Template)]
#[template(path = "issue.html")]
struct DeskPage {
    t: Texts,
    kinds: Vec<KindCard>,
    issued: Vec<Line>,
}

struct Input {
    name: &'static str,
    label: &'static str,
    value: String,
    max: usize,
    required: bool,
    area: bool,
    input_type: &'static str,
    wrong: bool,
}

#[derive(askama::Template)]
#[template(path = "issue_form.html")]
struct FormPage {
    t: Texts,
    kind: &'static str,
    slug: &'static str,
    organisations: Vec<(String, String)>,
    holder: String,
    holder_wrong: bool,
    inputs: Vec<Input>,
    error: Option<String>,
    form_field: String,
}

/// Certificates listed for each organisation, newest first.
const MOST_LISTED: u32 = 20;
