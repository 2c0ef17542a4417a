//! Templates: what callers ask of new and changed objects, and what is refused.

use auth_core::key::{KeyKind, PublicKey};
use cryptoki_sys::*;
use der::Decode;
use der::asn1::OctetStringRef;
use token::{Class, Flags, Object};

use crate::answer::Answer;
use crate::attributes::{class_code, curve, flag_of, has_flag, is_ed25519};
use crate::mechanisms::{CKK_VENDOR_SM2, key_type};
use crate::memory::Pairs;

/// A template under reading: every attribute must be taken by somebody.
pub(crate) struct Template(Pairs);

impl Template {
    pub(crate) const fn new(pairs: Pairs) -> Self {
        Self(pairs)
    }

    /// Takes an attribute out.
    pub(crate) fn take(&mut self, kind: CK_ATTRIBUTE_TYPE) -> Option<Vec<u8>> {
        let place = self.0.iter().position(|(known, _)| *known == kind)?;
        Some(self.0.swap_remove(place).1)
    }

    pub(crate) fn boolean(&mut self, kind: CK_ATTRIBUTE_TYPE) -> Answer<Option<bool>> {
        self.take(kind).map(|value| boolean(&value)).transpose()
    }

    pub(crate) fn number(&mut self, kind: CK_ATTRIBUTE_TYPE) -> Answer<Option<CK_ULONG>> {
        self.take(kind)
            .map(|value| value.try_into().map(CK_ULONG::from_ne_bytes))
            .transpose()
            .map_err(|_| CKR_ATTRIBUTE_VALUE_INVALID)
    }

    pub(crate) fn need(&mut self, kind: CK_ATTRIBUTE_TYPE) -> Answer<Vec<u8>> {
        self.take(kind).ok_or(CKR_TEMPLATE_INCOMPLETE)
    }

    /// Whether the object goes to the token; the default is a session object.
    pub(crate) fn on_token(&mut self) -> Answer<bool> {
        Ok(self.boolean(CKA_TOKEN)?.unwrap_or(false))
    }

    /// Refuses a class or key type that contradicts what is being made.
    pub(crate) fn expect(&mut self, class: Class, kind: Option<KeyKind>) -> Answer {
        let same_class = self.number(CKA_CLASS)?.is_none_or(|code| code == class_code(class));
        let same_type = match kind {
            Some(kind) => self.number(CKA_KEY_TYPE)?.is_none_or(|code| code == key_type(kind)),
            None => true,
        };
        (same_class && same_type).then_some(()).ok_or(CKR_TEMPLATE_INCONSISTENT)
    }

    /// Applies everything that is left to a new object.
    pub(crate) fn apply(self, object: &mut Object) -> Answer {
        for (kind, value) in self.0 {
            set(object, kind, value, true)?;
        }
        check_uses(object)
    }
}

/// Refuses a key that both wraps and decrypts: it would let other keys out in clear.
pub(crate) fn check_uses(object: &Object) -> Answer {
    let wraps = object.flags.has(Flags::WRAP) || object.flags.has(Flags::UNWRAP);
    if object.is_secret() && wraps && object.flags.has(Flags::DECRYPT) {
        return Err(CKR_TEMPLATE_INCONSISTENT);
    }
    Ok(())
}

/// A new object with the attributes that nobody asked otherwise.
pub(crate) fn fresh(class: Class, kind: Option<KeyKind>) -> Object {
    let flags = Flags::MODIFIABLE.with(Flags::DESTROYABLE);
    let secret = matches!(class, Class::PrivateKey | Class::SecretKey);
    let guards = Flags::PRIVATE
        .with(Flags::SENSITIVE)
        .with(Flags::ALWAYS_SENSITIVE)
        .with(Flags::NEVER_EXTRACTABLE);
    Object {
        class,
        kind,
        label: String::new(),
        id: Vec::new(),
        flags: if secret { flags.with(guards) } else { flags },
        value: Vec::new(),
        spki: Vec::new(),
        extra: Default::default(),
    }
}

/// Sets one attribute of a new object, or of an old one (`C_SetAttributeValue`).
pub(crate) fn set(
    object: &mut Object,
    kind: CK_ATTRIBUTE_TYPE,
    value: Vec<u8>,
    new: bool,
) -> Answer {
    if let Some(flag) = flag_of(kind) {
        return set_flag(object, kind, flag, boolean(&value)?, new);
    }
    match kind {
        CKA_LABEL => {
            object.label = String::from_utf8(value).map_err(|_| CKR_ATTRIBUTE_VALUE_INVALID)?;
        }
        CKA_ID if object.class != Class::Data => object.id = value,
        CKA_COPYABLE | CKA_TRUSTED | CKA_WRAP_WITH_TRUSTED => {
            // Told as false always.
            if boolean(&value)? {
                return Err(CKR_ATTRIBUTE_READ_ONLY);
            }
        }
        CKA_UNIQUE_ID | CKA_KEY_GEN_MECHANISM | CKA_PUBLIC_KEY_INFO => {
            return Err(CKR_ATTRIBUTE_READ_ONLY);
        }
        CKA_SUBJECT | CKA_START_DATE | CKA_END_DATE | CKA_ALLOWED_MECHANISMS => {
            object.extra.insert(kind, value);
        }
        _ if new && kept(object.class, kind) => {
            object.extra.insert(kind, value);
        }
        CKA_CLASS | CKA_TOKEN | CKA_KEY_TYPE | CKA_VALUE | CKA_VALUE_LEN | CKA_MODULUS
        | CKA_MODULUS_BITS | CKA_PUBLIC_EXPONENT | CKA_EC_PARAMS | CKA_EC_POINT
        | CKA_CERTIFICATE_TYPE => return Err(CKR_ATTRIBUTE_READ_ONLY),
        _ => return Err(CKR_ATTRIBUTE_TYPE_INVALID),
    }
    Ok(())
}

