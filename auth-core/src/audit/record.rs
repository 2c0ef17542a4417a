//! A record: an event as the store keeps it, with its salt and its place in the log.

use sha2::{Digest, Sha256};

use super::event::{Event, Parts, canonical};

/// A row of the log, column by column, as read back: nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number of the row; rows that were rolled back leave gaps.
    pub row: i64,
    /// Index of the leaf; `None` until sealed.
    pub index: Option<i64>,
    /// [`Event::act`].
    pub act: String,
    /// [`Event::actor`] as text.
    pub actor: String,
    /// [`Event::subject`].
    pub subject: Option<String>,
    /// [`Event::outcome`] as text.
    pub outcome: String,
    /// [`Event::at`], microseconds.
    pub at: i64,
    /// [`Event::error_id`].
    pub error_id: Option<String>,
    /// [`Event::detail_cbor`]; `None` when there are no further facts.
    pub detail: Option<Vec<u8>>,
    /// 32 random bytes: they keep a leaf from being guessed by hashing likely events.
    pub salt: Vec<u8>,
    /// SHA-256(salt ‖ canonical event), as stored.
    pub entry_hash: Vec<u8>,
}

impl Record {
    /// Whether salt and stored hash belong to this event.
    pub fn is_intact(&self) -> bool {
        self.salt.len() == SALT_BYTES && self.entry()[..] == self.entry_hash[..]
    }

    /// SHA-256(salt ‖ canonical event), computed from the columns: the log's entry. An entry says
    /// nothing about its event to whoever does not hold the salt.
    pub fn entry(&self) -> [u8; 32] {
        let canonical = canonical(&Parts {
            act: &self.act,
            actor: &self.actor,
            subject: self.subject.as_deref(),
            outcome: &self.outcome,
            at: self.at,
            error_id: self.error_id.as_deref(),
            detail: self.detail.as_deref(),
        });
        Sha256::new().chain_update(&self.salt).chain_update(canonical).finalize().into()
    }

    /// The facts of [`Record::detail`] as JSON, for pages and exports; bytes become hex. `None`
    /// when the detail is not what an event writes.
    pub fn detail_json(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let Some(detail) = &self.detail else { return Some(serde_json::Map::new()) };
        let value: ciborium::Value = ciborium::from_reader(&detail[..]).ok()?;
        value
            .as_map()?
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    ciborium::Value::Bool(yes) => (*yes).into(),
                    ciborium::Value::Bytes(bytes) => hex::encode(bytes).into(),
                    ciborium::Value::Integer(int) => i64::try_from(*int).ok()?.into(),
                    ciborium::Value::Text(text) => text.as_str().into(),
                    _ => return None,
                };
                Some((name.as_text()?.to_owned(), value))
            })
            .collect()
    }
}

impl Event {
    /// The log's entry for this event under this salt.
    pub fn entry(&self, salt: &[u8; SALT_BYTES]) -> [u8; 32] {
        Sha256::new().chain_update(salt).chain_update(self.canonical()).finalize().into()
    }
}

/// Length of a salt.
pub const SALT_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Timestamp,
        audit::{Actor, Outcome},
    };

    #[test]
    fn a_row_hashes_as_its_event_did_and_every_column_counts() {
        let event = Event::new("login", Actor::Cli(7), Outcome::Done, Timestamp(5))
            .subject("s")
            .with("b", 1_i64)
            .with("a", "x")
            .with("c", &[1_u8, 2][..]);
        let salt = [9; 32];
        let record = Record {
            row: 1,
            index: None,
            act: "login".into(),
            actor: "cli:7".into(),
            subject: Some("s".into()),
            outcome: "done".into(),
            at: 5,
            error_id: None,
            detail: Some(event.detail_cbor()),
            salt: salt.to_vec(),
            entry_hash: event.entry(&salt).to_vec(),
        };
        assert!(record.is_intact());
        let edits: [fn(&mut Record); 9] = [
            |r| r.act.push('x'),
            |r| r.actor = "cli:8".into(),
            |r| r.subject = None,
            |r| r.outcome = "refused".into(),
            |r| r.at += 1,
            |r| r.error_id = Some(String::new()),
            |r| r.detail = Some(vec![0xa0]),
            |r| r.salt[0] ^= 1,
            |r| r.salt.push(0),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            let mut edited = record.clone();
            edit(&mut edited);
            assert!(!edited.is_intact(), "edit {number}");
        }
        let json = serde_json::to_string(&record.detail_json());
        assert_eq!(json.ok().as_deref(), Some(r#"{"a":"x","b":1,"c":"0102"}"#));
    }
}
