//! The command line: administration verbs open the configured store and keystore directly and run
//! the same flows as the server, beside a running one too.

pub mod args;
mod audit;
mod bare;
mod bench;
mod certificates;
mod clients;
mod doctor;
mod fetch;
mod init;
mod organisations;
pub mod output;
pub mod pem;
mod people;
mod seals;
mod serve;
mod store;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use auth_core::audit::Actor;
use clap::Parser;

use crate::{
    config::{self, ConfigRefused},
    demo,
    kernel::Kernel,
    log,
};
use args::{Cli, Command, ConfigArgs};

/// Runs the command line; the exit code is 0 for done, 1 for failed, 64 for misuse, and for
/// `verify` the verdict's own.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(dispatch(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn dispatch(command: Command) -> Result<ExitCode> {
    match &command {
        Command::Serve(_) => log::start(true, "info"),
        _ => log::start(false, "error"),
    }
    match command {
        Command::Demo(args) => return demo::run(args).await,
        Command::Serve(args) => return serve::run(args).await,
        Command::Audit(verb) => return audit::run(verb).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Cert(verb) => certificates::certs(verb).await,
        Command::Credential(verb) => certificates::credentials(verb).await,
        Command::Seal(verb) => seals::run(verb).await,
        Command::Sign(args) => seals::sign(args).await,
        Command::Verify(args) => return verify::run(args).await,
        Command::Doctor(args) => return doctor::run(args).await,
        Command::Client(verb) => clients::run(verb).await,
        Command::Init(args) => init::run(args).await,
        Command::Migrate(args) => store::migrate(args).await,
        Command::User(verb) => people::run(verb).await,
        Command::Org(verb) => organisations::run(verb).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the kernel of a configuration file.
async fn kernel(args: &ConfigArgs) -> Result<Kernel> {
    Kernel::open(config::load(&args.config)?).await
}

/// The operator, as the audit log names them.
fn operator() -> Actor {
    use std::os::unix::fs::MetadataExt;
    // The owner of our own process entry is the user who runs us; no FFI needed.
    Actor::Cli(std::fs::metadata("/proc/self").map_or(u32::MAX, |entry| entry.uid()))
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let usage = error.downcast_ref::<ConfigRefused>().is_some()
        || error.downcast_ref::<output::Usage>().is_some();
    output::complain(error);
    ExitCode::from(if usage { USAGE } else { 1 })
}

/// Exit code of every usage error (`EX_USAGE` of sysexits).
const USAGE: u8 = 64;
