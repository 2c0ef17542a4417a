//! A simulated hardware security module: the token itself.
//!
//! [`Token`] is a [`Keystore`](auth_core::key::Keystore) in process, for the demo and for tests;
//! `hsm-sim/pkcs11` puts the same token behind PKCS#11 for everybody else's tools. Several
//! processes may share one directory of tokens.
//!
//! ```text
//! DIR/lock                  held while a token is made
//! DIR/slot-0/token.json     label, serial number, PINs and their counters
//! DIR/slot-0/lock           held while an object or a PIN changes
//! DIR/slot-0/objects/*.obj  one object each; private ones encrypted under the token key
//! ```
//!
//! The token key is random; Argon2id of the user PIN and of the security officer's PIN each wrap
//! it. Wrong PINs are counted on disk before they are answered, five lock the PIN, and the security
//! officer may set a new one. Files are written whole or not at all, so `kill -9` leaves every
//! token readable; at worst it costs one PIN attempt, or leaves a public half without its private
//! one, which [`Token::check`] names.
//!
//! It refuses to be hardware: who can read the directory can guess PINs offline, and the memory of
//! the process holds the keys in clear. It holds no certificates of its own accord, derives
//! nothing, and lets no private key out.
//!
//! To add a kind of key: give it a file in [`key`], a known answer in `selftest`, its place in
//! `Token`'s capabilities, and mechanisms in `hsm-sim/pkcs11`.

mod check;
mod error;
mod files;
pub mod key;
mod keys;
mod object;
mod objects;
mod pin;
mod port;
mod random;
mod selftest;
mod slot;
mod slots;
mod token;

pub use check::Finding;
pub use error::TokenError;
pub use object::{Class, Flags, Object, ObjectId};
pub use objects::{Objects, ObjectsLock, TokenKey, Version};
pub use pin::{PIN_ATTEMPTS, PIN_MAX, PIN_MIN, Role};
pub use random::OsRandom;
pub use selftest::run as self_test;
pub use slot::{Slot, SlotInfo, SoKey};
pub use slots::Slots;
pub use token::Token;
