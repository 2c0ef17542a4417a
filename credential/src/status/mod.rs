//! Token status lists (IETF OAuth Token Status List): one signed file says for every certificate
//! whether it is valid, revoked or suspended, and whoever fetches it does not tell which one he is
//! looking at.

mod list;
mod snapshot;
mod token;

pub use list::{ListError, MAX_INFLATED, StatusList};
pub use snapshot::{MAX_AGE, Standing, StatusSnapshot, Unknown};
pub use token::{MEDIA_TYPE, StatusToken, TYP, TokenError, sign};

/// One certificate's entry (Token Status List §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 0: valid; also what unused entries say, so that use and disuse look alike.
    Valid,
    /// 1: revoked, for ever.
    Invalid,
    /// 2: suspended, may come back.
    Suspended,
}

impl Status {
    /// The value in the list.
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
        }
    }

    /// Reads a value; application-specific and unassigned ones are `None`.
    pub const fn from_value(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Valid),
            1 => Some(Self::Invalid),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}
