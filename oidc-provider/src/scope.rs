//! Scopes: words of permission, each explained to the person who gives it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A set of scope words in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads a space-delimited `scope` (RFC 6749 §3.3). `None` when a word has a character outside
    /// `%x21 / %x23-5B / %x5D-7E`, is too long, or there are too many.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            if word.len() > MAX_WORD || !word.bytes().all(allowed) || words.len() >= MAX_WORDS {
                return None;
            }
            words.insert(word.to_owned());
        }
        Some(Self(words))
    }

    /// A set of words known to be right.
    pub fn of(words: &[&str]) -> Self {
        Self(words.iter().map(|word| (*word).to_owned()).collect())
    }

    /// Whether the word is in the set.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Whether every word of `other` is in the set.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// The words in both.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The words in either.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The words in this set and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words in alphabetical order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, word) in self.words().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

/// Posts held and organisations acted for.
pub const ORG: &str = "org";
/// Refresh tokens that outlive the browser session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// An OpenID Connect request (Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Mobile number.
pub const PHONE: &str = "phone";
/// Name and user name.
pub const PROFILE: &str = "profile";

/// Scopes that speak of a person; a client's own scopes (`seal`, `credential.issue`) are its
/// registration's.
pub const PERSONAL: [&str; 5] = [OFFLINE_ACCESS, OPENID, ORG, PHONE, PROFILE];

/// Longest scope word, bytes.
const MAX_WORD: usize = 64;
/// Most scope words in one request.
const MAX_WORDS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_set_in_order() {
        let scopes = Scopes::parse("profile openid  openid").unwrap();
        assert_eq!(scopes.to_string(), "openid profile");
        assert!(Scopes::parse("open\"id").is_none());
        assert!(Scopes::parse("名").is_none());
        assert!(Scopes::parse(&"a ".repeat(3)).is_some());
        let many: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        assert!(Scopes::parse(&many.join(" ")).is_none());
    }
}
