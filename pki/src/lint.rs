//! Lint before signing (CA/Browser Forum BR §4.3.1.2): a certificate that breaks a rule is never
//! signed, since a signature cannot be taken back.

use auth_core::key::KeyKind;

use crate::cert::{Certificate, CertificateProfile, Kind, unsigned_certificate};

/// A rule that a draft breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Not DER that our own reader takes.
    #[error("the draft does not read back")]
    Unreadable,
    /// RFC 5280 §4.1.2.2, BR §7.1: positive, at least 64 random bits, at most 20 octets.
    #[error("serial number too short, too long or not positive")]
    Serial,
    /// RFC 5280 §4.1.2.4, §4.1.2.6: names are not empty.
    #[error("empty issuer or subject")]
    EmptyName,
    /// RFC 5280 §4.1.2.4: a root is issued by itself, nothing else is.
    #[error("self-issued although not a root, or the other way round")]
    SelfIssued,
    /// The validity is empty or longer than the profile allows.
    #[error("validity empty or longer than the profile allows")]
    Validity,
    /// A key of a kind that may not be certified.
    #[error("key of an unsupported kind")]
    Key,
    /// A signature algorithm that may not be used.
    #[error("unsupported signature algorithm")]
    Algorithm,
    /// RFC 5280 §4.2.1.9: critical, and as the profile says.
    #[error("basicConstraints differ from the profile")]
    BasicConstraints,
    /// RFC 5280 §4.2.1.3: as the profile says.
    #[error("keyUsage differs from the profile")]
    KeyUsage,
    /// As the profile says.
    #[error("extKeyUsage differs from the profile")]
    ExtendedKeyUsage,
    /// RFC 5280 §4.2.1.1, §4.2.1.2: both present; equal in a root.
    #[error("key identifiers missing or wrong")]
    KeyIdentifiers,
    /// Every certificate but a root says where its status and its issuer are found.
    #[error("no address of revocation list or issuer certificate")]
    Addresses,
    /// An extension that our verifiers would refuse.
    #[error("critical extension that is not understood")]
    CriticalUnknown,
    /// RFC 5280 §4.2.1.4: an authority with policies must name one.
    #[error("no certificate policy")]
    Policy,
}

/// Every rule a TBSCertificate breaks; empty means it may be signed.
pub fn lint(tbs: &[u8], profile: &CertificateProfile) -> Vec<Finding> {
    let draft = unsigned_certificate(tbs).and_then(|der| Certificate::from_der(&der));
    let Ok(draft) = draft else { return vec![Finding::Unreadable] };
    let rules: [(Finding, Rule); 13] = [
        (Finding::Serial, |draft, _| serial_is_good(draft.serial())),
        (Finding::EmptyName, |draft, _| !draft.issuer().is_empty() && !draft.subject().is_empty()),
        (Finding::SelfIssued, |draft, profile| {
            draft.is_self_issued() == (profile.kind == Kind::RootCa)
        }),
        (Finding::Validity, |draft, profile| {
            let seconds = draft.not_after().seconds_since(draft.not_before());
            seconds > 0 && seconds <= profile.max_days * 86_400
        }),
        (Finding::Key, |draft, _| draft.public().is_some_and(|key| key.kind() != KeyKind::Ed25519)),
        (Finding::Algorithm, |draft, _| draft.scheme().is_some()),
        (Finding::BasicConstraints, |draft, profile| {
            draft.extensions().basic_constraints.is_some_and(|basic| {
                basic.critical
                    && basic.ca == profile.is_ca()
                    && basic.path_length == profile.path_length()
            })
        }),
        (Finding::KeyUsage, |draft, profile| {
            draft.extensions().key_usage.is_some_and(|usage| usage.0 == profile.key_usage)
        }),
        (Finding::ExtendedKeyUsage, |draft, profile| {
            let found = draft.extensions().extended_key_usage.as_deref().unwrap_or_default();
            found.iter().map(Vec::as_slice).eq(profile.extended_key_usage.iter().copied())
        }),
        (Finding::KeyIdentifiers, key_identifiers_are_good),
        (Finding::Addresses, |draft, profile| {
            let extensions = draft.extensions();
            profile.kind == Kind::RootCa
                || !(extensions.crl_points.is_empty() || extensions.ca_issuers.is_empty())
        }),
        (Finding::CriticalUnknown, |draft, _| draft.extensions().critical_unknown.is_empty()),
        (Finding::Policy, |draft, profile| {
            profile.kind == Kind::RootCa || draft.extensions().policies.is_some()
        }),
    ];
    let broken = rules.iter().filter(|(_, holds)| !holds(&draft, profile));
    broken.map(|(finding, _)| *finding).collect()
}

/// Whether a draft obeys a rule.
type Rule = fn(&Certificate, &CertificateProfile) -> bool;

fn serial_is_good(serial: &[u8]) -> bool {
    let positive = serial.first().is_some_and(|first| first & 0x80 == 0);
    positive && (9..=20).contains(&serial.len())
}

fn key_identifiers_are_good(draft: &Certificate, profile: &CertificateProfile) -> bool {
    let extensions = draft.extensions();
    let subject = extensions.subject_key_id.as_ref();
    let authority = extensions.authority_key_id.as_ref();
    subject.is_some()
        && authority.is_some()
        && (subject == authority) == (profile.kind == Kind::RootCa)
}
