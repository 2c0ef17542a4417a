//! A small authority without a store: root, issuing authority, leaves, lists.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use auth_core::{
    Random, Timestamp,
    key::{KeyKind, KeyRef, Keystore, PublicKey, Signer},
};
use hsm_sim::{OsRandom, Token};
use pki::{
    Certificate, Name, NameParts,
    cert::{
        CertificateProfile, ISSUING_CA, Issuer, ROOT_CA, SEAL, Serial, TbsParts, certificate_tbs,
        key_id, sign_certificate,
    },
    crl::{CrlParts, Entry, sign_crl},
    lint::lint,
    oid,
};

/// 2026-11-24T16:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_536_000);

/// A key with the certificate of it.
pub(crate) struct Party {
    pub(crate) signer: Signer,
    pub(crate) certificate: Certificate,
    pub(crate) serial: Serial,
}

/// Root and issuing authority on an in-memory token.
pub(crate) struct Chain {
    pub(crate) token: Arc<Token>,
    pub(crate) root: Party,
    pub(crate) issuing: Party,
}

impl Chain {
    pub(crate) async fn new(kind: KeyKind) -> Self {
        let token = Arc::new(Token::ephemeral(Arc::new(OsRandom)).unwrap());
        let root = certify(&token, None, "示例县根证书", &ROOT_CA, kind).await;
        let issuing = certify(&token, Some(&root), "示例县印章签发", &ISSUING_CA, kind).await;
        Self { token, root, issuing }
    }

    pub(crate) async fn seal(&self, kind: KeyKind) -> Party {
        certify(&self.token, Some(&self.issuing), "示例县市场监督管理局", &SEAL, kind).await
    }

    /// A list of the authority: fresh for a day before and after [`NOW`].
    pub(crate) async fn crl(&self, by: &Party, number: u64, entries: &[Entry]) -> Vec<u8> {
        let parts = CrlParts {
            issuer: by.certificate.subject(),
            key_id: &key_id(by.signer.public()),
            number,
            this_update: NOW.plus_seconds(-3600),
            next_update: NOW.plus_seconds(86_400),
            entries,
        };
        sign_crl(&by.signer, &parts).await.unwrap()
    }
}

pub(crate) async fn signer(token: &Arc<Token>, kind: KeyKind) -> Signer {
    let name: [u8; 8] = (&OsRandom as &dyn Random).bytes();
    let key = KeyRef::new(format!("key-{}", hex::encode(name)));
    token.generate(&key, kind).await.unwrap();
    let store: Arc<dyn Keystore> = Arc::clone(token) as _;
    Signer::open(store, key, kind.signature().unwrap(), Vec::new()).await.unwrap()
}

pub(crate) async fn certify(
    token: &Arc<Token>,
    issuer: Option<&Party>,
    name: &str,
    profile: &CertificateProfile,
    kind: KeyKind,
) -> Party {
    let own = signer(token, kind).await;
    let subject = Name::new(&NameParts {
        common_name: name.to_owned(),
        organization: Some("示例县人民政府".to_owned()),
        organization_identifier: Some("NTRCN-11330000000000001X".to_owned()),
        organizational_unit: None,
    })
    .unwrap();
    let above = issuer.map_or_else(
        || Issuer {
            name: subject.clone(),
            key_id: key_id(own.public()),
            crl_url: None,
            certificate_url: None,
        },
        |party| Issuer {
            name: party.certificate.subject().clone(),
            key_id: key_id(party.signer.public()),
            crl_url: Some("http://localhost:8080/crl/seal".to_owned()),
            certificate_url: Some("http://localhost:8080/ca/seal".to_owned()),
        },
    );
    let signing = issuer.map_or(&own, |party| &party.signer);
    let serial = Serial::new(&OsRandom);
    let tbs = tbs(profile, serial, &above, &subject, own.public(), signing);
    assert_eq!(lint(&tbs, profile), []);
    let der = sign_certificate(signing, &tbs).await.unwrap();
    Party { certificate: Certificate::from_der(&der).unwrap(), signer: own, serial }
}

fn tbs(
    profile: &CertificateProfile,
    serial: Serial,
    issuer: &Issuer,
    subject: &Name,
    public: &PublicKey,
    signing: &Signer,
) -> Vec<u8> {
    let policies: &[&[u8]] =
        if issuer.crl_url.is_some() { &[oid::POLICY_NO_LEGAL_EFFECT] } else { &[] };
    certificate_tbs(&TbsParts {
        profile,
        serial,
        issuer,
        subject,
        public,
        validity: (NOW.plus_seconds(-60), NOW.plus_seconds(300 * 86_400)),
        policies,
        algorithm: signing.algorithm(),
    })
}

/// Runs a foreign program in `dir`; `None`, with a printed reason, when it is not installed.
pub(crate) fn run(dir: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).current_dir(dir).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: {program} is not installed ({error})");
            None
        }
    }
}

/// Output and errors as text, for messages of failed asserts.
pub(crate) fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// `$YINXIN_VECTORS`, or the folder beside the workspace; `None`, with a printed reason, if absent.
pub(crate) fn vectors(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YINXIN_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
        PathBuf::from,
    );
    let folder = root.join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no test vectors at {}", folder.display());
    None
}
