//! One token in its directory: label, serial number, PINs. Not yet logged in.

use std::path::{Path, PathBuf};

use auth_core::Random;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::TokenError;
use crate::files::{self, Lock};
use crate::objects::{self, Objects, TokenKey};
use crate::pin::{PinSlot, Role};

/// A token that exists on disk.
#[derive(Clone, Debug)]
pub struct Slot {
    dir: PathBuf,
    serial: [u8; 8],
}

/// What may be told about a token before anybody logs in.
#[derive(Clone, Debug)]
pub struct SlotInfo {
    /// `CKA_LABEL` of the token.
    pub label: String,
    /// Serial number, 16 hexadecimal digits.
    pub serial: String,
    /// Whether a user PIN has been set.
    pub user_pin_set: bool,
    /// Attempts left for the user PIN.
    pub user_attempts_left: u32,
    /// Attempts left for the security officer's PIN.
    pub so_attempts_left: u32,
}

/// Proof that the security officer has logged in; it sets user PINs and opens no object.
pub struct SoKey(TokenKey);

impl Slot {
    /// The token in `dir`; `None` if the directory holds none.
    pub fn open(dir: &Path) -> Result<Option<Self>, TokenError> {
        let Some(header) = Header::read(dir)? else { return Ok(None) };
        Ok(Some(Self { dir: dir.to_owned(), serial: header.serial }))
    }

    /// Makes a token in the empty directory `dir`. The caller renames the directory into place.
    pub(crate) fn create(
        dir: &Path,
        label: &str,
        so_pin: &[u8],
        user_pin: Option<&[u8]>,
        random: &dyn Random,
    ) -> Result<Self, TokenError> {
        if label.is_empty() || label.len() > LABEL_MAX {
            return Err(TokenError::Refused("a token label has 1 to 32 bytes"));
        }
        let (serial, key) = (random.bytes(), TokenKey(Zeroizing::new(random.bytes())));
        let so = PinSlot::new(Role::SecurityOfficer, serial, so_pin, &key, random)?;
        let user = match user_pin {
            Some(pin) => Some(PinSlot::new(Role::User, serial, pin, &key, random)?),
            None => None,
        };
        objects::make_folder(dir)?;
        Header { format: FORMAT, label: label.to_owned(), serial, so, user }.write(dir)?;
        Ok(Self { dir: dir.to_owned(), serial })
    }

    /// Wipes the token and makes it anew under the same security officer's PIN
    /// (`C_InitToken` of a token that exists).
    pub fn reinitialise(
        &self,
        so_pin: &[u8],
        label: &str,
        random: &dyn Random,
    ) -> Result<Self, TokenError> {
        self.login_so(so_pin)?;
        let _held = Lock::exclusive(&self.dir)?;
        let objects = self.objects();
        // Objects first: interrupted here, the token is emptier but opens as before.
        for id in objects.ids()? {
            objects.remove(id)?;
        }
        Self::create(&self.dir, label, so_pin, None, random)
    }

    /// What may be told to anybody.
    pub fn info(&self) -> Result<SlotInfo, TokenError> {
        let header = self.header()?;
        Ok(SlotInfo {
            label: header.label,
            serial: hex::encode(header.serial),
            user_pin_set: header.user.is_some(),
            user_attempts_left: header.user.as_ref().map_or(0, PinSlot::attempts_left),
            so_attempts_left: header.so.attempts_left(),
        })
    }

    /// Checks the user's PIN and gives the key to the private objects.
    pub fn login_user(&self, pin: &[u8]) -> Result<TokenKey, TokenError> {
        let _held = Lock::exclusive(&self.dir)?;
        self.check(Role::User, pin)
    }

    /// Checks the security officer's PIN.
    pub fn login_so(&self, pin: &[u8]) -> Result<SoKey, TokenError> {
        let _held = Lock::exclusive(&self.dir)?;
        self.check(Role::SecurityOfficer, pin).map(SoKey)
    }

