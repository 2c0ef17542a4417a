//! The verifiers as the portal and the command line hold them.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use auth_core::{
    Reason, Report, Timestamp, Verdict,
    port::{DocumentVerifier, VerifyInput},
};
use tokio::sync::Semaphore;

use super::{sniff, verify};
use crate::{flow::Registry, qr, status::StatusSnapshot, trust::TrustList};

/// Verifies with a trust file and a status file, and nothing else.
#[derive(Clone, Debug)]
pub struct OfflineVerifier {
    /// Whose signatures count.
    pub trust: Arc<TrustList>,
    /// The status lists at hand.
    pub status: Arc<StatusSnapshot>,
}

#[async_trait]
impl DocumentVerifier for OfflineVerifier {
    fn sniff(&self, bytes: &[u8]) -> bool {
        sniff(bytes)
    }

    async fn verify(&self, input: VerifyInput<'_>) -> Report {
        verify(input.bytes, &self.trust, &self.status, input.at)
    }
}

/// Verifies with our own trust list and our own status lists as they are now.
pub struct OnlineVerifier {
    registry: Arc<Registry>,
    /// The lists verified last: the same token is not verified twice.
    snapshot: Mutex<StatusSnapshot>,
    /// Pictures searched at a time.
    pictures: Semaphore,
}

impl OnlineVerifier {
    /// A verifier over this register.
    pub fn new(registry: Arc<Registry>) -> Self {
        let pictures = Semaphore::new(PICTURES_AT_ONCE);
        Self { registry, snapshot: Mutex::default(), pictures }
    }

    /// Searching a picture is a second's work at worst: away from the threads that answer others,
    /// a few at a time.
    async fn picture(&self, input: VerifyInput<'_>, snapshot: StatusSnapshot) -> Report {
        let _turn = self.pictures.acquire().await;
        let (bytes, at) = (input.bytes.to_vec(), input.at);
        let trust = Arc::clone(&self.registry.trust);
        let work = move || verify(&bytes, &trust, &snapshot, at);
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
            tracing::error!(%error, "searching a picture failed");
            let mut report = Report::invalid("yx1", Reason::new("picture-unreadable"));
            report.verdict = Verdict::Undetermined;
            report
        })
    }

    async fn current(&self, now: Timestamp) -> StatusSnapshot {
        let tokens = match self.registry.snapshot_file(now).await {
            Ok(tokens) => tokens,
            Err(fault) => {
                // Without lists every status is unknown, and the answer undetermined.
                tracing::error!(%fault, "status lists are not at hand");
                return StatusSnapshot::empty();
            }
        };
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        for token in tokens.lines() {
            snapshot.add(token, &self.registry.trust, now);
        }
        snapshot.clone()
    }
}

#[async_trait]
impl DocumentVerifier for OnlineVerifier {
    fn sniff(&self, bytes: &[u8]) -> bool {
        sniff(bytes)
    }

    async fn verify(&self, input: VerifyInput<'_>) -> Report {
        let snapshot = self.current(input.at).await;
        if qr::is_picture(input.bytes) {
            return self.picture(input, snapshot).await;
        }
        verify(input.bytes, &self.registry.trust, &snapshot, input.at)
    }
}

/// Two cores busy with strangers' pictures are enough.
const PICTURES_AT_ONCE: usize = 2;
