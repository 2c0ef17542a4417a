//! Reading DER.

use super::tag;

/// Why bytes are not the DER that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Asn1Error {
    /// BER indefinite length (X.690 §8.1.3.6); DER forbids it (§10.1).
    #[error("indefinite length")]
    Indefinite,
    /// A length or tag not in its shortest form (X.690 §10.1), or longer than any input here.
    #[error("length or tag not in shortest form")]
    NotShortest,
    /// Bytes after the end of the value.
    #[error("bytes after the end")]
    Trailing,
    /// The value ends before its length says.
    #[error("truncated")]
    Truncated,
    /// Another type than the one required here.
    #[error("unexpected type")]
    UnexpectedTag,
    /// The right type with contents it may not have.
    #[error("bad {0}")]
    Value(&'static str),
}

/// One element: identifier, contents, and both with the length between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Identifier octet.
    pub tag: u8,
    /// Contents octets.
    pub value: &'a [u8],
    /// The whole element as it stood in the input.
    pub raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// A reader over the contents.
    pub const fn contents(self) -> Reader<'a> {
        Reader::new(self.value)
    }
}

/// Reads elements one after the other. Never recurses: depth is what the caller's code spells out.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over a run of elements.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads `bytes` as exactly one element of type `tag` and returns a reader over its contents.
    pub fn only(bytes: &'a [u8], tag: u8) -> Result<Self, Asn1Error> {
        let mut outer = Self::new(bytes);
        let value = outer.expect(tag)?;
        outer.finish()?;
        Ok(Self::new(value))
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Fails unless everything was read.
    pub const fn finish(&self) -> Result<(), Asn1Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(Asn1Error::Trailing) }
    }

    /// The identifier octet of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Tlv<'a>, Asn1Error> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(Asn1Error::Truncated)?;
        if tag & 0x1F == 0x1F {
            return Err(Asn1Error::NotShortest); // multi-byte tags do not occur in X.509 or CMS
        }
        let (length, body) = read_length(after_tag)?;
        let value = body.get(..length).ok_or(Asn1Error::Truncated)?;
        let header = self.rest.len() - body.len();
        let (raw, rest) =
            self.rest.split_at_checked(header + length).ok_or(Asn1Error::Truncated)?;
        self.rest = rest;
        Ok(Tlv { tag, value, raw })
    }

    /// The contents of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Asn1Error> {
        Ok(self.element(tag)?.value)
    }

    /// The next element, which must have this tag.
    pub fn element(&mut self, tag: u8) -> Result<Tlv<'a>, Asn1Error> {
        match self.peek() {
            Some(found) if found == tag => self.any(),
            Some(_) => Err(Asn1Error::UnexpectedTag),
            None => Err(Asn1Error::Truncated),
        }
    }

    /// The contents of the next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Asn1Error> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// A reader over the next SEQUENCE.
    pub fn sequence(&mut self) -> Result<Self, Asn1Error> {
        self.expect(tag::SEQUENCE).map(Self::new)
    }

    /// The contents octets of the next OBJECT IDENTIFIER.
    pub fn oid(&mut self) -> Result<&'a [u8], Asn1Error> {
        check_oid(self.expect(tag::OID)?)
    }

    /// The contents octets of the next INTEGER, in shortest two's complement.
    pub fn integer(&mut self) -> Result<&'a [u8], Asn1Error> {
        check_integer(self.expect(tag::INTEGER)?)
    }

    /// The next INTEGER as a non-negative number of at most 63 bits.
    pub fn unsigned(&mut self) -> Result<u64, Asn1Error> {
        small(self.integer()?)
    }

    /// The next BOOLEAN; DER knows only 00 and FF (X.690 §11.1).
    pub fn boolean(&mut self) -> Result<bool, Asn1Error> {
        match self.expect(tag::BOOLEAN)? {
            [0] => Ok(false),
            [0xFF] => Ok(true),
            _ => Err(Asn1Error::Value("boolean")),
        }
    }

    /// The next BOOLEAN DEFAULT FALSE: when written, it must be TRUE (X.690 §11.5).
    pub fn default_false(&mut self) -> Result<bool, Asn1Error> {
        if self.peek() != Some(tag::BOOLEAN) {
            return Ok(false);
        }
        if self.boolean()? { Ok(true) } else { Err(Asn1Error::Value("default value written out")) }
    }

    /// The next BIT STRING that holds whole octets (keys and signatures).
    pub fn bit_octets(&mut self) -> Result<&'a [u8], Asn1Error> {
        match self.expect(tag::BIT_STRING)?.split_first() {
            Some((0, octets)) => Ok(octets),
            _ => Err(Asn1Error::Value("bit string")),
        }
    }
}