    /// Sets the user PIN, whatever it was, and clears its lock. Keys stay.
    pub fn init_user_pin(
        &self,
        so: &SoKey,
        pin: &[u8],
        random: &dyn Random,
    ) -> Result<(), TokenError> {
        let _held = Lock::exclusive(&self.dir)?;
        let mut header = self.header()?;
        header.user = Some(PinSlot::new(Role::User, header.serial, pin, &so.0, random)?);
        header.write(&self.dir)
    }

    /// Changes the PIN of a role. A wrong old PIN counts as an attempt.
    pub fn change_pin(
        &self,
        role: Role,
        old: &[u8],
        new: &[u8],
        random: &dyn Random,
    ) -> Result<(), TokenError> {
        let _held = Lock::exclusive(&self.dir)?;
        let key = self.check(role, old)?;
        let mut header = self.header()?;
        let changed = PinSlot::new(role, header.serial, new, &key, random)?;
        match role {
            Role::SecurityOfficer => header.so = changed,
            Role::User => header.user = Some(changed),
        }
        header.write(&self.dir)
    }

    /// The objects of this token.
    pub fn objects(&self) -> Objects {
        Objects::Disk { dir: self.dir.clone(), serial: self.serial }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Counts the attempt on disk before it looks at the PIN, so that no kill or power cut gives
    /// an attempt back. Holding the lock is the caller's part.
    fn check(&self, role: Role, pin: &[u8]) -> Result<TokenKey, TokenError> {
        let mut header = self.header()?;
        let serial = header.serial;
        let slot = header.pin(role)?;
        if slot.locked() {
            return Err(TokenError::PinLocked);
        }
        slot.failures += 1;
        header.write(&self.dir)?;
        let slot = header.pin(role)?;
        let Some(key) = slot.unwrap(role, serial, pin)? else {
            return match slot.attempts_left() {
                0 => Err(TokenError::PinLocked),
                attempts_left => Err(TokenError::PinIncorrect { attempts_left }),
            };
        };
        slot.failures = 0;
        header.write(&self.dir)?;
        Ok(key)
    }

    fn header(&self) -> Result<Header, TokenError> {
        let missing = || TokenError::Missing(format!("token {}", self.dir.display()));
        let header = Header::read(&self.dir)?.ok_or_else(missing)?;
        if header.serial != self.serial {
            return Err(TokenError::Missing(format!("token {}", hex::encode(self.serial))));
        }
        Ok(header)
    }
}

/// The file `token.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    label: String,
    #[serde(with = "hex::serde")]
    serial: [u8; 8],
    so: PinSlot,
    user: Option<PinSlot>,
}

impl Header {
    fn read(dir: &Path) -> Result<Option<Self>, TokenError> {
        let path = dir.join(HEADER);
        let Some(bytes) = files::read(&path, HEADER_MAX)? else { return Ok(None) };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(header) if header.format == FORMAT => Ok(Some(header)),
            Ok(_) => Err(TokenError::Corrupt { path, detail: "unknown token format" }),
            Err(_) => Err(TokenError::Corrupt { path, detail: "token header does not decode" }),
        }
    }

    fn write(&self, dir: &Path) -> Result<(), TokenError> {
        let path = dir.join(HEADER);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|_| TokenError::Refused("token header does not encode"))?;
        files::write_atomic(&path, &bytes)
    }

    const fn pin(&mut self, role: Role) -> Result<&mut PinSlot, TokenError> {
        match role {
            Role::SecurityOfficer => Ok(&mut self.so),
            Role::User => match &mut self.user {
                Some(slot) => Ok(slot),
                None => Err(TokenError::PinUnset),
            },
        }
    }
}

/// PKCS#11 gives a label 32 bytes.
const LABEL_MAX: usize = 32;
const HEADER: &str = "token.json";
const HEADER_MAX: u64 = 16 * 1024;
const FORMAT: u32 = 1;
