//! What the caller says about the signature to be made.

use auth_core::Timestamp;

use super::appearance::Appearance;
use crate::pdf::PdfRefused;
use crate::pdf::read::{Dict, Name, Object, Text};
use crate::pdf::text::{encode_date, encode_text};

/// A signature field to be added and signed at once.
#[derive(Clone, Debug)]
pub struct SignatureField<'a> {
    /// Name of the field, unique in the document, without full stops.
    pub name: &'a str,
    /// Claimed time, written as `/M`. PAdES wants it here and not in the CMS
    /// (EN 319 142-1 §6.3).
    pub signed_at: Timestamp,
    /// `/Name`: who signs, as shown by viewers.
    pub signer_name: Option<&'a str>,
    /// `/Reason`: why.
    pub reason: Option<&'a str>,
    /// `/Location`: where.
    pub location: Option<&'a str>,
    /// `/ContactInfo`: how the signer is reached.
    pub contact: Option<&'a str>,
    /// The visible seal; `None` for an invisible signature.
    pub appearance: Option<Appearance<'a>>,
    /// Makes this a certification signature, which must be the first.
    pub certification: Option<Certification>,
    /// Bytes reserved for the DER of the CMS: chain, signature and time stamp token together.
    pub reserved: usize,
}

/// What may change after a certification signature (ISO 32000-2 table 257, `P`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certification {
    /// P = 3: as `FormFilling`, and annotations.
    Annotations,
    /// P = 2: filling in forms and signing.
    FormFilling,
    /// P = 1: nothing.
    NoChanges,
}

impl SignatureField<'_> {
    pub(super) fn check(&self) -> Result<(), PdfRefused> {
        let bad = |c: char| c == '.' || c.is_control();
        let length = self.name.chars().count();
        if !(1..=MAX_NAME).contains(&length) || self.name.contains(bad) {
            return Err(PdfRefused::FieldName);
        }
        if self.reserved > MAX_RESERVED {
            return Err(PdfRefused::Limit("bytes reserved for a signature"));
        }
        Ok(())
    }

    /// The entries of the signature dictionary but for `ByteRange` and `Contents`.
    pub(super) fn dict(&self) -> Dict {
        let mut dict = Dict::default();
        dict.set(b"Type", name(b"Sig"));
        dict.set(b"Filter", name(b"Adobe.PPKLite"));
        dict.set(b"SubFilter", name(b"ETSI.CAdES.detached"));
        dict.set(b"M", string(encode_date(self.signed_at).as_bytes()));
        let texts = [
            (&b"Name"[..], self.signer_name),
            (b"Reason", self.reason),
            (b"Location", self.location),
            (b"ContactInfo", self.contact),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                dict.set(key, string(&encode_text(value)));
            }
        }
        if let Some(certification) = self.certification {
            dict.set(b"Reference", Object::Array(vec![Object::Dict(certification.reference())]));
        }
        dict
    }
}

impl Certification {
    const fn level(self) -> i64 {
        match self {
            Self::NoChanges => 1,
            Self::FormFilling => 2,
            Self::Annotations => 3,
        }
    }

    /// The signature reference dictionary (ISO 32000-2 table 256).
    fn reference(self) -> Dict {
        let mut parameters = Dict::default();
        parameters.set(b"Type", name(b"TransformParams"));
        parameters.set(b"P", Object::Int(self.level()));
        parameters.set(b"V", name(b"1.2"));
        let mut reference = Dict::default();
        reference.set(b"Type", name(b"SigRef"));
        reference.set(b"TransformMethod", name(b"DocMDP"));
        reference.set(b"TransformParams", Object::Dict(parameters));
        reference
    }
}

pub(super) fn name(bytes: &[u8]) -> Object {
    Object::Name(Name::new(bytes))
}

pub(super) fn string(bytes: &[u8]) -> Object {
    Object::Text(Text { bytes: bytes.into(), at: None, hex: false })
}

/// Longest field name, characters.
const MAX_NAME: usize = 120;

/// Largest gap for a CMS, bytes: a chain of ten RSA certificates with a time stamp needs 40 KB.
const MAX_RESERVED: usize = 1024 * 1024;
