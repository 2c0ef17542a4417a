//! The keys of an open token: found by name, parsed once, made and destroyed.

use std::collections::{BTreeSet, HashMap};
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
use crate::objects::{Objects, TokenKey, Version};

/// What the clones of a token share.
pub(crate) struct Inner {
    pub(crate) objects: Objects,
    pub(crate) key: TokenKey,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) capabilities: Capabilities,
    /// By name. Other tools can give one name to several keys: then none of them is used.
    keys: RwLock<HashMap<KeyRef, Vec<Arc<Ready>>>>,
    /// Files that have been read, keys or not, and in which version: a rescan reads only
    /// what is new or changed.
    seen: Mutex<HashMap<ObjectId, Option<Version>>>,
    /// Files that could not be read. While there are any, no name is known to be free.
    damaged: Mutex<BTreeSet<ObjectId>>,
    opened: Instant,
}

/// A key and where it came from.
pub(crate) struct Ready {
    pub(crate) id: ObjectId,
    pub(crate) key: Key,
    flags: Flags,
    version: Option<Version>,
    signatures: AtomicU64,
    /// Milliseconds after `opened` when its file was last seen.
    seen_at: AtomicU64,
}

impl Ready {
    fn allows(&self, need: Flags) -> Result<(), TokenError> {
        if self.flags.has(Flags::ALWAYS_AUTHENTICATE) {
            return Err(TokenError::Refused("the key asks for the PIN at each use"));
        }
        self.flags.has(need).then_some(()).ok_or(TokenError::Refused("the key is not for this use"))
    }
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
            match keys.get(name)?.as_slice() {
                [one] => one.clone(),
                _ => return None,
            }
        };
        if matches!(self.objects, Objects::Memory(_)) {
            return Some(ready);
        }
        let fresh = self.millis().saturating_sub(ready.seen_at.load(Ordering::Relaxed));
        (fresh < RECHECK.as_millis() as u64).then_some(ready)
    }

    /// A key, after a look at the disk for what other processes made, changed or destroyed.
    pub(crate) fn find(&self, name: &KeyRef) -> Result<Arc<Ready>, TokenError> {
        let known = self.named(name);
        let unchanged = |ready: &Arc<Ready>| self.objects.version(ready.id) == ready.version;
        let known = if known.is_empty() || !known.iter().all(unchanged) {
            known.iter().for_each(|ready| self.forget(name, ready.id));
            self.scan()?;
            self.named(name)
        } else {
            known
        };
        match known.as_slice() {
            [] => Err(self.missing(name)),
            [one] => {
                one.seen_at.store(self.millis(), Ordering::Relaxed);
                Ok(one.clone())
            }
            _ => Err(TokenError::Refused("several keys have this name: rename or destroy some")),
        }
    }

    fn named(&self, name: &KeyRef) -> Vec<Arc<Ready>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(name).cloned().unwrap_or_default()
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
            .flat_map(|(name, all)| all.iter().map(move |ready| (name, ready)))
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
        self.adopt(id, &object, key, self.objects.version(id));
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
        ready.allows(Flags::SIGN)?;
        let signature = ready.key.sign(algorithm, input, &*self.random)?;
        if ready.signatures.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
            sampled(&ready.key, algorithm, input, &signature)?;
        }
        Ok(signature)
    }

    /// The key, if it may encrypt and decrypt.
    pub(crate) fn wrapping(ready: &Ready, need: Flags) -> Result<&Key, TokenError> {
        ready.allows(need)?;
        Ok(&ready.key)
    }

    /// Reads the files that have not been read yet, and again those that could not be. A damaged
    /// one is logged once and left to [`crate::Token::check`]; other keys go on.
    pub(crate) fn scan(&self) -> Result<(), TokenError> {
        let ids = self.objects.ids()?;
        let mut seen = self.seen();
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|id, _| ids.binary_search(id).is_ok());
        damaged.retain(|id| ids.binary_search(id).is_ok());
        for id in ids {
            // Looked at before reading: a change in between is then seen next time.
            let version = self.objects.version(id);
            match seen.get(&id) {
                Some(known) if *known == version => continue,
                Some(_) => self.drop_changed(id),
                None => {}
            }
            match self.objects.read(id, Some(&self.key)).and_then(|found| {
                found.map_or(Ok(()), |object| self.adopt_read(id, &object, version))
            }) {
                Ok(()) => {
                    damaged.remove(&id);
                    seen.insert(id, version);
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

    fn adopt_read(
        &self,
        id: ObjectId,
        object: &Object,
        version: Option<Version>,
    ) -> Result<(), TokenError> {
        if let (true, Some(kind)) = (object.is_secret(), object.kind) {
            self.adopt(id, object, Key::parse(kind, &object.value)?, version);
        }
        Ok(())
    }

    fn adopt(&self, id: ObjectId, object: &Object, key: Key, version: Option<Version>) {
        let ready = Arc::new(Ready {
            id,
            key,
            flags: object.flags,
            version,
            signatures: AtomicU64::new(0),
            seen_at: AtomicU64::new(self.millis()),
        });
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let all = keys.entry(KeyRef::new(object.label.clone())).or_default();
        all.retain(|other| other.id != id);
        all.push(ready);
    }

    fn forget(&self, name: &KeyRef, id: ObjectId) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = keys.get_mut(name) {
            all.retain(|ready| ready.id != id);
        }
        drop(keys);
        self.seen().remove(&id);
    }

    /// Drops a key whose file has changed: it may have another name by now.
    fn drop_changed(&self, id: ObjectId) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.values_mut().for_each(|all| all.retain(|ready| ready.id != id));
    }

    fn refuse_taken(&self, name: &KeyRef) -> Result<(), TokenError> {
        match self.find(name) {
            Ok(_) | Err(TokenError::Refused(_)) => Err(TokenError::Exists(name.to_string())),
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
        self.seen().insert(id, self.objects.version(id));
        Ok(id)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<ObjectId, Option<Version>>> {
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
