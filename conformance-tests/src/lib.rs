//! Black-box tests: the program named by `$YINXIN_BIN` is started and driven by foreign clients and
//! validators. Nothing of ours is linked; what these tests know is in the contract.
//!
//! Without `$YINXIN_BIN` each test says so and passes: `./scripts/test` sets it.

mod demo;
mod house;
mod http;

pub use demo::Demo;
pub use house::{House, Node, PASSWORD};
pub use http::{Answer, Browser, exchange};
