//! The C functions, by group. Each reads its arguments, does its work on a session, and answers a
//! return code; see PKCS#11 2.40 §5 for what each means.

pub(crate) mod digesting;
pub(crate) mod general;
pub(crate) mod keys;
pub(crate) mod objects;
pub(crate) mod sealing;
pub(crate) mod sessions;
pub(crate) mod signing;
pub(crate) mod slots;
pub(crate) mod unsupported;
pub(crate) mod verifying;
