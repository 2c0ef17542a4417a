//! `yinxin doctor`: looks at everything an operator can get wrong and says what to do.

use std::{os::unix::fs::PermissionsExt, path::Path, process::ExitCode};

use anyhow::Result;
use auth_core::{Timestamp, audit::verify};
use serde_json::json;

use super::{args::ConfigArgs, output};
use crate::{
    app,
    config::{self, Config, KeystoreConfig},
    kernel::Kernel,
};

/// Checks the installation; exit code 1 when something needs to be done.
pub async fn run(args: ConfigArgs) -> Result<ExitCode> {
    let config = config::load(&args.config)?;
    let mut report = Report::default();
    permissions(&mut report, &args.config, &config);
    let kernel = Kernel::open(config).await?;
    database(&mut report, &kernel).await?;
    clock(&mut report, &kernel).await?;
    keystore(&mut report, &kernel).await?;
    rows(&mut report, &kernel).await?;
    audit_log(&mut report, &kernel).await?;
    kernel.stores.close().await;
    Ok(report.print(args.json))
}

#[derive(Default)]
struct Report(Vec<Finding>);

struct Finding {
    name: String,
    value: String,
    remedy: Option<String>,
}

impl Report {
    fn good(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push(Finding { name: name.into(), value: value.into(), remedy: None });
    }

    fn bad(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let remedy = Some(remedy.into());
        self.0.push(Finding { name: name.into(), value: value.into(), remedy });
    }

    fn print(self, json: bool) -> ExitCode {
        let healthy = self.0.iter().all(|finding| finding.remedy.is_none());
        if json {
            let findings: Vec<_> = self
                .0
                .iter()
                .map(|f| json!({ "name": f.name, "value": f.value, "remedy": f.remedy }))
                .collect();
            output::line(json!({ "healthy": healthy, "findings": findings }).to_string());
        } else {
            for finding in &self.0 {
                let mark = if finding.remedy.is_none() { "ok " } else { "BAD" };
                output::line(format!("{mark} {}: {}", finding.name, finding.value));
                if let Some(remedy) = &finding.remedy {
                    output::line(format!("    -> {remedy}"));
                }
            }
        }
        if healthy { ExitCode::SUCCESS } else { ExitCode::from(1) }
    }
}

fn permissions(report: &mut Report, file: &Path, config: &Config) {
    let mut paths = vec![file.to_owned()];
    if let KeystoreConfig::HsmSim { directory, .. } = &config.keystore {
        paths.push(directory.clone());
    }
    if let Some(tls) = &config.tls {
        paths.push(tls.key.clone());
    }
    for path in paths {
        let name = format!("permissions of {}", path.display());
        match std::fs::metadata(&path).map(|found| found.permissions().mode() & 0o777) {
            Ok(mode) if mode & 0o077 == 0 => report.good(name, format!("{mode:o}")),
            Ok(mode) => {
                let remedy = format!("others can read it: chmod go= {}", path.display());
                report.bad(name, format!("{mode:o}"), remedy);
            }
            Err(error) => report.bad(name, error.to_string(), "check the path"),
        }
    }
}

async fn database(report: &mut Report, kernel: &Kernel) -> Result<()> {
    let findings = kernel.stores.check().await?;
    for finding in findings.into_iter().chain(kernel.cache.check().await) {
        match finding.remedy {
            None => report.good(finding.name, finding.value),
            Some(remedy) => report.bad(finding.name, finding.value, remedy),
        }
    }
    Ok(())
}

/// The clock must not stand before the newest record: time that ran backwards would revive what
/// has expired.
async fn clock(report: &mut Report, kernel: &Kernel) -> Result<()> {
    let now = kernel.clock.now();
    let newest = kernel.stores.log.search(&auth_core::audit::Search::default(), None, 1).await?;
    match newest.first() {
        Some(record) if now < Timestamp(record.at).plus_seconds(-CLOCK_SLACK_SECONDS) => {
            let value = format!("{} is before {}", now.rfc3339(), Timestamp(record.at).rfc3339());
            report.bad("clock", value, "the clock went back: set it, and run a time daemon");
        }
        _ => report.good("clock", now.rfc3339()),
    }
    Ok(())
}

async fn keystore(report: &mut Report, kernel: &Kernel) -> Result<()> {
    report.good("keystore", kernel.keystore.capabilities().name.clone());
    for (key, kind) in kernel.keystore.list().await? {
        report.good(format!("key {key}"), format!("{kind:?}"));
    }
    Ok(())
}

/// Rows with MACs and encrypted columns: each one that was edited behind the program's back.
async fn rows(report: &mut Report, kernel: &Kernel) -> Result<()> {
    let mut edited = kernel.directory.check().await?;
    let authority = app::authority::open(kernel).await?;
    edited.extend(esign::flow::check(&app::seals::office(kernel, &authority)).await?);
    if edited.is_empty() {
        report.good("stored rows", "every MAC and ciphertext is intact");
    }
    for row in edited {
        let remedy = "it was edited behind the program's back: restore it from a backup, or \
                      withdraw and grant anew";
        report.bad(format!("row {} {}", row.table, row.row), "edited", remedy);
    }
    Ok(())
}

async fn audit_log(report: &mut Report, kernel: &Kernel) -> Result<()> {
    let sealer = app::audit::sealer(kernel).await?;
    let found = verify(&*kernel.stores.log, sealer.origin(), sealer.keys(), &[]).await?;
    if found.is_untouched() {
        let value = format!("{} records sealed, {} waiting", found.head.size, found.unsealed);
        report.good("audit log", value);
    }
    for tampering in found.tampering.iter().take(MOST_SHOWN) {
        report.bad("audit log", tampering.to_string(), "see `yinxin audit verify`; keep the file");
    }
    Ok(())
}

/// Seconds by which two nodes' clocks may differ.
const CLOCK_SLACK_SECONDS: i64 = 5;
/// Findings of the log shown here; `audit verify` shows them all.
const MOST_SHOWN: usize = 20;
