//! GeneralName (RFC 5280 §4.2.1.6), as far as path validation looks into it.

use crate::{
    asn1::{Asn1Error, Reader, tag},
    name::Name,
};

/// One GeneralName.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// directoryName.
    Directory(Name),
    /// dNSName.
    Dns(String),
    /// rfc822Name.
    Email(String),
    /// iPAddress: 4 or 16 octets, twice that in constraints.
    Ip(Vec<u8>),
    /// Any other form, by its identifier octet.
    Other(u8),
    /// uniformResourceIdentifier.
    Uri(String),
}

/// One GeneralSubtree of name constraints; `minimum` is 0 and `maximum` absent (RFC 5280
/// §4.2.1.10), or the certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// The base of the tree.
    pub base: GeneralName,
}

impl GeneralName {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Asn1Error> {
        let element = reader.any()?;
        let ascii = |value: &[u8]| {
            if value.is_ascii() && !value.contains(&0) {
                Ok(String::from_utf8_lossy(value).into_owned())
            } else {
                Err(Asn1Error::Value("name that is not ASCII"))
            }
        };
        match element.tag {
            0x81 => ascii(element.value).map(Self::Email),
            0x82 => ascii(element.value).map(Self::Dns),
            0x86 => ascii(element.value).map(Self::Uri),
            0x87 => Ok(Self::Ip(element.value.to_vec())),
            // directoryName is EXPLICIT, since Name is a CHOICE.
            0xA4 => Name::from_der(element.value).map(Self::Directory),
            0x88 | 0xA0 | 0xA3 | 0xA5 => Ok(Self::Other(element.tag)),
            _ => Err(Asn1Error::UnexpectedTag),
        }
    }
}

/// GeneralNames: the contents of their SEQUENCE, at least one.
pub(crate) fn read_general_names(contents: &[u8]) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut reader = Reader::new(contents);
    let mut names = Vec::new();
    while !reader.is_empty() {
        if names.len() == MAX_NAMES {
            return Err(Asn1Error::Value("number of names"));
        }
        names.push(GeneralName::read(&mut reader)?);
    }
    if names.is_empty() { Err(Asn1Error::Value("empty list of names")) } else { Ok(names) }
}

/// GeneralSubtrees: the contents of their SEQUENCE, at least one.
pub(super) fn read_subtrees(contents: &[u8]) -> Result<Vec<Subtree>, Asn1Error> {
    let mut reader = Reader::new(contents);
    let mut trees = Vec::new();
    while !reader.is_empty() {
        if trees.len() == MAX_NAMES {
            return Err(Asn1Error::Value("number of name constraints"));
        }
        let mut tree = reader.sequence()?;
        let base = GeneralName::read(&mut tree)?;
        tree.optional(tag::context_primitive(0))?
            .is_none_or(|minimum| minimum == [0])
            .then_some(())
            .ok_or(Asn1Error::Value("name constraint minimum"))?;
        tree.finish()?;
        trees.push(Subtree { base });
    }
    if trees.is_empty() { Err(Asn1Error::Value("empty name constraints")) } else { Ok(trees) }
}

/// Most names in one list: certificates of seals and authorities have a handful.
const MAX_NAMES: usize = 1024;
