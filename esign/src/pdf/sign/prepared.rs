//! The middle stage: a document whose signature has a place but no value yet.

use std::ops::Range;

use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::pdf::PdfRefused;

/// A document ready to be signed: everything is final but the gap.
#[derive(Clone, Debug)]
pub struct Prepared {
    bytes: Vec<u8>,
    /// The value of `Contents` with its angle brackets.
    gap: Range<usize>,
}

/// Digest of the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl Prepared {
    /// `gap` must lie within `bytes`, brackets included.
    pub(super) const fn new(bytes: Vec<u8>, gap: Range<usize>) -> Self {
        Self { bytes, gap }
    }

    /// What `/ByteRange` says: offset and length of the bytes before and after the gap.
    pub const fn byte_range(&self) -> [usize; 4] {
        [0, self.gap.start, self.gap.end, self.bytes.len() - self.gap.end]
    }

    /// The bytes before and after the gap, in which the signature value is not contained.
    pub fn signed_parts(&self) -> [&[u8]; 2] {
        [&self.bytes[..self.gap.start], &self.bytes[self.gap.end..]]
    }

    /// Digest of the signed bytes: the CMS message-digest attribute.
    pub fn digest(&self, algorithm: DigestAlgorithm) -> [u8; 32] {
        algorithm.of(self.signed_parts())
    }

    /// Bytes that the CMS may have.
    pub const fn reserved(&self) -> usize {
        (self.gap.end - self.gap.start - 2) / 2
    }

    /// Puts the DER of the CMS into the gap, the rest of which stays zero: the signed document.
    pub fn fill(mut self, cms: &[u8]) -> Result<Vec<u8>, PdfRefused> {
        let reserved = self.reserved();
        if cms.len() > reserved {
            return Err(PdfRefused::ContentsTooSmall { needed: cms.len(), reserved });
        }
        let gap = &mut self.bytes[self.gap.start + 1..self.gap.end - 1];
        for (byte, digits) in cms.iter().zip(gap.chunks_exact_mut(2)) {
            digits[0] = HEX[usize::from(byte >> 4)];
            digits[1] = HEX[usize::from(byte & 15)];
        }
        Ok(self.bytes)
    }
}

impl DigestAlgorithm {
    /// The digest of two parts as if they were one.
    pub fn of(self, parts: [&[u8]; 2]) -> [u8; 32] {
        let [first, second] = parts;
        match self {
            Self::Sha256 => {
                Sha256::new().chain_update(first).chain_update(second).finalize().into()
            }
            Self::Sm3 => Sm3::new().chain_update(first).chain_update(second).finalize().into(),
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
