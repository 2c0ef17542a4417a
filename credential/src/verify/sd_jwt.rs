//! Verifying an SD-JWT VC as a file that somebody hands on.

use auth_core::{Reason, Report, Timestamp, Verdict, jose::JoseError};
use serde_json::{Map, Value};

use super::{
    Knowledge,
    common::{Findings, Said, without_signer},
};
use crate::{
    receipt,
    sd_jwt::{SdJwt, SdJwtError, Verified},
    trust::Candidate,
};

pub(super) fn verify(line: &str, knowledge: &Knowledge<'_>) -> Report {
    let sd_jwt = match SdJwt::parse(line) {
        Ok(sd_jwt) => sd_jwt,
        Err(error) => return refused(&error),
    };
    let signers = match knowledge.trust.by_header(sd_jwt.header()) {
        Ok(signers) => signers,
        Err(flaw) => {
            tracing::debug!(%flaw, "no signer named");
            return Report::invalid(KIND, Reason::new("signer-not-named"));
        }
    };
    if signers.is_empty() {
        let reason = Reason::new("signer-unknown");
        return without_signer(KIND, FORMAT, Verdict::Undetermined, reason);
    }
    let mut failure = SdJwtError::Malformed;
    for signer in &signers {
        match sd_jwt.verify(signer.key(), signer.algorithm()) {
            Ok(verified) => return judged(&sd_jwt, &verified, signer, knowledge),
            Err(error) => failure = error,
        }
    }
    refused(&failure)
}

fn judged(
    sd_jwt: &SdJwt<'_>,
    verified: &Verified,
    signer: &Candidate,
    knowledge: &Knowledge<'_>,
) -> Report {
    let claims = &verified.claims;
    let Some((said, vct)) = read(claims) else {
        return Report::invalid(KIND, Reason::new("claims-malformed"));
    };
    let mut findings = Findings::new();
    if let Err(error) = sd_jwt.verify_binding(verified, None) {
        findings.add(Verdict::Invalid, Reason::with("key-binding-wrong", error.to_string()));
    }
    findings.check(&said, knowledge);
    let judgement = findings.judge(signer, &said, knowledge);
    let receipt = vct.rsplit('/').next() == Some(receipt::SLUG);
    let kind = if receipt { receipt::KIND } else { KIND };
    let mut statement = claims.clone();
    for technical in ["cnf", "exp", "iat", "nbf", "status"] {
        statement.remove(technical);
    }
    findings.report(kind, FORMAT, &said, (signer, &judgement), statement)
}

/// The registered claims; `None` when one is missing or of the wrong kind. Times are whole or
/// fractional seconds (RFC 7519 §2).
fn read(claims: &Map<String, Value>) -> Option<(Said<'_>, &str)> {
    let time = |name: &str| match claims.get(name) {
        None => Some(None),
        Some(value) => numeric_date(value).map(Some),
    };
    let status = match claims.get("status") {
        None => None,
        Some(status) => {
            let list = status.get("status_list")?;
            Some((list.get("idx")?.as_u64()?, list.get("uri")?.as_str()?))
        }
    };
    let said = Said {
        issuer: claims.get("iss")?.as_str()?,
        issued_at: time("iat")??,
        not_before: time("nbf")?,
        expires_at: time("exp")?,
        status,
    };
    Some((said, claims.get("vct")?.as_str()?))
}

fn numeric_date(value: &Value) -> Option<Timestamp> {
    value.as_i64().map(Timestamp::from_unix).or_else(|| {
        // Within the years that dates can express, the conversion is exact enough.
        let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e12)?;
        Some(Timestamp::from_unix(seconds.floor() as i64))
    })
}

fn refused(error: &SdJwtError) -> Report {
    let code = match error {
        SdJwtError::Jose(JoseError::BadSignature) => {
            let reason = Reason::new("signature-wrong");
            return without_signer(KIND, FORMAT, Verdict::Invalid, reason);
        }
        SdJwtError::Jose(_) => "jwt-malformed",
        SdJwtError::Arity
        | SdJwtError::ClaimExists
        | SdJwtError::ClaimForbidden
        | SdJwtError::RepeatedDigest
        | SdJwtError::Unreferenced => "disclosures-wrong",
        SdJwtError::KeyBinding(_) => "key-binding-wrong",
        SdJwtError::Limit => "sd-jwt-too-long",
        SdJwtError::Malformed | SdJwtError::UnknownHash => "sd-jwt-malformed",
    };
    Report::invalid(KIND, Reason::new(code))
}

const KIND: &str = "sd-jwt-vc";
const FORMAT: &str = "JWS";
