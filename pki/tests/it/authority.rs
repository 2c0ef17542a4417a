//! The authority as the program runs it, on a real store and a token.

use std::sync::Arc;

use auth_core::{
    Verdict,
    audit::Actor,
    id::CaId,
    key::{KeyKind, KeyRef, PublicKey},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use pki::{
    Certificate, Knowledge, NameParts,
    ca::{By, CaError, CaPolicy, CertificateAuthority, IssueRequest, NewAuthority},
    cert::{ISSUING_CA, SEAL, Serial},
    crl::{Crl, RevocationReason},
    event::Act,
    judge,
    path::Purpose,
    status::CrlSnapshot,
    store::{Reservation, RevokeOutcome},
    trust::{AnchorClass, TrustList},
};
use tower::ServiceExt;
use world::World;

struct Office {
    world: World,
    authority: CertificateAuthority,
}

fn id(text: &str) -> CaId {
    CaId::from_text(text)
}

fn new(name: &str, kind: KeyKind) -> NewAuthority {
    NewAuthority {
        id: id(name),
        key: KeyRef::new(format!("ca-{name}")),
        kind,
        name: NameParts { common_name: format!("示例县 {name}"), ..NameParts::default() },
        days: 3650,
    }
}

impl Office {
    async fn new(kind: KeyKind) -> Self {
        let world = World::new().await;
        let policy = CaPolicy::demo(world::ISSUER);
        let (keystore, ports) = (world.keystore.clone(), world.stores.ca.clone());
        let authority = CertificateAuthority::new(keystore, ports, world.random.clone(), policy);
        let office = Self { world, authority };
        let root = office.authority.create_root(new("root", kind), &office.by()).await.unwrap();
        let issuing = new("seal", kind);
        office.authority.create_issuing(&root.id, issuing, &office.by()).await.unwrap();
        office
    }

    fn by(&self) -> By {
        By { actor: Actor::Cli(0), now: self.world.now() }
    }

    async fn key(&self, label: &str, kind: KeyKind) -> PublicKey {
        let key = KeyRef::new(label);
        self.world.keystore.generate(&key, kind).await.unwrap().unwrap()
    }

    async fn issue(&self, label: &str, kind: KeyKind) -> pki::ca::Issued {
        let public = self.key(label, kind).await;
        let subject = NameParts { common_name: "市监局".to_owned(), ..NameParts::default() };
        let request =
            IssueRequest { profile: &SEAL, subject: &subject, public: &public, days: 365 };
        self.authority.issue(&id("seal"), request, &self.by()).await.unwrap()
    }

    /// What a stranger with the anchor and the published lists says.
    async fn verdict(&self, chain: &[Vec<u8>]) -> Verdict {
        let mut trust = TrustList::new();
        let root = self.authority.authority(&id("root")).await.unwrap();
        trust.add(&root.certificate, AnchorClass::Demo).unwrap();
        let mut lists = CrlSnapshot::new();
        for ca in ["root", "seal"] {
            lists.add(&self.authority.crl(&id(ca)).await.unwrap().der).unwrap();
        }
        let chain: Vec<_> = chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
        let now = self.world.now();
        let knowledge = Knowledge { trust: &trust, lists: &lists, now };
        judge(&chain[0], &chain[1..], knowledge, now, Purpose::DocumentSigning).verdict
    }
}

#[tokio::test]
async fn issue_verify_revoke_in_every_kind() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let office = Office::new(kind).await;
        let issued = office.issue("seal-1", kind).await;
        assert_eq!(issued.chain.len(), 2);
        assert_eq!(office.verdict(&issued.chain).await, Verdict::Valid);
        let reason = RevocationReason::KeyCompromise;
        let (ca, by) = (id("seal"), office.by());
        let revoke = || office.authority.revoke(&ca, issued.serial, reason, &by);
        let before = office.authority.crl(&id("seal")).await.unwrap().number;
        assert_eq!(revoke().await.unwrap(), RevokeOutcome::Done);
        assert_eq!(office.verdict(&issued.chain).await, Verdict::Invalid);
        assert_eq!(revoke().await.unwrap(), RevokeOutcome::Already);
        let after = office.authority.crl(&id("seal")).await.unwrap().number;
        assert_eq!(after, before + 1, "one revocation, one list");
        let row = office.authority.certificate(&id("seal"), issued.serial).await.unwrap();
        assert_eq!(row.revoked, Some((office.world.now(), reason)));
        let nobody = Serial::new(&*office.world.random);
        let unknown = office.authority.revoke(&id("seal"), nobody, reason, &office.by()).await;
        assert_eq!(unknown.unwrap(), RevokeOutcome::Unknown);
    }
}

