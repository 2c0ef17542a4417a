//! `kill -9` at any moment leaves a token that opens, with every acknowledged key in it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use auth_core::key::{KeyKind, KeyRef, Keystore};
use hsm_sim::{OsRandom, Token};

use crate::{USER, on_disk, reopen};

const CHILD: &str = "HSM_SIM_KILL_CHILD";

/// Not a test by itself: the process that the next test kills. It makes and destroys keys and says
/// so after each act.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else { return };
    let token = Token::open(dir.as_ref(), USER, Arc::new(OsRandom)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut out = std::io::stderr();
        for number in 0.. {
            let name = KeyRef::new(format!("k{}-{number}", std::process::id()));
            token.generate(&name, KeyKind::P256).await.unwrap();
            writeln!(out, "made {name}").unwrap();
            if to_be_destroyed(name.as_str()) {
                token.destroy(&name).await.unwrap();
                writeln!(out, "gone {name}").unwrap();
            }
        }
    });
}

#[tokio::test]
async fn every_acknowledged_key_survives_twelve_kills() {
    let (dir, _) = on_disk();
    let mut made = HashSet::new();
    let mut gone = HashSet::new();
    for round in 0..12_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "row_92_kill::child", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = follow(child.stderr.take().unwrap());
        // Odd rounds kill wherever the child happens to be, even while it opens the token.
        let first = if round % 2 == 0 { lines.recv().ok() } else { None };
        std::thread::sleep(Duration::from_millis(7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in first.into_iter().chain(lines) {
            match line.split_once(' ') {
                Some(("made", name)) => made.insert(name.to_owned()),
                Some(("gone", name)) => gone.insert(name.to_owned()),
                _ => continue,
            };
        }
        let token = reopen(&dir);
        for name in made.difference(&gone) {
            let there = token.public(&KeyRef::new(name.clone())).await.is_ok();
            // The kill may fall between a destruction and its acknowledgement.
            assert!(there || to_be_destroyed(name), "{name}");
        }
        for name in &gone {
            assert!(token.public(&KeyRef::new(name.clone())).await.is_err(), "{name}");
        }
        let damaged: Vec<_> =
            token.check().unwrap().into_iter().filter(|finding| finding.label.is_none()).collect();
        assert_eq!(damaged, []);
    }
    assert!(made.len() >= 6);
}

fn to_be_destroyed(name: &str) -> bool {
    name.ends_with(['2', '5', '8'])
}

fn follow(stderr: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}
