//! Certificate extensions (RFC 5280 §4.2): those that path validation and status checks use.

use super::general_name::{GeneralName, Subtree, read_general_names, read_subtrees};
use crate::{
    asn1::{Asn1Error, Reader, dotted, read_named_bits, small, tag},
    name::Name,
    oid,
};

/// What the extensions say. An absent extension is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// keyIdentifier of authorityKeyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// basicConstraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// Addresses of the issuer's certificate (authorityInfoAccess, id-ad-caIssuers).
    pub ca_issuers: Vec<String>,
    /// cRLDistributionPoints.
    pub crl_points: Vec<DistributionPoint>,
    /// Object identifiers of critical extensions that are not understood: reason to refuse.
    pub critical_unknown: Vec<String>,
    /// Purposes of extKeyUsage, contents octets of their object identifiers.
    pub extended_key_usage: Option<Vec<Vec<u8>>>,
    /// inhibitAnyPolicy.
    pub inhibit_any_policy: Option<u64>,
    /// keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// nameConstraints.
    pub name_constraints: Option<NameConstraints>,
    /// Addresses of the responder (authorityInfoAccess, id-ad-ocsp).
    pub ocsp: Vec<String>,
    /// certificatePolicies, contents octets of their object identifiers.
    pub policies: Option<Vec<Vec<u8>>>,
    /// policyConstraints.
    pub policy_constraints: Option<PolicyConstraints>,
    /// policyMappings.
    pub policy_mappings: Vec<PolicyMapping>,
    /// subjectAltName.
    pub subject_alt_names: Vec<GeneralName>,
    /// subjectKeyIdentifier.
    pub subject_key_id: Option<Vec<u8>>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is an authority.
    pub ca: bool,
    /// Most further authorities below it, self-issued ones not counted.
    pub path_length: Option<u64>,
    /// Whether the extension was critical.
    pub critical: bool,
}

/// keyUsage (RFC 5280 §4.2.1.3), bit 0 lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(pub u32);

impl KeyUsage {
    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: u32 = 1;
    /// nonRepudiation, also called contentCommitment.
    pub const NON_REPUDIATION: u32 = 1 << 1;
    /// keyCertSign.
    pub const KEY_CERT_SIGN: u32 = 1 << 5;
    /// cRLSign.
    pub const CRL_SIGN: u32 = 1 << 6;

    /// Whether any of these bits is set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

/// nameConstraints (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// permittedSubtrees.
    pub permitted: Vec<Subtree>,
    /// excludedSubtrees.
    pub excluded: Vec<Subtree>,
}

/// policyConstraints (RFC 5280 §4.2.1.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit: Option<u64>,
    /// inhibitPolicyMapping.
    pub inhibit_mapping: Option<u64>,
}

/// A policy of the issuer's domain and the subject's policy that stands for it (RFC 5280 §4.2.1.5),
/// contents octets of their object identifiers.
pub type PolicyMapping = (Vec<u8>, Vec<u8>);

/// One DistributionPoint (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    /// fullName.
    pub names: Vec<GeneralName>,
    /// nameRelativeToCRLIssuer: one RelativeDistinguishedName, contents octets of its SET.
    pub relative: Option<Vec<u8>>,
    /// Whether its list covers some reasons only.
    pub some_reasons: bool,
    /// Whether somebody else than the issuer signs its list (indirect).
    pub indirect: bool,
}

impl DistributionPoint {
    /// Whether both name a common place, relative names standing under `issuer` (RFC 5280 §6.3.3
    /// (b)(2)(i)).
    pub(crate) fn meets(&self, other: &Self, issuer: &Name) -> bool {
        let others = other.full_names(issuer);
        self.full_names(issuer).iter().any(|name| others.iter().any(|other| same(name, other)))
    }

    fn full_names(&self, issuer: &Name) -> Vec<GeneralName> {
        let relative = self.relative.as_ref().and_then(|set| issuer.below(set));
        self.names.iter().cloned().chain(relative.map(GeneralName::Directory)).collect()
    }
}

fn same(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Directory(one), GeneralName::Directory(other)) => one.matches(other),
        _ => one == other,
    }
}

impl Extensions {
    /// Reads the contents of `[3] EXPLICIT Extensions`.
    pub(super) fn read(explicit: &[u8]) -> Result<Self, Asn1Error> {
        let mut found = Self::default();
        for (id, critical, value) in read_extension_list(explicit)? {
            if !found.take(id, critical, value)? && critical {
                found.critical_unknown.push(dotted(id));
            }
        }
        Ok(found)
    }

