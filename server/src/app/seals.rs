//! The seal domain's ports and keys.

use std::sync::Arc;

use anyhow::Result;
use auth_core::{id::CaId, key::KeyRef};
use esign::flow::{Beliefs, Custody, IssuingAuthority, Office, Policy};
use pki::{ca::CertificateAuthority, status::CrlSnapshot, trust::TrustList};

use super::authority::ISSUING;
use crate::{kernel::Kernel, keys};

/// Everything the seal flows need.
pub fn office(kernel: &Kernel, authority: &CertificateAuthority) -> Office {
    let config = &kernel.config;
    Office {
        seals: kernel.stores.seals.clone(),
        requests: kernel.stores.seal_requests.clone(),
        sealings: kernel.stores.sealings.clone(),
        keystore: kernel.keystore.clone(),
        authority: Arc::new(IssuingAuthority {
            ca: authority.clone(),
            id: CaId::from_text(ISSUING),
        }),
        vault: kernel.vault.clone(),
        custody: Arc::new(Custody::new(
            kernel.keystore.clone(),
            KeyRef::new(keys::name::KEK),
            config.profile,
            kernel.random.clone(),
        )),
        random: kernel.random.clone(),
        policy: Policy::new(config.profile, config.demo),
    }
}

/// What our own verifier believes now: our anchors and the newest revocation lists.
pub async fn beliefs(authority: &CertificateAuthority, trust: &TrustList) -> Result<Beliefs> {
    let mut lists = CrlSnapshot::default();
    for known in authority.authorities().await? {
        lists.add(&authority.crl(&known.id).await?.der)?;
    }
    Ok(Beliefs { trust: trust.clone(), lists })
}
