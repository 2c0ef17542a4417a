//! What can go wrong with a token directory and the keys in it.

use std::path::PathBuf;

use auth_core::key::KeyError;

/// Why a token did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A file does not hold what it must: changed, truncated, or of another token.
    #[error("{path}: {detail}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// An object or token of this name exists already.
    #[error("{0} exists already")]
    Exists(String),
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// No object or token of this name.
    #[error("{0} not found")]
    Missing(String),
    /// A wrong PIN; so many attempts are left.
    #[error("PIN incorrect, {attempts_left} attempts left")]
    PinIncorrect {
        /// Attempts before the PIN locks.
        attempts_left: u32,
    },
    /// A new PIN is shorter than [`crate::PIN_MIN`] or longer than [`crate::PIN_MAX`] bytes.
    #[error("a PIN has 4 to 64 bytes")]
    PinLength,
    /// Too many wrong PINs: the security officer must set a new user PIN.
    #[error("PIN locked")]
    PinLocked,
    /// The security officer has set no user PIN yet.
    #[error("no user PIN has been set")]
    PinUnset,
    /// The key, its kind or its attributes do not allow this.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The cryptography under the token fails its known answers: nothing may be signed with it.
    #[error("self-test failed: {0}")]
    SelfTest(&'static str),
    /// A key kind or algorithm that this token does not know.
    #[error("unsupported: {0}")]
    Unsupported(String),
}

impl TokenError {
    /// The error as the key port knows it, for an operation on the key `name`.
    pub(crate) fn for_key(self, name: &auth_core::key::KeyRef) -> KeyError {
        match self {
            Self::Exists(_) => KeyError::Exists(name.clone()),
            Self::Missing(_) => KeyError::Missing(name.clone()),
            Self::PinIncorrect { .. } | Self::PinLocked | Self::PinUnset => KeyError::Locked,
            Self::Refused(detail) => KeyError::Refused(detail.to_owned()),
            Self::Unsupported(what) => KeyError::Unsupported(what),
            Self::Corrupt { .. } | Self::Io { .. } | Self::PinLength | Self::SelfTest(_) => {
                KeyError::Unavailable(self.to_string())
            }
        }
    }
}
