//! A test signer whose CMS we did not write: the `openssl` program.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A self-signed seal certificate and its key, made once per run.
pub(crate) fn authority() -> &'static Authority {
    static ONCE: OnceLock<Authority> = OnceLock::new();
    ONCE.get_or_init(Authority::make)
}

pub(crate) struct Authority {
    dir: tempfile::TempDir,
}

impl Authority {
    fn make() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let out = Command::new("openssl")
            .current_dir(dir.path())
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "3650"])
            .args(["-subj", "/C=CN/O=Qinghe/CN=Qinghe Seal"])
            .args(["-addext", "keyUsage=critical,digitalSignature,nonRepudiation"])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self { dir }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    /// A detached CAdES CMS over the two parts.
    pub(crate) fn sign(&self, parts: [&[u8]; 2]) -> Vec<u8> {
        let work = tempfile::tempdir_in(self.dir.path()).unwrap();
        std::fs::write(work.path().join("data"), parts.concat()).unwrap();
        let out = Command::new("openssl")
            .current_dir(work.path())
            .args(["cms", "-sign", "-binary", "-in", "data", "-outform", "DER", "-out", "cms"])
            .args(["-signer", "../cert.pem", "-inkey", "../key.pem", "-md", "sha256"])
            .args(["-cades", "-nosmimecap"])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        std::fs::read(work.path().join("cms")).unwrap()
    }
}
