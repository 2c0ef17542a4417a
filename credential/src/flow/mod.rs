//! The decisions of this room; no HTTP.
//!
//! [`Registry`] holds what every flow needs; each verb is a file of its own: [`issue`], [`status`]
//! (revoke, suspend, resume, publish), [`mine`] (what a holder sees), [`document`], [`ask`],
//! [`consent`], [`answer`], [`show`].

pub mod answer;
pub mod ask;
pub mod consent;
pub mod document;
pub mod issue;
pub mod mine;
pub mod show;
pub mod status;

use std::{collections::BTreeMap, sync::Arc};

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{ClientId, OrganisationId, PersonId},
    key::Signer,
    organisation::Organisations,
    person::{People, PersonRow, Profile},
    port::{DocumentRenderer, DocumentSealer},
    role::Role,
    session::SessionView,
    vault::{PersonKey, Vault},
};

use crate::{
    store::{Credentials, Matters, Proofs, ShowCodes},
    trust::TrustList,
};

/// The register of certificates: ports, signers and policy that all flows share.
pub struct Registry {
    /// Certificate and status list rows.
    pub credentials: Arc<dyn Credentials>,
    /// Questions and receipts.
    pub proofs: Arc<dyn Proofs>,
    /// Registered matters.
    pub matters: Arc<dyn Matters>,
    /// Codes shown at counters.
    pub show_codes: Arc<dyn ShowCodes>,
    /// People.
    pub people: Arc<dyn People>,
    /// Organisations.
    pub organisations: Arc<dyn Organisations>,
    /// Encryption of personal data.
    pub vault: Arc<Vault>,
    /// Draws documents.
    pub renderer: Arc<dyn DocumentRenderer>,
    /// Seals them.
    pub sealer: Arc<dyn DocumentSealer>,
    /// Signs certificates.
    pub credential_signer: Signer,
    /// Signs receipts.
    pub receipt_signer: Signer,
    /// Signs status lists.
    pub status_signer: Signer,
    /// Whose signatures count: our own authorities and signers.
    pub trust: Arc<TrustList>,
    /// What is configured.
    pub policy: Policy,
    /// Status list tokens signed by this node, kept until they grow old.
    pub published: status::Published,
}

/// What is configured.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The issuer: base address of everything, without a slash at its end.
    pub issuer: String,
    /// Seconds a status list may be used before it is fetched anew. Short: revocation is known
    /// after this time at the latest.
    pub status_ttl: i64,
    /// Seconds a status list token lives, for verifiers that are offline longer.
    pub status_lifetime: i64,
    /// Seconds a question waits for the holder's decision.
    pub consent_seconds: i64,
    /// Seconds a shown code lives.
    pub show_seconds: i64,
    /// The organisation in whose name an application may issue.
    pub client_organisations: BTreeMap<String, OrganisationId>,
}

impl Policy {
    /// The usual values.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            status_ttl: 300,
            status_lifetime: 24 * 3600,
            consent_seconds: 24 * 3600,
            show_seconds: 120,
            client_organisations: BTreeMap::new(),
        }
    }
}

/// On whose authority something is done.
#[derive(Clone, Debug)]
pub enum Authority<'a> {
    /// An application with a token.
    Client(ClientId),
    /// The operator at the command line, by the operating system's user id.
    Operator(u32),
    /// A signed-in person.
    Session(&'a SessionView),
    /// The program itself: the demo county being set up.
    System,
}

impl Authority<'_> {
    /// For the log.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Client(id) => Actor::Client(id.clone()),
            Self::Operator(uid) => Actor::Cli(*uid),
            Self::Session(session) => Actor::Person(session.person.clone()),
            Self::System => Actor::System,
        }
    }

    /// Whether it may do what `role` allows in this organisation. Applications issue only.
    pub(crate) fn may(&self, role: Role, organisation: &OrganisationId, policy: &Policy) -> bool {
        match self {
            Self::Client(id) => {
                role == Role::Issuer
                    && policy.client_organisations.get(id.as_str()) == Some(organisation)
            }
            Self::Operator(_) | Self::System => true,
            Self::Session(session) => session.has_in(role, organisation),
        }
    }
}

impl Registry {
    /// A person's row and data key; `None` for unknown, disabled and erased people.
    async fn holder(&self, id: &PersonId) -> Result<Option<(PersonRow, PersonKey)>, Fault> {
        let Some(row) = self.people.find(id).await? else { return Ok(None) };
        if row.wrapped_key.is_empty() || row.disabled_at.is_some() {
            return Ok(None);
        }
        let key = self.vault.person_key(&row.id, &row.wrapped_key).await?;
        Ok(Some((row, key)))
    }

    /// The personal data of a person.
    fn profile(row: &PersonRow, key: &PersonKey) -> Result<Profile, Fault> {
        let json = key.open("profile", &row.profile)?;
        serde_json::from_slice(&json).map_err(|_| Fault::Corrupt)
    }
}

/// The day in China (UTC+8, no summer time), as dates of certificates count.
pub fn china_day(at: Timestamp) -> String {
    at.plus_seconds(8 * 3600).rfc3339().chars().take(10).collect()
}

/// The same day, `2026年11月24日`.
pub fn china_date(at: Timestamp) -> String {
    let day = at.plus_seconds(8 * 3600).to_datetime();
    format!("{}年{}月{}日", day.year(), u8::from(day.month()), day.day())
}

/// `count` random decimal digits.
fn digits(random: &dyn auth_core::Random, count: usize) -> String {
    let mut out = String::with_capacity(count);
    while out.len() < count {
        let [byte] = random.bytes::<1>();
        // 250 is the largest multiple of ten in a byte: above it some digits would come oftener.
        if byte < 250 {
            out.push(char::from(b'0' + byte % 10));
        }
    }
    out
}
