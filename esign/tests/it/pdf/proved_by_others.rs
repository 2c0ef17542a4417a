//! Our signed files under the eyes of qpdf, poppler, mupdf and pyHanko.

use std::path::Path;
use std::process::Command;

use auth_core::Timestamp;
use esign::pdf::read::Rect;
use esign::pdf::sign::{Appearance, Certification, Resource, SignatureField, prepare};
use esign::pdf::verify::verify;

use super::inputs;
use super::openssl::authority;

pub(crate) fn field(name: &str) -> SignatureField<'_> {
    SignatureField {
        name,
        signed_at: Timestamp::from_unix(1_795_562_100),
        signer_name: Some("清河县大数据管理局"),
        reason: Some("公文用印"),
        location: None,
        contact: Some("0319-1234567 (office)"),
        appearance: None,
        certification: None,
        reserved: 4096,
    }
}

pub(crate) fn seal(page: usize) -> Appearance<'static> {
    Appearance {
        page,
        place: Rect { x0: 100.0, y0: 60.0, x1: 220.0, y1: 180.0 },
        size: (120.0, 120.0),
        content: b"/T gs 0.8 0 0 RG 4 w 20 20 80 80 re S 0.8 0 0 rg 30 30 20 40 re f\n\
            q 40 0 0 40 60 30 cm /P Do Q\n",
        resources: vec![
            Resource::GraphicsState { name: "T", alpha: 0.8, multiply: true },
            Resource::Image {
                name: "P",
                width: 2,
                height: 1,
                rgb: &[255, 0, 0, 0, 0, 255],
                alpha: Some(&[255, 128]),
            },
        ],
    }
}

pub(crate) fn sign(bytes: &[u8], field: &SignatureField<'_>) -> Vec<u8> {
    let prepared = prepare(bytes, field).unwrap();
    let cms = authority().sign(prepared.signed_parts());
    prepared.fill(&cms).unwrap()
}

#[test]
fn signed_files_satisfy_foreign_programs() {
    for (what, input) in inputs::all() {
        let invisible = sign(&input, &field("Sig 1"));
        assert!(invisible.starts_with(&input), "{what}: the original is a prefix");
        check(what, &invisible, 1);
        let visible = SignatureField { appearance: Some(seal(0)), ..field("印章2") };
        let twice = sign(&invisible, &visible);
        assert!(twice.starts_with(&invisible));
        check(what, &twice, 2);
        let certified = SignatureField {
            appearance: Some(seal(0)),
            certification: Some(Certification::FormFilling),
            ..field("Certification")
        };
        let certified = sign(&input, &certified);
        check(what, &certified, 1);
        check(what, &sign(&certified, &field("Second")), 2);
    }
}

#[test]
fn signatures_by_pyhanko_and_by_us_take_turns() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("in.pdf"), dir.path().join("out.pdf"));
    let authority = authority();
    let inputs = inputs::all().into_iter();
    for (what, input) in
        inputs.filter(|(what, _)| what.starts_with("cross") || *what == "an annotation")
    {
        let first = sign(&input, &SignatureField { appearance: Some(seal(0)), ..field("Ours 1") });
        std::fs::write(&from, &first).unwrap();
        let done = Command::new("pyhanko")
            .args(["sign", "addsig", "--use-pades", "--field", "1/50,50,150,100/Theirs", "pemder"])
            .arg("--no-pass")
            .arg("--key")
            .arg(authority.key())
            .arg("--cert")
            .arg(authority.certificate())
            .args([&from, &to])
            .output();
        let Ok(done) = done else {
            eprintln!("pyhanko is not installed: not asked");
            return;
        };
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let second = std::fs::read(&to).unwrap();
        assert!(second.starts_with(&first), "{what}");
        let third = sign(&second, &field("Ours 2"));
        let found = verify(&third).unwrap();
        assert_eq!(found.len(), 3, "{what}");
        for found in &found {
            assert!(found.is_sound(), "{what}: {:?}", found.report());
        }
        check(what, &third, 3);
    }
}

fn check(what: &str, bytes: &[u8], signatures: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signed.pdf");
    std::fs::write(&path, bytes).unwrap();
    if let Ok(keep) = std::env::var("YINXIN_KEEP") {
        std::fs::write(Path::new(&keep).join(format!("{what} {signatures}.pdf")), bytes).unwrap();
    }
    if let Some(said) = run("qpdf", &["--check"], &path) {
        assert!(said.contains("No syntax or stream encoding errors"), "{what}: {said}");
    }
    if let Some(said) = run("pdfsig", &["-nocert"], &path) {
        let valid = said.matches("Signature Validation: Signature is Valid.").count();
        assert_eq!(valid, signatures, "{what}: {said}");
        assert!(said.contains("Total document signed"), "{what}: {said}");
    }
    if let Some(said) = run("mutool", &["show"], &path) {
        assert!(!said.contains("error") && !said.contains("warning"), "{what}: {said}");
    }
    // Two seconds each: only the files that say most.
    if signatures < 2 {
        return;
    }
    let root = authority().certificate();
    let trust = ["sign", "validate", "--no-revocation-check", "--trust", root.to_str().unwrap()];
    if let Some(said) = run("pyhanko", &trust, &path) {
        let trusted = said.matches("TRUSTED").count() - said.matches("UNTRUSTED").count();
        assert_eq!(trusted, signatures, "{what}: {said}");
        assert!(said.contains("UNTOUCHED"), "{what}: {said}");
        assert!(!said.contains("INVALID"), "{what}: {said}");
    }
}

/// What a program says, both channels; `None` where it is not installed.
fn run(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    if program == "mutool" {
        command.arg("trailer");
    }
    let Ok(done) = command.output() else {
        eprintln!("{program} is not installed: not asked");
        return None;
    };
    let said = [done.stdout, done.stderr].concat();
    Some(String::from_utf8_lossy(&said).into_owned())
}
