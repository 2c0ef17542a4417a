//! The certificates and revocation lists embedded in a SignedData.

use pki::{
    Certificate,
    asn1::{Reader, tag},
};

use super::CmsRefused;

/// Reads the contents of `[0] CertificateSet`: X.509 certificates only. Attribute certificates and
/// other forms say nothing about a key and are refused.
pub(super) fn read(contents: &[u8]) -> Result<Vec<Certificate>, CmsRefused> {
    let mut reader = Reader::new(contents);
    let mut list: Vec<Certificate> = Vec::new();
    while !reader.is_empty() {
        if list.len() == MAX_CERTIFICATES {
            return Err(CmsRefused::Limit("certificates"));
        }
        list.push(Certificate::from_der(reader.element(tag::SEQUENCE)?.raw)?);
    }
    Ok(list)
}

/// Reads the contents of `[1] RevocationInfoChoices`: the DER of each CertificateList. Other forms
/// (`[1]`, such as OCSP responses by RFC 5940) are passed over: they only ever add knowledge.
pub(super) fn read_lists(contents: &[u8]) -> Result<Vec<Vec<u8>>, CmsRefused> {
    let mut reader = Reader::new(contents);
    let mut lists = Vec::new();
    while !reader.is_empty() {
        let element = reader.any()?;
        if element.tag == tag::SEQUENCE {
            if lists.len() == MAX_LISTS {
                return Err(CmsRefused::Limit("revocation lists"));
            }
            lists.push(element.raw.to_vec());
        }
    }
    Ok(lists)
}

/// Most embedded certificates: a chain of eight for each of a few signers.
const MAX_CERTIFICATES: usize = 64;
/// Most embedded revocation lists.
const MAX_LISTS: usize = 16;
