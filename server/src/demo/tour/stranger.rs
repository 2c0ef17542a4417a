//! Steps of the stranger, who has no account.

use std::sync::Arc;

use anyhow::{Context, Result};
use auth_core::{
    Verdict,
    audit::verify as verify_log,
    port::{DocumentVerifier, VerifyInput},
};
use credential::{OfflineVerifier, status::StatusSnapshot};
use pki::trust::AnchorClass;

use super::{Tour, check};
use crate::demo::browser::Part;

/// Letter, picture and signature at `/verify`; each damaged in one byte is refused.
pub(super) async fn verify(tour: &mut Tour<'_>) -> Result<String> {
    let mut seen = Vec::new();
    for name in ["letter.pdf", "licence.png", "licence.sd-jwt"] {
        let bytes = tour.kept(name)?;
        let verdict = at_the_page(tour, name, &bytes, None).await?;
        check(verdict == "valid", &format!("{name}: {verdict}"))?;
        seen.push(format!("{name}: valid"));
    }
    let content = tour.kept("letter.txt")?;
    let signature = tour.kept("letter.txt.p7s")?;
    let verdict = at_the_page(tour, "letter.txt.p7s", &signature, Some(&content)).await?;
    check(verdict == "valid", &format!("letter.txt.p7s: {verdict}"))?;
    seen.push("letter.txt.p7s: valid".to_owned());
    let mut damaged = tour.kept("letter.pdf")?;
    let middle = damaged.len() / 3;
    damaged[middle] ^= 1;
    let verdict = at_the_page(tour, "damaged.pdf", &damaged, None).await?;
    check(verdict != "valid", "a damaged letter verifies")?;
    seen.push(format!("letter.pdf, bit {} flipped: {verdict}", middle * 8));
    Ok(seen.join("\n"))
}

async fn at_the_page(
    tour: &mut Tour<'_>,
    name: &str,
    bytes: &[u8],
    content: Option<&[u8]>,
) -> Result<String> {
    let page = tour.stranger.get("/verify").await?.ok()?;
    let token = page.hidden("verify", "form_token")?;
    let mut parts = vec![
        ("form_token", Part::Value(&token)),
        ("file", Part::File(name, "application/octet-stream", bytes)),
    ];
    if let Some(content) = content {
        parts.push(("content", Part::File("content", "application/octet-stream", content)));
    }
    let result = tour.stranger.post_parts("/verify", &parts).await?.ok()?;
    result.between("data-verdict=\"", "\"").context("the page shows no verdict")
}

/// Nothing but two files: no server, no network.
pub(super) async fn verify_offline(tour: &mut Tour<'_>) -> Result<String> {
    let now = tour.app.kernel.clock.now();
    let registry = &tour.app.registry;
    let (trust, status) = (registry.trust.to_pem(), registry.snapshot_file(now).await?);
    tour.keep("trust.pem", trust.as_bytes())?;
    tour.keep("status.jwt", status.as_bytes())?;
    let mut crls = String::new();
    for authority in tour.app.authority.authorities().await? {
        let list = tour.app.authority.crl(&authority.id).await?;
        crls.push_str(&crate::cli::pem::revocation_list(&list.der));
    }
    tour.keep("crl.pem", crls.as_bytes())?;
    let mut list = credential::TrustList::from_pem(&trust, AnchorClass::Demo)?;
    for der in crate::cli::pem::revocation_lists(&crls) {
        list.add_crl(&der);
    }
    let snapshot = StatusSnapshot::read(status.as_bytes(), &list, now);
    let verifier =
        |status| OfflineVerifier { trust: Arc::new(list.clone()), status: Arc::new(status) };
    let bytes = tour.kept("licence.png")?;
    let input = VerifyInput { bytes: &bytes, content: None, at: now };
    let fresh = verifier(snapshot).verify(input).await;
    check(fresh.verdict == Verdict::Valid, &format!("{:?}", fresh.reasons))?;
    let without = verifier(StatusSnapshot::empty()).verify(input).await;
    check(without.verdict == Verdict::Undetermined, "valid without a status list")?;
    Ok("trust.pem + status.jwt: valid\ntrust.pem alone: undetermined".to_owned())
}

/// The log verifies, and a stranger can fetch its checkpoint.
pub(super) async fn audit(tour: &mut Tour<'_>) -> Result<String> {
    let sealer = tour.app.sealer.clone();
    sealer.seal().await?;
    let log = &*tour.app.kernel.stores.log;
    let found = verify_log(log, sealer.origin(), sealer.keys(), &[]).await?;
    check(found.is_untouched(), &format!("{:?}", found.tampering))?;
    let checkpoint = tour.stranger.get("/log/checkpoint").await?.ok()?;
    tour.keep("checkpoint", &checkpoint.body)?;
    let root = checkpoint.text().lines().nth(2).unwrap_or_default().to_owned();
    Ok(format!("{} records, root {root}", found.head.size))
}
