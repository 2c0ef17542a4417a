//! A request to seal a document: asked by one officer, decided by another.

use auth_core::{Timestamp, id::PersonId};
use serde::{Deserialize, Serialize};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// A second officer allowed it; it is being sealed, or sealing failed and may be tried again.
    Approved,
    /// Nobody decided in time; the document is gone.
    Expired,
    /// A second officer refused it.
    Refused,
    /// Sealed; may be fetched until its time is over.
    Sealed,
    /// Waits for a second officer.
    Waiting,
    /// The asker took it back.
    Withdrawn,
}

impl RequestState {
    /// Every state, in alphabetical order.
    pub const ALL: [Self; 6] = [
        Self::Approved,
        Self::Expired,
        Self::Refused,
        Self::Sealed,
        Self::Waiting,
        Self::Withdrawn,
    ];

    /// Stable text for columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Sealed => "sealed",
            Self::Waiting => "waiting",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads what [`RequestState::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Texts of a request; they may name people, so they are stored encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// The file's name, to show and to give back.
    pub file_name: String,
    /// What the asker says about it.
    pub note: String,
}

/// Where a visible seal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The middle of the seal in points from the lower left corner of a page, counted from 0.
    At {
        /// The page.
        page: u32,
        /// To the right.
        x: f32,
        /// Upwards.
        y: f32,
    },
    /// First page, over its middle.
    FirstMiddle,
    /// Last page, lower right, where a letter is signed.
    #[default]
    LastClosing,
    /// Last page, over its middle.
    LastMiddle,
}

impl Place {
    /// The names a form or an application may send.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "first-middle" => Some(Self::FirstMiddle),
            "last-closing" => Some(Self::LastClosing),
            "last-middle" => Some(Self::LastMiddle),
            _ => None,
        }
    }
}

/// May this person decide about that request? The second pair of eyes is never the first
/// (四眼原则): whoever asked may not decide, whatever roles they hold.
///
/// # Errors
/// The rule broken.
pub fn may_decide(
    state: RequestState,
    asked_by: &PersonId,
    expires_at: Timestamp,
    by: &PersonId,
    now: Timestamp,
) -> Result<(), MayNotDecide> {
    if by == asked_by {
        return Err(MayNotDecide::OwnRequest);
    }
    if state != RequestState::Waiting || now >= expires_at {
        return Err(MayNotDecide::NotWaiting);
    }
    Ok(())
}

/// Why somebody may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MayNotDecide {
    /// Decided, withdrawn or expired already.
    #[error("the request waits no more")]
    NotWaiting,
    /// The asker's own request.
    #[error("nobody decides about their own request")]
    OwnRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_decides_about_their_own_request() {
        let (a, b) = (PersonId::from_text("a"), PersonId::from_text("b"));
        let end = Timestamp(10);
        let decide = |state, by, now| may_decide(state, &a, end, by, Timestamp(now));
        for state in RequestState::ALL {
            assert_eq!(decide(state, &a, 1), Err(MayNotDecide::OwnRequest));
            assert_eq!(RequestState::parse(state.as_str()), Some(state));
        }
        assert_eq!(decide(RequestState::Waiting, &b, 9), Ok(()));
        assert_eq!(decide(RequestState::Waiting, &b, 10), Err(MayNotDecide::NotWaiting));
        assert_eq!(decide(RequestState::Refused, &b, 1), Err(MayNotDecide::NotWaiting));
    }
}
