//! Random tampering with a log in memory: all of it is found.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use super::{
    Actor, Event, Head, KeptCheckpoint, Log, NoteKey, Outcome, Record, Search,
    merkle::{Edge, leaf_hash},
    verify,
};
use crate::{
    clock::Timestamp,
    fault::Fault,
    key::{PublicKey, SignatureAlgorithm},
};

/// A log in memory, every part of it open to the attacker.
#[derive(Clone)]
struct Rows {
    records: Vec<Record>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    head: Head,
    checkpoint: KeptCheckpoint,
}

struct InMemory(Mutex<Rows>);

#[async_trait]
impl Log for InMemory {
    async fn seal(&self, _limit: u32) -> Result<u32, Fault> {
        Ok(0)
    }

    async fn head(&self) -> Result<Head, Fault> {
        Ok(self.0.lock().unwrap().head)
    }

    async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.lock().unwrap().tiles.get(&(level, index)).cloned())
    }

    async fn keep_checkpoint(&self, _size: u64, _note: &str) -> Result<(), Fault> {
        Ok(())
    }

    async fn checkpoint(&self) -> Result<Option<KeptCheckpoint>, Fault> {
        Ok(Some(self.0.lock().unwrap().checkpoint.clone()))
    }

    async fn checkpoints(&self, _limit: u32) -> Result<Vec<KeptCheckpoint>, Fault> {
        Ok(vec![self.0.lock().unwrap().checkpoint.clone()])
    }

    async fn sealed(&self, after: Option<(i64, i64)>, limit: u32) -> Result<Vec<Record>, Fault> {
        let rows = self.0.lock().unwrap();
        let place = |record: &Record| record.index.map(|index| (index, record.row));
        let mut sealed: Vec<_> =
            rows.records.iter().filter(|r| place(r) > after).cloned().collect();
        sealed.retain(|record| record.index.is_some());
        sealed.sort_by_key(place);
        sealed.truncate(limit as usize);
        Ok(sealed)
    }

    async fn unsealed(&self, after: Option<i64>, limit: u32) -> Result<Vec<Record>, Fault> {
        let rows = self.0.lock().unwrap();
        let unsealed = rows.records.iter().filter(|r| r.index.is_none() && Some(r.row) > after);
        Ok(unsealed.take(limit as usize).cloned().collect())
    }

    async fn search(
        &self,
        _search: &Search,
        _before: Option<i64>,
        _limit: u32,
    ) -> Result<Vec<Record>, Fault> {
        Ok(Vec::new())
    }
}

/// xorshift64*: reproducible from the printed seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % bound
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        bytes[at] ^= 1 << self.below(8);
    }
}

fn original(size: usize, key: &ring::signature::Ed25519KeyPair) -> Rows {
    let mut edge = Edge::default();
    let mut tiles = BTreeMap::new();
    let mut records = Vec::new();
    for number in 0..size {
        let n = i64::try_from(number).unwrap();
        let event = Event::new("act", Actor::Cli(1), Outcome::Done, Timestamp(n))
            .subject(format!("subject {number}"))
            .with("n", n);
        let salt = [u8::try_from(number % 251).unwrap(); 32];
        edge.push(leaf_hash(&event.entry(&salt)), |tile| {
            tiles.insert((tile.level, tile.index), tile.bytes());
        });
        records.push(Record {
            row: n + 1,
            index: Some(n),
            act: "act".into(),
            actor: "cli:1".into(),
            subject: event.subject.clone(),
            outcome: "done".into(),
            at: n,
            error_id: None,
            detail: Some(event.detail_cbor()),
            salt: salt.to_vec(),
            entry_hash: event.entry(&salt).to_vec(),
        });
    }
    for tile in edge.partial_tiles() {
        tiles.insert((tile.level, tile.index), tile.bytes());
    }
    let head = Head { size: edge.size(), root: edge.root() };
    let text = head.checkpoint_text("log");
    let id = note_key(key).id();
    let signature = [&id[..], key.sign(text.as_bytes()).as_ref()].concat();
    let line = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
    let note = format!("{text}\n\u{2014} log {line}\n");
    Rows { records, tiles, head, checkpoint: KeptCheckpoint { size: head.size, note } }
}

