//! Every C function under nulls, short buffers, wrong handles and wrong states: no crash, no
//! `CKR_GENERAL_ERROR`, and the token is whole afterwards.

use std::ptr::null_mut;

use cryptoki_sys::*;

use crate::c_interface::{Api, call};
use crate::{PIN, in_child, is_child};

#[test]
fn hostile_callers() {
    in_child("row_92_hostile::child");
}

#[test]
fn child() {
    if !is_child("row_92_hostile::child") {
        return;
    }
    let seed = std::env::var("HSM_SIM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("HSM_SIM_SEED={seed}");
    let api = Api::start();
    let mut chaos = Chaos::new(seed);
    for round in 0..ROUNDS {
        // A login takes its time: not often.
        if round % 528 == 0 {
            chaos.handles = fresh_handles(&api);
        }
        let code = one(&api, &mut chaos, round % FUNCTIONS);
        assert_ne!(code, CKR_GENERAL_ERROR, "function {} in round {round}", round % FUNCTIONS);
    }
    assert_eq!(call!(api, C_Finalize, null_mut()), CKR_OK);
    let dir = std::env::var("HSM_SIM_DIR").unwrap();
    for (_, slot) in token::Slots::open(dir.as_ref()).unwrap().tokens().unwrap() {
        for id in slot.objects().ids().unwrap() {
            slot.objects().read(id, None).unwrap();
        }
    }
}

/// Handles that mean something, among those that do not. Without a login, if the PIN has been
/// locked by then.
fn fresh_handles(api: &Api) -> Vec<u64> {
    call!(api, C_CloseAllSessions, 0);
    let session = api.open(CKF_RW_SESSION).unwrap();
    if api.login(session, CKU_USER, PIN) != CKR_OK {
        return vec![session, session];
    }
    let (public, private) = api.pair(session, &[]);
    vec![session, session, session, public, private]
}

/// Arguments from a seed. Pointers are null or good for the length said, as a C caller's mistakes
/// are; what no callee can survive (wild pointers) is left out.
struct Chaos {
    state: u64,
    handles: Vec<u64>,
    buffers: Vec<Vec<u8>>,
    mechanism: CK_MECHANISM,
    gcm: CK_GCM_PARAMS,
    pss: CK_RSA_PKCS_PSS_PARAMS,
    template: Vec<CK_ATTRIBUTE>,
    length: CK_ULONG,
    place: [u64; 64],
}

impl Chaos {
    fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            handles: Vec::new(),
            buffers: (0..8).map(|size| vec![size; 1 << size]).collect(),
            mechanism: CK_MECHANISM { mechanism: 0, pParameter: null_mut(), ulParameterLen: 0 },
            gcm: CK_GCM_PARAMS {
                pIv: null_mut(),
                ulIvLen: 0,
                ulIvBits: 0,
                pAAD: null_mut(),
                ulAADLen: 0,
                ulTagBits: 0,
            },
            pss: CK_RSA_PKCS_PSS_PARAMS::default(),
            template: Vec::new(),
            length: 0,
            place: [0; 64],
        }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }

    fn handle(&mut self) -> u64 {
        if self.next().is_multiple_of(5) {
            return self.pick(&[0, 1, 1 << 40, u64::MAX]);
        }
        let handles = self.handles.clone();
        self.pick(&handles)
    }

    fn number(&mut self) -> u64 {
        self.pick(&[0, 1, 2, 4, 6, 32, 64, 255])
    }

    fn bytes(&mut self) -> (*mut u8, CK_ULONG) {
        let at = (self.next() % 10) as usize;
        match self.buffers.get_mut(at) {
            Some(buffer) => (buffer.as_mut_ptr(), buffer.len() as CK_ULONG),
            None => (null_mut(), self.number()),
        }
    }

    fn out(&mut self) -> (*mut u8, *mut CK_ULONG) {
        let (buffer, length) = self.bytes();
        self.length = length;
        if self.next().is_multiple_of(8) {
            (buffer, null_mut())
        } else {
            (buffer, &raw mut self.length)
        }
    }

    /// Room for whatever a function puts there.
    fn place<T>(&mut self) -> *mut T {
        assert!(size_of::<T>() <= size_of_val(&self.place));
        if self.next().is_multiple_of(8) { null_mut() } else { (&raw mut self.place).cast() }
    }

    fn mechanism(&mut self) -> *mut CK_MECHANISM {
        const KINDS: [u64; 17] = [
            CKM_ECDSA,
            CKM_ECDSA_SHA256,
            CKM_EDDSA,
            CKM_RSA_PKCS,
            CKM_RSA_PKCS_PSS,
            CKM_SHA256_RSA_PKCS_PSS,
            CKM_AES_GCM,
            CKM_AES_KEY_GEN,
            CKM_SHA256,
            CKM_SHA_1,
            CKM_EC_KEY_PAIR_GEN,
            CKM_EC_EDWARDS_KEY_PAIR_GEN,
            0x8000_8000,
            0x8000_8001,
            0x8000_8102,
            0x8000_A001,
            u64::MAX,
        ];
        self.mechanism.mechanism = self.pick(&KINDS);
        let (buffer, length) = self.bytes();
        (self.gcm.pIv, self.gcm.ulIvLen) = self.bytes();
        (self.gcm.pAAD, self.gcm.ulAADLen) = self.bytes();
        self.gcm.ulTagBits = self.pick(&[0, 96, 128, u64::MAX]);
        self.pss = CK_RSA_PKCS_PSS_PARAMS {
            hashAlg: self.pick(&[CKM_SHA256, CKM_SHA_1, 0]),
            mgf: self.pick(&[CKG_MGF1_SHA256, 0]),
            sLen: self.pick(&[0, 32, 222, 223, u64::MAX]),
        };
        let size = |length: usize| length as CK_ULONG;
        // A parameter block of GCM's or PSS's length is read as such: it has to be one.
        (self.mechanism.pParameter, self.mechanism.ulParameterLen) = match self.next() % 4 {
            0 => ((&raw mut self.gcm).cast(), size(size_of::<CK_GCM_PARAMS>())),
            1 => ((&raw mut self.pss).cast(), size(size_of::<CK_RSA_PKCS_PSS_PARAMS>())),
            2 => (null_mut(), self.number()),
            _ => (buffer.cast(), length),
        };
        if self.next().is_multiple_of(10) { null_mut() } else { &raw mut self.mechanism }
    }

    fn template(&mut self) -> (*mut CK_ATTRIBUTE, CK_ULONG) {
        const KINDS: [u64; 20] = [
            CKA_CLASS,
            CKA_TOKEN,
            CKA_PRIVATE,
            CKA_LABEL,
            CKA_VALUE,
            CKA_KEY_TYPE,
            CKA_ID,
            CKA_SENSITIVE,
            CKA_DECRYPT,
            CKA_WRAP,
            CKA_SIGN,
            CKA_MODULUS,
            CKA_MODULUS_BITS,
            CKA_PUBLIC_EXPONENT,
            CKA_VALUE_LEN,
            CKA_EXTRACTABLE,
            CKA_EC_PARAMS,
            CKA_EC_POINT,
            CKA_ALLOWED_MECHANISMS,
            u64::MAX,
        ];
        let count = self.next() % 6;
        self.template.clear();
        for _ in 0..count {
            let type_ = self.pick(&KINDS);
            let (value, length) = self.bytes();
            let long = if value.is_null() { self.pick(&[0, length, u64::MAX]) } else { length };
            self.template.push(CK_ATTRIBUTE { type_, pValue: value.cast(), ulValueLen: long });
        }
        match self.next() % 10 {
            0 => (null_mut(), count),
            1 => (self.template.as_mut_ptr(), 0),
            _ => (self.template.as_mut_ptr(), count),
        }
    }
}

