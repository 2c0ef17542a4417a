//! A token logged in, in process: keys parsed once and kept ready.

use std::path::Path;
use std::sync::{Arc, Mutex};

use auth_core::Random;
use auth_core::key::{Capabilities, KeyKind, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::keys::Inner;
use crate::objects::{Objects, TokenKey};
use crate::slots::Slots;
use crate::{TokenError, selftest};

/// A token with its user logged in. Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct Token(pub(crate) Arc<Inner>);

impl Token {
    /// Makes a token with both PINs under `dir` (made if absent) and opens it.
    pub fn create(
        dir: &Path,
        label: &str,
        so_pin: &str,
        user_pin: &str,
        random: Arc<dyn Random>,
    ) -> Result<Self, TokenError> {
        selftest::run()?;
        let (so_pin, user_pin) = (so_pin.as_bytes(), Some(user_pin.as_bytes()));
        Slots::open(dir)?.create(label, so_pin, user_pin, &*random)?;
        Self::open_labelled(dir, label, user_pin.unwrap_or_default(), random)
    }

    /// Opens the only token under `dir`. One wrong PIN is one attempt; see [`crate::PIN_ATTEMPTS`].
    pub fn open(dir: &Path, user_pin: &str, random: Arc<dyn Random>) -> Result<Self, TokenError> {
        let tokens = if dir.is_dir() { Slots::open(dir)?.tokens()? } else { Vec::new() };
        match tokens.as_slice() {
            [] => Err(TokenError::Missing(format!("a token in {}", dir.display()))),
            [(_, slot)] => {
                let label = slot.info()?.label;
                Self::open_labelled(dir, &label, user_pin.as_bytes(), random)
            }
            _ => Err(TokenError::Refused("several tokens here: open one by its label")),
        }
    }

    /// Opens the token named `label` under `dir`.
    pub fn open_labelled(
        dir: &Path,
        label: &str,
        user_pin: &[u8],
        random: Arc<dyn Random>,
    ) -> Result<Self, TokenError> {
        selftest::run()?;
        if !dir.is_dir() {
            return Err(TokenError::Missing(format!("a token in {}", dir.display())));
        }
        let slot = Slots::open(dir)?.find(label)?;
        let key = slot.login_user(user_pin)?;
        let token = Self::new(slot.objects(), key, label, random);
        token.0.scan()?;
        Ok(token)
    }

    /// A token in memory, for tests: its keys are gone with it.
    pub fn ephemeral(random: Arc<dyn Random>) -> Result<Self, TokenError> {
        selftest::run()?;
        let key = TokenKey(Zeroizing::new(random.bytes()));
        Ok(Self::new(Objects::Memory(Mutex::default()), key, "ephemeral", random))
    }

    fn new(objects: Objects, key: TokenKey, label: &str, random: Arc<dyn Random>) -> Self {
        let capabilities = Capabilities {
            name: format!("hsm-sim token {label:?}"),
            kinds: KINDS.to_vec(),
            algorithms: ALGORITHMS.to_vec(),
        };
        Self(Arc::new(Inner::new(objects, key, random, capabilities)))
    }
}

const KINDS: [KeyKind; 8] = [
    KeyKind::Aes256,
    KeyKind::Ed25519,
    KeyKind::P256,
    KeyKind::Rsa2048,
    KeyKind::Rsa3072,
    KeyKind::Rsa4096,
    KeyKind::Sm2,
    KeyKind::Sm4,
];

const ALGORITHMS: [SignatureAlgorithm; 5] = [
    SignatureAlgorithm::EdDsa,
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Rs256,
    SignatureAlgorithm::Sm2Sm3,
];
