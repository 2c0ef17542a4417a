//! Reading revocation lists.

use std::{collections::HashMap, ops::Range};

use auth_core::{Timestamp, key::BadSignature};

use super::RevocationReason;
use crate::{
    algorithm::{Scheme, SubjectKey},
    asn1::{self, Asn1Error, Reader, dotted, small, tag},
    cert::{DistributionPoint, range_in, read_extension_list, read_point_name},
    name::Name,
    oid,
};

/// A revocation list as read. Reading checks form only; see [`Crl::verify_with`].
#[derive(Clone, Debug)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    signature: Range<usize>,
    scheme: Option<Scheme>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    scope: Scope,
    entries: HashMap<Vec<u8>, Revoked>,
    unsupported: Option<String>,
}

/// When and why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// issuingDistributionPoint (RFC 5280 §5.2.5): which certificates the list speaks of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) point: Option<DistributionPoint>,
    pub(crate) only_user: bool,
    pub(crate) only_ca: bool,
}

impl Crl {
    /// Reads strict DER of at most [`MAX_CRL`] bytes. A list with a critical extension that is not
    /// understood, for some reasons only, indirect or delta, is read but answers nothing: see
    /// [`Crl::unsupported`].
    pub fn from_der(der: &[u8]) -> Result<Self, Asn1Error> {
        if der.len() > MAX_CRL {
            return Err(Asn1Error::Value("revocation list size"));
        }
        let mut list = Reader::only(der, tag::SEQUENCE)?;
        let tbs = list.element(tag::SEQUENCE)?;
        let outer_algorithm = list.element(tag::SEQUENCE)?;
        let signature = list.bit_octets()?;
        list.finish()?;

        let mut fields = tbs.contents();
        let version = fields.optional(tag::INTEGER)?.map(small).transpose()?.unwrap_or(0);
        if version > 1 {
            return Err(Asn1Error::Value("revocation list version"));
        }
        if fields.element(tag::SEQUENCE)?.raw != outer_algorithm.raw {
            return Err(Asn1Error::Value("signature algorithm: outer and inner differ"));
        }
        let issuer = Name::from_der(fields.element(tag::SEQUENCE)?.raw)?;
        let this_update = asn1::read_time(&mut fields)?;
        let timed = matches!(fields.peek(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME));
        let next_update = timed.then(|| asn1::read_time(&mut fields)).transpose()?;
        let mut crl = Self {
            tbs: range_in(der, tbs.raw),
            signature: range_in(der, signature),
            scheme: Scheme::from_identifier(outer_algorithm.value)?,
            issuer,
            this_update,
            next_update,
            number: None,
            authority_key_id: None,
            scope: Scope::default(),
            entries: HashMap::new(),
            unsupported: None,
            der: der.to_vec(),
        };
        if let Some(entries) = fields.optional(tag::SEQUENCE)? {
            crl.read_entries(entries)?;
        }
        if let Some(explicit) = fields.optional(tag::context(0))? {
            crl.read_extensions(explicit)?;
        }
        fields.finish()?;
        Ok(crl)
    }

    /// The list as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The authority.
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one is due; a list without it is never fresh.
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// cRLNumber, contents octets of its INTEGER.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// keyIdentifier of authorityKeyIdentifier.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// Why the list cannot answer, if so.
    pub fn unsupported(&self) -> Option<&str> {
        self.unsupported.as_deref()
    }

    /// How many certificates it names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a serial number (contents octets), if there is one.
    pub fn entry(&self, serial: &[u8]) -> Option<Revoked> {
        self.entries.get(serial).copied()
    }

    /// Verifies the signature with the authority's key. Fails for unsupported algorithms too.
    pub fn verify_with(&self, issuer: &SubjectKey) -> Result<(), BadSignature> {
        let part = |range: &Range<usize>| self.der.get(range.clone()).ok_or(BadSignature);
        let scheme = self.scheme.ok_or(BadSignature)?;
        scheme.verify(issuer, part(&self.tbs)?, part(&self.signature)?)
    }

    pub(crate) const fn scope(&self) -> &Scope {
        &self.scope
    }

