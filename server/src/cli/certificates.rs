//! `yinxin cert …` and `yinxin credential …`

use anyhow::{Context, Result};
use auth_core::{
    id::{CaId, CredentialId},
    organisation::CreditCode,
};
use credential::Authority;
use pki::{ca::By, cert::Serial, crl::RevocationReason};
use serde_json::json;

use super::{
    args::{CertCommand, CredentialCommand, Verb},
    kernel, operator,
    output::{self, Usage},
};
use crate::app::App;

/// Runs an act on X.509 certificates.
pub async fn certs(verb: Verb<CertCommand>) -> Result<()> {
    let app = App::open(kernel(&verb.config).await?).await?;
    match verb.act {
        CertCommand::List => list(&app, verb.config.json).await?,
        CertCommand::Anchors => output::text(&app.registry.trust.to_pem()),
        CertCommand::Revoke { serial, ca } => {
            let number = Serial::from_hex(&serial)
                .ok_or_else(|| Usage(format!("{serial}: a serial number is 32 hex digits")))?;
            let by = By { actor: operator(), now: app.kernel.clock.now() };
            let reason = RevocationReason::CessationOfOperation;
            let done = app.authority.revoke(&CaId::from_text(ca), number, reason, &by).await?;
            output::result(verb.config.json, &json!({ "outcome": format!("{done:?}") }));
        }
    }
    app.close().await;
    Ok(())
}

/// Runs an act on electronic certificates.
pub async fn credentials(verb: Verb<CredentialCommand>) -> Result<()> {
    let app = App::open(kernel(&verb.config).await?).await?;
    let now = app.kernel.clock.now();
    match verb.act {
        CredentialCommand::List { org } => issued(&app, &org, verb.config.json).await?,
        CredentialCommand::Revoke { id } => {
            let auth_core::audit::Actor::Cli(uid) = operator() else { return Ok(()) };
            let by = Authority::Operator(uid);
            app.registry.revoke(&CredentialId::from_text(id), &by, now).await?;
        }
        CredentialCommand::Snapshot => output::text(&app.registry.snapshot_file(now).await?),
    }
    app.close().await;
    Ok(())
}

async fn list(app: &App, json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for authority in app.authority.authorities().await? {
        let mut after = None;
        loop {
            let page = app.authority.certificates(&authority.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.serial);
            rows.extend(page.iter().map(|row| {
                json!({
                    "ca": authority.id,
                    "serial": row.serial.to_hex(),
                    "profile": row.profile,
                    "subject": row.subject,
                    "not_after": row.not_after.rfc3339(),
                    "revoked_at": row.revoked.map(|(at, _)| at.rfc3339()),
                })
            }));
        }
    }
    let columns = ["ca", "serial", "profile", "not_after", "revoked_at", "subject"];
    output::list(json, &columns, &rows);
    Ok(())
}

async fn issued(app: &App, org: &str, json: bool) -> Result<()> {
    let code = CreditCode::parse(org)
        .ok_or_else(|| Usage(format!("{org}: not a unified social credit code")))?;
    let found = app.kernel.directory.organisations.by_credit_code(&code).await?;
    let organisation = found.with_context(|| format!("no organisation has the code {org}"))?;
    let mut rows = Vec::new();
    let mut before = None;
    loop {
        let credentials = &app.registry.credentials;
        let page = credentials.of_organisation(&organisation.id, before.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        rows.extend(page.iter().map(
            |row| json!({ "id": row.id, "status": format!("{:?}", row.status), "type": row.kind }),
        ));
    }
    output::list(json, &["id", "type", "status"], &rows);
    Ok(())
}

const PAGE: u32 = 500;
