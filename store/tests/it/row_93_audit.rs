//! Row 93 of the attack table: drop, edit, swap, truncate, roll back, fork. Everything is found.

use auth_core::{
    audit::{
        Place, Tampering,
        merkle::{Edge, leaf_hash},
    },
    key::{KeyKind, Signer},
};

use crate::{
    database::{Database, on_both},
    fixture::{ORIGIN, event, sealer, signer, verified},
    log::record,
};

on_both!(
    an_edited_column_is_named,
    a_dropped_record_is_named,
    swapped_records_are_named,
    a_truncated_log_is_named,
    an_added_record_is_named,
    tiles_head_and_checkpoints_that_were_edited_are_named,
    a_rolled_back_database_is_seen_with_an_older_checkpoint,
    a_rewritten_history_is_seen_with_an_older_checkpoint,
    records_not_sealed_yet_are_checked_too,
);

/// 600 records, sealed and signed.
async fn sealed(database: &Database) -> Signer {
    let signer = signer(KeyKind::Ed25519).await;
    record(database, 600).await;
    sealer(&database.stores.log, &signer).seal().await.unwrap();
    assert!(verified(&database.stores.log, &signer, &[]).await.is_untouched());
    signer
}

async fn findings(database: &Database, signer: &Signer) -> Vec<Tampering> {
    verified(&database.stores.log, signer, &[]).await.tampering
}

async fn an_edited_column_is_named(database: Database) {
    let signer = sealed(&database).await;
    let edits = [
        "act = 'x'",
        "actor = 'system'",
        "subject = NULL",
        "outcome = 'refused'",
        "at = at + 1",
        "error_id = 'edited'",
        "detail = X'a0'",
        "detail = NULL",
        "salt = X'0000000000000000000000000000000000000000000000000000000000000000'",
    ];
    let mut at = 10;
    let mut expected = Vec::new();
    for edit in edits {
        database.sql(&format!("UPDATE audit_event SET {edit} WHERE leaf_index = {at}")).await;
        expected.push(Tampering::Changed(Place::Leaf(at)));
        at += 50;
    }
    database.sql("UPDATE audit_event SET salt = X'00' WHERE leaf_index = 599").await;
    expected.push(Tampering::BadSalt(Place::Leaf(599)));
    let found = findings(&database, &signer).await;
    for one in &expected {
        assert!(found.contains(one), "{one} is missing from {found:?}");
    }
    // Each is also not what was sealed there, since the leaf is computed from the columns.
    assert_eq!(found.len(), 2 * expected.len(), "{found:?}");

    // Whoever knows the construction hides the edit from the row, not from the log.
    let log = &database.stores.log;
    let mut row = log.sealed(Some((19, i64::MAX)), 1).await.unwrap().remove(0);
    row.act = "forged".into();
    database
        .sql(&format!(
            "UPDATE audit_event SET act = 'forged', entry_hash = X'{}' WHERE leaf_index = 20",
            hex::encode(row.entry())
        ))
        .await;
    assert!(findings(&database, &signer).await.contains(&Tampering::Replaced(20)));
}

async fn a_dropped_record_is_named(database: Database) {
    let signer = sealed(&database).await;
    database.sql("DELETE FROM audit_event WHERE leaf_index IN (0, 7, 8, 300)").await;
    assert_eq!(
        findings(&database, &signer).await,
        [
            Tampering::Missing { from: 0, until: 1 },
            Tampering::Missing { from: 7, until: 9 },
            Tampering::Missing { from: 300, until: 301 },
        ]
    );
}

async fn swapped_records_are_named(database: Database) {
    let signer = sealed(&database).await;
    database
        .sql(
            "UPDATE audit_event SET leaf_index = 100000 WHERE leaf_index = 5;
             UPDATE audit_event SET leaf_index = 5 WHERE leaf_index = 400;
             UPDATE audit_event SET leaf_index = 400 WHERE leaf_index = 100000",
        )
        .await;
    assert_eq!(
        findings(&database, &signer).await,
        [
            Tampering::Moved { found_at: 5, belongs_at: 400 },
            Tampering::Moved { found_at: 400, belongs_at: 5 },
        ]
    );
    // Dropped and closed up: every later record is at the wrong place.
    database
        .sql(
            "DELETE FROM audit_event WHERE leaf_index = 590;
             UPDATE audit_event SET leaf_index = -leaf_index WHERE leaf_index > 590;
             UPDATE audit_event SET leaf_index = -leaf_index - 1 WHERE leaf_index < 0",
        )
        .await;
    let found = findings(&database, &signer).await;
    assert!(found.contains(&Tampering::Moved { found_at: 590, belongs_at: 591 }), "{found:?}");
    assert!(found.contains(&Tampering::Missing { from: 599, until: 600 }), "{found:?}");
}

async fn a_truncated_log_is_named(database: Database) {
    let signer = sealed(&database).await;
    database.sql("DELETE FROM audit_event WHERE leaf_index >= 590").await;
    let gone = Tampering::Missing { from: 590, until: 600 };
    assert_eq!(findings(&database, &signer).await, [gone]);
    // With head and tiles cut to match, only what was signed tells.
    let mut edge = Edge::default();
    let rows = database.stores.log.sealed(None, 1000).await.unwrap();
    for row in &rows {
        edge.push(leaf_hash(&row.entry()), |_| {});
    }
    rewrite_tree(&database, &edge).await;
    let found = findings(&database, &signer).await;
    assert!(found.contains(&Tampering::RolledBack { signed: 600, stored: 590 }), "{found:?}");
}

