//! `yinxin user …`

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, Result};
use auth_core::{
    Timestamp,
    audit::{Event, Outcome},
    directory::NewPerson,
    id::OrganisationId,
    organisation::CreditCode,
    person::{PersonRow, Profile, Username},
    role::{Role, RoleGrant},
    session::Assurance,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    args::{UserCommand, Verb},
    kernel, operator,
    output::{self, Usage},
};
use crate::kernel::Kernel;

/// Runs an act on people.
pub async fn run(verb: Verb<UserCommand>) -> Result<()> {
    let kernel = kernel(&verb.config).await?;
    let json = verb.config.json;
    match verb.act {
        UserCommand::Add { username, name, id_number, phone, assurance, no_change } => {
            let profile = Profile { name, id_number, phone, address: None };
            let id =
                register(&kernel, &username, profile, Assurance(assurance), !no_change).await?;
            output::result(json, &json!({ "id": id }));
        }
        UserCommand::Enrol { username, name } => enrol(&kernel, &username, name, json).await?,
        UserCommand::List => list(&kernel, json).await?,
        UserCommand::Disable { username } => disable(&kernel, &username, true).await?,
        UserCommand::Enable { username } => disable(&kernel, &username, false).await?,
        UserCommand::Password { username } => {
            let row = find(&kernel, &username).await?;
            let password = read_password()?;
            let now = kernel.clock.now();
            kernel.directory.set_password(&row.id, password, true, operator(), now).await?;
        }
        UserCommand::Grant { username, role, org } => {
            grant(&kernel, &username, &role, org.as_deref()).await?;
        }
        UserCommand::Withdraw { username, role, org } => {
            let row = find(&kernel, &username).await?;
            let organisation = organisation(&kernel, org.as_deref()).await?;
            let (role, now) = (parse_role(&role)?, kernel.clock.now());
            let place = organisation.as_ref();
            kernel.directory.withdraw_role(&row.id, role, place, operator(), now).await?;
        }
        UserCommand::Erase { username } => {
            let row = find(&kernel, &username).await?;
            let now = kernel.clock.now();
            let event =
                Event::new("person.erase", operator(), Outcome::Done, now).subject(row.id.as_str());
            kernel.directory.people.erase(&row.id, now, event).await?;
        }
    }
    kernel.stores.close().await;
    Ok(())
}

async fn register(
    kernel: &Kernel,
    username: &str,
    profile: Profile,
    assurance: Assurance,
    must_change_password: bool,
) -> Result<String> {
    let new = NewPerson {
        username: parse_username(username)?,
        profile,
        assurance,
        password: Some(read_password()?),
        must_change_password,
    };
    let id = kernel.directory.register(new, operator(), kernel.clock.now()).await?;
    Ok(id.to_string())
}

/// The first administrator: refused once anybody is registered, so that nobody gets in this way
/// later.
async fn enrol(kernel: &Kernel, username: &str, name: String, json: bool) -> Result<()> {
    if !kernel.directory.people.list(None, 1).await?.is_empty() {
        let text = "people are registered already; a security administrator grants roles";
        anyhow::bail!(Usage(text.to_owned()));
    }
    let profile = Profile { name, id_number: None, phone: None, address: None };
    let id = register(kernel, username, profile, Assurance(2), false).await?;
    let role = Role::SecurityAdministrator.as_str();
    grant(kernel, username, role, None).await?;
    output::result(json, &json!({ "id": id, "role": role }));
    Ok(())
}

async fn list(kernel: &Kernel, json: bool) -> Result<()> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = kernel.directory.people.list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for row in page {
            rows.push(shown(kernel, &row).await?);
        }
    }
    output::list(json, &["username", "name", "roles", "disabled_at"], &rows);
    Ok(())
}

async fn shown(kernel: &Kernel, row: &PersonRow) -> Result<Value> {
    let profile = kernel.directory.profile(row).await?;
    let roles = kernel.directory.roles(&row.id, kernel.clock.now()).await?;
    let roles: Vec<_> = roles.iter().map(|grant| grant.role.as_str()).collect();
    Ok(json!({
        "id": row.id,
        "username": row.username,
        "name": profile.map(|profile| profile.name.clone()),
        "assurance": row.assurance,
        "roles": roles,
        "disabled_at": row.disabled_at.map(Timestamp::rfc3339),
    }))
}

async fn disable(kernel: &Kernel, username: &str, disable: bool) -> Result<()> {
    let row = find(kernel, username).await?;
    let now = kernel.clock.now();
    let act = if disable { "person.disable" } else { "person.enable" };
    let event = Event::new(act, operator(), Outcome::Done, now).subject(row.id.as_str());
    kernel.directory.people.set_disabled(&row.id, disable.then_some(now), event).await?;
    Ok(())
}

async fn grant(kernel: &Kernel, username: &str, role: &str, org: Option<&str>) -> Result<()> {
    let row = find(kernel, username).await?;
    let now = kernel.clock.now();
    let grant = RoleGrant {
        person: row.id,
        role: parse_role(role)?,
        organisation: organisation(kernel, org).await?,
        valid_from: now,
        valid_until: None,
    };
    kernel.directory.grant_role(grant, operator(), now).await?;
    Ok(())
}

async fn find(kernel: &Kernel, username: &str) -> Result<PersonRow> {
    let name = parse_username(username)?;
    let row = kernel.directory.people.by_username(&name).await?;
    row.with_context(|| format!("nobody is called {username}; see `yinxin user list`"))
}

async fn organisation(kernel: &Kernel, code: Option<&str>) -> Result<Option<OrganisationId>> {
    let Some(code) = code else { return Ok(None) };
    let unknown = || format!("no organisation has the credit code {code}; see `yinxin org list`");
    let parsed = CreditCode::parse(code).with_context(unknown)?;
    let found = kernel.directory.organisations.by_credit_code(&parsed).await?;
    Ok(Some(found.with_context(unknown)?.id))
}

fn parse_username(username: &str) -> Result<Username> {
    let help = "a user name has 2 to 64 letters, digits, '.', '_', '-' or '@', of one script";
    Username::parse(username).ok_or_else(|| Usage(format!("{username:?}: {help}")).into())
}

fn parse_role(role: &str) -> Result<Role> {
    let known = Role::ALL.map(Role::as_str).join(", ");
    Role::parse(role).ok_or_else(|| Usage(format!("{role:?} is no role; there are {known}")).into())
}

/// A password from the terminal without echo, else the first line of standard input.
fn read_password() -> Result<Zeroizing<String>> {
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password("Password: ")?));
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

const PAGE: u32 = 500;
