//! The function lists and how they are found (§5.4, and §5.4.4 of PKCS#11 3.0).

use std::ffi::CStr;
use std::ptr::addr_of;

use cryptoki_sys::*;

use crate::answer::answer;
use crate::fns::{
    digesting, general, keys, objects, sealing, sessions, signing, slots, unsupported, verifying,
};
use crate::memory::{Output, put};

/// The PKCS#11 2.40 function list.
///
/// # Safety
/// As PKCS#11 asks: `list` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    // SAFETY: passed on. The list is never written through.
    answer(|| unsafe { put(list, addr_of!(LIST_2_40).cast_mut()) })
}

/// All interfaces: PKCS#11 3.0 first, then 2.40.
///
/// # Safety
/// As PKCS#11 asks: `count` is readable and writable, `list` null or writable for as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetInterfaceList(
    list: *mut CK_INTERFACE,
    count: *mut CK_ULONG,
) -> CK_RV {
    // SAFETY: passed on.
    answer(|| unsafe { Output::new(list, count) }?.write(&INTERFACES.0))
}

/// The interface of a name and version; the newest if neither is given.
///
/// # Safety
/// As PKCS#11 asks: `name` is null or ends with a zero, `version` is null or readable, `found` is
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetInterface(
    name: *mut CK_UTF8CHAR,
    version: *mut CK_VERSION,
    found: *mut *mut CK_INTERFACE,
    flags: CK_FLAGS,
) -> CK_RV {
    answer(|| {
        // SAFETY: null or ended by a zero, by this function's contract.
        let named = name.is_null() || unsafe { CStr::from_ptr(name.cast()) } == NAME;
        // SAFETY: null or readable, by this function's contract.
        let version = unsafe { version.as_ref() };
        let wanted = |(place, known): &(usize, CK_VERSION)| {
            let same =
                |version: &CK_VERSION| (version.major, version.minor) == (known.major, known.minor);
            version.is_none_or(same) && INTERFACES.0[*place].flags & flags == flags
        };
        let place = [(0, V3_0), (1, V2_40)].iter().find(|entry| wanted(entry)).map(|(at, _)| *at);
        let place = place.filter(|_| named).ok_or(CKR_FUNCTION_FAILED)?;
        // SAFETY: writable by this function's contract. The interface is never written through.
        unsafe { put(found, addr_of!(INTERFACES.0[place]).cast_mut()) }
    })
}

/// Interfaces hold pointers to the immutable lists below and to a name, so sharing them is sound.
struct Interfaces([CK_INTERFACE; 2]);

// SAFETY: see above; nothing behind the pointers is ever written.
unsafe impl Sync for Interfaces {}

static INTERFACES: Interfaces = Interfaces([
    CK_INTERFACE {
        pInterfaceName: NAME.as_ptr().cast_mut().cast(),
        pFunctionList: addr_of!(LIST_3_0).cast_mut().cast(),
        flags: 0,
    },
    CK_INTERFACE {
        pInterfaceName: NAME.as_ptr().cast_mut().cast(),
        pFunctionList: addr_of!(LIST_2_40).cast_mut().cast(),
        flags: 0,
    },
]);

const NAME: &CStr = c"PKCS 11";
const V2_40: CK_VERSION = CK_VERSION { major: 2, minor: 40 };
const V3_0: CK_VERSION = CK_VERSION { major: 3, minor: 0 };

