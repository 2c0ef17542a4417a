//! `/counter`: a case worker asks and gets an answer, never the record.

use auth_core::{
    Fault,
    id::{OrganisationId, ProofId},
    role::Role,
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use web::{ErrorPage, Form, Lang, Section, SignedIn, Texts};

use super::{
    Deps,
    credentials::Nothing,
    error_page, files,
    issue::names,
    view::{AnswerView, Badge, Moment, qr_svg, question_state, standing},
};
use crate::{
    CATALOG,
    error::Tell,
    flow::{
        Authority,
        ask::{AskError, AskRequest, MAX_PURPOSE},
        consent::Question,
    },
    items::{self, ProofItem},
    store::{ProofRow, ProofState, ReceiptRow},
};

/// What a case worker fills in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AskForm {
    /// The department.
    organisation: String,
    /// User name or shown code.
    person: String,
    /// Code of the item.
    item: String,
    /// Code of the matter.
    matter: String,
    /// Case number and why.
    purpose: String,
}

/// The form, and what was asked.
pub(super) async fn desk(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    if !who.session.has(Role::CaseWorker) {
        return Err(ErrorPage::forbidden(&deps.shell, who.lang));
    }
    desk_page(&deps, &who, &AskForm::default(), None)
        .await
        .map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))
}

/// Asks.
pub(super) async fn ask(
    State(deps): State<Deps>,
    who: SignedIn,
    Form(form): Form<AskForm>,
) -> Result<Response, Response> {
    let request = AskRequest {
        organisation: OrganisationId::from_text(form.organisation.as_str()),
        person: &form.person,
        item: &form.item,
        matter: &form.matter,
        purpose: &form.purpose,
        by: Authority::Session(&who.session),
        now: deps.shell.now(),
    };
    match deps.registry.ask(request).await {
        Ok(id) => Ok(web::see_other(&format!("/counter/{id}"))),
        Err(error @ (AskError::Fault(_) | AskError::NotCaseWorker)) => {
            Err(error_page(&deps, &who, &error))
        }
        Err(error) => desk_page(&deps, &who, &form, Some(error))
            .await
            .map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault).into_response()),
    }
}

/// One question and, once there is one, its answer.
pub(super) async fn detail(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let missing = || ErrorPage::not_found(&deps.shell, who.lang);
    let row = find(&deps, &who, &id).await?;
    let receipt = answered(&deps, &row).await.map_err(fault)?;
    let question = deps.registry.question(row).await.map_err(fault)?.ok_or_else(missing)?;
    let t = CATALOG.texts(who.lang);
    let consent_url = deps.shell.url(&format!("/consents/{id}"));
    let now = deps.shell.now();
    let page = QuestionPage {
        t,
        id: &id,
        item: item_name(question.item, who.lang),
        matter: &question.matter,
        purpose: &question.purpose,
        asked_at: Moment::new(question.row.asked_at, who.lang),
        ends_at: Moment::new(question.row.expires_at, who.lang),
        state: question_state(t, &question, now),
        waiting: question.row.state == ProofState::Asked && question.row.expires_at > now,
        pending: question.row.state == ProofState::Allowed && question.row.expires_at > now,
        consent_qr: qr_svg(&consent_url, &t.t("question-qr-label")),
        consent_url,
        receipt: match &receipt {
            Some(row) => Some(ReceiptView::new(t, row, who.lang, now).map_err(fault)?),
            None => None,
        },
        form_field: web::form_field(&deps.shell, &who),
    };
    Ok(shown(&deps, &who, &t.t("question-title"), StatusCode::OK, &page))
}

/// Tries again to answer what was allowed.
pub(super) async fn answer(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(_): Form<Nothing>,
) -> Result<Response, Response> {
    let row = find(&deps, &who, &id).await.map_err(IntoResponse::into_response)?;
    match deps.registry.answer(&row.id, deps.shell.now()).await {
        Ok(_) => Ok(web::see_other(&format!("/counter/{id}"))),
        Err(error) => Err(error_page(&deps, &who, &error)),
    }
}

/// Revokes a receipt that was asked for by mistake.
pub(super) async fn revoke(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(_): Form<Nothing>,
) -> Result<Response, Response> {
    let by = Authority::Session(&who.session);
    let proof = ProofId::from_text(id.as_str());
    match deps.registry.revoke_receipt(&proof, &by, deps.shell.now()).await {
        Ok(()) => Ok(web::see_other(&format!("/counter/{id}"))),
        Err(error) => Err(error_page(&deps, &who, &error)),
    }
}

/// The receipt as a file: `receipt.png`, `receipt.sd-jwt`, `receipt.txt` (the code's text).
pub(super) async fn file(
    State(deps): State<Deps>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let missing = || ErrorPage::not_found(&deps.shell, who.lang);
    let row = find(&deps, &who, &id).await?;
    let receipt = answered(&deps, &row).await.map_err(fault)?.ok_or_else(missing)?;
    match file.as_str() {
        "receipt.png" => files::qr_png("receipt.png", &receipt.code).ok_or_else(missing),
        "receipt.sd-jwt" => {
            let text = receipt.sd_jwt.into_bytes();
            Ok(files::download("receipt.sd-jwt", "application/dc+sd-jwt", text))
        }
        "receipt.txt" => {
            let text = receipt.code.into_bytes();
            Ok(files::download("receipt.txt", "text/plain; charset=utf-8", text))
        }
        _ => Err(missing()),
    }
}

