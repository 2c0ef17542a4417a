//! Seals of the tests: keys in a simulated token, certified by an authority made for the run.

use std::sync::{Arc, OnceLock};

use auth_core::Timestamp;
use auth_core::key::{KeyKind, KeyRef, Keystore, PublicKey, SignatureAlgorithm, Signer};
use esign::cms::{CmsOptions, DigestAlgorithm, sign_detached};
use esign::pdf::sign::{SignatureField, prepare};
use hsm_sim::{OsRandom, Token};
use pki::cert::{self, CertificateProfile, Issuer, Serial, TbsParts, certificate_tbs};
use pki::{Name, NameParts};

/// When the test documents are signed.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_795_562_100);

/// The P-256 seal of the tests.
pub(crate) fn seal() -> &'static Signer {
    static SEAL: OnceLock<Signer> = OnceLock::new();
    SEAL.get_or_init(|| certified("seal-test", KeyKind::P256))
}

/// The SM2 seal of the tests.
pub(crate) fn sm2_seal() -> &'static Signer {
    static SEAL: OnceLock<Signer> = OnceLock::new();
    SEAL.get_or_init(|| certified("seal-sm2", KeyKind::Sm2))
}

/// The DER of a CMS by `signer` over two parts.
pub(crate) fn cms(signer: &Signer, parts: [&[u8]; 2]) -> Vec<u8> {
    let algorithm = DigestAlgorithm::of(signer.algorithm()).unwrap();
    let mut hasher = esign::cms::Hasher::new(algorithm);
    parts.into_iter().for_each(|part| hasher.update(part));
    wait(sign_detached(signer, hasher.finish(), CmsOptions::default())).unwrap()
}

/// Prepares, signs and fills.
pub(crate) fn sign_with(signer: &Signer, bytes: &[u8], field: &SignatureField<'_>) -> Vec<u8> {
    let prepared = prepare(bytes, field).unwrap();
    let cms = cms(signer, prepared.signed_parts());
    prepared.fill(&cms).unwrap()
}

/// An invisible signature by the P-256 seal, in a small gap.
pub(crate) fn signed(bytes: &[u8], name: &str) -> Vec<u8> {
    sign_with(seal(), bytes, &field(name))
}

/// An invisible field with everything else left out.
pub(crate) fn field(name: &str) -> SignatureField<'_> {
    SignatureField {
        name,
        signed_at: NOW,
        signer_name: None,
        reason: None,
        location: None,
        contact: None,
        appearance: None,
        certification: None,
        reserved: 1400,
    }
}

fn certified(key: &str, kind: KeyKind) -> Signer {
    wait(async {
        let token: Arc<dyn Keystore> = Arc::new(Token::ephemeral(Arc::new(OsRandom)).unwrap());
        let algorithm = kind.signature().unwrap();
        let root = open(&token, "ca-root", KeyKind::P256, Vec::new()).await;
        let leaf = open(&token, key, kind, Vec::new()).await;
        let name = |text: &str| {
            Name::new(&NameParts { common_name: text.to_owned(), ..NameParts::default() }).unwrap()
        };
        let subject = name("清河县测试专用章");
        let issuer = Issuer {
            name: name("Test authority"),
            key_id: cert::key_id(root.public()),
            crl_url: None,
            certificate_url: None,
        };
        let tbs = tbs(&cert::SEAL, &issuer, &subject, leaf.public());
        let certificate = cert::sign_certificate(&root, &tbs).await.unwrap();
        let key = KeyRef::new(key);
        Signer::open(token, key, algorithm, vec![certificate]).await.unwrap()
    })
}

fn tbs(
    profile: &CertificateProfile,
    issuer: &Issuer,
    subject: &Name,
    public: &PublicKey,
) -> Vec<u8> {
    certificate_tbs(&TbsParts {
        profile,
        serial: Serial::new(&OsRandom),
        issuer,
        subject,
        public,
        validity: (NOW.plus_seconds(-86_400), NOW.plus_seconds(86_400 * 365)),
        policies: &[],
        algorithm: SignatureAlgorithm::Es256,
    })
}

async fn open(token: &Arc<dyn Keystore>, key: &str, kind: KeyKind, chain: Vec<Vec<u8>>) -> Signer {
    let key = KeyRef::new(key);
    token.generate(&key, kind).await.unwrap();
    Signer::open(Arc::clone(token), key, kind.signature().unwrap(), chain).await.unwrap()
}

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
