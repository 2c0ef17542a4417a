//! The keys of an open token: found by name, parsed once, made and destroyed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use auth_core::Random;
use auth_core::key::{
    Capabilities, KeyKind, KeyRef, PublicKey, SignatureAlgorithm, ToSign, verify,
};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::TokenError;
use crate::key::{Key, RsaPadding, verify_rsa};
use crate::object::{Class, Flags, Object, ObjectId};
use crate::objects::{Objects, TokenKey};

/// What the clones of a token share.
pub(crate) struct Inner {
    pub(crate) objects: Objects,
    pub(crate) key: TokenKey,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) capabilities: Capabilities,
    keys: RwLock<HashMap<KeyRef, Arc<Ready>>>,
    /// Files that have been read, keys or not, so that a rescan reads only new ones.
    seen: Mutex<HashSet<ObjectId>>,
    /// Files that could not be read. While there are any, no name is known to be free.
    damaged: Mutex<BTreeSet<ObjectId>>,
    opened: Instant,
}

/// A key and where it came from.
pub(crate) struct Ready {
    pub(crate) id: ObjectId,
    pub(crate) key: Key,
    flags: Flags,
    signatures: AtomicU64,
    /// Milliseconds after `opened` when its file was last seen.
    seen_at: AtomicU64,
}

impl Inner {
    pub(crate) fn new(
        objects: Objects,
        key: TokenKey,
        random: Arc<dyn Random>,
        capabilities: Capabilities,
    ) -> Self {
        Self {
            objects,
            key,
            random,
            capabilities,
            keys: RwLock::default(),
            seen: Mutex::default(),
            damaged: Mutex::default(),
            opened: Instant::now(),
        }
    }

