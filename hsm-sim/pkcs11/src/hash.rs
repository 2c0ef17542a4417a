//! Digests, in one piece or many.

use cryptoki_sys::*;
use ring::digest::{Context, SHA256, SHA384, SHA512};
use sm3::Digest;

use crate::answer::Answer;
use crate::mechanisms::CKM_VENDOR_SM3;

/// A running hash.
pub(crate) enum Hash {
    Sha2(Context),
    Sm3(sm3::Sm3),
}

impl Hash {
    pub(crate) fn new(mechanism: CK_MECHANISM_TYPE) -> Answer<Self> {
        match mechanism {
            CKM_SHA256 => Ok(Self::sha256()),
            CKM_SHA384 => Ok(Self::Sha2(Context::new(&SHA384))),
            CKM_SHA512 => Ok(Self::Sha2(Context::new(&SHA512))),
            CKM_VENDOR_SM3 => Ok(Self::Sm3(sm3::Sm3::new())),
            _ => Err(CKR_MECHANISM_INVALID),
        }
    }

    pub(crate) fn sha256() -> Self {
        Self::Sha2(Context::new(&SHA256))
    }

    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Sha2(context) => context.algorithm().output_len(),
            Self::Sm3(_) => 32,
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha2(context) => context.update(data),
            Self::Sm3(hash) => hash.update(data),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha2(context) => context.finish().as_ref().to_vec(),
            Self::Sm3(hash) => hash.finalize().to_vec(),
        }
    }
}
