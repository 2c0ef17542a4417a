//! One decision for the page, the REST interface and the command line: who verifies these bytes.

use std::sync::Arc;

use auth_core::{
    Reason, Report, Timestamp, Verdict,
    port::{DocumentVerifier, VerifyInput},
};

/// Verifies bytes with the first verifier that recognises them.
///
/// What nobody recognises is undetermined, not invalid: it was not checked at all.
pub async fn judge(
    verifiers: &[Arc<dyn DocumentVerifier>],
    bytes: &[u8],
    content: Option<&[u8]>,
    at: Timestamp,
) -> Report {
    match verifiers.iter().find(|verifier| verifier.sniff(bytes)) {
        Some(verifier) => verifier.verify(VerifyInput { bytes, content, at }).await,
        None => Report {
            verdict: Verdict::Undetermined,
            reasons: vec![Reason::new("format-unknown")],
            kind: "unknown".to_owned(),
            signatures: Vec::new(),
            statement: serde_json::Map::new(),
        },
    }
}
