//! Passwords: Argon2id verifiers (RFC 9106), and which passwords are accepted (NIST SP 800-63B-4).

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{fault::Fault, person::Username};

/// Cost of one hash. Every login pays it, so it is configuration; the default is OWASP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HashCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

impl HashCost {
    /// Whether Argon2 accepts this cost, and it is not so high that one login stops the program.
    pub fn is_sane(self) -> bool {
        self.memory_kib <= 1024 * 1024
            && self.iterations <= 64
            && Params::new(self.memory_kib, self.iterations, self.parallelism, Some(32)).is_ok()
    }
}

/// Hashes and checks passwords off the request path, on a bounded pool. Owner: `oidc-provider`.
#[async_trait]
pub trait HashPool: Send + Sync {
    /// [`hash`] on the pool; [`Fault::Busy`] when its queue is full.
    async fn hash(&self, password: Zeroizing<String>) -> Result<String, Fault>;

    /// [`matches`] on the pool; [`Fault::Busy`] when its queue is full.
    async fn matches(
        &self,
        password: Zeroizing<String>,
        verifier: Zeroizing<String>,
    ) -> Result<bool, Fault>;
}

/// The verifier (PHC string) of a password.
pub fn hash(password: &str, salt: &[u8; 16], cost: HashCost) -> Option<String> {
    let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(32)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password_with_salt(normal(password).as_bytes(), salt).ok()?;
    Some(hash.to_string())
}

/// Whether a password belongs to a verifier. Anything longer than [`MAX_PASSWORD_BYTES`] does not.
pub fn matches(password: &str, verifier: &str) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let Ok(hash) = argon2::PasswordHash::new(verifier) else { return false };
    Argon2::default().verify_password(normal(password).as_bytes(), &hash).is_ok()
}

/// Whether a new password is good enough. No composition rules, no periodic change (SP 800-63B-4
/// §3.1.1.2): length counts, and it must not be what an attacker tries first.
pub fn check_new(
    password: &str,
    username: &Username,
    min_chars: usize,
) -> Result<(), WeakPassword> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(WeakPassword::TooLong);
    }
    let folded = caseless::default_case_fold_str(&normal(password));
    if folded.chars().count() < min_chars {
        return Err(WeakPassword::TooShort);
    }
    let distinct: std::collections::BTreeSet<char> = folded.chars().collect();
    let steps = |step: i64| {
        let points: Vec<i64> = folded.chars().map(|c| i64::from(u32::from(c))).collect();
        points.windows(2).filter(|pair| pair[1] - pair[0] == step).count() * 4
            > folded.chars().count() * 3
    };
    if distinct.len() < 5 || steps(1) || steps(-1) {
        return Err(WeakPassword::Guessable);
    }
    if folded.contains(username.as_str()) {
        return Err(WeakPassword::HoldsUsername);
    }
    Ok(())
}

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Few different characters, or a run such as `123456789…`.
    #[error("too easy to guess")]
    Guessable,
    /// It contains the user name.
    #[error("contains the user name")]
    HoldsUsername,
    /// Longer than [`MAX_PASSWORD_BYTES`].
    #[error("too long")]
    TooLong,
    /// Fewer characters than the policy asks for.
    #[error("too short")]
    TooShort,
}

/// NFKC, so that the same password typed on another keyboard is the same bytes.
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}

/// Longest password looked at, bytes: far above the 64 characters that must be allowed, far below
/// what makes normalising and hashing costly.
pub const MAX_PASSWORD_BYTES: usize = 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    const CHEAP: HashCost = HashCost { memory_kib: 8, iterations: 1, parallelism: 1 };

    #[test]
    fn a_verifier_matches_its_password_only() {
        let verifier = hash("正确的密码 horse", &[1; 16], CHEAP).unwrap();
        assert!(verifier.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(matches("正确的密码 horse", &verifier));
        assert!(matches("正确的密码 ｈｏｒｓｅ", &verifier), "full-width input method");
        assert!(!matches("正确的密码 horsf", &verifier));
        assert!(!matches("x", "not a verifier"));
    }

    /// Row 56: no truncation at any length that is allowed, nothing above it is hashed.
    #[test]
    fn every_byte_counts_and_monsters_are_not_hashed() {
        let long = "a".repeat(MAX_PASSWORD_BYTES);
        let verifier = hash(&long, &[1; 16], CHEAP).unwrap();
        assert!(matches(&long, &verifier));
        assert!(!matches(&long[..MAX_PASSWORD_BYTES - 1], &verifier));
        assert!(!matches(&"a".repeat(10 << 20), &verifier));
    }

    #[test]
    fn new_passwords() {
        let name = Username::parse("zhangsan").unwrap();
        let check = |text| check_new(text, &name, 12);
        assert_eq!(check("Yinxin-demo-2026"), Ok(()));
        assert_eq!(check("short"), Err(WeakPassword::TooShort));
        assert_eq!(check("aaaaaaaaaaaaaaaaaa"), Err(WeakPassword::Guessable));
        assert_eq!(check("123456789:;<=>?@"), Err(WeakPassword::Guessable));
        assert_eq!(check("my-ZhangSan-password"), Err(WeakPassword::HoldsUsername));
        assert_eq!(check(&"长".repeat(2000)), Err(WeakPassword::TooLong));
    }
}
