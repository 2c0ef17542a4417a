//! Audit events: what was done, by whom, to whom, how it ended.

use std::collections::BTreeMap;

use crate::{
    clock::Timestamp,
    fault::ErrorId,
    id::{ClientId, PersonId},
};

/// One audit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What was done: `login`, `token.issue`, `seal.intent`, … Stable; listed by a test per crate.
    pub act: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// To whom or what: an id of a row, never a name or number of a person.
    pub subject: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// The id shown to the person, when it failed.
    pub error_id: Option<ErrorId>,
    /// Further facts. Never secrets, never personal data in clear.
    pub detail: BTreeMap<&'static str, Value>,
}

impl Event {
    /// An event without subject, error or detail.
    pub fn new(act: &'static str, actor: Actor, outcome: Outcome, at: Timestamp) -> Self {
        Self { act, actor, subject: None, outcome, at, error_id: None, detail: BTreeMap::new() }
    }

    /// With a subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.detail.insert(name, value.into());
        self
    }

    /// With the error id shown to the person.
    #[must_use]
    pub fn error(mut self, id: ErrorId) -> Self {
        self.error_id = Some(id);
        self
    }

    /// Deterministic CBOR (RFC 8949 §4.2.1) of the whole event: what a log leaf is made from.
    ///
    /// A map with text keys `act`, `actor`, `at`, `detail`, `error`, `outcome`, `subject`; absent
    /// members are left out.
    pub fn canonical(&self) -> Vec<u8> {
        let detail = (!self.detail.is_empty()).then(|| self.detail_cbor());
        canonical(&Parts {
            act: self.act,
            actor: &self.actor.to_string(),
            subject: self.subject.as_deref(),
            outcome: self.outcome.as_str(),
            at: self.at.0,
            error_id: self.error_id.as_ref().map(ErrorId::as_str),
            detail: detail.as_deref(),
        })
    }

    /// Deterministic CBOR of [`Event::detail`] alone, as stored in its column.
    pub fn detail_cbor(&self) -> Vec<u8> {
        let detail = self
            .detail
            .iter()
            .map(|(name, value)| (ciborium::Value::from(*name), value.cbor()))
            .collect();
        encode(&sorted(detail))
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody not (yet) known.
    Anonymous,
    /// The operator at the command line, by the operating system's user id.
    Cli(u32),
    /// An application, acting for itself.
    Client(ClientId),
    /// A signed-in person.
    Person(PersonId),
    /// The program itself: sweepers, renewals, sealing of the log.
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Cli(uid) => write!(f, "cli:{uid}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Allowed and done.
    Done,
    /// Allowed, but something failed underneath.
    Failed,
    /// Refused by a rule.
    Refused,
}

impl Outcome {
    /// Stable text for columns and exports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// A fact in an event's detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A digest or another short byte string.
    Bytes(Vec<u8>),
    /// A count or a time.
    Int(i64),
    /// Text from a closed vocabulary or an id.
    Text(String),
}

impl Value {
    fn cbor(&self) -> ciborium::Value {
        match self {
            Self::Bool(yes) => ciborium::Value::from(*yes),
            Self::Bytes(bytes) => ciborium::Value::from(bytes.as_slice()),
            Self::Int(int) => ciborium::Value::from(*int),
            Self::Text(text) => ciborium::Value::from(text.as_str()),
        }
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// An event taken apart, as its row holds it.
pub(super) struct Parts<'a> {
    pub(super) act: &'a str,
    pub(super) actor: &'a str,
    pub(super) subject: Option<&'a str>,
    pub(super) outcome: &'a str,
    pub(super) at: i64,
    pub(super) error_id: Option<&'a str>,
    /// Deterministic CBOR, taken over byte by byte: a reordered detail is a changed one.
    pub(super) detail: Option<&'a [u8]>,
}

/// The canonical form of an event; see [`Event::canonical`].
pub(super) fn canonical(parts: &Parts<'_>) -> Vec<u8> {
    let text = |text: &str| encode(&ciborium::Value::from(text));
    // In the bytewise order of the encoded keys: shorter ones first.
    let members = [
        ("at", Some(encode(&ciborium::Value::from(parts.at)))),
        ("act", Some(text(parts.act))),
        ("actor", Some(text(parts.actor))),
        ("error", parts.error_id.map(text)),
        ("detail", parts.detail.map(<[u8]>::to_vec)),
        ("outcome", Some(text(parts.outcome))),
        ("subject", parts.subject.map(text)),
    ];
    let count = members.iter().filter(|(_, value)| value.is_some()).count();
    // Major type 5 with a count below 24 (RFC 8949 §3).
    let mut out = vec![0xa0 | u8::try_from(count).unwrap_or(7)];
    for (name, value) in members {
        if let Some(value) = value {
            out.extend(text(name));
            out.extend(value);
        }
    }
    out
}

/// A CBOR map in the bytewise order of its encoded keys.
fn sorted(mut members: Vec<(ciborium::Value, ciborium::Value)>) -> ciborium::Value {
    members.sort_by_cached_key(|(key, _)| encode(key));
    ciborium::Value::Map(members)
}

fn encode(value: &ciborium::Value) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a Vec cannot fail, and a Value holds nothing that CBOR cannot express.
    let _ = ciborium::into_writer(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    fn canonical_form_is_stable() {
        let event = Event::new("login", Actor::Anonymous, Outcome::Refused, Timestamp(1))
            .subject("x")
            .with("zz", 1_i64)
            .with("a", "b");
        let value: ciborium::Value = ciborium::from_reader(&event.canonical()[..]).unwrap();
        let keys = |value: &ciborium::Value| -> Vec<String> {
            let members = value.as_map().unwrap();
            members.iter().map(|(key, _)| key.as_text().unwrap().to_owned()).collect()
        };
        assert_eq!(keys(&value), ["at", "act", "actor", "detail", "outcome", "subject"]);
        assert_eq!(keys(&value.as_map().unwrap()[3].1), ["a", "zz"]);
    }
}
