//! Digests and Disclosures: putting the revealed claims back where they belong.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Map, Value};
use sha2::Digest as _;

use super::{MAX_DEPTH, MAX_DISCLOSURE, MAX_DISCLOSURES, SdJwtError};
use crate::json;

/// The hash of `_sd_alg` (RFC 9901 §4.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hash {
    /// `sha-256`, and what an absent `_sd_alg` means.
    #[default]
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
    /// `sm3` (GB/T 32905). Not registered with IANA: used only beside SM2 signatures, which have
    /// no registered JOSE name either.
    Sm3,
}

impl Hash {
    /// The `_sd_alg` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
            Self::Sm3 => "sm3",
        }
    }

    /// Reads an `_sd_alg` value.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sm3]
            .into_iter()
            .find(|hash| hash.name() == name)
    }

    /// base64url of the digest of these bytes.
    pub fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => B64.encode(sha2::Sha256::digest(bytes)),
            Self::Sha384 => B64.encode(sha2::Sha384::digest(bytes)),
            Self::Sha512 => B64.encode(sha2::Sha512::digest(bytes)),
            Self::Sm3 => B64.encode(sm3::Sm3::digest(bytes)),
        }
    }

    /// The hash a payload declares.
    pub(super) fn of(payload: &Map<String, Value>) -> Result<Self, SdJwtError> {
        match payload.get(ALGORITHM) {
            None => Ok(Self::Sha256),
            Some(Value::String(name)) => Self::from_name(name).ok_or(SdJwtError::UnknownHash),
            Some(_) => Err(SdJwtError::UnknownHash),
        }
    }
}

/// What a Disclosure reveals.
#[derive(Clone, Debug)]
pub(super) enum Revealed {
    /// `[salt, name, value]`.
    Claim(String, Value),
    /// `[salt, value]`.
    Element(Value),
}

/// Reads a Disclosure (RFC 9901 §4.2): base64url of a JSON array of two or three elements.
pub(super) fn read(disclosure: &str) -> Result<Revealed, SdJwtError> {
    if disclosure.len() > MAX_DISCLOSURE {
        return Err(SdJwtError::Limit);
    }
    let text = B64.decode(disclosure).map_err(|_| SdJwtError::Malformed)?;
    let Some(Value::Array(parts)) = json::strict(&text, MAX_DISCLOSURE) else {
        return Err(SdJwtError::Malformed);
    };
    match <[Value; 3]>::try_from(parts) {
        Ok([Value::String(_), Value::String(name), value]) => Ok(Revealed::Claim(name, value)),
        Ok(_) => Err(SdJwtError::Malformed),
        Err(parts) => match <[Value; 2]>::try_from(parts) {
            Ok([Value::String(_), value]) => Ok(Revealed::Element(value)),
            Ok(_) => Err(SdJwtError::Malformed),
            Err(_) => Err(SdJwtError::Arity),
        },
    }
}

/// The processed payload of RFC 9901 §7.1: every revealed claim in its place, every digest gone.
pub(super) fn process(
    payload: Map<String, Value>,
    hash: Hash,
    disclosures: &[&str],
) -> Result<Map<String, Value>, SdJwtError> {
    if disclosures.len() > MAX_DISCLOSURES {
        return Err(SdJwtError::Limit);
    }
    let mut unused = HashMap::new();
    for disclosure in disclosures {
        // The digest is over the text as received: never over JSON written anew (§4.2.3).
        let digest = hash.digest(disclosure.as_bytes());
        if unused.insert(digest, read(disclosure)?).is_some() {
            return Err(SdJwtError::RepeatedDigest);
        }
    }
    let mut walk = Walk { unused, seen: HashSet::new() };
    let mut out = walk.object(payload, 0)?;
    out.remove(ALGORITHM);
    if walk.unused.is_empty() { Ok(out) } else { Err(SdJwtError::Unreferenced) }
}

struct Walk {
    unused: HashMap<String, Revealed>,
    seen: HashSet<String>,
}

impl Walk {
    fn object(
        &mut self,
        mut object: Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, SdJwtError> {
        if depth > MAX_DEPTH {
            return Err(SdJwtError::Limit);
        }
        // §4.1.1: `_sd_alg` stands at the top or nowhere. §4.2.4.2: `...` stands alone, in arrays.
        if (depth > 0 && object.contains_key(ALGORITHM)) || object.contains_key(ELLIPSIS) {
            return Err(SdJwtError::Malformed);
        }
        let digests = match object.remove(DIGESTS) {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(SdJwtError::Malformed),
        };
        let mut out = Map::new();
        for (name, value) in object {
            let value = self.value(value, depth + 1)?;
            out.insert(name, value);
        }
        for digest in digests {
            let Value::String(digest) = digest else { return Err(SdJwtError::Malformed) };
            let Some(revealed) = self.take(digest)? else { continue };
            let Revealed::Claim(name, value) = revealed else { return Err(SdJwtError::Arity) };
            if matches!(name.as_str(), DIGESTS | ELLIPSIS | ALGORITHM)
                || (depth == 0 && NEVER_HIDDEN.contains(&name.as_str()))
            {
                return Err(SdJwtError::ClaimForbidden);
            }
            let value = self.value(value, depth + 1)?;
            if out.insert(name, value).is_some() {
                return Err(SdJwtError::ClaimExists);
            }
        }
        Ok(out)
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<Value, SdJwtError> {
        match value {
            Value::Object(object) => self.object(object, depth).map(Value::Object),
            Value::Array(items) => self.array(items, depth).map(Value::Array),
            plain => Ok(plain),
        }
    }

    fn array(&mut self, items: Vec<Value>, depth: usize) -> Result<Vec<Value>, SdJwtError> {
        if depth > MAX_DEPTH {
            return Err(SdJwtError::Limit);
        }
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let Some(slot) = item.get(ELLIPSIS) else {
                out.push(self.value(item, depth + 1)?);
                continue;
            };
            let alone = item.as_object().is_some_and(|object| object.len() == 1);
            let (true, Some(digest)) = (alone, slot.as_str()) else {
                return Err(SdJwtError::Malformed);
            };
            // A slot without its Disclosure is a decoy or was kept back: it goes (§7.1 step 3.d).
            let Some(revealed) = self.take(digest.to_owned())? else { continue };
            let Revealed::Element(value) = revealed else { return Err(SdJwtError::Arity) };
            out.push(self.value(value, depth + 1)?);
        }
        Ok(out)
    }

    /// The Disclosure of a digest, once; `None` for a decoy.
    fn take(&mut self, digest: String) -> Result<Option<Revealed>, SdJwtError> {
        let revealed = self.unused.remove(&digest);
        if self.seen.insert(digest) { Ok(revealed) } else { Err(SdJwtError::RepeatedDigest) }
    }
}

pub(super) const ALGORITHM: &str = "_sd_alg";
pub(super) const DIGESTS: &str = "_sd";
pub(super) const ELLIPSIS: &str = "...";

/// Claims that are never selectively disclosable (SD-JWT VC §2.2.2.2): their absence or a second
/// value would change what the certificate means.
pub(super) const NEVER_HIDDEN: [&str; 8] =
    ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];
