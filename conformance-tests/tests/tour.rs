//! `yinxin demo --tour` in both profiles, and what foreign programs say of its files.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use conformance_tests::Demo;

/// A tour that was taken, with its files.
struct Tour {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Tour {
    fn take(profile: &str) -> Option<Self> {
        let Some(program) = std::env::var_os("YINXIN_BIN").map(PathBuf::from) else {
            eprintln!("skipped: YINXIN_BIN names no program");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = Demo::free_port();
        let output = Command::new(&program)
            .args(["demo", "--tour", "--lang", "en", "--profile", profile])
            .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(text.contains("12 of 12 steps verified"), "{text}");
        Some(Self { program, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("tour").join(name)
    }

    /// `yinxin verify --offline` with the tour's trust file and these status files.
    fn verify(&self, input: &str, status: &[&str]) -> i32 {
        let mut command = Command::new(&self.program);
        command.args(["verify", "--offline", "--trust"]).arg(self.file("trust.pem"));
        for name in status {
            command.arg("--status").arg(self.file(name));
        }
        command.arg(input).output().unwrap().status.code().unwrap()
    }
}

/// Runs a foreign program; `None`, with the reason printed, when it is not installed.
fn foreign(program: &str, words: &[&dyn AsRef<std::ffi::OsStr>]) -> Option<Output> {
    match Command::new(program).args(words.iter().map(|word| word.as_ref())).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: {program}: {error}");
            None
        }
    }
}

#[test]
fn intl_files_are_accepted_by_others() {
    let Some(tour) = Tour::take("intl") else { return };
    for name in ["letter.pdf", "licence.pdf"] {
        let file = tour.file(name);
        if let Some(done) = foreign("qpdf", &[&"--check", &file]) {
            assert!(done.status.success(), "qpdf: {}", String::from_utf8_lossy(&done.stdout));
        }
        if let Some(done) = foreign("pdfsig", &[&"-nocert", &file]) {
            let text = String::from_utf8_lossy(&done.stdout).into_owned();
            assert!(text.contains("Signature is Valid"), "pdfsig: {text}");
            assert!(text.contains("Total document signed"), "pdfsig: {text}");
        }
        pyhanko(&tour, &file);
    }
    let (p7s, txt) = (tour.file("letter.txt.p7s"), tour.file("letter.txt"));
    let trust = tour.file("trust.pem");
    let cms = |content: &PathBuf| {
        foreign(
            "openssl",
            &[
                &"cms",
                &"-verify",
                &"-binary",
                &"-inform",
                &"DER",
                &"-in",
                &p7s,
                &"-content",
                content,
                &"-CAfile",
                &trust,
                &"-out",
                &"/dev/null",
            ],
        )
    };
    if let Some(done) = cms(&txt) {
        assert!(done.status.success(), "openssl cms: {}", String::from_utf8_lossy(&done.stderr));
        let other = tour.file("other.txt");
        fs::write(&other, "something else").unwrap();
        assert!(!cms(&other).unwrap().status.success(), "openssl accepts other content");
    }
}

/// pyHanko trusts the root alone and is given the revocation lists, since the server is stopped.
fn pyhanko(tour: &Tour, file: &Path) {
    let script = "import sys\n\
        from pyhanko.pdf_utils.reader import PdfFileReader\n\
        from pyhanko.sign.validation import validate_pdf_signature\n\
        from pyhanko_certvalidator import ValidationContext\n\
        from asn1crypto import pem, x509, crl\n\
        certs, lists = [], []\n\
        for kind, _, der in pem.unarmor(open(sys.argv[2], 'rb').read(), multiple=True):\n\
        \x20   certs.append(x509.Certificate.load(der))\n\
        for kind, _, der in pem.unarmor(open(sys.argv[3], 'rb').read(), multiple=True):\n\
        \x20   lists.append(crl.CertificateList.load(der))\n\
        context = ValidationContext(trust_roots=certs[:1], other_certs=certs[1:], crls=lists,\n\
        \x20   allow_fetching=False, revocation_mode='require')\n\
        reader = PdfFileReader(open(sys.argv[1], 'rb'), strict=True)\n\
        status = validate_pdf_signature(reader.embedded_signatures[0], context)\n\
        assert status.bottom_line, status.pretty_print_details()\n";
    let probe = Command::new("python3").args(["-c", "import pyhanko"]).output();
    if !probe.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: pyHanko is not installed");
        return;
    }
    let done = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .arg(tour.file("trust.pem"))
        .arg(tour.file("crl.pem"))
        .output()
        .unwrap();
    assert!(done.status.success(), "pyHanko: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_printed_code_verifies_offline_and_tells_revocation() {
    let Some(tour) = Tour::take("intl") else { return };
    let picture = tour.file("licence.png");
    let Some(read) = foreign("zbarimg", &[&"-q", &"--raw", &picture]) else { return };
    let code = String::from_utf8_lossy(&read.stdout).trim().to_owned();
    assert!(code.contains("/v#YX1:"), "{code}");
    assert_eq!(tour.verify(&code, &["status.jwt", "crl.pem"]), 0);
    assert_eq!(tour.verify(&code, &["status-after.jwt", "crl.pem"]), 1, "revoked");
    assert_eq!(tour.verify(&code, &["crl.pem"]), 2, "no status");
    assert_eq!(tour.verify(picture.to_str().unwrap(), &["status.jwt", "crl.pem"]), 0);
    let part = &code[code.find("YX1:").unwrap()..];
    assert_eq!(tour.verify(part, &["status.jwt", "crl.pem"]), 0);
}

/// One flipped bit in each byte of files of 8 KB or less, through the program itself: 8 places in
/// each file, every place with `YINXIN_LONG=1` (the crates' own tests flip every byte of theirs).
#[test]
fn no_flipped_byte_stays_valid() {
    let Some(tour) = Tour::take("intl") else { return };
    let long = std::env::var("YINXIN_LONG").is_ok_and(|long| long == "1");
    for name in ["letter.txt.p7s", "letter.txt", "licence.sd-jwt", "receipt.sd-jwt", "licence.png"]
    {
        let original = fs::read(tour.file(name)).unwrap();
        let step = if long { 1 } else { original.len().div_ceil(8) };
        for at in (0..original.len()).step_by(step) {
            let mut damaged = original.clone();
            damaged[at] ^= 1;
            fs::write(tour.file(name), &damaged).unwrap();
            let input = if name == "letter.txt" { "letter.txt.p7s" } else { name };
            let code = tour.verify(tour.file(input).to_str().unwrap(), &["status.jwt", "crl.pem"]);
            // A picture has checksums and error correction: damage that changes no module is none.
            assert!(code != 0 || name.ends_with(".png"), "{name}: byte {at} flipped");
        }
        fs::write(tour.file(name), &original).unwrap();
    }
}

/// SM2 signatures of the `gm` tour over the exact bytes, checked by OpenSSL.
#[test]
fn gm_signatures_are_accepted_by_openssl() {
    let Some(tour) = Tour::take("gm") else { return };
    let pem = fs::read_to_string(tour.file("trust.pem")).unwrap();
    let certificates: Vec<Vec<u8>> = pem
        .split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|block| base64(block.split("-----END").next().unwrap()))
        .collect();
    // The root signed itself, the issuing authority and so on: the first two certificates.
    for (signed, issuer) in [(0, 0), (1, 0)] {
        let parts = sequence(&certificates[signed]);
        let signature = &content(&parts[2])[1..];
        assert!(sm2(&tour, &certificates[issuer], &parts[0], signature), "certificate {signed}");
    }
    // SD-JWT: the JWS of the licence, by the credential signer (the third certificate).
    let text = fs::read_to_string(tour.file("licence.sd-jwt")).unwrap();
    let jws = text.split('~').next().unwrap();
    let (signed, signature) = jws.rsplit_once('.').unwrap();
    let raw = base64(&signature.replace('-', "+").replace('_', "/"));
    let header = String::from_utf8(base64(signed.split('.').next().unwrap())).unwrap();
    assert!(header.contains("SM2withSM3"), "{header}");
    let leaf = certificates
        .iter()
        .skip(2)
        .any(|certificate| sm2(&tour, certificate, signed.as_bytes(), &der_signature(&raw)));
    assert!(leaf, "no certificate of the trust file verifies the licence");
    // The seal: SignerInfo's signature over its signed attributes, re-tagged as SET OF.
    let cms = fs::read(tour.file("letter.txt.p7s")).unwrap();
    let signed_data = sequence(&content(&sequence(&cms)[1]));
    let embedded = signed_data.iter().find(|part| part[0] == 0xA0).unwrap();
    let embedded = elements(&content(embedded));
    let infos = signed_data.last().unwrap();
    let info = elements(&content(&elements(&content(infos))[0]));
    let mut attributes = info.iter().find(|part| part[0] == 0xA0).unwrap().clone();
    attributes[0] = 0x31;
    let signature = content(info.iter().rfind(|part| part[0] == 0x04).unwrap());
    // A SET OF: the seal's own certificate may stand anywhere in it.
    let good = embedded.iter().any(|seal| sm2(&tour, seal, &attributes, &signature));
    assert!(good, "the seal's signature");
}

/// `openssl dgst -sm3 -sigopt distid:…` with the key of a certificate.
fn sm2(tour: &Tour, certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let write = |name: &str, bytes: &[u8]| {
        let path = tour.file(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cert = write("x.der", certificate);
    let Some(key) =
        foreign("openssl", &[&"x509", &"-inform", &"DER", &"-in", &cert, &"-noout", &"-pubkey"])
    else {
        return true;
    };
    let key = write("x.pub", &key.stdout);
    let (message, signature) = (write("x.msg", message), write("x.sig", signature));
    let done = foreign(
        "openssl",
        &[
            &"dgst",
            &"-sm3",
            &"-sigopt",
            &"distid:1234567812345678",
            &"-verify",
            &key,
            &"-signature",
            &signature,
            &message,
        ],
    );
    done.is_some_and(|done| done.status.success())
}

/// `r ‖ s` as DER.
fn der_signature(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len() - 1);
        let mut body = half[start..].to_vec();
        if body[0] >= 0x80 {
            body.insert(0, 0);
        }
        [vec![2, u8::try_from(body.len()).unwrap()], body].concat()
    };
    let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}

/// The elements of a SEQUENCE, each whole.
fn sequence(der: &[u8]) -> Vec<Vec<u8>> {
    elements(&content(der))
}

fn elements(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (head, length) = header(bytes);
        all.push(bytes[..head + length].to_vec());
        bytes = &bytes[head + length..];
    }
    all
}

fn content(der: &[u8]) -> Vec<u8> {
    let (head, length) = header(der);
    der[head..head + length].to_vec()
}

fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..=0x7F => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7F);
            let length =
                der[2..2 + count].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (2 + count, length)
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::new();
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xFF).unwrap());
        }
    }
    out
}
