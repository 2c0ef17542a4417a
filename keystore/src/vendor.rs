//! Numbers of SM2 and SM4 in PKCS#11: no standard has them, every vendor chose its own.

use serde::{Deserialize, Serialize};

/// The vendor-defined codes of one PKCS#11 module. An absent code is an ability that module lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VendorCodes {
    /// `CKK_` of SM2 keys.
    pub sm2_key_type: Option<u64>,
    /// `CKM_` that generates SM2 pairs.
    pub sm2_key_pair_gen: Option<u64>,
    /// `CKM_` that signs a 32-byte `SM3(Z ‖ M)` and answers `r ‖ s`.
    pub sm2_sign_digest: Option<u64>,
    /// `CKK_` of SM4 keys.
    pub sm4_key_type: Option<u64>,
    /// `CKM_` that generates SM4 keys.
    pub sm4_key_gen: Option<u64>,
    /// `CKM_` of SM4-GCM, taking `CK_GCM_PARAMS`.
    pub sm4_gcm: Option<u64>,
}

impl VendorCodes {
    /// Those of `libhsm_sim.so`: for SM2 the numbers of a public Chinese vendor header
    /// (`swpkcs11.h`), for SM4 our own. Listed in `hsm-sim/pkcs11`.
    pub const HSM_SIM: Self = Self {
        sm2_key_type: Some(0x8000_8000),
        sm2_key_pair_gen: Some(0x8000_8001),
        sm2_sign_digest: Some(0x8000_8000),
        sm4_key_type: Some(0x8000_A000),
        sm4_key_gen: Some(0x8000_A000),
        sm4_gcm: Some(0x8000_A001),
    };
}
