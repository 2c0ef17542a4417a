//! Digests (§5.12).

use cryptoki_sys::*;

use crate::answer::answer;
use crate::hash::Hash;
use crate::memory::{Output, bytes, mechanism};
use crate::session::with_session;

pub(crate) unsafe extern "C" fn C_DigestInit(
    session: CK_SESSION_HANDLE,
    mechanism_pointer: *mut CK_MECHANISM,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.12 has the caller pass a readable mechanism with its parameter.
        let mechanism = unsafe { mechanism(mechanism_pointer, false) }?;
        with_session(session, |_, session| {
            if session.digest.is_some() {
                return Err(CKR_OPERATION_ACTIVE);
            }
            session.digest = Some(Hash::new(mechanism.kind)?);
            Ok(())
        })
    })
}

pub(crate) unsafe extern "C" fn C_Digest(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    length: CK_ULONG,
    digest: *mut CK_BYTE,
    digest_length: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let hash = session.digest.as_ref().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            // SAFETY: §5.12 has the caller pass a buffer writable for the length said.
            let output = unsafe { Output::new(digest, digest_length) }?;
            if !output.room(hash.length())? {
                return Ok(());
            }
            let mut hash = session.digest.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            // SAFETY: §5.12 has the caller pass so many readable bytes.
            hash.update(unsafe { bytes(data, length) }?);
            output.write(&hash.finish())
        })
    })
}

pub(crate) unsafe extern "C" fn C_DigestUpdate(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let hash = session.digest.as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            // SAFETY: §5.12 has the caller pass so many readable bytes.
            hash.update(unsafe { bytes(part, length) }?);
            Ok(())
        })
    })
}

/// The digest of a key is not told.
pub(crate) unsafe extern "C" fn C_DigestKey(
    session: CK_SESSION_HANDLE,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            session.key(module, key)?;
            session.digest = None;
            Err(CKR_KEY_INDIGESTIBLE)
        })
    })
}

pub(crate) unsafe extern "C" fn C_DigestFinal(
    session: CK_SESSION_HANDLE,
    digest: *mut CK_BYTE,
    digest_length: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let hash = session.digest.as_ref().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            // SAFETY: §5.12 has the caller pass a buffer writable for the length said.
            let output = unsafe { Output::new(digest, digest_length) }?;
            if !output.room(hash.length())? {
                return Ok(());
            }
            let hash = session.digest.take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            output.write(&hash.finish())
        })
    })
}
