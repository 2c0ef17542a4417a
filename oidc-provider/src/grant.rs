//! What a person allowed, and what was issued for it: permission, code, family, refresh token.
//!
//! ```text
//! Permission (one person, one client, scopes)      lives until withdrawn
//!   └─ Code                                        one minute, one use
//!        └─ Family                                 everything renewed from that code
//!             └─ refresh token, generation 0 1 2 … the newest counts, an older one ends the family
//! ```

use auth_core::{
    Timestamp,
    id::{ClientId, GrantId, PersonId, SessionId},
    secret::TokenHash,
    session::{Assurance, Factor, SessionView},
};
use serde::{Deserialize, Serialize};

use crate::{pkce::Challenge, scope::Scopes, subject::Standing};

/// A person's permission for a client (OpenID Connect consent). Withdrawn, it is never revived: a
/// new one is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Its id.
    pub id: GrantId,
    /// Who gave it.
    pub person: PersonId,
    /// To whom.
    pub client: ClientId,
    /// For what.
    pub scopes: Scopes,
    /// When it was first given.
    pub created_at: Timestamp,
}

/// How a person was authenticated: what `auth_time`, `amr` and `acr` say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When the factors were checked.
    pub at: Timestamp,
    /// Factors used.
    pub factors: Vec<Factor>,
    /// Identity assurance of the person then.
    pub assurance: Assurance,
}

impl From<&SessionView> for Authentication {
    fn from(session: &SessionView) -> Self {
        Self {
            at: session.authenticated_at,
            factors: session.factors.clone(),
            assurance: session.assurance,
        }
    }
}

/// What an authorization code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Hash of the code.
    pub hash: TokenHash,
    /// The permission it was issued under.
    pub grant: GrantId,
    /// The client it was issued to.
    pub client: ClientId,
    /// Who signed in.
    pub person: PersonId,
    /// The browser session in which it was issued.
    pub session: SessionId,
    /// Where it was sent: the token request must repeat it.
    pub redirect_uri: String,
    /// Granted scopes.
    pub scopes: Scopes,
    /// `nonce` of the request.
    pub nonce: Option<String>,
    /// `code_challenge` of the request.
    pub challenge: Option<Challenge>,
    /// How the person was authenticated.
    pub authentication: Authentication,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A code as found, and where it stands in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFound {
    /// The code.
    pub code: Code,
    /// Its stage.
    pub stage: CodeStage,
    /// State of client, person, permission and session.
    pub standing: Standing,
    /// The person's public subject identifier.
    pub sub: String,
}

/// The life of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeStage {
    /// Not yet used.
    Pending,
    /// Used once; again is an attack or an accident, and ends the family either way.
    Redeemed {
        /// What was issued for it.
        family: FamilyId,
    },
}

/// Names a family; goes into access tokens, so it is random.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(String);

impl FamilyId {
    /// A new id of 128 random bits.
    pub fn new(random: &dyn auth_core::Random) -> Self {
        Self(auth_core::secret::handle(random))
    }

    /// An id read back from the store or a token; not checked.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything issued for one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: FamilyId,
    /// The permission.
    pub grant: GrantId,
    /// The client.
    pub client: ClientId,
    /// The person.
    pub person: PersonId,
    /// The session it ends with; `None` with `offline_access`.
    pub session: Option<SessionId>,
    /// Granted scopes.
    pub scopes: Scopes,
    /// How the person was authenticated.
    pub authentication: Authentication,
    /// `sid` of ID tokens: names the browser session to the client without being its id.
    pub sid: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A family as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyFound {
    /// The family.
    pub family: Family,
    /// State of client, person, permission, session and the family itself.
    pub standing: Standing,
    /// The person's public subject identifier.
    pub sub: String,
}

/// A refresh token as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFound {
    /// Its family.
    pub family: FamilyFound,
    /// Its place in the family, from 0. Counted, not timed, so that rotations within one second
    /// keep their order.
    pub generation: i64,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it ends unless used.
    pub expires_at: Timestamp,
}
