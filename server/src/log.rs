//! Structured logs on standard error: JSON lines for `serve`, plain lines elsewhere.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Sets the log up once. `YINXIN_LOG` chooses what is told (`info`, `store=debug,info`).
pub fn start(json: bool, default: &str) {
    let filter = EnvFilter::try_from_env("YINXIN_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in tests, changes nothing.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(true).try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}
