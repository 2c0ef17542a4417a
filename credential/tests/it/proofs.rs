//! 无证明: asked, allowed, answered; and everything that must be refused.

use auth_core::{Verdict, audit::Actor, id::ProofId, session::Factor};
use credential::{
    Authority,
    flow::{
        answer::AnswerError,
        ask::{AskError, AskRequest},
        consent::{ConsentError, Holder, consent_text},
    },
    items::LICENCE_IN_FORCE,
    status::StatusSnapshot,
    store::{Decision, ProofState},
    verify,
};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::county::{County, licence_fields};

fn question<'a>(county: &County) -> AskRequest<'a> {
    AskRequest {
        organisation: county.centre.clone(),
        person: "zhangsan",
        item: LICENCE_IN_FORCE.code,
        matter: "food-filing",
        purpose: "2026-001 食品经营备案",
        by: Authority::System,
        now: county.now(),
    }
}

fn holder(county: &County) -> Holder {
    Holder { person: county.zhangsan.clone(), factors: vec![Factor::Pwd] }
}

async fn decide(
    county: &County,
    id: &ProofId,
    decision: Decision,
) -> Result<Option<credential::store::ReceiptRow>, ConsentError> {
    county.registry.consent(id, &holder(county), decision, "text", county.now()).await
}

/// Everything the case worker's browser receives, from the form to the receipt, searched for every
/// claim of the record.
#[tokio::test]
async fn the_asker_sees_the_answer_and_nothing_of_the_record() {
    let county = County::new().await;
    county.licence().await;
    let mut worker = county.browser("zhaoliu").await;
    let mut holder = county.browser("zhangsan").await;
    let mut received = Vec::new();

    let desk = worker.get("/counter").await;
    received.extend(desk.body.clone());
    let centre = county.centre.to_string();
    let typed = [
        ("organisation", centre.as_str()),
        ("person", "zhangsan"),
        ("item", "licence-in-force"),
        ("matter", "food-filing"),
        ("purpose", "2026-001 备案"),
    ];
    let asked = worker.submit(&desk, "ask", &typed).await;
    let waiting = worker.follow(asked).await;
    assert!(waiting.text().contains("等待"), "{}", waiting.text());
    received.extend(waiting.body.clone());
    let path = waiting.url.path().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();

    let list = holder.get("/consents").await;
    assert!(list.text().contains("营业执照有效且未吊销"));
    let consent = holder.get(&format!("/consents/{id}")).await;
    assert!(
        consent.text().contains("示例县政务服务中心") && consent.text().contains("2026-001 备案")
    );
    let allowed = holder.submit(&consent, "consent-allow", &[("decision", "allow")]).await;
    let after = holder.follow(allowed).await;
    assert!(after.text().contains("已答复") && after.text().contains("consent-withdraw"));

    let answer = worker.get(&path).await;
    assert!(answer.text().contains("verdict-valid"), "{}", answer.text());
    received.extend(answer.body);
    let receipt = worker.get(&format!("{path}/receipt.sd-jwt")).await;
    for file in ["receipt.png", "receipt.txt"] {
        received.extend(worker.get(&format!("{path}/{file}")).await.body);
    }
    received.extend(receipt.body.clone());
    // Also what the signed forms say once decoded.
    let snapshot = county.registry.snapshot(county.now()).await.unwrap();
    let code = worker.get(&format!("{path}/receipt.txt")).await;
    for form in [&receipt.body, &code.body] {
        let report = verify(form, &county.trust, &snapshot, county.now());
        assert_eq!((report.verdict, report.kind.as_str()), (Verdict::Valid, "receipt"));
        assert_eq!(report.statement["answer"], "yes");
        assert_eq!(report.statement["subject"], "张*");
        received.extend(serde_json::to_vec(&report).unwrap());
    }
    received.extend(worker.get("/counter").await.body);
    for (claim, text) in licence_fields() {
        let found = received.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!found, "{claim} reached the asker");
    }
    let mine = county.registry.mine(&county.zhangsan).await.unwrap();
    for secret in [&mine[0].row.number, &mine[0].row.id.to_string(), &mine[0].content.code] {
        assert!(!received.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    assert!(received.windows(3).any(|window| window == "是".as_bytes()), "the search works");
}

#[tokio::test]
async fn what_may_not_be_asked_is_refused_and_recorded() {
    let county = County::new().await;
    county.licence().await;
    let refused = async |change: fn(&mut AskRequest<'_>)| {
        let mut request = question(&county);
        change(&mut request);
        county.registry.ask(request).await.unwrap_err()
    };
    assert_eq!(refused(|ask| ask.matter = "other").await, AskError::MatterNotRegistered);
    assert_eq!(refused(|ask| ask.item = "permit-in-force").await, AskError::MatterNotRegistered);
    assert_eq!(refused(|ask| ask.item = "marriage").await, AskError::UnknownItem);
    assert_eq!(refused(|ask| ask.purpose = "  ").await, AskError::Purpose);
    assert_eq!(refused(|ask| ask.person = "nobody").await, AskError::UnknownPerson);
    let client = |ask: &mut AskRequest<'_>| {
        ask.by = Authority::Client(auth_core::id::ClientId::from_text("demo-m2m"));
    };
    assert_eq!(refused(client).await, AskError::NotCaseWorker);
    let elsewhere = AskRequest { organisation: county.bureau.clone(), ..question(&county) };
    assert_eq!(county.registry.ask(elsewhere).await.unwrap_err(), AskError::MatterNotRegistered);
    assert!(county.registry.proofs.of_person(&county.zhangsan).await.unwrap().is_empty());
    let log = std::fs::read(county.world.database_file().with_extension("db-wal")).unwrap();
    let rule = b"matter-not-registered";
    assert!(log.windows(rule.len()).any(|window| window == rule), "the refusal is recorded");
}

