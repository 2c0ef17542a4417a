//! Acts that share a commit do not share their fate; a full queue answers at once.

use std::sync::Arc;

use auth_core::{Fault, audit::Search};

use crate::{
    database::{Database, on_both},
    fixture::{event, person},
};

on_both!(an_act_that_fails_takes_no_neighbour_with_it, closing_commits_what_waits);

/// Foreign keys make every second act fail; the others, mostly in the same batches, stay.
async fn an_act_that_fails_takes_no_neighbour_with_it(database: Database) {
    database.stores.people.add(person("zhangsan"), event("add")).await.unwrap();
    let acts = (0..100_u32).map(|number| {
        let organisations = Arc::clone(&database.stores.organisations);
        tokio::spawn(async move {
            let mandate = auth_core::organisation::Mandate {
                id: auth_core::id::MandateId::from_text(format!("m{number}")),
                agent: auth_core::id::PersonId::from_text("person-zhangsan"),
                principal: auth_core::id::OrganisationId::from_text("nowhere"),
                scope: "all".into(),
                valid_from: crate::fixture::NOW,
                valid_until: None,
            };
            if number % 2 == 0 {
                let refused = organisations.add_mandate(mandate, [0; 32], event("bad")).await;
                assert_eq!(refused, Err(Fault::Corrupt));
            } else {
                let organisation = crate::fixture::organisation(number);
                assert_eq!(organisations.add(organisation, event("good")).await, Ok(true));
            }
        })
    });
    for act in acts.collect::<Vec<_>>() {
        act.await.unwrap();
    }
    assert_eq!(database.count("SELECT COUNT(*) FROM organisation").await, 50);
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event WHERE act = 'good'").await, 50);
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event WHERE act = 'bad'").await, 0);
}

async fn closing_commits_what_waits(database: Database) {
    let acts = (0..50).map(|_| {
        let people = Arc::clone(&database.stores.people);
        tokio::spawn(async move { people.record(event("last")).await })
    });
    let acts: Vec<_> = acts.collect();
    tokio::task::yield_now().await;
    database.stores.close().await;
    let mut answered = 0;
    for act in acts {
        answered += i64::from(act.await.unwrap().is_ok());
    }
    let kept = database.count("SELECT COUNT(*) FROM audit_event").await;
    assert_eq!(kept, answered, "an act is kept if and only if it was answered");
    assert!(database.stores.people.record(event("late")).await.is_err());
    let reads = database.stores.log.search(&Search::default(), None, 1).await;
    assert!(reads.is_err(), "closed means closed");
}

/// Another process holds the write lock: acts wait their turn, and more than the queue holds are
/// told so instead of piling up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_busy_at_once() {
    let database = Database::sqlite().await;
    let path = database.url.split_once('?').unwrap().0.to_owned();
    let mut holder = <sqlx::SqliteConnection as sqlx::Connection>::connect(&path).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let acts: Vec<_> = (0..3000)
        .map(|_| {
            let people = Arc::clone(&database.stores.people);
            tokio::spawn(async move { people.record(event("act")).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    let (mut done, mut busy) = (0, 0);
    for act in acts {
        match act.await.unwrap() {
            Ok(()) => done += 1,
            Err(Fault::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(done >= 1024 && busy > 0, "{done} done, {busy} busy");
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, done);
}
