//! 证照标识: the identifier of an electronic certificate (GB/T 36904-2018).
//!
//! `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`; the check character is ISO/IEC 7064
//! MOD 37,36 over the four parts without root and dots, as published identifiers show.

use std::fmt;

use auth_core::organisation::CreditCode;

/// An identifier with a right check character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    body: String,
}

impl Identifier {
    /// The identifier of a certificate. `None` unless `kind` is a type code (a unified social
    /// credit code and three digits) and `serial` has 1 to 32 digits and capital letters.
    pub fn new(kind: &str, issuer: &CreditCode, serial: &str, version: u16) -> Option<Self> {
        let version = (version <= 999).then(|| format!("{version:03}"))?;
        let parts = [kind, issuer.as_str(), serial, &version];
        let check = check_character(parts.iter().flat_map(|part| part.bytes()))?;
        Self::parse(&format!("{}.{check}", parts.join(".")))
    }

    /// Reads an identifier, with the root or without it, and checks its last character.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(ROOT).unwrap_or(text);
        if body.len() > MAX_LENGTH {
            return None;
        }
        let [kind, issuer, serial, version, check] =
            <[&str; 5]>::try_from(body.split('.').take(6).collect::<Vec<_>>()).ok()?;
        let kind_fits = kind.len() == 21 && kind.bytes().rev().take(3).all(|b| b.is_ascii_digit());
        let version_fits = version.len() == 3 && version.bytes().all(|b| b.is_ascii_digit());
        let issuer_fits = issuer.len() == 18;
        let serial_fits = (1..=32).contains(&serial.len());
        if !(kind_fits && version_fits && issuer_fits && serial_fits) {
            return None;
        }
        let parts = [kind, issuer, serial, version];
        let right = check_character(parts.iter().flat_map(|part| part.bytes()))?;
        (check.chars().eq([right])).then(|| Self { body: body.to_owned() })
    }

    /// Without the root, as printed.
    pub fn short(&self) -> &str {
        &self.body
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}{}", self.body)
    }
}

/// ISO/IEC 7064 MOD 37,36 (hybrid) over digits and capital letters; `None` for anything else.
pub fn check_character(text: impl IntoIterator<Item = u8>) -> Option<char> {
    let mut product = 36;
    for byte in text {
        let sum = (product + value(byte)?) % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    let check = u8::try_from((37 - product) % 36).ok()?;
    Some(char::from(if check < 10 { b'0' + check } else { b'A' + check - 10 }))
}

fn value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

/// Root of all certificate identifiers.
pub const ROOT: &str = "1.2.156.3005.2.";

/// Longest body: 21 + 18 + 32 + 3 + 1 characters and four dots.
const MAX_LENGTH: usize = 79;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    /// Identifiers seen on published certificates (Zhejiang and others).
    #[test]
    fn published_identifiers_check() {
        for text in [
            "11100000000013338W011.11430000006122244L.20230000403.001.U",
            "11100000000013338W009.11330105002500287C.2025052201.002.0",
        ] {
            assert_eq!(Identifier::parse(text).unwrap().short(), text);
            assert_eq!(Identifier::parse(&format!("{ROOT}{text}")).unwrap().short(), text);
            for at in 0..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
                assert!(Identifier::parse(std::str::from_utf8(&bytes).unwrap()).is_none());
            }
        }
        let old = check_character("11100000MB03271699022340100000000016001".bytes());
        assert_eq!(old, Some('9'));
    }

    #[test]
    fn a_made_identifier_reads_back() {
        let issuer = CreditCode::complete("11330000000000000").unwrap();
        let made = Identifier::new("11100000000013338W011", &issuer, "2026112400001", 1).unwrap();
        assert_eq!(Identifier::parse(&made.to_string()), Some(made));
        assert!(Identifier::new("11100000000013338W011", &issuer, "abc", 1).is_none());
        assert!(Identifier::new("11100000000013338W011", &issuer, "A", 1000).is_none());
    }
}
