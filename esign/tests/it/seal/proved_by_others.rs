//! The whole result under the eyes of foreign programs: pdfsig, pyHanko, qpdf, OpenSSL.

use std::{path::Path, process::Command};

use auth_core::{Profile, audit::Actor};
use esign::{
    flow::{Format, SealUse, seal_document},
    request::Place,
};

use super::{County, letter};

/// Output of a foreign program, both channels; `None` where it is not installed.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(done) => {
            let said = [done.stdout, done.stderr].concat();
            Some((done.status.success(), String::from_utf8_lossy(&said).into_owned()))
        }
        Err(error) => {
            println!("skipped: {program}: {error}");
            None
        }
    }
}

async fn trust(county: &County, folder: &Path) {
    let beliefs = county.beliefs().await;
    std::fs::write(folder.join("trust.pem"), beliefs.trust.to_pem()).unwrap();
}

#[tokio::test]
async fn a_sealed_letter_is_accepted_by_poppler_pyhanko_and_qpdf() {
    let county = County::new().await;
    let folder = tempfile::tempdir().unwrap();
    let pdf = super::letter::sealed(&county).await;
    std::fs::write(folder.path().join("letter.pdf"), &pdf).unwrap();
    if let Ok(pictures) = std::env::var("YINXIN_PICTURES") {
        std::fs::write(format!("{pictures}/sealed.pdf"), &pdf).unwrap();
    }
    trust(&county, folder.path()).await;
    if let Some((_, said)) = run("pdfsig", &["-nocert", "letter.pdf"], folder.path()) {
        assert!(said.contains("Signature is Valid"), "{said}");
        assert!(said.contains("Total document signed"), "{said}");
        assert!(said.contains("ETSI.CAdES.detached"), "{said}");
    }
    if let Some((good, said)) = run("qpdf", &["--check", "letter.pdf"], folder.path()) {
        assert!(good, "{said}");
    }
    let arguments = [
        "sign",
        "validate",
        "--no-revocation-check",
        "--trust-replace",
        "--trust",
        "trust.pem",
        "letter.pdf",
    ];
    if let Some((good, said)) = run("pyhanko", &arguments, folder.path()) {
        assert!(good && said.contains("INTACT:TRUSTED,UNTOUCHED"), "{said}");
    }
    if let Some((_, text)) = run("pdftotext", &["letter.pdf", "-"], folder.path()) {
        assert!(text.contains("关于准予行政许可的决定"), "{text}");
    }
}

#[tokio::test]
async fn a_detached_signature_is_accepted_by_openssl() {
    let county = County::new().await;
    let folder = tempfile::tempdir().unwrap();
    let act = SealUse {
        seal: county.seal.id.clone(),
        document: "一封信\n".as_bytes().to_vec(),
        format: Some(Format::Cms),
        place: Place::default(),
        reason: None,
        purpose: "letter".to_owned(),
        actor: Actor::System,
        now: county.now(),
    };
    let sealed = seal_document(&county.office, act).await.unwrap();
    std::fs::write(folder.path().join("letter.txt"), "一封信\n").unwrap();
    std::fs::write(folder.path().join("other.txt"), "两封信\n").unwrap();
    std::fs::write(folder.path().join("letter.txt.p7s"), &sealed.file).unwrap();
    trust(&county, folder.path()).await;
    let at = county.now().unix().to_string();
    let verify = |content: &'static str| {
        let arguments = [
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "letter.txt.p7s",
            "-content",
            content,
            "-CAfile",
            "trust.pem",
            "-purpose",
            "any",
            "-attime",
            &at,
            "-out",
            "/dev/null",
        ];
        run("openssl", &arguments, folder.path())
    };
    if let Some((good, said)) = verify("letter.txt") {
        assert!(good, "{said}");
        assert!(!verify("other.txt").unwrap().0);
    }
}

#[tokio::test]
async fn the_gm_profile_seals_with_sm2() {
    let county = County::with(Profile::Gm).await;
    let pdf = super::letter::sealed(&county).await;
    let report = county.verify(&pdf, None).await;
    assert_eq!(report.verdict, auth_core::Verdict::Valid, "{report:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.pdf"), &pdf).unwrap();
    if let Some((good, said)) = run("qpdf", &["--check", "letter.pdf"], folder.path()) {
        assert!(good, "{said}");
    }
}

#[tokio::test]
async fn two_seals_on_one_document_both_hold() {
    let county = County::new().await;
    let use_of = |document| SealUse {
        seal: county.seal.id.clone(),
        document,
        format: None,
        place: Place::FirstMiddle,
        reason: None,
        purpose: "letter".to_owned(),
        actor: Actor::System,
        now: county.now(),
    };
    let once = seal_document(&county.office, use_of(letter())).await.unwrap().file;
    let twice = seal_document(&county.office, use_of(once)).await.unwrap().file;
    let report = county.verify(&twice, None).await;
    assert_eq!(report.signatures.len(), 2);
    assert_eq!(report.verdict, auth_core::Verdict::Valid, "{report:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.pdf"), &twice).unwrap();
    if let Some((_, said)) = run("pdfsig", &["-nocert", "letter.pdf"], folder.path()) {
        assert_eq!(said.matches("Signature is Valid").count(), 2, "{said}");
    }
}
