//! `/officer`: ask, approve, refuse, fetch. Plain forms, phone first.

use auth_core::{
    id::{SealId, SealRequestId},
    role::Role,
};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use web::{ErrorPage, Form, PageHead, Section, SignedIn, Upload};

use super::{
    CATALOG, Deps,
    view::{AskPage, DeskPage, Line, RequestPage, SealCard, name},
};
use crate::{
    error::SealError,
    flow::{self, Ask},
    request::Place,
    seal::Seal,
};

/// What waits, what was asked, which seals there are.
pub(super) async fn desk(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    let session = &who.session;
    let (may_ask, may_approve) = (session.has(Role::SealUser), session.has(Role::SealApprover));
    if !may_ask && !may_approve {
        return Err(ErrorPage::forbidden(&deps.shell, who.lang));
    }
    let fail = |error: SealError| error_page(&deps, &who, &error);
    let t = CATALOG.texts(who.lang);
    let (waiting, own) = flow::requests(&deps.office, session).await.map_err(fail)?;
    let now = deps.shell.now();
    let seals = seals(&deps, &who, &[Role::SealUser, Role::SealApprover]).await.map_err(fail)?;
    let page = DeskPage {
        t,
        may_ask,
        may_approve,
        waiting: lines(&deps, &who, &waiting).await?,
        own: lines(&deps, &who, &own).await?,
        seals: seals.iter().map(|seal| SealCard::new(t, seal, now)).collect(),
    };
    let title = t.t("officer-title");
    Ok(shown(&deps, &who, &title, StatusCode::OK, &page))
}

/// The form to ask.
pub(super) async fn ask_form(
    State(deps): State<Deps>,
    who: SignedIn,
) -> Result<Response, ErrorPage> {
    if !who.session.has(Role::SealUser) {
        return Err(ErrorPage::forbidden(&deps.shell, who.lang));
    }
    ask_page(&deps, &who, None, String::new()).await
}

/// Takes a document and asks.
pub(super) async fn ask(
    State(deps): State<Deps>,
    who: SignedIn,
    upload: Upload,
) -> Result<Response, ErrorPage> {
    let note = upload.field("note").unwrap_or_default().to_owned();
    let place = upload.field("place").and_then(Place::parse);
    let (Some(seal), Some(place)) = (upload.field("seal"), place) else {
        return Err(ErrorPage::bad_request(&deps.shell, who.lang));
    };
    let Some(file) = upload.file("file") else {
        return ask_page(&deps, &who, Some(SealError::Empty), note).await;
    };
    let ask = Ask {
        seal: SealId::from_text(seal),
        document: file.bytes.to_vec(),
        file_name: file.name.clone(),
        note: note.clone(),
        place,
    };
    match flow::request(&deps.office, &who.session, ask, deps.shell.now()).await {
        Ok(id) => Ok(web::see_other(&format!("/officer/requests/{id}"))),
        Err(error @ SealError::Fault(_)) => Err(error_page(&deps, &who, &error)),
        Err(error) => ask_page(&deps, &who, Some(error), note).await,
    }
}

/// One request.
pub(super) async fn show(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    request_page(&deps, &who, &SealRequestId::from_text(id), None).await
}

/// A form without fields of its own.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// Why a request is refused.
#[derive(Deserialize)]
pub(super) struct Refusal {
    reason: String,
}

/// Approves and seals.
pub(super) async fn approve(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let done = flow::decide(&deps.office, &who.session, &id, None, deps.shell.now()).await;
    answer(&deps, &who, &id, done).await
}

/// Refuses with a reason.
pub(super) async fn refuse(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(Refusal { reason }): Form<Refusal>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let now = deps.shell.now();
    let done = flow::decide(&deps.office, &who.session, &id, Some(&reason), now).await;
    answer(&deps, &who, &id, done).await
}

/// Seals an approved document again.
pub(super) async fn retry(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let done = flow::retry(&deps.office, &who.session, &id, deps.shell.now()).await;
    answer(&deps, &who, &id, done).await
}

/// Takes a request back.
pub(super) async fn withdraw(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let done = flow::withdraw(&deps.office, &who.session, &id, deps.shell.now()).await;
    answer(&deps, &who, &id, done).await
}

/// The document as it was handed in.
pub(super) async fn document(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let found = flow::document(&deps.office, &who.session, &id).await;
    let (name, bytes) = found.map_err(|error| error_page(&deps, &who, &error))?;
    Ok(download(&name, bytes))
}

/// The sealed document.
pub(super) async fn sealed(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let id = SealRequestId::from_text(id);
    let found = flow::sealed_document(&deps.office, &who.session, &id).await;
    let (name, bytes) = found.map_err(|error| error_page(&deps, &who, &error))?;
    Ok(download(&name, bytes))
}

/// The picture of a seal, for officers of its organisation.
pub(super) async fn picture(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(picture): Path<String>,
) -> Result<Response, ErrorPage> {
    let nothing = || ErrorPage::not_found(&deps.shell, who.lang);
    let id = picture.strip_suffix(".svg").ok_or_else(nothing)?;
    let found = deps.office.seal(&SealId::from_text(id)).await;
    let (seal, _) = found.map_err(|error| error_page(&deps, &who, &error))?;
    let has = |role| who.session.has_in(role, &seal.organisation);
    if !has(Role::SealUser) && !has(Role::SealApprover) {
        return Err(nothing());
    }
    let drawn = seal.face.draw().map_err(|error| error_page(&deps, &who, &error.into()))?;
    let label = CATALOG.ta(who.lang, "seal-picture", &[("name", name(&seal))]);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, drawn.to_svg(&label)).into_response())
}

