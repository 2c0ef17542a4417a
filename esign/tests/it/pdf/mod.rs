//! PDF: our output judged by others, others' files judged by us.
#![allow(clippy::print_stderr, reason = "tests say which foreign tool they lacked")]

mod edit;
mod inputs;
mod mutations;
mod openssl;
mod proved_by_others;
mod row_76_byterange;
mod row_77_wrapping;
mod row_78_shadow;
mod row_79_parser_dos;
mod signer;
mod signing;
mod updates;
mod vectors;
