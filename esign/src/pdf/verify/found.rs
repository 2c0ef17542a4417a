//! Finding signatures and checking the form of each: dictionary, byte range, gap.

use std::ops::Range;

use auth_core::verdict::{Changes, Coverage};
use auth_core::{Reason, Timestamp};

use super::change::Change;
use crate::pdf::PdfRefused;
use crate::pdf::form::Field;
use crate::pdf::read::{Dict, Object, Text, View, hex_digit};
use crate::pdf::text::{decode_date, decode_text};

/// A signature as found in the document. Nothing here is proven but `coverage` and `changes`, and
/// those only if the CMS holds.
#[derive(Clone, Debug)]
pub struct FoundSignature {
    /// Full name of the signature field.
    pub field: String,
    /// What the signature is for.
    pub kind: SignatureKind,
    /// `/SubFilter`: how the value is encoded.
    pub sub_filter: String,
    /// The value of `/Contents`, with its padding.
    pub contents: Vec<u8>,
    /// The two signed parts of the file; `None` when the byte range is not exact.
    pub signed: Option<[Range<usize>; 2]>,
    /// The revision that the signature closes, counted from 1.
    pub revision: Option<usize>,
    /// `/M`: claimed time.
    pub claimed_at: Option<Timestamp>,
    /// `/Name`
    pub signer_name: Option<String>,
    /// `/Reason`
    pub reason: Option<String>,
    /// `/Location`
    pub location: Option<String>,
    /// `/ContactInfo`
    pub contact: Option<String>,
    /// How much of the file is signed.
    pub coverage: Coverage,
    /// What came after.
    pub changes: Changes,
    /// Each change after the signature.
    pub later: Vec<Change>,
    /// Every rule found broken, and every change.
    pub reasons: Vec<Reason>,
}

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// A person or seal approves the document.
    Approval,
    /// The author limits what may change: 1 nothing, 2 forms and signatures, 3 annotations too.
    Certification(u8),
    /// A document time-stamp (ETSI.RFC3161).
    Timestamp,
}

impl FoundSignature {
    /// The signed bytes.
    pub fn parts<'a>(&self, bytes: &'a [u8]) -> Option<[&'a [u8]; 2]> {
        let [first, second] = self.signed.clone()?;
        Some([bytes.get(first)?, bytes.get(second)?])
    }

    /// Reads the signature in `field`.
    pub(super) fn read(view: View<'_, '_>, field: &Field) -> Result<Self, PdfRefused> {
        let value = field.value.as_ref().ok_or(NO_SIGNATURE)?;
        let value = view.resolve(value)?;
        let dict = value.as_dict().ok_or(NO_SIGNATURE)?;
        let text = |key: &[u8]| -> Result<Option<String>, PdfRefused> {
            let value = view.value(dict, key)?;
            Ok(value.as_ref().and_then(|held| held.as_text()).map(|text| decode_text(&text.bytes)))
        };
        let sub_filter = view.value(dict, b"SubFilter")?;
        let sub_filter = sub_filter.as_ref().and_then(|held| held.as_name()).unwrap_or_default();
        let claimed_at = view.value(dict, b"M")?;
        let claimed_at = claimed_at.as_ref().and_then(|held| held.as_text());
        let mut found = Self {
            field: field.name.clone(),
            kind: SignatureKind::Approval,
            sub_filter: String::from_utf8_lossy(sub_filter).into_owned(),
            contents: Vec::new(),
            signed: None,
            revision: None,
            claimed_at: claimed_at.and_then(|text| decode_date(&text.bytes)),
            signer_name: text(b"Name")?,
            reason: text(b"Reason")?,
            location: text(b"Location")?,
            contact: text(b"ContactInfo")?,
            coverage: Coverage::Partial,
            changes: Changes::Forbidden,
            later: Vec::new(),
            reasons: Vec::new(),
        };
        if dict.is_type(b"DocTimeStamp") || found.sub_filter == "ETSI.RFC3161" {
            found.kind = SignatureKind::Timestamp;
        }
        if dict.is_ambiguous() {
            found.broken("pdf-signature-dictionary", "a key stands twice");
        }
        match signed_parts(dict, view.document().bytes()) {
            Ok((contents, signed)) => {
                found.contents = contents;
                found.signed = Some(signed);
            }
            Err(what) => found.broken("pdf-byte-range", what),
        }
        Ok(found)
    }

    /// Notes a broken rule.
    pub(super) fn broken(&mut self, code: &str, what: &str) {
        self.reasons.push(Reason::with(code, what));
    }
}

type Signed = (Vec<u8>, [Range<usize>; 2]);

/// `ByteRange` must be exactly `[0 a b c]` with the value of `Contents`, brackets included, from
/// `a` to `b` (ISO 32000-2 §12.8.1). Anything looser lets unsigned bytes in.
fn signed_parts(dict: &Dict, file: &[u8]) -> Result<Signed, &'static str> {
    let range = dict.get(b"ByteRange").and_then(Object::as_array).ok_or("no array")?;
    let range: Option<Vec<usize>> = range
        .iter()
        .map(|number| number.as_int().and_then(|number| usize::try_from(number).ok()))
        .collect();
    let Some([start, first, second, length]) = range.as_deref() else {
        return Err("not four whole numbers");
    };
    let end = second.checked_add(*length).ok_or("beyond the end of the file")?;
    if *start != 0 {
        return Err("does not start at the beginning of the file");
    }
    if end > file.len() {
        return Err("beyond the end of the file");
    }
    if *length == 0 || *first == 0 {
        return Err("an empty part");
    }
    let contents = dict.get(b"Contents").and_then(Object::as_text).ok_or("no contents")?;
    if contents.at.as_ref() != Some(&(*first..*second)) {
        return Err("the gap is not exactly the contents");
    }
    canonical(contents, file.get(*first..*second).unwrap_or_default())?;
    Ok((contents.bytes.to_vec(), [0..*first, *second..end]))
}

/// The gap is the only place that no signature covers, so it must have one form only: hexadecimal
/// digits in pairs, of one letter case, and nothing between them.
fn canonical(contents: &Text, written: &[u8]) -> Result<(), &'static str> {
    let digits = written.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
    let digits = digits.ok_or("contents that are not hexadecimal")?;
    if contents.bytes.is_empty() {
        return Err("empty contents");
    }
    if digits.len() != contents.bytes.len() * 2
        || digits.iter().any(|byte| hex_digit(*byte).is_none())
    {
        return Err("contents with something other than pairs of digits");
    }
    let upper = digits.iter().any(u8::is_ascii_uppercase);
    let lower = digits.iter().any(u8::is_ascii_lowercase);
    if upper && lower { Err("contents in mixed letter case") } else { Ok(()) }
}

const NO_SIGNATURE: PdfRefused =
    PdfRefused::Broken { at: 0, what: "a signature dictionary as value of a signature field" };