/// A question of a department in which the visitor is a case worker; others look as if they did
/// not exist.
async fn find(deps: &Deps, who: &SignedIn, id: &str) -> Result<ProofRow, ErrorPage> {
    let row = deps.registry.proofs.find(&ProofId::from_text(id)).await;
    row.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?
        .filter(|row| who.session.has_in(Role::CaseWorker, &row.organisation))
        .ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang))
}

/// The receipt while the consent it rests on holds.
async fn answered(deps: &Deps, row: &ProofRow) -> Result<Option<ReceiptRow>, Fault> {
    match row.state {
        ProofState::Answered => deps.registry.proofs.receipt(&row.id).await,
        _ => Ok(None),
    }
}

async fn desk_page(
    deps: &Deps,
    who: &SignedIn,
    form: &AskForm,
    error: Option<AskError>,
) -> Result<Response, Fault> {
    let t = CATALOG.texts(who.lang);
    let organisations = who.session.organisations(Role::CaseWorker);
    let (mut matters, mut asked) = (Vec::new(), Vec::new());
    for organisation in &organisations {
        for matter in deps.registry.matters.of(organisation).await? {
            matters.push(MatterChoice {
                chosen: matter.code == form.matter,
                code: matter.code,
                name: matter.name,
            });
        }
        for row in deps.registry.proofs.of_organisation(organisation).await?.into_iter().take(MOST)
        {
            if let Some(question) = deps.registry.question(row).await? {
                asked.push(line(deps, who, &question));
            }
        }
    }
    let items = items::ALL.map(|item| ItemChoice {
        code: item.code,
        name: item_name(item, who.lang),
        chosen: item.code == form.item,
    });
    let page = DeskPage {
        t,
        organisations: names(deps, &organisations).await?,
        matters,
        items: items.into_iter().collect(),
        person: &form.person,
        purpose: &form.purpose,
        max_purpose: MAX_PURPOSE,
        error: error.map(|error| t.t(&format!("error-{}", error.told().code))),
        asked,
        form_field: web::form_field(&deps.shell, who),
    };
    let status = error.map_or(StatusCode::OK, |error| {
        StatusCode::from_u16(error.told().status).unwrap_or(StatusCode::BAD_REQUEST)
    });
    Ok(shown(deps, who, &t.t("counter-title"), status, &page))
}

fn line(deps: &Deps, who: &SignedIn, question: &Question) -> Line {
    Line {
        id: question.row.id.to_string(),
        item: item_name(question.item, who.lang),
        purpose: question.purpose.clone(),
        asked_at: Moment::new(question.row.asked_at, who.lang),
        state: question_state(CATALOG.texts(who.lang), question, deps.shell.now()),
    }
}

/// The name of an item.
pub(super) const fn item_name(item: &ProofItem, lang: Lang) -> &'static str {
    match lang {
        Lang::En => item.en,
        Lang::ZhCn => item.zh_cn,
    }
}

fn shown(
    deps: &Deps,
    who: &SignedIn,
    title: &str,
    status: StatusCode,
    page: &impl askama::Template,
) -> Response {
    super::shown(deps, who, (Section::Counter, title), status, page)
}

struct MatterChoice {
    code: String,
    name: String,
    chosen: bool,
}

struct ItemChoice {
    code: &'static str,
    name: &'static str,
    chosen: bool,
}

struct Line {
    id: String,
    item: &'static str,
    purpose: String,
    asked_at: Moment,
    state: Badge,
}

#[derive(askama::Template)]
#[template(path = "counter.html")]
struct DeskPage<'a> {
    t: Texts,
    organisations: Vec<(String, String)>,
    matters: Vec<MatterChoice>,
    items: Vec<ItemChoice>,
    person: &'a str,
    purpose: &'a str,
    max_purpose: usize,
    error: Option<String>,
    asked: Vec<Line>,
    form_field: String,
}

/// A receipt, as a page shows it.
pub(super) struct ReceiptView {
    pub(super) answer: AnswerView,
    pub(super) answered_at: Moment,
    pub(super) ends_at: Moment,
    pub(super) state: Badge,
    pub(super) revocable: bool,
    pub(super) qr: String,
}

impl ReceiptView {
    pub(super) fn new(
        t: Texts,
        row: &ReceiptRow,
        lang: Lang,
        now: auth_core::Timestamp,
    ) -> Result<Self, Fault> {
        Ok(Self {
            answer: AnswerView::new(t, row)?,
            answered_at: Moment::new(row.answered_at, lang),
            ends_at: Moment::new(row.expires_at, lang),
            state: standing(t, row.status, Some(row.expires_at), now),
            revocable: row.status == crate::status::Status::Valid,
            qr: qr_svg(&row.code, &t.t("receipt-qr-label")),
        })
    }
}

#[derive(askama::Template)]
#[template(path = "question.html")]
struct QuestionPage<'a> {
    t: Texts,
    id: &'a str,
    item: &'static str,
    matter: &'a str,
    purpose: &'a str,
    asked_at: Moment,
    ends_at: Moment,
    state: Badge,
    waiting: bool,
    pending: bool,
    consent_qr: String,
    consent_url: String,
    receipt: Option<ReceiptView>,
    form_field: String,
}

/// Questions listed for each department, newest first.
const MOST: usize = 20;
