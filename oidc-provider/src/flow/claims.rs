//! Claims about a person, by scope. Identity numbers are in no token and no answer.

use auth_core::{Fault, Timestamp, id::PersonId, person::PersonRow};
use serde_json::{Map, Value, json};

use crate::{
    deps::App,
    scope::{self, Scopes},
};

/// Claims that may stand in an ID token. Less than userinfo gives: ID tokens travel as hints in
/// the query of URLs, so telephone numbers and posts stay out of them.
pub(crate) async fn for_id_token(
    app: &App,
    person: &PersonId,
    scopes: &Scopes,
) -> Result<Map<String, Value>, Fault> {
    let mut claims = Map::new();
    if scopes.has(scope::PROFILE) {
        let row = row(app, person).await?;
        profile(app, &row, false, &mut claims).await?;
    }
    Ok(claims)
}

/// Claims for the userinfo endpoint (Core §5.3).
pub(crate) async fn for_userinfo(
    app: &App,
    person: &PersonId,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<Map<String, Value>, Fault> {
    let mut claims = Map::new();
    let row = row(app, person).await?;
    if scopes.has(scope::PROFILE) || scopes.has(scope::PHONE) {
        let phone = scopes.has(scope::PHONE);
        let mut known = Map::new();
        profile(app, &row, phone, &mut known).await?;
        if !scopes.has(scope::PROFILE) {
            known.retain(|name, _| name.starts_with("phone"));
        }
        claims.extend(known);
    }
    if scopes.has(scope::ORG) {
        claims.insert("posts".to_owned(), posts(app, person, now).await?);
        claims.insert("acting_for".to_owned(), acting_for(app, person, now).await?);
    }
    Ok(claims)
}

/// Every claim name that may appear, for `claims_supported`.
pub(crate) const SUPPORTED: [&str; 17] = [
    "acr",
    "acting_for",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "exp",
    "iat",
    "iss",
    "name",
    "nonce",
    "phone_number",
    "phone_number_verified",
    "posts",
    "preferred_username",
    "sid",
    "sub",
];

async fn row(app: &App, person: &PersonId) -> Result<PersonRow, Fault> {
    app.directory.people.find(person).await?.ok_or(Fault::Corrupt)
}

async fn profile(
    app: &App,
    row: &PersonRow,
    with_phone: bool,
    claims: &mut Map<String, Value>,
) -> Result<(), Fault> {
    let Some(profile) = app.directory.profile(row).await? else { return Ok(()) };
    claims.insert("name".to_owned(), json!(profile.name));
    claims.insert("preferred_username".to_owned(), json!(row.username.as_str()));
    if let Some(phone) = profile.phone.as_ref().filter(|_| with_phone) {
        claims.insert("phone_number".to_owned(), json!(phone));
        // Given by a clerk or the person; nothing here has called it.
        claims.insert("phone_number_verified".to_owned(), json!(false));
    }
    Ok(())
}

/// Posts (岗位) held now.
async fn posts(app: &App, person: &PersonId, now: Timestamp) -> Result<Value, Fault> {
    let mut held = Vec::new();
    for post in app.directory.organisations.posts(person).await? {
        if now < post.valid_from || post.valid_until.is_some_and(|until| until <= now) {
            continue;
        }
        let Some(organisation) = app.directory.organisations.find(&post.organisation).await? else {
            continue;
        };
        if organisation.disabled_at.is_none() {
            held.push(json!({
                "org_code": organisation.credit_code.as_str(),
                "org_name": organisation.name,
                "dept_path": post.department,
                "title": post.title,
            }));
        }
    }
    Ok(Value::Array(held))
}

/// Legal persons and bodies the person may act for (经办) now, by mandates whose MACs hold.
async fn acting_for(app: &App, person: &PersonId, now: Timestamp) -> Result<Value, Fault> {
    let mut held = Vec::new();
    for mandate in app.directory.mandates(person, now).await? {
        let Some(organisation) = app.directory.organisations.find(&mandate.principal).await? else {
            continue;
        };
        if organisation.disabled_at.is_none() {
            held.push(json!({
                "org_code": organisation.credit_code.as_str(),
                "org_name": organisation.name,
                "matter": mandate.scope,
            }));
        }
    }
    Ok(Value::Array(held))
}
