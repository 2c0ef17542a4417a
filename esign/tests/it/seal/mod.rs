//! The seal domain on a whole county: real store, real authority, real token.

mod api;
mod county;
mod desk;
mod letter;
mod life;
mod pages;
mod proved_by_others;
mod row_76_77_bytes;

use county::{County, draft, letter};
