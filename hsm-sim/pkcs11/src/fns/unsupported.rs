//! Functions that have no use here. They are in the tables all the same: callers probe by calling,
//! and a null pointer would crash them.

use std::ffi::c_void;

use cryptoki_sys::*;

use crate::answer::answer;
use crate::module::Module;

macro_rules! unsupported {
    ($($name:ident($($argument:ty),*);)*) => {
        $(
            pub(crate) unsafe extern "C" fn $name($(_: $argument),*) -> CK_RV {
                answer(|| Module::current().and(Err(CKR_FUNCTION_NOT_SUPPORTED)))
            }
        )*
    };
}

type Session = CK_SESSION_HANDLE;
type Handle = CK_OBJECT_HANDLE;
type Bytes = *mut CK_BYTE;
type Length = *mut CK_ULONG;

unsupported! {
    C_GetOperationState(Session, Bytes, Length);
    C_SetOperationState(Session, Bytes, CK_ULONG, Handle, Handle);
    C_SignRecoverInit(Session, *mut CK_MECHANISM, Handle);
    C_SignRecover(Session, Bytes, CK_ULONG, Bytes, Length);
    C_VerifyRecoverInit(Session, *mut CK_MECHANISM, Handle);
    C_VerifyRecover(Session, Bytes, CK_ULONG, Bytes, Length);
    C_DigestEncryptUpdate(Session, Bytes, CK_ULONG, Bytes, Length);
    C_DecryptDigestUpdate(Session, Bytes, CK_ULONG, Bytes, Length);
    C_SignEncryptUpdate(Session, Bytes, CK_ULONG, Bytes, Length);
    C_DecryptVerifyUpdate(Session, Bytes, CK_ULONG, Bytes, Length);
    C_UnwrapKey(
        Session, *mut CK_MECHANISM, Handle, Bytes, CK_ULONG, *mut CK_ATTRIBUTE, CK_ULONG,
        *mut CK_OBJECT_HANDLE
    );
    C_DeriveKey(
        Session, *mut CK_MECHANISM, Handle, *mut CK_ATTRIBUTE, CK_ULONG, *mut CK_OBJECT_HANDLE
    );
    C_LoginUser(Session, CK_USER_TYPE, *mut CK_UTF8CHAR, CK_ULONG, *mut CK_UTF8CHAR, CK_ULONG);
    C_MessageEncryptInit(Session, *mut CK_MECHANISM, Handle);
    C_EncryptMessage(
        Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, CK_ULONG, Bytes, Length
    );
    C_EncryptMessageBegin(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG);
    C_EncryptMessageNext(
        Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, Length, CK_FLAGS
    );
    C_MessageEncryptFinal(Session);
    C_MessageDecryptInit(Session, *mut CK_MECHANISM, Handle);
    C_DecryptMessage(
        Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, CK_ULONG, Bytes, Length
    );
    C_DecryptMessageBegin(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG);
    C_DecryptMessageNext(
        Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, Length, CK_FLAGS
    );
    C_MessageDecryptFinal(Session);
    C_MessageSignInit(Session, *mut CK_MECHANISM, Handle);
    C_SignMessage(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, Length);
    C_SignMessageBegin(Session, *mut c_void, CK_ULONG);
    C_SignMessageNext(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, Length);
    C_MessageSignFinal(Session);
    C_MessageVerifyInit(Session, *mut CK_MECHANISM, Handle);
    C_VerifyMessage(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, CK_ULONG);
    C_VerifyMessageBegin(Session, *mut c_void, CK_ULONG);
    C_VerifyMessageNext(Session, *mut c_void, CK_ULONG, Bytes, CK_ULONG, Bytes, CK_ULONG);
    C_MessageVerifyFinal(Session);
}
