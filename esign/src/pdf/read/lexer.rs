//! From bytes to objects (ISO 32000-2 §7.2, §7.3).

use super::limits::{MAX_NESTING, MAX_VALUES};
use super::object::{Dict, Name, Object, Ref, Text};
use crate::pdf::PdfRefused;

/// Reads objects from a place in `bytes` on. Nothing it meets makes it panic or recurse deeper
/// than [`MAX_NESTING`].
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The bytes are the file itself, not an inflated object stream.
    in_file: bool,
    /// Values that may still be made: a value takes up to 30 times the memory of its text.
    values_left: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn in_file(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, in_file: true, values_left: MAX_VALUES }
    }

    pub(crate) const fn in_stream(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, in_file: false, values_left: MAX_VALUES }
    }

    pub(crate) const fn with_values_left(mut self, values_left: usize) -> Self {
        self.values_left = values_left;
        self
    }

    pub(crate) const fn values_left(&self) -> usize {
        self.values_left
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub(crate) const fn broken(&self, what: &'static str) -> PdfRefused {
        PdfRefused::broken(self.at, what)
    }

    /// Passes white space and comments.
    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    /// Passes `word` if it comes next and ends there.
    pub(crate) fn keyword(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let ends = rest.get(word.len()).is_none_or(|byte| !is_regular(*byte));
        let here = rest.starts_with(word) && ends;
        if here {
            self.at += word.len();
        }
        here
    }

    /// A non-negative whole number of at most ten digits.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let start = self.at;
        let mut value = 0_u64;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if self.at - start >= 10 {
                self.at = start;
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            self.at += 1;
        }
        let ended = self.peek().is_none_or(|byte| !is_regular(byte));
        if self.at == start || !ended {
            self.at = start;
            return None;
        }
        Some(value)
    }

    /// `12 0 obj`
    pub(crate) fn object_header(&mut self) -> Result<Ref, PdfRefused> {
        let number = self.unsigned().and_then(|n| u32::try_from(n).ok());
        let generation = self.unsigned().and_then(|n| u16::try_from(n).ok());
        match (number, generation, self.keyword(b"obj")) {
            (Some(number), Some(generation), true) => Ok(Ref { number, generation }),
            _ => Err(self.broken("an object header")),
        }
    }

    /// Passes `stream` and its end of line; `false` if something else comes.
    pub(crate) fn stream_keyword(&mut self) -> Result<bool, PdfRefused> {
        if !self.keyword(b"stream") {
            return Ok(false);
        }
        match (self.peek(), self.bytes.get(self.at + 1)) {
            (Some(b'\n'), _) => self.at += 1,
            (Some(b'\r'), Some(b'\n')) => self.at += 2,
            _ => return Err(self.broken("end of line after stream")),
        }
        Ok(true)
    }

    /// The next object, which may be a reference but not a stream.
    pub(crate) fn object(&mut self) -> Result<Object, PdfRefused> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Object, PdfRefused> {
        if depth > MAX_NESTING {
            return Err(PdfRefused::Limit("nesting of objects"));
        }
        self.values_left = self.values_left.checked_sub(1).ok_or(PdfRefused::Limit("values"))?;
        self.skip_space();
        match self.peek() {
            Some(b'/') => self.name().map(Object::Name),
            Some(b'(') => self.literal().map(Object::Text),
            Some(b'[') => self.array(depth),
            Some(b'<') if self.bytes.get(self.at + 1) == Some(&b'<') => {
                self.dict(depth).map(Object::Dict)
            }
            Some(b'<') => self.hex().map(Object::Text),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number(),
            Some(b't') if self.keyword(b"true") => Ok(Object::Bool(true)),
            Some(b'f') if self.keyword(b"false") => Ok(Object::Bool(false)),
            Some(b'n') if self.keyword(b"null") => Ok(Object::Null),
            _ => Err(self.broken("an object")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, PdfRefused> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, PdfRefused> {
        self.at += 2;
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'/') => {
                    let key = self.name()?;
                    entries.push((key, self.nested(depth + 1)?));
                }
                Some(b'>') if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    return Ok(Dict::from_written(entries));
                }
                _ => return Err(self.broken("a dictionary key or its end")),
            }
        }
    }

    fn name(&mut self) -> Result<Name, PdfRefused> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        if !raw.contains(&b'#') {
            return Ok(Name(raw.into()));
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((first, tail)) = rest.split_first() {
            let escaped = match (first, tail) {
                (b'#', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
                _ => None,
            };
            match escaped {
                Some((0, 0)) => return Err(self.broken("a name without #00")),
                Some((high, low)) => {
                    bytes.push(high << 4 | low);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        Ok(Name(bytes.into()))
    }

    fn number(&mut self) -> Result<Object, PdfRefused> {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let unsigned = raw.strip_prefix(b"-").or_else(|| raw.strip_prefix(b"+")).unwrap_or(raw);
        let points = unsigned.iter().filter(|byte| **byte == b'.').count();
        let digits = unsigned.iter().filter(|byte| byte.is_ascii_digit()).count();
        if points > 1 || digits == 0 || points + digits != unsigned.len() {
            return Err(PdfRefused::broken(start, "a number"));
        }
        let whole = (points == 0).then(|| std::str::from_utf8(raw).ok()?.parse().ok()).flatten();
        let Some(value) = whole else { return Ok(Object::Real(raw.into())) };
        Ok(self.reference(value).map_or(Object::Int(value), Object::Ref))
    }

    /// Looks whether `number` starts a reference, and passes the rest of it if so.
    fn reference(&mut self, number: i64) -> Option<Ref> {
        let number = u32::try_from(number).ok()?;
        let back = self.at;
        let found = self
            .unsigned()
            .and_then(|generation| u16::try_from(generation).ok())
            .filter(|_| self.keyword(b"R"));
        if found.is_none() {
            self.at = back;
        }
        found.map(|generation| Ref { number, generation })
    }

    fn literal(&mut self) -> Result<Text, PdfRefused> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        let mut open = 1_usize;
        loop {
            match self.bump().ok_or_else(|| PdfRefused::broken(start, "the end of a string"))? {
                b'\\' => self.escape(&mut bytes),
                b'(' => {
                    open += 1;
                    bytes.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(self.text(bytes, start, false));
                    }
                    bytes.push(b')');
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    bytes.push(b'\n');
                }
                byte => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(byte) = self.bump() else { return };
        match byte {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value << 3 | u32::from(digit - b'0');
                    self.at += 1;
                }
                // High-order overflow is ignored (ISO 32000-2 §7.3.4.2).
                bytes.push(value.to_le_bytes()[0]);
            }
            other => bytes.push(other),
        }
    }

    fn hex(&mut self) -> Result<Text, PdfRefused> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        let mut half = None;
        loop {
            let byte =
                self.bump().ok_or_else(|| PdfRefused::broken(start, "the end of a string"))?;
            match (hex_digit(byte), half) {
                (Some(digit), None) => half = Some(digit),
                (Some(digit), Some(high)) => {
                    bytes.push(high << 4 | digit);
                    half = None;
                }
                (None, _) if byte == b'>' => {
                    bytes.extend(half.map(|high| high << 4));
                    return Ok(self.text(bytes, start, true));
                }
                (None, _) if is_space(byte) => {}
                (None, _) => return Err(self.broken("a hexadecimal digit")),
            }
        }
    }

    fn text(&self, bytes: Vec<u8>, start: usize, hex: bool) -> Text {
        Text { bytes: bytes.into(), at: self.in_file.then_some(start..self.at), hex }
    }
}

pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

pub(crate) const fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
