//! Verifying: a pure function of bytes, trust, status and time. The server, the command line and
//! an offline check all call this one.

mod common;
mod port;
mod sd_jwt;
mod yx1;

pub use port::{OfflineVerifier, OnlineVerifier};

use auth_core::{Reason, Report, Timestamp, Verdict};

use crate::{qr, status::StatusSnapshot, trust::TrustList};

/// What a verifier knows about the world.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge<'a> {
    /// Whose signatures count.
    pub trust: &'a TrustList,
    /// The status lists at hand.
    pub status: &'a StatusSnapshot,
    /// Judge as of this time.
    pub now: Timestamp,
}

/// Verifies a certificate or receipt: an SD-JWT VC, a 核验码 in any of its text forms, or a PNG or
/// JPEG picture with one.
///
/// Valid needs an intact signature, a trusted signer, times that hold and a fresh status that says
/// valid. A broken rule is invalid; what could not be checked is undetermined.
pub fn verify(bytes: &[u8], trust: &TrustList, status: &StatusSnapshot, now: Timestamp) -> Report {
    let knowledge = Knowledge { trust, status, now };
    if qr::is_picture(bytes) {
        return picture(bytes, &knowledge);
    }
    match std::str::from_utf8(bytes) {
        Ok(line) => text(line.trim(), &knowledge),
        Err(_) => Report::invalid("unknown", Reason::new("format-unknown")),
    }
}

/// Whether these bytes may be a certificate or receipt: cheap, and never true for a PDF, a CMS
/// message or an OFD file.
pub fn sniff(bytes: &[u8]) -> bool {
    if qr::is_picture(bytes) {
        return true;
    }
    let Ok(line) = std::str::from_utf8(bytes) else { return false };
    let line = line.trim();
    is_code(line) || is_sd_jwt(line)
}

fn text(line: &str, knowledge: &Knowledge<'_>) -> Report {
    if is_sd_jwt(line) {
        sd_jwt::verify(line, knowledge)
    } else if is_code(line) {
        yx1::verify(line, knowledge)
    } else {
        Report::invalid("unknown", Reason::new("format-unknown"))
    }
}

/// The codes of a picture. Foreign ones beside ours are passed over; alone, they are a wrong code.
fn picture(bytes: &[u8], knowledge: &Knowledge<'_>) -> Report {
    let texts = match qr::read(bytes) {
        Ok(texts) => texts,
        Err(error) => {
            tracing::debug!(%error, "no code read");
            let code = match error {
                qr::PictureError::TooLarge => "picture-too-large",
                qr::PictureError::NoCode => "qr-not-found",
                qr::PictureError::Format | qr::PictureError::Malformed => "picture-unreadable",
            };
            // Nothing was read, so nothing was found to be wrong.
            let mut report = Report::invalid("yx1", Reason::new(code));
            report.verdict = Verdict::Undetermined;
            return report;
        }
    };
    let mut ours = texts.iter().filter(|line| crate::yx1::looks_like(line) || is_sd_jwt(line));
    match (ours.next(), ours.next()) {
        (Some(line), None) => text(line.trim(), knowledge),
        (Some(_), Some(_)) => Report::invalid("yx1", Reason::new("several-codes")),
        (None, _) => Report::invalid("yx1", Reason::new("yx1-prefix")),
    }
}

/// Two capital letters, a digit and a colon (`YX1:`, and other schemes' codes, which are then
/// refused by name), or an address with a fragment of that form.
fn is_code(line: &str) -> bool {
    let start = |text: &str| {
        matches!(text.as_bytes(), [a, b, c, b':', ..]
            if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit())
    };
    let web = line.starts_with("https://") || line.starts_with("http://");
    start(line) || (web && line.split_once('#').is_some_and(|(_, fragment)| start(fragment)))
}

/// A JWT and something behind a tilde.
fn is_sd_jwt(line: &str) -> bool {
    line.starts_with("eyJ") && line.contains('~') && !line.contains(char::is_whitespace)
}
