//! `/consents`: the holder allows, refuses, takes back, and sees who asked what.

use auth_core::{Fault, id::ProofId};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use web::{ErrorPage, Form, Section, SignedIn, Texts};

use super::{
    Deps,
    counter::{ReceiptView, item_name},
    error_page,
    view::{Badge, Moment, question_state},
};
use crate::{
    CATALOG,
    flow::consent::{Holder, Question, consent_text},
    store::{Decision, ProofState},
};

/// What waits for a decision, and what was decided.
pub(super) async fn list(State(deps): State<Deps>, who: SignedIn) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let t = CATALOG.texts(who.lang);
    let now = deps.shell.now();
    let (mut waiting, mut past) = (Vec::new(), Vec::new());
    for row in deps.registry.proofs.of_person(&who.session.person).await.map_err(fault)? {
        let open = row.state == ProofState::Asked && row.expires_at > now;
        let Some(question) = deps.registry.question(row).await.map_err(fault)? else { continue };
        let line = Line {
            id: question.row.id.to_string(),
            item: item_name(question.item, who.lang),
            organisation: question.organisation.clone(),
            asked_at: Moment::new(question.row.asked_at, who.lang),
            state: question_state(t, &question, now),
        };
        if open { waiting.push(line) } else { past.push(line) }
    }
    let page = ListPage { t, waiting, past };
    Ok(shown(&deps, &who, &t.t("consents-title"), &page))
}

/// One question, to read and decide.
pub(super) async fn detail(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let question = find(&deps, &who, &id).await.map_err(fault)?;
    let question = question.ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang))?;
    let t = CATALOG.texts(who.lang);
    let now = deps.shell.now();
    let state = question.row.state;
    let receipt = match state {
        ProofState::Answered | ProofState::Withdrawn => {
            deps.registry.proofs.receipt(&question.row.id).await.map_err(fault)?
        }
        _ => None,
    };
    let page = ConsentPage {
        t,
        id: &id,
        item: item_name(question.item, who.lang),
        organisation: &question.organisation,
        matter: &question.matter,
        purpose: &question.purpose,
        basis: match who.lang {
            web::Lang::En => question.item.basis_en,
            web::Lang::ZhCn => question.item.basis_zh_cn,
        },
        text: consent_text(&question, who.lang),
        asked_at: Moment::new(question.row.asked_at, who.lang),
        state: question_state(t, &question, now),
        open: state == ProofState::Asked && question.row.expires_at > now,
        withdrawable: matches!(state, ProofState::Allowed | ProofState::Answered),
        receipt: match &receipt {
            Some(row) => Some(ReceiptView::new(t, row, who.lang, now).map_err(fault)?),
            None => None,
        },
        form_field: web::form_field(&deps.shell, &who),
    };
    Ok(shown(&deps, &who, &t.t("consent-title"), &page))
}

/// A decision.
#[derive(Debug, Deserialize)]
pub(super) struct DecisionForm {
    /// `allow`, `refuse`, `withdraw`.
    decision: String,
}

/// Writes the decision.
pub(super) async fn decide(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Response> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault).into_response();
    let decision = match form.decision.as_str() {
        "allow" => Decision::Allow,
        "refuse" => Decision::Refuse,
        "withdraw" => Decision::Withdraw,
        _ => return Err(ErrorPage::bad_request(&deps.shell, who.lang).into_response()),
    };
    let question = find(&deps, &who, &id).await.map_err(fault)?;
    let question =
        question.ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang).into_response())?;
    // The same text that the page showed, from the same question and language.
    let text = consent_text(&question, who.lang);
    let holder = Holder::from(&who.session);
    let proof = &question.row.id;
    match deps.registry.consent(proof, &holder, decision, &text, deps.shell.now()).await {
        Ok(_) => Ok(web::see_other(&format!("/consents/{id}"))),
        Err(error) => Err(error_page(&deps, &who, &error)),
    }
}

/// A question about the visitor; others' look as if they did not exist.
async fn find(deps: &Deps, who: &SignedIn, id: &str) -> Result<Option<Question>, Fault> {
    match deps.registry.proofs.find(&ProofId::from_text(id)).await? {
        Some(row) if row.person == who.session.person => deps.registry.question(row).await,
        _ => Ok(None),
    }
}

fn shown(deps: &Deps, who: &SignedIn, title: &str, page: &impl askama::Template) -> Response {
    super::shown(deps, who, (Section::Consents, title), StatusCode::OK, page)
}

struct Line {
    id: String,
    item: &'static str,
    organisation: String,
    asked_at: Moment,
    state: Badge,
}

#[derive(askama::Template)]
#[template(path = "consents.html")]
struct ListPage {
    t: Texts,
    waiting: Vec<Line>,
    past: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    t: Texts,
    id: &'a str,
    item: &'static str,
    organisation: &'a str,
    matter: &'a str,
    purpose: &'a str,
    basis: &'static str,
    text: String,
    asked_at: Moment,
    state: Badge,
    open: bool,
    withdrawable: bool,
    receipt: Option<ReceiptView>,
    form_field: String,
}
