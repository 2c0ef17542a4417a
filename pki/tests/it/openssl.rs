//! OpenSSL accepts our chains and lists, and refuses the same things as we do.

use std::path::Path;

use auth_core::{Timestamp, key::KeyKind};
use pki::{
    crl::{Entry, RevocationReason},
    pem,
};

use crate::support::{Chain, NOW, Party, run, said};

/// Writes `root.pem`, `issuing.pem`, `seal.pem` and both lists as `crls.pem`.
async fn write(dir: &Path, chain: &Chain, seal: &Party, revoked: &[Entry]) {
    for (name, party) in
        [("root.pem", &chain.root), ("issuing.pem", &chain.issuing), ("seal.pem", seal)]
    {
        std::fs::write(dir.join(name), pem::certificate(party.certificate.der())).unwrap();
    }
    let lists = [chain.crl(&chain.root, 1, &[]).await, chain.crl(&chain.issuing, 1, revoked).await];
    let text: String = lists
        .iter()
        .map(|list| pem::certificate(list).replace("CERTIFICATE", "X509 CRL"))
        .collect();
    std::fs::write(dir.join("crls.pem"), text).unwrap();
    std::fs::write(dir.join("issuing.crl"), &lists[1]).unwrap();
}

fn verify(dir: &Path, at: Timestamp) -> Option<(bool, String)> {
    let at = at.unix().to_string();
    let arguments = [
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-attime",
        &at,
        "-CAfile",
        "root.pem",
        "-CRLfile",
        "crls.pem",
        "-untrusted",
        "issuing.pem",
        "seal.pem",
    ];
    run(dir, "openssl", &arguments).map(|output| (output.status.success(), said(&output)))
}

#[tokio::test]
async fn openssl_verifies_chain_and_status() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let chain = Chain::new(kind).await;
        let seal = chain.seal(kind).await;
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &chain, &seal, &[]).await;
        let Some((good, text)) = verify(dir.path(), NOW) else { return };
        assert!(good, "{kind:?}: {text}");
        let (late, text) = verify(dir.path(), NOW.plus_seconds(2 * 86_400)).unwrap();
        assert!(!late && text.contains("CRL has expired"), "{text}");

        let entry = Entry {
            serial: seal.serial,
            revoked_at: NOW.plus_seconds(-10),
            reason: RevocationReason::KeyCompromise,
        };
        write(dir.path(), &chain, &seal, &[entry]).await;
        let (good, text) = verify(dir.path(), NOW).unwrap();
        assert!(!good && text.contains("certificate revoked"), "{text}");
        let shown =
            run(dir.path(), "openssl", &["crl", "-inform", "der", "-in", "issuing.crl", "-text"]);
        let text = said(&shown.unwrap());
        assert!(text.contains("Key Compromise") && text.contains("X509v3 CRL Number"), "{text}");
    }
}

#[tokio::test]
async fn openssl_refuses_a_damaged_certificate() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &chain, &seal, &[]).await;
    let mut damaged = seal.certificate.der().to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(dir.path().join("seal.pem"), pem::certificate(&damaged)).unwrap();
    let Some((good, text)) = verify(dir.path(), NOW) else { return };
    assert!(!good && text.contains("certificate signature failure"), "{text}");
}

#[tokio::test]
async fn openssl_shows_the_demo_policy_with_its_whole_number() {
    let chain = Chain::new(KeyKind::P256).await;
    let seal = chain.seal(KeyKind::P256).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &chain, &seal, &[]).await;
    let shown = run(dir.path(), "openssl", &["x509", "-in", "seal.pem", "-noout", "-text"]);
    let Some(output) = shown else { return };
    let text = said(&output);
    assert!(text.contains("Policy: 2.25.68278009356678007159427328926849947313"), "{text}");
    assert!(text.contains("1.3.6.1.5.5.7.3.36"), "{text}");
    assert!(seal.certificate.has_no_legal_effect());
}
