//! The commented reference file that `yinxin init` writes.

/// A configuration with every key and what it means. `{…}` are filled in by `init`.
pub const fn reference() -> &'static str {
    REFERENCE
}

const REFERENCE: &str = include_str!("reference.toml");