#[tokio::test]
async fn making_an_authority_again_changes_nothing() {
    let office = Office::new(KeyKind::P256).await;
    let first = office.authority.authority(&id("seal")).await.unwrap();
    let again = new("seal", KeyKind::P256);
    let again = office.authority.create_issuing(&id("root"), again, &office.by()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(office.authority.authorities().await.unwrap().len(), 2);
    for bad in ["", "Seal", "a/b", "a b", &"a".repeat(33)] {
        let refused = office.authority.create_root(new(bad, KeyKind::P256), &office.by()).await;
        assert!(matches!(refused, Err(CaError::Id)), "{bad:?}");
    }
}

#[tokio::test]
async fn lists_are_signed_again_at_half_life_and_go_stale_without() {
    let office = Office::new(KeyKind::P256).await;
    let issued = office.issue("seal-1", KeyKind::P256).await;
    let refresh = || office.authority.refresh_due(office.world.now());
    assert_eq!(refresh().await.unwrap(), 0);
    office.world.clock.forward(2 * 86_400);
    assert_eq!(office.verdict(&issued.chain).await, Verdict::Valid);
    assert_eq!(refresh().await.unwrap(), 2);
    assert_eq!(refresh().await.unwrap(), 0);
    office.world.clock.forward(4 * 86_400);
    assert_eq!(office.verdict(&issued.chain).await, Verdict::Undetermined);
    assert_eq!(refresh().await.unwrap(), 2);
    assert_eq!(office.verdict(&issued.chain).await, Verdict::Valid);
}

/// Row 87: a crash between reservation and record leaves a status for what was perhaps signed.
#[tokio::test]
async fn row_87_a_reservation_without_outcome_is_revoked_by_recovery() {
    let office = Office::new(KeyKind::P256).await;
    let serial = Serial::new(&*office.world.random);
    let reservation = Reservation {
        ca: id("seal"),
        serial,
        profile: SEAL.name,
        subject: "CN=x".to_owned(),
        at: office.world.now(),
        not_after: office.world.now().plus_seconds(60),
    };
    let event =
        || Act::Reserve(serial, "seal").event(&id("seal"), Actor::System, office.world.now());
    let certificates = &office.world.stores.ca.certificates;
    assert!(certificates.reserve(reservation.clone(), event()).await.unwrap());
    assert!(!certificates.reserve(reservation, event()).await.unwrap(), "a number is used once");
    let recover = || office.authority.recover(office.world.now());
    assert_eq!(recover().await.unwrap(), 0, "somebody may still be at work");
    office.world.clock.forward(700);
    assert_eq!(recover().await.unwrap(), 1);
    assert_eq!(recover().await.unwrap(), 0);
    let list = Crl::from_der(&office.authority.crl(&id("seal")).await.unwrap().der).unwrap();
    assert!(list.entry(serial.as_bytes()).is_some());
    // The one who was at work after all comes too late.
    let late = pki::store::Issuance {
        ca: id("seal"),
        serial,
        certificate: vec![0x30],
        at: office.world.now(),
    };
    assert!(!certificates.record(late, event()).await.unwrap());
}

/// Row 87: authorities are made by their own acts only, and every name of a request is checked.
#[tokio::test]
async fn row_87_unfit_requests_are_refused_before_anything_is_signed() {
    let office = Office::new(KeyKind::P256).await;
    let public = office.key("x", KeyKind::P256).await;
    let edwards = office.key("ed", KeyKind::Ed25519).await;
    let (good, long) = (NameParts { common_name: "x".to_owned(), ..NameParts::default() }, "长");
    let bad = NameParts { organization: Some(long.repeat(201)), ..good.clone() };
    let ask = |profile, subject, public, days| {
        let request = IssueRequest { profile, subject, public, days };
        let (authority, by) = (office.authority.clone(), office.by());
        async move { authority.issue(&id("seal"), request, &by).await.unwrap_err() }
    };
    assert!(matches!(ask(&ISSUING_CA, &good, &public, 9).await, CaError::Profile));
    assert!(matches!(ask(&SEAL, &bad, &public, 9).await, CaError::Name(_)));
    assert!(matches!(ask(&SEAL, &good, &public, 4000).await, CaError::Lint(_)));
    assert!(matches!(ask(&SEAL, &good, &public, 0).await, CaError::Lint(_)));
    assert!(matches!(ask(&SEAL, &good, &edwards, 9).await, CaError::Lint(_)));
    let rows = office.authority.certificates(&id("seal"), None, 10).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    office.world.clock.forward(11 * 366 * 86_400);
    assert!(matches!(ask(&SEAL, &good, &public, 9).await, CaError::NotValid));
}

#[tokio::test]
async fn a_hundred_certificates_have_a_hundred_rows_and_a_seal_never_outlives_its_authority() {
    let office = Office::new(KeyKind::P256).await;
    let public = office.key("x", KeyKind::P256).await;
    let subject = NameParts { common_name: "x".to_owned(), ..NameParts::default() };
    let request = IssueRequest { profile: &SEAL, subject: &subject, public: &public, days: 365 };
    let mut serials = Vec::new();
    for _ in 0..100 {
        let issued = office.authority.issue(&id("seal"), request, &office.by()).await.unwrap();
        serials.push(issued.serial.to_hex());
    }
    serials.sort();
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = office.authority.certificates(&id("seal"), after, 33).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.serial);
        listed.extend(page.iter().map(|row| row.serial.to_hex()));
        assert!(page.iter().all(|row| row.certificate.is_some()));
    }
    assert_eq!(listed, serials);
    office.world.clock.forward(3500 * 86_400);
    let issued = office.authority.issue(&id("seal"), request, &office.by()).await.unwrap();
    let end = |der: &[u8]| Certificate::from_der(der).unwrap().not_after();
    assert_eq!(end(&issued.chain[0]), end(&issued.chain[1]));
}

