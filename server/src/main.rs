//! The program `yinxin`: configuration, wiring, listeners, command line, demo county, and the
//! pages that join domains.

mod app;
mod cli;
mod clock;
mod config;
mod demo;
mod http;
mod kernel;
mod keys;
mod pages;
mod stop;

fn main() -> std::process::ExitCode {
    cli::run()
}