fn set_flag(
    object: &mut Object,
    kind: CK_ATTRIBUTE_TYPE,
    flag: Flags,
    on: bool,
    new: bool,
) -> Answer {
    if !has_flag(object.class, kind) {
        return Err(CKR_ATTRIBUTE_TYPE_INVALID);
    }
    if on == object.flags.has(flag) && kind != CKA_SIGN_RECOVER && kind != CKA_VERIFY_RECOVER {
        // Saying what is so changes nothing, but what the token alone decides is not to be said.
        return match kind {
            CKA_LOCAL | CKA_ALWAYS_SENSITIVE | CKA_NEVER_EXTRACTABLE => {
                Err(CKR_ATTRIBUTE_READ_ONLY)
            }
            _ => Ok(()),
        };
    }
    match kind {
        // Keys here never leave (security.md row 91): what would let them is refused, new or old.
        CKA_SENSITIVE | CKA_EXTRACTABLE if new => return Err(CKR_TEMPLATE_INCONSISTENT),
        CKA_PRIVATE if new && object.is_secret() => return Err(CKR_TEMPLATE_INCONSISTENT),
        CKA_SIGN_RECOVER | CKA_VERIFY_RECOVER if on => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
        CKA_SIGN_RECOVER | CKA_VERIFY_RECOVER => return Ok(()),
        CKA_SENSITIVE
        | CKA_EXTRACTABLE
        | CKA_LOCAL
        | CKA_ALWAYS_SENSITIVE
        | CKA_NEVER_EXTRACTABLE => return Err(CKR_ATTRIBUTE_READ_ONLY),
        CKA_PRIVATE | CKA_MODIFIABLE | CKA_DESTROYABLE | CKA_ALWAYS_AUTHENTICATE if !new => {
            return Err(CKR_ATTRIBUTE_READ_ONLY);
        }
        _ => {}
    }
    object.flags = object.flags.set(flag, on);
    Ok(())
}

/// The public key that a template of `C_CreateObject` spells out.
pub(crate) fn imported_public(template: &mut Template) -> Answer<PublicKey> {
    let public = match template.number(CKA_KEY_TYPE)?.ok_or(CKR_TEMPLATE_INCOMPLETE)? {
        CKK_RSA => {
            let (n, e) = (template.need(CKA_MODULUS)?, template.need(CKA_PUBLIC_EXPONENT)?);
            template.take(CKA_MODULUS_BITS);
            PublicKey::from_rsa(&n, &e)
        }
        code @ (CKK_EC | CKK_EC_EDWARDS | CKK_VENDOR_SM2) => {
            let (params, point) = (template.need(CKA_EC_PARAMS)?, template.need(CKA_EC_POINT)?);
            let kind = named_curve(&params).filter(|kind| key_type(*kind) == code);
            let kind = kind.ok_or(CKR_CURVE_NOT_SUPPORTED)?;
            let point =
                <&OctetStringRef>::from_der(&point).map_err(|_| CKR_ATTRIBUTE_VALUE_INVALID)?;
            match kind {
                KeyKind::Ed25519 => {
                    point.as_bytes().try_into().ok().and_then(PublicKey::from_ed25519)
                }
                kind => PublicKey::from_point(kind, point.as_bytes()),
            }
        }
        _ => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
    };
    public.ok_or(CKR_ATTRIBUTE_VALUE_INVALID)
}

/// The kind of key on a curve named by `CKA_EC_PARAMS`.
pub(crate) fn named_curve(params: &[u8]) -> Option<KeyKind> {
    [KeyKind::P256, KeyKind::Sm2]
        .into_iter()
        .find(|kind| curve(*kind).is_some_and(|known| known == params))
        .or_else(|| is_ed25519(params).then_some(KeyKind::Ed25519))
}

/// Attributes that are kept as they come.
const fn kept(class: Class, kind: CK_ATTRIBUTE_TYPE) -> bool {
    match class {
        Class::Certificate => matches!(
            kind,
            CKA_CERTIFICATE_TYPE
                | CKA_CERTIFICATE_CATEGORY
                | CKA_CHECK_VALUE
                | CKA_ISSUER
                | CKA_SERIAL_NUMBER
                | CKA_URL
                | CKA_HASH_OF_SUBJECT_PUBLIC_KEY
                | CKA_HASH_OF_ISSUER_PUBLIC_KEY
        ),
        Class::Data => matches!(kind, CKA_APPLICATION | CKA_OBJECT_ID),
        Class::PrivateKey | Class::PublicKey | Class::SecretKey => false,
    }
}

fn boolean(value: &[u8]) -> Answer<bool> {
    match value {
        [0] => Ok(false),
        [_] => Ok(true),
        _ => Err(CKR_ATTRIBUTE_VALUE_INVALID),
    }
}
