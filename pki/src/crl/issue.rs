//! Writing revocation lists.

use auth_core::{
    Timestamp,
    key::{KeyError, Signer},
};

use super::RevocationReason;
use crate::{
    algorithm,
    asn1::{self, tag},
    cert::{Serial, authority_key_id, extension},
    name::Name,
    oid,
};

/// One revoked certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub serial: Serial,
    /// Since when.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// All that goes into a list.
#[derive(Clone, Copy, Debug)]
pub struct CrlParts<'a> {
    /// The authority, as its certificates name it.
    pub issuer: &'a Name,
    /// Its subjectKeyIdentifier.
    pub key_id: &'a [u8],
    /// cRLNumber: greater than in every earlier list.
    pub number: u64,
    /// When the list was made.
    pub this_update: Timestamp,
    /// When the next one is there at the latest.
    pub next_update: Timestamp,
    /// The revoked certificates.
    pub entries: &'a [Entry],
}

/// Makes and signs a full CRL of version 2, with cRLNumber and authorityKeyIdentifier (RFC 5280
/// §5.2), and a reason in each entry that has one (§5.3.1).
pub async fn sign_crl(signer: &Signer, parts: &CrlParts<'_>) -> Result<Vec<u8>, KeyError> {
    let algorithm = algorithm::identifier(signer.algorithm());
    let number = asn1::small_integer(parts.number);
    let extensions = asn1::sequence([
        authority_key_id(parts.key_id),
        extension(&oid::CRL_NUMBER, false, &number),
    ]);
    let mut fields = vec![
        asn1::small_integer(1),
        algorithm.clone(),
        parts.issuer.der().to_vec(),
        asn1::write_time(parts.this_update),
        asn1::write_time(parts.next_update),
    ];
    if !parts.entries.is_empty() {
        fields.push(asn1::sequence(parts.entries.iter().map(entry))); // absent when empty: §5.1.2.6
    }
    fields.push(asn1::context(0, [extensions]));
    let tbs = asn1::sequence(fields);
    let signature = algorithm::sign(signer, &tbs).await?;
    Ok(asn1::sequence([tbs, algorithm, asn1::bits(&signature)]))
}

fn entry(entry: &Entry) -> Vec<u8> {
    let mut fields =
        vec![asn1::integer(entry.serial.as_bytes()), asn1::write_time(entry.revoked_at)];
    // §5.3.1: `unspecified` is said by leaving the reason out.
    if entry.reason != RevocationReason::Unspecified {
        let reason = asn1::tlv(tag::ENUMERATED, &[entry.reason.code()]);
        fields.push(asn1::sequence([extension(&oid::CRL_REASON, false, &reason)]));
    }
    asn1::sequence(fields)
}
