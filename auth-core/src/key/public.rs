//! Public keys, held as SubjectPublicKeyInfo.

use der::{Decode, Encode, asn1::UintRef};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::KeyKind;

/// A public key: its SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    spki: Vec<u8>,
    /// Raw content of the BIT STRING: SEC 1 point, RSAPublicKey or 32 bytes of Ed25519.
    raw: Vec<u8>,
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo. `None` for anything but the kinds we know, for points not
    /// on their curve, and for RSA moduli of other sizes than 2048, 3072 and 4096 bits.
    pub fn from_spki(spki: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
        let raw = info.subject_public_key.as_bytes()?;
        let curve = || info.algorithm.parameters?.decode_as::<ObjectIdentifier>().ok();
        let kind = match info.algorithm.oid {
            EC_PUBLIC_KEY => match curve()? {
                P256 => p256::PublicKey::from_sec1_bytes(raw).ok().map(|_| KeyKind::P256)?,
                SM2 => sm2::PublicKey::from_sec1_bytes(raw).ok().map(|_| KeyKind::Sm2)?,
                _ => return None,
            },
            ED25519 => (raw.len() == 32).then_some(KeyKind::Ed25519)?,
            RSA => rsa_kind(raw)?,
            _ => return None,
        };
        Some(Self { kind, spki: spki.to_vec(), raw: raw.to_vec() })
    }

    /// A P-256 or SM2 key from its uncompressed SEC 1 point (65 bytes, `04 ‖ x ‖ y`).
    pub fn from_point(kind: KeyKind, point: &[u8]) -> Option<Self> {
        let curve = match kind {
            KeyKind::P256 => P256,
            KeyKind::Sm2 => SM2,
            _ => return None,
        };
        if point.len() != 65 || point[0] != 4 {
            return None;
        }
        Self::from_spki(&spki_der(EC_PUBLIC_KEY, Some(curve), point)?)
    }

    /// An Ed25519 key from its 32 bytes (RFC 8032 §5.1.5).
    pub fn from_ed25519(bytes: &[u8; 32]) -> Option<Self> {
        Self::from_spki(&spki_der(ED25519, None, bytes)?)
    }

    /// An RSA key from modulus and exponent, both big-endian.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let n = UintRef::new(modulus).ok()?;
        let e = UintRef::new(exponent).ok()?;
        let mut body = n.to_der().ok()?;
        body.extend(e.to_der().ok()?);
        let key = der::asn1::AnyRef::new(der::Tag::Sequence, &body).ok()?.to_der().ok()?;
        let null = der::asn1::AnyRef::NULL;
        let algorithm = spki::AlgorithmIdentifierRef { oid: RSA, parameters: Some(null) };
        let info = SubjectPublicKeyInfoRef {
            algorithm,
            subject_public_key: der::asn1::BitStringRef::from_bytes(&key).ok()?,
        };
        Self::from_spki(&info.to_der().ok()?)
    }

    /// What this key is.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SEC 1 point, PKCS#1 RSAPublicKey or Ed25519 bytes, by kind.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// `x` and `y` of an EC key, 32 bytes each.
    pub fn coordinates(&self) -> Option<(&[u8], &[u8])> {
        (matches!(self.kind, KeyKind::P256 | KeyKind::Sm2) && self.raw.len() == 65)
            .then(|| (&self.raw[1..33], &self.raw[33..65]))
    }

    /// Modulus and exponent of an RSA key, big-endian without leading zeros.
    pub fn rsa_parts(&self) -> Option<(&[u8], &[u8])> {
        matches!(self.kind, KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096)
            .then(|| rsa_parts(&self.raw))?
    }
}

fn spki_der(oid: ObjectIdentifier, curve: Option<ObjectIdentifier>, key: &[u8]) -> Option<Vec<u8>> {
    let parameters = curve.as_ref().map(der::asn1::AnyRef::from);
    let algorithm = spki::AlgorithmIdentifierRef { oid, parameters };
    let subject_public_key = der::asn1::BitStringRef::from_bytes(key).ok()?;
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().ok()
}

fn rsa_parts(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let sequence = der::asn1::AnyRef::from_der(raw).ok()?;
    let mut reader = der::SliceReader::new(sequence.value()).ok()?;
    let n = UintRef::decode(&mut reader).ok()?;
    let e = UintRef::decode(&mut reader).ok()?;
    Some((n.as_bytes(), e.as_bytes()))
}

fn rsa_kind(raw: &[u8]) -> Option<KeyKind> {
    let (n, e) = rsa_parts(raw)?;
    // Exponents above 32 bits only serve to make verification slow.
    let odd = e.last().is_some_and(|last| last & 1 == 1);
    if e.len() > 4 || !odd || n.first().is_none_or(|first| *first < 0x80) {
        return None;
    }
    match n.len() {
        256 => Some(KeyKind::Rsa2048),
        384 => Some(KeyKind::Rsa3072),
        512 => Some(KeyKind::Rsa4096),
        _ => None,
    }
}

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
