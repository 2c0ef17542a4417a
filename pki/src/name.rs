//! Distinguished names (X.501): written one way, compared and shown as they came.

use const_oid::ObjectIdentifier;

use crate::{
    asn1::{self, Asn1Error, Reader, Tlv, tag},
    oid,
};

/// The parts of a name that Yinxin gives to those it certifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameParts {
    /// `CN`: the organisation, authority or service, as people call it.
    pub common_name: String,
    /// `O`: the organisation that answers for the key.
    pub organization: Option<String>,
    /// `organizationIdentifier`: 统一社会信用代码 as `NTRCN-…` (ETSI EN 319 412-1 §5.1.4).
    pub organization_identifier: Option<String>,
    /// `OU`: a department.
    pub organizational_unit: Option<String>,
}

/// A distinguished name: its DER and nothing else.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
}

impl Name {
    /// Writes a name: `C=CN`, then O, OU, organizationIdentifier and CN, all UTF8String except the
    /// country (X.520 makes it a PrintableString).
    ///
    /// # Errors
    /// [`NameError`] when a part is empty, too long or has control characters.
    pub fn new(parts: &NameParts) -> Result<Self, NameError> {
        let mut sets = vec![attribute(&oid::COUNTRY, asn1::printable("CN"))];
        let optional = [
            (oid::ORGANIZATION, &parts.organization),
            (oid::ORGANIZATIONAL_UNIT, &parts.organizational_unit),
            (oid::ORGANIZATION_IDENTIFIER, &parts.organization_identifier),
        ];
        for (kind, value) in optional {
            if let Some(value) = value {
                sets.push(attribute(&kind, asn1::utf8(checked(value)?)));
            }
        }
        sets.push(attribute(&oid::COMMON_NAME, asn1::utf8(checked(&parts.common_name)?)));
        Ok(Self { der: asn1::sequence(sets) })
    }

    /// Takes a name as it came, if it is well-formed DER of at most [`MAX_ATTRIBUTES`].
    pub fn from_der(der: &[u8]) -> Result<Self, Asn1Error> {
        attributes(der)?;
        Ok(Self { der: der.to_vec() })
    }

    /// The DER RDNSequence.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the name has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.der == [tag::SEQUENCE, 0]
    }

    /// The last value of an attribute, as text.
    pub fn value(&self, kind: &ObjectIdentifier) -> Option<String> {
        let found = attributes(&self.der).ok()?;
        found.iter().rev().find(|part| part.kind == kind.as_bytes()).map(|part| text(&part.value))
    }

    /// CN, or the whole name when there is none: for people.
    pub fn common_name(&self) -> String {
        self.value(&oid::COMMON_NAME).unwrap_or_else(|| self.rfc4514())
    }

    /// The name as RFC 4514 writes it: last attribute first, `CN=…,O=…,C=CN`.
    pub fn rfc4514(&self) -> String {
        let mut out = String::new();
        let Ok(found) = attributes(&self.der) else { return out };
        let mut sets: Vec<(usize, String)> = Vec::new();
        for part in found {
            let shown = format!("{}={}", short(part.kind), escaped(&text(&part.value)));
            match sets.last_mut() {
                Some((set, joined)) if *set == part.set => {
                    joined.push('+');
                    joined.push_str(&shown);
                }
                _ => sets.push((part.set, shown)),
            }
        }
        for (index, (_, shown)) in sets.iter().rev().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(shown);
        }
        out
    }

    /// This name with one RelativeDistinguishedName more, given by its SET's contents.
    pub(crate) fn below(&self, set: &[u8]) -> Option<Self> {
        let sets = Reader::only(&self.der, tag::SEQUENCE).ok()?.rest();
        let der = asn1::sequence([sets, &asn1::tlv(tag::SET, set)]);
        Self::from_der(&der).ok()
    }

    /// The form in which names are equal (RFC 5280 §7.1): strings of any type folded in case and
    /// runs of spaces, everything else byte for byte.
    pub(crate) fn comparable(&self) -> Vec<Vec<u8>> {
        let Ok(found) = attributes(&self.der) else { return vec![self.der.clone()] };
        let mut sets: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
        for part in found {
            let mut one = asn1::tlv(tag::OID, part.kind);
            one.extend(folded(&part.value));
            match sets.last_mut() {
                Some((set, joined)) if *set == part.set => joined.push(one),
                _ => sets.push((part.set, vec![one])),
            }
        }
        sets.into_iter()
            .map(|(_, mut set)| {
                set.sort();
                set.concat()
            })
            .collect()
    }

    /// Whether two names name the same (RFC 5280 §7.1).
    pub fn matches(&self, other: &Self) -> bool {
        self.der == other.der || self.comparable() == other.comparable()
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.rfc4514())
    }
}

/// Why a name cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name part must have 1 to 200 characters and no control characters: {0:?}")]
pub struct NameError(String);

/// One AttributeTypeAndValue, and which RelativeDistinguishedName it stands in.
struct Attribute<'a> {
    set: usize,
    kind: &'a [u8],
    value: Tlv<'a>,
}

