//! The state of the module in this process: slots, logins, sessions.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use cryptoki_sys::*;
use token::{Slot, Slots, SoKey, TokenKey};

use crate::answer::{Answer, coded};
use crate::held::Cache;
use crate::session::Session;

/// Everything between `C_Initialize` and `C_Finalize`.
pub(crate) struct Module {
    process: u32,
    pub(crate) directory: Slots,
    slots: RwLock<BTreeMap<CK_SLOT_ID, Arc<SlotState>>>,
    sessions: RwLock<HashMap<CK_SESSION_HANDLE, Arc<Open>>>,
}

/// A slot and who is logged in to its token.
pub(crate) struct SlotState {
    pub(crate) number: CK_SLOT_ID,
    /// `None` while the slot holds no initialised token.
    pub(crate) token: RwLock<Option<Slot>>,
    pub(crate) login: RwLock<Login>,
    pub(crate) cache: Mutex<Cache>,
}

/// An open session. What never changes lies outside the lock, so that others may count sessions
/// while one is busy.
pub(crate) struct Open {
    pub(crate) slot: Arc<SlotState>,
    /// Whether it is a read-write session.
    pub(crate) writable: bool,
    pub(crate) state: Mutex<Session>,
}

/// Login is per token and process, not per session (PKCS#11 §5.6).
#[derive(Default)]
pub(crate) enum Login {
    /// Nobody: public objects only.
    #[default]
    Public,
    /// The security officer.
    Officer(SoKey),
    /// The user, with the key to the private objects.
    User(TokenKey),
}

impl Login {
    pub(crate) const fn user(&self) -> Option<&TokenKey> {
        match self {
            Self::User(key) => Some(key),
            Self::Public | Self::Officer(_) => None,
        }
    }
}

/// Modules are leaked when they end, a few hundred bytes each: nobody can then hold a dangling
/// one, and a forked child never touches a lock that its parent's threads held.
static CURRENT: AtomicPtr<Module> = AtomicPtr::new(ptr::null_mut());

impl Module {
    /// `C_Initialize`.
    pub(crate) fn start() -> Answer {
        // Read once, first: of two threads that start at once, the second must not replace what
        // the first has put here.
        let before = CURRENT.load(Ordering::Acquire);
        if Self::current().is_ok() {
            return Err(CKR_CRYPTOKI_ALREADY_INITIALIZED);
        }
        let dir = std::env::var_os(DIRECTORY).ok_or(CKR_FUNCTION_FAILED)?;
        token::self_test().map_err(coded)?;
        let module = Self {
            process: std::process::id(),
            directory: Slots::open(&PathBuf::from(dir)).map_err(coded)?,
            slots: RwLock::default(),
            sessions: RwLock::default(),
        };
        module.refresh()?;
        CURRENT
            .compare_exchange(
                before,
                Box::into_raw(Box::new(module)),
                Ordering::AcqRel,
                Ordering::Acquire,
            )
            .map(drop)
            .map_err(|_| CKR_CRYPTOKI_ALREADY_INITIALIZED)
    }

    /// `C_Finalize`: forgets logins, sessions and keys.
    pub(crate) fn stop() -> Answer {
        let module = Self::current()?;
        CURRENT.store(ptr::null_mut(), Ordering::Release);
        write(&module.sessions).clear();
        for slot in write(&module.slots).values() {
            slot.log_out();
            *lock(&slot.cache) = Cache::default();
        }
        Ok(())
    }

