//! The middle stage: a document whose signature has a place but no value yet.

use std::ops::Range;

use crate::cms::{DigestAlgorithm, Digested, Hasher};
use crate::pdf::PdfRefused;

/// A document ready to be signed: everything is final but the gap.
#[derive(Clone, Debug)]
pub struct Prepared {
    bytes: Vec<u8>,
    /// The value of `Contents` with its angle brackets.
    gap: Range<usize>,
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
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Digested {
        let mut hasher = Hasher::new(algorithm);
        self.signed_parts().into_iter().for_each(|part| hasher.update(part));
        hasher.finish()
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

const HEX: &[u8; 16] = b"0123456789ABCDEF";
