//! Natural persons (自然人): what is known of them, and how it is kept.
//!
//! Personal data is stored only encrypted under the person's own key (see [`crate::vault`]);
//! erasing a person destroys that key. Look-ups go through keyed hashes.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;

use crate::{
    audit::Event,
    clock::Timestamp,
    fault::Fault,
    id::PersonId,
    role::{Role, RoleGrant},
    session::Assurance,
};

/// What the program knows of a person, in clear: lives in memory only.
#[derive(
    Clone, PartialEq, Eq, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop,
)]
pub struct Profile {
    /// Name as given, all of GB 18030.
    pub name: String,
    /// Resident identity number (公民身份号码, GB 11643-1999), if proofed.
    pub id_number: Option<String>,
    /// Mobile number, E.164.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<String>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// A person's row as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The id.
    pub id: PersonId,
    /// Public subject identifier, 128 random bits; never reused.
    pub sub: String,
    /// Canonical user name, unique.
    pub username: Username,
    /// Identity assurance level.
    pub assurance: Assurance,
    /// The person's data key, wrapped by the keystore; empty once erased.
    pub wrapped_key: Vec<u8>,
    /// [`Profile`] as JSON, encrypted under that key.
    pub profile: Vec<u8>,
    /// Password verifier (PHC string), encrypted under that key; empty when there is none.
    pub verifier: Vec<u8>,
    /// Keyed hash of the identity number for look-up.
    pub id_number_hash: Option<[u8; 32]>,
    /// Keyed hash of the phone number for look-up.
    pub phone_hash: Option<[u8; 32]>,
    /// When the account was disabled.
    pub disabled_at: Option<Timestamp>,
    /// Whether the password must be changed at next sign-in.
    pub must_change_password: bool,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// A user name in canonical form: NFKC, case folded, one script (RFC 8265 in spirit).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// The canonical form of what somebody typed; `None` when it cannot be a user name: empty, too
    /// long, with characters other than letters, digits, `.`, `_`, `-`, `@`, or of mixed scripts
    /// (Cyrillic о in a Latin name).
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_USERNAME_BYTES {
            return None;
        }
        let folded: String = caseless::default_case_fold_str(&typed.nfkc().collect::<String>());
        let canonical: String = folded.nfkc().collect();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
        let count = canonical.chars().count();
        ((2..=MAX_USERNAME_CHARS).contains(&count)
            && canonical.chars().all(allowed)
            && canonical.as_str().is_single_script())
        .then_some(Self(canonical))
    }

    /// A name read back from the store.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The canonical name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Person and role rows. Implemented by `store`.
#[async_trait]
pub trait People: Send + Sync {
    /// Adds a person; `false` when id, sub or user name is taken.
    async fn add(&self, row: PersonRow, event: Event) -> Result<bool, Fault>;

    /// One person.
    async fn find(&self, id: &PersonId) -> Result<Option<PersonRow>, Fault>;

    /// One person by canonical user name.
    async fn by_username(&self, username: &Username) -> Result<Option<PersonRow>, Fault>;

    /// One person by public subject identifier.
    async fn by_sub(&self, sub: &str) -> Result<Option<PersonRow>, Fault>;

    /// One person by the keyed hash of the identity number.
    async fn by_id_number(&self, hash: &[u8; 32]) -> Result<Option<PersonRow>, Fault>;

    /// At most `limit` people after `after` in order of id.
    async fn list(&self, after: Option<&PersonId>, limit: u32) -> Result<Vec<PersonRow>, Fault>;

    /// Replaces the password verifier and clears [`PersonRow::must_change_password`], if the stored
    /// one still is `expected`; ends every session but `keep` in the same act.
    async fn set_verifier(&self, change: VerifierChange) -> Result<bool, Fault>;

    /// Disables or enables an account; disabling ends its sessions in the same act.
    async fn set_disabled(
        &self,
        id: &PersonId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Erases a person: data key, profile, verifier and look-up hashes go, sessions end, the row
    /// and its `sub` stay so that neither is ever given again.
    async fn erase(&self, id: &PersonId, now: Timestamp, event: Event) -> Result<bool, Fault>;

    /// Gives a role, with the MAC of its row; `false` when the person holds it there already.
    async fn grant_role(
        &self,
        grant: RoleGrant,
        mac: [u8; 32],
        event: Event,
    ) -> Result<bool, Fault>;

    /// Withdraws a role; `false` when it was not held.
    async fn withdraw_role(
        &self,
        person: &PersonId,
        role: Role,
        organisation: Option<&crate::id::OrganisationId>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Role rows of a person with their stored MACs.
    async fn roles(&self, person: &PersonId) -> Result<Vec<(RoleGrant, [u8; 32])>, Fault>;

    /// The role rows, with their MACs, of the next `limit` people after `after` in order of person,
    /// all rows of each: for `doctor`.
    async fn all_roles(
        &self,
        after: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<(RoleGrant, [u8; 32])>, Fault>;

    /// Records an act that changes no row of this aggregate, such as a refused sign-in.
    async fn record(&self, event: Event) -> Result<(), Fault>;
}

/// A change of password.
#[derive(Clone, Debug)]
pub struct VerifierChange {
    /// Whose.
    pub person: PersonId,
    /// The encrypted verifier that was read; empty when there was none.
    pub expected: Vec<u8>,
    /// The new encrypted verifier.
    pub verifier: Vec<u8>,
    /// Whether it must be changed again at next sign-in (set by an administrator).
    pub must_change: bool,
    /// The session that stays.
    pub keep: Option<crate::id::SessionId>,
    /// Now.
    pub now: Timestamp,
    /// The audit event.
    pub event: Event,
}

/// Longest user name typed, bytes, looked at before any Unicode work.
const MAX_USERNAME_BYTES: usize = 256;
/// Longest user name, characters.
const MAX_USERNAME_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 57 of the attack table: homographs and normalisation.
    #[test]
    fn one_canonical_key_and_no_mixed_scripts() {
        let name = |typed| Username::parse(typed).map(|name| name.0);
        assert_eq!(name("ZhangSan").as_deref(), Some("zhangsan"));
        assert_eq!(name("ｚｈａｎｇｓａｎ").as_deref(), Some("zhangsan"));
        assert_eq!(name("straße"), name("STRASSE"));
        assert_eq!(name("zhangsan "), None);
        assert_eq!(name("zhang\u{200d}san"), None);
        assert_eq!(name("zhangsаn"), None, "Cyrillic a in a Latin name");
        assert_eq!(name("张三").as_deref(), Some("张三"));
        assert_eq!(name(&"a".repeat(1000)), None);
    }
}
