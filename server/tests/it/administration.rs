//! The three desks: who may open what, and what the acts do.

use auth_core::role::Role;

use crate::house::House;

/// Pages of the desks and who may open them.
const PAGES: [(&str, &[&str]); 6] = [
    ("/admin/people", &["sysadmin", "secadmin"]),
    ("/admin/organisations", &["sysadmin"]),
    ("/admin/clients", &["sysadmin", "secadmin"]),
    ("/admin/keys", &["sysadmin"]),
    ("/admin/certificates", &["sysadmin"]),
    ("/admin/audit", &["auditor"]),
];

#[tokio::test]
async fn each_desk_opens_to_its_own_office_only() {
    let house = House::new().await;
    for username in ["zhangsan", "lisi", "sysadmin", "secadmin", "auditor"] {
        let mut browser = house.signed_in(username).await;
        for (path, allowed) in PAGES {
            let status = browser.get(path).await.status;
            let expected = if allowed.contains(&username) { 200 } else { 403 };
            assert_eq!(status, expected, "{username} {path}");
        }
        let desk = browser.get("/admin").await;
        let office = ["sysadmin", "secadmin", "auditor"].contains(&username);
        assert_eq!(desk.status, if office { 303 } else { 403 }, "{username}");
    }
    for (path, _) in PAGES {
        let answer = house.stranger().get(path).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location().unwrap().path() == "/login");
    }
}

