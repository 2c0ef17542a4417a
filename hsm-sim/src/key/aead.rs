//! AES-256-GCM (ring) and SM4-GCM (RFC 8998 §2), for secrets of a few bytes to a few kilobytes.

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use auth_core::key::KeyKind;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::bad_material;
use crate::TokenError;

type Sm4Gcm = AesGcm<sm4::Sm4, U12>;

/// An authenticated cipher with its key.
pub(super) enum Wrapping {
    Aes(Box<LessSafeKey>),
    Sm4(Box<Sm4Gcm>),
}

impl Wrapping {
    pub(super) fn parse(kind: KeyKind, secret: &[u8]) -> Result<Self, TokenError> {
        if kind == KeyKind::Sm4 {
            return Sm4Gcm::new_from_slice(secret)
                .map(|cipher| Self::Sm4(Box::new(cipher)))
                .map_err(|_| bad_material());
        }
        let key = UnboundKey::new(&AES_256_GCM, secret).map_err(|_| bad_material())?;
        Ok(Self::Aes(Box::new(LessSafeKey::new(key))))
    }

    pub(super) fn seal(
        &self,
        nonce: &[u8; 12],
        secret: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        match self {
            Self::Aes(key) => {
                let mut sealed = Vec::with_capacity(secret.len() + TAG);
                sealed.extend_from_slice(secret);
                let nonce = Nonce::assume_unique_for_key(*nonce);
                key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut sealed)
                    .map_err(|_| TokenError::Refused("too long to wrap"))?;
                Ok(sealed)
            }
            Self::Sm4(cipher) => cipher
                .encrypt(&(*nonce).into(), Payload { msg: secret, aad })
                .map_err(|_| TokenError::Refused("too long to wrap")),
        }
    }

    pub(super) fn open(
        &self,
        nonce: &[u8; 12],
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        const DIFFERS: TokenError =
            TokenError::Refused("wrapped under another key or context, or altered");
        match self {
            Self::Aes(key) => {
                let mut buffer = Zeroizing::new(sealed.to_vec());
                let nonce = Nonce::assume_unique_for_key(*nonce);
                let length = key
                    .open_in_place(nonce, Aad::from(aad), &mut buffer)
                    .map_err(|_| DIFFERS)?
                    .len();
                buffer.truncate(length);
                Ok(buffer)
            }
            Self::Sm4(cipher) => cipher
                .decrypt(&(*nonce).into(), Payload { msg: sealed, aad })
                .map(Zeroizing::new)
                .map_err(|_| DIFFERS),
        }
    }
}

const TAG: usize = 16;
