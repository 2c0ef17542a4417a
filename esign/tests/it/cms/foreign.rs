//! OpenSSL, GnuTLS and pyHanko accept our signatures; we accept OpenSSL's.

use std::path::Path;

use auth_core::key::KeyKind;
use pki::{
    asn1::{self, Reader, tag},
    pem,
};

use super::{CONTENT, Office, run, verify};

async fn write(dir: &Path, office: &Office) -> Vec<u8> {
    let cms = office.sign().await;
    std::fs::write(dir.join("letter.txt"), CONTENT).unwrap();
    std::fs::write(dir.join("other.txt"), b"something else").unwrap();
    std::fs::write(dir.join("letter.txt.p7s"), &cms).unwrap();
    std::fs::write(dir.join("trust.pem"), pem::certificate(&office.root)).unwrap();
    cms
}

fn openssl(dir: &Path, office: &Office, content: &str, more: &[&str]) -> Option<(bool, String)> {
    let at = office.now().unix().to_string();
    let mut arguments = vec![
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "letter.txt.p7s",
        "-content",
        content,
        "-CAfile",
        "trust.pem",
        "-attime",
        &at,
        "-out",
        "/dev/null",
    ];
    arguments.extend(more);
    run(dir, "openssl", &arguments)
}

#[tokio::test]
async fn openssl_verifies_with_default_purpose_and_as_cades() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let office = Office::new(kind).await;
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &office).await;
        for more in [&[][..], &["-cades"], &["-cades", "-purpose", "any"]] {
            let Some((good, said)) = openssl(dir.path(), &office, "letter.txt", more) else {
                return;
            };
            assert!(good, "{kind:?} {more:?}: {said}");
            let (good, said) = openssl(dir.path(), &office, "other.txt", more).unwrap();
            assert!(!good, "{said}");
        }
    }
}

#[tokio::test]
async fn openssl_refuses_what_we_refuse() {
    let office = Office::new(KeyKind::P256).await;
    let dir = tempfile::tempdir().unwrap();
    let mut cms = write(dir.path(), &office).await;
    *cms.last_mut().unwrap() ^= 1;
    std::fs::write(dir.path().join("letter.txt.p7s"), &cms).unwrap();
    let Some((good, said)) = openssl(dir.path(), &office, "letter.txt", &[]) else { return };
    assert!(!good, "{said}");
    assert!(!office.is_valid(&cms, CONTENT).await);
}

/// OpenSSL's own `cms -verify` knows no identity for SM2, so the exact signed bytes are cut out.
#[tokio::test]
async fn openssl_verifies_sm2_over_the_signed_attributes() {
    let office = Office::new(KeyKind::Sm2).await;
    let dir = tempfile::tempdir().unwrap();
    let cms = write(dir.path(), &office).await;
    let (attributes, signature) = signed_bytes(&cms);
    std::fs::write(dir.path().join("attributes"), attributes).unwrap();
    std::fs::write(dir.path().join("signature"), signature).unwrap();
    std::fs::write(dir.path().join("key.der"), office.signer.public().spki()).unwrap();
    let arguments = [
        "dgst",
        "-sm3",
        "-keyform",
        "DER",
        "-verify",
        "key.der",
        "-sigopt",
        "distid:1234567812345678",
        "-signature",
        "signature",
        "attributes",
    ];
    let Some((good, said)) = run(dir.path(), "openssl", &arguments) else { return };
    assert!(good, "{said}");
    let arguments = ["cms", "-cmsout", "-print", "-inform", "DER", "-in", "letter.txt.p7s"];
    let (good, said) = run(dir.path(), "openssl", &arguments).unwrap();
    assert!(good && said.contains("SM2-with-SM3") && said.contains("sm3"), "{said}");
}

/// The signed attributes as SET OF, and the signature value, of the only signer.
fn signed_bytes(cms: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut info = Reader::only(cms, tag::SEQUENCE).unwrap();
    info.oid().unwrap();
    let explicit = info.expect(tag::context(0)).unwrap();
    let mut data = Reader::only(explicit, tag::SEQUENCE).unwrap();
    for _ in 0..4 {
        data.any().unwrap();
    }
    let mut signer = Reader::only(data.expect(tag::SET).unwrap(), tag::SEQUENCE).unwrap();
    for _ in 0..3 {
        signer.any().unwrap();
    }
    let attributes = asn1::tlv(tag::SET, signer.expect(tag::context(0)).unwrap());
    signer.any().unwrap();
    (attributes, signer.expect(tag::OCTET_STRING).unwrap().to_vec())
}

#[tokio::test]
async fn certtool_reads_the_structure() {
    let office = Office::new(KeyKind::P256).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &office).await;
    let arguments = [
        "--p7-verify",
        "--inder",
        "--infile",
        "letter.txt.p7s",
        "--load-data",
        "letter.txt",
        "--load-ca-certificate",
        "trust.pem",
    ];
    let Some((good, said)) = run(dir.path(), "certtool", &arguments) else { return };
    // GnuTLS judges at the machine's own time, which may differ from the test's.
    assert!(good || said.contains("expired") || said.contains("not yet"), "{said}");
    assert!(said.contains("ECDSA-SHA256") && said.contains("示例县 seal"), "{said}");
}

