//! `yinxin verify`: the same verifiers as the server's, with what the caller trusts.

use std::{io::Read, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use auth_core::{Report, Timestamp, Verdict, port::DocumentVerifier};
use credential::{OfflineVerifier, status::StatusSnapshot};
use esign::flow::{Beliefs, Verifier};
use pki::{Certificate, status::CrlSnapshot, trust::AnchorClass};

use super::{args::VerifyArgs, fetch, output, output::Usage, pem};
use crate::{clock::SystemClock, pages::verify::judge};

/// Verifies; the exit code is the verdict's: 0 valid, 1 invalid, 2 undetermined.
pub async fn run(args: VerifyArgs) -> Result<ExitCode> {
    let now = auth_core::Clock::now(&SystemClock);
    let at = match &args.at {
        None => now,
        Some(text) => Timestamp::parse_rfc3339(text)
            .ok_or_else(|| Usage(format!("--at {text}: write it as 2026-11-24T08:00:00Z")))?,
    };
    let bytes = input(&args.input)?;
    let content = content(&args, &bytes)?;
    let mut known = Known::read(&args)?;
    let mut report = judge(&known.verifiers(now), &bytes, content.as_deref(), at).await;
    if !args.offline
        && report.verdict == Verdict::Undetermined
        && known.fetch(&bytes, &report).await
    {
        report = judge(&known.verifiers(now), &bytes, content.as_deref(), at).await;
    }
    print(&report, args.json);
    Ok(ExitCode::from(report.verdict.exit_code()))
}

/// What the caller trusts and knows.
struct Known {
    trust: credential::TrustList,
    lists: CrlSnapshot,
    tokens: String,
    certificates: Vec<Certificate>,
}

impl Known {
    fn read(args: &VerifyArgs) -> Result<Self> {
        let mut known = Self {
            trust: credential::TrustList::default(),
            lists: CrlSnapshot::default(),
            tokens: String::new(),
            certificates: Vec::new(),
        };
        for file in &args.trust {
            let text = text(file)?;
            let added = known.trust.add_pem(&text, AnchorClass::Internal);
            added.with_context(|| format!("{}: not certificates in PEM", file.display()))?;
            for der in pki::pem::certificates(&text, MOST, MOST_BYTES).unwrap_or_default() {
                known.certificates.extend(Certificate::from_der(&der));
            }
            known.add_lists(&text);
        }
        for file in &args.status {
            let bytes =
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            match String::from_utf8(bytes) {
                Ok(text) if text.contains("X509 CRL") => known.add_lists(&text),
                Ok(text) => {
                    known.tokens.push_str(&text);
                    known.tokens.push('\n');
                }
                Err(error) => known.add_list(error.as_bytes()),
            }
        }
        Ok(known)
    }

    fn add_lists(&mut self, text: &str) {
        for der in pem::revocation_lists(text) {
            self.add_list(&der);
        }
    }

    fn add_list(&mut self, der: &[u8]) {
        self.trust.add_crl(der);
        if let Err(error) = self.lists.add(der) {
            tracing::warn!(%error, "a revocation list was left out");
        }
    }

    fn verifiers(&self, now: Timestamp) -> [Arc<dyn DocumentVerifier>; 2] {
        let trust = Arc::new(self.trust.clone());
        let status = Arc::new(StatusSnapshot::read(self.tokens.as_bytes(), &trust, now));
        let lists = self.lists.clone();
        let documents = Verifier::new(Beliefs { trust: trust.anchors().clone(), lists });
        [Arc::new(documents), Arc::new(OfflineVerifier { trust, status })]
    }

    /// Fetches what the file points to: status lists, revocation lists of its signers. What cannot
    /// be had leaves the answer undetermined. Whether anything came.
    async fn fetch(&mut self, bytes: &[u8], report: &Report) -> bool {
        let mut came = false;
        for url in fetch::status_urls(report) {
            match fetch::get(&url).await {
                Ok(body) => {
                    self.tokens.push_str(&String::from_utf8_lossy(&body));
                    self.tokens.push('\n');
                    came = true;
                }
                Err(error) => tracing::warn!(%error, "a status list was not fetched"),
            }
        }
        for url in fetch::list_urls(bytes, &self.certificates) {
            match fetch::get(&url).await {
                Ok(body) => {
                    self.add_list(&body);
                    came = true;
                }
                Err(error) => tracing::warn!(%error, "a revocation list was not fetched"),
            }
        }
        came
    }
}

/// A file, standard input, or the text of a code itself.
fn input(input: &str) -> Result<Vec<u8>> {
    if input == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().take(MAX_INPUT).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let path = Path::new(input);
    if !path.exists() && (input.contains("YX1:") || input.contains('~')) {
        return Ok(input.as_bytes().to_vec());
    }
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {input}"))?.len();
    anyhow::ensure!(size <= MAX_INPUT, Usage(format!("{input} is larger than {MAX_INPUT} bytes")));
    std::fs::read(path).with_context(|| format!("cannot read {input}"))
}

/// The content of a detached signature: as given, or the file beside it without `.p7s`.
fn content(args: &VerifyArgs, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    if let Some(path) = &args.content {
        let read = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        return read.map(Some);
    }
    let beside = args.input.strip_suffix(".p7s").map(Path::new);
    match beside.filter(|path| esign::flow::is_cms(bytes) && path.exists()) {
        Some(path) => Ok(Some(std::fs::read(path)?)),
        None => Ok(None),
    }
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn print(report: &Report, json: bool) {
    if json {
        return output::line(serde_json::to_string(report).unwrap_or_default());
    }
    let chinese = !std::env::var("LANG").is_ok_and(|lang| lang.starts_with("en"));
    let words = match (report.verdict, chinese) {
        (Verdict::Valid, true) => "技术核验通过",
        (Verdict::Valid, false) => "valid",
        (Verdict::Invalid, true) => "技术核验未通过",
        (Verdict::Invalid, false) => "invalid",
        (Verdict::Undetermined, true) => "无法判定",
        (Verdict::Undetermined, false) => "undetermined",
    };
    output::line(format!("{words}  {}", report.kind));
    for reason in &report.reasons {
        output::line(format!("  {} {}", reason.code, reason.detail.as_deref().unwrap_or("")));
    }
    for (name, value) in &report.statement {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        output::line(format!("  {name}: {value}"));
    }
    for signature in &report.signatures {
        let at = signature.signed_at.map_or_else(|| "-".to_owned(), Timestamp::rfc3339);
        output::line(format!(
            "  {} {} by {} at {at}: {}",
            signature.format, signature.level, signature.signer, signature.indication
        ));
    }
}

/// Certificates read from trust files to find their revocation lists, and the size of each.
const MOST: usize = 256;
const MOST_BYTES: usize = 64 * 1024;
/// Largest file read, bytes: the same as at `/verify`.
const MAX_INPUT: u64 = web::MAX_UPLOAD_BYTES as u64;
