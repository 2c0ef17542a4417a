//! Reading columns back into the kernel's types.

use auth_core::Fault;

/// A column of 32 bytes: a hash or a MAC. Any other length means that somebody edited the row.
pub(crate) fn hash_column(bytes: Vec<u8>) -> Result<[u8; 32], Fault> {
    bytes.try_into().map_err(|_| Fault::Corrupt)
}
