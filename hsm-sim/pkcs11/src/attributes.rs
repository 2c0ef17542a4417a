//! Objects as PKCS#11 attributes.

use auth_core::key::{KeyKind, PublicKey};
use cryptoki_sys::*;
use der::Encode;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use token::{Class, Flags, Object};

use crate::answer::Answer;
use crate::mechanisms::{generator, key_type};

/// The value of an attribute. `CKR_ATTRIBUTE_SENSITIVE` for what must not be shown,
/// `CKR_ATTRIBUTE_TYPE_INVALID` for what the object has not.
pub(crate) fn value(object: &Object, on_token: bool, kind: CK_ATTRIBUTE_TYPE) -> Answer<Vec<u8>> {
    match kind {
        CKA_CLASS => return Ok(number(class_code(object.class))),
        CKA_TOKEN => return Ok(boolean(on_token)),
        CKA_LABEL => return Ok(object.label.clone().into_bytes()),
        CKA_COPYABLE => return Ok(boolean(false)),
        _ => {}
    }
    if let Some(flag) = flag_of(kind) {
        let told = has_flag(object.class, kind);
        let on = flag != Flags::NONE && object.flags.has(flag);
        return told.then(|| boolean(on)).ok_or(CKR_ATTRIBUTE_TYPE_INVALID);
    }
    if let Some(stored) = object.extra.get(&kind) {
        return Ok(stored.clone());
    }
    match (object.class, kind) {
        (Class::Data, CKA_VALUE) | (Class::Certificate, CKA_VALUE) => Ok(object.value.clone()),
        (Class::Data, CKA_APPLICATION | CKA_OBJECT_ID) => Ok(Vec::new()),
        (Class::Certificate, CKA_ID) => Ok(object.id.clone()),
        (Class::Certificate, CKA_TRUSTED) => Ok(boolean(false)),
        (Class::Certificate, CKA_CERTIFICATE_CATEGORY) => Ok(number(0)),
        (Class::PrivateKey | Class::PublicKey | Class::SecretKey, _) => key_value(object, kind),
        _ => Err(CKR_ATTRIBUTE_TYPE_INVALID),
    }
}

fn key_value(object: &Object, kind: CK_ATTRIBUTE_TYPE) -> Answer<Vec<u8>> {
    let key_kind = object.kind.ok_or(CKR_GENERAL_ERROR)?;
    match kind {
        CKA_ID => Ok(object.id.clone()),
        CKA_KEY_TYPE => Ok(number(key_type(key_kind))),
        CKA_KEY_GEN_MECHANISM if object.flags.has(Flags::LOCAL) => Ok(number(generator(key_kind))),
        CKA_KEY_GEN_MECHANISM => Ok(number(CK_UNAVAILABLE_INFORMATION)),
        CKA_START_DATE | CKA_END_DATE | CKA_ALLOWED_MECHANISMS => Ok(Vec::new()),
        CKA_SUBJECT if object.class != Class::SecretKey => Ok(Vec::new()),
        CKA_TRUSTED if object.class != Class::PrivateKey => Ok(boolean(false)),
        CKA_WRAP_WITH_TRUSTED if object.is_secret() => Ok(boolean(false)),
        CKA_VALUE_LEN if object.class == Class::SecretKey => {
            Ok(number(object.value.len() as CK_ULONG))
        }
        CKA_VALUE if object.is_secret() => Err(CKR_ATTRIBUTE_SENSITIVE),
        CKA_PRIVATE_EXPONENT | CKA_PRIME_1 | CKA_PRIME_2 | CKA_EXPONENT_1 | CKA_EXPONENT_2
        | CKA_COEFFICIENT
            if object.class == Class::PrivateKey && is_rsa(key_kind) =>
        {
            Err(CKR_ATTRIBUTE_SENSITIVE)
        }
        _ => public_value(object, key_kind, kind),
    }
}

/// Attributes that come from the public key.
fn public_value(object: &Object, key_kind: KeyKind, kind: CK_ATTRIBUTE_TYPE) -> Answer<Vec<u8>> {
    let spki = match object.class {
        Class::PrivateKey => &object.spki,
        Class::PublicKey => &object.value,
        _ => return Err(CKR_ATTRIBUTE_TYPE_INVALID),
    };
    if kind == CKA_PUBLIC_KEY_INFO {
        return Ok(spki.clone());
    }
    let public = PublicKey::from_spki(spki).ok_or(CKR_GENERAL_ERROR)?;
    let private = object.class == Class::PrivateKey;
    match (kind, public.rsa_parts()) {
        (CKA_MODULUS, Some((n, _))) => Ok(n.to_vec()),
        (CKA_PUBLIC_EXPONENT, Some((_, e))) => Ok(e.to_vec()),
        (CKA_MODULUS_BITS, Some((n, _))) if !private => Ok(number(n.len() as CK_ULONG * 8)),
        (CKA_EC_PARAMS, None) => curve(key_kind).ok_or(CKR_GENERAL_ERROR),
        (CKA_EC_POINT, None) if !private => OctetStringRef::new(public.raw())
            .and_then(|point| point.to_der())
            .map_err(|_| CKR_GENERAL_ERROR),
        _ => Err(CKR_ATTRIBUTE_TYPE_INVALID),
    }
}

