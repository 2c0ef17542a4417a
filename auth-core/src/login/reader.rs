//! Reading the session of a request: row, person, roles.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    directory::Directory,
    fault::Fault,
    secret::{Token, TokenKind},
    session::{ReadSession, SessionView, Sessions},
};

/// [`ReadSession`] over session rows and the directory.
pub struct SessionReader {
    /// The directory.
    pub directory: Directory,
    /// Session rows.
    pub sessions: Arc<dyn Sessions>,
    /// Longest time without use, seconds.
    pub idle_seconds: u32,
}

#[async_trait]
impl ReadSession for SessionReader {
    async fn read(&self, cookie: &str, now: Timestamp) -> Result<Option<SessionView>, Fault> {
        let Some(token) = Token::parse(TokenKind::Session, cookie) else { return Ok(None) };
        let idle = i64::from(self.idle_seconds);
        let Some(found) = self.sessions.find(&token.hash(), now, idle).await? else {
            return Ok(None);
        };
        let Some(row) = self.directory.people.find(&found.person).await? else {
            return Ok(None);
        };
        if row.disabled_at.is_some() {
            return Ok(None);
        }
        let Some(profile) = self.directory.profile(&row).await? else { return Ok(None) };
        Ok(Some(SessionView {
            id: found.id,
            person: found.person,
            username: row.username.as_str().to_owned(),
            name: profile.name.clone(),
            assurance: row.assurance,
            factors: found.factors,
            authenticated_at: found.authenticated_at,
            roles: self.directory.roles(&row.id, now).await?,
            must_change_password: row.must_change_password,
        }))
    }
}
