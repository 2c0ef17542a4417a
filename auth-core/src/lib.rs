//! The kernel of Yinxin: statements, keys, time, people and the log.
//!
//! Everything Yinxin issues is a statement, signed by a key in a keystore, at a known time,
//! recorded in one log, and revocable. This crate holds what the three domains share to make such
//! statements: who people and organisations are and who may act for whom, how they prove it, the
//! key port, JOSE, audit events and the clock.
//!
//! It refuses to be a web server, a database or a driver: no HTTP, no SQL, no FFI, no runtime.
//!
//! To add a cross-domain port: declare the smallest trait that serves in [`port`], implement it in
//! the domain that owns the answer, join both in `server`, and record why in `docs/decisions/`.

pub mod aead;
pub mod audit;
pub mod cache;
pub mod clock;
pub mod directory;
pub mod fault;
pub mod id;
pub mod jose;
pub mod key;
pub mod login;
pub mod organisation;
pub mod password;
pub mod person;
pub mod port;
pub mod profile;
pub mod random;
pub mod role;
pub mod secret;
pub mod session;
pub mod vault;
pub mod verdict;

pub use clock::{Clock, Timestamp};
pub use fault::{ErrorId, Fault};
pub use profile::Profile;
pub use random::Random;
pub use verdict::{Reason, Report, SignatureReport, Verdict};
