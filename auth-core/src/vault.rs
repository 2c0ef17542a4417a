//! Personal data at rest: one key per person, wrapped by the keystore; keyed hashes for look-up;
//! MACs on the rows that decide who may do what.
//!
//! A dump of the database shows no clear value. Erasing a person destroys the person's key.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    aead,
    fault::Fault,
    id::PersonId,
    key::{KeyRef, Keystore},
    profile::Profile,
    random::Random,
};

/// Keys derived from one stored secret, for look-up hashes and row MACs.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct VaultSecrets {
    /// Keys the look-up hashes of identity numbers and phones.
    pub index_key: [u8; 32],
    /// Keys the MACs of role, mandate and seal-right rows.
    pub row_key: [u8; 32],
}

/// Encrypts and finds personal data; checks the MACs of rows.
pub struct Vault {
    keystore: Arc<dyn Keystore>,
    kek: KeyRef,
    profile: Profile,
    secrets: VaultSecrets,
    random: Arc<dyn Random>,
}

impl Vault {
    /// A vault whose person keys are wrapped by `kek`.
    pub const fn new(
        keystore: Arc<dyn Keystore>,
        kek: KeyRef,
        profile: Profile,
        secrets: VaultSecrets,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { keystore, kek, profile, secrets, random }
    }

    /// A new data key for a person, and its wrapped form for the row.
    pub async fn new_person_key(&self, person: &PersonId) -> Result<(PersonKey, Vec<u8>), Fault> {
        let key = self.random.bytes::<32>();
        let key = PersonKey { key, profile: self.profile, person: person.clone() };
        let wrapped = self.keystore.wrap(&self.kek, &key.key, person.as_str().as_bytes()).await?;
        Ok((key, wrapped))
    }

    /// The data key of a person; [`Fault::Corrupt`] when the row was edited or is another's.
    pub async fn person_key(&self, person: &PersonId, wrapped: &[u8]) -> Result<PersonKey, Fault> {
        let plain = self.keystore.unwrap(&self.kek, wrapped, person.as_str().as_bytes()).await?;
        let key = plain.as_slice().try_into().map_err(|_| Fault::Corrupt)?;
        Ok(PersonKey { key, profile: self.profile, person: person.clone() })
    }

    /// The keyed hash by which a value of this kind is found without being stored in clear.
    pub fn index(&self, kind: &str, value: &str) -> [u8; 32] {
        self.profile.hmac(&self.secrets.index_key, &[kind.as_bytes(), value.as_bytes()])
    }

    /// The MAC of a row's parts.
    pub fn row_mac<const N: usize>(&self, table: &str, parts: &[Vec<u8>; N]) -> [u8; 32] {
        let mut all = vec![table.as_bytes()];
        all.extend(parts.iter().map(Vec::as_slice));
        self.profile.hmac(&self.secrets.row_key, &all)
    }

    /// Whether a stored MAC belongs to a row; compared in constant time.
    pub fn row_mac_holds<const N: usize>(
        &self,
        table: &str,
        parts: &[Vec<u8>; N],
        mac: &[u8; 32],
    ) -> bool {
        self.row_mac(table, parts).ct_eq(mac).into()
    }

    /// The randomness this vault draws from.
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }
}

/// The data key of one person, in memory for the length of one act.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PersonKey {
    key: [u8; 32],
    #[zeroize(skip)]
    profile: Profile,
    #[zeroize(skip)]
    person: PersonId,
}

impl PersonKey {
    /// Encrypts a field of this person's data. The field's name is authenticated too, so that one
    /// column cannot be copied over another.
    pub fn seal(&self, field: &str, plain: &[u8], random: &dyn Random) -> Result<Vec<u8>, Fault> {
        aead::seal(self.profile, &self.key, &self.context(field), plain, random)
    }

    /// Decrypts a field.
    pub fn open(&self, field: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        aead::open(self.profile, &self.key, &self.context(field), sealed)
    }

    fn context(&self, field: &str) -> Vec<u8> {
        [self.person.as_str().as_bytes(), b"\0", field.as_bytes()].concat()
    }
}
