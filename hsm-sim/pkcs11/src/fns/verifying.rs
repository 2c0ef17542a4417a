//! Verifying (§5.15).

use cryptoki_sys::*;
use token::Flags;

use crate::answer::answer;
use crate::memory::{bytes, mechanism};
use crate::scheme::Scheme;
use crate::session::{Verifying, with_session};

pub(crate) unsafe extern "C" fn C_VerifyInit(
    session: CK_SESSION_HANDLE,
    mechanism_pointer: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.15 has the caller pass a readable mechanism with its parameter.
        let mechanism = unsafe { mechanism(mechanism_pointer, false) }?;
        with_session(session, |module, session| {
            if session.verify.is_some() {
                return Err(CKR_OPERATION_ACTIVE);
            }
            let held = session.key(module, key)?;
            let public = held.public()?;
            let scheme = Scheme::new(&mechanism, public.kind())?;
            if !held.object.flags.has(Flags::VERIFY) {
                return Err(CKR_KEY_FUNCTION_NOT_PERMITTED);
            }
            session.verify = Some(Verifying { key: public, scheme, parts: None });
            Ok(())
        })
    })
}

pub(crate) unsafe extern "C" fn C_Verify(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let verifying = session.verify.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            if verifying.parts.is_some() {
                return Err(CKR_OPERATION_ACTIVE);
            }
            // SAFETY: §5.15 has the caller pass so many readable bytes.
            let data = unsafe { bytes(data, length) }?;
            // SAFETY: as above.
            let signature = unsafe { bytes(signature, signature_length) }?;
            verifying.scheme.verify(&verifying.key, data, signature)
        })
    })
}

pub(crate) unsafe extern "C" fn C_VerifyUpdate(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let verifying = session.verify.as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            let scheme = verifying.scheme;
            let parts = verifying.parts.get_or_insert_with(|| scheme.gather());
            // SAFETY: §5.15 has the caller pass so many readable bytes.
            let pushed = unsafe { bytes(part, length) }.and_then(|part| parts.push(part));
            if pushed.is_err() {
                session.verify = None;
            }
            pushed
        })
    })
}

pub(crate) unsafe extern "C" fn C_VerifyFinal(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let verifying = session.verify.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            let parts = verifying.parts.unwrap_or_else(|| verifying.scheme.gather());
            // SAFETY: §5.15 has the caller pass so many readable bytes.
            let signature = unsafe { bytes(signature, signature_length) }?;
            verifying.scheme.verify_gathered(&verifying.key, parts, signature)
        })
    })
}
