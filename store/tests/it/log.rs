//! The audit log: every act recorded, sealed by any node, signed, searchable.

use std::sync::Arc;

use auth_core::{
    Fault,
    audit::{Head, Log, SealError, Search, TilePath, Value},
    key::KeyKind,
};

use crate::{
    database::{Database, on_both},
    fixture::{ORIGIN, event, note_key, sealer, signer, verified},
};

on_both!(
    an_empty_log_verifies,
    every_record_is_sealed_once_by_four_sealers,
    checkpoints_open_with_every_kind_of_key,
    detail_and_search_read_back,
    a_sealer_refuses_to_sign_a_fork,
);

pub async fn record(log: &Database, count: usize) {
    let acts = (0..count).map(|number| {
        let people = Arc::clone(&log.stores.people);
        let number = i64::try_from(number).unwrap();
        tokio::spawn(async move {
            let event = event("test.act").subject(format!("s{number}")).with("n", number);
            while people.record(event.clone()).await == Err(Fault::Busy) {
                tokio::task::yield_now().await;
            }
        })
    });
    for act in acts.collect::<Vec<_>>() {
        act.await.unwrap();
    }
}

async fn an_empty_log_verifies(database: Database) {
    let signer = signer(KeyKind::Ed25519).await;
    let found = verified(&database.stores.log, &signer, &[]).await;
    assert!(found.is_untouched() && found.head.size == 0 && found.unsealed == 0, "{found:?}");
    let head = sealer(&database.stores.log, &signer).seal().await.unwrap();
    assert_eq!(head.size, 0);
    let found = verified(&database.stores.log, &signer, &[]).await;
    assert!(found.is_untouched() && found.checkpoints == 1, "{found:?}");
}

async fn every_record_is_sealed_once_by_four_sealers(database: Database) {
    let signer = signer(KeyKind::Ed25519).await;
    let nodes = [Arc::clone(&database.stores.log), database.again().await.log];
    for round in 0..3 {
        record(&database, 300).await;
        let sealers = (0..4).map(|number: usize| {
            let sealer = sealer(&nodes[number % 2], &signer);
            tokio::spawn(async move { sealer.seal().await.unwrap() })
        });
        for sealed in sealers.collect::<Vec<_>>() {
            sealed.await.unwrap();
        }
        let found = verified(&database.stores.log, &signer, &[]).await;
        assert!(found.is_untouched(), "{found:?}");
        assert_eq!((found.head.size, found.unsealed), (300 * (round + 1), 0));
    }
    record(&database, 3).await;
    let found = verified(&database.stores.log, &signer, &[]).await;
    assert!(found.is_untouched() && found.unsealed == 3, "the tail apart: {found:?}");
    let log: &dyn Log = database.stores.log.as_ref();
    let full = TilePath::parse("tile/0/002").unwrap();
    let bytes = log.tile(full.level, full.index).await.unwrap().unwrap();
    assert_eq!(full.cut(&bytes).map(<[u8]>::len), Some(8192));
    let partial = TilePath::parse("tile/1/000.p/3").unwrap();
    let bytes = log.tile(partial.level, partial.index).await.unwrap().unwrap();
    assert_eq!(partial.cut(&bytes).map(<[u8]>::len), Some(96));
    assert_eq!(log.tile(2, 0).await, Ok(None));
}

async fn checkpoints_open_with_every_kind_of_key(database: Database) {
    for (round, kind) in [KeyKind::Ed25519, KeyKind::P256, KeyKind::Sm2].into_iter().enumerate() {
        database.sql("DELETE FROM audit_checkpoint").await;
        let signer = signer(kind).await;
        record(&database, 2).await;
        let head = sealer(&database.stores.log, &signer).seal().await.unwrap();
        assert_eq!(head.size, 2 * (round as u64 + 1));
        let note = database.stores.log.checkpoint().await.unwrap().unwrap().note;
        let key = note_key(&signer);
        let copy = auth_core::audit::NoteKey::parse(&key.verifier_key()).unwrap();
        assert_eq!(Head::open(&note, ORIGIN, &[copy]), Some(head), "{note}");
        assert_eq!(Head::open(&note, "other.example", &[key]), None);
    }
}

async fn detail_and_search_read_back(database: Database) {
    let people = &database.stores.people;
    let told = event("seal.use")
        .subject("seal-1")
        .with("hash", Value::Bytes(vec![1, 255]))
        .with("ok", true)
        .with("n", -5_i64)
        .with("why", "章");
    people.record(told).await.unwrap();
    record(&database, 5).await;
    let log: &dyn Log = database.stores.log.as_ref();
    let search = Search { subject: Some("seal-1".into()), ..Search::default() };
    let found = log.search(&search, None, 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].is_intact());
    let json = serde_json::to_string(&found[0].detail_json()).unwrap();
    assert_eq!(json, r#"{"hash":"01ff","n":-5,"ok":true,"why":"章"}"#);
    let all = log.search(&Search::default(), None, 4).await.unwrap();
    let rest = log.search(&Search::default(), Some(all[3].row), 4).await.unwrap();
    assert_eq!((all.len(), rest.len()), (4, 2), "pages, newest first");
}

async fn a_sealer_refuses_to_sign_a_fork(database: Database) {
    let signer = signer(KeyKind::Ed25519).await;
    let ours = sealer(&database.stores.log, &signer);
    record(&database, 10).await;
    ours.seal().await.unwrap();
    record(&database, 1).await;
    // Somebody rolls the whole log back and starts again, checkpoints included.
    database.sql("UPDATE audit_event SET leaf_index = NULL").await;
    database.sql("DELETE FROM audit_event WHERE subject = 's3'").await;
    database.sql("DELETE FROM audit_tile").await;
    database.sql("DELETE FROM audit_checkpoint").await;
    database
        .sql(
            "UPDATE audit_head SET size = 0, root =
             X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        )
        .await;
    assert_eq!(ours.seal().await, Err(SealError::Forked(10)), "this process remembers");
    assert_eq!(database.stores.log.checkpoint().await, Ok(None), "and signs nothing");
}
