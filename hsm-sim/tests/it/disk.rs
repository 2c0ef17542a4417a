//! Several openers of one directory, and what damage does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, SignatureAlgorithm, ToSign};
use hsm_sim::{OsRandom, Slots, Token, TokenError};

use crate::{SO, USER, on_disk, reopen};

fn objects(dir: &tempfile::TempDir) -> Vec<PathBuf> {
    let folder = dir.path().join("slot-0/objects");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_key_made_or_destroyed_by_one_opener_is_so_for_the_other() {
    let (dir, one) = on_disk();
    let two = reopen(&dir);
    let name = KeyRef::new("oidc-es256");
    let public = one.generate(&name, KeyKind::P256).await.unwrap();
    assert_eq!(Some(two.public(&name).await.unwrap()), public);
    assert_eq!(
        two.generate(&name, KeyKind::P256).await.unwrap_err(),
        KeyError::Exists(name.clone())
    );
    two.destroy(&name).await.unwrap();
    // Documented: a key destroyed elsewhere may sign for another 100 ms.
    tokio::time::sleep(Duration::from_millis(120)).await;
    let message = ToSign::Message(b"late");
    let late = one.sign(&name, SignatureAlgorithm::Es256, message).await;
    assert_eq!(late.unwrap_err(), KeyError::Missing(name));
    assert!(objects(&dir).is_empty());
}

#[tokio::test]
async fn of_parallel_generations_under_one_name_one_wins() {
    let (dir, _) = on_disk();
    let name = KeyRef::new("seal-race");
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (token, name) = (reopen(&dir), name.clone());
        tasks.push(tokio::spawn(async move { token.generate(&name, KeyKind::P256).await }));
    }
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error, KeyError::Exists(name.clone())),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(objects(&dir).len(), 2);
    assert_eq!(reopen(&dir).check().unwrap(), []);
}

#[tokio::test]
async fn a_damaged_object_is_named_and_the_other_keys_go_on() {
    let (dir, token) = on_disk();
    token.generate(&KeyRef::new("good"), KeyKind::Sm2).await.unwrap();
    let before = objects(&dir);
    token.generate(&KeyRef::new("kek"), KeyKind::Aes256).await.unwrap();
    let file = objects(&dir).into_iter().find(|path| !before.contains(path)).unwrap();
    let whole = fs::read(&file).unwrap();
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x20;
        fs::write(&file, bytes).unwrap();
        let findings = token.check().unwrap();
        assert_eq!(findings.len(), 1, "byte {position}");
        assert_eq!(findings[0].path, file);
    }
    let reopened = reopen(&dir);
    reopened.public(&KeyRef::new("good")).await.unwrap();
    // Not "missing": nobody may think the name is free and make another key in its place.
    let unreadable = reopened.wrap(&KeyRef::new("kek"), b"s", b"").await;
    assert!(matches!(unreadable, Err(KeyError::Unavailable(_))), "{unreadable:?}");
    let replaced = reopened.generate(&KeyRef::new("kek"), KeyKind::Aes256).await;
    assert!(matches!(replaced, Err(KeyError::Unavailable(_))), "{replaced:?}");
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(token.check().unwrap().len(), 1);
    // Restored from a backup, it serves again without a restart.
    fs::write(&file, &whole).unwrap();
    reopened.wrap(&KeyRef::new("kek"), b"s", b"").await.unwrap();
    assert_eq!(reopened.check().unwrap(), []);
}

#[tokio::test]
async fn objects_do_not_open_under_another_name_or_in_another_token() {
    let (dir, token) = on_disk();
    token.generate(&KeyRef::new("kek"), KeyKind::Sm4).await.unwrap();
    let file = objects(&dir).pop().unwrap();
    let renamed = file.with_file_name(format!("{}.obj", "00".repeat(16)));
    fs::copy(&file, &renamed).unwrap();
    assert_eq!(token.check().unwrap()[0].path, renamed);
    let (other_dir, other) = on_disk();
    fs::copy(&file, other_dir.path().join("slot-0/objects").join(file.file_name().unwrap()))
        .unwrap();
    assert_eq!(other.check().unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_secret_lies_in_the_clear_and_nobody_else_may_read() {
    let (dir, token) = on_disk();
    token.generate(&KeyRef::new("labelled-key"), KeyKind::Aes256).await.unwrap();
    for file in objects(&dir) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"labelled-key"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
    }
    let slot = fs::metadata(dir.path().join("slot-0")).unwrap();
    assert_eq!(slot.permissions().mode() & 0o077, 0);
}

#[test]
fn several_tokens_live_side_by_side() {
    let (dir, _) = on_disk();
    Token::create(dir.path(), "second", SO, "654321", Arc::new(OsRandom)).unwrap();
    let twice = Token::create(dir.path(), "second", SO, USER, Arc::new(OsRandom));
    assert!(matches!(twice.err().unwrap(), TokenError::Exists(_)));
    let vague = Token::open(dir.path(), USER, Arc::new(OsRandom));
    assert!(matches!(vague.err().unwrap(), TokenError::Refused(_)));
    Token::open_labelled(dir.path(), "second", b"654321", Arc::new(OsRandom)).unwrap();
    let numbers: Vec<_> =
        Slots::open(dir.path()).unwrap().tokens().unwrap().into_iter().map(|(n, _)| n).collect();
    assert_eq!(numbers, [0, 1]);
    let missing = Token::open(&dir.path().join("nowhere"), USER, Arc::new(OsRandom));
    assert!(matches!(missing.err().unwrap(), TokenError::Missing(_)));
}
