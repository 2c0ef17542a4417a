//! Slots, tokens, mechanisms and PINs (§5.5).

use cryptoki_sys::*;
use token::{PIN_ATTEMPTS, PIN_MAX, PIN_MIN, Role, SlotInfo};

use super::general::{VERSION, padded};
use crate::answer::{Answer, answer, coded};
use crate::held::Cache;
use crate::mechanisms;
use crate::memory::{Output, bytes, pin, put};
use crate::module::{Login, Module, SESSIONS_MAX, lock, read, write};

pub(crate) unsafe extern "C" fn C_GetSlotList(
    _present: CK_BBOOL,
    list: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        // SAFETY: §5.5 has the caller pass a writable list of the length that `count` says.
        let output = unsafe { Output::new(list, count) }?;
        // The list changes only when the caller asks for its length, so that the second of two
        // calls fits what the first one said.
        if list.is_null() {
            module.refresh()?;
        }
        // A token is in every slot, if only one that is not initialised.
        let slots: Vec<_> = module.slots().iter().map(|slot| slot.number).collect();
        output.write(&slots)
    })
}

pub(crate) unsafe extern "C" fn C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    answer(|| {
        Module::current()?.slot(slot)?;
        let value = CK_SLOT_INFO {
            slotDescription: padded(&format!("hsm-sim slot {slot}")),
            manufacturerID: padded("Yinxin"),
            flags: CKF_TOKEN_PRESENT,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
        };
        // SAFETY: §5.5 has the caller pass a writable CK_SLOT_INFO.
        unsafe { put(info, value) }
    })
}

pub(crate) unsafe extern "C" fn C_GetTokenInfo(
    slot: CK_SLOT_ID,
    info: *mut CK_TOKEN_INFO,
) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let slot = module.slot(slot)?;
        let (sessions, writable) = module.count(&slot);
        let token = read(&slot.token).clone();
        let told = token.map(|token| token.info()).transpose().map_err(coded)?;
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let value = CK_TOKEN_INFO {
            label: padded(&text(told.as_ref().map(|told| &told.label))),
            manufacturerID: padded("Yinxin"),
            model: padded("hsm-sim"),
            serialNumber: padded(&text(told.as_ref().map(|told| &told.serial))),
            flags: told.as_ref().map_or(CKF_RNG | CKF_LOGIN_REQUIRED, token_flags),
            ulMaxSessionCount: SESSIONS_MAX as CK_ULONG,
            ulSessionCount: sessions as CK_ULONG,
            ulMaxRwSessionCount: SESSIONS_MAX as CK_ULONG,
            ulRwSessionCount: writable as CK_ULONG,
            ulMaxPinLen: PIN_MAX as CK_ULONG,
            ulMinPinLen: PIN_MIN as CK_ULONG,
            ulTotalPublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulTotalPrivateMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePrivateMemory: CK_UNAVAILABLE_INFORMATION,
            hardwareVersion: VERSION,
            firmwareVersion: VERSION,
            utcTime: [b' '; 16],
        };
        // SAFETY: §5.5 has the caller pass a writable CK_TOKEN_INFO.
        unsafe { put(info, value) }
    })
}

fn token_flags(told: &SlotInfo) -> CK_FLAGS {
    let mut flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED;
    if told.user_pin_set {
        flags |= CKF_USER_PIN_INITIALIZED;
        flags |= pin_flags(
            told.user_attempts_left,
            [CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED],
        );
    }
    let officer = [CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED];
    flags | pin_flags(told.so_attempts_left, officer)
}

const fn pin_flags(left: u32, [low, last, locked]: [CK_FLAGS; 3]) -> CK_FLAGS {
    match left {
        PIN_ATTEMPTS.. => 0,
        0 => locked,
        1 => low | last,
        _ => low,
    }
}

pub(crate) unsafe extern "C" fn C_GetMechanismList(
    slot: CK_SLOT_ID,
    list: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        Module::current()?.slot(slot)?;
        // SAFETY: §5.5 has the caller pass a writable list of the length that `count` says.
        unsafe { Output::new(list, count) }?.write(&mechanisms::list())
    })
}

pub(crate) unsafe extern "C" fn C_GetMechanismInfo(
    slot: CK_SLOT_ID,
    mechanism: CK_MECHANISM_TYPE,
    info: *mut CK_MECHANISM_INFO,
) -> CK_RV {
    answer(|| {
        Module::current()?.slot(slot)?;
        let value = mechanisms::info(mechanism)?;
        // SAFETY: §5.5 has the caller pass a writable CK_MECHANISM_INFO.
        unsafe { put(info, value) }
    })
}

pub(crate) unsafe extern "C" fn C_InitToken(
    slot: CK_SLOT_ID,
    so_pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
    label: *mut CK_UTF8CHAR,
) -> CK_RV {
    answer(|| {
        let module = Module::current()?;
        let slot = module.slot(slot)?;
        // SAFETY: §5.5 has the caller pass the PIN in so many bytes.
        let so_pin = unsafe { pin(so_pin, length) }?;
        if label.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        // SAFETY: not null; §5.5 has the label in 32 bytes, padded with blanks.
        let label = unsafe { bytes(label, LABEL) }?;
        let label = std::str::from_utf8(label).map_err(|_| CKR_ARGUMENTS_BAD)?.trim_end();
        if module.count(&slot).0 > 0 {
            return Err(CKR_SESSION_EXISTS);
        }
        let mut token = write(&slot.token);
        *token = Some(match &*token {
            Some(old) => old.reinitialise(so_pin, label, &token::OsRandom).map_err(coded)?,
            None => {
                let made = module.directory.create(label, so_pin, None, &token::OsRandom);
                made.map_err(coded)?.1
            }
        });
        *lock(&slot.cache) = Cache::default();
        drop(token);
        module.refresh()
    })
}

pub(crate) unsafe extern "C" fn C_InitPIN(
    session: CK_SESSION_HANDLE,
    new: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        let open = Module::current()?.session(session)?;
        // SAFETY: §5.5 has the caller pass the PIN in so many bytes.
        let new = unsafe { pin(new, length) }?;
        match &*read(&open.slot.login) {
            Login::Officer(so) => {
                open.slot.token()?.init_user_pin(so, new, &token::OsRandom).map_err(coded)
            }
            Login::Public | Login::User(_) => Err(CKR_USER_NOT_LOGGED_IN),
        }
    })
}

pub(crate) unsafe extern "C" fn C_SetPIN(
    session: CK_SESSION_HANDLE,
    old: *mut CK_UTF8CHAR,
    old_length: CK_ULONG,
    new: *mut CK_UTF8CHAR,
    new_length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        let open = Module::current()?.session(session)?;
        if !open.writable {
            return Err(CKR_SESSION_READ_ONLY);
        }
        // SAFETY: §5.5 has the caller pass the PIN in so many bytes.
        let old = unsafe { pin(old, old_length) }?;
        // SAFETY: as above.
        let new = unsafe { pin(new, new_length) }?;
        change_pin(&open.slot, old, new)
    })
}

/// The PIN of who is logged in; the user's if nobody is.
fn change_pin(slot: &crate::module::SlotState, old: &[u8], new: &[u8]) -> Answer {
    let role = match &*read(&slot.login) {
        Login::Officer(_) => Role::SecurityOfficer,
        Login::Public | Login::User(_) => Role::User,
    };
    slot.token()?.change_pin(role, old, new, &token::OsRandom).map_err(coded)
}

const LABEL: CK_ULONG = 32;
