//! Keys on the token: found by label, judged by their attributes, told by their public halves.

use auth_core::key::{KeyError, KeyKind, KeyRef, PublicKey};
use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState};
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};

use crate::VendorCodes;
use crate::session::Trouble;

/// A key, ready to be used by handle.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) handle: ObjectHandle,
    pub(crate) kind: KeyKind,
    /// `None` for symmetric keys.
    pub(crate) public: Option<PublicKey>,
}

/// Something wrong with a key on the token, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its label.
    pub label: String,
    /// What is wrong.
    pub detail: String,
}

/// Keys by name and kind.
pub(crate) type Inventory = Vec<(KeyRef, KeyKind)>;

/// The one private or secret key of this label. Two of them are refused: which one signs would be
/// the token's choice, not ours.
pub(crate) fn find(
    session: &Session,
    name: &KeyRef,
    codes: &VendorCodes,
) -> Result<Found, Trouble> {
    let handles = secret_handles(session, Some(name))?;
    match handles.as_slice() {
        [] => Err(KeyError::Missing(name.clone()).into()),
        [handle] => {
            let facts = Facts::read(session, *handle)?;
            if let Some(detail) = facts.weakness() {
                return Err(KeyError::Refused(format!("key {name}: {detail}")).into());
            }
            facts.found(session, *handle, codes)?.ok_or_else(|| {
                KeyError::Unsupported(format!("key {name} is of an unknown kind")).into()
            })
        }
        _ => Err(KeyError::Refused(format!("several keys are labelled {name}")).into()),
    }
}

/// Every key of a kind we know, and what is wrong with any.
pub(crate) fn inventory(
    session: &Session,
    codes: &VendorCodes,
) -> Result<(Inventory, Vec<Finding>), Trouble> {
    let mut keys = Vec::new();
    let mut findings = Vec::new();
    for handle in secret_handles(session, None)? {
        let facts = Facts::read(session, handle)?;
        let label = String::from_utf8_lossy(&facts.label).into_owned();
        if let Some(detail) = facts.weakness() {
            findings.push(Finding { label: label.clone(), detail: detail.to_owned() });
        }
        match facts.found(session, handle, codes) {
            Ok(Some(found)) => keys.push((KeyRef::new(label), found.kind)),
            Ok(None) => {}
            Err(Trouble::Key(error)) => {
                findings.push(Finding { label, detail: error.to_string() });
            }
            Err(trouble) => return Err(trouble),
        }
    }
    keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for pair in keys.windows(2) {
        if let [(a, _), (b, _)] = pair
            && a == b
        {
            let detail = "several keys have this label: none of them is used".to_owned();
            findings.push(Finding { label: a.to_string(), detail });
        }
    }
    Ok((keys, findings))
}

/// Handles of private and secret keys, of one label or of all. That a key is absent is believed
/// only of a session that is logged in before and after: others see no private objects.
pub(crate) fn secret_handles(
    session: &Session,
    name: Option<&KeyRef>,
) -> Result<Vec<ObjectHandle>, Trouble> {
    let mut handles = Vec::new();
    logged_in(session)?;
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::SECRET_KEY] {
        let mut template = vec![Attribute::Token(true), Attribute::Class(class)];
        if let Some(name) = name {
            template.push(Attribute::Label(name.as_str().as_bytes().to_vec()));
        }
        handles.extend(session.find_objects(&template)?);
    }
    logged_in(session)?;
    Ok(handles)
}

fn logged_in(session: &Session) -> Result<(), Trouble> {
    match session.get_session_info()?.session_state() {
        SessionState::RoUser | SessionState::RwUser => Ok(()),
        _ => Err(Error::Pkcs11(RvError::UserNotLoggedIn, Function::FindObjects).into()),
    }
}

/// Handles of the public halves that go with a label and `CKA_ID`.
pub(crate) fn public_handles(
    session: &Session,
    label: &[u8],
    id: &[u8],
) -> Result<Vec<ObjectHandle>, Trouble> {
    Ok(session.find_objects(&[
        Attribute::Token(true),
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Label(label.to_vec()),
        Attribute::Id(id.to_vec()),
    ])?)
}

/// The public key that a public key object holds.
pub(crate) fn public_key(
    session: &Session,
    handle: ObjectHandle,
    kind: KeyKind,
) -> Result<Option<PublicKey>, Trouble> {
    let (mut modulus, mut exponent, mut point) = (Vec::new(), Vec::new(), Vec::new());
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent, AttributeType::EcPoint];
    for attribute in session.get_attributes(handle, &wanted)? {
        match attribute {
            Attribute::Modulus(bytes) => modulus = bytes,
            Attribute::PublicExponent(bytes) => exponent = bytes,
            Attribute::EcPoint(bytes) => point = bytes,
            _ => {}
        }
    }
    // By the standard a DER OCTET STRING; some modules give the bare point.
    let point =
        <&OctetStringRef>::from_der(&point).map_or(point.as_slice(), |inner| inner.as_bytes());
    let public = match kind {
        KeyKind::P256 | KeyKind::Sm2 => PublicKey::from_point(kind, point),
        KeyKind::Ed25519 => point.try_into().ok().and_then(PublicKey::from_ed25519),
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
            PublicKey::from_rsa(&modulus, &exponent)
        }
        KeyKind::Aes256 | KeyKind::Sm4 => None,
    };
    Ok(public.filter(|public| public.kind() == kind))
}