/// Named bits of a BIT STRING's contents (X.690 §11.2.2): bit 0 first, at most 32.
pub(crate) fn read_named_bits(contents: &[u8]) -> Result<u32, Asn1Error> {
    let (&unused, octets) = contents.split_first().ok_or(Asn1Error::Value("bit string"))?;
    if octets.len() > 4 || unused > 7 || (octets.is_empty() && unused != 0) {
        return Err(Asn1Error::Value("bit string"));
    }
    if let Some(last) = octets.last() {
        let padding = last & ((1_u16 << unused) - 1) as u8;
        // Unused bits are zero, and trailing zero bits of a named list are not written.
        if padding != 0 || last.checked_shr(u32::from(unused)).is_none_or(|bits| bits & 1 == 0) {
            return Err(Asn1Error::Value("bit string"));
        }
    }
    let mut bits = 0;
    for (index, octet) in octets.iter().enumerate() {
        bits |= u32::from(octet.reverse_bits()) << (8 * index);
    }
    Ok(bits)
}

/// Checks the contents of an OBJECT IDENTIFIER (X.690 §8.19): complete arcs, no padding.
pub(crate) fn check_oid(contents: &[u8]) -> Result<&[u8], Asn1Error> {
    let ended = contents.last().is_some_and(|last| last & 0x80 == 0);
    let mut fresh = true;
    for octet in contents {
        if fresh && *octet == 0x80 {
            return Err(Asn1Error::Value("object identifier"));
        }
        fresh = octet & 0x80 == 0;
    }
    // Longer ones are legal and useless: the longest in use (2.25 with a UUID) has 19 octets.
    if ended && contents.len() <= MAX_OID {
        Ok(contents)
    } else {
        Err(Asn1Error::Value("object identifier"))
    }
}

/// Checks an INTEGER's contents for shortest form (X.690 §8.3.2).
pub(crate) const fn check_integer(contents: &[u8]) -> Result<&[u8], Asn1Error> {
    match contents {
        [] | [0, 0..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => Err(Asn1Error::Value("integer")),
        _ => Ok(contents),
    }
}

/// A non-negative INTEGER of at most 63 bits.
pub(crate) fn small(contents: &[u8]) -> Result<u64, Asn1Error> {
    let negative = contents.first().is_none_or(|first| first & 0x80 != 0);
    if negative || contents.len() > 8 {
        return Err(Asn1Error::Value("integer"));
    }
    Ok(contents.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
}

/// Whether the elements in `contents` stand in the order DER demands of a SET OF (X.690 §11.6).
/// Equal neighbours count as sorted; whoever forbids doubles checks for them.
pub fn is_sorted_set(contents: &[u8]) -> Result<bool, Asn1Error> {
    let mut reader = Reader::new(contents);
    let mut previous: &[u8] = &[];
    while !reader.is_empty() {
        let element = reader.any()?.raw;
        // No element is a proper prefix of another, so zero padding (§11.6) never matters.
        if element < previous {
            return Ok(false);
        }
        previous = element;
    }
    Ok(true)
}

/// An object identifier in dots, from its contents octets; arcs beyond 128 bits become `…`.
pub fn dotted(contents: &[u8]) -> String {
    let mut arcs: Vec<String> = Vec::new();
    let mut value: Option<u128> = Some(0);
    for octet in contents {
        value = value
            .and_then(|sum| sum.checked_mul(128))
            .and_then(|sum| sum.checked_add(u128::from(octet & 0x7F)));
        if octet & 0x80 != 0 {
            continue;
        }
        if arcs.is_empty() {
            let first = value.map_or(2, |sum| (sum / 40).min(2));
            arcs.push(first.to_string());
            value = value.map(|sum| sum - first * 40);
        }
        arcs.push(value.map_or_else(|| "…".to_owned(), |sum| sum.to_string()));
        value = Some(0);
    }
    arcs.join(".")
}

/// Length octets, and what follows them.
fn read_length(bytes: &[u8]) -> Result<(usize, &[u8]), Asn1Error> {
    let (&first, rest) = bytes.split_first().ok_or(Asn1Error::Truncated)?;
    match first {
        0..=0x7F => Ok((usize::from(first), rest)),
        0x80 => Err(Asn1Error::Indefinite),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7F);
            let (octets, rest) = rest.split_at_checked(count).ok_or(Asn1Error::Truncated)?;
            let length = octets.iter().fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
            if octets.first() == Some(&0) || length < 0x80 {
                return Err(Asn1Error::NotShortest);
            }
            Ok((length, rest))
        }
        _ => Err(Asn1Error::NotShortest),
    }
}

const MAX_OID: usize = 64;
