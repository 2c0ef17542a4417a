//! Making a seal and the rest of its life; sealing refuses every other state.

use auth_core::port::{DocumentSealer, SealDocument, SealRefused};
use std::process::Command;

use auth_core::{
    Fault,
    audit::Actor,
    id::{ClientId, SealId},
};
use esign::{
    error::SealError,
    flow::{
        NewSeal, SealUse, Sealer, change_seal, check, give_right, make_seal, may_client_use,
        seal_document,
    },
    request::Place,
    seal::{ClientRight, NotUsable, SealState},
};

use super::{County, letter};

fn using(county: &County, seal: &SealId) -> SealUse {
    SealUse {
        seal: seal.clone(),
        document: letter(),
        format: None,
        place: Place::default(),
        reason: None,
        purpose: "test".to_owned(),
        actor: Actor::Cli(0),
        now: county.now(),
    }
}

#[tokio::test]
async fn only_an_active_seal_seals() {
    let county = County::new().await;
    let (office, id) = (&county.office, &county.seal.id);
    let now = county.now();
    assert!(seal_document(office, using(&county, id)).await.is_ok());

    let change = |to, reason| change_seal(office, id, to, reason, Actor::Cli(0), now);
    change(SealState::Suspended, "lost").await.unwrap();
    let refused = seal_document(office, using(&county, id)).await.unwrap_err();
    assert!(matches!(refused, SealError::NotUsable(NotUsable::Suspended)));
    change(SealState::Active, "found").await.unwrap();
    assert!(seal_document(office, using(&county, id)).await.is_ok());

    let early = change(SealState::Destroyed, "superseded").await.unwrap_err();
    assert!(matches!(early, SealError::NotPossible { .. }));
    change(SealState::Revoked, "key-compromise").await.unwrap();
    let refused = seal_document(office, using(&county, id)).await.unwrap_err();
    assert!(matches!(refused, SealError::NotUsable(NotUsable::Revoked)));
    assert!(change(SealState::Active, "found").await.is_err());
    assert!(change(SealState::Revoked, "key-compromise").await.is_ok(), "again changes nothing");
    change(SealState::Destroyed, "superseded").await.unwrap();
    assert!(change(SealState::Destroyed, "superseded").await.is_ok(), "again changes nothing");
    assert!(office.keystore.public(&county.seal.key).await.is_err(), "the key is gone");
    let denied = county.acts().iter().filter(|act| *act == "seal.deny").count();
    assert!(county.acts().is_empty() || denied == 2, "{:?}", county.acts());
}

#[tokio::test]
async fn a_certificate_revoked_or_expired_elsewhere_stops_the_seal() {
    let county = County::new().await;
    let by = pki::ca::By { actor: Actor::System, now: county.now() };
    county.office.authority.revoke(&county.seal.chain, "superseded", &by).await.unwrap();
    let refused = seal_document(&county.office, using(&county, &county.seal.id)).await;
    assert!(matches!(refused.unwrap_err(), SealError::NotUsable(NotUsable::Revoked)));

    let county = County::new().await;
    county.world.clock.set(county.seal.valid_until);
    let refused = seal_document(&county.office, using(&county, &county.seal.id)).await;
    assert!(matches!(refused.unwrap_err(), SealError::NotUsable(NotUsable::Expired)));
}

#[tokio::test]
async fn what_a_revoked_seal_sealed_is_told_as_revoked() {
    let county = County::new().await;
    let sealed = seal_document(&county.office, using(&county, &county.seal.id)).await.unwrap();
    assert_eq!(county.verify(&sealed.file, None).await.verdict, auth_core::Verdict::Valid);
    let old = county.beliefs().await;
    let (office, now) = (&county.office, county.now());
    let revoked = SealState::Revoked;
    change_seal(office, &county.seal.id, revoked, "key-compromise", Actor::Cli(0), now)
        .await
        .unwrap();
    let report = county.verify(&sealed.file, None).await;
    assert_eq!(report.verdict, auth_core::Verdict::Invalid);
    assert!(report.reasons.iter().any(|reason| reason.code == "certificate-revoked"));
    // With lists that are long out of date nothing is known.
    let later = now.plus_seconds(30 * 86_400);
    let input = auth_core::port::VerifyInput { bytes: &sealed.file, content: None, at: later };
    let report = esign::flow::verify(input, &old);
    assert_eq!(report.verdict, auth_core::Verdict::Undetermined);
}

