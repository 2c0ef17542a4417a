//! Documents while they wait: encrypted, each under a key of its own that the keystore wraps.

use std::sync::Arc;

use auth_core::{
    Fault, Profile, Random, aead,
    key::{KeyRef, Keystore},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Makes and opens data keys.
pub struct Custody {
    keystore: Arc<dyn Keystore>,
    kek: KeyRef,
    profile: Profile,
    random: Arc<dyn Random>,
}

impl Custody {
    /// Data keys wrapped by `kek`.
    pub const fn new(
        keystore: Arc<dyn Keystore>,
        kek: KeyRef,
        profile: Profile,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { keystore, kek, profile, random }
    }

    /// A new data key for one row, and its wrapped form.
    pub(super) async fn new_key(&self, row: &str) -> Result<(DataKey, Vec<u8>), Fault> {
        let random: &dyn Random = &*self.random;
        let key = DataKey { key: random.bytes(), profile: self.profile, row: row.to_owned() };
        let wrapped = self.keystore.wrap(&self.kek, &key.key, row.as_bytes()).await?;
        Ok((key, wrapped))
    }

    /// The data key of a row.
    pub(super) async fn key(&self, row: &str, wrapped: &[u8]) -> Result<DataKey, Fault> {
        let plain = self.keystore.unwrap(&self.kek, wrapped, row.as_bytes()).await?;
        let key = plain.as_slice().try_into().map_err(|_| Fault::Corrupt)?;
        Ok(DataKey { key, profile: self.profile, row: row.to_owned() })
    }

    pub(super) fn random(&self) -> &dyn Random {
        &*self.random
    }
}

/// The data key of one row, in memory for the length of one act.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct DataKey {
    key: [u8; 32],
    #[zeroize(skip)]
    profile: Profile,
    #[zeroize(skip)]
    row: String,
}

impl DataKey {
    /// Encrypts a field of the row; its name is authenticated too.
    pub(super) fn seal(
        &self,
        field: &str,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, Fault> {
        aead::seal(self.profile, &self.key, &self.context(field), plain, random)
    }

    /// Decrypts a field.
    pub(super) fn open(&self, field: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        aead::open(self.profile, &self.key, &self.context(field), sealed)
    }

    fn context(&self, field: &str) -> Vec<u8> {
        [self.row.as_bytes(), b"\0", field.as_bytes()].concat()
    }
}
