//! `/admin/organisations`: the list, adding one, disabling one.

use auth_core::{
    Timestamp,
    audit::{Event, Outcome},
    id::OrganisationId,
    organisation::{CreditCode, Organisation, OrganisationKind},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use web::{ErrorPage, Form, SignedIn, Texts};

use super::{CATALOG, Deps, ListQuery, Notice, PAGE_ROWS, Tab, actor, admit, page};

pub(super) fn routes() -> Router<Deps> {
    Router::new()
        .route("/admin/organisations", get(list).post(add))
        .route("/admin/organisations/{id}/disabled", post(set_disabled))
}

async fn list(
    State(deps): State<Deps>,
    who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Organisations.roles())?;
    let notice = Notice::done(CATALOG.texts(who.lang), query.done.as_deref());
    show(&deps, &who, query.after, notice, Entered::default()).await
}

async fn add(
    State(deps): State<Deps>,
    who: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Organisations.roles())?;
    let now = deps.shell.now();
    let refused = match entered.read(OrganisationId::new(now, deps.shell.random())) {
        Err(text) => text,
        Ok(organisation) => {
            let event = Event::new("organisation.add", actor(&who), Outcome::Done, now)
                .subject(organisation.id.as_str());
            match deps.directory.organisations.add(organisation, event).await {
                Ok(true) => {
                    return Ok(web::see_other("/admin/organisations?done=organisation-added"));
                }
                Ok(false) => "refused-taken",
                Err(fault) => return Err(ErrorPage::fault(&deps.shell, who.lang, fault)),
            }
        }
    };
    let notice = Notice::refused(CATALOG.texts(who.lang), refused);
    show(&deps, &who, None, notice, entered).await
}

#[derive(Deserialize)]
struct Switch {
    disabled: bool,
}

async fn set_disabled(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(switch): Form<Switch>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::Organisations.roles())?;
    let id = OrganisationId::from_text(id);
    let now: Timestamp = deps.shell.now();
    let (act, done) = if switch.disabled {
        ("organisation.disable", "disabled")
    } else {
        ("organisation.enable", "enabled")
    };
    let event = Event::new(act, actor(&who), Outcome::Done, now).subject(id.as_str());
    let at = switch.disabled.then_some(now);
    match deps.directory.organisations.set_disabled(&id, at, event).await {
        Ok(true) => Ok(web::see_other(&format!("/admin/organisations?done={done}"))),
        Ok(false) => Err(ErrorPage::not_found(&deps.shell, who.lang)),
        Err(fault) => Err(ErrorPage::fault(&deps.shell, who.lang, fault)),
    }
}

async fn show(
    deps: &Deps,
    who: &SignedIn,
    after: Option<String>,
    notice: Option<Notice>,
    entered: Entered,
) -> Result<Response, ErrorPage> {
    let after = after.map(OrganisationId::from_text);
    let listed = deps.directory.organisations.list(after.as_ref(), PAGE_ROWS).await;
    let rows = listed.map_err(|fault| ErrorPage::fault(&deps.shell, who.lang, fault))?;
    let more = (rows.len() == PAGE_ROWS as usize)
        .then(|| rows.last().map(|row| row.id.to_string()))
        .flatten();
    let body = web::render(&Organisations {
        t: CATALOG.texts(who.lang),
        rows,
        more,
        form_field: web::form_field(&deps.shell, who),
        entered,
    });
    Ok(page(&deps.shell, who, Tab::Organisations, notice, &body))
}

/// The form of a new organisation, as typed.
#[derive(Default, Deserialize)]
struct Entered {
    name: String,
    credit_code: String,
    kind: String,
}

impl Entered {
    fn read(&self, id: OrganisationId) -> Result<Organisation, &'static str> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
            return Err("refused-name");
        }
        let code = self.credit_code.trim().to_ascii_uppercase();
        Ok(Organisation {
            id,
            name: name.to_owned(),
            credit_code: CreditCode::parse(&code).ok_or("refused-credit-code")?,
            kind: OrganisationKind::parse(&self.kind).ok_or("refused-kind")?,
            disabled_at: None,
        })
    }
}

#[derive(askama::Template)]
#[template(path = "pages/admin/organisations.html")]
struct Organisations {
    t: Texts,
    rows: Vec<Organisation>,
    more: Option<String>,
    form_field: String,
    entered: Entered,
}

/// Longest registered names stay below.
const MAX_NAME_CHARS: usize = 200;
