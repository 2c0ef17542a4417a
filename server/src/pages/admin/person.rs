//! `/admin/people/{id}`: one account; the system administrator disables it and sets its password,
//! the security administrator gives and withdraws its roles.

use auth_core::{
    Timestamp,
    audit::{Event, Outcome},
    directory::DirectoryError,
    id::{OrganisationId, PersonId},
    organisation::Organisation,
    person::PersonRow,
    role::{Role, RoleGrant},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use web::{ErrorPage, Form, SignedIn, Texts};
use zeroize::Zeroizing;

use super::{CATALOG, Deps, ListQuery, Notice, Tab, actor, admit, page};

pub(super) fn routes() -> Router<Deps> {
    Router::new()
        .route("/admin/people/{id}", get(open))
        .route("/admin/people/{id}/disabled", post(set_disabled))
        .route("/admin/people/{id}/password", post(set_password))
        .route("/admin/people/{id}/roles", post(grant))
        .route("/admin/people/{id}/roles/withdraw", post(withdraw))
}

async fn open(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::People.roles())?;
    let notice = Notice::done(CATALOG.texts(who.lang), query.done.as_deref());
    show(&deps, &who, &PersonId::from_text(id), notice).await
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
    admit(&deps, &who, &[Role::SystemAdministrator])?;
    let id = PersonId::from_text(id);
    if id == who.session.person {
        let t = CATALOG.texts(who.lang);
        return show(&deps, &who, &id, Notice::refused(t, "refused-self")).await;
    }
    let now = deps.shell.now();
    let (act, done) =
        if switch.disabled { ("person.disable", "disabled") } else { ("person.enable", "enabled") };
    let event = Event::new(act, actor(&who), Outcome::Done, now).subject(id.as_str());
    let at = switch.disabled.then_some(now);
    let people = &deps.directory.people;
    match people.set_disabled(&id, at, event).await {
        Ok(true) => Ok(back(&id, done)),
        Ok(false) => Err(ErrorPage::not_found(&deps.shell, who.lang)),
        Err(fault) => Err(ErrorPage::fault(&deps.shell, who.lang, fault)),
    }
}

#[derive(Deserialize)]
struct NewPassword {
    password: Zeroizing<String>,
}

async fn set_password(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(new): Form<NewPassword>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, &[Role::SystemAdministrator])?;
    let id = PersonId::from_text(id);
    let now = deps.shell.now();
    let answer = deps.directory.set_password(&id, new.password, true, actor(&who), now).await;
    finish(&deps, &who, &id, answer, "password-set").await
}

#[derive(Deserialize)]
struct RoleChosen {
    role: String,
    #[serde(default)]
    organisation: String,
}

impl RoleChosen {
    fn read(&self) -> Option<(Role, Option<OrganisationId>)> {
        let role = Role::parse(&self.role)?;
        let organisation = (role.needs_organisation() && !self.organisation.is_empty())
            .then(|| OrganisationId::from_text(self.organisation.as_str()));
        Some((role, organisation))
    }
}

async fn grant(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<RoleChosen>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, &[Role::SecurityAdministrator])?;
    let (role, organisation) =
        chosen.read().ok_or_else(|| ErrorPage::bad_request(&deps.shell, who.lang))?;
    let id = PersonId::from_text(id);
    let now = deps.shell.now();
    let grant =
        RoleGrant { person: id.clone(), role, organisation, valid_from: now, valid_until: None };
    let answer = if id == who.session.person {
        Err(DirectoryError::Unknown)
    } else {
        deps.directory.grant_role(grant, actor(&who), now).await
    };
    finish(&deps, &who, &id, answer, "granted").await
}

async fn withdraw(
    State(deps): State<Deps>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(chosen): Form<RoleChosen>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, &[Role::SecurityAdministrator])?;
    let (role, organisation) =
        chosen.read().ok_or_else(|| ErrorPage::bad_request(&deps.shell, who.lang))?;
    let id = PersonId::from_text(id);
    let now = deps.shell.now();
    let answer = if id == who.session.person {
        Err(DirectoryError::Unknown)
    } else {
        deps.directory.withdraw_role(&id, role, organisation.as_ref(), actor(&who), now).await
    };
    finish(&deps, &who, &id, answer, "withdrawn").await
}

/// Back to the person when done, the person with a sentence when refused.
async fn finish(
    deps: &Deps,
    who: &SignedIn,
    id: &PersonId,
    answer: Result<(), DirectoryError>,
    done: &str,
) -> Result<Response, ErrorPage> {
    match answer {
        Ok(()) => Ok(back(id, done)),
        Err(DirectoryError::Fault(fault)) => Err(ErrorPage::fault(&deps.shell, who.lang, fault)),
        Err(error) => {
            let text = if *id == who.session.person { "refused-self" } else { refusal(&error) };
            show(deps, who, id, Notice::refused(CATALOG.texts(who.lang), text)).await
        }
    }
}

