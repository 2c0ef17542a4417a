//! General purpose, random numbers and slot events (§5.4, §5.20, §5.22).

use std::ffi::c_void;

use auth_core::Random;
use cryptoki_sys::*;

use crate::answer::{Answer, answer};
use crate::memory::put;
use crate::module::Module;
use crate::session::with_session;

pub(crate) unsafe extern "C" fn C_Initialize(arguments: *mut c_void) -> CK_RV {
    answer(|| {
        if !arguments.is_null() {
            // SAFETY: not null, and by §5.4 a CK_C_INITIALIZE_ARGS.
            let args = unsafe { arguments.cast::<CK_C_INITIALIZE_ARGS>().read_unaligned() };
            check_arguments(&args)?;
        }
        Module::start()
    })
}

/// All four mutex functions or none; we use the operating system's locks whatever is given, which
/// only an application that forbids them (functions without `CKF_OS_LOCKING_OK`) must hear of.
fn check_arguments(args: &CK_C_INITIALIZE_ARGS) -> Answer {
    let given = [
        args.CreateMutex.is_some(),
        args.DestroyMutex.is_some(),
        args.LockMutex.is_some(),
        args.UnlockMutex.is_some(),
    ];
    let (all, any) = (given.iter().all(|one| *one), given.iter().any(|one| *one));
    if !args.pReserved.is_null() || all != any {
        return Err(CKR_ARGUMENTS_BAD);
    }
    if all && args.flags & CKF_OS_LOCKING_OK == 0 {
        return Err(CKR_CANT_LOCK);
    }
    Ok(())
}

pub(crate) unsafe extern "C" fn C_Finalize(reserved: *mut c_void) -> CK_RV {
    answer(|| if reserved.is_null() { Module::stop() } else { Err(CKR_ARGUMENTS_BAD) })
}

pub(crate) unsafe extern "C" fn C_GetInfo(info: *mut CK_INFO) -> CK_RV {
    answer(|| {
        Module::current()?;
        let value = CK_INFO {
            cryptokiVersion: CK_VERSION { major: 3, minor: 0 },
            manufacturerID: padded("Yinxin"),
            flags: 0,
            libraryDescription: padded("hsm-sim simulated HSM"),
            libraryVersion: VERSION,
        };
        // SAFETY: §5.4 has the caller pass a writable CK_INFO.
        unsafe { put(info, value) }
    })
}

pub(crate) unsafe extern "C" fn C_SeedRandom(
    session: CK_SESSION_HANDLE,
    _seed: *mut CK_BYTE,
    _length: CK_ULONG,
) -> CK_RV {
    answer(|| with_session(session, |_, _| Err(CKR_RANDOM_SEED_NOT_SUPPORTED)))
}

pub(crate) unsafe extern "C" fn C_GenerateRandom(
    session: CK_SESSION_HANDLE,
    buffer: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, _| {
            if buffer.is_null() || length > RANDOM_MAX {
                return Err(CKR_ARGUMENTS_BAD);
            }
            let mut random = vec![0; length as usize];
            token::OsRandom.fill(&mut random);
            // SAFETY: not null; §5.20 has the caller pass so many writable bytes; `random` is ours.
            unsafe { std::ptr::copy_nonoverlapping(random.as_ptr(), buffer, random.len()) };
            Ok(())
        })
    })
}

/// Legacy: nothing ever runs in parallel here (§5.21).
pub(crate) unsafe extern "C" fn C_GetFunctionStatus(session: CK_SESSION_HANDLE) -> CK_RV {
    answer(|| with_session(session, |_, _| Err(CKR_FUNCTION_NOT_PARALLEL)))
}

/// Legacy, as [`C_GetFunctionStatus`].
pub(crate) unsafe extern "C" fn C_CancelFunction(session: CK_SESSION_HANDLE) -> CK_RV {
    answer(|| with_session(session, |_, _| Err(CKR_FUNCTION_NOT_PARALLEL)))
}

/// Tokens here are neither inserted nor removed.
pub(crate) unsafe extern "C" fn C_WaitForSlotEvent(
    flags: CK_FLAGS,
    _slot: *mut CK_SLOT_ID,
    reserved: *mut c_void,
) -> CK_RV {
    answer(|| {
        Module::current()?;
        if !reserved.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        Err(if flags & CKF_DONT_BLOCK == 0 { CKR_FUNCTION_NOT_SUPPORTED } else { CKR_NO_EVENT })
    })
}

/// Text padded with blanks, never ended by a zero (§3.1), cut between characters.
pub(crate) fn padded<const N: usize>(text: &str) -> [CK_UTF8CHAR; N] {
    let mut out = [b' '; N];
    let mut used = text.len().min(N);
    while !text.is_char_boundary(used) {
        used -= 1;
    }
    out[..used].copy_from_slice(&text.as_bytes()[..used]);
    out
}

pub(crate) const VERSION: CK_VERSION = CK_VERSION { major: 0, minor: 1 };

/// One call for more is a mistake.
const RANDOM_MAX: CK_ULONG = 1024 * 1024;
