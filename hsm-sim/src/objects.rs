//! Where objects live: one file each, or memory.

use std::collections::BTreeMap;
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

    /// When an object was last written, as its file system tells; `None` if it is gone. In memory
    /// there is no such time, and always the same answer.
    pub fn written(&self, id: ObjectId) -> Option<SystemTime> {
        match self {
            Self::Disk { dir, .. } => object_path(dir, id).metadata().ok()?.modified().ok(),
            Self::Memory(map) => lock(map).contains_key(&id).then_some(SystemTime::UNIX_EPOCH),
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
