//! Clients, permissions, codes, families and refresh tokens: each used once, however many try.

use std::{collections::BTreeMap, sync::Arc};

use auth_core::{
    Timestamp,
    id::{ClientId, GrantId, PersonId, SessionId},
    key::SignatureAlgorithm,
    secret::TokenHash,
    session::{Assurance, Factor, NewSession},
};
use oidc_provider::{
    client::{Authentication, Client, ConsentPolicy, GrantType, Registration, SecretMethod},
    grant::{Authentication as How, Code, CodeStage, Family, FamilyId, Permission},
    pkce::Challenge,
    redirect::RedirectUri,
    scope::Scopes,
    store::{CodeIssued, IssueCode, NewRefresh, RedeemCode, Redeemed, RotateRefresh, Rotated},
    subject::{SessionStanding, may_receive_token},
};
use store::Stores;

use crate::{
    database::{Database, on_both},
    fixture::{NOW, event, person},
};

on_both!(
    a_client_comes_back_as_it_went_in,
    a_code_is_redeemed_by_one_of_fifty,
    a_refresh_token_is_used_by_one_of_fifty_on_two_nodes,
    generations_within_one_moment_keep_their_order,
    whatever_ends_is_seen_by_the_next_read,
    a_withdrawn_permission_gives_no_code_and_no_token,
    what_is_over_is_swept,
);

fn client(id: &str) -> Client {
    Client {
        id: ClientId::from_text(id),
        registration: Registration {
            name: "示例应用 😀".to_owned(),
            client_uri: None,
            redirect_uris: vec![RedirectUri::parse("https://a.cn/cb").unwrap()],
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scopes: Scopes::of(&["openid", "profile"]),
            id_token_alg: SignatureAlgorithm::Rs256,
            consent: ConsentPolicy::Remembered,
        },
        authentication: Authentication::with_chosen_secret("secret", SecretMethod::Post),
        created_at: NOW,
        disabled_at: None,
    }
}

fn person_id() -> PersonId {
    PersonId::from_text("person-zhang")
}

fn client_id() -> ClientId {
    ClientId::from_text("app")
}

fn session_id() -> SessionId {
    SessionId::from_text("session-1")
}

fn permission() -> Permission {
    Permission {
        id: GrantId::from_text("grant-1"),
        person: person_id(),
        client: client_id(),
        scopes: Scopes::of(&["openid"]),
        created_at: NOW,
    }
}

fn how() -> How {
    How { at: NOW, factors: vec![Factor::Pwd], assurance: Assurance(3) }
}

fn code(byte: u8) -> Code {
    Code {
        hash: TokenHash([byte; 32]),
        grant: GrantId::from_text("grant-1"),
        client: client_id(),
        person: person_id(),
        session: session_id(),
        redirect_uri: "https://a.cn/cb".to_owned(),
        scopes: Scopes::of(&["openid"]),
        nonce: Some("n".to_owned()),
        challenge: Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        authentication: how(),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(60),
    }
}

fn family(id: &str, session: Option<SessionId>) -> Family {
    Family {
        id: FamilyId::from_text(id),
        grant: GrantId::from_text("grant-1"),
        client: client_id(),
        person: person_id(),
        session,
        scopes: Scopes::of(&["openid"]),
        authentication: how(),
        sid: "sid".to_owned(),
        created_at: NOW,
        expires_at: NOW.plus_seconds(3600),
    }
}

fn refresh(byte: u8) -> NewRefresh {
    NewRefresh { hash: TokenHash([byte; 32]), expires_at: NOW.plus_seconds(600) }
}

fn redeem(byte: u8, family: Family, first: u8) -> RedeemCode {
    RedeemCode {
        hash: TokenHash([byte; 32]),
        family,
        refresh: Some(refresh(first)),
        now: NOW,
        done: event("token.issue"),
        replayed: event("family.revoke"),
    }
}

fn rotate(byte: u8, generation: i64, next: u8) -> RotateRefresh {
    RotateRefresh {
        hash: TokenHash([byte; 32]),
        family: FamilyId::from_text("family"),
        generation,
        successor: refresh(next),
        now: NOW,
        done: event("token.issue"),
        reused: event("family.revoke"),
    }
}

/// A person in a session, a client, a permission and a code.
async fn with_code(stores: &Stores) {
    assert!(stores.people.add(person("zhang"), event("person.register")).await.unwrap());
    assert!(stores.clients.add(client("app"), event("client.add")).await.unwrap());
    let session = NewSession {
        id: session_id(),
        token_hash: TokenHash([200; 32]),
        person: person_id(),
        factors: vec![Factor::Pwd],
        authenticated_at: NOW,
        expires_at: NOW.plus_seconds(7200),
        user_agent: String::new(),
        source: String::new(),
        replaces: None,
        event: event("login"),
    };
    stores.sessions.begin(session).await.unwrap();
    let act = IssueCode {
        code: code(1),
        permission: Some(permission()),
        events: vec![event("consent.give"), event("code.issue")],
    };
    assert_eq!(stores.tokens.issue_code(act).await.unwrap(), CodeIssued::Done);
}

