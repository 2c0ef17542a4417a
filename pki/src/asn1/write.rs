//! Writing DER: every function returns one whole element.

use const_oid::ObjectIdentifier;

use super::tag;

/// An element from its identifier and contents.
pub fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len() + 6);
    out.push(tag);
    let length = contents.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let skip = octets.iter().take_while(|octet| **octet == 0).count();
        out.push(0x80 | (octets.len() - skip) as u8);
        out.extend_from_slice(&octets[skip..]);
    }
    out.extend_from_slice(contents);
    out
}

/// SEQUENCE of finished elements.
pub fn sequence<T: AsRef<[u8]>>(elements: impl IntoIterator<Item = T>) -> Vec<u8> {
    tlv(tag::SEQUENCE, &concat(elements))
}

/// SET OF finished elements, sorted as DER demands (X.690 §11.6).
pub fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    tlv(tag::SET, &concat(elements))
}

/// `[number]` constructed: EXPLICIT around elements, or IMPLICIT over a SEQUENCE's contents.
pub fn context<T: AsRef<[u8]>>(number: u8, elements: impl IntoIterator<Item = T>) -> Vec<u8> {
    tlv(tag::context(number), &concat(elements))
}

/// `[number]` IMPLICIT over a primitive type.
pub fn context_primitive(number: u8, contents: &[u8]) -> Vec<u8> {
    tlv(tag::context_primitive(number), contents)
}

/// INTEGER from an unsigned big-endian number.
pub fn integer(unsigned: &[u8]) -> Vec<u8> {
    let skip = unsigned.iter().take_while(|octet| **octet == 0).count();
    let digits = &unsigned[skip..];
    let mut contents = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        contents.push(0);
    }
    contents.extend_from_slice(digits);
    tlv(tag::INTEGER, &contents)
}

/// INTEGER from a number.
pub fn small_integer(value: u64) -> Vec<u8> {
    integer(&value.to_be_bytes())
}

/// BOOLEAN TRUE; FALSE is always the default and left out in X.509 and CMS.
pub fn boolean() -> Vec<u8> {
    tlv(tag::BOOLEAN, &[0xFF])
}

/// NULL.
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// OBJECT IDENTIFIER.
pub fn oid(oid: &ObjectIdentifier) -> Vec<u8> {
    tlv(tag::OID, oid.as_bytes())
}

/// OCTET STRING.
pub fn octets(contents: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, contents)
}

/// BIT STRING of whole octets.
pub fn bits(contents: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &concat([&[0][..], contents]))
}

/// BIT STRING of named bits (X.690 §11.2.2), bit 0 first: trailing zeros are not written.
pub fn named_bits(bits: u32) -> Vec<u8> {
    let length = (32 - bits.leading_zeros()) as usize;
    let count = length.div_ceil(8);
    let mut contents = vec![(count * 8 - length) as u8];
    contents.extend(bits.to_le_bytes().iter().take(count).map(|octet| octet.reverse_bits()));
    tlv(tag::BIT_STRING, &contents)
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(tag::UTF8, text.as_bytes())
}

/// PrintableString; the caller knows that the text fits (X.680 §41.4).
pub fn printable(text: &str) -> Vec<u8> {
    tlv(tag::PRINTABLE, text.as_bytes())
}

/// IA5String; the caller knows that the text is ASCII.
pub fn ia5(text: &str) -> Vec<u8> {
    tlv(tag::IA5, text.as_bytes())
}

fn concat<T: AsRef<[u8]>>(elements: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut out = Vec::new();
    for element in elements {
        out.extend_from_slice(element.as_ref());
    }
    out
}