    /// The module, if it is initialised in this very process.
    pub(crate) fn current() -> Answer<&'static Self> {
        // SAFETY: the pointer is null or came from `Box::into_raw` and is never freed; all fields
        // that change are behind locks.
        let module = unsafe { CURRENT.load(Ordering::Acquire).as_ref() };
        module
            .filter(|module| module.process == std::process::id())
            .ok_or(CKR_CRYPTOKI_NOT_INITIALIZED)
    }

    /// Looks for tokens that other processes made, and keeps one empty slot at the end.
    pub(crate) fn refresh(&self) -> Answer {
        let tokens = self.directory.tokens().map_err(coded)?;
        let mut slots = write(&self.slots);
        for (number, token) in &tokens {
            let number = CK_SLOT_ID::from(*number);
            let state = slots.entry(number).or_insert_with(|| Arc::new(SlotState::empty(number)));
            let mut place = write(&state.token);
            if place.is_none() {
                *place = Some(token.clone());
            }
        }
        if slots.values().all(|state| read(&state.token).is_some()) {
            let free = (0..).find(|number| !slots.contains_key(number)).unwrap_or_default();
            slots.insert(free, Arc::new(SlotState::empty(free)));
        }
        Ok(())
    }

    pub(crate) fn slots(&self) -> Vec<Arc<SlotState>> {
        read(&self.slots).values().cloned().collect()
    }

    pub(crate) fn slot(&self, id: CK_SLOT_ID) -> Answer<Arc<SlotState>> {
        read(&self.slots).get(&id).cloned().ok_or(CKR_SLOT_ID_INVALID)
    }

    pub(crate) fn session(&self, handle: CK_SESSION_HANDLE) -> Answer<Arc<Open>> {
        read(&self.sessions).get(&handle).cloned().ok_or(CKR_SESSION_HANDLE_INVALID)
    }

    /// Sessions of one slot: all, and those that may write.
    pub(crate) fn count(&self, slot: &SlotState) -> (usize, usize) {
        let sessions = self.sessions_of(slot);
        (sessions.len(), sessions.iter().filter(|(_, open)| open.writable).count())
    }

    pub(crate) fn open_session(
        &self,
        slot: Arc<SlotState>,
        writable: bool,
    ) -> Answer<CK_SESSION_HANDLE> {
        let mut sessions = write(&self.sessions);
        if sessions.len() >= SESSIONS_MAX {
            return Err(CKR_SESSION_COUNT);
        }
        let handle = Self::next_handle();
        let state = Mutex::new(Session::new(handle, slot.clone(), writable));
        sessions.insert(handle, Arc::new(Open { slot, writable, state }));
        Ok(handle)
    }

    /// Closes sessions; the last one of a token logs out.
    pub(crate) fn close(&self, handles: &[CK_SESSION_HANDLE]) -> Answer {
        for handle in handles {
            let gone = write(&self.sessions).remove(handle).ok_or(CKR_SESSION_HANDLE_INVALID)?;
            lock(&gone.slot.cache).drop_session(*handle);
            if self.sessions_of(&gone.slot).is_empty() {
                gone.slot.log_out();
            }
        }
        Ok(())
    }

    /// Sessions of one slot.
    pub(crate) fn sessions_of(&self, slot: &SlotState) -> Vec<(CK_SESSION_HANDLE, Arc<Open>)> {
        read(&self.sessions)
            .iter()
            .filter(|(_, open)| open.slot.number == slot.number)
            .map(|(handle, open)| (*handle, open.clone()))
            .collect()
    }

    /// Ends the login, and every operation that it allowed. The caller holds no session.
    pub(crate) fn log_out(&self, slot: &SlotState) {
        slot.log_out();
        for (_, open) in self.sessions_of(slot) {
            lock(&open.state).cancel();
        }
    }

    /// A handle that was never used before in this process, for a session or an object: not even
    /// by a module that has been finalised, whose users may still try to close their sessions.
    pub(crate) fn next_handle() -> CK_ULONG {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

impl SlotState {
    fn empty(number: CK_SLOT_ID) -> Self {
        Self { number, token: RwLock::new(None), login: RwLock::default(), cache: Mutex::default() }
    }

    /// The token in this slot.
    pub(crate) fn token(&self) -> Answer<Slot> {
        read(&self.token).clone().ok_or(CKR_TOKEN_NOT_RECOGNIZED)
    }

    /// The key to private objects, if the user is logged in.
    pub(crate) fn user(&self) -> Option<TokenKey> {
        read(&self.login).user().cloned()
    }

    fn log_out(&self) {
        *write(&self.login) = Login::Public;
    }
}

/// A lock that goes on after a panic elsewhere: what it guards is whole after each statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Names the directory of tokens.
const DIRECTORY: &str = "HSM_SIM_DIR";

/// Sessions of this process, over all slots.
pub(crate) const SESSIONS_MAX: usize = 256;