async fn with_family(stores: &Stores, session: Option<SessionId>) {
    with_code(stores).await;
    let act = redeem(1, family("family", session), 10);
    assert_eq!(stores.tokens.redeem_code(act).await.unwrap(), Redeemed::Done);
}

async fn a_client_comes_back_as_it_went_in(database: Database) {
    let clients = &database.stores.clients;
    let public = Client { authentication: Authentication::Public, ..client("b") };
    for one in [client("a"), public.clone()] {
        assert!(clients.add(one.clone(), event("client.add")).await.unwrap());
        assert_eq!(clients.find(&one.id).await.unwrap(), Some(one));
    }
    assert!(!clients.add(client("a"), event("client.add")).await.unwrap(), "taken");
    assert_eq!(clients.list(Some(&ClientId::from_text("a")), 9).await.unwrap(), [public]);
    let id = ClientId::from_text("a");
    assert!(clients.set_disabled(&id, Some(NOW), event("client.disable")).await.unwrap());
    assert_eq!(clients.find(&id).await.unwrap().unwrap().disabled_at, Some(NOW));
    let unknown = ClientId::from_text("c");
    assert!(!clients.set_disabled(&unknown, None, event("client.enable")).await.unwrap());
    let renewed = Authentication::with_chosen_secret("other", SecretMethod::Basic);
    let set = clients.set_authentication(&id, renewed.clone(), event("client.secret"));
    assert!(set.await.unwrap());
    assert_eq!(clients.find(&id).await.unwrap().unwrap().authentication, renewed);
}

