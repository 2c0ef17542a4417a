//! Signing in: password check, limits on guessing, the session that results.
//!
//! One function decides; pages and command line call it. Guessing is limited by account and by
//! source, and a browser that has signed in before has a counter of its own, so that an attacker
//! who locks an account does not lock out its owner (OWASP device cookies).

mod device;
mod reader;

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use reader::SessionReader;

use crate::{
    audit::{Actor, Event, Outcome},
    clock::Timestamp,
    directory::Directory,
    fault::{ErrorId, Fault},
    id::{PersonId, SessionId},
    password::{WeakPassword, check_new},
    person::{PersonRow, Username, VerifierChange},
    secret::{Token, TokenKind},
    session::{Factor, NewSession, SessionView, Sessions},
};

/// Counts within a time window, shared by all nodes. Implemented over the cache; losing it costs
/// attackers a fresh start of one window, nobody else anything.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Adds one to the counter of `key` and gives the count within the running window.
    async fn hit(&self, key: &str, window_seconds: u32, now: Timestamp) -> Result<u32, Fault>;

    /// The count within the running window, without adding.
    async fn peek(&self, key: &str, window_seconds: u32, now: Timestamp) -> Result<u32, Fault>;

    /// Sets the counter of `key` back to nothing.
    async fn clear(&self, key: &str) -> Result<(), Fault>;
}

/// Limits of signing in and length of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoginPolicy {
    /// Wrong passwords per account, and per known device, before a pause.
    pub attempts_per_account: u32,
    /// Wrong passwords per source address before a pause; high, since offices share one.
    pub attempts_per_source: u32,
    /// Length of the window and of the pause, seconds.
    pub window_seconds: u32,
    /// Longest session, seconds (SP 800-63B-4 AAL2: 24 h at most).
    pub session_seconds: u32,
    /// Longest time without use, seconds.
    pub idle_seconds: u32,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            attempts_per_account: 10,
            attempts_per_source: 200,
            window_seconds: 900,
            session_seconds: 12 * 3600,
            idle_seconds: 3600,
        }
    }
}

/// Signs people in.
pub struct SignIn {
    directory: Directory,
    sessions: Arc<dyn Sessions>,
    throttle: Arc<dyn Throttle>,
    policy: LoginPolicy,
    /// Verifier of a random password: what unknown names are checked against, so that they take as
    /// long as known ones.
    decoy: Zeroizing<String>,
}

/// One try.
#[derive(Clone)]
pub struct Attempt {
    /// User name as typed.
    pub username: String,
    /// Password as typed.
    pub password: Zeroizing<String>,
    /// Address it came from; IPv6 callers pass the /64.
    pub source: String,
    /// The browser as it named itself.
    pub user_agent: String,
    /// Value of the device cookie, if the browser sent one.
    pub device: Option<String>,
    /// The session this browser has already; replaced on success.
    pub replaces: Option<SessionId>,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum SignInOutcome {
    /// Signed in.
    Done(Box<SignedIn>),
    /// Name or password is wrong, or the account is disabled; which is told to nobody.
    Refused(ErrorId),
    /// Too many tries; seconds to wait.
    TooMany(ErrorId, u32),
}

/// A fresh session.
#[derive(Debug)]
pub struct SignedIn {
    /// Value for the session cookie.
    pub cookie: Token,
    /// Value for the device cookie, to be kept for a year.
    pub device: String,
    /// Who.
    pub person: PersonId,
    /// The session.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
}

impl SignIn {
    /// Signing in over the directory's people.
    pub async fn new(
        directory: Directory,
        sessions: Arc<dyn Sessions>,
        throttle: Arc<dyn Throttle>,
        policy: LoginPolicy,
    ) -> Result<Self, Fault> {
        let unknown = Zeroizing::new(crate::secret::handle(directory.vault.random()));
        let decoy = Zeroizing::new(directory.hashes.hash(unknown).await?);
        Ok(Self { directory, sessions, throttle, policy, decoy })
    }

    /// Checks a try and begins a session.
    pub async fn attempt(&self, try_: Attempt, now: Timestamp) -> Result<SignInOutcome, Fault> {
        let row = match Username::parse(&try_.username) {
            Some(username) => self.directory.people.by_username(&username).await?,
            None => None,
        };
        let keys = self.throttle_keys(&try_, row.as_ref());
        if let Some(outcome) = self.over_limit(&try_, &keys, row.as_ref(), now).await? {
            return Ok(outcome);
        }
        let verifier = self.verifier(row.as_ref()).await?;
        let right = self.directory.hashes.matches(try_.password.clone(), verifier).await?;
        match row {
            Some(row) if right && row.disabled_at.is_none() && !row.verifier.is_empty() => {
                self.throttle.clear(&keys.account).await?;
                self.begin(try_, row, now).await.map(SignInOutcome::Done)
            }
            row => {
                let window = self.policy.window_seconds;
                self.throttle.hit(&keys.source, window, now).await?;
                let reason = if right { "disabled" } else { "credentials" };
                self.refused(&try_, row.as_ref(), reason, now).await.map(SignInOutcome::Refused)
            }
        }
    }

