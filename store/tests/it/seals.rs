//! Seals, requests and uses of seals.

use std::sync::Arc;

use auth_core::{
    Timestamp,
    id::{ClientId, OrganisationId, PersonId, SealId, SealRequestId},
    key::{KeyRef, SignatureAlgorithm},
};
use esign::{
    draw::RoundSeal,
    flow::Format,
    request::{Place, RequestState},
    seal::{ClientRight, Seal, SealState},
    store::{Claim, Claimed, Decision, NewSealing, RequestRow, SealingDone, SealingId},
};

use crate::{
    database::{Database, on_both},
    fixture::{NOW, event},
};

on_both!(
    a_seal_reads_back_as_written_and_its_number_is_taken_once,
    a_state_changes_only_from_the_row_that_was_read,
    rights_are_replaced_and_withdrawn,
    fifty_approvals_at_once_begin_one_sealing,
    the_asker_never_decides_and_only_the_asker_withdraws,
    a_sealing_that_failed_or_broke_off_is_begun_again,
    fifty_claims_of_one_key_begin_one_sealing,
    a_key_is_the_same_different_free_or_full,
    what_is_over_is_forgotten_in_steps,
);

fn seal(id: &str, number: &str) -> Seal {
    Seal {
        id: SealId::from_text(id),
        organisation: OrganisationId::from_text("bureau"),
        face: RoundSeal {
            organisation: "示例县市场监督管理局".to_owned(),
            purpose: Some("专用章".to_owned()),
            number: number.to_owned(),
            diameter_mm: 42.0,
            demo: true,
        },
        picture: (0..=255).collect(),
        state: SealState::Active,
        key: KeyRef::new("seal-1"),
        algorithm: SignatureAlgorithm::Es256,
        chain: vec![vec![0x30, 0], vec![1, 2, 3]],
        valid_until: NOW.plus_seconds(1000),
        made_at: NOW,
        changed_at: NOW,
    }
}

fn row(id: &str) -> RequestRow {
    RequestRow {
        id: SealRequestId::from_text(id),
        seal: SealId::from_text("s1"),
        organisation: OrganisationId::from_text("bureau"),
        asked_by: PersonId::from_text("lisi"),
        asked_at: NOW,
        state: RequestState::Waiting,
        wrapped_key: vec![1],
        texts: vec![2],
        document_hash: [3; 32],
        size: 4,
        format: Format::Pdf,
        place: Place::At { page: 1, x: 2.5, y: 3.0 },
        decided_by: None,
        decided_at: None,
        refusal: None,
        sealing: None,
        sealed_at: None,
        expires_at: NOW.plus_seconds(1000),
    }
}

fn sealing(id: &str, request: Option<&str>, begun_at: Timestamp) -> NewSealing {
    NewSealing {
        id: SealingId(id.to_owned()),
        seal: SealId::from_text("s1"),
        request: request.map(SealRequestId::from_text),
        purpose: "test".to_owned(),
        document_hash: [3; 32],
        begun_at,
    }
}

fn claim(key: u8, fingerprint: u8) -> Claim {
    Claim {
        client: ClientId::from_text("app"),
        key_hash: [key; 32],
        fingerprint: [fingerprint; 32],
        stale_before: NOW.plus_seconds(-60),
        most_kept: 100,
    }
}

fn by(person: &str, request: &str) -> Decision {
    Decision {
        request: SealRequestId::from_text(request),
        by: PersonId::from_text(person),
        at: NOW,
    }
}

fn done(id: &str, output: &[u8]) -> SealingDone {
    SealingDone {
        id: SealingId(id.to_owned()),
        sealed_hash: [9; 32],
        at: NOW,
        output: Some(output.to_vec()),
        keep_until: NOW.plus_seconds(500),
    }
}

async fn with_seal(database: &Database) {
    let added = database.stores.seals.add(seal("s1", "1"), [7; 32], event("make")).await;
    assert_eq!(added, Ok(true));
}

