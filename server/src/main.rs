//! The program `yinxin`: configuration, wiring, listeners, command line, demo county, and the
//! pages that join domains.

#![allow(
    unreachable_pub,
    reason = "nothing outside reaches into a program; `pub` marks what a module shows to others"
)]

mod app;
mod cli;
mod clock;
mod config;
mod demo;
mod http;
mod kernel;
mod keys;
mod log;
mod pages;
mod stop;

/// glibc's allocator keeps the memory of password hashes for ever; this one gives it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
