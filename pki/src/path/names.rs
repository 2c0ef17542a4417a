//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b), (c)).

use super::PathFlaw;
use crate::{
    cert::{Certificate, GeneralName, NameConstraints},
    name::Name,
    oid,
};

/// The constraints of all issuers so far. Each issuer's permitted trees must be met apart: that is
/// their intersection.
#[derive(Default)]
pub(super) struct Constraints<'a> {
    from: Vec<&'a NameConstraints>,
}

impl<'a> Constraints<'a> {
    pub(super) fn add(&mut self, constraints: &'a NameConstraints) {
        self.from.push(constraints);
    }

    /// Checks every name of a certificate.
    pub(super) fn check(&self, certificate: &Certificate) -> Result<(), PathFlaw> {
        if self.from.is_empty() {
            return Ok(());
        }
        for name in names_of(certificate) {
            for constraints in &self.from {
                if !allowed(&name, constraints) {
                    return Err(PathFlaw::NameConstraints(certificate.subject().common_name()));
                }
            }
        }
        Ok(())
    }
}

/// subjectAltName, the subject, and e-mail addresses in the subject of certificates without the
/// former (§4.2.1.10).
fn names_of(certificate: &Certificate) -> Vec<GeneralName> {
    let alternatives = &certificate.extensions().subject_alt_names;
    let mut names = alternatives.clone();
    let subject = certificate.subject();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    if !alternatives.iter().any(|name| matches!(name, GeneralName::Email(_))) {
        names.extend(subject.value(&oid::EMAIL_ADDRESS).map(GeneralName::Email));
    }
    names
}

fn allowed(name: &GeneralName, constraints: &NameConstraints) -> bool {
    let same_form =
        |base: &GeneralName| std::mem::discriminant(base) == std::mem::discriminant(name);
    let excluded = constraints.excluded.iter().filter(|tree| same_form(&tree.base));
    if excluded.map(|tree| within(name, &tree.base)).any(|answer| answer != Within::No) {
        return false;
    }
    let mut permitted =
        constraints.permitted.iter().filter(|tree| same_form(&tree.base)).peekable();
    permitted.peek().is_none() || permitted.any(|tree| within(name, &tree.base) == Within::Yes)
}

/// Whether a name lies in a tree. What cannot be compared is neither: not permitted, and excluded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    No,
    Unclear,
    Yes,
}

impl From<bool> for Within {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

fn within(name: &GeneralName, base: &GeneralName) -> Within {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => directory(name, base),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns(name, base),
        (GeneralName::Email(name), GeneralName::Email(base)) => email(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => uri(name, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => ip(name, base),
        _ => Within::Unclear,
    }
}

fn directory(name: &Name, base: &Name) -> Within {
    name.comparable().starts_with(&base.comparable()).into()
}

/// A host and all hosts below it. A wildcard stands for many names: it lies within only if all do,
/// and touches an excluded tree if one does (RS-2026-0099).
fn dns(name: &str, base: &str) -> Within {
    let (name, base) = (name.to_ascii_lowercase(), base.to_ascii_lowercase());
    let base = base.strip_prefix('.').unwrap_or(&base);
    if let Some(parent) = name.strip_prefix("*.") {
        if below(parent, base) {
            return Within::Yes;
        }
        return if below(base, parent) { Within::Unclear } else { Within::No };
    }
    below(&name, base).into()
}

/// `name` is `base` or ends in `.base`; an empty base is the whole tree.
fn below(name: &str, base: &str) -> bool {
    let rest = name.strip_suffix(base);
    base.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// One mailbox, all at one host, or (leading dot) all at hosts below.
fn email(name: &str, base: &str) -> Within {
    let Some((local, host)) = name.rsplit_once('@') else { return Within::Unclear };
    match base.rsplit_once('@') {
        Some((base_local, base_host)) => {
            (local == base_local && host.eq_ignore_ascii_case(base_host)).into()
        }
        None => host_matches(host, base).into(),
    }
}

/// The host of a URI; without one, or with an address for a host, it cannot be compared (§4.2.1.10).
fn uri(name: &str, base: &str) -> Within {
    let Some(host) = uri_host(name) else { return Within::Unclear };
    host_matches(host, base).into()
}

fn uri_host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host_and_port.split_once(':').map_or(host_and_port, |(host, _)| host);
    let letters = host.bytes().any(|octet| octet.is_ascii_alphabetic());
    (letters && !host.starts_with('[')).then_some(host)
}

/// With a leading dot: hosts below; without: this host.
fn host_matches(host: &str, base: &str) -> bool {
    let (host, base) = (host.to_ascii_lowercase(), base.to_ascii_lowercase());
    if base.starts_with('.') { host.ends_with(&base) } else { host == base }
}

/// Address and mask, 4 + 4 or 16 + 16 octets.
fn ip(name: &[u8], base: &[u8]) -> Within {
    if base.len() != name.len() * 2 {
        // Another family of addresses.
        return if matches!(base.len(), 8 | 32) { Within::No } else { Within::Unclear };
    }
    let (network, mask) = base.split_at(name.len());
    let octets = name.iter().zip(network).zip(mask);
    octets.into_iter().all(|((octet, network), mask)| octet & mask == network & mask).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_odd_hosts_cannot_slip_through() {
        assert!(dns("*.a.cn", "a.cn") == Within::Yes);
        assert!(dns("*.cn", "a.cn") == Within::Unclear);
        assert!(dns("evila.cn", "a.cn") == Within::No);
        assert!(uri("http://user@[::1]/", ".a.cn") == Within::Unclear);
        assert!(uri("urn:x", ".a.cn") == Within::Unclear);
        assert!(uri("http://x.a.cn@evil.cn/", ".a.cn") == Within::No);
        assert!(ip(&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]) == Within::Yes);
        assert!(ip(&[10, 1, 2, 3], &[10, 0, 0]) == Within::Unclear);
        assert!(email("a@x.cn", "x.cn") == Within::Yes);
        assert!(email("a@y.x.cn", "x.cn") == Within::No);
    }

    #[test]
    fn a_name_that_cannot_be_compared_is_neither_permitted_nor_free_of_exclusion() {
        use crate::cert::Subtree;
        let tree = |base: &str| Subtree { base: GeneralName::Uri(base.to_owned()) };
        let urn = GeneralName::Uri("urn:x".to_owned());
        let permitted = NameConstraints { permitted: vec![tree(".a.cn")], excluded: vec![] };
        let excluded = NameConstraints { permitted: vec![], excluded: vec![tree(".a.cn")] };
        assert!(!allowed(&urn, &permitted) && !allowed(&urn, &excluded));
    }
}
