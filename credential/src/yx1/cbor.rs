//! Strict, deterministic CBOR (RFC 8949 §4.2.1): one meaning, one encoding.
//!
//! Only what a signed statement needs: integers of 64 bits, byte and text strings, arrays, maps,
//! tags, true, false, null. No floating point, no indefinite lengths.

/// A decoded item, borrowing strings from the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Major types 0 and 1, within `i64`.
    Int(i64),
    /// Major type 2.
    Bytes(&'a [u8]),
    /// Major type 3, valid UTF-8.
    Text(&'a str),
    /// Major type 4.
    Array(Vec<Self>),
    /// Major type 5, keys in bytewise order of their encodings, each once.
    Map(Vec<(Self, Self)>),
    /// Major type 6.
    Tag(u64, Box<Self>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

impl<'a> Item<'a> {
    /// Reads exactly one item that fills `bytes`.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, CborError> {
        if bytes.len() > MAX_BYTES {
            return Err(CborError::Limit);
        }
        let mut reader = Reader { rest: bytes, items: 0 };
        let item = reader.item(0)?;
        if reader.rest.is_empty() { Ok(item) } else { Err(CborError::Trailing) }
    }

    /// The value of an integer key of a map.
    pub fn member(&self, key: i64) -> Option<&Self> {
        self.find(&Self::Int(key))
    }

    /// The value of a text key of a map.
    pub fn named(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members
                .iter()
                .find(|(name, _)| matches!(name, Self::Text(text) if *text == key))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    fn find(&self, key: &Self) -> Option<&Self> {
        match self {
            Self::Map(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The integer.
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// The text.
    pub const fn as_text(&self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The byte string.
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    items: usize,
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Result<Item<'a>, CborError> {
        self.items += 1;
        if depth > MAX_DEPTH || self.items > MAX_ITEMS {
            return Err(CborError::Limit);
        }
        let (major, argument) = self.head()?;
        match major {
            0 => i64::try_from(argument).map(Item::Int).map_err(|_| CborError::Limit),
            1 => i64::try_from(argument).map(|n| Item::Int(-1 - n)).map_err(|_| CborError::Limit),
            2 => self.take(argument).map(Item::Bytes),
            3 => {
                let bytes = self.take(argument)?;
                std::str::from_utf8(bytes).map(Item::Text).map_err(|_| CborError::Malformed)
            }
            4 => {
                let count = self.count(argument, 1)?;
                (0..count).map(|_| self.item(depth + 1)).collect::<Result<_, _>>().map(Item::Array)
            }
            5 => self.map(argument, depth).map(Item::Map),
            6 => Ok(Item::Tag(argument, Box::new(self.item(depth + 1)?))),
            _ => match argument {
                20 => Ok(Item::Bool(false)),
                21 => Ok(Item::Bool(true)),
                22 => Ok(Item::Null),
                _ => Err(CborError::Unsupported),
            },
        }
    }

    fn map(&mut self, argument: u64, depth: usize) -> Result<Vec<(Item<'a>, Item<'a>)>, CborError> {
        let count = self.count(argument, 2)?;
        let mut members = Vec::with_capacity(count);
        let mut previous: Option<&[u8]> = None;
        for _ in 0..count {
            let before = self.rest;
            let key = self.item(depth + 1)?;
            let length = before.len() - self.rest.len();
            let encoded = before.get(..length).ok_or(CborError::Malformed)?;
            // Keys are integers or text: `true` as key 1 and lists as keys are tricks.
            if !matches!(key, Item::Int(_) | Item::Text(_)) {
                return Err(CborError::Unsupported);
            }
            match previous {
                Some(last) if last == encoded => return Err(CborError::RepeatedKey),
                Some(last) if last > encoded => return Err(CborError::NotDeterministic),
                _ => previous = Some(encoded),
            }
            members.push((key, self.item(depth + 1)?));
        }
        Ok(members)
    }

    /// Major type and argument, in the shortest form (§4.2.1).
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let [first] = *self.take_array::<1>()?;
        let (major, low) = (first >> 5, first & 0x1f);
        let (argument, least) = match low {
            0..=23 => return Ok((major, u64::from(low))),
            24 => (u64::from(u8::from_be_bytes(*self.take_array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(*self.take_array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(*self.take_array()?)), 1 << 16),
            27 => (u64::from_be_bytes(*self.take_array()?), 1 << 32),
            31 => return Err(CborError::Indefinite),
            _ => return Err(CborError::Malformed),
        };
        if major == 7 {
            return Err(CborError::Unsupported);
        }
        if argument < least { Err(CborError::NotDeterministic) } else { Ok((major, argument)) }
    }

    /// A count of items that the rest of the input can still hold, each of `least` bytes or more.
    fn count(&self, argument: u64, least: usize) -> Result<usize, CborError> {
        let count = usize::try_from(argument).map_err(|_| CborError::Limit)?;
        if count > self.rest.len() / least { Err(CborError::Truncated) } else { Ok(count) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
        let (head, rest) = self.rest.split_at_checked(length).ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    fn take_array<const N: usize>(&mut self) -> Result<&'a [u8; N], CborError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }
}

/// Writes deterministic CBOR. Map members are sorted here, so that callers cannot get it wrong.
pub fn encode(item: &Item<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(item, &mut out);
    out
}

fn write(item: &Item<'_>, out: &mut Vec<u8>) {
    match item {
        Item::Int(value) if *value < 0 => head(1, !value.cast_unsigned(), out),
        Item::Int(value) => head(0, value.cast_unsigned(), out),
        Item::Bytes(bytes) => {
            head(2, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Item::Text(text) => {
            head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Item::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| write(item, out));
        }
        Item::Map(members) => {
            let mut encoded: Vec<_> =
                members.iter().map(|(key, value)| (encode(key), value)).collect();
            encoded.sort_by(|(one, _), (other, _)| one.cmp(other));
            head(5, encoded.len() as u64, out);
            for (key, value) in encoded {
                out.extend_from_slice(&key);
                write(value, out);
            }
        }
        Item::Tag(tag, inner) => {
            head(6, *tag, out);
            write(inner, out);
        }
        Item::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
        Item::Null => out.push(0xf6),
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let bytes = argument.to_be_bytes();
    let (low, keep) = match argument {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | low);
    out.extend(bytes.iter().skip(8 - keep));
}

/// Why bytes are not strict CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// An indefinite length.
    #[error("indefinite length")]
    Indefinite,
    /// Too deep, too many items, too long, or an integer beyond 64 signed bits.
    #[error("exceeds a limit")]
    Limit,
    /// Not CBOR, or text that is not UTF-8.
    #[error("malformed")]
    Malformed,
    /// A longer form than needed, or map keys out of order.
    #[error("not deterministically encoded")]
    NotDeterministic,
    /// A map names a key twice.
    #[error("repeated key")]
    RepeatedKey,
    /// Bytes after the item.
    #[error("bytes after the item")]
    Trailing,
    /// Ends too early, or announces more than there is.
    #[error("truncated")]
    Truncated,
    /// Floating point, unassigned simple values, keys that are neither integer nor text.
    #[error("unsupported kind of item")]
    Unsupported,
}

/// Deepest nesting read: COSE within tag within claims is five deep.
const MAX_DEPTH: usize = 8;

/// Most items read; a statement in a QR code has about forty.
const MAX_ITEMS: usize = 1024;

/// Longest input, bytes: twice what the largest QR code holds.
pub const MAX_BYTES: usize = 8 * 1024;
