//! The rules of PKCS#11 that no tool exercises: tables, lengths, states, limits.

use std::ptr::null_mut;

use cryptoki_sys::*;

use crate::{PIN, SO_PIN, in_child, is_child, module, tokens};

/// The module's functions, called as C would.
pub(crate) struct Api {
    _library: Pkcs11,
    pub(crate) list: CK_FUNCTION_LIST_3_0,
}

/// Calls a function of the table.
macro_rules! call {
    ($api:expr, $function:ident $(, $argument:expr)*) => {
        // SAFETY: the arguments are as PKCS#11 asks, or null where the test says so.
        unsafe { $api.list.$function.unwrap()($($argument),*) }
    };
}
pub(crate) use call;

impl Api {
    pub(crate) fn load() -> Self {
        // SAFETY: our own module, whose initialisers do nothing.
        let library = unsafe { Pkcs11::new(module()) }.unwrap();
        let mut found: *mut CK_INTERFACE = null_mut();
        // SAFETY: null name and version ask for the default; `found` is writable.
        let code = unsafe { library.C_GetInterface(null_mut(), null_mut(), &mut found, 0) };
        assert_eq!(code, CKR_OK);
        // SAFETY: the default interface is that of 3.0 by the test below.
        let list = unsafe { *(*found).pFunctionList.cast::<CK_FUNCTION_LIST_3_0>() };
        assert_eq!((list.version.major, list.version.minor), (3, 0));
        Self { _library: library, list }
    }

    pub(crate) fn start() -> Self {
        let api = Self::load();
        assert_eq!(call!(api, C_Initialize, null_mut()), CKR_OK);
        api
    }

    pub(crate) fn open(&self, flags: CK_FLAGS) -> Result<CK_SESSION_HANDLE, CK_RV> {
        let mut session = 0;
        let flags = flags | CKF_SERIAL_SESSION;
        match call!(self, C_OpenSession, 0, flags, null_mut(), None, &mut session) {
            CKR_OK => Ok(session),
            code => Err(code),
        }
    }

    pub(crate) fn login(&self, session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: &str) -> CK_RV {
        let length = pin.len() as CK_ULONG;
        call!(self, C_Login, session, user, pin.as_ptr().cast_mut(), length)
    }

    /// A session key pair on P-256; handles of its public and private halves.
    pub(crate) fn pair(
        &self,
        session: CK_SESSION_HANDLE,
        more: &[(CK_ATTRIBUTE_TYPE, u8)],
    ) -> (u64, u64) {
        let mut curve = *b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let mut public = [attribute(CKA_EC_PARAMS, &mut curve)];
        let mut values: Vec<u8> = more.iter().map(|(_, value)| *value).collect();
        let mut private: Vec<_> = values
            .iter_mut()
            .zip(more)
            .map(|(value, (kind, _))| attribute(*kind, std::slice::from_mut(value)))
            .collect();
        let mut mechanism = plain(CKM_EC_KEY_PAIR_GEN);
        let (mut one, mut two) = (0, 0);
        let code = call!(
            self,
            C_GenerateKeyPair,
            session,
            &mut mechanism,
            public.as_mut_ptr(),
            1,
            private.as_mut_ptr(),
            private.len() as CK_ULONG,
            &mut one,
            &mut two
        );
        assert_eq!(code, CKR_OK);
        (one, two)
    }
}

pub(crate) fn attribute(kind: CK_ATTRIBUTE_TYPE, value: &mut [u8]) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE {
        type_: kind,
        pValue: value.as_mut_ptr().cast(),
        ulValueLen: value.len() as CK_ULONG,
    }
}

pub(crate) const fn plain(mechanism: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism, pParameter: null_mut(), ulParameterLen: 0 }
}