#[tokio::test]
async fn without_consent_there_is_no_answer() {
    let county = County::new().await;
    county.licence().await;
    let now = county.now();
    let id = county.registry.ask(question(&county)).await.unwrap();
    assert_eq!(county.registry.answer(&id, now).await, Err(AnswerError::NoConsent));
    // Somebody else cannot allow it, and cannot tell that it exists.
    let other = Holder { person: county.world.person("other", "别人").await, factors: vec![] };
    let refused = county.registry.consent(&id, &other, Decision::Allow, "text", now).await;
    assert_eq!(refused, Err(ConsentError::Unknown));
    assert_eq!(decide(&county, &id, Decision::Refuse).await, Ok(None));
    assert_eq!(decide(&county, &id, Decision::Allow).await, Err(ConsentError::TooLate));
    assert_eq!(county.registry.answer(&id, now).await, Err(AnswerError::NoConsent));
    // A question lapses.
    let id = county.registry.ask(question(&county)).await.unwrap();
    county.world.clock.forward(24 * 3600 + 1);
    assert_eq!(decide(&county, &id, Decision::Allow).await, Err(ConsentError::TooLate));
}

#[tokio::test]
async fn withdrawing_ends_the_answer_and_its_receipt() {
    let county = County::new().await;
    county.licence().await;
    let id = county.registry.ask(question(&county)).await.unwrap();
    let receipt = decide(&county, &id, Decision::Allow).await.unwrap().unwrap();
    assert_eq!(receipt.answer, "yes");
    // Asked again, the same receipt comes, not another.
    assert_eq!(county.registry.answer(&id, county.now()).await.unwrap(), receipt);
    let before = county.registry.snapshot(county.now()).await.unwrap();
    let look = |snapshot: &StatusSnapshot| {
        verify(receipt.sd_jwt.as_bytes(), &county.trust, snapshot, county.now()).verdict
    };
    assert_eq!(look(&before), Verdict::Valid);
    assert_eq!(decide(&county, &id, Decision::Withdraw).await, Ok(None));
    assert_eq!(decide(&county, &id, Decision::Withdraw).await, Err(ConsentError::TooLate));
    assert_eq!(look(&county.registry.snapshot(county.now()).await.unwrap()), Verdict::Invalid);
    assert_eq!(county.registry.answer(&id, county.now()).await, Err(AnswerError::NoConsent));
    let mut worker = county.browser("zhaoliu").await;
    let page = worker.get(&format!("/counter/{id}")).await.text();
    assert!(page.contains("同意已撤回") && !page.contains("verdict"));
    let gone = worker.get(&format!("/counter/{id}/receipt.sd-jwt")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_answer_follows_the_certificate() {
    let county = County::new().await;
    let ask = async || {
        let id = county.registry.ask(question(&county)).await.unwrap();
        decide(&county, &id, Decision::Allow).await.unwrap().unwrap().answer
    };
    assert_eq!(ask().await, "no", "no licence is held");
    let licence = county.licence().await;
    assert_eq!(ask().await, "yes");
    county.registry.revoke(&licence.id, &Authority::System, county.now()).await.unwrap();
    assert_eq!(ask().await, "no");
    county.licence().await;
    assert_eq!(ask().await, "yes", "another licence is in force");
}

/// When no fresh status list can be had, the answer is undetermined: never "no", never "yes".
#[tokio::test]
async fn a_stale_status_is_undetermined() {
    let county = County::new().await;
    county.licence().await;
    county.registry.snapshot(county.now()).await.unwrap();
    // The key that signs status lists is gone, and the last list grows old.
    let status = county.registry.status_signer.key().clone();
    county.world.keystore.destroy(&status).await.unwrap();
    county.world.clock.forward(400);
    let id = county.registry.ask(question(&county)).await.unwrap();
    let receipt = decide(&county, &id, Decision::Allow).await.unwrap().unwrap();
    assert_eq!(receipt.answer, "undetermined");
}

#[tokio::test]
async fn the_text_is_recorded_by_its_hash() {
    let county = County::new().await;
    county.licence().await;
    let id = county.registry.ask(question(&county)).await.unwrap();
    let row = county.registry.proofs.find(&id).await.unwrap().unwrap();
    let shown = county.registry.question(row).await.unwrap().unwrap();
    let text = consent_text(&shown, web::Lang::ZhCn);
    assert!(text.contains("示例县政务服务中心") && text.contains("食品经营备案"));
    let me = holder(&county);
    county.registry.consent(&id, &me, Decision::Allow, &text, county.now()).await.unwrap();
    let row = county.registry.proofs.find(&id).await.unwrap().unwrap();
    assert_eq!(row.text_hash, Some(Sha256::digest(&text).into()));
    assert_eq!((row.state, row.decided_at), (ProofState::Answered, Some(county.now())));
}

#[tokio::test]
async fn a_shown_code_works_once_and_not_for_long() {
    let county = County::new().await;
    county.licence().await;
    let mut holder = county.browser("zhangsan").await;
    let list = holder.get("/credentials").await;
    let page = holder.submit(&list, "show-code", &[]).await.text();
    let code = |page: &str| {
        page.split("<code id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let first = code(&page);
    assert!(first.starts_with("YXS-") && !page.contains(county.zhangsan.as_str()));
    let ask = async |person: &str| {
        county.registry.ask(AskRequest { person, now: county.now(), ..question(&county) }).await
    };
    let typed = first.to_lowercase();
    assert!(ask(&typed).await.is_ok());
    assert_eq!(ask(&first).await, Err(AskError::UnknownPerson), "used once");
    let again = holder.get("/credentials").await;
    let second = code(&holder.submit(&again, "show-code", &[]).await.text());
    assert_ne!(first, second);
    county.world.clock.forward(121);
    assert_eq!(ask(&second).await, Err(AskError::UnknownPerson), "ended");
    assert_eq!(ask("YXS-000000000000").await, Err(AskError::UnknownPerson));
}

#[tokio::test]
async fn a_receipt_can_be_voided_by_its_department_only() {
    let county = County::new().await;
    county.licence().await;
    let id = county.registry.ask(question(&county)).await.unwrap();
    let receipt = decide(&county, &id, Decision::Allow).await.unwrap().unwrap();
    let stranger = Authority::Client(auth_core::id::ClientId::from_text("demo-m2m"));
    assert!(county.registry.revoke_receipt(&id, &stranger, county.now()).await.is_err());
    let mut worker = county.browser("zhaoliu").await;
    let page = worker.get(&format!("/counter/{id}")).await;
    let voided = worker.submit(&page, "receipt-revoke", &[]).await;
    assert!(worker.follow(voided).await.text().contains("已吊销"));
    let snapshot = county.registry.snapshot(county.now()).await.unwrap();
    let report = verify(receipt.code.as_bytes(), &county.trust, &snapshot, county.now());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(stranger.actor(), Actor::Client(auth_core::id::ClientId::from_text("demo-m2m")));
}

#[tokio::test]
async fn the_catalogue_is_public_and_pages_speak_english() {
    let county = County::new().await;
    let mut anybody = world::Browser::new(credential::router(county.deps.clone()));
    let page = anybody.get("/proofs").await.text();
    assert!(page.contains("食品经营备案") && page.contains("国务院令第716号"));
    let english = anybody.get("/proofs?lang=en").await.text();
    assert!(english.contains("Business licence is valid and not revoked"));
    for path in ["/counter", "/consents", "/issue"] {
        assert_eq!(anybody.get(path).await.location().unwrap().path(), "/login", "{path}");
    }
    let mut holder = county.browser("zhangsan").await;
    for path in ["/credentials", "/consents"] {
        let empty = holder.get(&format!("{path}?lang=en")).await;
        assert_eq!(empty.status, StatusCode::OK);
        assert!(empty.text().contains("class=\"empty\""), "{path}");
    }
    assert_eq!(holder.get("/counter").await.status, StatusCode::FORBIDDEN);
}
