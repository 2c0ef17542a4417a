//! PDF: our output judged by others, others' files judged by us.

mod inputs;
mod openssl;
mod proved_by_others;
