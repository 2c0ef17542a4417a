//! Return codes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cryptoki_sys::*;
use token::TokenError;

/// What a function ends with: `Err` holds the return code.
pub(crate) type Answer<T = ()> = Result<T, CK_RV>;

/// Runs the body of a C function; a panic must not cross into C.
pub(crate) fn answer(body: impl FnOnce() -> Answer) -> CK_RV {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => CKR_OK,
        Ok(Err(code)) => code,
        Err(_) => CKR_GENERAL_ERROR,
    }
}

/// The return code for an error of the token, for `map_err`.
#[allow(clippy::needless_pass_by_value, reason = "map_err passes by value")]
pub(crate) fn coded(error: TokenError) -> CK_RV {
    match error {
        TokenError::Corrupt { .. } | TokenError::Io { .. } => CKR_DEVICE_ERROR,
        TokenError::Exists(_) | TokenError::Refused(_) => CKR_FUNCTION_FAILED,
        TokenError::Missing(_) => CKR_TOKEN_NOT_PRESENT,
        TokenError::PinIncorrect { .. } => CKR_PIN_INCORRECT,
        TokenError::PinLength => CKR_PIN_LEN_RANGE,
        TokenError::PinLocked => CKR_PIN_LOCKED,
        TokenError::PinUnset => CKR_USER_PIN_NOT_INITIALIZED,
        TokenError::SelfTest(_) => CKR_FIPS_SELF_TEST_FAILED,
        TokenError::Unsupported(_) => CKR_MECHANISM_INVALID,
    }
}
