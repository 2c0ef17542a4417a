//! PIN counters, locks, and the security officer's way back.

use std::sync::Arc;

use auth_core::key::{KeyKind, KeyRef, Keystore};
use hsm_sim::{OsRandom, PIN_ATTEMPTS, Role, Slots, Token, TokenError};

use crate::{SO, USER, on_disk, reopen};

fn open(dir: &tempfile::TempDir, pin: &str) -> Result<Token, TokenError> {
    Token::open(dir.path(), pin, Arc::new(OsRandom))
}

#[tokio::test]
async fn wrong_pins_count_down_to_a_lock_that_the_officer_opens_with_keys_intact() {
    let (dir, token) = on_disk();
    let name = KeyRef::new("seal-1");
    let public = token.generate(&name, KeyKind::P256).await.unwrap();
    for left in (1..PIN_ATTEMPTS).rev() {
        let Err(TokenError::PinIncorrect { attempts_left }) = open(&dir, "wrong") else { panic!() };
        assert_eq!(attempts_left, left);
    }
    assert!(matches!(open(&dir, "wrong").err(), Some(TokenError::PinLocked)));
    assert!(matches!(open(&dir, USER).err(), Some(TokenError::PinLocked)));
    let slot = Slots::open(dir.path()).unwrap().find("county").unwrap();
    assert_eq!(slot.info().unwrap().user_attempts_left, 0);
    let so = slot.login_so(SO.as_bytes()).unwrap();
    slot.init_user_pin(&so, b"new-pin", &OsRandom).unwrap();
    let reopened = open(&dir, "new-pin").unwrap();
    assert_eq!(Some(reopened.public(&name).await.unwrap()), public);
}

#[test]
fn a_right_pin_gives_all_attempts_back() {
    let (dir, _) = on_disk();
    for _ in 0..2 {
        for _ in 1..PIN_ATTEMPTS {
            assert!(open(&dir, "wrong").is_err());
        }
        reopen(&dir);
    }
}

/// The attempt is on disk before the answer: whoever kills the process gains nothing.
#[test]
fn an_attempt_counts_even_when_the_process_dies_in_it() {
    let (dir, _) = on_disk();
    let header = dir.path().join("slot-0/token.json");
    let slot = Slots::open(dir.path()).unwrap().find("county").unwrap();
    let watched = std::thread::spawn(move || slot.login_user(b"wrong").is_err());
    let mut seen = 0;
    while seen == 0 {
        let text = std::fs::read_to_string(&header).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        seen = json["user"]["failures"].as_u64().unwrap();
    }
    assert!(watched.join().unwrap());
}

#[test]
fn pins_change_with_the_old_one_only() {
    let (dir, _) = on_disk();
    let slot = Slots::open(dir.path()).unwrap().find("county").unwrap();
    let wrong = slot.change_pin(Role::User, b"wrong", b"next-pin", &OsRandom);
    assert!(matches!(wrong, Err(TokenError::PinIncorrect { attempts_left: 4 })));
    let short = slot.change_pin(Role::User, USER.as_bytes(), b"abc", &OsRandom);
    assert!(matches!(short, Err(TokenError::PinLength)));
    slot.change_pin(Role::User, USER.as_bytes(), b"next-pin", &OsRandom).unwrap();
    assert!(open(&dir, USER).is_err());
    open(&dir, "next-pin").unwrap();
    slot.change_pin(Role::SecurityOfficer, SO.as_bytes(), b"so-next", &OsRandom).unwrap();
    slot.login_so(b"so-next").map(drop).unwrap();
    assert!(slot.login_so(USER.as_bytes()).is_err());
}

#[tokio::test]
async fn reinitialising_needs_the_officer_and_wipes_the_keys() {
    let (dir, token) = on_disk();
    token.generate(&KeyRef::new("k"), KeyKind::Aes256).await.unwrap();
    let slot = Slots::open(dir.path()).unwrap().find("county").unwrap();
    assert!(slot.reinitialise(b"wrong", "fresh", &OsRandom).is_err());
    token.wrap(&KeyRef::new("k"), b"s", b"").await.unwrap();
    slot.reinitialise(SO.as_bytes(), "fresh", &OsRandom).unwrap();
    assert!(matches!(open(&dir, USER).err(), Some(TokenError::PinUnset)));
    let slot = Slots::open(dir.path()).unwrap().find("fresh").unwrap();
    assert!(slot.objects().ids().unwrap().is_empty());
}
