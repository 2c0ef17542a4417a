//! Drivers to real keys: the kernel's [`Keystore`](auth_core::key::Keystore) port over PKCS#11.
//!
//! [`Pkcs11`] opens one token of one module, logs in once, and keeps a pool of sessions on threads
//! of their own behind a bounded queue with a deadline. It never gives a refused PIN a second try,
//! never lets out a signature it has not verified, and refuses keys that could leave their token or
//! that share their label with another.
//!
//! It refuses to hold keys itself, to hash what the token should not see hashed elsewhere, and to
//! wrap secrets under anything unauthenticated: without `CKM_AES_GCM` (or a vendor's SM4-GCM) a
//! token has no wrapping keys.
//!
//! To add another vendor's SM2: write its numbers into [`VendorCodes`]; nothing else changes. To
//! add another driver (SDF, GM/T 0018): a module beside `pkcs11`, sharing the pool.

mod config;
mod life;
mod mechanism;
mod objects;
mod pkcs11;
mod pool;
mod session;
mod vendor;

pub use config::{BadConfig, Pkcs11Config};
pub use objects::Finding;
pub use pkcs11::Pkcs11;
pub use vendor::VendorCodes;
