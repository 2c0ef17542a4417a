//! Browser sessions: rows that survive a restart, listed and ended by their owner.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    audit::Event,
    clock::Timestamp,
    fault::Fault,
    id::{OrganisationId, PersonId, SessionId},
    role::{Role, RoleGrant},
    secret::TokenHash,
};

/// How strongly a person's identity was proofed (实名等级); levels differ by province, so the
/// number is configuration, its order is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Assurance(pub u8);

/// A factor used to sign in (`amr`, RFC 8176).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// One-time code.
    Otp,
    /// Password.
    Pwd,
}

impl Factor {
    /// The `amr` value.
    pub const fn amr(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Pwd => "pwd",
        }
    }
}

/// A session as pages and flows see it: read once per request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Who is signed in.
    pub person: PersonId,
    /// The user name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// Identity assurance of the person.
    pub assurance: Assurance,
    /// Factors used.
    pub factors: Vec<Factor>,
    /// When the factors were checked.
    pub authenticated_at: Timestamp,
    /// Roles that hold now, their MACs checked.
    pub roles: Vec<RoleGrant>,
    /// The password must be changed before anything else: pages lead to `/account/password`.
    pub must_change_password: bool,
}

impl SessionView {
    /// Whether the person holds this role anywhere.
    pub fn has(&self, role: Role) -> bool {
        self.roles.iter().any(|grant| grant.role == role)
    }

    /// Whether the person holds this role in this organisation.
    pub fn has_in(&self, role: Role, organisation: &OrganisationId) -> bool {
        self.roles
            .iter()
            .any(|grant| grant.role == role && grant.organisation.as_ref() == Some(organisation))
    }

    /// The organisations in which the person holds this role.
    pub fn organisations(&self, role: Role) -> Vec<&OrganisationId> {
        self.roles
            .iter()
            .filter(|grant| grant.role == role)
            .filter_map(|grant| grant.organisation.as_ref())
            .collect()
    }
}

/// A new session, to be written together with its audit event.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Hash of the cookie's token.
    pub token_hash: TokenHash,
    /// Who signed in.
    pub person: PersonId,
    /// Factors used.
    pub factors: Vec<Factor>,
    /// When.
    pub authenticated_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// The browser as it named itself, shortened; shown to the owner.
    pub user_agent: String,
    /// The address it came from; shown to the owner.
    pub source: String,
    /// The session this one replaces (new id at every privilege step), ended in the same act.
    pub replaces: Option<SessionId>,
    /// The audit event.
    pub event: Event,
}

/// A session in its owner's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionListed {
    /// The session.
    pub id: SessionId,
    /// When the factors were checked.
    pub authenticated_at: Timestamp,
    /// Last use, to within a few minutes.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The browser.
    pub user_agent: String,
    /// The address.
    pub source: String,
}

/// What was found for a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFound {
    /// The session's row.
    pub id: SessionId,
    /// Who is signed in.
    pub person: PersonId,
    /// Factors used.
    pub factors: Vec<Factor>,
    /// When the factors were checked.
    pub authenticated_at: Timestamp,
}

/// Session rows. Implemented by `store`.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Writes a session; [`crate::login`] made it.
    async fn begin(&self, session: NewSession) -> Result<(), Fault>;

    /// The live session of this token: not ended, not past its end, not idle for longer than
    /// `idle_seconds`, its person not disabled. Notes the use when the last note is over five
    /// minutes old.
    async fn find(
        &self,
        token: &TokenHash,
        now: Timestamp,
        idle_seconds: i64,
    ) -> Result<Option<SessionFound>, Fault>;

    /// Live sessions of a person, newest first.
    async fn of(&self, person: &PersonId, now: Timestamp) -> Result<Vec<SessionListed>, Fault>;

    /// Ends one session of this person; whether there was one.
    async fn end(
        &self,
        person: &PersonId,
        session: &SessionId,
        now: Timestamp,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Ends every session of this person except `keep`; how many.
    async fn end_all(
        &self,
        person: &PersonId,
        keep: Option<&SessionId>,
        now: Timestamp,
        event: Event,
    ) -> Result<u64, Fault>;
}

/// Reads the session of a request's cookie: row, person and roles. Implemented by
/// [`crate::login::SessionReader`]; a port so that `web` needs no more than this.
#[async_trait]
pub trait ReadSession: Send + Sync {
    /// The session of this cookie value, if it lives.
    async fn read(&self, cookie: &str, now: Timestamp) -> Result<Option<SessionView>, Fault>;
}