fn note_key(key: &ring::signature::Ed25519KeyPair) -> NoteKey {
    let bytes: [u8; 32] = ring::signature::KeyPair::public_key(key).as_ref().try_into().unwrap();
    let public = PublicKey::from_ed25519(&bytes).unwrap();
    NoteKey::new("log", SignatureAlgorithm::EdDsa, public).unwrap()
}

/// One act of an attacker; what it was.
fn tamper(rows: &mut Rows, dice: &mut Dice) -> &'static str {
    let at = dice.below(rows.records.len());
    let other = (at + 1 + dice.below(rows.records.len() - 1)) % rows.records.len();
    let record = &mut rows.records[at];
    match dice.below(14) {
        0 => record.act.push('x'),
        1 => record.subject = None,
        2 => record.at += 1,
        3 => dice.flip(&mut record.salt),
        4 => dice.flip(&mut record.entry_hash),
        5 => dice.flip(record.detail.as_mut().unwrap()),
        6 => {
            // Changed consistently, by somebody who knows the construction.
            record.outcome = "refused".into();
            record.entry_hash = record.entry().to_vec();
            return "consistent edit";
        }
        7 => {
            rows.records.remove(at);
            return "drop";
        }
        8 => {
            let index = rows.records[at].index;
            rows.records[at].index = rows.records[other].index;
            rows.records[other].index = index;
            return "swap";
        }
        9 => {
            rows.records.truncate(at);
            return "truncate";
        }
        10 => {
            let mut copy = rows.records[at].clone();
            copy.row = 1_000_000;
            copy.index = rows.records[other].index;
            rows.records.push(copy);
            return "add";
        }
        11 => {
            let tiles = rows.tiles.len();
            let tile = rows.tiles.values_mut().nth(dice.below(tiles)).unwrap();
            dice.flip(tile);
            return "tile";
        }
        12 => {
            dice.flip(&mut rows.head.root);
            return "head";
        }
        _ => {
            // The whole database as it was some time ago; the newest checkpoint is outside.
            let mut edge = Edge::default();
            rows.records.truncate(at);
            rows.tiles.clear();
            for record in &rows.records {
                edge.push(leaf_hash(&record.entry()), |tile| {
                    rows.tiles.insert((tile.level, tile.index), tile.bytes());
                });
            }
            for tile in edge.partial_tiles() {
                rows.tiles.insert((tile.level, tile.index), tile.bytes());
            }
            rows.head = Head { size: edge.size(), root: edge.root() };
            return "rollback";
        }
    }
    "edit"
}

#[tokio::test]
async fn every_random_tampering_is_found() {
    let key = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let rows = original(300, &key);
    let keys = [note_key(&key)];
    let log = InMemory(Mutex::new(rows.clone()));
    let clean = verify(&log, "log", &keys, &[]).await.unwrap();
    assert!(clean.is_untouched() && clean.checkpoints == 1, "{clean:?}");
    // 10,000 with YINXIN_LONG; the seed is printed so that a failure can be had again.
    let trials = if std::env::var_os("YINXIN_LONG").is_some() { 10_000 } else { 100 };
    let seed = std::env::var("YINXIN_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut dice = Dice(seed.unwrap_or(0x5eed_a0d1_7109));
    println!("seed {}", dice.0);
    for trial in 0..trials {
        let mut tampered = rows.clone();
        let what = tamper(&mut tampered, &mut dice);
        *log.0.lock().unwrap() = tampered;
        let found = verify(&log, "log", &keys, &[]).await.unwrap();
        assert!(!found.is_untouched(), "trial {trial}: {what} was not found");
    }
}
