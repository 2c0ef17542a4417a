//! Strict JSON: what a signature covers must mean one thing to every reader.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one JSON value and nothing after it. `None` when an object at any level names a member
/// twice (parsers disagree on which of the two counts, RFC 8259 §4), when the text is longer than
/// `limit` bytes, or when it nests deeper than [`MAX_DEPTH`].
pub(crate) fn strict(text: &[u8], limit: usize) -> Option<Value> {
    if text.len() > limit {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: MAX_DEPTH }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(value)
}

/// [`strict`], and an object.
pub(crate) fn strict_object(text: &[u8], limit: usize) -> Option<Map<String, Value>> {
    match strict(text, limit)? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(self.inner()?)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(map))
    }
}

/// Deepest nesting read. Certificates nest three or four deep; sixteen leaves room for others'
/// and keeps recursion far from the end of any stack.
pub(crate) const MAX_DEPTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_members_are_refused_at_every_level() {
        assert!(strict(br#"{"a":1,"b":{"a":1}}"#, 100).is_some());
        assert!(strict(br#"{"a":1,"a":2}"#, 100).is_none());
        assert!(strict(br#"[{"x":{"a":1,"\u0061":2}}]"#, 100).is_none());
    }

    #[test]
    fn depth_length_and_tail_are_bounded() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(strict(deep(MAX_DEPTH).as_bytes(), 1 << 20).is_some());
        assert!(strict(deep(MAX_DEPTH + 2).as_bytes(), 1 << 20).is_none());
        assert!(strict(deep(100_000).as_bytes(), 1 << 20).is_none());
        assert!(strict(b"[1]", 2).is_none());
        assert!(strict(b"[1] x", 100).is_none());
    }
}
