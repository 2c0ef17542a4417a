//! What this machine can do at all: one core, half a second each.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use auth_core::password::{HashCost, hash};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};

/// Operations per second on one core.
#[derive(Clone, Copy, Debug)]
pub struct Bare {
    /// ECDSA P-256 with SHA-256 over 256 bytes.
    pub sign: f64,
    /// The same, verified.
    pub verify: f64,
    /// Argon2id at the default cost.
    pub hash: f64,
}

/// Measures signing, verifying and hashing.
pub fn measure() -> Result<Bare> {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok().context("no key")?;
    let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok();
    let key = key.context("no key")?;
    let message = [7_u8; 256];
    let signature = key.sign(&random, &message).ok().context("no signature")?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref());
    Ok(Bare {
        sign: rate(|| key.sign(&random, &message).is_ok()),
        verify: rate(|| public.verify(&message, signature.as_ref()).is_ok()),
        hash: rate(|| hash("password", &[1; 16], HashCost::default()).is_some()).round(),
    })
}

fn rate(mut work: impl FnMut() -> bool) -> f64 {
    let started = Instant::now();
    let mut done = 0_u32;
    while started.elapsed() < SPAN && work() {
        done += 1;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

const SPAN: Duration = Duration::from_millis(500);