/// `CKA_EC_PARAMS` of a kind of key: its OID.
pub(crate) fn curve(kind: KeyKind) -> Option<Vec<u8>> {
    let oid = match kind {
        KeyKind::P256 => P256,
        KeyKind::Sm2 => SM2,
        KeyKind::Ed25519 => ED25519,
        _ => return None,
    };
    oid.to_der().ok()
}

/// Whether `CKA_EC_PARAMS` names Ed25519: by its OID, by an older one, or by text (PKCS#11 3.0
/// §2.3.10).
pub(crate) fn is_ed25519(params: &[u8]) -> bool {
    params == ED25519_NAME
        || [ED25519, ED25519_GNU].iter().any(|oid| oid.to_der().is_ok_and(|der| der == params))
}

/// The bit of a boolean attribute.
pub(crate) const fn flag_of(kind: CK_ATTRIBUTE_TYPE) -> Option<Flags> {
    Some(match kind {
        CKA_ALWAYS_AUTHENTICATE => Flags::ALWAYS_AUTHENTICATE,
        CKA_ALWAYS_SENSITIVE => Flags::ALWAYS_SENSITIVE,
        CKA_DECRYPT => Flags::DECRYPT,
        CKA_DERIVE => Flags::DERIVE,
        CKA_DESTROYABLE => Flags::DESTROYABLE,
        CKA_ENCRYPT => Flags::ENCRYPT,
        CKA_EXTRACTABLE => Flags::EXTRACTABLE,
        CKA_LOCAL => Flags::LOCAL,
        CKA_MODIFIABLE => Flags::MODIFIABLE,
        CKA_NEVER_EXTRACTABLE => Flags::NEVER_EXTRACTABLE,
        CKA_PRIVATE => Flags::PRIVATE,
        CKA_SENSITIVE => Flags::SENSITIVE,
        CKA_SIGN => Flags::SIGN,
        CKA_UNWRAP => Flags::UNWRAP,
        CKA_VERIFY => Flags::VERIFY,
        CKA_WRAP => Flags::WRAP,
        // Recovery is not offered: told as false, never set.
        CKA_SIGN_RECOVER | CKA_VERIFY_RECOVER => Flags::NONE,
        _ => return None,
    })
}

/// Whether objects of a class have a boolean attribute (PKCS#11 §4.4 to §4.10).
pub(crate) const fn has_flag(class: Class, kind: CK_ATTRIBUTE_TYPE) -> bool {
    match kind {
        CKA_PRIVATE | CKA_MODIFIABLE | CKA_DESTROYABLE => true,
        CKA_LOCAL | CKA_DERIVE => is_key(class),
        CKA_SENSITIVE | CKA_EXTRACTABLE | CKA_ALWAYS_SENSITIVE | CKA_NEVER_EXTRACTABLE => {
            matches!(class, Class::PrivateKey | Class::SecretKey)
        }
        CKA_SIGN | CKA_DECRYPT | CKA_UNWRAP => {
            matches!(class, Class::PrivateKey | Class::SecretKey)
        }
        CKA_VERIFY | CKA_ENCRYPT | CKA_WRAP => matches!(class, Class::PublicKey | Class::SecretKey),
        CKA_SIGN_RECOVER | CKA_ALWAYS_AUTHENTICATE => matches!(class, Class::PrivateKey),
        CKA_VERIFY_RECOVER => matches!(class, Class::PublicKey),
        _ => false,
    }
}

pub(crate) const fn is_key(class: Class) -> bool {
    matches!(class, Class::PrivateKey | Class::PublicKey | Class::SecretKey)
}

const fn is_rsa(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096)
}

/// `CKO_` of a class.
pub(crate) const fn class_code(class: Class) -> CK_OBJECT_CLASS {
    match class {
        Class::Certificate => CKO_CERTIFICATE,
        Class::Data => CKO_DATA,
        Class::PrivateKey => CKO_PRIVATE_KEY,
        Class::PublicKey => CKO_PUBLIC_KEY,
        Class::SecretKey => CKO_SECRET_KEY,
    }
}

pub(crate) fn number(number: CK_ULONG) -> Vec<u8> {
    number.to_ne_bytes().to_vec()
}

fn boolean(on: bool) -> Vec<u8> {
    vec![CK_BBOOL::from(on)]
}

const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED25519_GNU: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.15.1");
/// `PrintableString "edwards25519"`.
const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";
