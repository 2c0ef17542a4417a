//! `yinxin seal …` and `yinxin sign`

use std::path::PathBuf;

use anyhow::{Context, Result};
use auth_core::{
    Timestamp,
    id::{ClientId, SealId},
    organisation::CreditCode,
};
use esign::{
    flow::{
        Format, NewSeal, SealUse, change_seal, give_right, make_seal, seal_document, withdraw_right,
    },
    request::Place,
    seal::{ClientRight, Seal, SealState},
};
use serde_json::json;

use super::{
    args::{SealCommand, SignArgs, Verb},
    kernel, operator,
    output::{self, Usage},
};
use crate::{app::App, kernel::Kernel};

/// Runs an act on seals.
pub async fn run(verb: Verb<SealCommand>) -> Result<()> {
    let app = App::open(kernel(&verb.config).await?).await?;
    let now = app.kernel.clock.now();
    let json = verb.config.json;
    match verb.act {
        SealCommand::Make { org, number, purpose } => {
            let organisation = organisation(&app.kernel, &org).await?;
            let new = NewSeal { organisation, purpose, number, diameter_mm: DIAMETER_MM };
            let seal = make_seal(&app.office, new, operator(), now).await?;
            output::result(json, &json!({ "id": seal.id }));
        }
        SealCommand::List => list(&app, json).await?,
        SealCommand::Suspend { id } => change(&app, &id, SealState::Suspended, now).await?,
        SealCommand::Resume { id } => change(&app, &id, SealState::Active, now).await?,
        SealCommand::Destroy { id } => change(&app, &id, SealState::Destroyed, now).await?,
        SealCommand::Revoke { id } => change(&app, &id, SealState::Revoked, now).await?,
        SealCommand::Allow { id, client } => {
            let right = ClientRight {
                client: ClientId::from_text(client),
                seal: SealId::from_text(id),
                valid_from: now,
                valid_until: None,
            };
            give_right(&app.office, right, operator(), now).await?;
        }
        SealCommand::Disallow { id, client } => {
            let (seal, client) = (SealId::from_text(id), ClientId::from_text(client));
            withdraw_right(&app.office, &seal, &client, operator(), now).await?;
        }
    }
    app.close().await;
    Ok(())
}

/// Seals a file.
pub async fn sign(args: SignArgs) -> Result<()> {
    let document = std::fs::read(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let app = App::open(kernel(&args.config).await?).await?;
    let act = SealUse {
        seal: SealId::from_text(args.seal.clone()),
        document,
        format: None,
        place: Place::default(),
        reason: None,
        purpose: "command line".to_owned(),
        actor: operator(),
        now: app.kernel.clock.now(),
    };
    let sealed = seal_document(&app.office, act).await?;
    let out = args.out.unwrap_or_else(|| default_name(&args.file, sealed.format));
    anyhow::ensure!(!out.exists(), Usage(format!("{} exists already", out.display())));
    std::fs::write(&out, &sealed.file)
        .with_context(|| format!("cannot write {}", out.display()))?;
    app.close().await;
    let written = out.display().to_string();
    output::result(args.config.json, &json!({ "file": written, "bytes": sealed.file.len() }));
    Ok(())
}

async fn list(app: &App, json: bool) -> Result<()> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = app.office.list(None, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        rows.extend(page.iter().map(shown));
    }
    output::list(json, &["id", "organisation", "purpose", "number", "state", "valid_until"], &rows);
    Ok(())
}

fn shown(seal: &Seal) -> serde_json::Value {
    json!({
        "id": seal.id,
        "organisation": seal.face.organisation,
        "purpose": seal.face.purpose,
        "number": seal.face.number,
        "state": seal.state.as_str(),
        "valid_until": seal.valid_until.rfc3339(),
    })
}

async fn change(app: &App, id: &str, to: SealState, now: Timestamp) -> Result<()> {
    let id = SealId::from_text(id);
    change_seal(&app.office, &id, to, "cessation-of-operation", operator(), now).await?;
    Ok(())
}

async fn organisation(
    kernel: &Kernel,
    code: &str,
) -> Result<auth_core::organisation::Organisation> {
    let parsed = CreditCode::parse(code)
        .ok_or_else(|| Usage(format!("{code}: not a unified social credit code")))?;
    let found = kernel.directory.organisations.by_credit_code(&parsed).await?;
    found.with_context(|| format!("no organisation has the code {code}; see `yinxin org list`"))
}

fn default_name(file: &std::path::Path, format: Format) -> PathBuf {
    if format == Format::Pdf {
        return file.with_extension("sealed.pdf");
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".p7s");
    name.into()
}

/// Seals of county bodies are 42 mm across (国发〔1999〕25号).
const DIAMETER_MM: f32 = 42.0;
const PAGE: u32 = 500;
