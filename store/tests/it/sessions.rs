//! Sessions: found while they live, ended in the act that ends them, swept when over.

use auth_core::{
    Timestamp,
    id::{PersonId, SessionId},
    secret::TokenHash,
    session::{Factor, NewSession, Sessions},
};

use crate::{
    database::{Database, on_both},
    fixture::{NOW, event, person},
};

on_both!(
    a_session_lives_until_its_end_or_idleness,
    ending_reaches_exactly_those_meant,
    disabling_and_a_new_password_end_sessions,
    a_replaced_session_ends_with_its_successor,
    over_is_swept_in_bounded_steps,
);

const IDLE: i64 = 3600;

async fn a_session_lives_until_its_end_or_idleness(database: Database) {
    let sessions = with_person(&database).await;
    sessions.begin(session(1)).await.unwrap();
    let find = async |hash: u8, at: Timestamp| {
        sessions.find(&TokenHash([hash; 32]), at, IDLE).await.unwrap()
    };
    let found = find(1, NOW.plus_seconds(10)).await.unwrap();
    assert_eq!((found.id.as_str(), found.factors), ("session-1", vec![Factor::Pwd]));
    assert_eq!(find(2, NOW).await, None);
    assert_eq!(find(1, NOW.plus_seconds(IDLE)).await, None, "idle for an hour");
    // Each use within the hour carries it on, up to its end.
    for minutes in (30..720).step_by(30) {
        let at = NOW.plus_seconds(minutes * 60);
        assert!(find(1, at).await.is_some(), "after {minutes} minutes");
    }
    assert_eq!(find(1, NOW.plus_seconds(12 * 3600)).await, None, "its end");
}

async fn ending_reaches_exactly_those_meant(database: Database) {
    let sessions = with_person(&database).await;
    let person = PersonId::from_text("person-zhangsan");
    for number in 1..=4 {
        sessions.begin(session(number)).await.unwrap();
    }
    let one = SessionId::from_text("session-1");
    let stranger = PersonId::from_text("person-lisi");
    assert_eq!(sessions.end(&stranger, &one, NOW, event("end")).await, Ok(false));
    assert_eq!(sessions.end(&person, &one, NOW, event("end")).await, Ok(true));
    assert_eq!(sessions.end(&person, &one, NOW, event("end")).await, Ok(false));
    let keep = SessionId::from_text("session-2");
    assert_eq!(sessions.end_all(&person, Some(&keep), NOW, event("end")).await, Ok(2));
    let left = sessions.of(&person, NOW).await.unwrap();
    assert_eq!(left.iter().map(|listed| &listed.id).collect::<Vec<_>>(), [&keep]);
    assert_eq!(sessions.find(&TokenHash([3; 32]), NOW, IDLE).await, Ok(None));
}

async fn disabling_and_a_new_password_end_sessions(database: Database) {
    let sessions = with_person(&database).await;
    let people = &database.stores.people;
    let row = person("zhangsan");
    sessions.begin(session(1)).await.unwrap();
    sessions.begin(session(2)).await.unwrap();
    let change = auth_core::person::VerifierChange {
        person: row.id.clone(),
        expected: vec![3],
        verifier: vec![4],
        must_change: false,
        keep: Some(SessionId::from_text("session-1")),
        now: NOW,
        event: event("change"),
    };
    assert_eq!(people.set_verifier(change).await, Ok(true));
    assert_eq!(sessions.of(&row.id, NOW).await.unwrap().len(), 1);
    assert_eq!(people.set_disabled(&row.id, Some(NOW), event("disable")).await, Ok(true));
    assert_eq!(sessions.find(&TokenHash([1; 32]), NOW, IDLE).await, Ok(None));
    assert_eq!(people.set_disabled(&row.id, None, event("enable")).await, Ok(true));
    assert_eq!(sessions.find(&TokenHash([1; 32]), NOW, IDLE).await, Ok(None), "it stays ended");
}

async fn a_replaced_session_ends_with_its_successor(database: Database) {
    let sessions = with_person(&database).await;
    sessions.begin(session(1)).await.unwrap();
    let mut second = session(2);
    second.replaces = Some(SessionId::from_text("session-1"));
    sessions.begin(second).await.unwrap();
    assert_eq!(sessions.find(&TokenHash([1; 32]), NOW, IDLE).await, Ok(None));
    assert!(sessions.find(&TokenHash([2; 32]), NOW, IDLE).await.unwrap().is_some());
}

async fn over_is_swept_in_bounded_steps(database: Database) {
    let sessions = with_person(&database).await;
    for number in 1..=5 {
        sessions.begin(session(number)).await.unwrap();
    }
    assert_eq!(database.stores.sweep(NOW.plus_seconds(13 * 3600)).await, Ok(0), "kept for a week");
    assert_eq!(database.stores.sweep(NOW.plus_seconds(8 * 24 * 3600)).await, Ok(5));
    assert_eq!(database.count("SELECT COUNT(*) FROM session").await, 0);
}

async fn with_person(database: &Database) -> std::sync::Arc<dyn Sessions> {
    database.stores.people.add(person("zhangsan"), event("add")).await.unwrap();
    std::sync::Arc::clone(&database.stores.sessions)
}

fn session(number: u8) -> NewSession {
    NewSession {
        id: SessionId::from_text(format!("session-{number}")),
        token_hash: TokenHash([number; 32]),
        person: PersonId::from_text("person-zhangsan"),
        factors: vec![Factor::Pwd],
        authenticated_at: NOW,
        expires_at: NOW.plus_seconds(12 * 3600),
        user_agent: "Mozilla".into(),
        source: "192.0.2.1".into(),
        replaces: None,
        event: event("login"),
    }
}
