//! What a token stores: keys, certificates and data, with the attributes that guard them.

use std::collections::BTreeMap;

use auth_core::key::KeyKind;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The name of an object's file: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 16]);

impl ObjectId {
    /// Reads the 32 hexadecimal digits of a file name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut id = [0; 16];
        hex::decode_to_slice(name, &mut id).ok()?;
        Some(Self(id))
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The class of an object (`CKA_CLASS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// A certificate; [`Object::value`] is its DER.
    Certificate,
    /// Bytes of somebody's choice.
    Data,
    /// A private key; the value is what [`crate::key::Key::generate`] made.
    PrivateKey,
    /// A public key; the value is its SubjectPublicKeyInfo.
    PublicKey,
    /// A symmetric key; the value is its bytes.
    SecretKey,
}

/// An object with all its attributes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its class.
    pub class: Class,
    /// Kind of key; `None` for certificates and data.
    pub kind: Option<KeyKind>,
    /// `CKA_LABEL`.
    pub label: String,
    /// `CKA_ID`: joins the halves of a pair and their certificate.
    #[serde(with = "bytes")]
    pub id: Vec<u8>,
    /// Guards and permissions.
    pub flags: Flags,
    /// The substance; see [`Class`].
    #[serde(with = "bytes")]
    pub value: Vec<u8>,
    /// The public half of a private key (`CKA_PUBLIC_KEY_INFO`), so that it can be told without
    /// parsing the secret. Empty for other classes.
    #[serde(with = "bytes")]
    pub spki: Vec<u8>,
    /// Attributes that the token keeps but does not interpret, by PKCS#11 number (`CKA_SUBJECT`,
    /// `CKA_APPLICATION`, …).
    pub extra: BTreeMap<u64, Vec<u8>>,
}

/// Boolean attributes (PKCS#11 v2.40 §4), as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(u32);

impl Flags {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// Only seen and used after the user has logged in.
    pub const PRIVATE: Self = Self(1);
    /// Attributes may be changed.
    pub const MODIFIABLE: Self = Self(1 << 1);
    /// May be destroyed.
    pub const DESTROYABLE: Self = Self(1 << 2);
    /// The value is never shown.
    pub const SENSITIVE: Self = Self(1 << 3);
    /// May leave wrapped under another key.
    pub const EXTRACTABLE: Self = Self(1 << 4);
    /// Was sensitive from its first moment.
    pub const ALWAYS_SENSITIVE: Self = Self(1 << 5);
    /// Was never extractable.
    pub const NEVER_EXTRACTABLE: Self = Self(1 << 6);
    /// Generated here, not imported.
    pub const LOCAL: Self = Self(1 << 7);
    /// Each use needs the PIN again.
    pub const ALWAYS_AUTHENTICATE: Self = Self(1 << 8);
    /// May sign.
    pub const SIGN: Self = Self(1 << 9);
    /// May verify.
    pub const VERIFY: Self = Self(1 << 10);
    /// May encrypt data.
    pub const ENCRYPT: Self = Self(1 << 11);
    /// May decrypt data.
    pub const DECRYPT: Self = Self(1 << 12);
    /// May wrap keys.
    pub const WRAP: Self = Self(1 << 13);
    /// May unwrap keys.
    pub const UNWRAP: Self = Self(1 << 14);
    /// May derive keys. Stored, never honoured: this token derives nothing.
    pub const DERIVE: Self = Self(1 << 15);
    /// The object may be copied.
    pub const COPYABLE: Self = Self(1 << 16);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// With `other` set or cleared.
    #[must_use]
    pub const fn set(self, other: Self, on: bool) -> Self {
        if on { self.with(other) } else { self.without(other) }
    }
}

impl Object {
    /// What a private or secret key generated inside carries: it cannot leave, ever.
    pub(crate) const fn guarded() -> Flags {
        Flags::PRIVATE
            .with(Flags::MODIFIABLE)
            .with(Flags::DESTROYABLE)
            .with(Flags::SENSITIVE)
            .with(Flags::ALWAYS_SENSITIVE)
            .with(Flags::NEVER_EXTRACTABLE)
            .with(Flags::LOCAL)
    }

    /// Whether this is the half of a key that must stay secret.
    pub const fn is_secret(&self) -> bool {
        matches!(self.class, Class::PrivateKey | Class::SecretKey)
    }

    pub(crate) fn to_cbor(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to memory cannot fail and every field has a CBOR form.
        let _ = ciborium::into_writer(self, &mut out);
        out
    }

    pub(crate) fn from_cbor(mut bytes: &[u8]) -> Option<Self> {
        let object = ciborium::from_reader(&mut bytes).ok()?;
        bytes.is_empty().then_some(object)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
            .field("class", &self.class)
            .field("kind", &self.kind)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// CBOR byte strings instead of arrays of numbers.
mod bytes {
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}
