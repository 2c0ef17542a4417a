//! Digests of content: what is hashed before a signature is made or checked.

use auth_core::key::SignatureAlgorithm;
use pki::{
    algorithm::Scheme,
    asn1::{self, Asn1Error, Reader, tag},
    oid::{self, ObjectIdentifier},
};
use sha2::Digest as _;

/// A hash of content. SHA-1 and MD5 do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384: verified, never made.
    Sha384,
    /// SHA-512: verified, never made.
    Sha512,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl DigestAlgorithm {
    /// The hash that goes with a signer's algorithm; `None` for Ed25519.
    pub const fn of(algorithm: SignatureAlgorithm) -> Option<Self> {
        match algorithm {
            SignatureAlgorithm::EdDsa => None,
            SignatureAlgorithm::Es256 | SignatureAlgorithm::Ps256 | SignatureAlgorithm::Rs256 => {
                Some(Self::Sha256)
            }
            SignatureAlgorithm::Sm2Sm3 => Some(Self::Sm3),
        }
    }

    /// The digest of all of `content`.
    pub fn digest(self, content: &[u8]) -> Vec<u8> {
        let mut hasher = Hasher::new(self);
        hasher.update(content);
        hasher.finish().value
    }

    /// The AlgorithmIdentifier: parameters left out (RFC 5754 §2).
    pub(super) fn identifier(self) -> Vec<u8> {
        asn1::sequence([asn1::oid(&self.oid())])
    }

    /// Reads an AlgorithmIdentifier's contents; `None` for hashes that are not accepted.
    pub(super) fn from_identifier(contents: &[u8]) -> Result<Option<Self>, Asn1Error> {
        let mut reader = Reader::new(contents);
        let name = reader.oid()?;
        if reader.optional(tag::NULL)?.is_some_and(|null| !null.is_empty()) {
            return Err(Asn1Error::Value("null"));
        }
        reader.finish()?;
        let all = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sm3];
        Ok(all.into_iter().find(|known| known.oid().as_bytes() == name))
    }

    /// Whether a signature scheme hashes with this (RFC 8933 §3: one hash for both).
    pub(super) const fn fits(self, scheme: Scheme) -> bool {
        matches!(
            (self, scheme),
            (Self::Sha256, Scheme::EcdsaSha256 | Scheme::PssSha256 | Scheme::RsaSha256)
                | (Self::Sha384, Scheme::EcdsaSha384 | Scheme::PssSha384 | Scheme::RsaSha384)
                | (Self::Sha512, Scheme::Ed25519 | Scheme::PssSha512 | Scheme::RsaSha512)
                | (Self::Sm3, Scheme::Sm2Sm3)
        )
    }

    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
            Self::Sm3 => oid::SM3,
        }
    }
}

/// A finished digest, and of which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digested {
    /// The hash.
    pub algorithm: DigestAlgorithm,
    /// Its value.
    pub value: Vec<u8>,
}

impl Digested {
    /// Digests all of `content`.
    pub fn of(algorithm: DigestAlgorithm, content: &[u8]) -> Self {
        Self { algorithm, value: algorithm.digest(content) }
    }
}

/// Digests content that comes in pieces.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Sm3(sm3::Sm3),
}

impl Hasher {
    /// An empty digest.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            DigestAlgorithm::Sha384 => State::Sha384(sha2::Sha384::new()),
            DigestAlgorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
            DigestAlgorithm::Sm3 => State::Sm3(sm3::Sm3::new()),
        })
    }

    /// Adds a piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(piece),
            State::Sha384(state) => state.update(piece),
            State::Sha512(state) => state.update(piece),
            State::Sm3(state) => state.update(piece),
        }
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digested {
        let (algorithm, value) = match self.0 {
            State::Sha256(state) => (DigestAlgorithm::Sha256, state.finalize().to_vec()),
            State::Sha384(state) => (DigestAlgorithm::Sha384, state.finalize().to_vec()),
            State::Sha512(state) => (DigestAlgorithm::Sha512, state.finalize().to_vec()),
            State::Sm3(state) => (DigestAlgorithm::Sm3, state.finalize().to_vec()),
        };
        Digested { algorithm, value }
    }
}