#[tokio::test]
async fn pyhanko_verifies_the_detached_signature() {
    const SCRIPT: &str = r#"
import asyncio, datetime, sys
from asn1crypto import cms, x509, pem
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext
root = x509.Certificate.load(pem.unarmor(open('trust.pem', 'rb').read())[2])
info = cms.ContentInfo.load(open('letter.txt.p7s', 'rb').read(), strict=True)
at = datetime.datetime.fromtimestamp(int(sys.argv[1]), datetime.timezone.utc)
context = ValidationContext(trust_roots=[root], moment=at)
status = asyncio.run(async_validate_detached_cms(
    open(sys.argv[2], 'rb'), info['content'], signer_validation_context=context,
    key_usage_settings=None))
print(status.summary())
sys.exit(0 if status.bottom_line else 1)
"#;
    let office = Office::new(KeyKind::P256).await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &office).await;
    let present = run(dir.path(), "python3", &["-c", "import pyhanko"]);
    if !present.is_some_and(|(good, _)| good) {
        println!("skipped: pyhanko is not installed");
        return;
    }
    std::fs::write(dir.path().join("check.py"), SCRIPT).unwrap();
    let at = office.now().unix().to_string();
    let (good, said) = run(dir.path(), "python3", &["check.py", &at, "letter.txt"]).unwrap();
    assert!(good, "{said}");
    let (good, said) = run(dir.path(), "python3", &["check.py", &at, "other.txt"]).unwrap();
    assert!(!good, "{said}");
}

/// `-cades` makes OpenSSL write signing-certificate-v2, which we require.
#[tokio::test]
async fn we_verify_openssls_signatures() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("letter.txt"), CONTENT).unwrap();
    for (kind, option) in [
        ("EC", "ec_paramgen_curve:P-256"),
        ("EC", "ec_paramgen_curve:P-384"),
        ("RSA", "rsa_keygen_bits:2048"),
    ] {
        let key = ["genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", "key.pem"];
        if run(dir, "openssl", &key).is_none() {
            return;
        }
        let request =
            ["req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-days", "9", "-out", "cert.pem"];
        assert!(run(dir, "openssl", &request).unwrap().0);
        let digest = if option.ends_with("384") { "sha384" } else { "sha256" };
        let sign = |more: &[&str]| {
            let mut arguments = vec![
                "cms",
                "-sign",
                "-binary",
                "-in",
                "letter.txt",
                "-signer",
                "cert.pem",
                "-inkey",
                "key.pem",
                "-outform",
                "DER",
                "-out",
                "p7s",
                "-md",
                digest,
            ];
            arguments.extend(more);
            let (good, said) = run(dir, "openssl", &arguments).unwrap();
            assert!(good, "{said}");
            std::fs::read(dir.join("p7s")).unwrap()
        };
        let found = verify(&sign(&["-cades"]), CONTENT).unwrap();
        let signer = found.only_signer().unwrap();
        assert!(signer.signing_time.is_some(), "{kind}");
        assert!(verify(&sign(&["-cades", "-keyid"]), CONTENT).unwrap().only_signer().is_ok());
        assert!(verify(&sign(&[]), CONTENT).unwrap().only_signer().is_err(), "no reference");
        assert!(verify(&sign(&["-noattr"]), CONTENT).unwrap().only_signer().is_err());
    }
}

/// The only other program at hand that verifies SM2 in CMS with the standard identity.
#[tokio::test]
async fn bouncy_castle_verifies_every_kind_sm2_too() {
    let jars = "/usr/share/java/bcpkix.jar:/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar";
    if !Path::new("/usr/share/java/bcpkix.jar").exists() {
        println!("skipped: BouncyCastle is not installed (Debian libbcpkix-java)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let source = include_str!("BouncyCheck.java");
    std::fs::write(dir.path().join("BouncyCheck.java"), source).unwrap();
    let mut arguments = vec!["-cp".to_owned(), jars.to_owned(), "BouncyCheck.java".to_owned()];
    for kind in [KeyKind::Sm2, KeyKind::P256, KeyKind::Rsa2048] {
        let office = Office::new(kind).await;
        let cms = write(dir.path(), &office).await;
        std::fs::write(dir.path().join(format!("{kind:?}.p7s")), cms).unwrap();
        let issuer = format!("{kind:?}.issuer");
        std::fs::write(dir.path().join(&issuer), &office.signer.chain()[1]).unwrap();
        for content in ["letter.txt", "other.txt"] {
            arguments.extend([format!("{kind:?}.p7s"), content.to_owned(), issuer.clone()]);
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((done, said)) = run(dir.path(), "java", &arguments) else { return };
    assert!(done, "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("Note:")).collect();
    assert_eq!(lines, ["good", "bad", "good", "bad", "good", "bad"]);
}
