//! Ports to the database. One method is one act is one transaction; the events of an act are
//! written with it.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{ClientId, GrantId, PersonId},
    secret::TokenHash,
};

use crate::{
    client::{Authentication, Client},
    grant::{Code, CodeFound, Family, FamilyFound, FamilyId, Permission, RefreshFound},
};

/// Client rows.
#[async_trait]
pub trait Clients: Send + Sync {
    /// Adds a client; `false` when its id is taken.
    async fn add(&self, client: Client, event: Event) -> Result<bool, Fault>;

    /// One client, disabled or not.
    async fn find(&self, id: &ClientId) -> Result<Option<Client>, Fault>;

    /// At most `limit` clients after `after` in order of id.
    async fn list(&self, after: Option<&ClientId>, limit: u32) -> Result<Vec<Client>, Fault>;

    /// Disables or enables a client; `false` when there is none.
    async fn set_disabled(
        &self,
        id: &ClientId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Replaces how a client proves who it is; `false` when there is none.
    async fn set_authentication(
        &self,
        id: &ClientId,
        authentication: Authentication,
        event: Event,
    ) -> Result<bool, Fault>;
}

/// What people allowed.
#[async_trait]
pub trait Permissions: Send + Sync {
    /// The permission of this person for this client that is not withdrawn.
    async fn live(&self, person: &PersonId, client: &ClientId)
    -> Result<Option<Permission>, Fault>;

    /// Live permissions of a person with the client's name, newest first, at most
    /// [`MAX_LISTED`].
    async fn of(&self, person: &PersonId) -> Result<Vec<(Permission, String)>, Fault>;

    /// Withdraws a permission of this person and with it everything issued under it; `false` when
    /// there was none.
    async fn withdraw(
        &self,
        person: &PersonId,
        grant: &GrantId,
        now: Timestamp,
        event: Event,
    ) -> Result<bool, Fault>;
}

/// Codes, families and refresh tokens.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Writes a code, and the permission with it when it is new or wider.
    async fn issue_code(&self, act: IssueCode) -> Result<CodeIssued, Fault>;

    /// A code, used or not, expired or not, with the state of all it depends on.
    async fn find_code(&self, hash: &TokenHash) -> Result<Option<CodeFound>, Fault>;

    /// Uses a code: one statement decides who is first.
    async fn redeem_code(&self, act: RedeemCode) -> Result<Redeemed, Fault>;

    /// A refresh token, used or not, with its family and the state of all it depends on.
    async fn find_refresh(&self, hash: &TokenHash) -> Result<Option<RefreshFound>, Fault>;

    /// Uses a refresh token and writes its successor: one statement decides who is first. Whoever
    /// is not ends the family.
    async fn rotate(&self, act: RotateRefresh) -> Result<Rotated, Fault>;

    /// A family with the state of all it depends on.
    async fn find_family(&self, id: &FamilyId) -> Result<Option<FamilyFound>, Fault>;

    /// Ends a family.
    async fn revoke_family(&self, id: &FamilyId, now: Timestamp, event: Event)
    -> Result<(), Fault>;

    /// Records an act that changes no row, such as a refusal or a token of client credentials.
    async fn record(&self, event: Event) -> Result<(), Fault>;
}

/// A code to be written.
#[derive(Clone, Debug)]
pub struct IssueCode {
    /// The code.
    pub code: Code,
    /// The permission to write first: new, or the live one with more scopes. `None` when the live
    /// one covers the code.
    pub permission: Option<Permission>,
    /// Events of success.
    pub events: Vec<Event>,
}

/// What came of [`Tokens::issue_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeIssued {
    /// Written.
    Done,
    /// The permission was withdrawn, or another one given, meanwhile: ask again.
    Raced,
}

/// A code to be used.
#[derive(Clone, Debug)]
pub struct RedeemCode {
    /// Hash of the code.
    pub hash: TokenHash,
    /// The family that begins.
    pub family: Family,
    /// Its first refresh token, if the client gets one.
    pub refresh: Option<NewRefresh>,
    /// Now.
    pub now: Timestamp,
    /// Event of success.
    pub done: Event,
    /// Event when the code was used before: its family is revoked in the same act.
    pub replayed: Event,
}

/// A refresh token to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewRefresh {
    /// Hash of the token.
    pub hash: TokenHash,
    /// When it ends unless used.
    pub expires_at: Timestamp,
}

/// What came of [`Tokens::redeem_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// This was the first use.
    Done,
    /// Expired, or its permission was withdrawn meanwhile.
    Gone,
    /// Used before; what was issued for it is revoked.
    Replayed,
}

/// A refresh token to be used.
#[derive(Clone, Debug)]
pub struct RotateRefresh {
    /// Hash of the token.
    pub hash: TokenHash,
    /// Its family.
    pub family: FamilyId,
    /// The generation it was found with.
    pub generation: i64,
    /// Its successor, of the next generation.
    pub successor: NewRefresh,
    /// Now.
    pub now: Timestamp,
    /// Event of success.
    pub done: Event,
    /// Event when the token was used before: the family is revoked in the same act.
    pub reused: Event,
}

/// What came of [`Tokens::rotate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// This was the first use.
    Done,
    /// Expired, or its family or permission ended meanwhile.
    Gone,
    /// Used before; the family is revoked.
    Reused,
}

/// Most permissions listed for one person.
pub const MAX_LISTED: u32 = 200;