    /// Takes one extension; `false` when it is not understood.
    fn take(&mut self, id: &[u8], critical: bool, value: &[u8]) -> Result<bool, Asn1Error> {
        let sequence = || Reader::only(value, tag::SEQUENCE);
        match id {
            _ if id == oid::BASIC_CONSTRAINTS.as_bytes() => {
                self.basic_constraints = Some(read_basic_constraints(sequence()?, critical)?);
            }
            _ if id == oid::KEY_USAGE.as_bytes() => {
                self.key_usage = Some(KeyUsage(read_named_bits(only(value, tag::BIT_STRING)?)?));
            }
            _ if id == oid::EXTENDED_KEY_USAGE.as_bytes() => {
                self.extended_key_usage = Some(read_oids(sequence()?)?);
            }
            _ if id == oid::SUBJECT_KEY_IDENTIFIER.as_bytes() => {
                self.subject_key_id = Some(only(value, tag::OCTET_STRING)?.to_vec());
            }
            _ if id == oid::AUTHORITY_KEY_IDENTIFIER.as_bytes() => {
                let found = sequence()?.optional(tag::context_primitive(0))?;
                self.authority_key_id = found.map(<[u8]>::to_vec);
            }
            _ if id == oid::CRL_DISTRIBUTION_POINTS.as_bytes() => {
                self.crl_points = read_points(sequence()?)?;
            }
            _ if id == oid::AUTHORITY_INFO_ACCESS.as_bytes() => self.read_access(sequence()?)?,
            _ if id == oid::CERTIFICATE_POLICIES.as_bytes() => {
                self.policies = Some(read_policies(sequence()?)?);
            }
            _ if id == oid::POLICY_MAPPINGS.as_bytes() => {
                self.policy_mappings = read_mappings(sequence()?)?;
            }
            _ if id == oid::POLICY_CONSTRAINTS.as_bytes() => {
                self.policy_constraints = Some(read_policy_constraints(sequence()?)?);
            }
            _ if id == oid::INHIBIT_ANY_POLICY.as_bytes() => {
                self.inhibit_any_policy = Some(small(only(value, tag::INTEGER)?)?);
            }
            _ if id == oid::NAME_CONSTRAINTS.as_bytes() => {
                self.name_constraints = Some(read_name_constraints(sequence()?)?);
            }
            _ if id == oid::SUBJECT_ALT_NAME.as_bytes() => {
                self.subject_alt_names = read_general_names(only(value, tag::SEQUENCE)?)?;
            }
            // Understood in that nothing here depends on them.
            _ if id == oid::ISSUER_ALT_NAME.as_bytes() || id == oid::FRESHEST_CRL.as_bytes() => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_access(&mut self, mut list: Reader<'_>) -> Result<(), Asn1Error> {
        while !list.is_empty() {
            let mut access = list.sequence()?;
            let method = access.oid()?;
            let location = access.any()?;
            access.finish()?;
            let address = (location.tag == 0x86)
                .then(|| std::str::from_utf8(location.value).ok())
                .flatten()
                .map(str::to_owned);
            if method == oid::AD_CA_ISSUERS.as_bytes() {
                self.ca_issuers.extend(address);
            } else if method == oid::AD_OCSP.as_bytes() {
                self.ocsp.extend(address);
            }
        }
        Ok(())
    }
}

/// Object identifier, critical, contents of extnValue.
pub(crate) type RawExtension<'a> = (&'a [u8], bool, &'a [u8]);

/// Reads extensions: the SEQUENCE given must be
/// the only element, with no more than [`MAX_EXTENSIONS`] entries and no double.
pub(crate) fn read_extension_list(explicit: &[u8]) -> Result<Vec<RawExtension<'_>>, Asn1Error> {
    let mut list = Reader::only(explicit, tag::SEQUENCE)?;
    let mut found: Vec<RawExtension<'_>> = Vec::new();
    if list.is_empty() {
        return Err(Asn1Error::Value("empty extensions"));
    }
    while !list.is_empty() {
        let mut extension = list.sequence()?;
        let id = extension.oid()?;
        // DER leaves FALSE out, but many authorities write it; the signature fixes which it was.
        let critical =
            if extension.peek() == Some(tag::BOOLEAN) { extension.boolean()? } else { false };
        let value = extension.expect(tag::OCTET_STRING)?;
        extension.finish()?;
        if found.len() == MAX_EXTENSIONS || found.iter().any(|(other, ..)| *other == id) {
            return Err(Asn1Error::Value("number of extensions")); // RFC 5280 §4.2: no doubles
        }
        found.push((id, critical, value));
    }
    Ok(found)
}

fn only(value: &[u8], tag: u8) -> Result<&[u8], Asn1Error> {
    let mut reader = Reader::new(value);
    let contents = reader.expect(tag)?;
    reader.finish().map(|()| contents)
}

fn read_basic_constraints(
    mut reader: Reader<'_>,
    critical: bool,
) -> Result<BasicConstraints, Asn1Error> {
    let ca = if reader.peek() == Some(tag::BOOLEAN) { reader.boolean()? } else { false };
    let path_length = reader.optional(tag::INTEGER)?.map(small).transpose()?;
    reader.finish()?;
    Ok(BasicConstraints { ca, path_length, critical })
}

fn read_oids(mut reader: Reader<'_>) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let mut found = Vec::new();
    while !reader.is_empty() {
        found.push(reader.oid()?.to_vec());
    }
    if found.is_empty() { Err(Asn1Error::Value("empty extKeyUsage")) } else { Ok(found) }
}

fn read_policies(mut reader: Reader<'_>) -> Result<Vec<Vec<u8>>, Asn1Error> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    while !reader.is_empty() {
        let mut policy = reader.sequence()?;
        let id = policy.oid()?.to_vec();
        // Qualifiers are pointers and notices for people; policies do not depend on them.
        policy.optional(tag::SEQUENCE)?;
        policy.finish()?;
        if found.len() == MAX_POLICIES || found.contains(&id) {
            return Err(Asn1Error::Value("number of policies"));
        }
        found.push(id);
    }
    if found.is_empty() { Err(Asn1Error::Value("empty certificatePolicies")) } else { Ok(found) }
}

