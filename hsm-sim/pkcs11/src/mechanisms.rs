//! The mechanisms of every token, as `C_GetMechanismInfo` tells them.

use auth_core::key::KeyKind;
use cryptoki_sys::*;

use crate::answer::Answer;

/// Signs a 32-byte `SM3(Z ‖ M)`.
pub(crate) const CKM_VENDOR_SM2: CK_MECHANISM_TYPE = 0x8000_8000;
/// Generates SM2 pairs.
pub(crate) const CKM_VENDOR_SM2_KEY_PAIR_GEN: CK_MECHANISM_TYPE = 0x8000_8001;
/// Hashes with SM3 and the default identity, and signs.
pub(crate) const CKM_VENDOR_SM3_SM2: CK_MECHANISM_TYPE = 0x8000_8102;
/// SM3 (GB/T 32905).
pub(crate) const CKM_VENDOR_SM3: CK_MECHANISM_TYPE = 0x8000_9000;
/// Generates SM4 keys.
pub(crate) const CKM_VENDOR_SM4_KEY_GEN: CK_MECHANISM_TYPE = 0x8000_A000;
/// SM4-GCM, with `CK_GCM_PARAMS`.
pub(crate) const CKM_VENDOR_SM4_GCM: CK_MECHANISM_TYPE = 0x8000_A001;
/// SM2 keys.
pub(crate) const CKK_VENDOR_SM2: CK_KEY_TYPE = 0x8000_8000;
/// SM4 keys.
pub(crate) const CKK_VENDOR_SM4: CK_KEY_TYPE = 0x8000_A000;

/// All mechanisms.
pub(crate) fn list() -> Vec<CK_MECHANISM_TYPE> {
    TABLE.iter().map(|(mechanism, ..)| *mechanism).collect()
}

/// What is told about one.
pub(crate) fn info(mechanism: CK_MECHANISM_TYPE) -> Answer<CK_MECHANISM_INFO> {
    TABLE
        .iter()
        .find(|(known, ..)| *known == mechanism)
        .map(|(_, smallest, largest, flags)| CK_MECHANISM_INFO {
            ulMinKeySize: *smallest,
            ulMaxKeySize: *largest,
            flags: *flags,
        })
        .ok_or(CKR_MECHANISM_INVALID)
}

/// `CKA_KEY_TYPE` of a kind of key.
pub(crate) const fn key_type(kind: KeyKind) -> CK_KEY_TYPE {
    match kind {
        KeyKind::Aes256 => CKK_AES,
        KeyKind::Ed25519 => CKK_EC_EDWARDS,
        KeyKind::P256 => CKK_EC,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => CKK_RSA,
        KeyKind::Sm2 => CKK_VENDOR_SM2,
        KeyKind::Sm4 => CKK_VENDOR_SM4,
    }
}

/// `CKA_KEY_GEN_MECHANISM` of a kind of key.
pub(crate) const fn generator(kind: KeyKind) -> CK_MECHANISM_TYPE {
    match kind {
        KeyKind::Aes256 => CKM_AES_KEY_GEN,
        KeyKind::Ed25519 => CKM_EC_EDWARDS_KEY_PAIR_GEN,
        KeyKind::P256 => CKM_EC_KEY_PAIR_GEN,
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => CKM_RSA_PKCS_KEY_PAIR_GEN,
        KeyKind::Sm2 => CKM_VENDOR_SM2_KEY_PAIR_GEN,
        KeyKind::Sm4 => CKM_VENDOR_SM4_KEY_GEN,
    }
}

type Row = (CK_MECHANISM_TYPE, CK_ULONG, CK_ULONG, CK_FLAGS);

const PAIR: CK_FLAGS = CKF_HW | CKF_GENERATE_KEY_PAIR;
const SIGN: CK_FLAGS = CKF_HW | CKF_SIGN | CKF_VERIFY;
const SEAL: CK_FLAGS = CKF_HW | CKF_ENCRYPT | CKF_DECRYPT;
const CURVE: CK_FLAGS = CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS;

const TABLE: [Row; 21] = [
    (CKM_RSA_PKCS_KEY_PAIR_GEN, 2048, 4096, PAIR),
    (CKM_RSA_PKCS, 2048, 4096, SIGN),
    (CKM_SHA256_RSA_PKCS, 2048, 4096, SIGN),
    (CKM_RSA_PKCS_PSS, 2048, 4096, SIGN),
    (CKM_SHA256_RSA_PKCS_PSS, 2048, 4096, SIGN),
    (CKM_EC_KEY_PAIR_GEN, 256, 256, PAIR | CURVE),
    (CKM_ECDSA, 256, 256, SIGN | CURVE),
    (CKM_ECDSA_SHA256, 256, 256, SIGN | CURVE),
    (CKM_EC_EDWARDS_KEY_PAIR_GEN, 255, 255, PAIR | CKF_EC_NAMEDCURVE),
    (CKM_EDDSA, 255, 255, SIGN | CKF_EC_NAMEDCURVE),
    (CKM_AES_KEY_GEN, 32, 32, CKF_HW | CKF_GENERATE),
    (CKM_AES_GCM, 32, 32, SEAL),
    (CKM_SHA256, 0, 0, CKF_HW | CKF_DIGEST),
    (CKM_SHA384, 0, 0, CKF_HW | CKF_DIGEST),
    (CKM_SHA512, 0, 0, CKF_HW | CKF_DIGEST),
    (CKM_VENDOR_SM2_KEY_PAIR_GEN, 256, 256, PAIR | CURVE),
    (CKM_VENDOR_SM2, 256, 256, SIGN | CURVE),
    (CKM_VENDOR_SM3_SM2, 256, 256, SIGN | CURVE),
    (CKM_VENDOR_SM3, 0, 0, CKF_HW | CKF_DIGEST),
    (CKM_VENDOR_SM4_KEY_GEN, 16, 16, CKF_HW | CKF_GENERATE),
    (CKM_VENDOR_SM4_GCM, 16, 16, SEAL),
];
