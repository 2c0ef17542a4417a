//! The operating system's clock and randomness, behind the kernel's ports.

use auth_core::{Clock, Random, Timestamp};

/// The operating system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where time enters the program")]
    fn now(&self) -> Timestamp {
        Timestamp::from_datetime(time::OffsetDateTime::now_utc())
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness nothing this program does is safe: stop at once.
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}