#[test]
fn no_pointer_of_any_table_is_null() {
    // SAFETY: our own module, whose initialisers do nothing.
    let library = unsafe { Pkcs11::new(module()) }.unwrap();
    let mut count = 0;
    // SAFETY: a null list asks for the length.
    assert_eq!(unsafe { library.C_GetInterfaceList(null_mut(), &mut count) }, CKR_OK);
    assert_eq!(count, 2);
    let empty = CK_INTERFACE { pInterfaceName: null_mut(), pFunctionList: null_mut(), flags: 0 };
    let mut interfaces = [empty; 2];
    // SAFETY: room for as many as `count` says.
    let code = unsafe { library.C_GetInterfaceList(interfaces.as_mut_ptr(), &mut count) };
    assert_eq!(code, CKR_OK);
    let sizes = [size_of::<CK_FUNCTION_LIST_3_0>(), size_of::<CK_FUNCTION_LIST>()];
    for (interface, size) in interfaces.iter().zip(sizes) {
        let words = size / size_of::<usize>();
        // SAFETY: the table of this version has so many pointers after its padded version.
        let table =
            unsafe { std::slice::from_raw_parts(interface.pFunctionList.cast::<usize>(), words) };
        assert!(table[1..].iter().all(|pointer| *pointer != 0));
    }
    let mut old = null_mut();
    // SAFETY: `old` is writable.
    assert_eq!(unsafe { library.C_GetFunctionList(&mut old) }, CKR_OK);
    assert_eq!(old.cast(), interfaces[1].pFunctionList);
    // SAFETY: null is refused.
    assert_eq!(unsafe { library.C_GetFunctionList(null_mut()) }, CKR_ARGUMENTS_BAD);
    let mut found = null_mut();
    let mut version = CK_VERSION { major: 2, minor: 40 };
    let name = c"PKCS 11".as_ptr().cast_mut().cast();
    // SAFETY: name ended by zero, version readable, place writable.
    let code = unsafe { library.C_GetInterface(name, &mut version, &mut found, 0) };
    assert_eq!(code, CKR_OK);
    version.minor = 41;
    // SAFETY: as above.
    let code = unsafe { library.C_GetInterface(name, &mut version, &mut found, 0) };
    assert_eq!(code, CKR_FUNCTION_FAILED);
    let vendor = c"Vendor".as_ptr().cast_mut().cast();
    // SAFETY: as above.
    let code = unsafe { library.C_GetInterface(vendor, null_mut(), &mut found, 0) };
    assert_eq!(code, CKR_FUNCTION_FAILED);
}

#[test]
fn states() {
    in_child("c_interface::states_child");
}