fn read_mappings(mut reader: Reader<'_>) -> Result<Vec<PolicyMapping>, Asn1Error> {
    let mut found = Vec::new();
    while !reader.is_empty() {
        let mut mapping = reader.sequence()?;
        let issuer = mapping.oid()?.to_vec();
        let subject = mapping.oid()?.to_vec();
        mapping.finish()?;
        if found.len() == MAX_POLICIES {
            return Err(Asn1Error::Value("number of policy mappings"));
        }
        found.push((issuer, subject));
    }
    if found.is_empty() { Err(Asn1Error::Value("empty policyMappings")) } else { Ok(found) }
}

fn read_policy_constraints(mut reader: Reader<'_>) -> Result<PolicyConstraints, Asn1Error> {
    let require_explicit = reader.optional(tag::context_primitive(0))?.map(small).transpose()?;
    let inhibit_mapping = reader.optional(tag::context_primitive(1))?.map(small).transpose()?;
    reader.finish()?;
    Ok(PolicyConstraints { require_explicit, inhibit_mapping })
}

fn read_name_constraints(mut reader: Reader<'_>) -> Result<NameConstraints, Asn1Error> {
    let permitted = reader.optional(tag::context(0))?.map(read_subtrees).transpose()?;
    let excluded = reader.optional(tag::context(1))?.map(read_subtrees).transpose()?;
    reader.finish()?;
    if permitted.is_none() && excluded.is_none() {
        return Err(Asn1Error::Value("empty name constraints"));
    }
    Ok(NameConstraints {
        permitted: permitted.unwrap_or_default(),
        excluded: excluded.unwrap_or_default(),
    })
}

fn read_points(mut reader: Reader<'_>) -> Result<Vec<DistributionPoint>, Asn1Error> {
    let mut points = Vec::new();
    while !reader.is_empty() {
        if points.len() == MAX_POINTS {
            return Err(Asn1Error::Value("number of distribution points"));
        }
        points.push(read_point(reader.expect(tag::SEQUENCE)?)?);
    }
    if points.is_empty() { Err(Asn1Error::Value("empty distribution points")) } else { Ok(points) }
}

fn read_point(contents: &[u8]) -> Result<DistributionPoint, Asn1Error> {
    let mut reader = Reader::new(contents);
    let mut point = DistributionPoint::default();
    if let Some(name) = reader.optional(tag::context(0))? {
        read_point_name(name, &mut point)?;
    }
    point.some_reasons = reader.optional(tag::context_primitive(1))?.is_some();
    point.indirect = reader.optional(tag::context(2))?.is_some();
    reader.finish()?;
    Ok(point)
}

/// DistributionPointName: `[0]` fullName or `[1]` nameRelativeToCRLIssuer.
pub(crate) fn read_point_name(
    contents: &[u8],
    point: &mut DistributionPoint,
) -> Result<(), Asn1Error> {
    let mut reader = Reader::new(contents);
    match reader.peek() {
        Some(0xA0) => point.names = read_general_names(reader.expect(tag::context(0))?)?,
        Some(0xA1) => point.relative = Some(reader.expect(tag::context(1))?.to_vec()),
        _ => return Err(Asn1Error::UnexpectedTag),
    }
    reader.finish()
}

/// Most extensions of a certificate or list; real ones have about ten.
pub(crate) const MAX_EXTENSIONS: usize = 48;
/// Most policies or mappings: bounds the policy graph (RS-2023-0053 is about unbounded ones).
const MAX_POLICIES: usize = 32;
/// Most distribution points.
const MAX_POINTS: usize = 16;
