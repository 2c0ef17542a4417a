//! Refresh tokens rotate, and reuse ends the family (RFC 9700 §4.14.2); rows 15, 16 and 17 of the
//! attack table.

use std::sync::Arc;

use http::StatusCode;

use crate::house::{House, payload};

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_sign_in() {
    let house = House::new().await;
    let first = house.tokens().await;
    house.world.clock.forward(500);
    let second = house.refresh(first["refresh_token"].as_str().unwrap()).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let (old, new) = (
        payload(first["id_token"].as_str().unwrap()),
        payload(second["id_token"].as_str().unwrap()),
    );
    for same in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    assert_eq!(new["iat"].as_i64().unwrap() - old["iat"].as_i64().unwrap(), 500);
    assert!(new.get("nonce").is_none());
    assert_eq!(house.userinfo(second["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_one_of_fifty_parallel_refreshes_wins_and_the_family_ends() {
    let house = Arc::new(House::new().await);
    let refresh = house.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (house, refresh) = (house.clone(), refresh.clone());
            tokio::spawn(async move { house.refresh(&refresh).await })
        })
        .collect();
    let mut won = Vec::new();
    for one in tries {
        let answer = one.await.unwrap();
        if answer.status == StatusCode::OK {
            won.push(answer.json());
        }
    }
    assert_eq!(won.len(), 1);
    let next = won[0]["refresh_token"].as_str().unwrap();
    assert_eq!(house.refresh(next).await.json()["error"], "invalid_grant");
    assert!(house.recorded("family.revoke", "refresh-reused").await >= 1);
}

#[tokio::test]
async fn row_16_rotations_within_one_second_keep_their_order() {
    let house = House::new().await;
    let mut chain = vec![house.tokens().await["refresh_token"].as_str().unwrap().to_owned()];
    for _ in 0..5 {
        let answer = house.refresh(chain.last().unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        chain.push(answer.json()["refresh_token"].as_str().unwrap().to_owned());
    }
    for old in &chain {
        assert_eq!(house.refresh(old).await.json()["error"], "invalid_grant");
    }
}

#[tokio::test]
async fn row_17_another_node_remembers_what_was_used() {
    let house = House::new().await;
    let first = house.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let second = house.refresh(&first).await.json()["refresh_token"].as_str().unwrap().to_owned();
    // A second process on the same file: nothing of the first one's memory.
    let url = format!("sqlite://{}", house.world.database_file().display());
    let stores = store::open(&url, house.world.random.clone()).await.unwrap();
    let deps = oidc_provider::Deps {
        tokens: stores.tokens.clone(),
        clients: stores.clients.clone(),
        ..(*house.deps).clone()
    };
    let other = world::Browser::new(oidc_provider::router(Arc::new(deps)));
    let fields = |token| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "demo-web"),
            ("client_secret", "demo-web-secret"),
        ]
    };
    let mut other = other;
    assert_eq!(other.post("/token", &fields(&first)).await.json()["error"], "invalid_grant");
    assert_eq!(house.refresh(&second).await.json()["error"], "invalid_grant", "family ended");
}

#[tokio::test]
async fn scopes_may_shrink_and_not_grow() {
    let house = House::new().await;
    let refresh = house.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    let ask = |token, scope| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "demo-web"),
            ("client_secret", "demo-web-secret"),
            ("scope", scope),
        ]
    };
    let more = house.token(&ask(&refresh, "openid profile phone")).await;
    assert_eq!(more.json()["error"], "invalid_scope");
    let less = house.token(&ask(&refresh, "profile")).await.json();
    assert_eq!(less["scope"], "profile");
    assert!(less.get("id_token").is_none());
}

#[tokio::test]
async fn an_unused_refresh_token_ends() {
    let house = House::new().await;
    let refresh = house.tokens().await["refresh_token"].as_str().unwrap().to_owned();
    house.world.clock.forward(15 * 24 * 3600);
    assert_eq!(house.refresh(&refresh).await.json()["error"], "invalid_grant");
}
