//! The pages that join domains, over a county in a test. The program is a binary without a library,
//! so its pages are compiled into this test.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(unreachable_pub, dead_code, reason = "the pages are written for the program")]

#[path = "../../src/pages/mod.rs"]
mod pages;

mod administration;
mod fallbacks;
mod house;
mod row_46_51_pages;
mod row_63_paths;
mod templates;
mod verification;