#[test]
fn states_child() {
    if !is_child("c_interface::states_child") {
        return;
    }
    let api = Api::load();
    let uninitialised = CKR_CRYPTOKI_NOT_INITIALIZED;
    assert_eq!(call!(api, C_GetInfo, null_mut()), uninitialised);
    assert_eq!(call!(api, C_Finalize, null_mut()), uninitialised);
    assert_eq!(api.open(0), Err(uninitialised));
    assert_eq!(call!(api, C_MessageSignFinal, 1), uninitialised);
    assert_eq!(call!(api, C_Initialize, null_mut()), CKR_OK);
    assert_eq!(call!(api, C_Initialize, null_mut()), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    let mut session = 0;
    assert_eq!(
        call!(api, C_OpenSession, 0, 0, null_mut(), None, &mut session),
        CKR_SESSION_PARALLEL_NOT_SUPPORTED
    );
    let (read, write) = (api.open(0).unwrap(), api.open(CKF_RW_SESSION).unwrap());
    assert_eq!(call!(api, C_InitToken, 0, null_mut(), 0, null_mut()), CKR_ARGUMENTS_BAD);
    assert_eq!(api.login(write, CKU_SO, SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
    assert_eq!(api.login(write, 7, PIN), CKR_USER_TYPE_INVALID);
    assert_eq!(api.login(write, CKU_CONTEXT_SPECIFIC, PIN), CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(api, C_Logout, write), CKR_USER_NOT_LOGGED_IN);
    assert_eq!(api.login(read, CKU_USER, PIN), CKR_OK);
    // Login is the token's, not the session's.
    assert_eq!(state(&api, write), CKS_RW_USER_FUNCTIONS);
    assert_eq!(api.login(write, CKU_USER, PIN), CKR_USER_ALREADY_LOGGED_IN);
    assert_eq!(api.login(write, CKU_SO, SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    let (_, private) = api.pair(write, &[]);
    assert_eq!(call!(api, C_Logout, read), CKR_OK);
    assert_eq!(state(&api, write), CKS_RW_PUBLIC_SESSION);
    let mut mechanism = plain(CKM_ECDSA_SHA256);
    let code = call!(api, C_SignInit, write, &mut mechanism, private);
    assert_eq!(code, CKR_KEY_HANDLE_INVALID, "private objects are invisible before login");
    assert_eq!(call!(api, C_CloseSession, read), CKR_OK);
    assert_eq!(call!(api, C_CloseSession, read), CKR_SESSION_HANDLE_INVALID);
    assert_eq!(api.login(write, CKU_SO, SO_PIN), CKR_OK);
    assert_eq!(state(&api, write), CKS_RW_SO_FUNCTIONS);
    assert_eq!(api.open(0), Err(CKR_SESSION_READ_WRITE_SO_EXISTS));
    // The last session closed logs out.
    assert_eq!(call!(api, C_CloseAllSessions, 0), CKR_OK);
    let again = api.open(CKF_RW_SESSION).unwrap();
    assert_eq!(state(&api, again), CKS_RW_PUBLIC_SESSION);
    assert_eq!(call!(api, C_Finalize, null_mut()), CKR_OK);
    assert_eq!(call!(api, C_Initialize, null_mut()), CKR_OK);
    assert_eq!(call!(api, C_CloseSession, again), CKR_SESSION_HANDLE_INVALID);
    assert_ne!(api.open(0).unwrap(), again, "a handle is never given out twice");
}

fn state(api: &Api, session: CK_SESSION_HANDLE) -> CK_STATE {
    let mut info = CK_SESSION_INFO { slotID: 0, state: 0, flags: 0, ulDeviceError: 0 };
    assert_eq!(call!(api, C_GetSessionInfo, session, &mut info), CKR_OK);
    info.state
}

#[test]
fn lengths_and_operations() {
    in_child("c_interface::lengths_child");
}

#[test]
fn lengths_child() {
    if !is_child("c_interface::lengths_child") {
        return;
    }
    let api = Api::start();
    let session = api.open(0).unwrap();
    assert_eq!(api.login(session, CKU_USER, PIN), CKR_OK);
    let (public, private) = api.pair(session, &[]);
    let mut data = *b"statement";
    let (data, size) = (data.as_mut_ptr(), 9);
    let mut mechanism = plain(CKM_ECDSA_SHA256);
    let mut length = 0;
    let sign =
        |out: *mut u8, length: &mut CK_ULONG| call!(api, C_Sign, session, data, size, out, length);
    assert_eq!(sign(null_mut(), &mut length), CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(api, C_SignInit, session, &mut mechanism, private), CKR_OK);
    let code = call!(api, C_SignInit, session, &mut mechanism, private);
    assert_eq!(code, CKR_OPERATION_ACTIVE);
    assert_eq!(sign(null_mut(), &mut length), CKR_OK);
    assert_eq!(length, 64);
    let mut signature = [0xee; 65];
    length = 63;
    assert_eq!(sign(signature.as_mut_ptr(), &mut length), CKR_BUFFER_TOO_SMALL);
    assert_eq!((length, signature), (64, [0xee; 65]), "the length is told, nothing is written");
    assert_eq!(sign(signature.as_mut_ptr(), &mut length), CKR_OK);
    assert_eq!((length, signature[64]), (64, 0xee), "not a byte more than the length");
    let code = sign(signature.as_mut_ptr(), &mut length);
    assert_eq!(code, CKR_OPERATION_NOT_INITIALIZED, "a signature ends the operation");
    let verify = |signature: &mut [u8], length| {
        assert_eq!(call!(api, C_VerifyInit, session, &mut plain(CKM_ECDSA_SHA256), public), CKR_OK);
        call!(api, C_Verify, session, data, size, signature.as_mut_ptr(), length)
    };
    assert_eq!(verify(&mut signature, 64), CKR_OK);
    assert_eq!(verify(&mut signature, 63), CKR_SIGNATURE_LEN_RANGE);
    signature[9] ^= 1;
    assert_eq!(verify(&mut signature, 64), CKR_SIGNATURE_INVALID);
    let code = call!(api, C_VerifyInit, session, &mut mechanism, private);
    assert_eq!(code, CKR_KEY_TYPE_INCONSISTENT);
    let code = call!(api, C_SignInit, session, &mut plain(CKM_EDDSA), private);
    assert_eq!(code, CKR_KEY_TYPE_INCONSISTENT);
    parts(&api, session, public, private);
    always_authenticate(&api, session);
    attribute_lengths(&api, session, public, private);
}

fn parts(api: &Api, session: CK_SESSION_HANDLE, public: u64, private: u64) {
    let (mut state, mut ment) = (*b"state", *b"ment");
    let mut signature = [0; 64];
    let mut length = 64;
    let mut mechanism = plain(CKM_ECDSA_SHA256);
    assert_eq!(call!(api, C_SignInit, session, &mut mechanism, private), CKR_OK);
    assert_eq!(call!(api, C_SignUpdate, session, state.as_mut_ptr(), 5), CKR_OK);
    assert_eq!(call!(api, C_SignUpdate, session, ment.as_mut_ptr(), 4), CKR_OK);
    assert_eq!(call!(api, C_SignFinal, session, null_mut(), &mut length), CKR_OK);
    let code = call!(api, C_SignFinal, session, signature.as_mut_ptr(), &mut length);
    assert_eq!(code, CKR_OK);
    let mut whole = *b"statement";
    assert_eq!(call!(api, C_VerifyInit, session, &mut mechanism, public), CKR_OK);
    let (whole, out) = (whole.as_mut_ptr(), signature.as_mut_ptr());
    assert_eq!(call!(api, C_Verify, session, whole, 9, out, 64), CKR_OK);
    // Once in parts, always in parts: the one-shot call ends the operation.
    assert_eq!(call!(api, C_SignInit, session, &mut mechanism, private), CKR_OK);
    assert_eq!(call!(api, C_SignUpdate, session, state.as_mut_ptr(), 5), CKR_OK);
    let code = call!(api, C_Sign, session, whole, 9, out, &mut length);
    assert_eq!(code, CKR_OPERATION_ACTIVE);
    let code = call!(api, C_SignFinal, session, out, &mut length);
    assert_eq!(code, CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(call!(api, C_SignInit, session, &mut mechanism, private), CKR_OK);
    assert_eq!(call!(api, C_SessionCancel, session, CKF_SIGN), CKR_OK);
    let code = call!(api, C_Sign, session, whole, 9, out, &mut length);
    assert_eq!(code, CKR_OPERATION_NOT_INITIALIZED);
}

fn always_authenticate(api: &Api, session: CK_SESSION_HANDLE) {
    let (_, private) = api.pair(session, &[(CKA_ALWAYS_AUTHENTICATE, 1)]);
    let (mut data, mut signature, mut length) = (*b"statement", [0; 64], 64);
    let mut sign =
        || call!(api, C_Sign, session, data.as_mut_ptr(), 9, signature.as_mut_ptr(), &mut length);
    for _ in 0..2 {
        let code = call!(api, C_SignInit, session, &mut plain(CKM_ECDSA_SHA256), private);
        assert_eq!(code, CKR_OK);
        assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN);
        assert_eq!(api.login(session, CKU_CONTEXT_SPECIFIC, "wrong"), CKR_PIN_INCORRECT);
        assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN);
        assert_eq!(api.login(session, CKU_CONTEXT_SPECIFIC, PIN), CKR_OK);
        assert_eq!(sign(), CKR_OK);
    }
}

fn attribute_lengths(api: &Api, session: CK_SESSION_HANDLE, public: u64, private: u64) {
    let ask = |object, attribute: &mut CK_ATTRIBUTE| {
        call!(api, C_GetAttributeValue, session, object, attribute, 1)
    };
    let mut point = CK_ATTRIBUTE { type_: CKA_EC_POINT, pValue: null_mut(), ulValueLen: 0 };
    assert_eq!((ask(public, &mut point), point.ulValueLen), (CKR_OK, 67));
    let mut buffer = [0; 67];
    let mut short = attribute(CKA_EC_POINT, &mut buffer[..66]);
    assert_eq!(ask(public, &mut short), CKR_BUFFER_TOO_SMALL);
    assert_eq!(short.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    let mut whole = attribute(CKA_EC_POINT, &mut buffer);
    assert_eq!(ask(public, &mut whole), CKR_OK);
    assert_eq!(buffer[..3], [0x04, 0x41, 0x04]);
    for (kind, expected) in [
        (CKA_VALUE, CKR_ATTRIBUTE_SENSITIVE),
        (CKA_MODULUS, CKR_ATTRIBUTE_TYPE_INVALID),
        (0x7fff_0000, CKR_ATTRIBUTE_TYPE_INVALID),
    ] {
        let mut buffer = [0xee; 64];
        let mut secret = attribute(kind, &mut buffer);
        assert_eq!(ask(private, &mut secret), expected);
        assert_eq!(secret.ulValueLen, CK_UNAVAILABLE_INFORMATION);
        assert_eq!(buffer, [0xee; 64]);
    }
    // One refusal does not spare the others their answers.
    let mut on = [9];
    let mut both = [attribute(CKA_VALUE, &mut [0; 4]), attribute(CKA_ALWAYS_AUTHENTICATE, &mut on)];
    let code = call!(api, C_GetAttributeValue, session, private, both.as_mut_ptr(), 2);
    assert_eq!((code, on), (CKR_ATTRIBUTE_SENSITIVE, [0]));
}

#[test]
fn sessions_are_limited() {
    in_child("c_interface::limit_child");
}

#[test]
fn limit_child() {
    if !is_child("c_interface::limit_child") {
        return;
    }
    let api = Api::start();
    let sessions: Vec<_> = (0..256).map(|_| api.open(CKF_RW_SESSION).unwrap()).collect();
    assert_eq!(api.open(0), Err(CKR_SESSION_COUNT));
    assert_eq!(call!(api, C_CloseSession, sessions[7]), CKR_OK);
    api.open(0).unwrap();
    let code = call!(api, C_InitToken, 0, SO_PIN.as_ptr().cast_mut(), 8, [b' '; 32].as_mut_ptr());
    assert_eq!(code, CKR_SESSION_EXISTS);
}

#[test]
fn a_forked_child_must_initialise_again() {
    let dir = tokens();
    let script = r#"
import ctypes, os, sys
library = ctypes.CDLL(sys.argv[1])
table = ctypes.c_void_p()
assert library.C_GetFunctionList(ctypes.byref(table)) == 0
words = ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))
function = lambda at, *types: ctypes.CFUNCTYPE(ctypes.c_ulong, *types)(words[at])
initialise, info = function(1, ctypes.c_void_p), function(3, ctypes.c_void_p)
buffer = ctypes.create_string_buffer(512)
assert initialise(None) == 0 and info(buffer) == 0
child = os.fork()
if child == 0:
    before, again, after = info(buffer), initialise(None), info(buffer)
    os._exit(0 if (before, again, after) == (0x190, 0, 0) else 1)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert info(buffer) == 0
"#;
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(module())
        .env("HSM_SIM_DIR", dir.path())
        .output();
    match output {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(_) => println!("skipped: python3 is not installed"),
    }
}

#[test]
fn threads_sign_side_by_side() {
    in_child("c_interface::threads_child");
}

#[test]
fn threads_child() {
    if !is_child("c_interface::threads_child") {
        return;
    }
    let api = Api::start();
    let keeper = api.open(CKF_RW_SESSION).unwrap();
    assert_eq!(api.login(keeper, CKU_USER, PIN), CKR_OK);
    let (public, private) = api.pair(keeper, &[]);
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let api = &api;
            scope.spawn(move || {
                let session = api.open(0).unwrap();
                for round in 0..50_u8 {
                    sign_and_verify(api, session, public, private, [thread, round]);
                }
                assert_eq!(call!(api, C_CloseSession, session), CKR_OK);
            });
        }
    });
    assert_eq!(state(&api, keeper), CKS_RW_USER_FUNCTIONS);
}

fn sign_and_verify(
    api: &Api,
    session: CK_SESSION_HANDLE,
    public: u64,
    private: u64,
    mut data: [u8; 2],
) {
    let (mut signature, mut length) = ([0; 64], 64);
    let mut mechanism = plain(CKM_ECDSA_SHA256);
    let (data, out) = (data.as_mut_ptr(), signature.as_mut_ptr());
    assert_eq!(call!(api, C_SignInit, session, &mut mechanism, private), CKR_OK);
    assert_eq!(call!(api, C_Sign, session, data, 2, out, &mut length), CKR_OK);
    assert_eq!(call!(api, C_VerifyInit, session, &mut mechanism, public), CKR_OK);
    assert_eq!(call!(api, C_Verify, session, data, 2, out, 64), CKR_OK);
}
