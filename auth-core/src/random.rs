//! Randomness as a port, so that tests can fix it.

/// A cryptographically secure source of random bytes.
///
/// Implementations abort rather than return predictable bytes: there is no error to ignore.
pub trait Random: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Random + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}
