//! 亮证码: a person at the counter shows a code instead of spelling a name.

use auth_core::{Fault, Random, Timestamp, audit::Actor, id::PersonId, session::SessionView};
use sha2::{Digest, Sha256};

use super::Registry;
use crate::{act::Act, store::NewShowCode};

impl Registry {
    /// A new code for a signed-in person. Opaque, short-lived, used once; nothing personal in it.
    pub async fn show_code(&self, session: &SessionView, now: Timestamp) -> Result<String, Fault> {
        let code = new_code(self.vault.random());
        let person = session.person.clone();
        let event = Act::Show.done(Actor::Person(person.clone()), now).subject(person.as_str());
        let expires_at = now.plus_seconds(self.policy.show_seconds);
        let hash = hash(&code).ok_or(Fault::Corrupt)?;
        self.show_codes.show(NewShowCode { hash, person, expires_at, now, event }).await?;
        Ok(code)
    }

    /// Uses up a code that was scanned or typed at the counter.
    pub(super) async fn redeem_code(
        &self,
        typed: &str,
        now: Timestamp,
    ) -> Result<Option<PersonId>, Fault> {
        match hash(typed) {
            Some(hash) => self.show_codes.redeem(hash, now).await,
            None => Ok(None),
        }
    }
}

/// Whether a text is meant as a shown code rather than a user name.
pub fn is_code(typed: &str) -> bool {
    hash(typed).is_some()
}

/// `YXS-` and twelve characters of Crockford's base 32: 60 random bits, far beyond guessing in
/// two minutes through a form that only case workers reach.
fn new_code(random: &dyn Random) -> String {
    let bytes = random.bytes::<12>();
    let letters: String =
        bytes.iter().filter_map(|byte| ALPHABET.chars().nth(usize::from(byte & 31))).collect();
    format!("{PREFIX}{letters}")
}

fn hash(typed: &str) -> Option<[u8; 32]> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let upper = typed.to_ascii_uppercase();
    let letters = upper.strip_prefix(PREFIX)?;
    (letters.len() == 12 && letters.chars().all(|c| ALPHABET.contains(c)))
        .then(|| Sha256::digest(upper.as_bytes()).into())
}

const PREFIX: &str = "YXS-";
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
