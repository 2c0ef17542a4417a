//! The token endpoint (RFC 6749 §4.1.3, §4.4, §5); rows 11, 12, 13 and 19 of the attack table.

use auth_core::{
    audit::{Actor, Event, Outcome},
    id::GrantId,
};
use http::{StatusCode, header};
use oidc_provider::client::GrantType;

use crate::house::{Ask, CALLBACK, House, VERIFIER, payload};

fn fields<'a>(
    code: &'a str,
    client: &'a str,
    secret: &'a str,
    uri: &'a str,
) -> [(&'a str, &'a str); 6] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", uri),
        ("code_verifier", VERIFIER),
        ("client_id", client),
        ("client_secret", secret),
    ]
}

#[tokio::test]
async fn an_answer_is_as_the_standard_says() {
    let house = House::new().await;
    let answer = house.redeem(&house.code().await).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let json = answer.json();
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["scope"], "openid profile");
    assert!(json["refresh_token"].as_str().unwrap().starts_with("yxr_"));
    assert_eq!(house.recorded("token.issue", "authorization_code").await, 1);
}

#[tokio::test]
async fn row_11_a_code_is_its_clients_alone() {
    let house = House::new().await;
    house.client("b", |_| ()).await;
    let code = house.code().await;
    let own = "https://b.cn/cb";
    for (client, secret, uri, error) in [
        ("b", "secret", CALLBACK, "invalid_grant"),
        ("b", "secret", own, "invalid_grant"),
        ("demo-web", "demo-web-secret", own, "invalid_grant"),
        ("demo-web", "demo-web-secret", "http://127.0.0.1:9/callback", "invalid_grant"),
        ("demo-spa", "", CALLBACK, "invalid_grant"),
    ] {
        let answer = house.token(&fields(&code, client, secret, uri)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{client} {}", answer.text());
        assert_eq!(answer.json()["error"], error, "{client} {uri}");
    }
    assert!(house.recorded("token.issue", "CodeOfAnother").await >= 2);
    // Its own client can still use it.
    assert_eq!(house.redeem(&code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn row_11_a_refresh_token_is_its_clients_alone() {
    let house = House::new().await;
    house.client("b", |_| ()).await;
    let tokens = house.tokens().await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let theft = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", "b"),
        ("client_secret", "secret"),
    ];
    assert_eq!(house.token(&theft).await.json()["error"], "invalid_grant");
    assert_eq!(house.recorded("token.issue", "RefreshTokenOfAnother").await, 1);
    assert_eq!(house.refresh(refresh).await.status, StatusCode::OK, "not burnt by the try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_one_of_fifty_parallel_redemptions_wins() {
    let house = std::sync::Arc::new(House::new().await);
    let code = house.code().await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (house, code) = (house.clone(), code.clone());
            tokio::spawn(async move { house.redeem(&code).await })
        })
        .collect();
    let mut won = Vec::new();
    for one in tries {
        let answer = one.await.unwrap();
        if answer.status == StatusCode::OK {
            won.push(answer.json());
        } else {
            assert_eq!(answer.json()["error"], "invalid_grant");
        }
    }
    assert_eq!(won.len(), 1);
    // The others were replays: what the winner got is revoked.
    assert_eq!(house.userinfo(won[0]["access_token"].as_str().unwrap()).await.status, 401);
    let refresh = won[0]["refresh_token"].as_str().unwrap();
    assert_eq!(house.refresh(refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn row_12_a_replay_later_revokes_what_was_issued() {
    let house = House::new().await;
    let code = house.code().await;
    let tokens = house.redeem(&code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(house.userinfo(access).await.status, StatusCode::OK);
    house.world.clock.forward(300);
    assert_eq!(house.redeem(&code).await.json()["error"], "invalid_grant");
    assert_eq!(house.userinfo(access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.recorded("family.revoke", "code-replayed").await, 1);
}

#[tokio::test]
async fn row_13_a_secret_of_one_kind_is_not_taken_for_another() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let access = tokens["access_token"].as_str().unwrap();
    let code = house.code().await;
    let disguised = format!("yxc_{}", &refresh[4..]);
    for wrong in [refresh, access, disguised.as_str(), &code[4..], "yxc_", "x"] {
        assert_eq!(house.redeem(wrong).await.json()["error"], "invalid_grant", "{wrong}");
    }
    let disguised = format!("yxr_{}", &code[4..]);
    for wrong in [code.as_str(), access, disguised.as_str()] {
        assert_eq!(house.refresh(wrong).await.json()["error"], "invalid_grant", "{wrong}");
    }
    for cut in 1..code.len() {
        assert_eq!(house.redeem(&code[..cut]).await.json()["error"], "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_lives_one_minute() {
    let house = House::new().await;
    let code = house.code().await;
    house.world.clock.forward(60);
    assert_eq!(house.redeem(&code).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn row_19_what_was_disabled_gets_nothing_more() {
    for what in ["person", "client", "permission", "session"] {
        let house = House::new().await;
        let tokens = house.tokens().await;
        let (access, refresh) =
            (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        let code = house.code().await;
        let now = house.world.now();
        let event = || Event::new("test", Actor::System, Outcome::Done, now);
        let person = &house.zhangsan;
        match what {
            "person" => {
                let people = &house.deps.directory.people;
                assert!(people.set_disabled(person, Some(now), event()).await.unwrap());
            }
            "client" => house.disable_client("demo-web").await,
            "permission" => {
                let live = house.deps.permissions.of(person).await.unwrap();
                let id: GrantId = live[0].0.id.clone();
                house.deps.permissions.withdraw(person, &id, now, event()).await.unwrap();
            }
            _ => {
                house.deps.sessions.end_all(person, None, now, event()).await.unwrap();
            }
        }
        for answer in [house.refresh(refresh).await, house.redeem(&code).await] {
            let error = answer.json()["error"].clone();
            assert!(error == "invalid_grant" || error == "invalid_client", "{what} {error}");
        }
        assert_eq!(house.userinfo(access).await.status, StatusCode::UNAUTHORIZED, "{what}");
    }
}

#[tokio::test]
async fn offline_access_outlives_the_session() {
    let house = House::new().await;
    let ask = Ask::web().with("scope", "openid offline_access");
    let tokens = house.redeem(&house.code_for(&ask).await).await.json();
    let now = house.world.now();
    let event = Event::new("test", Actor::System, Outcome::Done, now);
    house.deps.sessions.end_all(&house.zhangsan, None, now, event).await.unwrap();
    let refreshed = house.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.status, StatusCode::OK, "{}", refreshed.text());
}

#[tokio::test]
async fn client_credentials_are_for_the_client_itself() {
    let house = House::new().await;
    let ask = |scope| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", "demo-m2m"),
            ("client_secret", "demo-m2m-secret"),
            ("scope", scope),
        ]
    };
    let answer = house.token(&ask("seal")).await;
    let json = answer.json();
    assert_eq!(json["scope"], "seal");
    assert!(json.get("refresh_token").is_none() && json.get("id_token").is_none());
    let claims = payload(json["access_token"].as_str().unwrap());
    assert_eq!((&claims["sub"], &claims["client_id"]), (&"demo-m2m".into(), &"demo-m2m".into()));
    assert_eq!(house.token(&ask("openid")).await.json()["error"], "invalid_scope");
    assert_eq!(house.token(&ask("")).await.json()["scope"], "credential proof seal verify");
    let userinfo = house.userinfo(json["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.status, StatusCode::FORBIDDEN);

    let access = oidc_provider::access_tokens(house.deps.clone());
    let token = json["access_token"].as_str().unwrap();
    let found = access.check(token, house.world.now()).await.unwrap().unwrap();
    assert!(found.allows("seal") && !found.allows("verify") && found.person.is_none());
    house.disable_client("demo-m2m").await;
    assert_eq!(access.check(token, house.world.now()).await.unwrap(), None);
}

#[tokio::test]
async fn grants_are_used_by_clients_registered_for_them() {
    let house = House::new().await;
    house.client("b", |it| it.grant_types = vec![GrantType::AuthorizationCode]).await;
    let ask = |grant| [("grant_type", grant), ("client_id", "b"), ("client_secret", "secret")];
    for (grant, error) in [
        ("client_credentials", "unauthorized_client"),
        ("refresh_token", "unauthorized_client"),
        ("password", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        assert_eq!(house.token(&ask(grant)).await.json()["error"], error, "{grant}");
    }
    let ask = Ask::web().with("client_id", "b").with("redirect_uri", "https://b.cn/cb");
    let code = house.code_for(&ask).await;
    let json = house.token(&fields(&code, "b", "secret", "https://b.cn/cb")).await.json();
    assert!(json["access_token"].is_string() && json.get("refresh_token").is_none());
}