const FUNCTIONS: usize = 66;
const ROUNDS: usize = FUNCTIONS * 200;

/// Calls one function of the table.
#[rustfmt::skip]
fn one(api: &Api, c: &mut Chaos, function: usize) -> CK_RV {
    let s = c.handle();
    let h = c.handle();
    let (data, size) = c.bytes();
    let (more, more_size) = c.bytes();
    let mut own = 0;
    match function {
        0 => call!(api, C_GetInfo, c.place()),
        1 => { let (_, n) = c.out(); call!(api, C_GetSlotList, 1, null_mut(), n) }
        2 => call!(api, C_GetSlotInfo, c.number(), c.place()),
        3 => call!(api, C_GetTokenInfo, c.number(), c.place()),
        4 => { own = 64; let list = c.place(); call!(api, C_GetMechanismList, c.number(), list, &mut own) }
        5 => call!(api, C_GetMechanismInfo, c.number(), c.number(), c.place()),
        6 => call!(api, C_InitToken, 7, data, size, null_mut()),
        7 => call!(api, C_InitPIN, s, data, size),
        8 => call!(api, C_SetPIN, s, data, size, more, more_size),
        9 => call!(api, C_OpenSession, c.number(), c.number(), null_mut(), None, c.place()),
        10 => call!(api, C_CloseSession, c.pick(&[0, 99, u64::MAX])),
        11 => call!(api, C_CloseAllSessions, c.pick(&[5, u64::MAX])),
        12 => call!(api, C_GetSessionInfo, s, c.place()),
        13 => { let (b, n) = c.out(); call!(api, C_GetOperationState, s, b, n) }
        14 => call!(api, C_SetOperationState, s, data, size, h, h),
        15 => call!(api, C_Login, s, c.number(), data, size),
        16 => call!(api, C_Logout, c.pick(&[0, u64::MAX])),
        17 => { let (t, n) = c.template(); call!(api, C_CreateObject, s, t, n, c.place()) }
        18 => { let (t, n) = c.template(); call!(api, C_CopyObject, s, h, t, n, c.place()) }
        19 => call!(api, C_DestroyObject, s, c.pick(&[0, 3, u64::MAX])),
        20 => call!(api, C_GetObjectSize, s, h, c.place()),
        21 => { let (t, n) = c.template(); call!(api, C_GetAttributeValue, s, h, t, n) }
        22 => { let (t, n) = c.template(); call!(api, C_SetAttributeValue, s, h, t, n) }
        23 => { let (t, n) = c.template(); call!(api, C_FindObjectsInit, s, t, n) }
        24 => { let list = c.place(); call!(api, C_FindObjects, s, list, c.number().min(64), c.place()) }
        25 => call!(api, C_FindObjectsFinal, s),
        26 => call!(api, C_EncryptInit, s, c.mechanism(), h),
        27 => { let (b, n) = c.out(); call!(api, C_Encrypt, s, data, size, b, n) }
        28 => { let (b, n) = c.out(); call!(api, C_EncryptUpdate, s, data, size, b, n) }
        29 => { let (b, n) = c.out(); call!(api, C_EncryptFinal, s, b, n) }
        30 => call!(api, C_DecryptInit, s, c.mechanism(), h),
        31 => { let (b, n) = c.out(); call!(api, C_Decrypt, s, data, size, b, n) }
        32 => { let (b, n) = c.out(); call!(api, C_DecryptUpdate, s, data, size, b, n) }
        33 => { let (b, n) = c.out(); call!(api, C_DecryptFinal, s, b, n) }
        34 => call!(api, C_DigestInit, s, c.mechanism()),
        35 => { let (b, n) = c.out(); call!(api, C_Digest, s, data, size, b, n) }
        36 => call!(api, C_DigestUpdate, s, data, size),
        37 => call!(api, C_DigestKey, s, h),
        38 => { let (b, n) = c.out(); call!(api, C_DigestFinal, s, b, n) }
        39 => call!(api, C_SignInit, s, c.mechanism(), h),
        40 => { let (b, n) = c.out(); call!(api, C_Sign, s, data, size, b, n) }
        41 => call!(api, C_SignUpdate, s, data, size),
        42 => { let (b, n) = c.out(); call!(api, C_SignFinal, s, b, n) }
        43 => call!(api, C_SignRecoverInit, s, c.mechanism(), h),
        44 => { let (b, n) = c.out(); call!(api, C_SignRecover, s, data, size, b, n) }
        45 => call!(api, C_VerifyInit, s, c.mechanism(), h),
        46 => call!(api, C_Verify, s, data, size, more, more_size),
        47 => call!(api, C_VerifyUpdate, s, data, size),
        48 => call!(api, C_VerifyFinal, s, more, more_size),
        49 => call!(api, C_VerifyRecoverInit, s, c.mechanism(), h),
        50 => { let (b, n) = c.out(); call!(api, C_DigestEncryptUpdate, s, data, size, b, n) }
        51 => { let (b, n) = c.out(); call!(api, C_DecryptVerifyUpdate, s, data, size, b, n) }
        52 => { let (t, n) = c.template(); call!(api, C_GenerateKey, s, c.mechanism(), t, n, c.place()) }
        53 => { let (t, n) = c.template(); call!(api, C_GenerateKeyPair, s, c.mechanism(), t, n, null_mut(), 0, c.place(), &mut own) }
        54 => { let (b, n) = c.out(); call!(api, C_WrapKey, s, c.mechanism(), h, h, b, n) }
        55 => { let (t, n) = c.template(); call!(api, C_UnwrapKey, s, c.mechanism(), h, data, size, t, n, c.place()) }
        56 => { let (t, n) = c.template(); call!(api, C_DeriveKey, s, c.mechanism(), h, t, n, c.place()) }
        57 => call!(api, C_SeedRandom, s, data, size),
        58 => call!(api, C_GenerateRandom, s, data, size),
        59 => call!(api, C_GetFunctionStatus, s),
        60 => call!(api, C_CancelFunction, s),
        61 => call!(api, C_WaitForSlotEvent, c.number(), c.place(), null_mut()),
        62 => call!(api, C_SessionCancel, s, c.number() << 8),
        63 => call!(api, C_LoginUser, s, 1, data, size, more, more_size),
        64 => call!(api, C_MessageSignInit, s, c.mechanism(), h),
        _ => call!(api, C_VerifyMessage, s, null_mut(), 0, data, size, more, more_size),
    }
}
