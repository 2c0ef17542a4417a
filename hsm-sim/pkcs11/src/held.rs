//! Objects by handle: read from the token when needed, kept while their file is unchanged.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use auth_core::key::PublicKey;
use cryptoki_sys::*;
use token::key::Key;
use token::{Class, Flags, Object, ObjectId, Version};

use crate::answer::{Answer, coded};
use crate::module::{Module, SlotState, lock};

/// An object in memory, with its key parsed once.
pub(crate) struct Held {
    pub(crate) handle: CK_OBJECT_HANDLE,
    /// `None` for session objects.
    pub(crate) id: Option<ObjectId>,
    pub(crate) object: Object,
    version: Option<Version>,
    key: OnceLock<Option<Arc<Key>>>,
    public: OnceLock<Option<Arc<PublicKey>>>,
}

/// The objects of a slot that have been seen.
#[derive(Default)]
pub(crate) struct Cache {
    handles: HashMap<ObjectId, CK_OBJECT_HANDLE>,
    held: HashMap<CK_OBJECT_HANDLE, Entry>,
}

struct Entry {
    held: Arc<Held>,
    /// When its file was last looked at.
    looked: Instant,
    /// The session that a session object goes with.
    session: Option<CK_SESSION_HANDLE>,
}

impl Held {
    /// The private or secret key, parsed at first use.
    pub(crate) fn key(&self) -> Answer<Arc<Key>> {
        let parse = || {
            let kind = self.object.kind.filter(|_| self.object.is_secret())?;
            Key::parse(kind, &self.object.value).ok().map(Arc::new)
        };
        self.key.get_or_init(parse).clone().ok_or(CKR_KEY_TYPE_INCONSISTENT)
    }

    /// The public key of a public key object.
    pub(crate) fn public(&self) -> Answer<Arc<PublicKey>> {
        let parse = || {
            let spki = (self.object.class == Class::PublicKey).then_some(&self.object.value)?;
            PublicKey::from_spki(spki).map(Arc::new)
        };
        self.public.get_or_init(parse).clone().ok_or(CKR_KEY_TYPE_INCONSISTENT)
    }
}

impl Cache {
    pub(crate) fn drop_session(&mut self, session: CK_SESSION_HANDLE) {
        self.held.retain(|_, entry| entry.session != Some(session));
    }

    /// Whether an object has been read in this version.
    fn knows(&self, id: ObjectId, version: Option<Version>) -> bool {
        let entry = self.handles.get(&id).and_then(|handle| self.held.get(handle));
        entry.is_some_and(|entry| entry.held.version == version)
    }

    fn forget(&mut self, handle: CK_OBJECT_HANDLE) {
        if let Some(Held { id: Some(id), .. }) =
            self.held.remove(&handle).as_ref().map(|entry| &*entry.held)
        {
            self.handles.remove(id);
        }
    }
}

impl Module {
    /// The object of a handle, if the login may see it.
    pub(crate) fn object(&self, slot: &SlotState, handle: CK_OBJECT_HANDLE) -> Answer<Arc<Held>> {
        let user = slot.user();
        let mut cache = lock(&slot.cache);
        let entry = cache.held.get_mut(&handle).ok_or(CKR_OBJECT_HANDLE_INVALID)?;
        if entry.held.object.flags.has(Flags::PRIVATE) && user.is_none() {
            return Err(CKR_OBJECT_HANDLE_INVALID);
        }
        let Some(id) = entry.held.id.filter(|_| entry.looked.elapsed() > RECHECK) else {
            return Ok(entry.held.clone());
        };
        let objects = slot.token()?.objects();
        let version = objects.version(id);
        if version.is_some() && version == entry.held.version {
            entry.looked = Instant::now();
            return Ok(entry.held.clone());
        }
        match objects.read(id, user.as_ref()).map_err(coded)? {
            Some(object) if version.is_some() => {
                let held = Arc::new(Held::new(handle, Some(id), object, version));
                *entry = Entry { held: held.clone(), looked: Instant::now(), session: None };
                Ok(held)
            }
            _ => {
                cache.forget(handle);
                Err(CKR_OBJECT_HANDLE_INVALID)
            }
        }
    }

