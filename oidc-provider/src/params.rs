//! Request parameters as sent: bounded, and never silently one of two.

/// Decoded `application/x-www-form-urlencoded` parameters of a query or a body, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes; refuses what is too long or has too many parts, before any of it is used.
    pub(crate) fn parse(encoded: &str) -> Result<Self, TooMany> {
        if encoded.len() > MAX_ENCODED
            || encoded.bytes().filter(|b| *b == b'&').count() >= MAX_PARAMS
        {
            return Err(TooMany);
        }
        let pairs = form_urlencoded::parse(encoded.as_bytes());
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// The value of a parameter; empty counts as absent (RFC 6749 §3.1).
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Repeated),
            (Some(value), None) if !value.is_empty() => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    /// The value of a parameter that appears once; `None` when absent, empty or repeated.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        self.one(name).ok().flatten()
    }

    /// The first parameter, among those named, that appears more than once.
    pub(crate) fn repeated<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.one(name).is_err())
    }
}

/// More parameters than any request of ours has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A parameter that appears more than once (RFC 6749 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// Longest encoded query or form body, bytes: room for a `claims` parameter and a long `state`.
pub(crate) const MAX_ENCODED: usize = 8 * 1024;
/// Most parameters in one request; OpenID Connect and its extensions define about forty.
const MAX_PARAMS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_and_empty_parameters() {
        let params = Params::parse("a=1&b=&c=1&c=2&d=%E5%BC%A0").unwrap();
        assert_eq!(params.one("a"), Ok(Some("1")));
        assert_eq!(params.one("b"), Ok(None));
        assert_eq!(params.one("c"), Err(Repeated));
        assert_eq!(params.one("d"), Ok(Some("张")));
        assert_eq!(params.repeated(&["a", "c"]), Some("c"));
        assert_eq!(Params::parse(&"a&".repeat(65)), Err(TooMany));
        assert_eq!(Params::parse(&"a".repeat(MAX_ENCODED + 1)), Err(TooMany));
    }
}
