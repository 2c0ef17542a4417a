//! Randomness: the operating system's, and adapters between traits.

use std::convert::Infallible;

use auth_core::Random;

/// The operating system's generator (`getrandom(2)`).
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // The port has no error to return, on purpose: without randomness no key may be used.
        #[allow(clippy::expect_used, reason = "Random aborts rather than answer predictably")]
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// A [`Random`] for crates that want a `rand_core` generator.
pub(crate) struct Rng<'a>(pub(crate) &'a dyn Random);

impl rand_core::TryRng for Rng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Rng<'_> {}
