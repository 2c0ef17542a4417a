//! COSE_Sign1 (RFC 9052 §4.2), tagged 18, as narrow as our statements need it.

use auth_core::key::{
    BadSignature, KeyError, PublicKey, SignatureAlgorithm, Signer, ToSign, verify,
};
use sha2::{Digest, Sha256};

use super::cbor::{CborError, Item, encode};

/// A signed message taken apart, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign1<'a> {
    protected: &'a [u8],
    algorithm: SignatureAlgorithm,
    kid: Vec<u8>,
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Sign1<'a> {
    /// Takes a tagged COSE_Sign1 apart.
    ///
    /// The algorithm counts only in the protected header; `crit` is refused, since no extension is
    /// understood; a `kid` may stand in either header, the protected one wins (as in HCERT).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CoseError> {
        let Item::Tag(TAG, inner) = Item::decode(bytes)? else { return Err(CoseError::Form) };
        let Item::Array(parts) = *inner else { return Err(CoseError::Form) };
        let Ok([protected, unprotected, payload, signature]) = <[Item<'_>; 4]>::try_from(parts)
        else {
            return Err(CoseError::Form);
        };
        let (Item::Bytes(protected), Item::Map(_), Item::Bytes(payload), Item::Bytes(signature)) =
            (protected, &unprotected, payload, signature)
        else {
            return Err(CoseError::Form);
        };
        let header = Item::decode(protected)?;
        if !matches!(header, Item::Map(_)) {
            return Err(CoseError::Form);
        }
        if [&header, &unprotected].iter().any(|map| map.member(CRIT).is_some()) {
            return Err(CoseError::Critical);
        }
        let algorithm = header.member(ALG).and_then(Item::as_int).and_then(from_cose);
        let kid = header.member(KID).or_else(|| unprotected.member(KID));
        Ok(Self {
            protected,
            algorithm: algorithm.ok_or(CoseError::Algorithm)?,
            kid: kid.and_then(Item::as_bytes).ok_or(CoseError::Form)?.to_vec(),
            payload,
            signature,
        })
    }

    /// The key id, unverified: use it to choose keys, nothing else. Several may share it.
    pub fn kid(&self) -> &[u8] {
        &self.kid
    }

    /// The algorithm the signer named in the protected header.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Verifies with the key and the algorithm that the caller holds for it; gives the payload.
    pub fn verify(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<&'a [u8], BadSignature> {
        if algorithm != self.algorithm {
            return Err(BadSignature);
        }
        let signed = to_be_signed(self.protected, self.payload);
        verify(key, algorithm, ToSign::Message(&signed), self.signature)?;
        Ok(self.payload)
    }
}

/// Signs a payload. The `kid` is that of the signer's certificate.
pub async fn sign(signer: &Signer, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
    let refused = |what: &str| KeyError::Refused(what.to_owned());
    let alg = to_cose(signer.algorithm()).ok_or_else(|| refused("no COSE algorithm"))?;
    let leaf = signer.chain().first().ok_or_else(|| refused("no certificate"))?;
    let kid = short_kid(leaf);
    let protected = encode(&Item::Map(vec![
        (Item::Int(ALG), Item::Int(alg)),
        (Item::Int(KID), Item::Bytes(&kid)),
    ]));
    let signature = signer.sign(ToSign::Message(&to_be_signed(&protected, payload))).await?;
    let parts = vec![
        Item::Bytes(&protected),
        Item::Map(Vec::new()),
        Item::Bytes(payload),
        Item::Bytes(&signature),
    ];
    Ok(encode(&Item::Tag(TAG, Box::new(Item::Array(parts)))))
}

/// First eight bytes of SHA-256 over the DER certificate, as HCERT identifies keys.
pub fn short_kid(certificate: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(certificate).into();
    let mut kid = [0; 8];
    kid.copy_from_slice(digest.split_at(8).0);
    kid
}

/// `Sig_structure` (RFC 9052 §4.4) with empty external data: exactly the bytes that are signed.
pub fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    encode(&Item::Array(vec![
        Item::Text("Signature1"),
        Item::Bytes(protected),
        Item::Bytes(&[]),
        Item::Bytes(payload),
    ]))
}

const fn to_cose(algorithm: SignatureAlgorithm) -> Option<i64> {
    match algorithm {
        SignatureAlgorithm::EdDsa => Some(-8),
        SignatureAlgorithm::Es256 => Some(-7),
        SignatureAlgorithm::Ps256 => Some(-37),
        SignatureAlgorithm::Rs256 => None,
        SignatureAlgorithm::Sm2Sm3 => Some(ALG_SM2),
    }
}

fn from_cose(alg: i64) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm::{EdDsa, Es256, Ps256, Sm2Sm3};
    [EdDsa, Es256, Ps256, Sm2Sm3].into_iter().find(|known| to_cose(*known) == Some(alg))
}

/// Why a COSE message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// No known algorithm in the protected header.
    #[error("no accepted algorithm in the protected header")]
    Algorithm,
    /// Not strict CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// `crit`: an extension is asked for.
    #[error("a critical header is not understood")]
    Critical,
    /// Not a tagged COSE_Sign1 with a `kid`.
    #[error("not a COSE_Sign1 message")]
    Form,
}

const TAG: u64 = 18;
const ALG: i64 = 1;
const CRIT: i64 = 2;
const KID: i64 = 4;

/// SM2 with SM3 and the default identity (GB/T 32918.2). COSE has no registered number for it;
/// this one is from the private-use range (below −65536, RFC 9053 §11.2) and is written down in
/// `docs/integrate` for other verifiers.
pub const ALG_SM2: i64 = -65_538;
