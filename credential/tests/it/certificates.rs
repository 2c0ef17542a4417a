//! A certificate's life: issued, shown, verified by a stranger, suspended, revoked.

use std::collections::BTreeMap;

use auth_core::{
    Profile, Verdict,
    id::{ClientId, CredentialId},
};
use axum::body::Body;
use credential::{
    Authority, OfflineVerifier,
    flow::{
        issue::IssueError,
        status::{Change, StatusError},
    },
    kinds::HYGIENE_PERMIT,
    qr::{self, QrCode, TARGET_VERSION},
    sd_jwt::SdJwt,
    status::{Status, StatusSnapshot},
    verify,
};
use http::{Request, StatusCode, header};
use world::Browser;

use crate::county::{County, licence_fields};

async fn snapshot(county: &County) -> StatusSnapshot {
    let file = county.registry.snapshot_file(county.now()).await.unwrap();
    StatusSnapshot::read(file.as_bytes(), &county.trust, county.now())
}

fn codes(report: &auth_core::Report) -> Vec<&str> {
    report.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[tokio::test]
async fn both_forms_verify_in_both_profiles() {
    for profile in [Profile::Intl, Profile::Gm] {
        let county = County::with(profile).await;
        let issued = county.licence().await;
        let status = snapshot(&county).await;
        let picture = QrCode::new(&issued.content.code).unwrap();
        assert!(picture.version() <= TARGET_VERSION, "version {}", picture.version());
        let png = picture.png(8).unwrap();
        let forms: [(&[u8], &str); 4] = [
            (issued.content.sd_jwt.as_bytes(), "sd-jwt-vc"),
            (issued.content.code.as_bytes(), "yx1"),
            (issued.content.compact.as_bytes(), "yx1"),
            (&png, "yx1"),
        ];
        for (bytes, kind) in forms {
            let report = verify(bytes, &county.trust, &status, county.now());
            assert_eq!(report.verdict, Verdict::Valid, "{profile:?} {report:#?}");
            assert_eq!(report.kind, kind);
            assert_eq!(report.statement["name"], "示例云上茶业有限公司");
            assert!(codes(&report).contains(&"no-legal-effect"));
        }
        let part = issued.content.code.split('#').nth(1).unwrap();
        let report = verify(part.as_bytes(), &county.trust, &status, county.now());
        assert_eq!(report.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn revoked_is_invalid_stale_is_undetermined_expired_is_invalid() {
    let county = County::new().await;
    let issued = county.licence().await;
    let fresh = snapshot(&county).await;
    let look = |status: &StatusSnapshot, now| {
        verify(issued.content.code.as_bytes(), &county.trust, status, now)
    };
    assert_eq!(look(&fresh, county.now()).verdict, Verdict::Valid);
    let none = look(&StatusSnapshot::empty(), county.now());
    assert_eq!(
        (none.verdict, codes(&none).contains(&"status-missing")),
        (Verdict::Undetermined, true)
    );
    let later = county.now().plus_seconds(301);
    let stale = look(&fresh, later);
    assert_eq!(
        (stale.verdict, codes(&stale).contains(&"status-stale")),
        (Verdict::Undetermined, true)
    );
    let earlier = look(&fresh, county.now().plus_seconds(-3600));
    assert_eq!(earlier.verdict, Verdict::Invalid, "issued in the future");

    let by = Authority::System;
    county.registry.change_status(&issued.id, Change::Suspend, &by, county.now()).await.unwrap();
    let suspended = snapshot(&county).await;
    let report = look(&suspended, county.now());
    assert_eq!((report.verdict, codes(&report).contains(&"suspended")), (Verdict::Invalid, true));
    county.registry.change_status(&issued.id, Change::Resume, &by, county.now()).await.unwrap();
    assert_eq!(look(&snapshot(&county).await, county.now()).verdict, Verdict::Valid);
    county.registry.revoke(&issued.id, &by, county.now()).await.unwrap();
    let report = look(&snapshot(&county).await, county.now());
    assert_eq!((report.verdict, codes(&report).contains(&"revoked")), (Verdict::Invalid, true));
    // What is revoked stays revoked.
    let again = county.registry.change_status(&issued.id, Change::Resume, &by, county.now()).await;
    assert_eq!(again, Err(StatusError::NotFrom(Status::Invalid)));
}

#[tokio::test]
async fn a_permit_ends_after_four_years() {
    let county = County::new().await;
    let fields = [
        ("name", "云上茶馆"),
        ("legal_representative", "张三"),
        ("permitted", "茶座"),
        ("address", "示例县示例路1号"),
    ];
    let mut request = county.request();
    request.kind = &HYGIENE_PERMIT;
    request.fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let issued = county.registry.issue(request).await.unwrap();
    assert_eq!(issued.content.claims["valid_until"], "2030-11-24");
    county.world.clock.set(auth_core::Timestamp::parse_rfc3339("2030-11-24T08:00:00Z").unwrap());
    let status = snapshot(&county).await;
    for form in [&issued.content.code, &issued.content.sd_jwt] {
        let report = verify(form.as_bytes(), &county.trust, &status, county.now());
        assert_eq!((report.verdict, codes(&report).contains(&"expired")), (Verdict::Invalid, true));
    }
}

#[tokio::test]
async fn no_changed_byte_is_ever_valid() {
    let county = County::new().await;
    let issued = county.licence().await;
    let status = snapshot(&county).await;
    for text in [&issued.content.code, &issued.content.sd_jwt] {
        for at in (0..text.len()).step_by(3) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let report = verify(&bytes, &county.trust, &status, county.now());
            assert_ne!(report.verdict, Verdict::Valid, "byte {at}");
        }
        for cut in (0..text.len()).step_by(7) {
            let report = verify(&text.as_bytes()[..cut], &county.trust, &status, county.now());
            // Cut behind a tilde it is a presentation with fewer claims, which is what it is for.
            let presentation = text.as_bytes()[..cut].ends_with(b"~");
            assert!(report.verdict != Verdict::Valid || presentation, "cut {cut}");
        }
    }
}

#[tokio::test]
async fn a_print_that_leads_elsewhere_and_a_wrong_prefix_are_invalid() {
    let county = County::new().await;
    let issued = county.licence().await;
    let status = snapshot(&county).await;
    let reason = |text: &str| {
        let report = verify(text.as_bytes(), &county.trust, &status, county.now());
        assert_eq!(report.verdict, Verdict::Invalid, "{text}");
        codes(&report).join(" ")
    };
    let elsewhere = issued.content.code.replace("localhost:8080", "localhost.evil.example");
    assert!(reason(&elsewhere).contains("address-differs"));
    assert!(reason(&issued.content.compact.replace("YX1:", "HC1:")).contains("yx1-prefix"));
    assert!(reason(&issued.content.compact.replace("YX1:", "YX2:")).contains("yx1-prefix"));
    let foreign = QrCode::new("https://example.com/").unwrap().png(4).unwrap();
    let report = verify(&foreign, &county.trust, &status, county.now());
    assert_eq!((report.verdict, codes(&report)), (Verdict::Invalid, vec!["yx1-prefix"]));
    let mut blank = Vec::new();
    let mut encoder = png::Encoder::new(&mut blank, 40, 40);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[255; 1600]).unwrap();
    let report = verify(&blank, &county.trust, &status, county.now());
    assert_eq!((report.verdict, codes(&report)), (Verdict::Undetermined, vec!["qr-not-found"]));
}

#[tokio::test]
async fn an_unknown_signer_is_undetermined_and_another_countys_key_never_valid() {
    let county = County::new().await;
    let issued = county.licence().await;
    let status = snapshot(&county).await;
    let nobody = credential::TrustList::default();
    for form in [&issued.content.code, &issued.content.sd_jwt] {
        let report = verify(form.as_bytes(), &nobody, &status, county.now());
        assert_eq!(report.verdict, Verdict::Undetermined, "{report:#?}");
    }
    // A status list that no trusted signer made is not believed.
    let file = county.registry.snapshot_file(county.now()).await.unwrap();
    let unknown = StatusSnapshot::read(file.as_bytes(), &nobody, county.now());
    let report = verify(issued.content.code.as_bytes(), &county.trust, &unknown, county.now());
    assert_eq!(report.verdict, Verdict::Undetermined);
}

#[tokio::test]
async fn the_trust_file_carries_the_signers() {
    let county = County::new().await;
    let issued = county.licence().await;
    let pem = county.trust.to_pem();
    let trust = credential::TrustList::from_pem(&pem, pki::trust::AnchorClass::Demo).unwrap();
    assert_eq!(trust.anchors().anchors().len(), 1, "signers are no anchors");
    let file = county.registry.snapshot_file(county.now()).await.unwrap();
    let status = StatusSnapshot::read(file.as_bytes(), &trust, county.now());
    let verifier = OfflineVerifier { trust: trust.into(), status: status.into() };
    let input = auth_core::port::VerifyInput {
        bytes: issued.content.code.as_bytes(),
        content: None,
        at: county.now(),
    };
    use auth_core::port::DocumentVerifier;
    assert!(
        verifier.sniff(input.bytes) && !verifier.sniff(b"%PDF-1.7\n~") && !verifier.sniff(b"0\x82")
    );
    assert_eq!(verifier.verify(input).await.verdict, Verdict::Valid);
}

#[tokio::test]
async fn a_holder_shows_a_part() {
    let county = County::new().await;
    let issued = county.licence().await;
    let status = snapshot(&county).await;
    let whole = SdJwt::parse(&issued.content.sd_jwt).unwrap();
    let part = whole.present(|claim| claim == "legal_representative");
    let report = verify(part.as_bytes(), &county.trust, &status, county.now());
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(report.statement["legal_representative"], "张三");
    assert!(!report.statement.contains_key("address"));
    assert!(!part.contains("业务") && report.statement.contains_key("credit_code"));
}

#[tokio::test]
async fn only_issuers_issue_and_only_what_the_type_knows() {
    let county = County::new().await;
    let refused = |change: fn(&mut BTreeMap<String, String>)| {
        let mut request = county.request();
        change(&mut request.fields);
        county.registry.issue(request)
    };
    let missing = refused(|fields| {
        fields.remove("name");
    });
    assert_eq!(missing.await.unwrap_err(), IssueError::Missing("name"));
    let unknown = refused(|fields| {
        fields.insert("exp".into(), "9".into());
    });
    assert_eq!(unknown.await.unwrap_err(), IssueError::UnknownField("exp".into()));
    let date = refused(|fields| {
        fields.insert("established_on".into(), "2021-13-15".into());
    });
    assert_eq!(date.await.unwrap_err(), IssueError::Field("established_on"));
    let code = refused(|fields| {
        fields.insert("credit_code".into(), "91330899MA0000001X".into());
    });
    assert_eq!(code.await.unwrap_err(), IssueError::Field("credit_code"));
    let mut request = county.request();
    request.by = Authority::Client(ClientId::from_text("stranger"));
    assert_eq!(county.registry.issue(request).await.unwrap_err(), IssueError::NotIssuer);
    let mut request = county.request();
    request.holder = auth_core::id::PersonId::from_text("nobody");
    assert_eq!(county.registry.issue(request).await.unwrap_err(), IssueError::UnknownHolder);
}

#[tokio::test]
async fn long_names_make_room_or_are_refused_by_their_length() {
    let county = County::new().await;
    let mut request = county.request();
    request.fields.insert("name".into(), "示".repeat(60));
    request.fields.insert("entity_type".into(), "例".repeat(30));
    let issued = county.registry.issue(request).await.unwrap();
    let picture = QrCode::new(&issued.content.code).unwrap();
    assert!(picture.version() <= TARGET_VERSION, "version {}", picture.version());
    let mut request = county.request();
    request.fields.insert("name".into(), "示".repeat(61));
    assert_eq!(county.registry.issue(request).await.unwrap_err(), IssueError::Field("name"));
}

#[tokio::test]
async fn a_request_sent_twice_issues_once() {
    let county = County::new().await;
    let mut browser = Browser::new(credential::router(county.deps.clone()));
    let body = serde_json::json!({
        "type": "business-licence", "holder": "zhangsan", "claims": licence_fields(),
    })
    .to_string();
    let post = |token: &str, key: &str| {
        Request::post("http://localhost:8080/api/credentials")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
    };
    let first = browser.send(post("issue", "k1"), Body::from(body.clone())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let second = browser.send(post("issue", "k1"), Body::from(body.clone())).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(first.json(), second.json());
    let other = browser.send(post("issue", "k1"), Body::from(body.replace("例云", "例运"))).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json()["code"], "idempotency-key-reused");
    for (token, status) in [("none", 401), ("other", 403), ("stranger", 403)] {
        let answer = browser.send(post(token, "k2"), Body::from(body.clone())).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
    }
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let path = format!("http://localhost:8080/api/credentials/{id}/status");
    let revoke = Request::post(path.as_str())
        .header(header::AUTHORIZATION, "Bearer issue")
        .header(header::CONTENT_TYPE, "application/json");
    let revoked = browser.send(revoke, Body::from(r#"{"status":"revoked"}"#)).await;
    assert_eq!(revoked.json()["status"], "revoked");
    let huge = browser.send(post("issue", "k3"), Body::from(" ".repeat(40_000))).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_officer_issues_and_the_holder_finds_it() {
    let county = County::new().await;
    let mut officer = county.browser("lisi").await;
    let form = officer.get("/issue/new/business-licence").await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text());
    let bureau = county.bureau.to_string();
    let fields = licence_fields();
    let mut typed: Vec<(&str, &str)> =
        fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    typed.extend([("organisation", bureau.as_str()), ("holder", "nobody")]);
    let wrong = officer.submit(&form, "issue", &typed).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("没有找到该持证人") && wrong.text().contains("示例云上茶业"));
    typed.pop();
    typed.push(("holder", "zhangsan"));
    let done = officer.submit(&wrong, "issue", &typed).await;
    let page = officer.follow(done).await;
    assert!(page.text().contains("示例云上茶业有限公司"), "{}", page.text());

    let mut holder = county.browser("zhangsan").await;
    let list = holder.get("/credentials").await.text();
    assert!(list.contains("营业执照") && list.contains("有效"));
    let id = page.url.path().rsplit('/').next().unwrap().to_owned();
    let path = format!("/credentials/{id}");
    let detail = holder.get(&path).await.text();
    assert!(detail.contains("<svg") && detail.contains("壹佰万元整"));
    let picture = holder.get(&format!("{path}/qr.png")).await;
    let texts = qr::read(&picture.body).unwrap();
    assert!(texts[0].starts_with("http://localhost:8080/v#YX1:"));
    let pdf = holder.get(&format!("{path}/certificate.pdf")).await;
    assert!(pdf.body.ends_with(b"sealed for credential.document"), "{}", pdf.text());
    assert_eq!(pdf.body, holder.get(&format!("{path}/certificate.pdf")).await.body);
    let part = format!("{path}/certificate.sd-jwt?choose=yes&show=address");
    let part = holder.get(&part).await.text();
    assert_eq!(part.matches('~').count(), 2);
    let json = holder.get(&format!("{path}/certificate.json")).await.json();
    assert_eq!(json["identifier"].as_str().map(|id| id.starts_with("1.2.156.3005.2.")), Some(true));

    // Others see nothing, and cannot tell that there is something.
    let mut other = county.browser("zhaoliu").await;
    assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.get("/issue").await.status, StatusCode::FORBIDDEN);
    let foreign = other.get(&format!("/issue/certificates/{id}")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);

    let page = officer.get(&format!("/issue/certificates/{id}")).await;
    let unsure = officer.submit(&page, "revoke-now", &[]).await;
    assert!(unsure.location().unwrap().as_str().ends_with("#revoke"));
    let revoked = officer.submit(&page, "revoke-now", &[("sure", "yes")]).await;
    assert!(officer.follow(revoked).await.text().contains("已吊销"));
    assert!(holder.get(&path).await.text().contains("已吊销"));
    let row = county.registry.credentials.find(&CredentialId::from_text(id)).await.unwrap();
    assert_eq!(row.unwrap().status, Status::Invalid);
}

#[tokio::test]
async fn status_lists_and_metadata_are_open_to_all() {
    let county = County::new().await;
    let issued = county.licence().await;
    let mut anybody = Browser::new(credential::router(county.deps.clone()));
    let list = anybody.get("/status/1").await;
    assert_eq!(list.headers[header::CONTENT_TYPE], "application/statuslist+jwt");
    assert_eq!(list.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    // The same bytes while nothing changes and it is young; new ones when something does.
    assert_eq!(list.body, anybody.get("/status/1").await.body);
    county.world.clock.forward(200);
    let renewed = anybody.get("/status/1").await;
    assert_ne!(list.body, renewed.body);
    county.registry.revoke(&issued.id, &Authority::System, county.now()).await.unwrap();
    assert_ne!(renewed.body, anybody.get("/status/1").await.body);
    for missing in ["/status/2", "/status/x", "/status/-1", "/status/99999999999"] {
        assert_eq!(anybody.get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
    assert_eq!(anybody.get("/status/1?time=1").await.status, StatusCode::NOT_IMPLEMENTED);

    let issuer = anybody.get("/.well-known/jwt-vc-issuer").await.json();
    assert_eq!(issuer["issuer"], "http://localhost:8080");
    assert_eq!(issuer["jwks"]["keys"].as_array().unwrap().len(), 2);
    let kind = anybody.get("/vct/business-licence").await.json();
    assert_eq!(kind["vct"], "http://localhost:8080/vct/business-licence");
    assert_eq!(anybody.get("/vct/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(anybody.get("/credentials").await.location().unwrap().path(), "/login");
}

/// A dump of the database shows no claim of any certificate.
#[tokio::test]
async fn at_rest_the_content_is_encrypted() {
    let county = County::new().await;
    let issued = county.licence().await;
    county.world.stores.close().await;
    let file = county.world.database_file();
    let mut dump = std::fs::read(&file).unwrap();
    dump.extend(std::fs::read(file.with_extension("db-wal")).unwrap_or_default());
    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    for field in crate::county::licence_fields().values() {
        assert!(!holds(field), "{field}");
    }
    assert!(!holds(&issued.content.code) && !holds(&issued.content.sd_jwt));
    assert!(holds(&issued.number), "the search finds what is there");
}