static LIST_2_40: CK_FUNCTION_LIST = CK_FUNCTION_LIST {
    version: V2_40,
    C_Initialize: Some(general::C_Initialize),
    C_Finalize: Some(general::C_Finalize),
    C_GetInfo: Some(general::C_GetInfo),
    C_GetFunctionList: Some(C_GetFunctionList),
    C_GetSlotList: Some(slots::C_GetSlotList),
    C_GetSlotInfo: Some(slots::C_GetSlotInfo),
    C_GetTokenInfo: Some(slots::C_GetTokenInfo),
    C_GetMechanismList: Some(slots::C_GetMechanismList),
    C_GetMechanismInfo: Some(slots::C_GetMechanismInfo),
    C_InitToken: Some(slots::C_InitToken),
    C_InitPIN: Some(slots::C_InitPIN),
    C_SetPIN: Some(slots::C_SetPIN),
    C_OpenSession: Some(sessions::C_OpenSession),
    C_CloseSession: Some(sessions::C_CloseSession),
    C_CloseAllSessions: Some(sessions::C_CloseAllSessions),
    C_GetSessionInfo: Some(sessions::C_GetSessionInfo),
    C_GetOperationState: Some(unsupported::C_GetOperationState),
    C_SetOperationState: Some(unsupported::C_SetOperationState),
    C_Login: Some(sessions::C_Login),
    C_Logout: Some(sessions::C_Logout),
    C_CreateObject: Some(objects::C_CreateObject),
    C_CopyObject: Some(objects::C_CopyObject),
    C_DestroyObject: Some(objects::C_DestroyObject),
    C_GetObjectSize: Some(objects::C_GetObjectSize),
    C_GetAttributeValue: Some(objects::C_GetAttributeValue),
    C_SetAttributeValue: Some(objects::C_SetAttributeValue),
    C_FindObjectsInit: Some(objects::C_FindObjectsInit),
    C_FindObjects: Some(objects::C_FindObjects),
    C_FindObjectsFinal: Some(objects::C_FindObjectsFinal),
    C_EncryptInit: Some(sealing::C_EncryptInit),
    C_Encrypt: Some(sealing::C_Encrypt),
    C_EncryptUpdate: Some(sealing::C_EncryptUpdate),
    C_EncryptFinal: Some(sealing::C_EncryptFinal),
    C_DecryptInit: Some(sealing::C_DecryptInit),
    C_Decrypt: Some(sealing::C_Decrypt),
    C_DecryptUpdate: Some(sealing::C_DecryptUpdate),
    C_DecryptFinal: Some(sealing::C_DecryptFinal),
    C_DigestInit: Some(digesting::C_DigestInit),
    C_Digest: Some(digesting::C_Digest),
    C_DigestUpdate: Some(digesting::C_DigestUpdate),
    C_DigestKey: Some(digesting::C_DigestKey),
    C_DigestFinal: Some(digesting::C_DigestFinal),
    C_SignInit: Some(signing::C_SignInit),
    C_Sign: Some(signing::C_Sign),
    C_SignUpdate: Some(signing::C_SignUpdate),
    C_SignFinal: Some(signing::C_SignFinal),
    C_SignRecoverInit: Some(unsupported::C_SignRecoverInit),
    C_SignRecover: Some(unsupported::C_SignRecover),
    C_VerifyInit: Some(verifying::C_VerifyInit),
    C_Verify: Some(verifying::C_Verify),
    C_VerifyUpdate: Some(verifying::C_VerifyUpdate),
    C_VerifyFinal: Some(verifying::C_VerifyFinal),
    C_VerifyRecoverInit: Some(unsupported::C_VerifyRecoverInit),
    C_VerifyRecover: Some(unsupported::C_VerifyRecover),
    C_DigestEncryptUpdate: Some(unsupported::C_DigestEncryptUpdate),
    C_DecryptDigestUpdate: Some(unsupported::C_DecryptDigestUpdate),
    C_SignEncryptUpdate: Some(unsupported::C_SignEncryptUpdate),
    C_DecryptVerifyUpdate: Some(unsupported::C_DecryptVerifyUpdate),
    C_GenerateKey: Some(keys::C_GenerateKey),
    C_GenerateKeyPair: Some(keys::C_GenerateKeyPair),
    C_WrapKey: Some(keys::C_WrapKey),
    C_UnwrapKey: Some(unsupported::C_UnwrapKey),
    C_DeriveKey: Some(unsupported::C_DeriveKey),
    C_SeedRandom: Some(general::C_SeedRandom),
    C_GenerateRandom: Some(general::C_GenerateRandom),
    C_GetFunctionStatus: Some(general::C_GetFunctionStatus),
    C_CancelFunction: Some(general::C_CancelFunction),
    C_WaitForSlotEvent: Some(general::C_WaitForSlotEvent),
};