    /// A key that needs no look at the disk.
    pub(crate) fn ready(&self, name: &KeyRef) -> Option<Arc<Ready>> {
        let ready = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.get(name).cloned()?
        };
        if matches!(self.objects, Objects::Memory(_)) {
            return Some(ready);
        }
        let fresh = self.millis().saturating_sub(ready.seen_at.load(Ordering::Relaxed));
        (fresh < RECHECK.as_millis() as u64).then_some(ready)
    }

    /// A key, after a look at the disk for what other processes made or destroyed.
    pub(crate) fn find(&self, name: &KeyRef) -> Result<Arc<Ready>, TokenError> {
        let known = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.get(name).cloned()
        };
        if let Some(ready) = known {
            if self.objects.exists(ready.id) {
                ready.seen_at.store(self.millis(), Ordering::Relaxed);
                return Ok(ready);
            }
            self.forget(name, ready.id);
        }
        self.scan()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(name).cloned().ok_or_else(|| self.missing(name))
    }

    /// The error for a name that is not there. If a file is damaged it may be the one that bears
    /// the name: then nobody is told that the key is missing, lest they make another in its place.
    fn missing(&self, name: &KeyRef) -> TokenError {
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        match damaged.first() {
            Some(id) => TokenError::Corrupt {
                path: self.objects.path(*id),
                detail: "unreadable, and may be the key that is asked for",
            },
            None => TokenError::Missing(name.to_string()),
        }
    }

    /// Every key there is now, by name.
    pub(crate) fn inventory(&self) -> Result<Vec<(KeyRef, KeyKind)>, TokenError> {
        self.scan()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> = keys
            .iter()
            .filter(|(_, ready)| self.objects.exists(ready.id))
            .map(|(name, ready)| (name.clone(), ready.key.kind()))
            .collect();
        list.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(list)
    }

    /// Makes a key under a free name. The private half is written last: it is what makes the key
    /// exist.
    pub(crate) fn generate(
        &self,
        name: &KeyRef,
        kind: KeyKind,
    ) -> Result<Option<PublicKey>, TokenError> {
        if !(1..=NAME_MAX).contains(&name.as_str().len()) {
            return Err(TokenError::Refused("a key name has 1 to 128 bytes"));
        }
        self.refuse_taken(name)?;
        // RSA takes its time: not while others wait for the lock.
        let secret = Key::generate(kind, &*self.random)?;
        let key = Key::parse(kind, &secret)?;
        let public = key.public().cloned();
        let _held = self.objects.lock()?;
        self.refuse_taken(name)?;
        if let Some(public) = &public {
            self.discard_orphans(name)?;
            self.write_new(&public_object(name, public))?;
        }
        let object = secret_object(name, kind, secret, public.as_ref());
        let id = self.write_new(&object)?;
        self.adopt(id, &object, key);
        Ok(public)
    }

    /// Destroys a key, its private half first.
    pub(crate) fn destroy(&self, name: &KeyRef) -> Result<(), TokenError> {
        let _held = self.objects.lock()?;
        let ready = self.find(name)?;
        if !ready.flags.has(Flags::DESTROYABLE) {
            return Err(TokenError::Refused("the key may not be destroyed"));
        }
        self.objects.remove(ready.id)?;
        self.forget(name, ready.id);
        self.discard_orphans(name)
    }

    /// Signs, and checks every 256th signature of a key, the first included, as a watch on the
    /// arithmetic and the memory.
    pub(crate) fn sign(
        &self,
        ready: &Ready,
        algorithm: SignatureAlgorithm,
        input: ToSign<'_>,
    ) -> Result<Vec<u8>, TokenError> {
        if !ready.flags.has(Flags::SIGN) {
            return Err(TokenError::Refused("the key may not sign"));
        }
        let signature = ready.key.sign(algorithm, input, &*self.random)?;
        if ready.signatures.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
            sampled(&ready.key, algorithm, input, &signature)?;
        }
        Ok(signature)
    }

    /// The key, if it may encrypt and decrypt.
    pub(crate) fn wrapping(ready: &Ready, need: Flags) -> Result<&Key, TokenError> {
        if !ready.flags.has(need) {
            return Err(TokenError::Refused("the key may not wrap secrets"));
        }
        Ok(&ready.key)
    }

    /// Reads the files that have not been read yet, and again those that could not be. A damaged
    /// one is logged once and left to [`crate::Token::check`]; other keys go on.
    pub(crate) fn scan(&self) -> Result<(), TokenError> {
        let ids = self.objects.ids()?;
        let mut seen = self.seen();
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|id| ids.binary_search(id).is_ok());
        damaged.retain(|id| ids.binary_search(id).is_ok());
        for id in ids {
            if seen.contains(&id) {
                continue;
            }
            match self
                .objects
                .read(id, Some(&self.key))
                .and_then(|found| found.map_or(Ok(()), |object| self.adopt_read(id, &object)))
            {
                Ok(()) => {
                    damaged.remove(&id);
                    seen.insert(id);
                }
                Err(error) => {
                    if damaged.insert(id) {
                        tracing::error!(%error, "object of the token is unreadable");
                    }
                }
            }
        }
        Ok(())
    }

    fn adopt_read(&self, id: ObjectId, object: &Object) -> Result<(), TokenError> {
        if let (true, Some(kind)) = (object.is_secret(), object.kind) {
            self.adopt(id, object, Key::parse(kind, &object.value)?);
        }
        Ok(())
    }

    fn adopt(&self, id: ObjectId, object: &Object, key: Key) {
        let ready = Ready {
            id,
            key,
            flags: object.flags,
            signatures: AtomicU64::new(0),
            seen_at: AtomicU64::new(self.millis()),
        };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let name = KeyRef::new(object.label.clone());
        // Two keys of one label, which other tools can make: the same one for every process.
        if keys.get(&name).is_none_or(|other| other.id >= id || !self.objects.exists(other.id)) {
            keys.insert(name, Arc::new(ready));
        }
    }

    fn forget(&self, name: &KeyRef, id: ObjectId) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.get(name).is_some_and(|ready| ready.id == id) {
            keys.remove(name);
        }
        drop(keys);
        // A twin of the same label, passed over before, is to be read again.
        self.seen().clear();
    }

    fn refuse_taken(&self, name: &KeyRef) -> Result<(), TokenError> {
        match self.find(name) {
            Ok(_) => Err(TokenError::Exists(name.to_string())),
            Err(TokenError::Missing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes public halves of this name that an interrupted generation or destruction left.
    fn discard_orphans(&self, name: &KeyRef) -> Result<(), TokenError> {
        for id in self.objects.ids()? {
            if let Ok(Some(object)) = self.objects.read(id, Some(&self.key))
                && object.class == Class::PublicKey
                && object.label == name.as_str()
                && object.flags.has(Flags::LOCAL)
            {
                self.objects.remove(id)?;
            }
        }
        Ok(())
    }

    fn write_new(&self, object: &Object) -> Result<ObjectId, TokenError> {
        let id = ObjectId(self.random.bytes());
        self.objects.write(id, object, Some(&self.key), &*self.random)?;
        self.seen().insert(id);
        Ok(id)
    }

    fn seen(&self) -> MutexGuard<'_, HashSet<ObjectId>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn sampled(
    key: &Key,
    algorithm: SignatureAlgorithm,
    input: ToSign<'_>,
    signature: &[u8],
) -> Result<(), TokenError> {
    let public = key.public().ok_or(TokenError::SelfTest("a signing key has no public half"))?;
    let good = match (input, algorithm) {
        (ToSign::Digest(digest), SignatureAlgorithm::Ps256 | SignatureAlgorithm::Rs256) => {
            let padding = RsaPadding::of(algorithm);
            verify_rsa(public, padding, digest, signature)
        }
        _ => verify(public, algorithm, input, signature).is_ok(),
    };
    if !good {
        tracing::error!(algorithm = algorithm.jose(), "a signature of ours does not verify");
        return Err(TokenError::SelfTest("a signature of ours does not verify"));
    }
    Ok(())
}

fn public_object(name: &KeyRef, public: &PublicKey) -> Object {
    Object {
        class: Class::PublicKey,
        kind: Some(public.kind()),
        label: name.to_string(),
        id: key_id(public),
        flags: Flags::VERIFY.with(Flags::LOCAL).with(Flags::MODIFIABLE).with(Flags::DESTROYABLE),
        value: public.spki().to_vec(),
        spki: Vec::new(),
        extra: Default::default(),
    }
}

fn secret_object(
    name: &KeyRef,
    kind: KeyKind,
    mut secret: Zeroizing<Vec<u8>>,
    public: Option<&PublicKey>,
) -> Object {
    // Wrapping keys encrypt data only: a key that may also wrap keys could be made to let one out.
    let (class, uses) = if kind.is_symmetric() {
        (Class::SecretKey, Flags::ENCRYPT.with(Flags::DECRYPT))
    } else {
        (Class::PrivateKey, Flags::SIGN)
    };
    Object {
        class,
        kind: Some(kind),
        label: name.to_string(),
        id: public.map_or_else(|| name.as_str().as_bytes().to_vec(), key_id),
        flags: Object::guarded().with(uses),
        value: std::mem::take(&mut *secret),
        spki: public.map(|public| public.spki().to_vec()).unwrap_or_default(),
        extra: Default::default(),
    }
}

/// `CKA_ID` of a pair: the first 20 bytes of SHA-256 of the SubjectPublicKeyInfo.
pub(crate) fn key_id(public: &PublicKey) -> Vec<u8> {
    digest(&SHA256, public.spki()).as_ref()[..20].to_vec()
}

/// How long a key destroyed by another process may still sign here.
const RECHECK: Duration = Duration::from_millis(100);

const SAMPLE: u64 = 256;

const NAME_MAX: usize = 128;