async fn answer(
    deps: &Deps,
    who: &SignedIn,
    id: &SealRequestId,
    done: Result<(), SealError>,
) -> Result<Response, ErrorPage> {
    match done {
        Ok(()) => Ok(web::see_other(&format!("/officer/requests/{id}"))),
        Err(error @ (SealError::Fault(_) | SealError::NotFound | SealError::NotAllowed)) => {
            Err(error_page(deps, who, &error))
        }
        Err(error) => request_page(deps, who, id, Some(error)).await,
    }
}

async fn ask_page(
    deps: &Deps,
    who: &SignedIn,
    error: Option<SealError>,
    note: String,
) -> Result<Response, ErrorPage> {
    let t = CATALOG.texts(who.lang);
    let now = deps.shell.now();
    let own = seals(deps, who, &[Role::SealUser]).await;
    let own = own.map_err(|error| error_page(deps, who, &error))?;
    let usable = own.iter().filter(|seal| seal.usable(now).is_ok());
    let mut cards: Vec<SealCard> = usable.map(|seal| SealCard::new(t, seal, now)).collect();
    if let Some(first) = cards.first_mut() {
        first.chosen = true;
    }
    let policy = &deps.office.policy;
    let status = error.as_ref().map_or(StatusCode::OK, status);
    let page = AskPage {
        t,
        form_field: web::form_field(&deps.shell, who),
        error: error.map(|error| sentence(who, &error)),
        seals: cards,
        note,
        mib: (policy.max_document / (1024 * 1024)).to_string(),
        days: (policy.keep_request_seconds / (24 * 60 * 60)).to_string(),
    };
    Ok(shown(deps, who, &t.t("ask-title"), status, &page))
}

async fn request_page(
    deps: &Deps,
    who: &SignedIn,
    id: &SealRequestId,
    error: Option<SealError>,
) -> Result<Response, ErrorPage> {
    let fail = |error: SealError| error_page(deps, who, &error);
    let t = CATALOG.texts(who.lang);
    let request = flow::view(&deps.office, &who.session, id).await.map_err(fail)?;
    let (seal, _) = deps.office.seal(&request.row.seal).await.map_err(fail)?;
    let page = RequestPage::new(deps, t, &who.session, &request, &seal).await;
    let mut page = page.map_err(|fault| fail(fault.into()))?;
    let status = error.as_ref().map_or(StatusCode::OK, status);
    page.error = error.map(|error| sentence(who, &error));
    page.form_field = web::form_field(&deps.shell, who);
    Ok(shown(deps, who, &t.t("request-title"), status, &page))
}

/// The seals of the organisations in which the officer holds one of these roles.
async fn seals(deps: &Deps, who: &SignedIn, roles: &[Role]) -> Result<Vec<Seal>, SealError> {
    let mut organisations: Vec<_> =
        roles.iter().flat_map(|role| who.session.organisations(*role)).collect();
    organisations.sort();
    organisations.dedup();
    let mut seals = Vec::new();
    for organisation in organisations {
        seals.extend(deps.office.list(Some(organisation), None, MOST_SEALS).await?);
    }
    Ok(seals)
}

async fn lines(
    deps: &Deps,
    who: &SignedIn,
    requests: &[flow::RequestView],
) -> Result<Vec<Line>, ErrorPage> {
    let mut lines = Vec::with_capacity(requests.len());
    for request in requests {
        let line = Line::new(deps, CATALOG.texts(who.lang), request).await;
        lines.push(line.map_err(|fault| error_page(deps, who, &fault.into()))?);
    }
    Ok(lines)
}

fn shown(
    deps: &Deps,
    who: &SignedIn,
    title: &str,
    status: StatusCode,
    page: &impl askama::Template,
) -> Response {
    let head = PageHead::new(who, title).section(Section::Officer).status(status);
    web::page(&deps.shell, &head, &web::render(page))
}

/// A file to save, never to be shown by the browser on our origin: it is a stranger's bytes.
fn download(name: &str, bytes: Vec<u8>) -> Response {
    // RFC 6266 §4.3, RFC 8187: all of Unicode, percent-encoded.
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let disposition = format!("attachment; filename*=UTF-8''{encoded}");
    let disposition = HeaderValue::from_str(&disposition)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, bytes).into_response()
}

fn error_page(deps: &Deps, who: &SignedIn, error: &SealError) -> ErrorPage {
    match error {
        SealError::Fault(fault) => ErrorPage::fault(&deps.shell, who.lang, *fault),
        SealError::NotFound => ErrorPage::not_found(&deps.shell, who.lang),
        SealError::NotAllowed => ErrorPage::forbidden(&deps.shell, who.lang),
        other => {
            let page =
                ErrorPage::with_message(&deps.shell, who.lang, status(other), sentence(who, other));
            page.next(CATALOG.t(who.lang, "officer-back"), "/officer")
        }
    }
}

fn status(error: &SealError) -> StatusCode {
    StatusCode::from_u16(error.answer().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn sentence(who: &SignedIn, error: &SealError) -> String {
    tracing::info!(%error, "officer was told");
    CATALOG.t(who.lang, &format!("error-{}", error.answer().code))
}

/// More seals than any organisation has.
const MOST_SEALS: u32 = 200;