static LIST_3_0: CK_FUNCTION_LIST_3_0 = CK_FUNCTION_LIST_3_0 {
    version: V3_0,
    C_Initialize: Some(general::C_Initialize),
    C_Finalize: Some(general::C_Finalize),
    C_GetInfo: Some(general::C_GetInfo),
    C_GetFunctionList: Some(C_GetFunctionList),
    C_GetSlotList: Some(slots::C_GetSlotList),
    C_GetSlotInfo: Some(slots::C_GetSlotInfo),
    C_GetTokenInfo: Some(slots::C_GetTokenInfo),
    C_GetMechanismList: Some(slots::C_GetMechanismList),
    C_GetMechanismInfo: Some(slots::C_GetMechanismInfo),
    C_InitToken: Some(slots::C_InitToken),
    C_InitPIN: Some(slots::C_InitPIN),
    C_SetPIN: Some(slots::C_SetPIN),
    C_OpenSession: Some(sessions::C_OpenSession),
    C_CloseSession: Some(sessions::C_CloseSession),
    C_CloseAllSessions: Some(sessions::C_CloseAllSessions),
    C_GetSessionInfo: Some(sessions::C_GetSessionInfo),
    C_GetOperationState: Some(unsupported::C_GetOperationState),
    C_SetOperationState: Some(unsupported::C_SetOperationState),
    C_Login: Some(sessions::C_Login),
    C_Logout: Some(sessions::C_Logout),
    C_CreateObject: Some(objects::C_CreateObject),
    C_CopyObject: Some(objects::C_CopyObject),
    C_DestroyObject: Some(objects::C_DestroyObject),
    C_GetObjectSize: Some(objects::C_GetObjectSize),
    C_GetAttributeValue: Some(objects::C_GetAttributeValue),
    C_SetAttributeValue: Some(objects::C_SetAttributeValue),
    C_FindObjectsInit: Some(objects::C_FindObjectsInit),
    C_FindObjects: Some(objects::C_FindObjects),
    C_FindObjectsFinal: Some(objects::C_FindObjectsFinal),
    C_EncryptInit: Some(sealing::C_EncryptInit),
    C_Encrypt: Some(sealing::C_Encrypt),
    C_EncryptUpdate: Some(sealing::C_EncryptUpdate),
    C_EncryptFinal: Some(sealing::C_EncryptFinal),
    C_DecryptInit: Some(sealing::C_DecryptInit),
    C_Decrypt: Some(sealing::C_Decrypt),
    C_DecryptUpdate: Some(sealing::C_DecryptUpdate),
    C_DecryptFinal: Some(sealing::C_DecryptFinal),
    C_DigestInit: Some(digesting::C_DigestInit),
    C_Digest: Some(digesting::C_Digest),
    C_DigestUpdate: Some(digesting::C_DigestUpdate),
    C_DigestKey: Some(digesting::C_DigestKey),
    C_DigestFinal: Some(digesting::C_DigestFinal),
    C_SignInit: Some(signing::C_SignInit),
    C_Sign: Some(signing::C_Sign),
    C_SignUpdate: Some(signing::C_SignUpdate),
    C_SignFinal: Some(signing::C_SignFinal),
    C_SignRecoverInit: Some(unsupported::C_SignRecoverInit),
    C_SignRecover: Some(unsupported::C_SignRecover),
    C_VerifyInit: Some(verifying::C_VerifyInit),
    C_Verify: Some(verifying::C_Verify),
    C_VerifyUpdate: Some(verifying::C_VerifyUpdate),
    C_VerifyFinal: Some(verifying::C_VerifyFinal),
    C_VerifyRecoverInit: Some(unsupported::C_VerifyRecoverInit),
    C_VerifyRecover: Some(unsupported::C_VerifyRecover),
    C_DigestEncryptUpdate: Some(unsupported::C_DigestEncryptUpdate),
    C_DecryptDigestUpdate: Some(unsupported::C_DecryptDigestUpdate),
    C_SignEncryptUpdate: Some(unsupported::C_SignEncryptUpdate),
    C_DecryptVerifyUpdate: Some(unsupported::C_DecryptVerifyUpdate),
    C_GenerateKey: Some(keys::C_GenerateKey),
    C_GenerateKeyPair: Some(keys::C_GenerateKeyPair),
    C_WrapKey: Some(keys::C_WrapKey),
    C_UnwrapKey: Some(unsupported::C_UnwrapKey),
    C_DeriveKey: Some(unsupported::C_DeriveKey),
    C_SeedRandom: Some(general::C_SeedRandom),
    C_GenerateRandom: Some(general::C_GenerateRandom),
    C_GetFunctionStatus: Some(general::C_GetFunctionStatus),
    C_CancelFunction: Some(general::C_CancelFunction),
    C_WaitForSlotEvent: Some(general::C_WaitForSlotEvent),
    C_GetInterfaceList: Some(C_GetInterfaceList),
    C_GetInterface: Some(C_GetInterface),
    C_LoginUser: Some(unsupported::C_LoginUser),
    C_SessionCancel: Some(sessions::C_SessionCancel),
    C_MessageEncryptInit: Some(unsupported::C_MessageEncryptInit),
    C_EncryptMessage: Some(unsupported::C_EncryptMessage),
    C_EncryptMessageBegin: Some(unsupported::C_EncryptMessageBegin),
    C_EncryptMessageNext: Some(unsupported::C_EncryptMessageNext),
    C_MessageEncryptFinal: Some(unsupported::C_MessageEncryptFinal),
    C_MessageDecryptInit: Some(unsupported::C_MessageDecryptInit),
    C_DecryptMessage: Some(unsupported::C_DecryptMessage),
    C_DecryptMessageBegin: Some(unsupported::C_DecryptMessageBegin),
    C_DecryptMessageNext: Some(unsupported::C_DecryptMessageNext),
    C_MessageDecryptFinal: Some(unsupported::C_MessageDecryptFinal),
    C_MessageSignInit: Some(unsupported::C_MessageSignInit),
    C_SignMessage: Some(unsupported::C_SignMessage),
    C_SignMessageBegin: Some(unsupported::C_SignMessageBegin),
    C_SignMessageNext: Some(unsupported::C_SignMessageNext),
    C_MessageSignFinal: Some(unsupported::C_MessageSignFinal),
    C_MessageVerifyInit: Some(unsupported::C_MessageVerifyInit),
    C_VerifyMessage: Some(unsupported::C_VerifyMessage),
    C_VerifyMessageBegin: Some(unsupported::C_VerifyMessageBegin),
    C_VerifyMessageNext: Some(unsupported::C_VerifyMessageNext),
    C_MessageVerifyFinal: Some(unsupported::C_MessageVerifyFinal),
};
