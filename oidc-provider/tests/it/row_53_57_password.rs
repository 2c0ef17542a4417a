//! Rows 53, 54, 56 and 57 of the attack table: guessing, locking out, exhausting, imitating.

use http::{StatusCode, header};
use world::{Answer, Browser, PASSWORD};

use crate::house::House;

async fn attempt(browser: &mut Browser, username: &str, password: &str) -> Answer {
    let page = browser.get("/login").await;
    browser.submit(&page, "login", &[("username", username), ("password", password)]).await
}

/// A page without what differs from one to the next.
fn shape(answer: &Answer) -> String {
    let text = answer.text();
    let mut out = String::new();
    for (index, part) in text.split("value=\"").enumerate() {
        out.push_str(if index == 0 { part } else { part.split_once('"').map_or("", |p| p.1) });
    }
    match out.split_once("class=\"num\">") {
        Some((head, tail)) => format!("{head}{}", tail.split_once('<').map_or("", |part| part.1)),
        None => out,
    }
}

#[tokio::test]
async fn row_53_known_and_unknown_names_look_alike() {
    let house = House::new().await;
    let known = attempt(&mut house.browser(), "zhangsan", "wrong").await;
    let unknown = attempt(&mut house.browser(), "nobody", "wrong").await;
    let strange = attempt(&mut house.browser(), "no such name!", "wrong").await;
    assert_eq!(known.status, StatusCode::UNAUTHORIZED);
    assert_eq!((known.status, shape(&known)), (unknown.status, shape(&unknown)));
    assert_eq!((known.status, shape(&known)), (strange.status, shape(&strange)));
    assert!(known.text().contains("id=\"error\""));
}

#[tokio::test]
async fn row_54_guessing_stops_and_the_owner_still_gets_in() {
    let house = House::new().await;
    let mut owner = house.signed_in().await;
    let out = owner.get("/logout").await;
    owner.submit(&out, "logout-confirm", &[]).await;

    let mut attacker = house.browser();
    for _ in 0..10 {
        let answer = attempt(&mut attacker, "zhangsan", "guess").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    // From now on even the right password is not looked at, however the name is spelled.
    for spelled in ["zhangsan", "ZHANGSAN", "ｚｈａｎｇｓａｎ"] {
        let answer = attempt(&mut attacker, spelled, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{spelled}");
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
    }
    assert!(house.recorded("login", "too-many").await >= 3);
    // The owner's browser has signed in before and has a counter of its own.
    let answer = attempt(&mut owner, "zhangsan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    // A known device of somebody else does not help an attacker.
    let stolen = owner.cookie("yx_device").unwrap().to_owned();
    house.world.person("lisi", "李四").await;
    let mut thief = house.browser();
    thief.set_cookie("yx_device", &stolen);
    for _ in 0..10 {
        attempt(&mut thief, "lisi", "guess").await;
    }
    assert_eq!(attempt(&mut thief, "lisi", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.world.clock.forward(901);
    assert_eq!(attempt(&mut thief, "lisi", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_54_parallel_guesses_count_too() {
    let house = std::sync::Arc::new(House::new().await);
    let tries: Vec<_> = (0..40)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(
                async move { attempt(&mut house.browser(), "zhangsan", "guess").await.status },
            )
        })
        .collect();
    let mut looked_at = 0;
    for one in tries {
        looked_at += i32::from(one.await.unwrap() == StatusCode::UNAUTHORIZED);
    }
    assert!(looked_at <= 10, "{looked_at} passwords were compared");
}

#[tokio::test]
async fn row_56_monstrous_passwords_are_refused_like_wrong_ones() {
    let house = House::new().await;
    let long = "密".repeat(2_000);
    let answer = attempt(&mut house.browser(), "zhangsan", &long).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let huge = "x".repeat(10 << 20);
    let answer = attempt(&mut house.browser(), "zhangsan", &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn row_57_one_person_per_look() {
    let house = House::new().await;
    for same in ["ZhangSan", "ｚｈａｎｇｓａｎ"] {
        let answer = attempt(&mut house.browser(), same, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{same}");
    }
    for other in ["zhаngsan", "zhangsan\u{200d}", "zhangsan ", "zhangsan\u{0}"] {
        let answer = attempt(&mut house.browser(), other, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{other:?}");
    }
}
