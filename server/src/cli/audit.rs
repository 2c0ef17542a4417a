//! `yinxin audit …`

use std::process::ExitCode;

use anyhow::{Context, Result};
use auth_core::{
    Timestamp,
    audit::{Record, verify},
};
use serde_json::{Value, json};

use super::{
    args::{AuditCommand, Verb},
    kernel, output,
};
use crate::{app, kernel::Kernel};

/// Runs an act on the audit log.
pub async fn run(verb: Verb<AuditCommand>) -> Result<ExitCode> {
    let kernel = kernel(&verb.config).await?;
    let code = match verb.act {
        AuditCommand::Verify { checkpoint } => {
            let outside = match checkpoint {
                Some(file) => vec![
                    std::fs::read_to_string(&file)
                        .with_context(|| format!("cannot read {}", file.display()))?,
                ],
                None => Vec::new(),
            };
            prove(&kernel, &outside, verb.config.json).await?
        }
        AuditCommand::Export => export(&kernel).await?,
        AuditCommand::Checkpoint => {
            app::audit::sealer(&kernel).await?.seal().await?;
            let kept = kernel.stores.log.checkpoint().await?.context("the log is empty")?;
            output::text(&kept.note);
            ExitCode::SUCCESS
        }
    };
    kernel.stores.close().await;
    Ok(code)
}

async fn prove(kernel: &Kernel, outside: &[String], json: bool) -> Result<ExitCode> {
    let sealer = app::audit::sealer(kernel).await?;
    let found = verify(&*kernel.stores.log, sealer.origin(), sealer.keys(), outside).await?;
    let findings: Vec<_> = found.tampering.iter().map(ToString::to_string).collect();
    output::result(
        json,
        &json!({
            "untouched": found.is_untouched(),
            "sealed": found.head.size,
            "unsealed": found.unsealed,
            "checkpoints": found.checkpoints,
            "findings": findings,
            "uncounted": found.uncounted,
        }),
    );
    Ok(if found.is_untouched() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Every record as a JSON line, oldest first: sealed ones, then the tail.
async fn export(kernel: &Kernel) -> Result<ExitCode> {
    let log = &kernel.stores.log;
    let mut after = None;
    loop {
        let page = log.sealed(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.index.unwrap_or(i64::MAX), last.row));
        page.iter().for_each(|record| output::line(line(record).to_string()));
    }
    let mut after = None;
    loop {
        let page = log.unsealed(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
        after = Some(last.row);
        page.iter().for_each(|record| output::line(line(record).to_string()));
    }
}

fn line(record: &Record) -> Value {
    json!({
        "index": record.index,
        "at": Timestamp(record.at).rfc3339(),
        "act": record.act,
        "actor": record.actor,
        "subject": record.subject,
        "outcome": record.outcome,
        "error_id": record.error_id,
        "detail": record.detail_json(),
        "entry": hex::encode(&record.entry_hash),
    })
}

const PAGE: u32 = 1000;
