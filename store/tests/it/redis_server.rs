//! A private Redis server in a temporary folder.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

pub struct RedisServer {
    child: Child,
    folder: tempfile::TempDir,
    pub url: String,
}

impl RedisServer {
    /// `None`, with the reason printed, when there is no `redis-server`.
    pub async fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("redis+unix://{}", folder.path().join("s").display());
        let child = spawn(&folder)?;
        let server = Self { child, folder, url };
        server.wait_until_up().await;
        Some(server)
    }

    /// Kills the server and starts it again: everything is forgotten.
    pub async fn restart(&mut self) {
        self.kill();
        self.child = spawn(&self.folder).unwrap();
        self.wait_until_up().await;
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub async fn command(&self, words: &[&str]) -> redis::Value {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.unwrap()
    }

    async fn wait_until_up(&self) {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        for _ in 0..200 {
            if client.get_multiplexed_async_connection().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("redis-server did not come up");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &tempfile::TempDir) -> Option<Child> {
    let spawned = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no"])
        .arg("--unixsocket")
        .arg(folder.path().join("s"))
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn();
    match spawned {
        Ok(child) => Some(child),
        Err(error) => {
            eprintln!("skipped: redis-server: {error}");
            None
        }
    }
}
