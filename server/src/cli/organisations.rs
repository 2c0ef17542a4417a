//! `yinxin org …`

use anyhow::{Context, Result, bail};
use auth_core::{
    Timestamp,
    audit::{Event, Outcome},
    id::OrganisationId,
    organisation::{CreditCode, Organisation, OrganisationKind},
};
use serde_json::json;

use super::{
    args::{OrgCommand, Verb},
    kernel, operator,
    output::{self, Usage},
};
use crate::kernel::Kernel;

/// Runs an act on organisations.
pub async fn run(verb: Verb<OrgCommand>) -> Result<()> {
    let kernel = kernel(&verb.config).await?;
    match verb.act {
        OrgCommand::Add { name, credit_code, legal_person } => {
            let kind = if legal_person {
                OrganisationKind::LegalPerson
            } else {
                OrganisationKind::PublicBody
            };
            let id = add(&kernel, name, &credit_code, kind).await?;
            output::result(verb.config.json, &json!({ "id": id }));
        }
        OrgCommand::List => list(&kernel, verb.config.json).await?,
        OrgCommand::Disable { credit_code } => disable(&kernel, &credit_code, true).await?,
        OrgCommand::Enable { credit_code } => disable(&kernel, &credit_code, false).await?,
    }
    kernel.stores.close().await;
    Ok(())
}

async fn add(
    kernel: &Kernel,
    name: String,
    credit_code: &str,
    kind: OrganisationKind,
) -> Result<OrganisationId> {
    let now = kernel.clock.now();
    let id = OrganisationId::new(now, &*kernel.random);
    let credit_code = parse(credit_code)?;
    let event = Event::new("organisation.add", operator(), Outcome::Done, now).subject(id.as_str());
    let organisation = Organisation { id: id.clone(), name, credit_code, kind, disabled_at: None };
    if kernel.directory.organisations.add(organisation, event).await? {
        Ok(id)
    } else {
        bail!("an organisation with this credit code is there already")
    }
}

async fn list(kernel: &Kernel, json: bool) -> Result<()> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = kernel.directory.organisations.list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        rows.extend(page.iter().map(|organisation| {
            json!({
                "id": organisation.id,
                "name": organisation.name,
                "credit_code": organisation.credit_code,
                "kind": organisation.kind,
                "disabled_at": organisation.disabled_at.map(Timestamp::rfc3339),
            })
        }));
    }
    output::list(json, &["credit_code", "name", "kind", "disabled_at"], &rows);
    Ok(())
}

async fn disable(kernel: &Kernel, credit_code: &str, disable: bool) -> Result<()> {
    let code = parse(credit_code)?;
    let found = kernel.directory.organisations.by_credit_code(&code).await?;
    let organisation =
        found.with_context(|| format!("no organisation has the code {credit_code}"))?;
    let now = kernel.clock.now();
    let act = if disable { "organisation.disable" } else { "organisation.enable" };
    let event = Event::new(act, operator(), Outcome::Done, now).subject(organisation.id.as_str());
    let at = disable.then_some(now);
    kernel.directory.organisations.set_disabled(&organisation.id, at, event).await?;
    Ok(())
}

fn parse(code: &str) -> Result<CreditCode> {
    let help = "not a unified social credit code: 18 characters, the last one a check character";
    CreditCode::parse(code).ok_or_else(|| Usage(format!("{code}: {help}")).into())
}

const PAGE: u32 = 500;
