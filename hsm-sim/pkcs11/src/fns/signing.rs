//! Signing (§5.13).

use cryptoki_sys::*;
use token::{Class, Flags};

use crate::answer::{Answer, answer};
use crate::memory::{Output, bytes, mechanism};
use crate::scheme::{Scheme, signature_length};
use crate::session::{Session, Signing, with_session};

pub(crate) unsafe extern "C" fn C_SignInit(
    session: CK_SESSION_HANDLE,
    mechanism_pointer: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.13 has the caller pass a readable mechanism with its parameter.
        let mechanism = unsafe { mechanism(mechanism_pointer, false) }?;
        with_session(session, |module, session| {
            if session.sign.is_some() {
                return Err(CKR_OPERATION_ACTIVE);
            }
            let held = session.key(module, key)?;
            let kind = held.object.kind.filter(|_| held.object.class == Class::PrivateKey);
            let scheme = Scheme::new(&mechanism, kind.ok_or(CKR_KEY_TYPE_INCONSISTENT)?)?;
            if !held.object.flags.has(Flags::SIGN) {
                return Err(CKR_KEY_FUNCTION_NOT_PERMITTED);
            }
            let needs_pin = held.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
            session.sign = Some(Signing { key: held.key()?, scheme, parts: None, needs_pin });
            Ok(())
        })
    })
}

pub(crate) unsafe extern "C" fn C_Sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let ready = room(session, signature, signature_length, false);
            let Some(output) = unless_waiting(session, ready)? else { return Ok(()) };
            let signing = session.sign.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            // SAFETY: §5.13 has the caller pass so many readable bytes.
            let data = unsafe { bytes(data, length) }?;
            output.write(&signing.scheme.sign(&signing.key, data)?)
        })
    })
}

pub(crate) unsafe extern "C" fn C_SignUpdate(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let signing = session.sign.as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            let scheme = signing.scheme;
            let parts = signing.parts.get_or_insert_with(|| scheme.gather());
            // SAFETY: §5.13 has the caller pass so many readable bytes.
            let pushed = unsafe { bytes(part, length) }.and_then(|part| parts.push(part));
            if pushed.is_err() {
                session.sign = None;
            }
            pushed
        })
    })
}

pub(crate) unsafe extern "C" fn C_SignFinal(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let ready = room(session, signature, signature_length, true);
            let Some(output) = unless_waiting(session, ready)? else { return Ok(()) };
            let signing = session.sign.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            let parts = signing.parts.unwrap_or_else(|| signing.scheme.gather());
            output.write(&signing.scheme.sign_gathered(&signing.key, parts)?)
        })
    })
}

/// Whether the operation is of the sort asked for (in parts or not) and the result fits; `None` if
/// only its length was asked.
fn room(
    session: &Session,
    signature: *mut CK_BYTE,
    length: *mut CK_ULONG,
    in_parts: bool,
) -> Answer<Option<Output<CK_BYTE>>> {
    let signing = session.sign.as_ref().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
    if signing.parts.is_some() && !in_parts {
        return Err(CKR_OPERATION_ACTIVE);
    }
    if signing.needs_pin {
        return Err(CKR_USER_NOT_LOGGED_IN);
    }
    // SAFETY: §5.13 has the caller pass a buffer writable for the length said.
    let output = unsafe { Output::new(signature, length) }?;
    Ok(output.room(signature_length(signing.key.kind()))?.then_some(output))
}

/// Every trouble but a short buffer and a PIN still to come ends the operation (§5.13).
fn unless_waiting<T>(session: &mut Session, result: Answer<T>) -> Answer<T> {
    if let Err(code) = &result
        && !matches!(*code, CKR_BUFFER_TOO_SMALL | CKR_USER_NOT_LOGGED_IN)
    {
        session.sign = None;
    }
    result
}
