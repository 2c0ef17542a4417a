//! Where objects live: one file each, or memory.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use auth_core::Random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::files::{self, Lock};
use crate::object::{Object, ObjectId};
use crate::{Flags, TokenError};

/// The key that encrypts a token's private objects; the user PIN unwraps it.
#[derive(Clone)]
pub struct TokenKey(pub(crate) Zeroizing<[u8; 32]>);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

/// The objects of one token.
#[derive(Debug)]
pub enum Objects {
    /// In files of a directory, which several processes may share.
    Disk {
        /// Directory of the token; objects are in `objects/` below it.
        dir: PathBuf,
        /// Serial number of the token: a file moved to another token does not open there.
        serial: [u8; 8],
    },
    /// In memory, gone with the process.
    Memory(Mutex<BTreeMap<ObjectId, Object>>),
}

impl Objects {
    /// Ids of all objects, private ones included.
    pub fn ids(&self) -> Result<Vec<ObjectId>, TokenError> {
        match self {
            Self::Disk { dir, .. } => {
                let names = files::names(&dir.join(FOLDER), EXTENSION)?;
                Ok(names.iter().filter_map(|name| ObjectId::parse(name)).collect())
            }
            Self::Memory(map) => Ok(lock(map).keys().copied().collect()),
        }
    }

    /// Reads an object. `None` if it is gone, or private while no token key is given.
    pub fn read(&self, id: ObjectId, key: Option<&TokenKey>) -> Result<Option<Object>, TokenError> {
        match self {
            Self::Disk { dir, serial } => {
                let path = object_path(dir, id);
                let Some(bytes) = files::read(&path, OBJECT_MAX)? else { return Ok(None) };
                open(&bytes, *serial, id, key)
                    .map_err(|detail| TokenError::Corrupt { path, detail })
            }
            Self::Memory(map) => Ok(lock(map)
                .get(&id)
                .filter(|object| key.is_some() || !object.flags.has(Flags::PRIVATE))
                .cloned()),
        }
    }

    /// Writes an object, new or changed. The caller holds [`Objects::lock`].
    pub fn write(
        &self,
        id: ObjectId,
        object: &Object,
        key: Option<&TokenKey>,
        random: &dyn Random,
    ) -> Result<(), TokenError> {
        match self {
            Self::Disk { dir, serial } => {
                let bytes = seal(object, *serial, id, key, random)?;
                if bytes.len() as u64 > OBJECT_MAX {
                    return Err(TokenError::Refused("object is too large"));
                }
                files::write_atomic(&object_path(dir, id), &bytes)
            }
            Self::Memory(map) => {
                lock(map).insert(id, object.clone());
                Ok(())
            }
        }
    }

    /// Removes an object. The caller holds [`Objects::lock`].
    pub fn remove(&self, id: ObjectId) -> Result<(), TokenError> {
        match self {
            Self::Disk { dir, .. } => files::remove(&object_path(dir, id)),
            Self::Memory(map) => {
                lock(map).remove(&id);
                Ok(())
            }
        }
    }

    /// Whether an object is still there.
    pub fn exists(&self, id: ObjectId) -> bool {
        match self {
            Self::Disk { dir, .. } => object_path(dir, id).exists(),
            Self::Memory(map) => lock(map).contains_key(&id),
        }
    }

    /// Which version of an object is there; `None` if it is gone.
    pub fn version(&self, id: ObjectId) -> Option<Version> {
        match self {
            Self::Disk { dir, .. } => {
                let told = object_path(dir, id).metadata().ok()?;
                Some(Version { written: told.modified().ok()?, inode: told.ino() })
            }
            Self::Memory(map) => lock(map)
                .contains_key(&id)
                .then_some(Version { written: SystemTime::UNIX_EPOCH, inode: 0 }),
        }
    }

    /// Keeps other processes from changing this token while the guard lives.
    pub fn lock(&self) -> Result<ObjectsLock, TokenError> {
        match self {
            Self::Disk { dir, .. } => Lock::exclusive(dir).map(|held| ObjectsLock(Some(held))),
            Self::Memory(_) => Ok(ObjectsLock(None)),
        }
    }

    /// The file of an object, for messages.
    pub(crate) fn path(&self, id: ObjectId) -> PathBuf {
        match self {
            Self::Disk { dir, .. } => object_path(dir, id),
            Self::Memory(_) => PathBuf::from(id.to_string()),
        }
    }
}

/// Tells one version of an object's file from another. Every change makes a new file, so that the
/// inode differs even within one tick of the file system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    written: SystemTime,
    inode: u64,
}

