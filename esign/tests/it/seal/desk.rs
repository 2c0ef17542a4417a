//! Ask, decide, fetch: four eyes, nothing lost, nothing readable in the database.

use auth_core::{Verdict, id::SealRequestId, role::Role};
use esign::{
    error::SealError,
    flow::{
        Ask, decide, document, open_intents, request, requests, sealed_document, sweep, view,
        withdraw,
    },
    request::{MayNotDecide, Place, RequestState},
};

use super::{County, letter};

fn ask(county: &County, document: Vec<u8>) -> Ask {
    Ask {
        seal: county.seal.id.clone(),
        document,
        file_name: "关于张三身份330899199001011234的函.pdf".to_owned(),
        note: "发往市局".to_owned(),
        place: Place::default(),
    }
}

async fn asked(county: &County) -> SealRequestId {
    let lisi = county.session(&county.lisi).await;
    request(&county.office, &lisi, ask(county, letter()), county.now()).await.unwrap()
}

#[tokio::test]
async fn one_asks_another_approves_the_file_is_sealed() {
    let county = County::new().await;
    let (lisi, wangwu) = (county.session(&county.lisi).await, county.session(&county.wangwu).await);
    let id = asked(&county).await;
    let (waiting, own) = requests(&county.office, &wangwu).await.unwrap();
    assert_eq!((waiting.len(), own.len()), (1, 0));
    assert_eq!(waiting[0].texts.note, "发往市局");
    assert_eq!(document(&county.office, &wangwu, &id).await.unwrap().1, letter());
    decide(&county.office, &wangwu, &id, None, county.now()).await.unwrap();
    let shown = view(&county.office, &lisi, &id).await.unwrap();
    assert_eq!(shown.row.state, RequestState::Sealed);
    assert_eq!(shown.row.decided_by.as_ref(), Some(&county.wangwu));
    let (name, sealed) = sealed_document(&county.office, &lisi, &id).await.unwrap();
    assert!(name.ends_with(".pdf") && sealed.starts_with(&letter()));
    let report = county.verify(&sealed, None).await;
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert!(report.reasons.iter().any(|reason| reason.code == "no-legal-effect"), "{report:?}");
    assert_eq!(sealed_document(&county.office, &lisi, &id).await.unwrap().1, sealed);
    let acts = county.acts();
    let expected = ["seal.make", "seal.ask", "seal.approve", "seal.intent", "seal.done"];
    assert!(acts.is_empty() || acts == expected, "{acts:?}");
    assert!(open_intents(&county.office, county.now().plus_seconds(999)).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_decides_about_their_own_request_whatever_roles_they_hold() {
    let county = County::new().await;
    county.world.grant(&county.lisi, Role::SealApprover, Some(&county.bureau.id)).await;
    let id = asked(&county).await;
    let lisi = county.session(&county.lisi).await;
    for refusal in [None, Some("不同意")] {
        let own = decide(&county.office, &lisi, &id, refusal, county.now()).await.unwrap_err();
        assert!(matches!(own, SealError::Decide(MayNotDecide::OwnRequest)));
    }
    let (waiting, own) = requests(&county.office, &lisi).await.unwrap();
    assert_eq!((waiting.len(), own.len()), (0, 1));
}

#[tokio::test]
async fn roles_of_another_organisation_are_worth_nothing() {
    let county = County::new().await;
    let id = asked(&county).await;
    let other = county.world.organisation("示例县财政局", "11330899MB0000002").await;
    let stranger = county.world.person("qianqi", "钱七").await;
    for role in [Role::SealApprover, Role::SealUser] {
        county.world.grant(&stranger, role, Some(&other)).await;
    }
    let stranger = county.session(&stranger).await;
    let office = &county.office;
    let refused = decide(office, &stranger, &id, None, county.now()).await.unwrap_err();
    assert!(matches!(refused, SealError::NotAllowed));
    assert!(matches!(view(office, &stranger, &id).await, Err(SealError::NotFound)));
    assert!(matches!(document(office, &stranger, &id).await, Err(SealError::NotFound)));
    let asking = request(office, &stranger, ask(&county, letter()), county.now()).await;
    assert!(matches!(asking.unwrap_err(), SealError::NotAllowed));
    // Approvers do not ask, and askers do not approve.
    let wangwu = county.session(&county.wangwu).await;
    let asking = request(office, &wangwu, ask(&county, letter()), county.now()).await;
    assert!(matches!(asking.unwrap_err(), SealError::NotAllowed));
}

#[tokio::test]
async fn a_refusal_needs_a_reason_and_is_final() {
    let county = County::new().await;
    let id = asked(&county).await;
    let wangwu = county.session(&county.wangwu).await;
    let office = &county.office;
    let bare = decide(office, &wangwu, &id, Some("  "), county.now()).await.unwrap_err();
    assert!(matches!(bare, SealError::ReasonMissing));
    let long = "长".repeat(501);
    let long = decide(office, &wangwu, &id, Some(&long), county.now()).await.unwrap_err();
    assert!(matches!(long, SealError::TextTooLong));
    decide(office, &wangwu, &id, Some("文号有误"), county.now()).await.unwrap();
    let lisi = county.session(&county.lisi).await;
    let shown = view(office, &lisi, &id).await.unwrap();
    assert_eq!(shown.refusal.as_deref(), Some("文号有误"));
    let late = decide(office, &wangwu, &id, None, county.now()).await.unwrap_err();
    assert!(matches!(late, SealError::Decide(MayNotDecide::NotWaiting)));
    assert!(sealed_document(office, &lisi, &id).await.is_err());
}

#[tokio::test]
async fn fifty_approvals_at_once_seal_once() {
    let county = County::new().await;
    let id = asked(&county).await;
    let wangwu = county.session(&county.wangwu).await;
    let tries = (0..50).map(|_| {
        let (office, wangwu, id) = (county.office.clone(), wangwu.clone(), id.clone());
        let now = county.now();
        tokio::spawn(async move { decide(&office, &wangwu, &id, None, now).await.is_ok() })
    });
    let mut done = 0;
    for attempt in tries.collect::<Vec<_>>() {
        done += usize::from(attempt.await.unwrap());
    }
    assert_eq!(done, 1);
    let acts = county.acts();
    assert!(acts.is_empty() || acts.iter().filter(|act| *act == "seal.done").count() == 1);
}

#[tokio::test]
async fn what_cannot_be_sealed_is_told_when_asking() {
    let county = County::new().await;
    let lisi = county.session(&county.lisi).await;
    let (office, lisi, now) = (&county.office, &lisi, county.now());
    let asking = |document: Vec<u8>| {
        let ask = ask(&county, document);
        async move { request(office, lisi, ask, now).await.map_err(|error| error.answer().code) }
    };
    assert_eq!(asking(Vec::new()).await, Err("document-empty"));
    assert_eq!(asking(b"%PDF-1.7\ngarbage".to_vec()).await, Err("document"));
    assert_eq!(asking(vec![b'a'; 20 * 1024 * 1024 + 1]).await, Err("too-large"));
    let mut cut = letter();
    cut.truncate(cut.len() / 2);
    assert_eq!(asking(cut).await, Err("document"));
    // Anything that is no PDF gets a signature beside it.
    let id = asking("任何文字".as_bytes().to_vec()).await.unwrap();
    let wangwu = county.session(&county.wangwu).await;
    decide(&county.office, &wangwu, &id, None, county.now()).await.unwrap();
    let (name, signature) = sealed_document(&county.office, lisi, &id).await.unwrap();
    assert!(name.ends_with(".p7s"));
    let report = county.verify(&signature, Some("任何文字".as_bytes())).await;
    assert_eq!((report.verdict, report.kind.as_str()), (Verdict::Valid, "cms"), "{report:?}");
    let report = county.verify(&signature, Some("别的文字".as_bytes())).await;
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(county.verify(&signature, None).await.verdict, Verdict::Undetermined);
}

#[tokio::test]
async fn requests_are_bounded_expire_and_are_forgotten() {
    let mut county = County::new().await;
    county.office.policy.max_requests = 3;
    let lisi = county.session(&county.lisi).await;
    let id = asked(&county).await;
    asked(&county).await;
    asked(&county).await;
    let more = request(&county.office, &lisi, ask(&county, letter()), county.now()).await;
    assert!(matches!(more.unwrap_err(), SealError::TooMany));
    let wangwu = county.session(&county.wangwu).await;
    decide(&county.office, &wangwu, &id, None, county.now()).await.unwrap();

    let later = county.now().plus_seconds(county.office.policy.keep_request_seconds);
    let late = decide(&county.office, &wangwu, &id, None, later).await;
    assert!(late.is_err());
    assert!(sweep(&county.office, later).await.unwrap() > 0);
    assert!(matches!(sealed_document(&county.office, &lisi, &id).await, Err(SealError::NotFound)));
    let (waiting, own) = requests(&county.office, &lisi).await.unwrap();
    assert_eq!((waiting.len(), own.len()), (0, 3));
    let expired = own.iter().filter(|one| one.row.state == RequestState::Expired).count();
    assert_eq!(expired, 2);
    let much_later = later.plus_seconds(county.office.policy.keep_record_seconds + 1);
    sweep(&county.office, much_later).await.unwrap();
    assert!(requests(&county.office, &lisi).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn only_the_asker_withdraws_and_only_while_it_waits() {
    let county = County::new().await;
    let id = asked(&county).await;
    let (lisi, wangwu) = (county.session(&county.lisi).await, county.session(&county.wangwu).await);
    let office = &county.office;
    let other = withdraw(office, &wangwu, &id, county.now()).await;
    assert!(matches!(other.unwrap_err(), SealError::NotFound));
    withdraw(office, &lisi, &id, county.now()).await.unwrap();
    assert!(withdraw(office, &lisi, &id, county.now()).await.is_err());
    assert!(decide(office, &wangwu, &id, None, county.now()).await.is_err());
}

#[tokio::test]
async fn the_database_shows_nothing_of_a_waiting_document() {
    let county = County::new().await;
    let lisi = county.session(&county.lisi).await;
    let secret = "身份证号330899199001011234";
    let document = secret.repeat(3).into_bytes();
    request(&county.office, &lisi, ask(&county, document), county.now()).await.unwrap();
    for file in std::fs::read_dir(county.world.database_file().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let needle = b"330899199001011234";
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
}