    /// Every object that the login may see, in order of handle: session objects and those of the
    /// token. Damaged files are passed over, as a device passes over bad sectors.
    pub(crate) fn visible(&self, slot: &SlotState) -> Answer<Vec<Arc<Held>>> {
        let user = slot.user();
        let objects = slot.token()?.objects();
        let ids = objects.ids().map_err(coded)?;
        let mut cache = lock(&slot.cache);
        let cache = &mut *cache;
        let gone: Vec<_> = cache
            .handles
            .iter()
            .filter(|(id, _)| ids.binary_search(id).is_err())
            .map(|(_, handle)| *handle)
            .collect();
        for handle in gone {
            cache.forget(handle);
        }
        for id in ids {
            let handle = *cache.handles.entry(id).or_insert_with(Self::next_handle);
            let version = objects.version(id);
            let known = cache.held.get(&handle).is_some_and(|entry| entry.held.version == version);
            if known {
                continue;
            }
            match objects.read(id, user.as_ref()) {
                Ok(Some(object)) => {
                    let held = Arc::new(Held::new(handle, Some(id), object, version));
                    let entry = Entry { held, looked: Instant::now(), session: None };
                    cache.held.insert(handle, entry);
                }
                // Private, and nobody is logged in.
                Ok(None) => {}
                Err(_) => {
                    cache.held.remove(&handle);
                }
            }
        }
        let mut all: Vec<_> = cache
            .held
            .values()
            .map(|entry| &entry.held)
            .filter(|held| user.is_some() || !held.object.flags.has(Flags::PRIVATE))
            .cloned()
            .collect();
        all.sort_unstable_by_key(|held| held.handle);
        Ok(all)
    }

    /// Refuses while an object of the token is unreadable: it may be the key that a caller misses
    /// and is about to replace.
    pub(crate) fn refuse_damaged(&self, slot: &SlotState) -> Answer {
        let user = slot.user();
        let objects = slot.token()?.objects();
        for id in objects.ids().map_err(coded)? {
            let known = lock(&slot.cache).knows(id, objects.version(id));
            if !known {
                objects.read(id, user.as_ref()).map_err(coded)?;
            }
        }
        Ok(())
    }

    /// Keeps a new object: on the token, or with the session.
    pub(crate) fn keep(
        &self,
        slot: &SlotState,
        session: CK_SESSION_HANDLE,
        object: Object,
        on_token: bool,
    ) -> Answer<CK_OBJECT_HANDLE> {
        let handle = Self::next_handle();
        let id = if on_token {
            let id = ObjectId(random());
            self.store(slot, id, &object)?;
            Some(id)
        } else {
            None
        };
        let version = id.and_then(|id| slot.token().ok()?.objects().version(id));
        let held = Arc::new(Held::new(handle, id, object, version));
        let mut cache = lock(&slot.cache);
        if let Some(id) = id {
            cache.handles.insert(id, handle);
        }
        let session = id.is_none().then_some(session);
        cache.held.insert(handle, Entry { held, looked: Instant::now(), session });
        Ok(handle)
    }

    /// Puts a changed object in the place of an old one.
    pub(crate) fn change(&self, slot: &SlotState, held: &Held, object: Object) -> Answer {
        if let Some(id) = held.id {
            self.store(slot, id, &object)?;
        }
        let version = held.id.and_then(|id| slot.token().ok()?.objects().version(id));
        let changed = Arc::new(Held::new(held.handle, held.id, object, version));
        if let Some(entry) = lock(&slot.cache).held.get_mut(&held.handle) {
            entry.held = changed;
            entry.looked = Instant::now();
        }
        Ok(())
    }

    pub(crate) fn destroy(&self, slot: &SlotState, held: &Held) -> Answer {
        if let Some(id) = held.id {
            let objects = slot.token()?.objects();
            let _held = objects.lock().map_err(coded)?;
            objects.remove(id).map_err(coded)?;
        }
        lock(&slot.cache).forget(held.handle);
        Ok(())
    }

    fn store(&self, slot: &SlotState, id: ObjectId, object: &Object) -> Answer {
        let objects = slot.token()?.objects();
        let _held = objects.lock().map_err(coded)?;
        objects.write(id, object, slot.user().as_ref(), &token::OsRandom).map_err(coded)
    }
}

impl Held {
    const fn new(
        handle: CK_OBJECT_HANDLE,
        id: Option<ObjectId>,
        object: Object,
        version: Option<Version>,
    ) -> Self {
        Self { handle, id, object, version, key: OnceLock::new(), public: OnceLock::new() }
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    (&token::OsRandom as &dyn auth_core::Random).bytes()
}

/// How long an object changed or destroyed by another process may be used as it was.
const RECHECK: Duration = Duration::from_millis(100);
