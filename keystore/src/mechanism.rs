//! Which mechanism does what on this token, and the proof that it did it right.

use auth_core::key::{
    KeyError, KeyKind, PublicKey, SignatureAlgorithm, ToSign, sm2_digest, verify,
};
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use cryptoki::types::Ulong;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use sha2::{Digest, Sha256};

use crate::VendorCodes;
use crate::objects::Found;
use crate::session::Trouble;

/// The mechanisms of one token.
#[derive(Clone, Debug)]
pub(crate) struct Abilities {
    known: Vec<MechanismType>,
    pub(crate) codes: VendorCodes,
}

impl Abilities {
    /// Asks the token. Vendor-defined mechanisms are asked for one by one: the list of the client
    /// library leaves them out.
    pub(crate) fn read(module: &Pkcs11, slot: Slot, codes: VendorCodes) -> Result<Self, Trouble> {
        let mut known = module.get_mechanism_list(slot)?;
        let vendor =
            [codes.sm2_key_pair_gen, codes.sm2_sign_digest, codes.sm4_key_gen, codes.sm4_gcm];
        for code in vendor.into_iter().flatten() {
            if let Ok(mechanism) = MechanismType::new_vendor_defined(code)
                && module.get_mechanism_info(slot, mechanism).is_ok()
            {
                known.push(mechanism);
            }
        }
        Ok(Self { known, codes })
    }

    fn has(&self, mechanism: MechanismType) -> bool {
        self.known.contains(&mechanism)
    }

    fn vendor(&self, code: Option<u64>) -> Option<MechanismType> {
        MechanismType::new_vendor_defined(code?).ok().filter(|mechanism| self.has(*mechanism))
    }

    /// Kinds of key that can be generated and used here.
    pub(crate) fn kinds(&self) -> Vec<KeyKind> {
        ALL_KINDS.into_iter().filter(|kind| self.generator(*kind).is_ok()).collect()
    }

