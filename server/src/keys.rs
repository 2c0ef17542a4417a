//! Keys and secrets the program needs, made once and found again.

use std::sync::Arc;

use anyhow::{Context, Result};
use auth_core::{
    Profile, Random, Timestamp,
    audit::{Actor, Event, Outcome},
    key::{KeyError, KeyKind, KeyRef, Keystore, PublicKey, SignatureAlgorithm, Signer},
    port::Secrets,
};
use zeroize::Zeroizing;

/// Names of keys in the keystore.
pub mod name {
    /// Wraps person keys and secrets.
    pub const KEK: &str = "kek";
    /// Signs log checkpoints.
    pub const CHECKPOINT: &str = "checkpoint";
    /// Signs ID tokens of clients that did not choose.
    pub const OIDC_RS256: &str = "oidc-rs256";
    /// Signs access tokens, and ID tokens of clients that chose ES256.
    pub const OIDC_ES256: &str = "oidc-es256";
    /// Signs ID tokens of clients that chose SM2.
    pub const OIDC_SM2: &str = "oidc-sm2";
}

/// The public half of a key, made if it is not there. Two nodes that start together may both try;
/// the loser finds the winner's key.
pub async fn ensure(
    keystore: &dyn Keystore,
    key: &KeyRef,
    kind: KeyKind,
) -> Result<Option<PublicKey>, KeyError> {
    if kind.is_symmetric() {
        let known = keystore.list().await?.iter().any(|(name, _)| name == key);
        if known {
            return Ok(None);
        }
    } else {
        match keystore.public(key).await {
            Ok(public) => return Ok(Some(public)),
            Err(KeyError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
    }
    match keystore.generate(key, kind).await {
        Ok(public) => Ok(public),
        Err(KeyError::Exists(_)) if kind.is_symmetric() => Ok(None),
        Err(KeyError::Exists(_)) => keystore.public(key).await.map(Some),
        Err(error) => Err(error),
    }
}

/// A signer over a key that is made if it is not there.
pub async fn signer(
    keystore: &Arc<dyn Keystore>,
    label: &str,
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
) -> Result<Signer> {
    let key = KeyRef::new(label);
    ensure(&**keystore, &key, kind).await.with_context(|| format!("key {label}"))?;
    Signer::open(Arc::clone(keystore), key, algorithm, Vec::new())
        .await
        .with_context(|| format!("key {label}"))
}

/// Reads a 32-byte secret that all nodes share, or makes it.
pub async fn secret(
    name: &str,
    keystore: &dyn Keystore,
    secrets: &dyn Secrets,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Zeroizing<[u8; 32]>> {
    let kek = KeyRef::new(name::KEK);
    let wrapped = match secrets.read(name).await? {
        Some(wrapped) => wrapped,
        None => {
            let fresh = Zeroizing::new(random.bytes::<32>());
            let wrapped = keystore.wrap(&kek, &*fresh, name.as_bytes()).await?;
            let event =
                Event::new("secret.create", Actor::System, Outcome::Done, now).subject(name);
            secrets.insert_once(name, &wrapped, event).await?
        }
    };
    let plain = keystore.unwrap(&kek, &wrapped, name.as_bytes()).await.with_context(|| {
        format!("secret {name} does not open: the database belongs to another keystore")
    })?;
    let bytes = plain.as_slice().try_into().context("secret of wrong length")?;
    Ok(Zeroizing::new(bytes))
}

/// The kind of wrapping key of a profile, made if it is not there.
pub async fn ensure_kek(keystore: &dyn Keystore, profile: Profile) -> Result<KeyRef> {
    let kek = KeyRef::new(name::KEK);
    ensure(keystore, &kek, profile.wrapping_key()).await.context("wrapping key")?;
    Ok(kek)
}
