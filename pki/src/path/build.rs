//! Finding paths: from the leaf upwards, depth first, within a budget of signature checks.

use super::{
    MAX_DEPTH, MAX_SIGNATURE_CHECKS, PathFlaw, PathOutcome, PathQuestion, ValidPath, rules,
};
use crate::{
    cert::Certificate,
    trust::{Anchor, AnchorClass},
};

/// One search.
pub(super) struct Search<'a> {
    question: &'a PathQuestion<'a>,
    checks_left: usize,
    /// The flaw of the longest path so far, and how long it was.
    worst: Option<(usize, PathFlaw)>,
}

impl<'a> Search<'a> {
    pub(super) const fn new(question: &'a PathQuestion<'a>) -> Self {
        Self { question, checks_left: MAX_SIGNATURE_CHECKS, worst: None }
    }

    pub(super) fn run(mut self, leaf: &'a Certificate) -> PathOutcome {
        let mut path = vec![leaf];
        match self.extend(&mut path) {
            Ok(Some(valid)) => return PathOutcome::Trusted(valid),
            Ok(None) => {}
            Err(budget) => return PathOutcome::Untrusted(budget),
        }
        match self.worst {
            Some((_, flaw)) => PathOutcome::Untrusted(flaw),
            None => PathOutcome::Unknown(PathFlaw::NoPath),
        }
    }

    /// Tries every way up from the last certificate of `path`. `Err` means the budget is spent.
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> Result<Option<ValidPath>, PathFlaw> {
        let Some(&last) = path.last() else { return Ok(None) };
        if let Some(anchor) = self.anchor_itself(last) {
            return Ok(self.judge(path, anchor.class));
        }
        let question = self.question;
        for anchor in question.trust.anchors() {
            if may_issue(&anchor.certificate, last) && self.signed_by(path, &anchor.certificate)? {
                path.push(&anchor.certificate);
                let valid = self.judge(path, anchor.class);
                path.pop();
                if valid.is_some() {
                    return Ok(valid);
                }
            }
        }
        // An anchor must still fit above.
        if path.len() + 1 >= MAX_DEPTH {
            return Ok(None);
        }
        for issuer in question.pool {
            if may_issue(issuer, last) && !path.contains(&issuer) && self.signed_by(path, issuer)? {
                path.push(issuer);
                let valid = self.extend(path)?;
                path.pop();
                if valid.is_some() {
                    return Ok(valid);
                }
            }
        }
        Ok(None)
    }

    fn anchor_itself(&self, certificate: &Certificate) -> Option<&'a Anchor> {
        self.question.trust.anchors().iter().find(|anchor| anchor.certificate == *certificate)
    }

    /// Whether `issuer` signed the last certificate of `path`; costs one check.
    fn signed_by(&mut self, path: &[&Certificate], issuer: &Certificate) -> Result<bool, PathFlaw> {
        let Some(last) = path.last() else { return Ok(false) };
        self.checks_left = self.checks_left.checked_sub(1).ok_or(PathFlaw::Budget)?;
        let signed = issuer.key().is_some_and(|key| last.verify_with(key).is_ok());
        if !signed {
            let name = last.subject().common_name();
            self.note(path.len(), PathFlaw::CertificateSignature(name));
        }
        Ok(signed)
    }

    /// Judges a path whose signatures hold and whose last certificate is an anchor.
    fn judge(&mut self, path: &[&Certificate], class: AnchorClass) -> Option<ValidPath> {
        match rules::check(path, self.question) {
            Ok(()) => Some(ValidPath {
                certificates: path.iter().map(|certificate| (*certificate).clone()).collect(),
                class,
                no_legal_effect: class == AnchorClass::Demo
                    || path.iter().any(|certificate| certificate.has_no_legal_effect()),
            }),
            Err(flaw) => {
                // A whole path that breaks a rule says more than a half one.
                self.note(MAX_DEPTH + path.len(), flaw);
                None
            }
        }
    }

    fn note(&mut self, length: usize, flaw: PathFlaw) {
        if self.worst.as_ref().is_none_or(|(longest, _)| length > *longest) {
            self.worst = Some((length, flaw));
        }
    }
}

/// Whether `issuer` can have issued `certificate`, by name and, where both give one, key identifier.
fn may_issue(issuer: &Certificate, certificate: &Certificate) -> bool {
    let wanted = certificate.extensions().authority_key_id.as_ref();
    let has = issuer.extensions().subject_key_id.as_ref();
    let keys_agree = wanted.is_none() || has.is_none() || wanted == has;
    keys_agree && issuer.subject().matches(certificate.issuer())
}
