//! `/admin/people`: the list, and registering a person.

use auth_core::{
    directory::{DirectoryError, NewPerson},
    id::PersonId,
    person::{Profile, Username},
    role::Role,
    session::Assurance,
};
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use web::{ErrorPage, Form, SignedIn, Texts};
use zeroize::Zeroizing;

use super::{CATALOG, Deps, ListQuery, Notice, PAGE_ROWS, Tab, actor, admit, page};

pub(super) fn routes() -> Router<Deps> {
    Router::new().route("/admin/people", get(list).post(add))
}

async fn list(
    State(deps): State<Deps>,
    who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, Tab::People.roles())?;
    let t = CATALOG.texts(who.lang);
    let notice = Notice::done(t, query.done.as_deref());
    show(&deps, &who, query.after, notice, Entered::default()).await
}

async fn add(
    State(deps): State<Deps>,
    who: SignedIn,
    Form(entered): Form<Entered>,
) -> Result<Response, ErrorPage> {
    admit(&deps, &who, &[Role::SystemAdministrator])?;
    let t = CATALOG.texts(who.lang);
    let refused = match entered.read() {
        Err(text) => text,
        Ok(new) => match deps.directory.register(new, actor(&who), deps.shell.now()).await {
            Ok(id) => {
                return Ok(web::see_other(&format!("/admin/people/{id}?done=person-added")));
            }
            Err(DirectoryError::Fault(fault)) => {
                return Err(ErrorPage::fault(&deps.shell, who.lang, fault));
            }
            Err(error) => super::person::refusal(&error),
        },
    };
    show(&deps, &who, None, Notice::refused(t, refused), entered).await
}

async fn show(
    deps: &Deps,
    who: &SignedIn,
    after: Option<String>,
    notice: Option<Notice>,
    entered: Entered,
) -> Result<Response, ErrorPage> {
    let fault = |fault| ErrorPage::fault(&deps.shell, who.lang, fault);
    let t = CATALOG.texts(who.lang);
    let after = after.map(PersonId::from_text);
    let people = deps.directory.people.list(after.as_ref(), PAGE_ROWS).await.map_err(fault)?;
    let more = (people.len() == PAGE_ROWS as usize)
        .then(|| people.last().map(|row| row.id.to_string()))
        .flatten();
    let now = deps.shell.now();
    let mut rows = Vec::with_capacity(people.len());
    for row in &people {
        // A row that somebody edited must not hide the others from those who have to repair it.
        let name = match deps.directory.profile(row).await {
            Ok(Some(profile)) => profile.name.clone(),
            Ok(None) => t.t("person-erased"),
            Err(auth_core::Fault::Corrupt) => t.t("person-corrupt"),
            Err(other) => return Err(fault(other)),
        };
        let roles = match deps.directory.roles(&row.id, now).await {
            Ok(roles) => {
                roles.iter().map(|grant| t.t(&format!("role-{}", grant.role.as_str()))).collect()
            }
            Err(auth_core::Fault::Corrupt) => vec![t.t("person-corrupt")],
            Err(other) => return Err(fault(other)),
        };
        rows.push(Row {
            id: row.id.to_string(),
            username: row.username.as_str().to_owned(),
            name,
            assurance: row.assurance.0,
            roles,
            disabled: row.disabled_at.is_some(),
        });
    }
    let body = web::render(&People {
        t,
        rows,
        more,
        may_add: who.session.has(Role::SystemAdministrator),
        form_field: web::form_field(&deps.shell, who),
        entered,
    });
    Ok(page(&deps.shell, who, Tab::People, notice, &body).into_response())
}

/// The form of a new person, as typed.
#[derive(Default, Deserialize)]
struct Entered {
    username: String,
    name: String,
    id_number: String,
    phone: String,
    assurance: String,
    password: Zeroizing<String>,
}

impl Entered {
    /// The person meant, or the text that says what is wrong.
    fn read(&self) -> Result<NewPerson, &'static str> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let username = Username::parse(&self.username).ok_or("refused-username")?;
        let name = filled(&self.name).filter(|name| name.chars().count() <= MAX_NAME_CHARS);
        let assurance = self.assurance.parse().ok().filter(|level| (1..=4).contains(level));
        Ok(NewPerson {
            username,
            profile: Profile {
                name: name.ok_or("refused-name")?,
                id_number: filled(&self.id_number),
                phone: filled(&self.phone),
                address: None,
            },
            assurance: Assurance(assurance.ok_or("refused-assurance")?),
            password: Some(self.password.clone()),
            must_change_password: true,
        })
    }
}

struct Row {
    id: String,
    username: String,
    name: String,
    assurance: u8,
    roles: Vec<String>,
    disabled: bool,
}

#[derive(askama::Template)]
#[template(path = "pages/admin/people.html")]
struct People {
    t: Texts,
    rows: Vec<Row>,
    more: Option<String>,
    may_add: bool,
    form_field: String,
    entered: Entered,
}

/// Longer than the longest names of GB 18030 in use.
const MAX_NAME_CHARS: usize = 100;
