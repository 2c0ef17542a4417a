//! Revocation by lists: was a certificate good at a time, and how do we know.

use auth_core::{Reason, Timestamp, verdict::Revocation};

use crate::{
    asn1::Asn1Error,
    cert::{Certificate, KeyUsage},
    crl::{Crl, RevocationReason},
};

/// The revocation lists a verifier has: a snapshot, swapped whole. Lists are unauthenticated until
/// [`CrlSnapshot::status`] checks one against its issuer.
#[derive(Clone, Debug, Default)]
pub struct CrlSnapshot {
    lists: Vec<Crl>,
}

/// The status of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// A fresh list of its issuer does not name it, or names it from later on only.
    Good,
    /// Its issuer's list names it at or before the time judged.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// No list could answer: neither good nor revoked.
    Unknown(NoAnswer),
}

/// Why there is no answer. Ordered: the one that came closest to an answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoAnswer {
    /// There is no list of this issuer.
    NoList,
    /// The list does not speak of this certificate, or in a form that is not supported.
    Unsupported,
    /// The list's signature does not verify with the issuer's key.
    Signature,
    /// The list is from the future.
    NotYetValid,
    /// The list's successor was due before the time judged.
    Stale,
}

/// The time judged, and the time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time at which the certificate must have been good.
    pub judged_at: Timestamp,
    /// The current time: lists from later are not believed.
    pub now: Timestamp,
}

impl CrlSnapshot {
    /// A snapshot without lists: every status is unknown.
    pub const fn new() -> Self {
        Self { lists: Vec::new() }
    }

    /// Adds a list. Lists beyond [`MAX_LISTS`] are refused.
    pub fn add(&mut self, der: &[u8]) -> Result<(), Asn1Error> {
        if self.lists.len() == MAX_LISTS {
            return Err(Asn1Error::Value("number of revocation lists"));
        }
        self.lists.push(Crl::from_der(der)?);
        Ok(())
    }

    /// The lists.
    pub fn lists(&self) -> &[Crl] {
        &self.lists
    }

    /// The status of a certificate. `signers` are the certificates that may have signed its issuer's
    /// lists: the next one in its path, and others of the issuer's name whose own path is validated
    /// (an authority that has changed its key, or keeps one for lists alone).
    pub fn status(
        &self,
        certificate: &Certificate,
        signers: &[&Certificate],
        when: Moment,
    ) -> Status {
        let mut best: Option<(Timestamp, Status)> = None;
        let mut why = NoAnswer::NoList;
        for list in self.lists.iter().filter(|list| list.issuer().matches(certificate.issuer())) {
            match answer(list, certificate, signers, when) {
                Ok(revoked @ Status::Revoked { .. }) => return revoked,
                Ok(status) => {
                    if best.as_ref().is_none_or(|(made_at, _)| list.this_update() > *made_at) {
                        best = Some((list.this_update(), status));
                    }
                }
                Err(reason) => why = why.max(reason),
            }
        }
        best.map_or(Status::Unknown(why), |(_, status)| status)
    }

    /// The status of a whole path, leaf first, anchor last: revoked if one certificate is, good only
    /// if all are. The anchor's own status is what the trust list says. `others` are certificates
    /// beside the path whose own path to the same anchor is validated. Returns the reasons too.
    pub fn path_status(
        &self,
        path: &[Certificate],
        others: &[&Certificate],
        when: Moment,
    ) -> (Revocation, Vec<Reason>) {
        let mut worst = Revocation::Good;
        let mut reasons = Vec::new();
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else { continue };
            let name = certificate.subject().common_name();
            let mut signers = vec![issuer];
            let same_name = |other: &&Certificate| other.subject().matches(certificate.issuer());
            signers.extend(path.iter().filter(same_name));
            signers.extend(others.iter().copied().filter(same_name));
            match self.status(certificate, &signers, when) {
                Status::Good => {}
                Status::Revoked { at, reason } => {
                    worst = Revocation::Revoked;
                    let detail = format!("{name}, {}, {}", at.rfc3339(), reason.as_str());
                    reasons.push(Reason::with("certificate-revoked", detail));
                }
                Status::Unknown(why) => {
                    if worst == Revocation::Good {
                        worst = Revocation::Unknown;
                    }
                    reasons.push(Reason::with(why.code(), name));
                }
            }
        }
        (worst, reasons)
    }
}

impl NoAnswer {
    /// Stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoList => "revocation-list-missing",
            Self::NotYetValid => "revocation-list-not-yet-valid",
            Self::Signature => "revocation-list-signature-wrong",
            Self::Stale => "revocation-list-stale",
            Self::Unsupported => "revocation-list-unsupported",
        }
    }
}

/// What one list says about a certificate (RFC 5280 §6.3.3), cheap checks first.
fn answer(
    list: &Crl,
    certificate: &Certificate,
    signers: &[&Certificate],
    when: Moment,
) -> Result<Status, NoAnswer> {
    if list.unsupported().is_some() || !in_scope(list, certificate) {
        return Err(NoAnswer::Unsupported);
    }
    let signed_by = |signer: &&&Certificate| {
        let usage = signer.extensions().key_usage;
        let may_sign = usage.is_none_or(|usage| usage.has(KeyUsage::CRL_SIGN));
        may_sign && signer.key().is_some_and(|key| list.verify_with(key).is_ok())
    };
    if !signers.iter().any(|signer| signed_by(&signer)) {
        return Err(NoAnswer::Signature);
    }
    if list.this_update() > when.now.plus_seconds(CLOCK_SKEW) {
        return Err(NoAnswer::NotYetValid);
    }
    // A revocation stays one, however old the list that told of it.
    if let Some(entry) = list.entry(certificate.serial())
        && entry.at <= when.judged_at
    {
        return Ok(Status::Revoked { at: entry.at, reason: entry.reason });
    }
    match list.next_update() {
        Some(next) if when.judged_at <= next => Ok(Status::Good),
        _ => Err(NoAnswer::Stale),
    }
}

/// issuingDistributionPoint (RFC 5280 §6.3.3 (b)): kind of certificate, and a common name of the
/// point when the list gives one.
fn in_scope(list: &Crl, certificate: &Certificate) -> bool {
    let scope = list.scope();
    let ca = certificate.extensions().basic_constraints.is_some_and(|basic| basic.ca);
    if (scope.only_ca && !ca) || (scope.only_user && ca) {
        return false;
    }
    let Some(point) = &scope.point else { return true };
    let wanted = certificate.extensions().crl_points.iter();
    let mut whole = wanted.filter(|found| !found.some_reasons && !found.indirect);
    whole.any(|found| found.meets(point, list.issuer()))
}

/// Most lists in one snapshot.
pub const MAX_LISTS: usize = 256;
/// How far clocks may differ, seconds.
const CLOCK_SKEW: i64 = 300;
