//! Sessions and login (§5.6).

use std::ffi::c_void;

use cryptoki_sys::*;

use crate::answer::{Answer, answer, coded};
use crate::memory::{pin, put};
use crate::module::{Login, Module, Open, lock, read, write};
use crate::session::with_session;

pub(crate) unsafe extern "C" fn C_OpenSession(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    _application: *mut c_void,
    _notify: CK_NOTIFY,
    handle: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let slot = module.slot(slot)?;
        if flags & CKF_SERIAL_SESSION == 0 {
            return Err(CKR_SESSION_PARALLEL_NOT_SUPPORTED);
        }
        if handle.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        slot.token()?;
        let writable = flags & CKF_RW_SESSION != 0;
        if !writable && matches!(&*read(&slot.login), Login::Officer(_)) {
            return Err(CKR_SESSION_READ_WRITE_SO_EXISTS);
        }
        let opened = module.open_session(slot, writable)?;
        // SAFETY: §5.6 has the caller pass a writable handle.
        unsafe { put(handle, opened) }
    })
}

pub(crate) unsafe extern "C" fn C_CloseSession(session: CK_SESSION_HANDLE) -> CK_RV {
    answer(|| Module::current()?.close(&[session]))
}

pub(crate) unsafe extern "C" fn C_CloseAllSessions(slot: CK_SLOT_ID) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let slot = module.slot(slot)?;
        let handles: Vec<_> =
            module.sessions_of(&slot).into_iter().map(|(handle, _)| handle).collect();
        module.close(&handles)
    })
}

pub(crate) unsafe extern "C" fn C_GetSessionInfo(
    session: CK_SESSION_HANDLE,
    info: *mut CK_SESSION_INFO,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let writable = if session.writable { CKF_RW_SESSION } else { 0 };
            let value = CK_SESSION_INFO {
                slotID: session.slot.number,
                state: session.state(),
                flags: CKF_SERIAL_SESSION | writable,
                ulDeviceError: 0,
            };
            // SAFETY: §5.6 has the caller pass a writable CK_SESSION_INFO.
            unsafe { put(info, value) }
        })
    })
}

pub(crate) unsafe extern "C" fn C_Login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin_pointer: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let open = module.session(session)?;
        // SAFETY: §5.6 has the caller pass the PIN in so many bytes.
        let pin = unsafe { pin(pin_pointer, length) }?;
        match user {
            CKU_CONTEXT_SPECIFIC => again(&open, pin),
            CKU_SO => log_in_officer(module, &open, pin),
            CKU_USER => log_in_user(&open, pin),
            _ => Err(CKR_USER_TYPE_INVALID),
        }
    })
}

/// The lock on the login is held while the PIN is checked, so that two threads do not spend two
/// attempts.
fn log_in_user(open: &Open, pin: &[u8]) -> Answer {
    let mut login = write(&open.slot.login);
    refuse_second(&login, true)?;
    *login = Login::User(open.slot.token()?.login_user(pin).map_err(coded)?);
    Ok(())
}

fn log_in_officer(module: &Module, open: &Open, pin: &[u8]) -> Answer {
    let mut login = write(&open.slot.login);
    refuse_second(&login, false)?;
    let (all, writable) = module.count(&open.slot);
    if all != writable {
        return Err(CKR_SESSION_READ_ONLY_EXISTS);
    }
    *login = Login::Officer(open.slot.token()?.login_so(pin).map_err(coded)?);
    Ok(())
}

const fn refuse_second(login: &Login, user: bool) -> Answer {
    match (login, user) {
        (Login::Public, _) => Ok(()),
        (Login::User(_), true) | (Login::Officer(_), false) => Err(CKR_USER_ALREADY_LOGGED_IN),
        (Login::User(_), false) | (Login::Officer(_), true) => {
            Err(CKR_USER_ANOTHER_ALREADY_LOGGED_IN)
        }
    }
}

/// The PIN once more, for one use of a key with `CKA_ALWAYS_AUTHENTICATE`.
fn again(open: &Open, pin: &[u8]) -> Answer {
    let mut state = lock(&open.state);
    let state = &mut *state;
    let waiting = [
        state.sign.as_mut().map(|one| &mut one.needs_pin),
        state.encrypt.as_mut().map(|one| &mut one.needs_pin),
        state.decrypt.as_mut().map(|one| &mut one.needs_pin),
    ];
    let mut waiting = waiting.into_iter().flatten().filter(|needs| **needs).peekable();
    if waiting.peek().is_none() {
        return Err(CKR_OPERATION_NOT_INITIALIZED);
    }
    if read(&open.slot.login).user().is_none() {
        return Err(CKR_USER_NOT_LOGGED_IN);
    }
    open.slot.token()?.login_user(pin).map_err(coded)?;
    waiting.for_each(|needs| *needs = false);
    Ok(())
}

pub(crate) unsafe extern "C" fn C_Logout(session: CK_SESSION_HANDLE) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let open = module.session(session)?;
        if matches!(&*read(&open.slot.login), Login::Public) {
            return Err(CKR_USER_NOT_LOGGED_IN);
        }
        module.log_out(&open.slot);
        Ok(())
    })
}

/// PKCS#11 3.0 §5.6.13: gives up the operations of the kinds named.
pub(crate) unsafe extern "C" fn C_SessionCancel(
    session: CK_SESSION_HANDLE,
    flags: CK_FLAGS,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            if flags & CKF_FIND_OBJECTS != 0 {
                session.find = None;
            }
            if flags & CKF_SIGN != 0 {
                session.sign = None;
            }
            if flags & CKF_VERIFY != 0 {
                session.verify = None;
            }
            if flags & CKF_DIGEST != 0 {
                session.digest = None;
            }
            if flags & CKF_ENCRYPT != 0 {
                session.encrypt = None;
            }
            if flags & CKF_DECRYPT != 0 {
                session.decrypt = None;
            }
            Ok(())
        })
    })
}
