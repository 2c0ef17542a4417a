//! The authority and the verifier, judged by each other and by foreign programs.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod authority;
mod foreign_readers;
mod openssl;
mod pkits;
mod row_85_crl;
mod row_86_path;
mod row_88_sm2_certificate;
mod support;