    /// Algorithms that can sign here.
    pub(crate) fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let kinds = self.kinds();
        ALL_ALGORITHMS
            .into_iter()
            .filter(|algorithm| kinds.iter().any(|kind| algorithm.fits(*kind)))
            .filter(|algorithm| match algorithm {
                SignatureAlgorithm::Ps256 => self.has(MechanismType::RSA_PKCS_PSS),
                SignatureAlgorithm::Rs256 => self.has(MechanismType::RSA_PKCS),
                _ => true,
            })
            .collect()
    }

    /// The mechanism that generates a kind, if it and the one that uses the key are there.
    pub(crate) fn generator(&self, kind: KeyKind) -> Result<Mechanism<'static>, KeyError> {
        let both =
            |makes, uses, mechanism| (self.has(makes) && self.has(uses)).then_some(mechanism);
        let vendor = |makes, uses| {
            self.vendor(uses)?;
            Some(Mechanism::VendorDefined(VendorDefinedMechanism::new::<()>(
                self.vendor(makes)?,
                None,
            )))
        };
        let codes = &self.codes;
        match kind {
            KeyKind::Aes256 => {
                both(MechanismType::AES_KEY_GEN, MechanismType::AES_GCM, Mechanism::AesKeyGen)
            }
            KeyKind::Ed25519 => both(
                MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
                MechanismType::EDDSA,
                Mechanism::EccEdwardsKeyPairGen,
            ),
            KeyKind::P256 => both(
                MechanismType::ECC_KEY_PAIR_GEN,
                MechanismType::ECDSA,
                Mechanism::EccKeyPairGen,
            ),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => both(
                MechanismType::RSA_PKCS_KEY_PAIR_GEN,
                MechanismType::RSA_PKCS,
                Mechanism::RsaPkcsKeyPairGen,
            ),
            KeyKind::Sm2 => vendor(codes.sm2_key_pair_gen, codes.sm2_sign_digest),
            KeyKind::Sm4 => vendor(codes.sm4_key_gen, codes.sm4_gcm),
        }
        .ok_or_else(|| KeyError::Unsupported(format!("{kind:?} keys on this token")))
    }

    /// Signs and verifies: a signature that does not belong to key and message never leaves.
    pub(crate) fn sign(
        &self,
        session: &Session,
        key: &Found,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, Trouble> {
        let public = key.public.as_ref().filter(|public| algorithm.fits(public.kind()));
        let public = public.ok_or_else(|| {
            KeyError::Refused(format!("the key cannot sign {}", algorithm.jose()))
        })?;
        let (mechanism, bytes) = self.plan(public, algorithm, input)?;
        let signature = session.sign(&mechanism, key.handle, &bytes)?;
        if !proves(public, algorithm, input, &signature) {
            tracing::error!(
                algorithm = algorithm.jose(),
                "the keystore returned a signature that does not verify; it was withheld"
            );
            let detail = "the device returned a signature that does not verify".to_owned();
            return Err(KeyError::Unavailable(detail).into());
        }
        Ok(signature)
    }

    /// Mechanism and the bytes to give it. The token hashes short messages where it can; longer
    /// ones are hashed here rather than carried over.
    fn plan(
        &self,
        public: &PublicKey,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<(Mechanism<'static>, Vec<u8>), KeyError> {
        let whole = |mechanism, hashing| match input {
            ToSign::Message(message) if message.len() <= CARRIED && self.has(hashing) => {
                Some((mechanism, message.to_vec()))
            }
            _ => None,
        };
        let digest = || match input {
            ToSign::Digest(digest) => *digest,
            ToSign::Message(message) => Sha256::digest(message).into(),
        };
        let plan = match algorithm {
            SignatureAlgorithm::EdDsa => match input {
                ToSign::Message(message) => {
                    let scheme = EddsaParams::new(EddsaSignatureScheme::Ed25519);
                    Some((Mechanism::Eddsa(scheme), message.to_vec()))
                }
                ToSign::Digest(_) => {
                    let detail = "Ed25519 signs messages, not digests".to_owned();
                    return Err(KeyError::Refused(detail));
                }
            },
            SignatureAlgorithm::Es256 => whole(Mechanism::EcdsaSha256, MechanismType::ECDSA_SHA256)
                .or_else(|| Some((Mechanism::Ecdsa, digest().to_vec()))),
            SignatureAlgorithm::Rs256 => {
                whole(Mechanism::Sha256RsaPkcs, MechanismType::SHA256_RSA_PKCS).or_else(|| {
                    Some((Mechanism::RsaPkcs, [SHA256_DIGEST_INFO, &digest()].concat()))
                })
            }
            SignatureAlgorithm::Ps256 => {
                whole(Mechanism::Sha256RsaPkcsPss(PSS), MechanismType::SHA256_RSA_PKCS_PSS)
                    .or_else(|| Some((Mechanism::RsaPkcsPss(PSS), digest().to_vec())))
            }
            SignatureAlgorithm::Sm2Sm3 => {
                let hash = match input {
                    ToSign::Digest(digest) => Some(*digest),
                    ToSign::Message(message) => sm2_digest(public, message),
                };
                self.vendor(self.codes.sm2_sign_digest).zip(hash).map(|(code, hash)| {
                    let mechanism = VendorDefinedMechanism::new::<()>(code, None);
                    (Mechanism::VendorDefined(mechanism), hash.to_vec())
                })
            }
        };
        plan.ok_or_else(|| KeyError::Unsupported(algorithm.jose().to_owned()))
    }

    /// Encrypts with an authenticated cipher: ciphertext ‖ tag.
    pub(crate) fn encrypt(
        &self,
        session: &Session,
        key: &Found,
        mut nonce: [u8; 12],
        secret: &[u8],
        context: &[u8],
    ) -> Result<Vec<u8>, Trouble> {
        let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
        self.with_gcm(key.kind, params, |mechanism| {
            Ok(session.encrypt(mechanism, key.handle, secret)?)
        })
    }

    /// Reverses [`Abilities::encrypt`].
    pub(crate) fn decrypt(
        &self,
        session: &Session,
        key: &Found,
        mut nonce: [u8; 12],
        sealed: &[u8],
        context: &[u8],
    ) -> Result<Vec<u8>, Trouble> {
        let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
        self.with_gcm(key.kind, params, |mechanism| {
            session.decrypt(mechanism, key.handle, sealed).map_err(|error| match error {
                // Modules disagree on how to say that a tag does not match; SoftHSM says this.
                Error::Pkcs11(RvError::GeneralError, _) => {
                    KeyError::Refused("wrapped under another key or context".to_owned()).into()
                }
                error => error.into(),
            })
        })
    }

    /// AES-GCM, or SM4-GCM under the vendor's number. Nothing unauthenticated ever wraps.
    fn with_gcm<T>(
        &self,
        kind: KeyKind,
        params: GcmParams<'_>,
        work: impl FnOnce(&Mechanism<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match kind {
            KeyKind::Aes256 if self.has(MechanismType::AES_GCM) => work(&Mechanism::AesGcm(params)),
            KeyKind::Sm4 => {
                let code = self.vendor(self.codes.sm4_gcm);
                let code = code.ok_or_else(|| KeyError::Unsupported("SM4-GCM".to_owned()))?;
                let mechanism = VendorDefinedMechanism::new(code, Some(&params));
                work(&Mechanism::VendorDefined(mechanism))
            }
            _ => Err(KeyError::Refused("the key does not wrap secrets".to_owned()).into()),
        }
    }
}

/// Whether the signature belongs to key and message.
fn proves(
    public: &PublicKey,
    algorithm: SignatureAlgorithm,
    input: ToSign<'_>,
    signature: &[u8],
) -> bool {
    match (algorithm, input) {
        (SignatureAlgorithm::Ps256 | SignatureAlgorithm::Rs256, ToSign::Digest(digest)) => {
            let Some((n, e)) = public.rsa_parts() else { return false };
            let n = BoxedUint::from_be_slice_vartime(n);
            let e = BoxedUint::from_be_slice_vartime(e);
            let Ok(key) = rsa::PublicKey::new(n, e) else { return false };
            if algorithm == SignatureAlgorithm::Ps256 {
                key.verify(Pss::<Sha256>::new_with_salt(SALT), digest, signature).is_ok()
            } else {
                key.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature).is_ok()
            }
        }
        _ => verify(public, algorithm, input, signature).is_ok(),
    }
}

/// RFC 8017 §9.2, note 1.
const SHA256_DIGEST_INFO: &[u8] = &[
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Longest message that is carried to the token for hashing.
const CARRIED: usize = 64 * 1024;

const SALT: usize = 32;

const PSS: PkcsPssParams = PkcsPssParams {
    hash_alg: MechanismType::SHA256,
    mgf: PkcsMgfType::MGF1_SHA256,
    s_len: Ulong::new(SALT as u64),
};

const TAG_BITS: u64 = 128;

const ALL_KINDS: [KeyKind; 8] = [
    KeyKind::Aes256,
    KeyKind::Ed25519,
    KeyKind::P256,
    KeyKind::Rsa2048,
    KeyKind::Rsa3072,
    KeyKind::Rsa4096,
    KeyKind::Sm2,
    KeyKind::Sm4,
];

const ALL_ALGORITHMS: [SignatureAlgorithm; 5] = [
    SignatureAlgorithm::EdDsa,
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Rs256,
    SignatureAlgorithm::Sm2Sm3,
];