/// `CKA_EC_PARAMS` of a curve.
pub(crate) fn curve_params(oid: ObjectIdentifier) -> Vec<u8> {
    oid.to_der().unwrap_or_default()
}

/// What a private or secret key says about itself.
#[derive(Default)]
struct Facts {
    label: Vec<u8>,
    id: Vec<u8>,
    key_type: Option<KeyType>,
    ec_params: Vec<u8>,
    modulus_bytes: usize,
    value_len: u64,
    /// Attributes that are true.
    on: Vec<AttributeType>,
}

impl Facts {
    fn read(session: &Session, handle: ObjectHandle) -> Result<Self, Trouble> {
        let mut facts = Self::default();
        let wanted = [&NAMES[..], &GUARDS[..]].concat();
        for attribute in session.get_attributes(handle, &wanted)? {
            match attribute {
                Attribute::Label(bytes) => facts.label = bytes,
                Attribute::Id(bytes) => facts.id = bytes,
                Attribute::KeyType(key_type) => facts.key_type = Some(key_type),
                Attribute::EcParams(bytes) => facts.ec_params = bytes,
                Attribute::Modulus(bytes) => {
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    facts.modulus_bytes = bytes.len() - zeros;
                }
                Attribute::ValueLen(length) => facts.value_len = *length,
                Attribute::Sensitive(true)
                | Attribute::Extractable(true)
                | Attribute::Wrap(true)
                | Attribute::Unwrap(true)
                | Attribute::Decrypt(true) => facts.on.push(attribute.attribute_type()),
                _ => {}
            }
        }
        Ok(facts)
    }

    /// Why this key must not be used, if it must not (security.md row 91).
    fn weakness(&self) -> Option<&'static str> {
        let on = |attribute| self.on.contains(&attribute);
        if on(AttributeType::Extractable) || !on(AttributeType::Sensitive) {
            return Some("it can leave the token (CKA_EXTRACTABLE, or not CKA_SENSITIVE)");
        }
        if on(AttributeType::Decrypt) && (on(AttributeType::Wrap) || on(AttributeType::Unwrap)) {
            return Some("it both wraps and decrypts, so it could let other keys out");
        }
        None
    }

    fn kind(&self, codes: &VendorCodes) -> Option<KeyKind> {
        let key_type = self.key_type?;
        let vendor = |code: Option<u64>| {
            code.and_then(|code| KeyType::new_vendor_defined(code).ok()) == Some(key_type)
        };
        match key_type {
            KeyType::AES => (self.value_len == 32).then_some(KeyKind::Aes256),
            KeyType::EC => (self.ec_params == curve_params(P256)).then_some(KeyKind::P256),
            KeyType::EC_EDWARDS => is_ed25519(&self.ec_params).then_some(KeyKind::Ed25519),
            KeyType::RSA => match self.modulus_bytes {
                256 => Some(KeyKind::Rsa2048),
                384 => Some(KeyKind::Rsa3072),
                512 => Some(KeyKind::Rsa4096),
                _ => None,
            },
            _ if vendor(codes.sm2_key_type) => Some(KeyKind::Sm2),
            _ if vendor(codes.sm4_key_type) => Some(KeyKind::Sm4),
            _ => None,
        }
    }

    /// With its public half: the object of the same label and `CKA_ID`. That it belongs to the
    /// private one is proved by every signature, which is verified under it.
    fn found(
        &self,
        session: &Session,
        handle: ObjectHandle,
        codes: &VendorCodes,
    ) -> Result<Option<Found>, Trouble> {
        let Some(kind) = self.kind(codes) else { return Ok(None) };
        let mut public = None;
        if !kind.is_symmetric() {
            for half in public_handles(session, &self.label, &self.id)? {
                let key = public_key(session, half, kind)?;
                if public.is_some() && public != key {
                    return Err(refused(&self.label, "has two different public halves"));
                }
                public = key;
            }
            if public.is_none() {
                return Err(refused(&self.label, "has no public half of its label and CKA_ID"));
            }
        }
        Ok(Some(Found { handle, kind, public }))
    }
}

fn refused(label: &[u8], what: &str) -> Trouble {
    KeyError::Refused(format!("key {} {what}", String::from_utf8_lossy(label))).into()
}

/// PKCS#11 3.0 lets the curve be named by OID or by text; older modules use a third form.
fn is_ed25519(params: &[u8]) -> bool {
    [ED25519, ED25519_GNU].iter().any(|oid| params == curve_params(*oid)) || params == ED25519_NAME
}

pub(crate) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(crate) const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
pub(crate) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED25519_GNU: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.15.1");
/// `PrintableString "edwards25519"`.
pub(crate) const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";

const NAMES: [AttributeType; 6] = [
    AttributeType::Label,
    AttributeType::Id,
    AttributeType::KeyType,
    AttributeType::EcParams,
    AttributeType::Modulus,
    AttributeType::ValueLen,
];

const GUARDS: [AttributeType; 5] = [
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::Wrap,
    AttributeType::Unwrap,
    AttributeType::Decrypt,
];
