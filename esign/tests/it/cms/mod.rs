//! CMS: our signatures judged by others, others' signatures judged by us.
#![allow(clippy::print_stdout, reason = "says why a test did nothing")]

mod flips;
mod foreign;
mod forge;
mod round_trip;
mod row_80_attributes;
mod row_81_signers;
mod row_82_other_contents;

use std::{path::Path, process::Command, sync::Arc};

use auth_core::{
    Timestamp,
    audit::Actor,
    id::CaId,
    key::{KeyKind, KeyRef, Keystore, Signer},
};
use esign::cms::{CmsOptions, CmsRefused, CmsSignature, DigestAlgorithm, Digested};
use pki::{
    Certificate, Knowledge, NameParts,
    ca::{By, CaPolicy, CertificateAuthority, IssueRequest, NewAuthority},
    cert::SEAL,
    judge,
    path::{self, Purpose},
    status::CrlSnapshot,
    trust::{AnchorClass, TrustList},
};
use world::World;

pub(super) const CONTENT: &[u8] = "示例县人民政府文件\n".as_bytes();

/// A county with an authority and one seal key.
pub(super) struct Office {
    pub(super) world: World,
    pub(super) authority: CertificateAuthority,
    pub(super) signer: Signer,
    pub(super) root: Vec<u8>,
}

impl Office {
    pub(super) async fn new(kind: KeyKind) -> Self {
        let world = World::new().await;
        let policy = CaPolicy::demo(world::ISSUER);
        let (keystore, ports) = (world.keystore.clone(), world.stores.ca.clone());
        let authority = CertificateAuthority::new(keystore, ports, world.random.clone(), policy);
        let by = By { actor: Actor::System, now: world.now() };
        let root = authority.create_root(new_authority("root", kind), &by).await.unwrap();
        authority.create_issuing(&root.id, new_authority("seal", kind), &by).await.unwrap();
        let signer = seal(&world, &authority, "seal-1", kind).await;
        Self { world, authority, signer, root: root.certificate }
    }

    /// Another seal of the same authority.
    pub(super) async fn another_seal(&self, kind: KeyKind) -> Signer {
        seal(&self.world, &self.authority, "seal-2", kind).await
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// A detached signature over [`CONTENT`] with a signing time.
    pub(super) async fn sign(&self) -> Vec<u8> {
        let digest = DigestAlgorithm::of(self.signer.algorithm()).unwrap();
        let options = CmsOptions { signing_time: Some(self.now()) };
        esign::cms::sign_detached(&self.signer, Digested::of(digest, CONTENT), options)
            .await
            .unwrap()
    }

    /// The whole check of a verifier: every signer good, trusted, not revoked, every embedded
    /// certificate accounted for.
    pub(super) async fn is_valid(&self, cms: &[u8], content: &[u8]) -> bool {
        let Ok(found) = verify(cms, content) else { return false };
        let mut trust = TrustList::new();
        trust.add(&self.root, AnchorClass::Demo).unwrap();
        let mut lists = CrlSnapshot::new();
        for ca in ["root", "seal"] {
            let list = self.authority.crl(&CaId::from_text(ca)).await.unwrap();
            lists.add(&list.der).unwrap();
        }
        let knowledge = Knowledge { trust: &trust, lists: &lists, now: self.now() };
        let mut paths = Vec::new();
        for signer in &found.signers {
            let Ok(signer) = signer else { return false };
            let leaf = &signer.certificate;
            let purpose = Purpose::DocumentSigning;
            let judged = judge(leaf, &found.certificates, knowledge, self.now(), purpose);
            let (auth_core::Verdict::Valid, Some(path)) = (judged.verdict, judged.path) else {
                return false;
            };
            paths.push(path);
        }
        let paths: Vec<_> = paths.iter().collect();
        path::stray(&found.certificates, &paths).is_empty()
    }
}

pub(super) fn verify(cms: &[u8], content: &[u8]) -> Result<CmsSignature, CmsRefused> {
    esign::cms::verify_detached(cms, &|digest| digest.digest(content))
}

/// The refusal of the only signer, or of the whole.
pub(super) fn refusal(cms: &[u8]) -> CmsRefused {
    match verify(cms, CONTENT) {
        Ok(found) => found.only_signer().cloned().expect_err("a refusal"),
        Err(refused) => refused,
    }
}

pub(super) fn certificate(signer: &Signer) -> Certificate {
    Certificate::from_der(&signer.chain()[0]).unwrap()
}

fn new_authority(id: &str, kind: KeyKind) -> NewAuthority {
    NewAuthority {
        id: CaId::from_text(id),
        key: KeyRef::new(format!("ca-{id}")),
        kind,
        name: NameParts { common_name: format!("示例县 {id}"), ..NameParts::default() },
        days: 3650,
    }
}

async fn seal(world: &World, authority: &CertificateAuthority, key: &str, kind: KeyKind) -> Signer {
    let key = KeyRef::new(key);
    let public = world.keystore.generate(&key, kind).await.unwrap().unwrap();
    let subject = NameParts {
        common_name: "示例县市场监督管理局".to_owned(),
        organization: Some("示例县市场监督管理局".to_owned()),
        organization_identifier: Some("NTRCN-11330000000000001X".to_owned()),
        organizational_unit: None,
    };
    let request = IssueRequest { profile: &SEAL, subject: &subject, public: &public, days: 365 };
    let by = By { actor: Actor::System, now: world.now() };
    let issued = authority.issue(&CaId::from_text("seal"), request, &by).await.unwrap();
    let keystore: Arc<dyn Keystore> = world.keystore.clone();
    Signer::open(keystore, key, kind.signature().unwrap(), issued.chain).await.unwrap()
}

/// Runs a foreign program; `None`, with a printed reason, when it is not installed.
pub(super) fn run(dir: &Path, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).current_dir(dir).output() {
        Ok(output) => {
            let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
            Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
        }
        Err(error) => {
            println!("skipped: {program} is not installed ({error})");
            None
        }
    }
}
