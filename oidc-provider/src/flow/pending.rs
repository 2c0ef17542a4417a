//! The authorization request between pages: in the browser, encrypted, never in our database.
//!
//! Nothing is written for somebody who has not signed in. The cookie is authenticated, so what it
//! says is what the checks let through (row 14 of the attack table); it is bound to the browser by
//! being its cookie (RFC 9700 §4.7).

use auth_core::{Fault, Timestamp, aead};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::authorize::Asked;
use crate::deps::App;

/// Requests that a browser has begun and not finished, oldest first: one per tab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending(Vec<Asked>);

impl Pending {
    /// Reads the cookie. What is not ours, was altered or is too old counts as absent.
    pub(crate) fn open(app: &App, cookie: Option<&str>, now: Timestamp) -> Self {
        let oldest = now.plus_seconds(-i64::from(app.policy.flow_seconds));
        let opened = cookie.and_then(|cookie| {
            let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
            let plain = aead::open(app.profile, &app.key_for(PURPOSE), CONTEXT, &sealed).ok()?;
            serde_json::from_slice::<Self>(&plain).ok()
        });
        let mut pending = opened.unwrap_or_default();
        pending.0.retain(|asked| oldest <= asked.begun_at);
        pending
    }

    /// The request of this handle.
    pub(crate) fn find(&self, handle: &str) -> Option<&Asked> {
        self.0.iter().find(|asked| asked.handle == handle)
    }

    /// With one more request; the oldest give way until the cookie fits.
    pub(crate) fn with(mut self, asked: Asked) -> Self {
        self.0.push(asked);
        while self.0.len() > 1 && self.plain().len() > MAX_PLAIN {
            self.0.remove(0);
        }
        self
    }

    /// Without the request of this handle.
    pub(crate) fn without(mut self, handle: &str) -> Self {
        self.0.retain(|asked| asked.handle != handle);
        self
    }

    /// The value of the cookie; `None` when nothing is pending.
    pub(crate) fn seal(&self, app: &App) -> Result<Option<String>, Fault> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let random = app.shell.random();
        let sealed =
            aead::seal(app.profile, &app.key_for(PURPOSE), CONTEXT, &self.plain(), random)?;
        Ok(Some(URL_SAFE_NO_PAD.encode(sealed)))
    }

    fn plain(&self) -> Vec<u8> {
        // A list of strings, numbers and flags always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Names the key.
const PURPOSE: &str = "pending request";
/// Separates these ciphertexts from others under the same key.
const CONTEXT: &[u8] = b"oidc pending request";

/// Longest plain text: base64url of it with nonce and tag, the cookie's name and its attributes
/// stay under the 4096 bytes that browsers keep (RFC 6265 §6.1).
pub(super) const MAX_PLAIN: usize = 2880;