#[tokio::test]
async fn lists_and_certificates_are_served_with_their_types() {
    let office = Office::new(KeyKind::P256).await;
    let deps = pki::Deps {
        shell: office.world.shell.clone(),
        authority: Arc::new(office.authority.clone()),
    };
    let ask = |path: &str, tag: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        pki::router(deps.clone()).oneshot(request.body(Body::empty()).unwrap())
    };
    let list = ask("/crl/seal", None).await.unwrap();
    assert_eq!(list.status(), StatusCode::OK);
    assert_eq!(list.headers()[header::CONTENT_TYPE], "application/pkix-crl");
    assert_eq!(list.headers()[header::CACHE_CONTROL], "public, max-age=600");
    let tag = list.headers()[header::ETAG].to_str().unwrap().to_owned();
    let bytes = axum::body::to_bytes(list.into_body(), 1 << 20).await.unwrap();
    assert_eq!(bytes, office.authority.crl(&id("seal")).await.unwrap().der);
    assert_eq!(ask("/crl/seal", Some(&tag)).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let certificate = ask("/ca/root", None).await.unwrap();
    assert_eq!(certificate.headers()[header::CONTENT_TYPE], "application/pkix-cert");
    let missing = ask("/ca/x", None).await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask("/crl/x", None).await.unwrap().status(), StatusCode::NOT_FOUND);
}
