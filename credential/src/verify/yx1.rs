//! Verifying a 核验码.

use auth_core::{Reason, Report, Verdict};
use serde_json::{Map, Value, json};

use super::{
    Knowledge,
    common::{Findings, Said, without_signer},
};
use crate::{
    kinds::{CertificateType, common},
    receipt,
    yx1::{Claims, Sign1, TextError, unpack},
};

pub(super) fn verify(line: &str, knowledge: &Knowledge<'_>) -> Report {
    let unpacked = match unpack(line) {
        Ok(unpacked) => unpacked,
        Err(error) => {
            let code = match error {
                TextError::Prefix => "yx1-prefix",
                TextError::Compression | TextError::Encoding => "yx1-encoding",
                TextError::TooLong => "yx1-too-long",
            };
            return Report::invalid(KIND, Reason::new(code));
        }
    };
    let Ok(message) = Sign1::parse(&unpacked.cose) else {
        return Report::invalid(KIND, Reason::new("cose-malformed"));
    };
    let signers = knowledge.trust.by_short_kid(message.kid());
    if signers.is_empty() {
        let reason = Reason::with("signer-unknown", hex::encode(message.kid()));
        return without_signer(KIND, FORMAT, Verdict::Undetermined, reason);
    }
    // Key ids of eight bytes can collide: every certificate that bears it is tried.
    let verified = signers.iter().find_map(|signer| {
        message.verify(signer.key(), signer.algorithm()).ok().map(|payload| (signer, payload))
    });
    let Some((signer, payload)) = verified else {
        return without_signer(KIND, FORMAT, Verdict::Invalid, Reason::new("signature-wrong"));
    };
    let Ok(claims) = Claims::decode(payload) else {
        return Report::invalid(KIND, Reason::new("cwt-malformed"));
    };
    let said = Said {
        issuer: &claims.issuer,
        issued_at: claims.issued_at,
        not_before: None,
        expires_at: claims.expires_at,
        status: claims.status.as_ref().map(|(index, uri)| (u64::from(*index), uri.as_str())),
    };
    let mut findings = Findings::new();
    // The printed address is not signed: it must be the issuer that is, or the print was altered
    // to lead its readers elsewhere.
    if unpacked.address.as_ref().is_some_and(|address| *address != claims.issuer) {
        findings.add(Verdict::Invalid, Reason::new("address-differs"));
    }
    findings.check(&said, knowledge);
    let judgement = findings.judge(signer, &said, knowledge);
    let kind = if claims.kind == receipt::SLUG { receipt::KIND } else { KIND };
    findings.report(kind, FORMAT, &said, (signer, &judgement), statement(&claims))
}

/// The fields by their claim names.
fn statement(claims: &Claims) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(claims.kind));
    out.insert("issuer".to_owned(), json!(claims.issuer));
    let kind = CertificateType::by_slug(&claims.kind);
    for (key, text) in &claims.fields {
        let own = kind.and_then(|kind| kind.field_by_key(*key)).map(|field| field.claim);
        let shared = common::ALL.iter().find(|(_, number, ..)| number == key);
        let of_receipt = (claims.kind == receipt::SLUG).then(|| receipt::claim_of(*key)).flatten();
        let name = own.or(of_receipt).or(shared.map(|(claim, ..)| *claim));
        let name = name.map_or_else(|| format!("field_{key}"), str::to_owned);
        out.insert(name, json!(text));
    }
    if let Some(at) = claims.expires_at {
        out.insert("expires_at".to_owned(), json!(at.rfc3339()));
    }
    out
}

const KIND: &str = "yx1";
const FORMAT: &str = "COSE";
