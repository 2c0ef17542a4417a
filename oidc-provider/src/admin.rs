//! Administration of clients: the same acts for the command line and the administration pages.

use std::sync::Arc;

use auth_core::{Fault, Random, Timestamp, audit::Actor, id::ClientId, secret::Token};

use crate::{
    client::{Authentication, Client, Registration, SecretMethod},
    event::Act,
    store::Clients,
};

/// Adds, lists and disables clients.
#[derive(Clone)]
pub struct ClientAdmin {
    /// Client rows.
    pub clients: Arc<dyn Clients>,
}

/// A client to be added.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its id: 1 to 64 of `a-z 0-9 . _ -`, and not of the 22 characters that a `sub` has.
    pub id: String,
    /// What it is registered for.
    pub registration: Registration,
    /// Where it sends its secret; `None` makes a public client.
    pub secret: Option<SecretMethod>,
}

impl ClientAdmin {
    /// Adds a client; gives its secret, which is shown once and kept nowhere.
    pub async fn add(
        &self,
        new: NewClient,
        actor: Actor,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Option<Token>, ClientRefused> {
        let (secret, authentication) = match new.secret {
            Some(method) => {
                let (secret, authentication) = Authentication::generate(method, random);
                (Some(secret), authentication)
            }
            None => (None, Authentication::Public),
        };
        self.add_with(&new.id, new.registration, authentication, actor, now).await?;
        Ok(secret)
    }

    /// Adds a client whose authentication was chosen elsewhere: the demo county's known secrets.
    pub async fn add_with(
        &self,
        id: &str,
        registration: Registration,
        authentication: Authentication,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), ClientRefused> {
        if !is_client_id(id) {
            return Err(ClientRefused::Id);
        }
        let client = Client {
            id: ClientId::from_text(id),
            registration,
            authentication,
            created_at: now,
            disabled_at: None,
        };
        let event = Act::ClientAdd.done(actor, now).subject(id);
        if self.clients.add(client, event).await? { Ok(()) } else { Err(ClientRefused::Taken) }
    }

    /// At most `limit` clients after `after` in order of id.
    pub async fn list(&self, after: Option<&ClientId>, limit: u32) -> Result<Vec<Client>, Fault> {
        self.clients.list(after, limit).await
    }

    /// Disables a client: its tokens and refresh tokens are refused from then on.
    pub async fn disable(
        &self,
        id: &ClientId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), ClientRefused> {
        let event = Act::ClientDisable.done(actor, now).subject(id.as_str());
        self.found(self.clients.set_disabled(id, Some(now), event).await?)
    }

    /// Enables a client again.
    pub async fn enable(
        &self,
        id: &ClientId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), ClientRefused> {
        let event = Act::ClientEnable.done(actor, now).subject(id.as_str());
        self.found(self.clients.set_disabled(id, None, event).await?)
    }

    /// Gives a client a new secret; the old one ends at once.
    pub async fn renew_secret(
        &self,
        id: &ClientId,
        method: SecretMethod,
        actor: Actor,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Token, ClientRefused> {
        let (secret, authentication) = Authentication::generate(method, random);
        let event = Act::ClientSecret.done(actor, now).subject(id.as_str());
        self.found(self.clients.set_authentication(id, authentication, event).await?)?;
        Ok(secret)
    }

    #[allow(clippy::unused_self, reason = "reads as the end of each act")]
    const fn found(&self, found: bool) -> Result<(), ClientRefused> {
        if found { Ok(()) } else { Err(ClientRefused::Unknown) }
    }
}

/// Why an act was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefused {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The id has characters or a length that it must not have.
    #[error("a client id has 1 to 64 of a-z 0-9 . _ - and not 22 of them")]
    Id,
    /// The id is taken.
    #[error("a client of this id exists already")]
    Taken,
    /// No such client.
    #[error("no client of this id")]
    Unknown,
}

/// RFC 9700 §4.15: a client must not be able to pick an id that looks like a person's `sub`.
fn is_client_id(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=64).contains(&id.len()) && id.len() != 22 && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_client_id_looks_like_a_subject() {
        assert!(is_client_id("demo-web") && is_client_id("a.b_c-1"));
        for bad in ["", "Demo", "a b", "aaaaaaaaaaaaaaaaaaaaaa", "名"] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }
}
