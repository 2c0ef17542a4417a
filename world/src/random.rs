//! Randomness that repeats.

use std::sync::Mutex;

use auth_core::Random;
use sha2::{Digest, Sha256};

/// SHA-256 in counter mode over a seed: the same seed gives the same bytes in the same order.
pub struct SeededRandom(Mutex<(u64, u64)>);

impl SeededRandom {
    /// Randomness from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new((seed, 0)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().expect("no test panics while drawing");
        for chunk in buffer.chunks_mut(32) {
            state.1 += 1;
            let mut block = Sha256::new();
            block.update(state.0.to_be_bytes());
            block.update(state.1.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
    }
}