#[tokio::test]
async fn an_edited_row_stops_its_seal() {
    let county = County::new().await;
    let now = county.now();
    change_seal(&county.office, &county.seal.id, SealState::Revoked, "lost", Actor::Cli(0), now)
        .await
        .unwrap();
    assert_eq!(check(&county.office).await, Ok(Vec::new()));
    if !edit(&county, "UPDATE esign_seal SET state = 'active'") {
        return;
    }
    let refused = seal_document(&county.office, using(&county, &county.seal.id)).await;
    assert!(matches!(refused.unwrap_err(), SealError::Fault(Fault::Corrupt)));
    let edited = check(&county.office).await.unwrap();
    assert_eq!((edited[0].table, edited[0].row.as_str()), ("esign_seal", county.seal.id.as_str()));
}

#[tokio::test]
async fn an_edited_right_stops_its_application() {
    let county = County::new().await;
    let (now, client) = (county.now(), ClientId::from_text("app"));
    let right = ClientRight {
        client: client.clone(),
        seal: county.seal.id.clone(),
        valid_from: now,
        valid_until: Some(now.plus_seconds(10)),
    };
    give_right(&county.office, right, Actor::System, now).await.unwrap();
    assert!(may_client_use(&county.office, &client, &county.seal.id, now).await.is_ok());
    let later = now.plus_seconds(10);
    let over = may_client_use(&county.office, &client, &county.seal.id, later).await;
    assert!(matches!(over.unwrap_err(), SealError::NotAllowed));
    if !edit(&county, "UPDATE esign_right SET valid_until = NULL") {
        return;
    }
    let refused = may_client_use(&county.office, &client, &county.seal.id, later).await;
    assert!(matches!(refused.unwrap_err(), SealError::Fault(Fault::Corrupt)));
    assert_eq!(check(&county.office).await.unwrap()[0].table, "esign_right");
}

/// Runs SQL behind the program's back; `false`, with a reason, without `sqlite3`.
fn edit(county: &County, sql: &str) -> bool {
    let done = Command::new("sqlite3").arg(county.world.database_file()).arg(sql).status();
    match done {
        Ok(status) => status.success(),
        Err(error) => {
            println!("skipped: sqlite3: {error}");
            false
        }
    }
}

#[tokio::test]
async fn a_number_is_taken_once_and_a_seal_not_made_leaves_no_key() {
    let county = County::new().await;
    let keys = county.office.keystore.list().await.unwrap().len();
    let new = NewSeal {
        organisation: county.bureau.clone(),
        purpose: Some("行政审批专用章".to_owned()),
        number: county.seal.face.number.clone(),
        diameter_mm: 42.0,
    };
    let again = make_seal(&county.office, new.clone(), Actor::System, county.now()).await;
    assert!(matches!(again.unwrap_err(), SealError::NumberTaken));
    let purpose = Some("龘".to_owned());
    let undrawn = NewSeal { purpose, number: "3308990000018".to_owned(), ..new.clone() };
    let undrawn = make_seal(&county.office, undrawn, Actor::System, county.now()).await;
    assert!(undrawn.unwrap_err().to_string().contains('龘'));
    assert_eq!(county.office.keystore.list().await.unwrap().len(), keys);
    let second = NewSeal { number: "3308990000018".to_owned(), ..new };
    make_seal(&county.office, second, Actor::System, county.now()).await.unwrap();
    let seals = county.office.list(Some(&county.bureau.id), None, 10).await.unwrap();
    assert_eq!(seals.len(), 2);
    assert!(seals.iter().all(|seal| seal.face.demo));
}

#[tokio::test]
async fn other_domains_seal_with_their_organisations_seal_only() {
    let county = County::new().await;
    let sealer = Sealer::new(county.office.clone());
    let request = SealDocument {
        pdf: letter(),
        seal: None,
        organisation: county.bureau.id.clone(),
        at: (0, 400.0, 200.0),
        purpose: "credential.document",
        subject: "credential-1".to_owned(),
        now: county.now(),
    };
    let sealed = sealer.seal(request.clone()).await.unwrap().unwrap();
    assert_eq!(county.verify(&sealed, None).await.verdict, auth_core::Verdict::Valid);
    let other = auth_core::id::OrganisationId::from_text("other");
    let none = SealDocument { organisation: other.clone(), ..request.clone() };
    assert_eq!(sealer.seal(none).await.unwrap(), Err(SealRefused::NoSeal));
    let seal = Some(county.seal.id.clone());
    let foreign = SealDocument { organisation: other, seal, ..request.clone() };
    assert_eq!(sealer.seal(foreign).await.unwrap(), Err(SealRefused::NotActive));
    let broken = SealDocument { pdf: b"%PDF-1.7 nothing".to_vec(), ..request.clone() };
    assert_eq!(sealer.seal(broken).await.unwrap(), Err(SealRefused::Document));
    let (id, now) = (&county.seal.id, county.now());
    change_seal(&county.office, id, SealState::Suspended, "lost", Actor::System, now)
        .await
        .unwrap();
    assert_eq!(sealer.seal(request).await.unwrap(), Err(SealRefused::NotActive));
}
