//! Signature algorithms as certificates, lists and CMS name them.

use auth_core::key::{
    self, BadSignature, KeyError, KeyKind, PublicKey, SignatureAlgorithm, Signer, ToSign,
    ecdsa_from_der, ecdsa_to_der,
};
use const_oid::ObjectIdentifier;
use ring::signature as ring_sig;

use crate::{
    asn1::{self, Asn1Error, Reader, tag},
    oid,
};

/// A signature algorithm with its hash, as far as signatures of others are verified here. Weaker
/// ones (SHA-1, MD5, DSA) do not exist for us: what they signed is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA with SHA-256.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
    /// Ed25519.
    Ed25519,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    PssSha256,
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    PssSha384,
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    PssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// SM2 with SM3 and the default identity.
    Sm2Sm3,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier's contents; `None` for algorithms that are not supported.
    pub fn from_identifier(contents: &[u8]) -> Result<Option<Self>, Asn1Error> {
        let mut reader = Reader::new(contents);
        let name = reader.oid()?;
        let parameters = if reader.is_empty() { None } else { Some(reader.any()?.raw) };
        reader.finish()?;
        if name == oid::RSASSA_PSS.as_bytes() {
            let same = |scheme: &Self| parameters == Some(&pss_parameters(*scheme)[..]);
            return Ok([Self::PssSha256, Self::PssSha384, Self::PssSha512].into_iter().find(same));
        }
        let known = PLAIN.iter().find(|(id, ..)| id.as_bytes() == name);
        let fits = |null: bool| parameters.is_none_or(|found| null && found == [tag::NULL, 0]);
        Ok(known.filter(|(_, null, _)| fits(*null)).map(|(.., scheme)| *scheme))
    }

    /// Verifies a signature in the form that X.509 and CMS carry.
    pub fn verify(
        self,
        key: &SubjectKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let ring = |algorithm: &'static dyn ring_sig::VerificationAlgorithm| {
            let key = ring_sig::UnparsedPublicKey::new(algorithm, key.raw());
            key.verify(message, signature).map_err(|_| BadSignature)
        };
        match (self, key) {
            (Self::EcdsaSha256 | Self::Sm2Sm3, SubjectKey::Known(public)) => {
                let ours = match self {
                    Self::Sm2Sm3 => SignatureAlgorithm::Sm2Sm3,
                    _ => SignatureAlgorithm::Es256,
                };
                let raw = ecdsa_from_der(signature).ok_or(BadSignature)?;
                key::verify(public, ours, ToSign::Message(message), &raw)
            }
            (Self::EcdsaSha256, SubjectKey::P384(_)) => ring(&ring_sig::ECDSA_P384_SHA256_ASN1),
            (Self::EcdsaSha384, SubjectKey::P384(_)) => ring(&ring_sig::ECDSA_P384_SHA384_ASN1),
            (Self::EcdsaSha384, _) if key.kind() == Some(KeyKind::P256) => {
                ring(&ring_sig::ECDSA_P256_SHA384_ASN1)
            }
            (Self::Ed25519, _) if key.kind() == Some(KeyKind::Ed25519) => ring(&ring_sig::ED25519),
            (_, SubjectKey::Known(_)) if key.is_rsa() => ring(self.rsa().ok_or(BadSignature)?),
            _ => Err(BadSignature),
        }
    }

    /// Stable name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaSha256 => "ECDSA-SHA256",
            Self::EcdsaSha384 => "ECDSA-SHA384",
            Self::Ed25519 => "Ed25519",
            Self::PssSha256 => "RSA-PSS-SHA256",
            Self::PssSha384 => "RSA-PSS-SHA384",
            Self::PssSha512 => "RSA-PSS-SHA512",
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaSha384 => "RSA-SHA384",
            Self::RsaSha512 => "RSA-SHA512",
            Self::Sm2Sm3 => "SM2-SM3",
        }
    }

    fn rsa(self) -> Option<&'static dyn ring_sig::VerificationAlgorithm> {
        match self {
            Self::PssSha256 => Some(&ring_sig::RSA_PSS_2048_8192_SHA256),
            Self::PssSha384 => Some(&ring_sig::RSA_PSS_2048_8192_SHA384),
            Self::PssSha512 => Some(&ring_sig::RSA_PSS_2048_8192_SHA512),
            Self::RsaSha256 => Some(&ring_sig::RSA_PKCS1_2048_8192_SHA256),
            Self::RsaSha384 => Some(&ring_sig::RSA_PKCS1_2048_8192_SHA384),
            Self::RsaSha512 => Some(&ring_sig::RSA_PKCS1_2048_8192_SHA512),
            _ => None,
        }
    }
}

impl From<SignatureAlgorithm> for Scheme {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::EdDsa => Self::Ed25519,
            SignatureAlgorithm::Es256 => Self::EcdsaSha256,
            SignatureAlgorithm::Ps256 => Self::PssSha256,
            SignatureAlgorithm::Rs256 => Self::RsaSha256,
            SignatureAlgorithm::Sm2Sm3 => Self::Sm2Sm3,
        }
    }
}

