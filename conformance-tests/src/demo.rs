//! A demo county of our own, on a free port, gone when the test ends.
#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A running `yinxin demo`.
#[derive(Debug)]
pub struct Demo {
    process: Child,
    issuer: String,
}

impl Demo {
    /// Starts the program and waits until it is ready. `None`, with the reason printed, when
    /// `$YINXIN_BIN` names none.
    ///
    /// # Panics
    /// When the program is there and does not become ready.
    pub fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("YINXIN_BIN").map(PathBuf::from) else {
            eprintln!("skipped: YINXIN_BIN names no program");
            return None;
        };
        let port = free_port();
        let mut process = Command::new(&program)
            .args(["demo", "--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let output = process.stdout.take().unwrap_or_else(|| panic!("no output"));
        let mut lines = BufReader::new(output).lines();
        let issuer = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ready ").map(str::to_owned))
            .unwrap_or_else(|| panic!("{} ended before it was ready", program.display()));
        // Its further output must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, issuer })
    }

    /// A port that nobody listens on.
    pub fn free_port() -> u16 {
        free_port()
    }

    /// The issuer, as the program printed it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    listener.local_addr().unwrap_or_else(|error| panic!("{error}")).port()
}