fn attributes(der: &[u8]) -> Result<Vec<Attribute<'_>>, Asn1Error> {
    let mut sets = Reader::only(der, tag::SEQUENCE)?;
    let mut found = Vec::new();
    let mut set = 0;
    while !sets.is_empty() {
        let mut parts = Reader::new(sets.expect(tag::SET)?);
        if parts.is_empty() {
            return Err(Asn1Error::Value("empty relative distinguished name"));
        }
        while !parts.is_empty() {
            let mut part = parts.sequence()?;
            let kind = part.oid()?;
            let value = part.any()?;
            part.finish()?;
            if found.len() == MAX_ATTRIBUTES {
                return Err(Asn1Error::Value("number of name attributes"));
            }
            found.push(Attribute { set, kind, value });
        }
        set += 1;
    }
    Ok(found)
}

fn attribute(kind: &ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    asn1::set_of(vec![asn1::sequence([asn1::oid(kind), value])])
}

fn checked(part: &str) -> Result<&str, NameError> {
    let length = part.chars().count();
    if (1..=MAX_PART).contains(&length) && !part.chars().any(char::is_control) {
        Ok(part)
    } else {
        Err(NameError(part.to_owned()))
    }
}

/// An attribute value for people; what is no text is shown as `#` and hex (RFC 4514 §2.4).
fn text(value: &Tlv<'_>) -> String {
    decoded(value).unwrap_or_else(|| format!("#{}", hex::encode(value.raw)))
}

fn decoded(value: &Tlv<'_>) -> Option<String> {
    match value.tag {
        tag::UTF8 => std::str::from_utf8(value.value).ok().map(str::to_owned),
        tag::PRINTABLE | tag::IA5 => {
            value.value.is_ascii().then(|| String::from_utf8_lossy(value.value).into_owned())
        }
        // Latin-1 is what everybody means by TeletexString in certificates.
        tag::TELETEX => Some(value.value.iter().map(|octet| char::from(*octet)).collect()),
        tag::BMP => {
            let (units, slack) = value.value.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            slack.is_empty().then(|| char::decode_utf16(units).collect::<Result<_, _>>().ok())?
        }
        _ => None,
    }
}

fn folded(value: &Tlv<'_>) -> Vec<u8> {
    decoded(value).map_or_else(
        || value.raw.to_vec(),
        |text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            asn1::utf8(&words.join(" ").to_lowercase())
        },
    )
}

fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        let edge =
            (index == 0 && matches!(character, ' ' | '#')) || (index == last && character == ' ');
        if character.is_control() {
            let mut buffer = [0; 4];
            for octet in character.encode_utf8(&mut buffer).bytes() {
                out.push_str(&format!("\\{octet:02X}"));
            }
            continue;
        }
        if edge || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn short(kind: &[u8]) -> String {
    SHORT_NAMES
        .iter()
        .find(|(known, _)| known.as_bytes() == kind)
        .map_or_else(|| asn1::dotted(kind), |(_, name)| (*name).to_owned())
}

const SHORT_NAMES: [(ObjectIdentifier, &str); 10] = [
    (oid::COMMON_NAME, "CN"),
    (oid::COUNTRY, "C"),
    (oid::DOMAIN_COMPONENT, "DC"),
    (oid::EMAIL_ADDRESS, "E"),
    (oid::LOCALITY, "L"),
    (oid::ORGANIZATION, "O"),
    (oid::ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    (oid::ORGANIZATIONAL_UNIT, "OU"),
    (oid::SERIAL_NUMBER, "serialNumber"),
    (oid::STATE, "ST"),
];

/// Most attributes a name may have: real ones have fewer than ten.
pub const MAX_ATTRIBUTES: usize = 64;
/// X.520 says 64, but full names of Chinese bodies with their place in the hierarchy exceed it, and
/// RFC 5280 readers do not enforce it.
const MAX_PART: usize = 200;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_and_shown() {
        let name = Name::new(&NameParts {
            common_name: "示例县市场监督管理局, 章".to_owned(),
            organization: Some("示例县市场监督管理局".to_owned()),
            organization_identifier: Some("NTRCN-11330000000000001X".to_owned()),
            organizational_unit: None,
        });
        assert_eq!(
            name.unwrap().rfc4514(),
            "CN=示例县市场监督管理局\\, 章,organizationIdentifier=NTRCN-11330000000000001X,\
             O=示例县市场监督管理局,C=CN"
        );
        for bad in ["", "a\0b", &"长".repeat(201)] {
            let parts = NameParts { common_name: bad.to_owned(), ..NameParts::default() };
            assert!(Name::new(&parts).is_err());
        }
    }

    #[test]
    fn names_match_across_string_types_and_case() {
        let name = |value: Vec<u8>| {
            Name::from_der(&asn1::sequence([attribute(&oid::COMMON_NAME, value)])).unwrap()
        };
        let one = name(asn1::printable("Good  CA "));
        assert!(one.matches(&name(asn1::utf8("good ca"))));
        assert!(!one.matches(&name(asn1::utf8("goodca"))));
        assert!(!one.matches(&name(asn1::utf8("good ca\0"))));
    }
}
