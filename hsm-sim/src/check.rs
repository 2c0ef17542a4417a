//! The integrity check behind `doctor`.

use std::collections::HashMap;
use std::path::PathBuf;

use auth_core::key::PublicKey;

use crate::TokenError;
use crate::key::Key;
use crate::object::{Class, Flags, Object, ObjectId};
use crate::token::Token;

/// Something wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// Label of the object, if it could be read.
    pub label: Option<String>,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Token {
    /// Reads every object and says what is wrong: damaged or foreign files, keys that do not match
    /// their public halves, halves without the other, labels used twice, keys that could leave.
    pub fn check(&self) -> Result<Vec<Finding>, TokenError> {
        let objects = &self.0.objects;
        let mut findings = Vec::new();
        let mut read = Vec::new();
        for id in objects.ids()? {
            match objects.read(id, Some(&self.0.key)) {
                Ok(Some(object)) => read.push((id, object)),
                Ok(None) => {}
                Err(error) => findings.push(Finding {
                    path: objects.path(id),
                    label: None,
                    detail: format!("{error}; restore this file from a backup"),
                }),
            }
        }
        let mut report = |id: ObjectId, object: &Object, detail: &str| {
            findings.push(Finding {
                path: objects.path(id),
                label: Some(object.label.clone()),
                detail: detail.to_owned(),
            });
        };
        for (id, object) in &read {
            if let Some(detail) = alone(object) {
                report(*id, object, detail);
            }
        }
        among(&read, report);
        Ok(findings)
    }
}

/// What is wrong with an object by itself.
fn alone(object: &Object) -> Option<&'static str> {
    if object.class == Class::PublicKey {
        let parses = PublicKey::from_spki(&object.value)
            .is_some_and(|public| Some(public.kind()) == object.kind);
        return (!parses).then_some("public key does not parse");
    }
    if !object.is_secret() {
        return None;
    }
    let Some(key) = object.kind.and_then(|kind| Key::parse(kind, &object.value).ok()) else {
        return Some("key does not parse");
    };
    if key.public().is_some_and(|public| public.spki() != object.spki) {
        return Some("public half recorded with the private key is another's");
    }
    if !object.flags.has(Flags::SENSITIVE) || object.flags.has(Flags::EXTRACTABLE) {
        return Some("key can leave the token; replace it by one generated here");
    }
    if object.flags.has(Flags::WRAP.with(Flags::DECRYPT)) {
        return Some("key may both wrap and decrypt, so it can let other keys out; replace it");
    }
    None
}

/// What is wrong between objects.
fn among(read: &[(ObjectId, Object)], mut report: impl FnMut(ObjectId, &Object, &str)) {
    let mut privates: HashMap<&[u8], &Object> = HashMap::new();
    let mut labels: HashMap<&str, ObjectId> = HashMap::new();
    for (id, object) in read {
        if !object.is_secret() {
            continue;
        }
        if object.class == Class::PrivateKey {
            privates.insert(&object.spki, object);
        }
        if labels.insert(&object.label, *id).is_some() {
            report(*id, object, "two keys have this label; rename or destroy one");
        }
    }
    for (id, object) in read {
        if object.class == Class::PublicKey
            && object.flags.has(Flags::LOCAL)
            && !privates.contains_key(object.value.as_slice())
        {
            report(*id, object, "public half without its private key, left by an interrupted act");
        }
    }
}
