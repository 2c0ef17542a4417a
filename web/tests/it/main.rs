//! The crate's promises, row by row of the attack table, over a router as a room would build one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(unreachable_pub, reason = "shared by the files of one test binary")]

mod assets;
mod dress;
mod frame;
mod row_44_host;
mod row_46_escaping;
mod row_49_framing;
mod row_51_forms;
mod row_52_cookies;
mod session;
mod support;
mod upload;
