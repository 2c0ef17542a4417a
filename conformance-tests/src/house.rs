//! Production in a temporary folder: PostgreSQL, Redis, an installation, nodes that can be killed.
#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use crate::demo::free_port;

/// An installation on PostgreSQL and Redis.
pub struct House {
    program: PathBuf,
    folder: tempfile::TempDir,
    postgres: Child,
    redis: Child,
    /// Ports of the nodes; the first is the issuer's.
    pub ports: [u16; 2],
    redis_port: u16,
    postgres_port: u16,
}

impl House {
    /// Starts the engines and installs the program with one security administrator. `None`, with
    /// the reason printed, when a program is missing.
    ///
    /// # Panics
    /// When the programs are there and something does not come up.
    pub fn build() -> Option<Self> {
        let Some(program) = std::env::var_os("YINXIN_BIN").map(PathBuf::from) else {
            eprintln!("skipped: YINXIN_BIN names no program");
            return None;
        };
        let Some(bin) = postgres_bin() else {
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        if Command::new("redis-server").arg("--version").output().is_err() {
            eprintln!("skipped: redis-server is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let (postgres_port, redis_port) = (free_port(), free_port());
        let postgres = start_postgres(&bin, folder.path(), postgres_port);
        let redis = Command::new("redis-server")
            .args(["--port", &redis_port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server: {error}"));
        let ports = [free_port(), free_port()];
        let house = Self { program, folder, postgres, redis, ports, redis_port, postgres_port };
        house.install();
        Some(house)
    }

    /// The issuer: the first node's address.
    pub fn issuer(&self) -> String {
        format!("http://localhost:{}", self.ports[0])
    }

    /// The address of a node.
    pub fn node_url(&self, node: usize) -> String {
        format!("http://localhost:{}", self.ports[node])
    }

    /// Runs a verb of the command line with this installation's configuration.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn yinxin(&self, words: &[&str], input: &str) -> Output {
        let mut child = Command::new(&self.program)
            .args(words)
            .arg("--config")
            .arg(self.config(0))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}"));
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output().unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`House::yinxin`] with `--json`, which must succeed; the JSON it printed.
    ///
    /// # Panics
    /// When it does not succeed or prints no JSON.
    pub fn json(&self, words: &[&str], input: &str) -> serde_json::Value {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.yinxin(&words, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null)
    }

    /// Starts a node and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn start(&self, node: usize) -> Node {
        let mut process = Command::new(&self.program)
            .args(["serve", "--config"])
            .arg(self.config(node))
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}"));
        let output = process.stdout.take().unwrap_or_else(|| panic!("no output"));
        let mut lines = BufReader::new(output).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("ready "));
        assert!(ready, "node {node} ended before it was ready");
        std::thread::spawn(move || lines.for_each(drop));
        Node { process }
    }

    /// Makes Redis forget everything.
    ///
    /// # Panics
    /// When redis-cli fails.
    pub fn flush_redis(&self) {
        let done = Command::new("redis-cli")
            .args(["-p", &self.redis_port.to_string(), "flushall"])
            .output()
            .unwrap_or_else(|error| panic!("redis-cli: {error}"));
        assert!(done.status.success());
    }

    /// The whole database as SQL text.
    ///
    /// # Panics
    /// When pg_dump fails.
    pub fn dump(&self) -> String {
        let bin = postgres_bin().unwrap_or_else(|| panic!("no PostgreSQL"));
        let done = Command::new(bin.join("pg_dump"))
            .arg(self.database_url())
            .output()
            .unwrap_or_else(|error| panic!("pg_dump: {error}"));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Runs SQL behind the program's back.
    ///
    /// # Panics
    /// When psql fails.
    pub fn sql(&self, sql: &str) -> String {
        let done = Command::new("psql")
            .args(["-v", "ON_ERROR_STOP=1", "-At", "-c", sql])
            .arg(self.database_url())
            .output()
            .unwrap_or_else(|error| panic!("psql: {error}"));
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn install(&self) {
        let directory = self.folder.path().join("house");
        let done = Command::new(&self.program)
            .args(["init", "--issuer", &self.issuer(), "--county", "测试县"])
            .args(["--database", &self.database_url()])
            .args(["--listen", &format!("127.0.0.1:{}", self.ports[0])])
            .arg("--directory")
            .arg(&directory)
            .output()
            .unwrap_or_else(|error| panic!("{error}"));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = fs::read_to_string(directory.join("yinxin.toml"))
            .unwrap_or_else(|error| panic!("{error}"));
        let text =
            text.replace("hosts = []", &format!("hosts = [\"localhost:{}\"]", self.ports[1]));
        let cache =
            format!("[cache]\nurl = \"redis://127.0.0.1:{}\"\n\n[keystore]", self.redis_port);
        let text = text.replacen("[keystore]", &cache, 1);
        for (node, port) in self.ports.iter().enumerate() {
            let mine = text.replace(
                &format!("listen = [\"127.0.0.1:{}\"]", self.ports[0]),
                &format!("listen = [\"127.0.0.1:{port}\"]"),
            );
            let path = self.config(node);
            fs::write(&path, mine).unwrap_or_else(|error| panic!("{error}"));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                .unwrap_or_else(|error| panic!("{error}"));
        }
        let enrolled = self.yinxin(&["user", "enrol", "admin", "--name", "管理员"], PASSWORD);
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
    }

    fn config(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("house/node{node}.toml"))
    }

    fn database_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/yinxin", self.postgres_port)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for child in [&mut self.postgres, &mut self.redis] {
            // SIGINT is PostgreSQL's fast shutdown; its children end with it.
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        }
        std::thread::sleep(Duration::from_millis(500));
        for child in [&mut self.postgres, &mut self.redis] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A running node; killed (SIGKILL) when dropped.
pub struct Node {
    process: Child,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The password of everybody in the house.
pub const PASSWORD: &str = "Yinxin-test-2026";

fn postgres_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> =
        versions.flatten().map(|entry| entry.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop()
}

/// A private cluster, owned by the user `postgres` when we are root, which PostgreSQL refuses.
fn start_postgres(bin: &Path, folder: &Path, port: u16) -> Child {
    let data = folder.join("postgres");
    let root = fs::metadata("/proc/self").is_ok_and(|me| {
        use std::os::unix::fs::MetadataExt;
        me.uid() == 0
    });
    fs::create_dir(&data).unwrap_or_else(|error| panic!("{error}"));
    let as_owner = |program: PathBuf| {
        if !root {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    };
    if root {
        for path in [folder, &data] {
            let done = Command::new("chown").arg("postgres").arg(path).status();
            assert!(done.is_ok_and(|status| status.success()), "chown {}", path.display());
        }
    }
    let made = as_owner(bin.join("initdb"))
        .args([
            "--data-checksums",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-D",
        ])
        .arg(&data)
        .output()
        .unwrap_or_else(|error| panic!("initdb: {error}"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = as_owner(bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("postgres: {error}"));
    for _ in 0..200 {
        let created = Command::new("psql")
            .args(["-c", "CREATE DATABASE yinxin"])
            .arg(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
            .output();
        if created.is_ok_and(|done| done.status.success()) {
            return server;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = server.kill();
    let _ = server.wait();
    panic!("PostgreSQL did not come up")
}