/// Row 12 of the attack table.
async fn a_code_is_redeemed_by_one_of_fifty(database: Database) {
    with_code(&database.stores).await;
    let found = database.stores.tokens.find_code(&TokenHash([1; 32])).await.unwrap().unwrap();
    assert_eq!(
        (found.code, found.stage, found.sub.as_str()),
        (code(1), CodeStage::Pending, "sub-zhang")
    );

    let nodes = [Arc::new(database.stores.clone()), Arc::new(database.again().await)];
    let tries = (0..50_u8).map(|n| {
        let node = Arc::clone(&nodes[usize::from(n % 2)]);
        tokio::spawn(async move {
            let act = redeem(1, family(&format!("family-{n}"), None), 100 + n);
            (n, node.tokens.redeem_code(act).await.unwrap())
        })
    });
    let mut counts = BTreeMap::new();
    let mut winner = String::new();
    for one in tries.collect::<Vec<_>>() {
        let (n, outcome) = one.await.unwrap();
        *counts.entry(format!("{outcome:?}")).or_insert(0) += 1;
        if outcome == Redeemed::Done {
            winner = format!("family-{n}");
        }
    }
    assert_eq!(counts, BTreeMap::from([("Done".to_owned(), 1), ("Replayed".to_owned(), 49)]));
    // The losers ended what the winner got, and wrote nothing of their own.
    assert_eq!(database.count("SELECT COUNT(*) FROM oidc_family").await, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM oidc_refresh").await, 1);
    let family = database.stores.tokens.find_family(&FamilyId::from_text(winner)).await.unwrap();
    assert_eq!(family.unwrap().standing.subject.unwrap().revoked_at, Some(NOW));
}

/// Row 15 of the attack table.
async fn a_refresh_token_is_used_by_one_of_fifty_on_two_nodes(database: Database) {
    with_family(&database.stores, None).await;
    let nodes = [Arc::new(database.stores.clone()), Arc::new(database.again().await)];
    let tries = (0..50_u8).map(|n| {
        let node = Arc::clone(&nodes[usize::from(n % 2)]);
        tokio::spawn(async move { node.tokens.rotate(rotate(10, 0, 100 + n)).await.unwrap() })
    });
    let mut done = 0;
    for one in tries.collect::<Vec<_>>() {
        done += i32::from(one.await.unwrap() == Rotated::Done);
    }
    assert_eq!(done, 1);
    assert_eq!(database.count("SELECT COUNT(*) FROM oidc_refresh").await, 2);
    let revoked = "SELECT COUNT(*) FROM oidc_family WHERE revoked_at IS NOT NULL";
    assert_eq!(database.count(revoked).await, 1);
}

/// Row 16 of the attack table: the clock does not move between five rotations.
async fn generations_within_one_moment_keep_their_order(database: Database) {
    with_family(&database.stores, None).await;
    let tokens = &database.stores.tokens;
    for n in 0..5_u8 {
        let act = rotate(10 + n, i64::from(n), 11 + n);
        assert_eq!(tokens.rotate(act).await.unwrap(), Rotated::Done);
    }
    let newest = tokens.find_refresh(&TokenHash([15; 32])).await.unwrap().unwrap();
    assert_eq!((newest.generation, newest.used_at), (5, None));
    for n in 0..5_u8 {
        let old = tokens.find_refresh(&TokenHash([10 + n; 32])).await.unwrap().unwrap();
        assert_eq!((old.generation, old.used_at), (i64::from(n), Some(NOW)));
        let act = rotate(10 + n, i64::from(n), 50 + n);
        assert_eq!(tokens.rotate(act).await.unwrap(), Rotated::Reused);
    }
    assert_eq!(tokens.rotate(rotate(15, 5, 60)).await.unwrap(), Rotated::Gone, "family revoked");
}

/// Row 19 of the attack table, as the store sees it.
async fn whatever_ends_is_seen_by_the_next_read(database: Database) {
    with_family(&database.stores, Some(session_id())).await;
    let stores = &database.stores;
    let allowed = || async {
        let found = stores.tokens.find_refresh(&TokenHash([10; 32])).await.unwrap().unwrap();
        may_receive_token(&found.family.standing, NOW).is_ok()
    };
    assert!(allowed().await);
    stores.people.set_disabled(&person_id(), Some(NOW), event("x")).await.unwrap();
    assert!(!allowed().await, "person");
    stores.people.set_disabled(&person_id(), None, event("x")).await.unwrap();
    // Disabling ended the session; with that alone the tokens stay dead.
    let family = FamilyId::from_text("family");
    let found = stores.tokens.find_family(&family).await.unwrap().unwrap();
    assert_eq!(found.standing.subject.unwrap().session, SessionStanding::Ended);
    assert!(!allowed().await, "session");
}

async fn a_withdrawn_permission_gives_no_code_and_no_token(database: Database) {
    with_family(&database.stores, None).await;
    let stores = &database.stores;
    let live = stores.permissions.live(&person_id(), &client_id()).await.unwrap().unwrap();
    assert_eq!(live, permission());
    let listed = stores.permissions.of(&person_id()).await.unwrap();
    assert_eq!(listed, [(permission(), "示例应用 😀".to_owned())]);
    let second = IssueCode { code: code(2), permission: None, events: vec![event("code.issue")] };
    assert_eq!(stores.tokens.issue_code(second).await.unwrap(), CodeIssued::Done);

    let other = PersonId::from_text("person-li");
    let withdraw = |who: PersonId| async move {
        let id = GrantId::from_text("grant-1");
        stores.permissions.withdraw(&who, &id, NOW, event("consent.withdraw")).await.unwrap()
    };
    assert!(!withdraw(other).await, "somebody else's");
    assert!(withdraw(person_id()).await);
    assert!(!withdraw(person_id()).await, "twice");
    assert_eq!(stores.permissions.live(&person_id(), &client_id()).await.unwrap(), None);

    let act = redeem(2, family("late", None), 30);
    assert_eq!(stores.tokens.redeem_code(act).await.unwrap(), Redeemed::Gone);
    assert_eq!(stores.tokens.rotate(rotate(10, 0, 40)).await.unwrap(), Rotated::Gone);
    let act = IssueCode { code: code(3), permission: None, events: Vec::new() };
    assert_eq!(stores.tokens.issue_code(act).await.unwrap(), CodeIssued::Raced);
    // The same id is never revived.
    let act = IssueCode { code: code(3), permission: Some(permission()), events: Vec::new() };
    assert_eq!(stores.tokens.issue_code(act).await.unwrap(), CodeIssued::Raced);
    let fresh = Permission { id: GrantId::from_text("grant-2"), ..permission() };
    let code = Code { grant: fresh.id.clone(), ..code(3) };
    let act = IssueCode { code, permission: Some(fresh), events: Vec::new() };
    assert_eq!(stores.tokens.issue_code(act).await.unwrap(), CodeIssued::Done);
}

async fn what_is_over_is_swept(database: Database) {
    with_family(&database.stores, None).await;
    let stores = &database.stores;
    assert_eq!(stores.tokens.rotate(rotate(10, 0, 11)).await.unwrap(), Rotated::Done);
    let rows = "SELECT (SELECT COUNT(*) FROM oidc_code) + (SELECT COUNT(*) FROM oidc_family)
                + (SELECT COUNT(*) FROM oidc_refresh)";
    stores.sweep(NOW.plus_seconds(120)).await.unwrap();
    assert_eq!(database.count(rows).await, 4, "a used code is remembered for a day");
    stores.sweep(Timestamp(NOW.0).plus_seconds(2 * 24 * 3600)).await.unwrap();
    assert_eq!(database.count(rows).await, 0);
    assert_eq!(database.count("SELECT COUNT(*) FROM oidc_permission").await, 1);
}
