//! The county's own authorities: a root, an issuing one, and the certificates of the program's own
//! signing keys.

use std::sync::Arc;

use anyhow::{Context, Result};
use auth_core::{
    audit::Actor,
    id::CaId,
    key::{KeyRef, Signer},
};
use pki::{
    Certificate, NameParts,
    ca::{By, CaPolicy, CertificateAuthority, IssueRequest, NewAuthority},
    cert::CertificateProfile,
    trust::{AnchorClass, TrustList},
};

use crate::{kernel::Kernel, keys};

/// Id of the root authority, as in `/ca/root`.
pub const ROOT: &str = "root";
/// Id of the authority that certifies seals and signing keys.
pub const ISSUING: &str = "issuing";

/// The authorities, made once and found again.
pub async fn open(kernel: &Kernel) -> Result<Arc<CertificateAuthority>> {
    let issuer = kernel.config.issuer.as_str().trim_end_matches('/').to_owned();
    let policy = if kernel.config.demo {
        CaPolicy::demo(issuer)
    } else {
        CaPolicy::internal(issuer, pki::oid::POLICY_INTERNAL.to_vec())
    };
    let authority = CertificateAuthority::new(
        kernel.keystore.clone(),
        kernel.stores.ca.clone(),
        kernel.random.clone(),
        policy,
    );
    let by = By { actor: Actor::System, now: kernel.clock.now() };
    let kind = kernel.config.profile.signing_key();
    let county = &kernel.config.county;
    let new = |id: &str, key: &str, name: String, days| NewAuthority {
        id: CaId::from_text(id),
        key: KeyRef::new(key),
        kind,
        name: NameParts {
            common_name: name,
            organization: (!county.is_empty()).then(|| county.clone()),
            organization_identifier: None,
            organizational_unit: None,
        },
        days,
    };
    let root = new(ROOT, "ca-root", format!("{county}印信根 Yinxin Root"), ROOT_DAYS);
    authority.create_root(root, &by).await.context("root authority")?;
    let issuing =
        new(ISSUING, "ca-issuing", format!("{county}印信签发 Yinxin Issuing"), ISSUING_DAYS);
    authority
        .create_issuing(&CaId::from_text(ROOT), issuing, &by)
        .await
        .context("issuing authority")?;
    Ok(Arc::new(authority))
}

/// The anchors this installation trusts: its own root.
pub async fn trust(kernel: &Kernel, authority: &CertificateAuthority) -> Result<TrustList> {
    let class = if kernel.config.demo { AnchorClass::Demo } else { AnchorClass::Internal };
    let mut trust = TrustList::new();
    trust.add(&authority.authority(&CaId::from_text(ROOT)).await?.certificate, class)?;
    Ok(trust)
}

/// A signer over a key of the profile's kind with a certificate of the issuing authority: the one
/// it has while that is good for a month more, else a new one.
pub async fn certified_signer(
    kernel: &Kernel,
    authority: &CertificateAuthority,
    label: &str,
    profile: &'static CertificateProfile,
    subject: &NameParts,
) -> Result<Signer> {
    let key = KeyRef::new(label);
    let kind = kernel.config.profile.signing_key();
    let public = keys::ensure(&*kernel.keystore, &key, kind).await?.context("not a signing key")?;
    let ca = CaId::from_text(ISSUING);
    let chain = match known(kernel, authority, &ca, public.spki()).await? {
        Some(leaf) => {
            let mut chain = vec![leaf];
            chain.extend(authority.chain(&ca).await?);
            chain
        }
        None => {
            let by = By { actor: Actor::System, now: kernel.clock.now() };
            let request = IssueRequest { profile, subject, public: &public, days: LEAF_DAYS };
            authority.issue(&ca, request, &by).await.with_context(|| label.to_owned())?.chain
        }
    };
    let algorithm = kernel.config.profile.signature();
    Ok(Signer::open(kernel.keystore.clone(), key, algorithm, chain).await?)
}

async fn known(
    kernel: &Kernel,
    authority: &CertificateAuthority,
    ca: &CaId,
    spki: &[u8],
) -> Result<Option<Vec<u8>>> {
    let good_until = kernel.clock.now().plus_seconds(RENEW_BEFORE_SECONDS);
    let mut after = None;
    loop {
        let page = authority.certificates(ca, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.serial);
        for row in page {
            let Some(der) = row.certificate.filter(|_| row.revoked.is_none()) else { continue };
            let fits = Certificate::from_der(&der).is_ok_and(|cert| cert.spki() == spki);
            if fits && row.not_after > good_until {
                return Ok(Some(der));
            }
        }
    }
}

const ROOT_DAYS: i64 = 20 * 365;
const ISSUING_DAYS: i64 = 10 * 365;
/// Validity of the program's own signing certificates; renewed a month before their end.
const LEAF_DAYS: i64 = 3 * 365;
const RENEW_BEFORE_SECONDS: i64 = 30 * 86_400;
const PAGE: u32 = 500;
