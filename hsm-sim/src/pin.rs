//! PINs: what they unwrap, and how their attempts are counted.

use argon2::{Algorithm, Argon2, Params, Version};
use auth_core::Random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::TokenError;
use crate::objects::TokenKey;

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The security officer: sets user PINs, sees no private object.
    SecurityOfficer,
    /// The user of the keys.
    User,
}

/// Shortest PIN, bytes.
pub const PIN_MIN: usize = 4;

/// Longest PIN, bytes.
pub const PIN_MAX: usize = 64;

/// Wrong attempts before a PIN locks.
pub const PIN_ATTEMPTS: u32 = 5;

/// A PIN as the token keeps it: the token key wrapped under Argon2id (RFC 9106) of the PIN.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PinSlot {
    #[serde(with = "hex::serde")]
    salt: [u8; 16],
    memory_kib: u32,
    passes: u32,
    /// nonce ‖ AES-256-GCM of the token key.
    #[serde(with = "hex::serde")]
    wrapped: Vec<u8>,
    /// Wrong attempts since the last right one.
    pub(crate) failures: u32,
}

impl PinSlot {
    /// Wraps `key` under a new PIN.
    pub(crate) fn new(
        role: Role,
        serial: [u8; 8],
        pin: &[u8],
        key: &TokenKey,
        random: &dyn Random,
    ) -> Result<Self, TokenError> {
        if !(PIN_MIN..=PIN_MAX).contains(&pin.len()) {
            return Err(TokenError::PinLength);
        }
        let (salt, nonce) = (random.bytes(), random.bytes::<12>());
        let mut slot = Self {
            salt,
            memory_kib: ARGON2_MEMORY_KIB,
            passes: ARGON2_PASSES,
            wrapped: nonce.to_vec(),
            failures: 0,
        };
        let mut sealed = Zeroizing::new(key.0.to_vec());
        slot.cipher(pin)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(binding(role, serial)),
                &mut *sealed,
            )
            .map_err(|_| TokenError::Refused("wrapping failed"))?;
        slot.wrapped.extend_from_slice(&sealed);
        Ok(slot)
    }

    /// The token key, or `None` if the PIN is wrong. The caller counts.
    pub(crate) fn unwrap(
        &self,
        role: Role,
        serial: [u8; 8],
        pin: &[u8],
    ) -> Result<Option<TokenKey>, TokenError> {
        // Longer input would only make the attempt slow.
        if pin.len() > PIN_MAX {
            return Ok(None);
        }
        let damaged = TokenError::Refused("token header is damaged");
        let Some((nonce, sealed)) = self.wrapped.split_first_chunk::<12>() else {
            return Err(damaged);
        };
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let Ok(opened) =
            self.cipher(pin)?.open_in_place(nonce, Aad::from(binding(role, serial)), &mut buffer)
        else {
            return Ok(None);
        };
        let key = <[u8; 32]>::try_from(&*opened).map_err(|_| damaged)?;
        Ok(Some(TokenKey(Zeroizing::new(key))))
    }

    pub(crate) const fn locked(&self) -> bool {
        self.failures >= PIN_ATTEMPTS
    }

    pub(crate) const fn attempts_left(&self) -> u32 {
        PIN_ATTEMPTS.saturating_sub(self.failures)
    }

    fn cipher(&self, pin: &[u8]) -> Result<LessSafeKey, TokenError> {
        const DAMAGED: TokenError = TokenError::Refused("token header is damaged");
        if self.memory_kib > ARGON2_MEMORY_MAX_KIB || self.passes > ARGON2_PASSES_MAX {
            return Err(DAMAGED);
        }
        let params = Params::new(self.memory_kib, self.passes, 1, Some(32)).map_err(|_| DAMAGED)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(pin, &self.salt, &mut *key)
            .map_err(|_| DAMAGED)?;
        let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| DAMAGED)?;
        Ok(LessSafeKey::new(key))
    }
}

/// A wrapped key of one role or token does not open as another's.
fn binding(role: Role, serial: [u8; 8]) -> [u8; 9] {
    let mut out = [0; 9];
    out[..8].copy_from_slice(&serial);
    out[8] = match role {
        Role::SecurityOfficer => b'S',
        Role::User => b'U',
    };
    out
}

/// OWASP's first choice for Argon2id: 19 MiB, two passes; about 20 ms.
const ARGON2_MEMORY_KIB: u32 = 19 * 1024;
const ARGON2_PASSES: u32 = 2;
/// A damaged header must not make us allocate the machine away.
const ARGON2_MEMORY_MAX_KIB: u32 = 256 * 1024;
const ARGON2_PASSES_MAX: u32 = 16;
