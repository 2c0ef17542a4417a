//! Integration tests of `credential`, one file per specification or row of the security table.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(clippy::print_stdout, reason = "a skipped test says why")]

mod county;
mod soft;
mod vectors;

mod certificates;
mod hcert_vectors;
mod proofs;
mod rfc9901_sd_jwt;
mod row_69_sd_jwt_digests;
mod row_70_claim_shadowing;
mod row_73_status_list;
mod row_74_cbor_cose;
mod row_75_qr_payloads;
mod status_list_vectors;
mod yx1_text;