/// Guard of [`Objects::lock`].
pub struct ObjectsLock(#[expect(dead_code, reason = "dropping it releases the lock")] Option<Lock>);

/// Makes the folder of a new token's objects.
pub(crate) fn make_folder(dir: &Path) -> Result<(), TokenError> {
    files::make_dir(&dir.join(FOLDER))
}

fn object_path(dir: &Path, id: ObjectId) -> PathBuf {
    dir.join(FOLDER).join(format!("{id}.{EXTENSION}"))
}

fn lock(
    map: &Mutex<BTreeMap<ObjectId, Object>>,
) -> std::sync::MutexGuard<'_, BTreeMap<ObjectId, Object>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `magic ‖ mode ‖ body`. Private objects: nonce ‖ AES-256-GCM of the CBOR, bound to token and file
/// name. Public ones: SHA-256 ‖ CBOR, which finds damage but not forgery; public halves that matter
/// are derived from the private ones.
fn seal(
    object: &Object,
    serial: [u8; 8],
    id: ObjectId,
    key: Option<&TokenKey>,
    random: &dyn Random,
) -> Result<Vec<u8>, TokenError> {
    let mut cbor = Zeroizing::new(object.to_cbor());
    let mut out = MAGIC.to_vec();
    if !object.flags.has(Flags::PRIVATE) {
        out.push(MODE_PUBLIC);
        out.extend_from_slice(public_digest(serial, id, &cbor).as_ref());
        out.extend_from_slice(&cbor);
        return Ok(out);
    }
    let key = key.ok_or(TokenError::Refused("a private object needs the user to log in"))?;
    let nonce: [u8; 12] = random.bytes();
    out.push(MODE_PRIVATE);
    out.extend_from_slice(&nonce);
    cipher(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(binding(serial, id)),
            &mut *cbor,
        )
        .map_err(|_| TokenError::Refused("object is too large"))?;
    out.extend_from_slice(&cbor);
    Ok(out)
}

fn open(
    bytes: &[u8],
    serial: [u8; 8],
    id: ObjectId,
    key: Option<&TokenKey>,
) -> Result<Option<Object>, &'static str> {
    let body = bytes.strip_prefix(MAGIC).ok_or("not an object file")?;
    let (mode, body) = body.split_first().ok_or("truncated")?;
    match *mode {
        MODE_PUBLIC => {
            let (sum, cbor) = body.split_first_chunk::<32>().ok_or("truncated")?;
            if public_digest(serial, id, cbor).as_ref() != sum {
                return Err("checksum differs: changed or of another token");
            }
            let object = Object::from_cbor(cbor).ok_or("does not decode")?;
            if object.flags.has(Flags::PRIVATE) {
                return Err("a private object lies in the clear");
            }
            Ok(Some(object))
        }
        MODE_PRIVATE => {
            let Some(key) = key else { return Ok(None) };
            let (nonce, sealed) = body.split_first_chunk::<12>().ok_or("truncated")?;
            let mut buffer = Zeroizing::new(sealed.to_vec());
            let cbor = cipher(key)
                .open_in_place(
                    Nonce::assume_unique_for_key(*nonce),
                    Aad::from(binding(serial, id)),
                    &mut buffer,
                )
                .map_err(|_| "does not decrypt: changed, renamed or of another token")?;
            Object::from_cbor(cbor).map(Some).ok_or("does not decode")
        }
        _ => Err("unknown object format"),
    }
}

fn cipher(key: &TokenKey) -> LessSafeKey {
    #[allow(clippy::expect_used, reason = "32 bytes are the length of an AES-256 key")]
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key.0).expect("32 bytes"))
}

fn binding(serial: [u8; 8], id: ObjectId) -> [u8; 24] {
    let mut out = [0; 24];
    out[..8].copy_from_slice(&serial);
    out[8..].copy_from_slice(&id.0);
    out
}

fn public_digest(serial: [u8; 8], id: ObjectId, cbor: &[u8]) -> ring::digest::Digest {
    digest(&SHA256, &[binding(serial, id).as_slice(), cbor].concat())
}

const FOLDER: &str = "objects";
const EXTENSION: &str = "obj";
const MAGIC: &[u8] = b"HSMSIM1\n";
const MODE_PUBLIC: u8 = b'P';
const MODE_PRIVATE: u8 = b'S';
/// Keys and certificates are a few kilobytes; certificates with many names some tens.
const OBJECT_MAX: u64 = 256 * 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use auth_core::key::KeyKind;
    use proptest::prelude::*;

    use super::*;
    use crate::{Class, OsRandom};

    const ID: ObjectId = ObjectId([7; 16]);

    fn key() -> TokenKey {
        TokenKey(Zeroizing::new([3; 32]))
    }

    fn object(flags: Flags, value: &[u8]) -> Object {
        Object {
            class: Class::SecretKey,
            kind: Some(KeyKind::Aes256),
            label: "kek".to_owned(),
            id: vec![1],
            flags,
            value: value.to_vec(),
            spki: Vec::new(),
            extra: BTreeMap::from([(0x101, vec![9])]),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in proptest::collection::vec(any::<u8>(), 0..300)) {
            for flags in [Flags::PRIVATE, Flags::NONE] {
                let written = object(flags, &value);
                let bytes = seal(&written, [1; 8], ID, Some(&key()), &OsRandom).unwrap();
                prop_assert_eq!(open(&bytes, [1; 8], ID, Some(&key())).unwrap(), Some(written));
                prop_assert!(open(&bytes, [2; 8], ID, Some(&key())).is_err());
            }
        }

        #[test]
        fn no_file_makes_it_panic(
            mode in prop_oneof![Just(MODE_PUBLIC), Just(MODE_PRIVATE), any::<u8>()],
            body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [MAGIC, &[mode], &body].concat();
            prop_assert!(open(&bytes, [1; 8], ID, Some(&key())).is_err());
            prop_assert!(open(&body, [1; 8], ID, None).is_err());
        }

        /// Whoever can write files can give any CBOR a right checksum.
        #[test]
        fn no_checksummed_file_makes_it_panic(
            body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let sum = public_digest([1; 8], ID, &body);
            let bytes = [MAGIC, &[MODE_PUBLIC], sum.as_ref(), &body].concat();
            prop_assert!(open(&bytes, [1; 8], ID, None).is_err());
        }
    }

    #[test]
    fn a_private_object_is_not_believed_in_the_clear() {
        let cbor = object(Flags::PRIVATE, b"secret").to_cbor();
        let sum = public_digest([1; 8], ID, &cbor);
        let bytes = [MAGIC, &[MODE_PUBLIC], sum.as_ref(), &cbor].concat();
        assert!(open(&bytes, [1; 8], ID, Some(&key())).is_err());
    }
}