async fn with_request(database: &Database, id: &str) {
    with_seal(database).await;
    let asked = database.stores.seal_requests.ask(row(id), b"doc".to_vec(), 2, event("ask")).await;
    assert_eq!(asked, Ok(true));
}

async fn a_seal_reads_back_as_written_and_its_number_is_taken_once(database: Database) {
    with_seal(&database).await;
    let seals = &database.stores.seals;
    let found = seals.find(&SealId::from_text("s1")).await.unwrap();
    assert_eq!(found, Some((seal("s1", "1"), [7; 32])));
    assert_eq!(seals.add(seal("s2", "1"), [7; 32], event("make")).await, Ok(false));
    assert_eq!(seals.add(seal("s1", "2"), [7; 32], event("make")).await, Ok(false));
    assert_eq!(seals.add(seal("s2", "2"), [7; 32], event("make")).await, Ok(true));
    let bureau = OrganisationId::from_text("bureau");
    assert_eq!(seals.list(Some(&bureau), None, 9).await.unwrap().len(), 2);
    assert_eq!(seals.list(None, Some(&SealId::from_text("s1")), 9).await.unwrap().len(), 1);
    let other = OrganisationId::from_text("other");
    assert!(seals.list(Some(&other), None, 9).await.unwrap().is_empty());
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, 2);
}

async fn a_state_changes_only_from_the_row_that_was_read(database: Database) {
    with_seal(&database).await;
    let seals = &database.stores.seals;
    let suspended = Seal { state: SealState::Suspended, ..seal("s1", "1") };
    let change = |expected| seals.change(suspended.clone(), expected, [8; 32], event("change"));
    assert_eq!(change([1; 32]).await, Ok(false));
    assert_eq!(change([7; 32]).await, Ok(true));
    assert_eq!(change([7; 32]).await, Ok(false));
    let (found, mac) = seals.find(&SealId::from_text("s1")).await.unwrap().unwrap();
    assert_eq!((found.state, mac), (SealState::Suspended, [8; 32]));
}

async fn rights_are_replaced_and_withdrawn(database: Database) {
    with_seal(&database).await;
    let seals = &database.stores.seals;
    let (client, id) = (ClientId::from_text("app"), SealId::from_text("s1"));
    let right = ClientRight {
        client: client.clone(),
        seal: id.clone(),
        valid_from: NOW,
        valid_until: None,
    };
    seals.give_right(right.clone(), [1; 32], event("give")).await.unwrap();
    let ends = ClientRight { valid_until: Some(NOW.plus_seconds(9)), ..right };
    seals.give_right(ends.clone(), [2; 32], event("give")).await.unwrap();
    assert_eq!(seals.rights(&client).await, Ok(vec![(ends, [2; 32])]));
    assert_eq!(seals.withdraw_right(&id, &client, event("withdraw")).await, Ok(true));
    assert_eq!(seals.withdraw_right(&id, &client, event("withdraw")).await, Ok(false));
    assert_eq!(seals.rights(&client).await, Ok(Vec::new()));
}

