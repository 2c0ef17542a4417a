//! Authorities, certificates and revocation lists: a number is used once, one revocation counts,
//! list numbers only grow, however many ask at once.

use std::sync::Arc;

use auth_core::{Timestamp, id::CaId, key::KeyRef};
use pki::{
    ca::CaPorts,
    cert::Serial,
    crl::RevocationReason,
    store::{Authority, Issuance, PublishedCrl, Reservation, Revoke, RevokeOutcome},
};

use crate::{
    database::{Database, on_both},
    fixture::{NOW, event},
};

on_both!(
    a_number_is_reserved_recorded_and_revoked_once,
    an_authority_comes_with_its_own_certificate_or_not_at_all,
    lists_of_many_nodes_only_grow,
    unfinished_reservations_are_found_in_steps,
);

async fn a_number_is_reserved_recorded_and_revoked_once(database: Database) {
    let certificates = ports(&database).certificates;
    assert!(certificates.reserve(reservation(1, NOW), event("cert.reserve")).await.unwrap());
    assert!(!certificates.reserve(reservation(1, NOW), event("cert.reserve")).await.unwrap());
    let recorded = at_once(50, |_| {
        let certificates = Arc::clone(&certificates);
        async move { certificates.record(issuance(1), event("cert.issue")).await.unwrap() }
    });
    assert_eq!(recorded.await.into_iter().filter(|done| *done).count(), 1);
    let revoked = at_once(50, |index| {
        let certificates = Arc::clone(&certificates);
        let at = NOW.plus_seconds(index);
        async move { certificates.revoke(revoke(1, at), event("cert.revoke")).await.unwrap() }
    });
    let revoked = revoked.await;
    assert_eq!(revoked.iter().filter(|outcome| **outcome == RevokeOutcome::Done).count(), 1);
    assert!(!revoked.contains(&RevokeOutcome::Unknown));
    let unknown = certificates.revoke(revoke(9, NOW), event("cert.revoke")).await;
    assert_eq!(unknown, Ok(RevokeOutcome::Unknown));
    let row = certificates.find(&ca(), serial(1)).await.unwrap().unwrap();
    assert_eq!(row.certificate.as_deref(), Some(&[1_u8][..]));
    assert_eq!(row.not_after, NOW.plus_seconds(60));
    let entries = certificates.revoked(&ca()).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(Some((entries[0].revoked_at, entries[0].reason)), row.revoked);
    assert_eq!(certificates.find(&ca(), serial(2)).await, Ok(None));
}

async fn an_authority_comes_with_its_own_certificate_or_not_at_all(database: Database) {
    let CaPorts { authorities, certificates, .. } = ports(&database);
    let add = || authorities.add(authority(), issuance(1), event("ca.create"));
    assert!(add().await.is_err(), "no reservation, no authority");
    assert_eq!(authorities.find(&ca()).await, Ok(None));
    certificates.reserve(reservation(1, NOW), event("cert.reserve")).await.unwrap();
    assert_eq!(add().await, Ok(true));
    assert_eq!(add().await, Ok(false));
    assert_eq!(authorities.find(&ca()).await, Ok(Some(authority())));
    assert_eq!(authorities.list().await, Ok(vec![authority()]));
    let row = certificates.find(&ca(), serial(1)).await.unwrap().unwrap();
    assert!(row.certificate.is_some());
}

async fn lists_of_many_nodes_only_grow(database: Database) {
    let lists = ports(&database).lists;
    assert_eq!(lists.latest(&ca()).await, Ok(None));
    assert_eq!(lists.publish(list(1, 0), event("crl.sign")).await, Ok(true));
    let published = at_once(20, |index| {
        let lists = Arc::clone(&lists);
        async move { lists.publish(list(2, index), event("crl.sign")).await.unwrap() }
    });
    assert_eq!(published.await.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(lists.publish(list(1, 0), event("crl.sign")).await, Ok(false), "never back");
    assert_eq!(lists.publish(list(7, 0), event("crl.sign")).await, Ok(true));
    assert_eq!(lists.latest(&ca()).await, Ok(Some(list(7, 0))));
    assert_eq!(lists.latest(&CaId::from_text("other")).await, Ok(None));
}

async fn unfinished_reservations_are_found_in_steps(database: Database) {
    let certificates = ports(&database).certificates;
    for number in 1..=6 {
        let at = NOW.plus_seconds(i64::from(number));
        certificates.reserve(reservation(number, at), event("cert.reserve")).await.unwrap();
    }
    certificates.record(issuance(1), event("cert.issue")).await.unwrap();
    certificates.revoke(revoke(2, NOW), event("cert.revoke")).await.unwrap();
    let before = NOW.plus_seconds(6);
    let found = certificates.unfinished(before, 2).await.unwrap();
    assert_eq!(found, [(ca(), serial(3)), (ca(), serial(4))]);
    assert_eq!(certificates.unfinished(before, 100).await.unwrap().len(), 3);
    let late = certificates.record(issuance(2), event("cert.issue")).await;
    assert_eq!(late, Ok(false), "given up is given up");
    let page = certificates.list(&ca(), Some(serial(2)), 3).await.unwrap();
    let numbers: Vec<Serial> = page.iter().map(|row| row.serial).collect();
    assert_eq!(numbers, [serial(3), serial(4), serial(5)]);
}

fn ports(database: &Database) -> CaPorts {
    database.stores.ca.clone()
}

/// Runs `count` acts at the same time.
async fn at_once<T, F>(count: i64, act: impl Fn(i64) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|index| tokio::spawn(act(index))).collect();
    let mut out = Vec::new();
    for task in tasks {
        out.push(task.await.unwrap());
    }
    out
}

fn ca() -> CaId {
    CaId::from_text("seal")
}

fn serial(number: u8) -> Serial {
    Serial::from_hex(&format!("40{}{number:02x}", "00".repeat(14))).unwrap()
}

fn authority() -> Authority {
    Authority {
        id: ca(),
        key: KeyRef::new("ca-seal"),
        parent: Some(CaId::from_text("root")),
        certificate: vec![1],
        created_at: NOW,
    }
}

fn reservation(number: u8, at: Timestamp) -> Reservation {
    Reservation {
        ca: ca(),
        serial: serial(number),
        profile: "seal",
        subject: "CN=示例县".to_owned(),
        at,
        not_after: NOW.plus_seconds(60),
    }
}

fn issuance(number: u8) -> Issuance {
    Issuance { ca: ca(), serial: serial(number), certificate: vec![number], at: NOW }
}

fn revoke(number: u8, at: Timestamp) -> Revoke {
    Revoke { ca: ca(), serial: serial(number), at, reason: RevocationReason::KeyCompromise }
}

fn list(number: u64, mark: i64) -> PublishedCrl {
    PublishedCrl {
        ca: ca(),
        number,
        der: vec![7; 10],
        this_update: NOW,
        next_update: NOW.plus_seconds(60 + mark),
    }
}