/// A certified key that can verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectKey {
    /// A key of a kind that our keystores make.
    Known(PublicKey),
    /// An uncompressed point on P-384: common in authorities of others, never made here.
    P384(Vec<u8>),
}

impl SubjectKey {
    /// Reads a SubjectPublicKeyInfo; `None` for kinds that are not supported.
    pub fn from_spki(spki: &[u8]) -> Option<Self> {
        PublicKey::from_spki(spki).map(Self::Known).or_else(|| {
            let mut info = Reader::only(spki, tag::SEQUENCE).ok()?;
            let algorithm = info.element(tag::SEQUENCE).ok()?.raw;
            let point = info.bit_octets().ok()?;
            info.finish().ok()?;
            let p384 = asn1::sequence([asn1::oid(&oid::EC_PUBLIC_KEY), asn1::oid(&oid::SECP384R1)]);
            // ring checks that the point is on the curve when it verifies.
            (algorithm == p384 && point.len() == 97).then(|| Self::P384(point.to_vec()))
        })
    }

    /// Its kind, when our keystores know it.
    pub const fn kind(&self) -> Option<KeyKind> {
        match self {
            Self::Known(public) => Some(public.kind()),
            Self::P384(_) => None,
        }
    }

    fn raw(&self) -> &[u8] {
        match self {
            Self::Known(public) => public.raw(),
            Self::P384(point) => point,
        }
    }

    const fn is_rsa(&self) -> bool {
        matches!(self.kind(), Some(KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096))
    }
}

impl From<PublicKey> for SubjectKey {
    fn from(public: PublicKey) -> Self {
        Self::Known(public)
    }
}

/// The AlgorithmIdentifier, as one DER element, that what is signed so carries.
///
/// RFC 5758 §3.2 (ECDSA: no parameters), RFC 4055 §5 (RSA: NULL) and §3.1 (PSS), RFC 8410 §3,
/// GM/T 0015 (SM2: no parameters).
pub fn identifier(algorithm: SignatureAlgorithm) -> Vec<u8> {
    match algorithm {
        SignatureAlgorithm::EdDsa => asn1::sequence([asn1::oid(&oid::ED25519)]),
        SignatureAlgorithm::Es256 => asn1::sequence([asn1::oid(&oid::ECDSA_SHA256)]),
        SignatureAlgorithm::Ps256 => {
            asn1::sequence([asn1::oid(&oid::RSASSA_PSS), pss_parameters(Scheme::PssSha256)])
        }
        SignatureAlgorithm::Rs256 => asn1::sequence([asn1::oid(&oid::RSA_SHA256), asn1::null()]),
        SignatureAlgorithm::Sm2Sm3 => asn1::sequence([asn1::oid(&oid::SM2_SM3)]),
    }
}

/// Signs a message; ECDSA and SM2 values come as DER, as X.509 and CMS carry them.
pub async fn sign(signer: &Signer, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let raw = signer.sign(ToSign::Message(message)).await?;
    match signer.algorithm() {
        SignatureAlgorithm::Es256 | SignatureAlgorithm::Sm2Sm3 => {
            let wrong = || KeyError::Unavailable("signature of wrong length".to_owned());
            ecdsa_to_der(&raw).ok_or_else(wrong)
        }
        SignatureAlgorithm::EdDsa | SignatureAlgorithm::Ps256 | SignatureAlgorithm::Rs256 => {
            Ok(raw)
        }
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1): one hash throughout, a salt as long as the hash.
fn pss_parameters(scheme: Scheme) -> Vec<u8> {
    let (hash, salt) = match scheme {
        Scheme::PssSha384 => (oid::SHA384, 48),
        Scheme::PssSha512 => (oid::SHA512, 64),
        _ => (oid::SHA256, 32),
    };
    let hash = asn1::sequence([asn1::oid(&hash), asn1::null()]);
    let mask = asn1::sequence([asn1::oid(&oid::MGF1), hash.clone()]);
    asn1::sequence([
        asn1::context(0, [hash]),
        asn1::context(1, [mask]),
        asn1::context(2, [asn1::small_integer(salt)]),
    ])
}

/// Algorithms without parameters, or with NULL where `true`: RFC 4055 §5 tells readers to take both
/// for RSA, and authorities differ for SM2.
const PLAIN: [(ObjectIdentifier, bool, Scheme); 7] = [
    (oid::ECDSA_SHA256, false, Scheme::EcdsaSha256),
    (oid::ECDSA_SHA384, false, Scheme::EcdsaSha384),
    (oid::ED25519, false, Scheme::Ed25519),
    (oid::RSA_SHA256, true, Scheme::RsaSha256),
    (oid::RSA_SHA384, true, Scheme::RsaSha384),
    (oid::RSA_SHA512, true, Scheme::RsaSha512),
    (oid::SM2_SM3, true, Scheme::Sm2Sm3),
];
