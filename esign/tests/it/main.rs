//! Integration tests of signed documents, named after the specification or the row of the security
//! list that they cover.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap fails the test")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    reason = "tests say why they skip, and share their fixtures"
)]

mod cms;
mod pdf;
mod seal;