    fn read_entries(&mut self, contents: &[u8]) -> Result<(), Asn1Error> {
        let mut list = Reader::new(contents);
        while !list.is_empty() {
            let mut entry = list.sequence()?;
            let serial = entry.integer()?;
            let at = asn1::read_time(&mut entry)?;
            let mut reason = RevocationReason::Unspecified;
            if let Some(extensions) = entry.optional(tag::SEQUENCE)? {
                let whole = asn1::tlv(tag::SEQUENCE, extensions);
                for (id, critical, value) in read_extension_list(&whole)? {
                    if id == oid::CRL_REASON.as_bytes() {
                        reason = read_reason(value)?;
                    } else if critical && id != oid::INVALIDITY_DATE.as_bytes() {
                        // certificateIssuer makes the list indirect (§5.3.3).
                        self.refuse(format!("critical entry extension {}", dotted(id)));
                    }
                }
            }
            entry.finish()?;
            // The earliest of two entries for one certificate counts.
            let found = self.entries.entry(serial.to_vec()).or_insert(Revoked { at, reason });
            if at < found.at {
                *found = Revoked { at, reason };
            }
        }
        Ok(())
    }

    fn read_extensions(&mut self, explicit: &[u8]) -> Result<(), Asn1Error> {
        for (id, critical, value) in read_extension_list(explicit)? {
            match id {
                _ if id == oid::CRL_NUMBER.as_bytes() => {
                    let mut reader = Reader::new(value);
                    self.number = Some(reader.integer()?.to_vec());
                    reader.finish()?;
                }
                _ if id == oid::AUTHORITY_KEY_IDENTIFIER.as_bytes() => {
                    let mut reader = Reader::only(value, tag::SEQUENCE)?;
                    let found = reader.optional(tag::context_primitive(0))?;
                    self.authority_key_id = found.map(<[u8]>::to_vec);
                }
                _ if id == oid::ISSUING_DISTRIBUTION_POINT.as_bytes() => self.read_scope(value)?,
                _ if id == oid::DELTA_CRL_INDICATOR.as_bytes() => {
                    self.refuse("delta list".to_owned());
                }
                _ if critical => self.refuse(format!("critical extension {}", dotted(id))),
                _ => {}
            }
        }
        Ok(())
    }

    fn read_scope(&mut self, value: &[u8]) -> Result<(), Asn1Error> {
        let mut reader = Reader::only(value, tag::SEQUENCE)?;
        if let Some(name) = reader.optional(tag::context(0))? {
            let mut point = DistributionPoint::default();
            read_point_name(name, &mut point)?;
            self.scope.point = Some(point);
        }
        self.scope.only_user = flag(&mut reader, 1)?;
        self.scope.only_ca = flag(&mut reader, 2)?;
        // An empty onlySomeReasons crashed others (RS-2026-0104); here it is one more refusal.
        if reader.optional(tag::context_primitive(3))?.is_some() {
            self.refuse("some reasons only".to_owned());
        }
        if flag(&mut reader, 4)? {
            self.refuse("indirect list".to_owned());
        }
        if flag(&mut reader, 5)? {
            self.refuse("attribute certificates only".to_owned());
        }
        reader.finish()
    }

    fn refuse(&mut self, why: String) {
        self.unsupported.get_or_insert(why);
    }
}

/// `[number] IMPLICIT BOOLEAN DEFAULT FALSE`.
fn flag(reader: &mut Reader<'_>, number: u8) -> Result<bool, Asn1Error> {
    match reader.optional(tag::context_primitive(number))? {
        None | Some([0]) => Ok(false),
        Some([0xFF]) => Ok(true),
        Some(_) => Err(Asn1Error::Value("boolean")),
    }
}

fn read_reason(value: &[u8]) -> Result<RevocationReason, Asn1Error> {
    let mut reader = Reader::new(value);
    let code = reader.expect(tag::ENUMERATED)?;
    reader.finish()?;
    match code {
        [code] => RevocationReason::from_code(*code).ok_or(Asn1Error::Value("revocation reason")),
        _ => Err(Asn1Error::Value("revocation reason")),
    }
}

/// Largest list read, bytes: about 400,000 entries.
pub const MAX_CRL: usize = 16 * 1024 * 1024;
