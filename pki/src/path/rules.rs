//! The rules of RFC 5280 §6.1 for one path, walked from the anchor down to the leaf.

use super::{PathFlaw, PathQuestion, Purpose, names::Constraints, policy::PolicyGraph};
use crate::{
    asn1::dotted,
    cert::{Certificate, KeyUsage},
};

/// Checks a path, leaf first, whose signatures hold and whose last certificate is an anchor.
pub(super) fn check(path: &[&Certificate], question: &PathQuestion<'_>) -> Result<(), PathFlaw> {
    let Some((leaf, issuers)) = path.split_first() else { return Err(PathFlaw::NoPath) };
    let mut constraints = Constraints::default();
    let mut policies = PolicyGraph::new(question.policies, issuers.len());
    let mut length_left = u64::MAX;
    // The anchor is judged like other issuers, except that its policies do not count (RFC 5937 is
    // about anchors with constraints; ours have them in their certificate).
    for (index, issuer) in issuers.iter().enumerate().rev() {
        let anchor = index + 1 == issuers.len();
        common(issuer, question)?;
        if !anchor {
            if !issuer.is_self_issued() {
                constraints.check(issuer)?;
            }
            policies.enter(issuer);
        }
        authority(issuer, question.purpose)?;
        if !anchor && !issuer.is_self_issued() {
            length_left = length_left.checked_sub(1).ok_or(PathFlaw::PathLength)?;
        }
        let basic = issuer.extensions().basic_constraints;
        if let Some(longest) = basic.and_then(|basic| basic.path_length) {
            length_left = length_left.min(longest);
        }
        if let Some(added) = &issuer.extensions().name_constraints {
            constraints.add(added);
        }
        if !anchor {
            policies.leave(issuer)?;
        }
    }
    common(leaf, question)?;
    if !issuers.is_empty() {
        constraints.check(leaf)?;
        policies.enter(leaf);
        policies.wrap_up(leaf)?;
    }
    fits_purpose(leaf, question.purpose)
}

/// What holds for every certificate.
fn common(certificate: &Certificate, question: &PathQuestion<'_>) -> Result<(), PathFlaw> {
    let name = || certificate.subject().common_name();
    if question.at < certificate.not_before() {
        return Err(PathFlaw::NotYetValid(name()));
    }
    if !certificate.is_valid_at(question.at) {
        return Err(PathFlaw::Expired(name()));
    }
    match certificate.extensions().critical_unknown.first() {
        Some(id) => Err(PathFlaw::CriticalExtension(id.clone())),
        None => Ok(()),
    }
}

/// What holds for every issuer: an authority that may sign certificates, for this purpose.
fn authority(issuer: &Certificate, purpose: Purpose) -> Result<(), PathFlaw> {
    let name = || issuer.subject().common_name();
    if !issuer.extensions().basic_constraints.is_some_and(|basic| basic.ca) {
        return Err(PathFlaw::NotCa(name()));
    }
    if !issuer.is_ca() {
        return Err(PathFlaw::KeyUsage(name()));
    }
    // An authority with purposes passes on only those, as browsers and operating systems hold it.
    match issuer.extensions().extended_key_usage.as_deref() {
        Some(found) if !purpose.accepts(Some(found)) => Err(PathFlaw::Purpose(name())),
        _ => Ok(()),
    }
}

fn fits_purpose(leaf: &Certificate, purpose: Purpose) -> Result<(), PathFlaw> {
    if purpose == Purpose::Any {
        return Ok(());
    }
    let extensions = leaf.extensions();
    let signing = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    if extensions.key_usage.is_some_and(|usage| !usage.has(signing)) {
        return Err(PathFlaw::KeyUsage(leaf.subject().common_name()));
    }
    let found = extensions.extended_key_usage.as_deref();
    if purpose.accepts(found) {
        return Ok(());
    }
    let shown: Vec<String> = found.unwrap_or_default().iter().map(|id| dotted(id)).collect();
    Err(PathFlaw::Purpose(shown.join(" ")))
}
