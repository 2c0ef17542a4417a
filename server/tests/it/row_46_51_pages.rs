//! Rows 46, 48, 49 and 51 over these pages: what rows and visitors contain stays text, no page is
//! framed, no act without a token.

use crate::house::{EVIL, House};

#[tokio::test]
async fn names_in_rows_stay_text() {
    let house = House::new().await;
    let evil = house.world.person("evil", EVIL).await;
    house.world.organisation(EVIL, "11330899MB0000002").await;
    let mut admin = house.signed_in("sysadmin").await;
    let person = format!("/admin/people/{evil}");
    for path in ["/admin/people", "/admin/organisations", person.as_str()] {
        let text = admin.get(path).await.text();
        assert!(!text.contains("<svg"), "{path}");
        assert!(text.contains("&#60;svg onload"), "{path}");
    }
    for path in ["/admin/clients", "/admin/keys", "/admin/certificates"] {
        let text = admin.get(path).await.text();
        assert!(!text.contains("<svg") && text.contains("&#60;svg onload"), "{path}");
    }
    let audit = house.signed_in("auditor").await.get("/admin/audit").await.text();
    assert!(!audit.contains("<svg") && audit.contains("&#60;svg onload"));
    let own = house.signed_in("evil").await.get("/").await.text();
    assert!(!own.contains("<svg"));
}

#[tokio::test]
async fn what_is_in_a_query_is_not_repeated() {
    let house = House::new().await;
    let mut admin = house.signed_in("sysadmin").await;
    for path in [
        "/admin/people?done=%3Csvg%20onload%3D1%3E",
        "/admin/people?after=%3Csvg%20onload%3D1%3E",
        "/verify?text=%3Csvg%20onload%3D1%3E",
        "/?lang=%3Csvg%20onload%3D1%3E",
        "/%3Csvg%20onload=1%3E",
    ] {
        let text = admin.get(path).await.text();
        assert!(!text.contains("<svg"), "{path}");
    }
}

#[tokio::test]
async fn no_page_is_framed_or_stored() {
    let house = House::new().await;
    let mut admin = house.signed_in("sysadmin").await;
    for path in ["/", "/verify", "/v", "/developer", "/admin/people", "/nothing"] {
        let answer = admin.get(path).await;
        let header = |name| answer.headers.get(name).unwrap().to_str().unwrap();
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
    }
}

/// Every act of these pages.
const ACTS: [&str; 9] = [
    "/admin/people",
    "/admin/people/x/disabled",
    "/admin/people/x/password",
    "/admin/people/x/roles",
    "/admin/people/x/roles/withdraw",
    "/admin/organisations",
    "/admin/organisations/x/disabled",
    "/admin/audit",
    "/verify",
];

#[tokio::test]
async fn no_act_without_a_token_and_none_by_get() {
    let house = House::new().await;
    for username in ["sysadmin", "secadmin", "auditor"] {
        let mut browser = house.signed_in(username).await;
        for path in ACTS {
            let fields = [("form_token", "AAAA"), ("disabled", "true"), ("role", "issuer")];
            let status = browser.post(path, &fields).await.status;
            // The upload form wants multipart before it looks for a token.
            let expected = if path == "/verify" { 400 } else { 403 };
            assert_eq!(status, expected, "{username} {path}");
        }
    }
    let mut browser = house.signed_in("sysadmin").await;
    for path in &ACTS[1..5] {
        assert_eq!(browser.get(path).await.status, 405, "{path}");
    }
}
