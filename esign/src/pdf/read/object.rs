//! PDF objects (ISO 32000-2 §7.3).

use std::ops::Range;

/// A PDF object.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// `[ … ]`
    Array(Vec<Object>),
    /// `true`, `false`
    Bool(bool),
    /// `<< … >>`
    Dict(Dict),
    /// A whole number.
    Int(i64),
    /// `/Name`
    Name(Name),
    /// `null`, and what a dangling reference stands for.
    Null,
    /// A number with a decimal point, as written: `0.10` and `0.1` stay apart when rewritten.
    Real(Box<[u8]>),
    /// `12 0 R`
    Ref(Ref),
    /// A dictionary with data.
    Stream(Stream),
    /// `(…)` or `<…>`
    Text(Text),
}

/// A name without its slash, `#xx` decoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub Box<[u8]>);

/// A reference to an indirect object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// Object number.
    pub number: u32,
    /// Generation number.
    pub generation: u16,
}

/// A string with the place it was written at.
#[derive(Clone, Debug)]
pub struct Text {
    /// The decoded bytes.
    pub bytes: Box<[u8]>,
    /// Where in the file it stands, delimiters included; `None` within an object stream.
    pub at: Option<Range<usize>>,
    /// Written as `<…>`.
    pub hex: bool,
}

/// Strings are the same when their bytes are, however and wherever they are written.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

/// A dictionary in the order it was written.
#[derive(Clone, Debug, Default)]
pub struct Dict {
    entries: Vec<(Name, Object)>,
    ambiguous: bool,
}

/// The data of a stream stays in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The stream dictionary.
    pub dict: Dict,
    /// Where in the file the encoded data stands.
    pub data: Range<usize>,
}

impl Object {
    /// The array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The dictionary, also that of a stream.
    pub const fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            Self::Stream(stream) => Some(&stream.dict),
            _ => None,
        }
    }

    /// The whole number.
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// The bytes of the name.
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(&name.0) } else { None }
    }

    /// The number, whole or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "coordinates are small")]
            Self::Int(value) => Some(*value as f64),
            Self::Real(text) => {
                std::str::from_utf8(text).ok()?.parse().ok().filter(|n: &f64| n.is_finite())
            }
            _ => None,
        }
    }

    /// The reference.
    pub const fn as_ref(&self) -> Option<Ref> {
        if let Self::Ref(reference) = self { Some(*reference) } else { None }
    }

    /// The string.
    pub const fn as_text(&self) -> Option<&Text> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whether this is `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is the name `name`.
    pub fn is_name(&self, name: &[u8]) -> bool {
        self.as_name() == Some(name)
    }
}

impl Name {
    /// A name from its decoded bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl Ref {
    /// A reference with generation 0, as all new objects have.
    pub const fn new(number: u32) -> Self {
        Self { number, generation: 0 }
    }
}

impl Dict {
    /// The value of a key. Where a key stands twice, the last one counts.
    pub fn get(&self, key: &[u8]) -> Option<&Object> {
        self.entries.iter().rev().find(|(name, _)| &*name.0 == key).map(|(_, value)| value)
    }

    /// Sets or replaces a value.
    pub fn set(&mut self, key: &[u8], value: Object) {
        self.entries.retain(|(name, _)| &*name.0 != key);
        self.entries.push((Name::new(key), value));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &[u8]) {
        self.entries.retain(|(name, _)| &*name.0 != key);
    }

    /// All entries in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Object)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// Whether some key stands twice: readers differ in which one they take.
    pub const fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Whether `/Type` is `name`.
    pub fn is_type(&self, name: &[u8]) -> bool {
        self.get(b"Type").is_some_and(|value| value.is_name(name))
    }

    pub(super) fn from_written(entries: Vec<(Name, Object)>) -> Self {
        // Dictionaries are short; a set pays off only for the few long ones.
        let ambiguous = if entries.len() < 24 {
            entries
                .iter()
                .enumerate()
                .any(|(i, (key, _))| entries.iter().skip(i + 1).any(|(other, _)| other == key))
        } else {
            let mut seen = std::collections::HashSet::with_capacity(entries.len());
            !entries.iter().all(|(key, _)| seen.insert(key))
        };
        Self { entries, ambiguous }
    }
}

/// Dictionaries are the same when they hold the same entries in any order.
impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|(key, value)| other.get(&key.0) == Some(value))
    }
}