    /// Changes a person's own password: the old one must be right, and every other session ends.
    pub async fn change_password(
        &self,
        session: &SessionView,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
        now: Timestamp,
    ) -> Result<(), ChangeRefused> {
        let window = self.policy.window_seconds;
        let key = format!("change:{}", session.person);
        if self.throttle.hit(&key, window, now).await? > self.policy.attempts_per_account {
            return Err(ChangeRefused::TooMany);
        }
        let row = self.directory.people.find(&session.person).await?.ok_or(Fault::Corrupt)?;
        let verifier = self.verifier(Some(&row)).await?;
        if !self.directory.hashes.matches(old.clone(), verifier).await? {
            return Err(ChangeRefused::WrongOld);
        }
        if *old == *new {
            return Err(ChangeRefused::Same);
        }
        check_new(&new, &row.username, self.directory.min_password_chars)?;
        let phc = Zeroizing::new(self.directory.hashes.hash(new).await?);
        let vault = &self.directory.vault;
        let person_key = vault.person_key(&row.id, &row.wrapped_key).await?;
        let change = VerifierChange {
            person: row.id.clone(),
            expected: row.verifier.clone(),
            verifier: person_key.seal("verifier", phc.as_bytes(), vault.random())?,
            must_change: false,
            keep: Some(session.id.clone()),
            now,
            event: Event::new(
                "person.change-password",
                Actor::Person(row.id.clone()),
                Outcome::Done,
                now,
            )
            .subject(row.id.as_str()),
        };
        self.throttle.clear(&key).await?;
        if self.directory.people.set_verifier(change).await? {
            Ok(())
        } else {
            Err(ChangeRefused::Raced)
        }
    }

    async fn over_limit(
        &self,
        try_: &Attempt,
        keys: &ThrottleKeys,
        row: Option<&PersonRow>,
        now: Timestamp,
    ) -> Result<Option<SignInOutcome>, Fault> {
        let window = self.policy.window_seconds;
        // The account's counter is raised before the password is looked at, so that parallel
        // guesses count too; success sets it back.
        let account = self.throttle.hit(&keys.account, window, now).await?;
        let source = self.throttle.peek(&keys.source, window, now).await?;
        if account <= self.policy.attempts_per_account && source < self.policy.attempts_per_source {
            return Ok(None);
        }
        let id = self.refused(try_, row, "too-many", now).await?;
        Ok(Some(SignInOutcome::TooMany(id, window)))
    }

    fn throttle_keys(&self, try_: &Attempt, row: Option<&PersonRow>) -> ThrottleKeys {
        let vault = &self.directory.vault;
        let known = row.and_then(|row| {
            let device = try_.device.as_deref()?;
            device::recognise(vault, &row.id, device)
        });
        let account = match (known, row) {
            (Some(device), _) => format!("device:{device}"),
            (None, Some(row)) => format!("account:{}", row.id),
            // Unknown names share the hash, not the text: the cache holds no names.
            (None, None) => {
                format!("name:{}", hex::encode(&vault.index("throttle", &try_.username)[..16]))
            }
        };
        ThrottleKeys { account, source: format!("source:{}", try_.source) }
    }

    async fn verifier(&self, row: Option<&PersonRow>) -> Result<Zeroizing<String>, Fault> {
        let Some(row) = row.filter(|row| !row.verifier.is_empty()) else {
            return Ok(self.decoy.clone());
        };
        let key = self.directory.vault.person_key(&row.id, &row.wrapped_key).await?;
        let phc = key.open("verifier", &row.verifier)?;
        let text = std::str::from_utf8(&phc).map_err(|_| Fault::Corrupt)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    async fn begin(
        &self,
        try_: Attempt,
        row: PersonRow,
        now: Timestamp,
    ) -> Result<Box<SignedIn>, Fault> {
        let vault = &self.directory.vault;
        let cookie = Token::new(TokenKind::Session, vault.random());
        let id = SessionId::new(now, vault.random());
        let expires_at = now.plus_seconds(i64::from(self.policy.session_seconds));
        let event = Event::new("login", Actor::Person(row.id.clone()), Outcome::Done, now)
            .subject(row.id.as_str())
            .with("session", id.as_str())
            .with("source", try_.source.as_str());
        let session = NewSession {
            id: id.clone(),
            token_hash: cookie.hash(),
            person: row.id.clone(),
            factors: vec![Factor::Pwd],
            authenticated_at: now,
            expires_at,
            user_agent: shorten(&try_.user_agent),
            source: try_.source,
            replaces: try_.replaces,
            event,
        };
        self.sessions.begin(session).await?;
        Ok(Box::new(SignedIn {
            device: device::issue(vault, &row.id),
            cookie,
            person: row.id,
            session: id,
            expires_at,
            must_change_password: row.must_change_password,
        }))
    }

    async fn refused(
        &self,
        try_: &Attempt,
        row: Option<&PersonRow>,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<ErrorId, Fault> {
        let id = ErrorId::new(self.directory.vault.random());
        let mut event = Event::new("login", Actor::Anonymous, Outcome::Refused, now)
            .with("reason", reason)
            .with("source", try_.source.as_str())
            .error(id.clone());
        if let Some(row) = row {
            event = event.subject(row.id.as_str());
        }
        self.directory.people.record(event).await?;
        Ok(id)
    }
}

/// Why a password was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Changed elsewhere at the same moment.
    #[error("changed elsewhere at the same moment")]
    Raced,
    /// New and old are the same.
    #[error("the new password is the old one")]
    Same,
    /// Too many tries.
    #[error("too many tries")]
    TooMany,
    /// The new password is too weak.
    #[error("weak password: {0}")]
    Weak(#[from] WeakPassword),
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongOld,
}

struct ThrottleKeys {
    account: String,
    source: String,
}

/// The part of a user agent that is kept, at a character boundary.
fn shorten(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect()
}

/// Characters of a user agent that are kept: enough to tell a phone from an office machine.
const USER_AGENT_CHARS: usize = 200;