/// The sentence for each refusal of the directory; faults have their own page.
pub(super) const fn refusal(error: &DirectoryError) -> &'static str {
    match error {
        DirectoryError::Conflict(_) => "refused-conflict",
        DirectoryError::Fault(_) | DirectoryError::Raced => "refused-raced",
        DirectoryError::OrganisationMismatch => "refused-organisation",
        DirectoryError::Taken => "refused-taken",
        DirectoryError::Unknown => "refused-unknown",
        DirectoryError::Weak(_) => "refused-weak",
    }
}

fn back(id: &PersonId, done: &str) -> Response {
    web::see_other(&format!("/admin/people/{id}?done={done}"))
}

async fn show(
    deps: &Deps,
    who: &SignedIn,
    id: &PersonId,
    notice: Option<Notice>,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let t = CATALOG.texts(who.lang);
    let row = deps.directory.people.find(id).await.map_err(fault)?;
    let row = row.ok_or_else(|| ErrorPage::not_found(&deps.shell, who.lang))?;
    let organisations =
        deps.directory.organisations.list(None, MAX_CHOICES).await.map_err(fault)?;
    let now = deps.shell.now();
    let roles = deps.directory.roles(id, now).await.map_err(fault)?;
    let posts = deps.directory.organisations.posts(id).await.map_err(fault)?;
    let mandates = deps.directory.mandates(id, now).await.map_err(fault)?;
    let organisation = |id: &OrganisationId| name_of(&organisations, id);
    let body = web::render(&Person {
        t,
        name: shown_name(deps, &row, t).await.map_err(fault)?,
        id: id.as_str(),
        username: row.username.as_str(),
        assurance: row.assurance.0,
        created_at: who.lang.time(row.created_at),
        disabled_at: row.disabled_at.map(|at: Timestamp| who.lang.time(at)),
        roles: roles.iter().map(|grant| HeldRole::new(t, grant, organisation)).collect(),
        posts: posts
            .iter()
            .map(|post| {
                let place = organisation(&post.organisation);
                format!("{place} · {} · {}", post.department, post.title)
            })
            .collect(),
        mandates: mandates.iter().map(|mandate| organisation(&mandate.principal)).collect(),
        all_roles: Role::ALL.map(|role| (role.as_str(), role_name(t, role))).to_vec(),
        organisations: organisations
            .iter()
            .filter(|organisation| organisation.disabled_at.is_none())
            .map(|organisation| (organisation.id.to_string(), organisation.name.clone()))
            .collect(),
        system: who.session.has(Role::SystemAdministrator),
        security: who.session.has(Role::SecurityAdministrator),
        myself: *id == who.session.person,
        form_field: web::form_field(&deps.shell, who),
    });
    Ok(page(&deps.shell, who, Tab::People, notice, &body))
}

async fn shown_name(deps: &Deps, row: &PersonRow, t: Texts) -> Result<String, auth_core::Fault> {
    match deps.directory.profile(row).await? {
        Some(profile) => Ok(profile.name.clone()),
        None => Ok(t.t("person-erased")),
    }
}

fn role_name(t: Texts, role: Role) -> String {
    t.t(&format!("role-{}", role.as_str()))
}

fn name_of(organisations: &[Organisation], id: &OrganisationId) -> String {
    let found = organisations.iter().find(|organisation| organisation.id == *id);
    found.map_or_else(|| id.to_string(), |organisation| organisation.name.clone())
}

struct HeldRole {
    role: &'static str,
    name: String,
    organisation_id: String,
    organisation: Option<String>,
}

impl HeldRole {
    fn new(t: Texts, grant: &RoleGrant, name: impl Fn(&OrganisationId) -> String) -> Self {
        Self {
            role: grant.role.as_str(),
            name: role_name(t, grant.role),
            organisation_id: grant
                .organisation
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            organisation: grant.organisation.as_ref().map(name),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "pages/admin/person.html")]
struct Person<'a> {
    t: Texts,
    name: String,
    id: &'a str,
    username: &'a str,
    assurance: u8,
    created_at: String,
    disabled_at: Option<String>,
    roles: Vec<HeldRole>,
    posts: Vec<String>,
    mandates: Vec<String>,
    all_roles: Vec<(&'static str, String)>,
    organisations: Vec<(String, String)>,
    system: bool,
    security: bool,
    myself: bool,
    form_field: String,
}

/// A county has some hundred bodies; a longer choice would need a search.
const MAX_CHOICES: u32 = 1000;
