//! The list itself: entries of 1, 2, 4 or 8 bits, least significant first, in zlib.

use std::io::{Read, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

/// A status list in memory (Token Status List §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of `entries` entries, all 0. `bits` is 1, 2, 4 or 8; `entries` fills whole bytes.
    pub fn new(bits: u8, entries: usize) -> Result<Self, ListError> {
        let width = width(bits)?;
        let length = entries.checked_mul(width).ok_or(ListError::TooLong)?;
        if length % 8 != 0 {
            return Err(ListError::Size);
        }
        if length / 8 > MAX_INFLATED {
            return Err(ListError::TooLong);
        }
        Ok(Self { bits, bytes: vec![0; length / 8] })
    }

    /// Bits of an entry.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        self.bytes.len() as u64 * 8 / u64::from(self.bits)
    }

    /// The entry at `index`; `None` beyond the end, which a verifier must refuse (§8.3).
    pub fn at(&self, index: u64) -> Option<u8> {
        let (byte, shift, mask) = self.place(index)?;
        self.bytes.get(byte).map(|value| (value >> shift) & mask)
    }

    /// Writes an entry. Beyond the end, or a value too wide for it, is an error.
    pub fn set(&mut self, index: u64, value: u8) -> Result<(), ListError> {
        let (byte, shift, mask) = self.place(index).ok_or(ListError::Index)?;
        if value > mask {
            return Err(ListError::Value);
        }
        let slot = self.bytes.get_mut(byte).ok_or(ListError::Index)?;
        *slot = (*slot & !(mask << shift)) | (value << shift);
        Ok(())
    }

    /// The `lst` member: zlib at best compression, base64url without padding (§4.2).
    pub fn encode(&self) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(&self.bytes);
        B64.encode(encoder.finish().unwrap_or_default())
    }

    /// Reads `bits` and `lst`. Any zlib level is accepted; what inflates beyond [`MAX_INFLATED`]
    /// is refused without being held.
    pub fn decode(bits: u64, lst: &str) -> Result<Self, ListError> {
        let bits = u8::try_from(bits).map_err(|_| ListError::Bits)?;
        width(bits)?;
        let packed = B64.decode(lst).map_err(|_| ListError::Malformed)?;
        let mut bytes = Vec::new();
        let mut inflate = ZlibDecoder::new(packed.as_slice());
        let limit = MAX_INFLATED as u64 + 1;
        inflate.by_ref().take(limit).read_to_end(&mut bytes).map_err(|_| ListError::Malformed)?;
        if bytes.len() > MAX_INFLATED {
            return Err(ListError::TooLong);
        }
        if bytes.is_empty() || inflate.total_in() != packed.len() as u64 {
            return Err(ListError::Malformed);
        }
        Ok(Self { bits, bytes })
    }

    fn place(&self, index: u64) -> Option<(usize, u32, u8)> {
        let bits = u64::from(self.bits);
        let position = index.checked_mul(bits)?;
        let byte = usize::try_from(position / 8).ok()?;
        let mask = u8::MAX >> (8 - u32::from(self.bits));
        (byte < self.bytes.len()).then_some((byte, u32::try_from(position % 8).ok()?, mask))
    }
}

fn width(bits: u8) -> Result<usize, ListError> {
    matches!(bits, 1 | 2 | 4 | 8).then_some(usize::from(bits)).ok_or(ListError::Bits)
}

/// Why a status list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// `bits` is none of 1, 2, 4, 8 (§4.2).
    #[error("bits is not 1, 2, 4 or 8")]
    Bits,
    /// No such entry.
    #[error("no such entry")]
    Index,
    /// Not base64url of a zlib stream.
    #[error("malformed list")]
    Malformed,
    /// Entries do not fill whole bytes.
    #[error("entries do not fill whole bytes")]
    Size,
    /// Larger than [`MAX_INFLATED`].
    #[error("the list is too long")]
    TooLong,
    /// The value does not fit the entry.
    #[error("the value does not fit the entry")]
    Value,
}

/// Longest list read, bytes after inflating: four million entries of two bits. A 1 KiB token may
/// claim to inflate to 1 GiB.
pub const MAX_INFLATED: usize = 1 << 20;