async fn fifty_approvals_at_once_begin_one_sealing(database: Database) {
    with_request(&database, "r1").await;
    let requests = Arc::clone(&database.stores.seal_requests);
    let tries = (0..50).map(|number| {
        let requests = Arc::clone(&requests);
        let sealing = sealing(&format!("u{number}"), Some("r1"), NOW);
        tokio::spawn(async move {
            let events = [event("approve"), event("intent")];
            requests.approve(by("wangwu", "r1"), sealing, events).await.unwrap()
        })
    });
    let mut approved = 0;
    for attempt in tries.collect::<Vec<_>>() {
        approved += usize::from(attempt.await.unwrap());
    }
    assert_eq!(approved, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM esign_sealing").await, 1);
    let found = requests.find(&SealRequestId::from_text("r1")).await.unwrap().unwrap();
    assert_eq!(found.state, RequestState::Approved);
    assert_eq!(found.place, Place::At { page: 1, x: 2.5, y: 3.0 });
    let id = found.sealing.unwrap();
    let sealings = &database.stores.sealings;
    assert_eq!(sealings.finish(done(&id.0, b"out"), event("done")).await, Ok(true));
    assert_eq!(sealings.finish(done(&id.0, b"again"), event("done")).await, Ok(false));
    assert_eq!(sealings.output(&id).await, Ok(Some(b"out".to_vec())));
    let found = requests.find(&SealRequestId::from_text("r1")).await.unwrap().unwrap();
    assert_eq!((found.state, found.sealed_at), (RequestState::Sealed, Some(NOW)));
}

async fn the_asker_never_decides_and_only_the_asker_withdraws(database: Database) {
    with_request(&database, "r1").await;
    let requests = &database.stores.seal_requests;
    let events = || [event("approve"), event("intent")];
    let own = requests.approve(by("lisi", "r1"), sealing("u1", Some("r1"), NOW), events()).await;
    assert_eq!(own, Ok(false));
    assert_eq!(requests.refuse(by("lisi", "r1"), vec![1], event("refuse")).await, Ok(false));
    assert_eq!(requests.withdraw(by("wangwu", "r1"), event("withdraw")).await, Ok(false));
    let late = Decision { at: NOW.plus_seconds(1000), ..by("wangwu", "r1") };
    let late = requests.approve(late, sealing("u1", Some("r1"), NOW), events()).await;
    assert_eq!(late, Ok(false), "its time is over");
    assert_eq!(database.count("SELECT COUNT(*) FROM esign_sealing").await, 0);
    assert_eq!(requests.withdraw(by("lisi", "r1"), event("withdraw")).await, Ok(true));
    assert_eq!(requests.refuse(by("wangwu", "r1"), vec![1], event("refuse")).await, Ok(false));
    let bureau = OrganisationId::from_text("bureau");
    assert_eq!(requests.waiting(&bureau, 9).await, Ok(Vec::new()));
    assert_eq!(requests.asked_by(&PersonId::from_text("lisi"), 9).await.unwrap().len(), 1);
}

async fn a_sealing_that_failed_or_broke_off_is_begun_again(database: Database) {
    with_request(&database, "r1").await;
    let stores = &database.stores;
    let (requests, sealings) = (&stores.seal_requests, &stores.sealings);
    let events = [event("approve"), event("intent")];
    let first = sealing("u1", Some("r1"), NOW);
    assert_eq!(requests.approve(by("wangwu", "r1"), first, events).await, Ok(true));
    let id = SealRequestId::from_text("r1");
    let again = |name: &'static str, stale| {
        let (id, new) = (id.clone(), sealing(name, Some("r1"), NOW.plus_seconds(100)));
        async move { requests.begin_again(&id, new, stale, event("intent")).await }
    };
    assert_eq!(again("u2", NOW).await, Ok(false), "still under way");
    assert_eq!(again("u2", NOW.plus_seconds(1)).await, Ok(true), "broke off");
    assert_eq!(sealings.finish(done("u1", b"late"), event("done")).await, Ok(false));
    let open = sealings.open(NOW.plus_seconds(1000), 9).await.unwrap();
    assert_eq!(open.len(), 2, "the abandoned one stays visible beside the one under way");
    sealings.fail(&SealingId("u2".to_owned()), NOW, event("fail")).await.unwrap();
    assert_eq!(again("u3", NOW).await, Ok(true), "failed");
    assert_eq!(sealings.finish(done("u3", b"out"), event("done")).await, Ok(true));
    assert_eq!(again("u4", NOW.plus_seconds(999)).await, Ok(false), "sealed");
    assert_eq!(sealings.open(NOW.plus_seconds(1000), 9).await.unwrap().len(), 1);
}

