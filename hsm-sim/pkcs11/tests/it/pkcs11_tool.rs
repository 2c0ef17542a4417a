//! OpenSC's `pkcs11-tool`, and OpenSSL as the judge of what it signed.

use std::path::Path;
use std::process::{Command, Output};

use crate::{PIN, SO_PIN, module, tokens};

/// `pkcs11-tool` on our module; `None` where it is not installed.
struct Tool<'a> {
    dir: &'a Path,
}

impl Tool<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("pkcs11-tool")
            .arg("--module")
            .arg(module())
            .args(arguments)
            .current_dir(self.dir)
            .env("HSM_SIM_DIR", self.dir)
            .output()
            .unwrap()
    }

    /// Runs and expects success; answers everything that was printed.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = text(&output);
        assert!(output.status.success(), "{arguments:?}\n{text}");
        text
    }

    /// Runs and expects this return code.
    fn fails(&self, arguments: &[&str], code: &str) {
        let output = self.run(arguments);
        let text = text(&output);
        assert!(!output.status.success() && text.contains(code), "{arguments:?}\n{text}");
    }

    fn user(&self, arguments: &[&str]) -> String {
        self.ok(&[&["--login", "--pin", PIN], arguments].concat())
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn installed() -> bool {
    let there = Command::new("pkcs11-tool").arg("--help").output().is_ok();
    if !there {
        println!("skipped: pkcs11-tool is not installed");
    }
    there
}

#[test]
fn a_token_is_made_listed_and_described() {
    if !installed() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tool = Tool { dir: dir.path() };
    assert!(tool.ok(&["-I"]).contains("Cryptoki version 3.0"));
    let interfaces = tool.ok(&["--list-interfaces"]);
    assert!(interfaces.contains("version: 3.0") && interfaces.contains("version: 2.40"));
    assert!(tool.ok(&["-L"]).contains("uninitialized"));
    for mechanism in ["ECDSA-SHA256", "SHA256-RSA-PKCS-PSS", "EDDSA", "AES-GCM", "0x80008102"] {
        assert!(tool.ok(&["-M"]).contains(mechanism), "{mechanism}");
    }
    let so = ["--so-pin", SO_PIN];
    let init = ["--init-token", "--slot", "0", "--label", "示例县"];
    tool.ok(&[&init[..], &so].concat());
    assert!(!tool.ok(&["-L"]).contains("PIN initialized"));
    tool.fails(&["--login", "--pin", PIN, "-O"], "CKR_USER_PIN_NOT_INITIALIZED");
    let pin = ["--init-pin", "--login", "--login-type", "so", "--new-pin", PIN];
    tool.ok(&[&pin[..], &so].concat());
    let listed = tool.ok(&["-L"]);
    assert!(listed.contains("示例县") && listed.contains("PIN initialized"), "{listed}");
    // A second token goes to the next slot; the first cannot be wiped without its officer.
    tool.ok(&["--init-token", "--slot", "1", "--label", "second", "--so-pin", "abcdef"]);
    tool.fails(
        &["--init-token", "--slot", "0", "--label", "x", "--so-pin", "wrong"],
        "CKR_PIN_INCORRECT",
    );
}

#[test]
fn keys_are_generated_seen_and_destroyed() {
    if !installed() {
        return;
    }
    let dir = tokens();
    let tool = Tool { dir: dir.path() };
    let kinds = [("EC:prime256v1", "01"), ("rsa:2048", "02"), ("EC:edwards25519", "03")];
    for (kind, id) in kinds {
        let label = format!("key-{id}");
        let made = tool.user(&["-k", "--key-type", kind, "--label", &label, "--id", id]);
        assert!(made.contains("never extractable, local"), "{made}");
    }
    let keygen = ["--keygen", "--key-type", "AES:32", "--label", "kek", "--id", "04"];
    // Left alone the tool asks for a key that is not sensitive.
    tool.fails(&[&["--login", "--pin", PIN][..], &keygen].concat(), "CKR_TEMPLATE_INCONSISTENT");
    tool.user(&[&keygen[..], &["--sensitive", "--private"]].concat());
    let all = tool.user(&["-O"]);
    assert_eq!(all.matches("Private Key Object").count(), 3, "{all}");
    assert_eq!(all.matches("Secret Key Object").count(), 1, "{all}");
    let public = tool.ok(&["-O"]);
    assert!(!public.contains("Private Key") && !public.contains("Secret Key"), "{public}");
    assert_eq!(public.matches("Public Key Object").count(), 3, "{public}");
    tool.user(&["-b", "--type", "privkey", "--id", "01"]);
    tool.user(&["-b", "--type", "pubkey", "--id", "01"]);
    assert!(!tool.user(&["-O"]).contains("key-01"));
    // Without login a private key is not there to be deleted.
    tool.run(&["-b", "--type", "privkey", "--id", "02"]);
    assert!(tool.user(&["-O", "--type", "privkey"]).contains("key-02"));
    tool.fails(&["--login", "--pin", PIN, "-k", "--key-type", "rsa:1024"], "CKR_KEY_SIZE_RANGE");
    let curve = ["--login", "--pin", PIN, "-k", "--key-type", "EC:secp384r1"];
    // CKR_CURVE_NOT_SUPPORTED, which this tool has no name for.
    tool.fails(&curve, "0x140");
    let extractable =
        ["--login", "--pin", PIN, "-k", "--key-type", "EC:prime256v1", "--extractable"];
    tool.fails(&extractable, "CKR_TEMPLATE_INCONSISTENT");
}

/// Mechanism, `CKA_ID`, input, more arguments for the tool, options for OpenSSL.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str], &'a [&'a str]);

#[test]
fn signatures_verify_here_and_with_openssl() {
    if !installed() {
        return;
    }
    let dir = tokens();
    let tool = Tool { dir: dir.path() };
    std::fs::write(dir.path().join("message"), b"statement").unwrap();
    let digest = auth_core::Profile::Intl.digest(b"statement");
    std::fs::write(dir.path().join("digest"), digest).unwrap();
    for (kind, id) in [("EC:prime256v1", "01"), ("rsa:2048", "02"), ("EC:edwards25519", "03")] {
        tool.user(&["-k", "--key-type", kind, "--label", "key", "--id", id]);
        std::fs::write(dir.path().join(format!("public-{id}")), public_key(dir.path(), id))
            .unwrap();
    }
    let pss = ["--hash-algorithm", "SHA256", "--mgf", "MGF1-SHA256", "--salt-len", "32"];
    let sequence = ["-f", "openssl"];
    let options = ["rsa_padding_mode:pss", "rsa_pss_saltlen:32", "digest:sha256"];
    let cases: [Case; 6] = [
        ("ECDSA", "01", "digest", &sequence, &[]),
        ("ECDSA-SHA256", "01", "message", &sequence, &[]),
        ("SHA256-RSA-PKCS", "02", "message", &[], &["rsa_padding_mode:pkcs1", "digest:sha256"]),
        ("RSA-PKCS-PSS", "02", "digest", &pss, &options),
        ("SHA256-RSA-PKCS-PSS", "02", "message", &[], &options),
        ("EDDSA", "03", "message", &[], &[]),
    ];
    for (mechanism, id, input, more, openssl) in cases {
        let common = ["-m", mechanism, "-i", input, "--id", id];
        tool.user(&[&["-s", "-o", "signature"], &common[..], more].concat());
        let verify = ["--verify", "--signature-file", "signature"];
        let verified = tool.ok(&[&verify[..], &common, more].concat());
        assert!(verified.contains("Signature is valid"), "{mechanism}: {verified}");
        assert!(openssl_accepts(dir.path(), id, openssl), "{mechanism}");
        std::fs::write(dir.path().join("other"), [0x41; 32]).unwrap();
        let wrong = ["-m", mechanism, "-i", "other", "--id", id];
        let refused = tool.run(&[&verify[..], &wrong, more].concat());
        assert!(!text(&refused).contains("Signature is valid"), "{mechanism}");
    }
}

/// SubjectPublicKeyInfo of the key with this `CKA_ID`, from the token itself: the tool writes keys
/// on Edwards curves in a form of its own.
fn public_key(dir: &Path, id: &str) -> Vec<u8> {
    let objects = token::Slots::open(dir).unwrap().find("county").unwrap().objects();
    let id = [id.parse::<u8>().unwrap()];
    objects
        .ids()
        .unwrap()
        .into_iter()
        .filter_map(|object| objects.read(object, None).unwrap())
        .find(|object| object.class == token::Class::PublicKey && object.id == id)
        .map(|object| object.value.clone())
        .unwrap()
}

fn openssl_accepts(dir: &Path, id: &str, options: &[&str]) -> bool {
    let public = format!("public-{id}");
    let raw = id == "03";
    let output = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", &public])
        .args(["-sigfile", "signature", "-in", if raw { "message" } else { "digest" }])
        .args(if raw { &["-rawin"][..] } else { &[] })
        .args(options.iter().flat_map(|option| ["-pkeyopt", option]))
        .current_dir(dir)
        .output();
    match output {
        Ok(output) => output.status.success(),
        Err(_) => {
            println!("skipped: no openssl here");
            true
        }
    }
}

#[test]
fn the_tool_s_own_tests_pass() {
    if !installed() {
        return;
    }
    let dir = tokens();
    let tool = Tool { dir: dir.path() };
    tool.user(&["-k", "--key-type", "rsa:2048", "--label", "rsa", "--id", "02"]);
    tool.user(&["-k", "--key-type", "EC:prime256v1", "--label", "ec", "--id", "01"]);
    let tested = tool.user(&["--test"]);
    assert!(tested.contains("No errors"), "{tested}");
    tool.user(&["--test-fork"]);
    // `--test-ec` signs with ECDSA-SHA1, which is not offered.
    let random = tool.ok(&["--generate-random", "32"]);
    assert!(random.len() >= 32);
}

#[test]
fn pins_change_count_and_lock() {
    if !installed() {
        return;
    }
    let dir = tokens();
    let tool = Tool { dir: dir.path() };
    tool.ok(&["--login", "--pin", PIN, "--change-pin", "--new-pin", "abcd"]);
    for left in (0..5).rev() {
        let code = if left == 0 { "CKR_PIN_LOCKED" } else { "CKR_PIN_INCORRECT" };
        tool.fails(&["--login", "--pin", PIN, "-O"], code);
        let flags = tool.ok(&["-L"]);
        assert_eq!(flags.contains("user PIN count low"), left > 0, "{flags}");
        assert_eq!(flags.contains("final user PIN try"), left == 1, "{flags}");
        assert_eq!(flags.contains("user PIN locked"), left == 0, "{flags}");
    }
    tool.fails(&["--login", "--pin", "abcd", "-O"], "CKR_PIN_LOCKED");
    let so = ["--login", "--login-type", "so", "--so-pin", SO_PIN];
    tool.ok(&[&so[..], &["--init-pin", "--new-pin", "efgh"]].concat());
    tool.ok(&["--login", "--pin", "efgh", "-O"]);
    tool.fails(&[&so[..], &["--init-pin", "--new-pin", "abc"]].concat(), "CKR_PIN_LEN_RANGE");
}

#[test]
fn certificates_and_data_are_kept_but_keys_do_not_come_in() {
    if !installed() {
        return;
    }
    let dir = tokens();
    let tool = Tool { dir: dir.path() };
    let subject = "/CN=示例";
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-keyout", "key.pem", "-out", "cert.der", "-outform", "DER"])
        .args(["-utf8", "-subj", subject])
        .current_dir(dir.path())
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: no openssl here");
        return;
    }
    tool.user(&["-w", "cert.der", "--type", "cert", "--label", "seal", "--id", "01"]);
    tool.ok(&["-r", "--type", "cert", "--id", "01", "-o", "back.der"]);
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    assert_eq!(read("cert.der"), read("back.der"));
    tool.user(&["-w", "cert.der", "--type", "data", "--label", "note", "--private"]);
    assert!(tool.user(&["-O", "--type", "data"]).contains("note"));
    assert!(!tool.ok(&["-O", "--type", "data"]).contains("note"));
    let import = ["--login", "--pin", PIN, "-w", "key.pem", "--type", "privkey", "--id", "02"];
    // CKR_ACTION_PROHIBITED, which this tool has no name for.
    tool.fails(&import, "0x1b");
}