#[tokio::test]
async fn a_registered_person_must_change_the_password_first() {
    let house = House::new().await;
    let mut admin = house.signed_in("sysadmin").await;
    let page = admin.get("/admin/people").await;
    let fields = [
        ("username", "Sunqi"),
        ("name", "孙七"),
        ("id_number", "330899199001011234"),
        ("phone", ""),
        ("assurance", "2"),
        ("password", "correct horse battery staple"),
    ];
    let answer = admin.submit(&page, "add-person", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let person = admin.follow(answer).await;
    let text = person.text();
    assert!(text.contains("孙七") && text.contains("id=\"done\""));
    assert!(!text.contains("330899199001011234"), "the identity number is not shown");
    let mut new = house.signed_in("sunqi").await;
    assert_eq!(new.get("/admin").await.location().unwrap().path(), "/account/password");
    // The same name again is refused, whatever its letter case, and what was typed stays.
    let again = admin.submit(&page, "add-person", &fields).await;
    assert_eq!(again.status, 422);
    assert!(again.text().contains("id=\"error\"") && again.text().contains("value=\"Sunqi\""));
}

#[tokio::test]
async fn bad_registrations_are_refused_with_a_sentence() {
    let house = House::new().await;
    let mut admin = house.signed_in("sysadmin").await;
    let page = admin.get("/admin/people").await;
    let good = [
        ("username", "sunqi"),
        ("name", "孙七"),
        ("id_number", ""),
        ("phone", ""),
        ("assurance", "2"),
        ("password", "correct horse battery staple"),
    ];
    for (field, bad) in [
        ("username", "zhangsаn"),
        ("name", "  "),
        ("assurance", "9"),
        ("password", "short"),
        ("password", "sunqi"),
    ] {
        let fields = good.map(|(name, value)| (name, if name == field { bad } else { value }));
        let answer = admin.submit(&page, "add-person", &fields).await;
        assert_eq!(answer.status, 422, "{field} {bad}");
        assert!(answer.text().contains("id=\"error\""));
        assert!(!answer.text().contains("correct horse"), "a password is never sent back");
    }
}

#[tokio::test]
async fn only_the_security_administrator_gives_roles_and_conflicts_are_refused() {
    let house = House::new().await;
    let path = format!("/admin/people/{}", house.person("zhangsan").await);
    let mut security = house.signed_in("secadmin").await;
    let page = security.get(&path).await;
    let place = house.bureau.as_str();
    let issuer = [("role", "issuer"), ("organisation", place)];
    let granted = security.submit(&page, "grant-role", &issuer).await;
    assert_eq!(granted.status, 303, "{}", granted.text());
    let mut zhang = house.signed_in("zhangsan").await;
    assert!(zhang.get("/").await.text().contains("tile-issue"));
    for refused in [
        // Held already, excluded by a role held, lacking its organisation.
        issuer,
        [("role", "auditor"), ("organisation", "")],
        [("role", "seal-user"), ("organisation", "")],
    ] {
        let answer = security.submit(&page, "grant-role", &refused).await;
        assert_eq!(answer.status, 422, "{refused:?}");
    }
    let withdraw = format!("{path}/roles/withdraw");
    let (_, hidden) = page.form("grant-role");
    let token = hidden.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    let fields = [("form_token", token.as_str()), issuer[0], issuer[1]];
    assert_eq!(security.post(&withdraw, &fields).await.status, 303);
    assert_eq!(security.post(&withdraw, &fields).await.status, 422, "withdrawn already");
    assert!(!zhang.get("/").await.text().contains("tile-issue"));
    // The system administrator sees the person but has no form for roles, and the act is closed.
    let mut system = house.signed_in("sysadmin").await;
    let seen = system.get(&path).await;
    assert_eq!(seen.status, 200);
    assert!(!seen.text().contains("grant-role"));
    let (_, hidden) = seen.form("disable");
    let token = hidden.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    let fields = [("form_token", token.as_str()), issuer[0], issuer[1]];
    assert_eq!(system.post(&format!("{path}/roles"), &fields).await.status, 403);
}

#[tokio::test]
async fn nobody_raises_or_locks_out_themselves() {
    let house = House::new().await;
    let myself = house.person("secadmin").await;
    let path = format!("/admin/people/{myself}");
    let mut security = house.signed_in("secadmin").await;
    assert!(!security.get(&path).await.text().contains("grant-role"));
    let other = security.get(&format!("/admin/people/{}", house.person("lisi").await)).await;
    let (_, hidden) = other.form("grant-role");
    let token = hidden.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    let fields = [
        ("form_token", token.as_str()),
        ("role", "issuer"),
        ("organisation", house.bureau.as_str()),
    ];
    assert_eq!(security.post(&format!("{path}/roles"), &fields).await.status, 422);
    let held = house.world.directory.roles(&myself, house.world.now()).await.unwrap();
    assert_eq!(
        held.iter().map(|grant| grant.role).collect::<Vec<_>>(),
        [Role::SecurityAdministrator]
    );
    let mut system = house.signed_in("sysadmin").await;
    let own = format!("/admin/people/{}", house.person("sysadmin").await);
    assert!(!system.get(&own).await.text().contains("id=\"disable\""));
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_at_once() {
    let house = House::new().await;
    let mut lisi = house.signed_in("lisi").await;
    assert!(lisi.get("/").await.text().contains("id=\"logout\""));
    let mut system = house.signed_in("sysadmin").await;
    let page = system.get(&format!("/admin/people/{}", house.person("lisi").await)).await;
    assert_eq!(system.submit(&page, "disable", &[]).await.status, 303);
    assert!(!lisi.get("/").await.text().contains("id=\"logout\""));
}

#[tokio::test]
async fn organisations_need_a_right_credit_code() {
    let house = House::new().await;
    let mut system = house.signed_in("sysadmin").await;
    let page = system.get("/admin/organisations").await;
    let code = auth_core::organisation::CreditCode::complete("11330899MB0000009").unwrap();
    let fields = [("name", "示例县林业局"), ("credit_code", ""), ("kind", "public-body")];
    let with = |code| fields.map(|(name, v)| (name, if name == "credit_code" { code } else { v }));
    for bad in ["", "11330899MB00000090", "11330899MB000000", "１１３３０８９９ＭＢ００００"]
    {
        let answer = system.submit(&page, "add-organisation", &with(bad)).await;
        assert_eq!(answer.status, 422, "{bad}");
    }
    let lower = code.as_str().to_lowercase();
    assert_eq!(system.submit(&page, "add-organisation", &with(&lower)).await.status, 303);
    assert_eq!(system.submit(&page, "add-organisation", &with(code.as_str())).await.status, 422);
    assert!(system.get("/admin/organisations").await.text().contains("示例县林业局"));
}

#[tokio::test]
async fn the_auditor_proves_the_log_by_a_form() {
    let house = House::new().await;
    let mut auditor = house.signed_in("auditor").await;
    let page = auditor.get("/admin/audit").await;
    let proved = auditor.submit(&page, "audit-prove", &[]).await;
    assert_eq!(proved.status, 200);
    assert!(proved.text().contains("id=\"audit-proof\""));
}

#[tokio::test]
async fn the_log_is_read_page_by_page() {
    let house = House::new().await;
    let mut auditor = house.signed_in("auditor").await;
    let first = auditor.get("/admin/audit").await.text();
    let next = first.split("/admin/audit?before=").nth(1).unwrap().split('"').next().unwrap();
    let second = auditor.get(&format!("/admin/audit?before={next}")).await.text();
    assert!(second.matches("<tr>").count() > 1 && !second.contains("class=\"more\""));
    assert_eq!(auditor.get("/admin/audit?before=x").await.status, 400);
}
