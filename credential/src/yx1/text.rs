//! The printed forms: an address that any camera opens, and two shorter ones.

use std::io::{Read, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

/// `https://HOST/v#YX1:<base64url>`. The payload stands in the fragment, which no browser sends.
pub fn to_url(issuer: &str, cose: &[u8]) -> String {
    format!("{issuer}{LANDING}{PREFIX}{}", B64.encode(packed(cose)))
}

/// `YX1:<base45>`: the compact form, for codes in alphanumeric mode.
pub fn to_compact(cose: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(packed(cose)))
}

/// A text form taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The address before `/v#`, when the text was an address. It is worth nothing until it is
    /// compared with the issuer that signed.
    pub address: Option<String>,
    /// The COSE_Sign1 message.
    pub cose: Vec<u8>,
}

/// Whether a text claims to be a 核验码 at all.
pub fn looks_like(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(PREFIX)
        || (split_address(text).is_some() && text.contains(&format!("{LANDING}{PREFIX}")))
}

/// Reads any of the three forms. Surrounding white space is ignored, nothing else is.
pub fn unpack(text: &str) -> Result<Unpacked, TextError> {
    let text = text.trim_matches(['\n', '\r', '\t', ' ']);
    if text.len() > MAX_TEXT {
        return Err(TextError::TooLong);
    }
    let (address, body) = match text.strip_prefix(PREFIX) {
        Some(body) => (None, body),
        None => {
            let (address, fragment) = split_address(text).ok_or(TextError::Prefix)?;
            let body = fragment.strip_prefix(PREFIX).ok_or(TextError::Prefix)?;
            (Some(address.to_owned()), body)
        }
    };
    // Only base64url goes into an address; alone, both forms are met.
    let compact = address.is_none().then(|| base45_bytes(body)).flatten();
    let bytes = match compact {
        Some(bytes) => bytes,
        None => B64.decode(body).map_err(|_| TextError::Encoding)?,
    };
    Ok(Unpacked { address, cose: unpacked(bytes)? })
}

/// The address and the fragment of `https://HOST[:PORT]/v#…`; `http` only occurs on loopback demos
/// but proves nothing either way.
fn split_address(text: &str) -> Option<(&str, &str)> {
    let after = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (host, fragment) = after.split_once(LANDING)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(plain) {
        return None;
    }
    Some((text.get(..text.len() - fragment.len() - LANDING.len())?, fragment))
}

/// base45, when the alphabet allows it and what comes out starts like a message. A base64url text
/// of some length always has a lower-case letter, so the two are told apart for certain.
fn base45_bytes(body: &str) -> Option<Vec<u8>> {
    let bytes = base45::decode(body).ok()?;
    matches!(bytes.first(), Some(&COSE_TAG | &ZLIB)).then_some(bytes)
}

/// zlib where that is shorter, the message itself otherwise. Their first bytes differ.
fn packed(cose: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(cose);
    match encoder.finish() {
        Ok(shorter) if shorter.len() < cose.len() => shorter,
        _ => cose.to_vec(),
    }
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, TextError> {
    match bytes.first() {
        Some(&COSE_TAG) => Ok(bytes),
        Some(&ZLIB) => {
            let mut out = Vec::new();
            let mut inflate = ZlibDecoder::new(bytes.as_slice());
            let limit = super::cbor::MAX_BYTES as u64 + 1;
            inflate
                .by_ref()
                .take(limit)
                .read_to_end(&mut out)
                .map_err(|_| TextError::Compression)?;
            if out.len() as u64 >= limit {
                return Err(TextError::TooLong);
            }
            if inflate.total_in() != bytes.len() as u64 {
                return Err(TextError::Compression);
            }
            Ok(out)
        }
        _ => Err(TextError::Encoding),
    }
}

/// Why a text is not a 核验码.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not zlib, or bytes after its end.
    #[error("bad compression")]
    Compression,
    /// Neither base64url nor base45 of a message.
    #[error("bad encoding")]
    Encoding,
    /// Not our prefix or not our address form.
    #[error("not a YX1 code")]
    Prefix,
    /// Longer than a QR code can hold, or inflating beyond the limit.
    #[error("too long")]
    TooLong,
}

/// What every form contains before its payload.
pub const PREFIX: &str = "YX1:";

const LANDING: &str = "/v#";

/// Longest text read, bytes: a version 40 QR code holds 4,296 characters.
pub const MAX_TEXT: usize = 4400;

/// First byte of a tagged COSE_Sign1 (tag 18 in one byte).
const COSE_TAG: u8 = 0xd2;

/// First byte of zlib with a 32 KiB window (RFC 1950 §2.2).
const ZLIB: u8 = 0x78;
