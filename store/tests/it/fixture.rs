//! Events, keys and rows that many tests need.

use std::sync::Arc;

use auth_core::{
    Timestamp,
    audit::{Actor, Event, Log, NoteKey, Outcome, Sealer, Verified, verify},
    id::PersonId,
    key::{KeyKind, KeyRef, Keystore as _, Signer},
    organisation::{CreditCode, Organisation, OrganisationKind},
    person::{PersonRow, Username},
    session::Assurance,
};

/// 2026-11-24T08:00:00Z.
pub const NOW: Timestamp = Timestamp(1_795_507_200_000_000);

pub fn event(act: &'static str) -> Event {
    Event::new(act, Actor::Cli(1000), Outcome::Done, NOW)
}

/// The name of the log in tests.
pub const ORIGIN: &str = "yinxin.example";

pub async fn signer(kind: KeyKind) -> Signer {
    let token = hsm_sim::Token::ephemeral(Arc::new(hsm_sim::OsRandom)).unwrap();
    let key = KeyRef::new("checkpoint");
    token.generate(&key, kind).await.unwrap();
    Signer::open(Arc::new(token), key, kind.signature().unwrap(), Vec::new()).await.unwrap()
}

pub fn note_key(signer: &Signer) -> NoteKey {
    NoteKey::new(ORIGIN, signer.algorithm(), signer.public().clone()).unwrap()
}

pub fn sealer(log: &Arc<dyn Log>, signer: &Signer) -> Sealer {
    Sealer::new(Arc::clone(log), signer.clone(), ORIGIN, Vec::new()).unwrap()
}

pub async fn verified(log: &Arc<dyn Log>, signer: &Signer, outside: &[String]) -> Verified {
    verify(log.as_ref(), ORIGIN, &[note_key(signer)], outside).await.unwrap()
}

pub fn person(name: &str) -> PersonRow {
    PersonRow {
        id: PersonId::from_text(format!("person-{name}")),
        sub: format!("sub-{name}"),
        username: Username::parse(name).unwrap(),
        assurance: Assurance(3),
        wrapped_key: vec![1],
        profile: vec![2],
        verifier: vec![3],
        id_number_hash: None,
        phone_hash: None,
        disabled_at: None,
        must_change_password: false,
        created_at: NOW,
    }
}

pub fn organisation(number: u32) -> Organisation {
    Organisation {
        id: auth_core::id::OrganisationId::from_text(format!("org-{number}")),
        name: format!("示例县第{number}局"),
        credit_code: CreditCode::complete(&format!("11330824MB{number:07}")).unwrap(),
        kind: OrganisationKind::PublicBody,
        disabled_at: None,
    }
}
