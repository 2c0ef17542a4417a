//! `libhsm_sim.so`: the tokens of `hsm-sim` behind PKCS#11 2.40 and 3.0.
//!
//! The environment variable `HSM_SIM_DIR` names the directory of tokens; without it
//! `C_Initialize` fails with `CKR_FUNCTION_FAILED`. Slot numbers are those of the directory
//! (`slot-0`, …), followed by one empty slot that `C_InitToken` fills.
//!
//! | key | `CKK_` | mechanisms |
//! | --- | --- | --- |
//! | P-256 | `EC` | `EC_KEY_PAIR_GEN`, `ECDSA`, `ECDSA_SHA256` (the fast one) |
//! | Ed25519 | `EC_EDWARDS` | `EC_EDWARDS_KEY_PAIR_GEN`, `EDDSA` |
//! | RSA 2048, 3072, 4096 | `RSA` | `RSA_PKCS_KEY_PAIR_GEN`, `RSA_PKCS`, `SHA256_RSA_PKCS`, `RSA_PKCS_PSS`, `SHA256_RSA_PKCS_PSS` |
//! | AES-256 | `AES` | `AES_KEY_GEN`, `AES_GCM` (12-byte IV, 128-bit tag) |
//! | SM2 | 0x80008000 | 0x80008001 generates, 0x80008000 signs `SM3(Z ‖ M)`, 0x80008102 hashes with the default identity and signs; signatures are `r ‖ s` |
//! | SM4 | 0x8000A000 | 0x8000A000 generates, 0x8000A001 is GCM with `CK_GCM_PARAMS` |
//!
//! Digests: `SHA256`, `SHA384`, `SHA512`, SM3 as 0x80009000. The SM2 and SM3 numbers are those of
//! a public Chinese vendor header; the standard has none.
//!
//! Private and secret keys are sensitive and not extractable whatever a template says: one that
//! asks otherwise is refused, as is one that both wraps and decrypts. No key comes in
//! (`C_CreateObject`, `C_UnwrapKey`) and none goes out (`C_WrapKey`). Five wrong PINs lock. At most
//! 256 sessions are open. After `fork` a child must call `C_Initialize` again.
//!
//! Functions without a use here answer `CKR_FUNCTION_NOT_SUPPORTED`; no pointer of any table is
//! null. To add a mechanism: a row in `mechanisms`, and a `Scheme` in `scheme` if it signs.

#![allow(non_snake_case, reason = "PKCS#11 names its functions so")]

mod answer;
mod attributes;
mod fns;
mod hash;
mod held;
mod mechanisms;
mod memory;
mod module;
mod scheme;
mod session;
mod table;
mod template;

pub use table::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};