async fn an_added_record_is_named(database: Database) {
    let signer = sealed(&database).await;
    let copy = |index: i64| {
        format!(
            "INSERT INTO audit_event (act, actor, outcome, at, salt, entry_hash, leaf_index)
             SELECT act, actor, outcome, at, salt, entry_hash, {index} FROM audit_event
             WHERE leaf_index = 3"
        )
    };
    database.sql("DROP INDEX audit_event_leaf").await;
    for index in [-1, 3, 600] {
        database.sql(&copy(index)).await;
    }
    let found = findings(&database, &signer).await;
    for one in [Tampering::Extra(-1), Tampering::Duplicate(3), Tampering::Extra(600)] {
        assert!(found.contains(&one), "{one} is missing from {found:?}");
    }
}

async fn tiles_head_and_checkpoints_that_were_edited_are_named(database: Database) {
    let signer = sealed(&database).await;
    database.sql("UPDATE audit_tile SET hashes = X'00' WHERE level = 1").await;
    let tile = |level, index| Tampering::TileChanged { level, index };
    assert_eq!(findings(&database, &signer).await, [tile(1, 0)]);
    database.sql("DELETE FROM audit_tile WHERE level = 1 OR position = 2").await;
    let found = findings(&database, &signer).await;
    assert_eq!(found, [tile(0, 2), tile(1, 0)], "{found:?}");
    database.sql(&format!("UPDATE audit_head SET root = X'{}'", "00".repeat(32))).await;
    assert!(findings(&database, &signer).await.contains(&Tampering::HeadChanged));
    database.sql("UPDATE audit_checkpoint SET note = 'yinxin.example'").await;
    let found = findings(&database, &signer).await;
    assert!(found.iter().any(|one| matches!(one, Tampering::BadCheckpoint(_))), "{found:?}");
}

async fn a_rolled_back_database_is_seen_with_an_older_checkpoint(database: Database) {
    let signer = sealed(&database).await;
    let longer = auth_core::audit::Head { size: 700, root: [1; 32] };
    let text = longer.checkpoint_text(ORIGIN);
    let note = auth_core::audit::note::sign(&signer, ORIGIN, &text).await.unwrap();
    let found = verified(&database.stores.log, &signer, &[note]).await;
    assert_eq!(found.tampering, [Tampering::RolledBack { signed: 700, stored: 600 }]);
}

/// The attacker rewrites rows, tiles, head, and signs again with the stolen key: nothing inside
/// the database contradicts anything, only the auditor's old checkpoint does.
async fn a_rewritten_history_is_seen_with_an_older_checkpoint(database: Database) {
    let signer = sealed(&database).await;
    let outside = database.stores.log.checkpoint().await.unwrap().unwrap().note;
    record(&database, 100).await;
    sealer(&database.stores.log, &signer).seal().await.unwrap();
    let outside = [outside];
    assert!(verified(&database.stores.log, &signer, &outside).await.is_untouched());

    let rows = database.stores.log.sealed(None, 1000).await.unwrap();
    let mut edge = Edge::default();
    let mut tiles = Vec::new();
    for mut row in rows {
        if row.index == Some(123) {
            row.subject = Some("somebody else".into());
            let hash = hex::encode(row.entry());
            database
                .sql(&format!(
                    "UPDATE audit_event SET subject = 'somebody else', entry_hash = X'{hash}'
                     WHERE leaf_index = 123"
                ))
                .await;
        }
        edge.push(leaf_hash(&row.entry()), |tile| tiles.push(tile));
    }
    for tile in tiles {
        rewrite_tile(&database, &tile).await;
    }
    rewrite_tree(&database, &edge).await;
    database.sql("DELETE FROM audit_checkpoint").await;
    sealer(&database.stores.log, &signer).seal().await.unwrap();
    assert!(verified(&database.stores.log, &signer, &[]).await.is_untouched(), "the forger hopes");
    let found = verified(&database.stores.log, &signer, &outside).await;
    assert_eq!(found.tampering, [Tampering::Forked(600)]);
}

async fn records_not_sealed_yet_are_checked_too(database: Database) {
    let signer = signer(KeyKind::Ed25519).await;
    database.stores.people.record(event("a").subject("x")).await.unwrap();
    database.stores.people.record(event("b").subject("y")).await.unwrap();
    database.sql("UPDATE audit_event SET subject = 'z' WHERE act = 'b'").await;
    let found = verified(&database.stores.log, &signer, &[]).await;
    assert_eq!(found.unsealed, 2);
    assert!(matches!(found.tampering[..], [Tampering::Changed(Place::Row(_))]), "{found:?}");
}

async fn rewrite_tree(database: &Database, edge: &Edge) {
    for tile in edge.partial_tiles() {
        rewrite_tile(database, &tile).await;
    }
    let (size, root) = (edge.size(), hex::encode(edge.root()));
    database.sql(&format!("UPDATE audit_head SET size = {size}, root = X'{root}'")).await;
}

async fn rewrite_tile(database: &Database, tile: &auth_core::audit::merkle::Tile) {
    let hashes = hex::encode(tile.bytes());
    let (level, index) = (tile.level, tile.index);
    database
        .sql(&format!(
            "UPDATE audit_tile SET hashes = X'{hashes}' WHERE level = {level} AND position = {index}"
        ))
        .await;
}
