//! The certificate domain's ports and signers.

use std::sync::Arc;

use anyhow::{Context, Result};
use auth_core::{key::Signer, organisation::CreditCode};
use credential::{Policy, Registry, flow::status::Published};
use esign::{
    flow::{Office, Sealer},
    layout::Typesetter,
};
use pki::{NameParts, ca::CertificateAuthority, cert::CREDENTIAL_SIGNER, trust::AnchorClass};

use super::authority;
use crate::kernel::Kernel;

/// Everything the certificate flows need.
pub async fn registry(
    kernel: &Kernel,
    authority: &CertificateAuthority,
    office: &Office,
) -> Result<Registry> {
    let issuer = kernel.config.issuer.as_str().trim_end_matches('/');
    let credential_signer = signer(kernel, authority, "credential", "电子证照签发").await?;
    let receipt_signer = signer(kernel, authority, "receipt", "核验回执签发").await?;
    let status_signer = signer(kernel, authority, "status", "证照状态发布").await?;
    let signers = [&credential_signer, &receipt_signer, &status_signer];
    let trust = trust(kernel, authority, &signers).await?;
    Ok(Registry {
        credentials: kernel.stores.credentials.clone(),
        proofs: kernel.stores.proofs.clone(),
        matters: kernel.stores.matters.clone(),
        show_codes: kernel.stores.show_codes.clone(),
        people: kernel.stores.people.clone(),
        organisations: kernel.stores.organisations.clone(),
        vault: kernel.vault.clone(),
        renderer: Arc::new(Typesetter),
        sealer: Arc::new(Sealer::new(office.clone())),
        trust: Arc::new(trust),
        policy: policy(kernel, issuer).await?,
        published: Published::default(),
        credential_signer,
        receipt_signer,
        status_signer,
    })
}

async fn policy(kernel: &Kernel, issuer: &str) -> Result<Policy> {
    let mut policy = Policy::new(issuer);
    for (client, code) in &kernel.config.client_organisations {
        let code = CreditCode::parse(code)
            .with_context(|| format!("policy.client_organisations: {code} is no credit code"))?;
        let found = kernel.directory.organisations.by_credit_code(&code).await?;
        let organisation = found.with_context(|| {
            format!("policy.client_organisations: no organisation has {}", code.as_str())
        })?;
        policy.client_organisations.insert(client.clone(), organisation.id);
    }
    Ok(policy)
}

/// Our anchors, the authorities between, our signers, and the newest revocation lists.
pub async fn trust(
    kernel: &Kernel,
    authority: &CertificateAuthority,
    signers: &[&Signer],
) -> Result<credential::TrustList> {
    let class = if kernel.config.demo { AnchorClass::Demo } else { AnchorClass::Internal };
    let mut trust = credential::TrustList::default();
    for known in authority.authorities().await? {
        trust.add(&known.certificate, class)?;
        trust.add_crl(&authority.crl(&known.id).await?.der);
    }
    for signer in signers {
        for certificate in signer.chain() {
            trust.add(certificate, class)?;
        }
    }
    Ok(trust)
}

async fn signer(
    kernel: &Kernel,
    authority: &CertificateAuthority,
    label: &str,
    name: &str,
) -> Result<Signer> {
    let county = &kernel.config.county;
    let subject = NameParts {
        common_name: format!("{county}{name}"),
        organization: (!county.is_empty()).then(|| county.clone()),
        organization_identifier: None,
        organizational_unit: None,
    };
    authority::certified_signer(kernel, authority, label, &CREDENTIAL_SIGNER, &subject).await
}