async fn fifty_claims_of_one_key_begin_one_sealing(database: Database) {
    with_seal(&database).await;
    let sealings = Arc::clone(&database.stores.sealings);
    let tries = (0..50).map(|number| {
        let sealings = Arc::clone(&sealings);
        let new = sealing(&format!("u{number}"), None, NOW);
        tokio::spawn(async move { sealings.claim(new, claim(1, 1), event("intent")).await })
    });
    let mut new = 0;
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap().unwrap() {
            Claimed::New => new += 1,
            Claimed::InProgress => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(new, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM esign_sealing").await, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, 2);
}

async fn a_key_is_the_same_different_free_or_full(database: Database) {
    with_seal(&database).await;
    let sealings = &database.stores.sealings;
    let claiming = |id: &'static str, claim: Claim| {
        sealings.claim(sealing(id, None, NOW), claim, event("intent"))
    };
    assert_eq!(sealings.claimed(&claim(1, 1)).await, Ok(None));
    assert_eq!(claiming("u1", claim(1, 1)).await, Ok(Claimed::New));
    assert_eq!(claiming("u2", claim(1, 2)).await, Ok(Claimed::Different));
    let finished = sealings.finish(done("u1", &[5; 100]), event("done")).await;
    assert_eq!(finished, Ok(true));
    assert_eq!(claiming("u2", claim(1, 1)).await, Ok(Claimed::Same(vec![5; 100])));
    assert_eq!(sealings.claimed(&claim(1, 2)).await, Ok(Some(Claimed::Different)));
    assert_eq!(claiming("u2", claim(2, 1)).await, Ok(Claimed::Full), "100 bytes are kept");
    let roomy = Claim { most_kept: 101, ..claim(2, 1) };
    assert_eq!(claiming("u2", roomy.clone()).await, Ok(Claimed::New));
    sealings.fail(&SealingId("u2".to_owned()), NOW, event("fail")).await.unwrap();
    let other = Claim { fingerprint: [9; 32], ..roomy };
    assert_eq!(claiming("u3", other.clone()).await, Ok(Claimed::New), "what failed frees its key");
    let stale = Claim { stale_before: NOW.plus_seconds(1), ..other };
    assert_eq!(claiming("u4", stale).await, Ok(Claimed::New), "what broke off too");
    let open = sealings.open(NOW.plus_seconds(1), 9).await.unwrap();
    assert_eq!(open.len(), 2);
}

async fn what_is_over_is_forgotten_in_steps(database: Database) {
    with_request(&database, "r1").await;
    let stores = &database.stores;
    let (requests, sealings) = (&stores.seal_requests, &stores.sealings);
    assert_eq!(requests.ask(row("r2"), vec![1], 2, event("ask")).await, Ok(true));
    assert_eq!(requests.ask(row("r3"), vec![1], 2, event("ask")).await, Ok(false), "two are kept");
    sealings.claim(sealing("u1", None, NOW), claim(1, 1), event("intent")).await.unwrap();
    sealings.finish(done("u1", b"out"), event("done")).await.unwrap();
    let long_ago = NOW.plus_seconds(-999);
    assert_eq!(requests.sweep(NOW, long_ago, 9).await, Ok(0));
    assert_eq!(sealings.sweep(NOW, long_ago, 9).await, Ok(0));

    let later = NOW.plus_seconds(1000);
    assert_eq!(requests.sweep(later, long_ago, 9).await, Ok(4), "two expire, two documents go");
    let id = SealRequestId::from_text("r1");
    assert_eq!(requests.document(&id).await, Ok(None));
    assert_eq!(requests.find(&id).await.unwrap().unwrap().state, RequestState::Expired);
    assert_eq!(requests.ask(row("r3"), vec![1], 2, event("ask")).await, Ok(true));
    assert_eq!(sealings.sweep(later, long_ago, 9).await, Ok(1));
    assert_eq!(sealings.claimed(&claim(1, 1)).await, Ok(None), "the key may be used anew");
    assert_eq!(sealings.sweep(later, later, 9).await, Ok(1), "the row goes when it is old");
    assert_eq!(requests.sweep(later, NOW.plus_seconds(1001), 1).await, Ok(3), "one of each");
    assert_eq!(database.count("SELECT COUNT(*) FROM esign_sealing").await, 0);
}
