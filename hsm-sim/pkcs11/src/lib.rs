//! hsm-sim-pkcs11
