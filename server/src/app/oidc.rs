//! The identity provider's ports and keys.

use std::sync::Arc;

use anyhow::Result;
use auth_core::{
    Profile,
    key::{KeyKind, KeySet, KeyState, SignatureAlgorithm},
    login::SignIn,
};
use web::Shell;

use crate::{kernel::Kernel, keys};

/// Everything the provider needs. Making an RSA key takes longest, so the keys are made side by
/// side.
pub async fn deps(kernel: &Kernel, shell: &Shell) -> Result<oidc_provider::Deps> {
    let store = &kernel.keystore;
    let rs256 =
        keys::signer(store, keys::name::OIDC_RS256, KeyKind::Rsa2048, SignatureAlgorithm::Rs256);
    let es256 =
        keys::signer(store, keys::name::OIDC_ES256, KeyKind::P256, SignatureAlgorithm::Es256);
    let sign_in = SignIn::new(
        kernel.directory.clone(),
        kernel.stores.sessions.clone(),
        kernel.cache.throttle.clone(),
        kernel.config.policy.login,
    );
    let (rs256, es256, sign_in) = tokio::join!(rs256, es256, sign_in);
    let mut active = vec![KeyState::Active(rs256?), KeyState::Active(es256?)];
    if kernel.config.profile == Profile::Gm {
        let algorithm = SignatureAlgorithm::Sm2Sm3;
        let sm2 = keys::signer(store, keys::name::OIDC_SM2, KeyKind::Sm2, algorithm).await?;
        active.push(KeyState::Active(sm2));
    }
    Ok(oidc_provider::Deps {
        shell: shell.clone(),
        clients: kernel.stores.clients.clone(),
        permissions: kernel.stores.permissions.clone(),
        tokens: kernel.stores.tokens.clone(),
        sessions: kernel.stores.sessions.clone(),
        directory: kernel.directory.clone(),
        sign_in: Arc::new(sign_in?),
        throttle: kernel.cache.throttle.clone(),
        keys: Arc::new(KeySet::new(active)),
        profile: kernel.config.profile,
        flow_key: kernel.secret("oidc-flow").await?,
        policy: oidc_provider::Policy {
            open_registration: kernel.config.policy.open_registration,
            ..oidc_provider::Policy::default()
        },
    })
}
