//! A session: what it may do and what it is doing.

use std::sync::Arc;

use auth_core::key::PublicKey;
use cryptoki_sys::*;
use token::key::Key;

use crate::answer::Answer;
use crate::hash::Hash;
use crate::held::Held;
use crate::memory::{Mechanism, Parameter};
use crate::module::{Login, Module, SlotState, lock, read};
use crate::scheme::{Gathered, Scheme};

/// One session and its operations under way, at most one of each sort.
pub(crate) struct Session {
    pub(crate) handle: CK_SESSION_HANDLE,
    pub(crate) slot: Arc<SlotState>,
    /// Whether it is a read-write session.
    pub(crate) writable: bool,
    /// Handles still to be given out by `C_FindObjects`.
    pub(crate) find: Option<std::vec::IntoIter<CK_OBJECT_HANDLE>>,
    pub(crate) sign: Option<Signing>,
    pub(crate) verify: Option<Verifying>,
    pub(crate) digest: Option<Hash>,
    pub(crate) encrypt: Option<Sealing>,
    pub(crate) decrypt: Option<Sealing>,
}

/// A signature under way.
pub(crate) struct Signing {
    pub(crate) key: Arc<Key>,
    pub(crate) scheme: Scheme,
    /// Parts given so far; `None` until the first.
    pub(crate) parts: Option<Gathered>,
    /// Waits for `C_Login` with `CKU_CONTEXT_SPECIFIC` (`CKA_ALWAYS_AUTHENTICATE`).
    pub(crate) needs_pin: bool,
}

/// A verification under way.
pub(crate) struct Verifying {
    pub(crate) key: Arc<PublicKey>,
    pub(crate) scheme: Scheme,
    pub(crate) parts: Option<Gathered>,
}

/// An encryption or decryption under way.
pub(crate) struct Sealing {
    pub(crate) key: Arc<Key>,
    pub(crate) nonce: [u8; 12],
    pub(crate) aad: Vec<u8>,
    pub(crate) parts: Option<Vec<u8>>,
    pub(crate) needs_pin: bool,
}

impl Session {
    pub(crate) const fn new(
        handle: CK_SESSION_HANDLE,
        slot: Arc<SlotState>,
        writable: bool,
    ) -> Self {
        Self {
            handle,
            slot,
            writable,
            find: None,
            sign: None,
            verify: None,
            digest: None,
            encrypt: None,
            decrypt: None,
        }
    }

    /// Gives up every operation.
    pub(crate) fn cancel(&mut self) {
        *self = Self::new(self.handle, self.slot.clone(), self.writable);
    }

    /// `CK_STATE` (PKCS#11 §5.6.1).
    pub(crate) fn state(&self) -> CK_STATE {
        match (&*read(&self.slot.login), self.writable) {
            (Login::Public, false) => CKS_RO_PUBLIC_SESSION,
            (Login::Public, true) => CKS_RW_PUBLIC_SESSION,
            (Login::User(_), false) => CKS_RO_USER_FUNCTIONS,
            (Login::User(_), true) => CKS_RW_USER_FUNCTIONS,
            (Login::Officer(_), _) => CKS_RW_SO_FUNCTIONS,
        }
    }

    /// The object of a handle that is said to be a key.
    pub(crate) fn key(&self, module: &Module, handle: CK_OBJECT_HANDLE) -> Answer<Arc<Held>> {
        module.object(&self.slot, handle).map_err(|code| match code {
            CKR_OBJECT_HANDLE_INVALID => CKR_KEY_HANDLE_INVALID,
            other => other,
        })
    }
}

impl Sealing {
    /// Reads the parameters of GCM: a nonce of 12 bytes and a tag of 128 bits, nothing less.
    pub(crate) fn new(held: &Held, mechanism: Mechanism, needs_pin: bool) -> Answer<Self> {
        let Parameter::Gcm { iv, aad, tag_bits: 128 } = mechanism.parameter else {
            return Err(CKR_MECHANISM_PARAM_INVALID);
        };
        let nonce = iv.try_into().map_err(|_| CKR_MECHANISM_PARAM_INVALID)?;
        Ok(Self { key: held.key()?, nonce, aad, parts: None, needs_pin })
    }
}

/// Does `work` on a session, which nobody else uses meanwhile.
pub(crate) fn with_session(
    handle: CK_SESSION_HANDLE,
    work: impl FnOnce(&'static Module, &mut Session) -> Answer,
) -> Answer {
    let module = Module::current()?;
    let session = module.session(handle)?;
    let mut state = lock(&session.state);
    work(module, &mut state)
}
