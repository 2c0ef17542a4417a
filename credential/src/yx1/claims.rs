//! The claims of a 核验码: a CWT (RFC 8392) with compact keys.

use auth_core::Timestamp;

use super::cbor::{CborError, Item, encode};

/// What a 核验码 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// 1 `iss`: the issuer's URL.
    pub issuer: String,
    /// 4 `exp`.
    pub expires_at: Option<Timestamp>,
    /// 6 `iat`.
    pub issued_at: Timestamp,
    /// 7 `cti`: the id of the statement, by which it is revoked and looked up. Never a hash of the
    /// signed bytes, since ECDSA signatures can be altered without breaking.
    pub id: Vec<u8>,
    /// 65535 `status`: index and URL of the status list.
    pub status: Option<(u32, String)>,
    /// Private key −65537, member 0: the last part of the type URL, `business-licence`.
    pub kind: String,
    /// Private key −65537, members from 1: the fields, numbered by their type.
    pub fields: Vec<(i64, String)>,
}

impl Claims {
    /// Deterministic CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = vec![(Item::Int(0), Item::Text(&self.kind))];
        body.extend(self.fields.iter().map(|(key, text)| (Item::Int(*key), Item::Text(text))));
        let mut members = vec![
            (Item::Int(ISS), Item::Text(&self.issuer)),
            (Item::Int(IAT), Item::Int(self.issued_at.unix())),
            (Item::Int(CTI), Item::Bytes(&self.id)),
            (Item::Int(BODY), Item::Map(body)),
        ];
        if let Some(at) = self.expires_at {
            members.push((Item::Int(EXP), Item::Int(at.unix())));
        }
        if let Some((index, uri)) = &self.status {
            let entry = Item::Map(vec![
                (Item::Text("idx"), Item::Int(i64::from(*index))),
                (Item::Text("uri"), Item::Text(uri)),
            ]);
            let status = Item::Map(vec![(Item::Text("status_list"), entry)]);
            members.push((Item::Int(STATUS), status));
        }
        encode(&Item::Map(members))
    }

    /// Reads strict CBOR; a claim it does not know is refused, because a statement half understood
    /// is not verified.
    pub fn decode(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let map = Item::decode(bytes)?;
        let Item::Map(members) = &map else { return Err(ClaimsError::Form) };
        for (key, _) in members {
            if !matches!(key, Item::Int(ISS | EXP | IAT | CTI | STATUS | BODY)) {
                return Err(ClaimsError::UnknownClaim);
            }
        }
        let time = |key| match map.member(key) {
            None => Ok(None),
            Some(Item::Int(seconds)) => Ok(Some(Timestamp::from_unix(*seconds))),
            Some(_) => Err(ClaimsError::Form),
        };
        let issuer = map.member(ISS).and_then(Item::as_text).ok_or(ClaimsError::Form)?;
        let id = map.member(CTI).and_then(Item::as_bytes).ok_or(ClaimsError::Form)?;
        let (kind, fields) = body(map.member(BODY).ok_or(ClaimsError::Form)?)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            expires_at: time(EXP)?,
            issued_at: time(IAT)?.ok_or(ClaimsError::Form)?,
            id: id.to_vec(),
            status: map.member(STATUS).map(status).transpose()?,
            kind,
            fields,
        })
    }
}

fn body(item: &Item<'_>) -> Result<(String, Vec<(i64, String)>), ClaimsError> {
    let Item::Map(members) = item else { return Err(ClaimsError::Form) };
    let kind = item.member(0).and_then(Item::as_text).ok_or(ClaimsError::Form)?;
    let mut fields = Vec::with_capacity(members.len());
    for (key, value) in members {
        match (key, value) {
            (Item::Int(0), _) => {}
            (Item::Int(key), Item::Text(text)) if *key > 0 => {
                fields.push((*key, (*text).to_owned()));
            }
            _ => return Err(ClaimsError::Form),
        }
    }
    Ok((kind.to_owned(), fields))
}

fn status(item: &Item<'_>) -> Result<(u32, String), ClaimsError> {
    let list = item.named("status_list").ok_or(ClaimsError::Form)?;
    let index = list.named("idx").and_then(Item::as_int).ok_or(ClaimsError::Form)?;
    let uri = list.named("uri").and_then(Item::as_text).ok_or(ClaimsError::Form)?;
    Ok((u32::try_from(index).map_err(|_| ClaimsError::Form)?, uri.to_owned()))
}

/// Why claims were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Not strict CBOR.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A claim is missing or of the wrong kind.
    #[error("a claim is missing or of the wrong kind")]
    Form,
    /// A claim that is not understood.
    #[error("unknown claim")]
    UnknownClaim,
}

const ISS: i64 = 1;
const EXP: i64 = 4;
const IAT: i64 = 6;
const CTI: i64 = 7;
/// Registered by the Token Status List specification.
const STATUS: i64 = 65_535;
/// Private use: keys below −65536 (RFC 8392 §9.1).
const BODY: i64 = -65_537;
