//! Signatures that break one rule each, with everything else, the signature value too, right.

use auth_core::key::Signer;
use esign::cms::DigestAlgorithm;
use pki::{
    algorithm, asn1,
    oid::{self, ObjectIdentifier},
};
use sha2::{Digest, Sha256};

use super::{CONTENT, certificate};

pub(super) const CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(super) const MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(super) const SIGNED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(super) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
pub(super) const ALGORITHM_PROTECTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.52");

/// The parts of a SignedData, good until changed.
#[derive(Clone)]
pub(super) struct Forge {
    pub(super) kind: ObjectIdentifier,
    pub(super) version: u64,
    pub(super) digests: Vec<Vec<u8>>,
    pub(super) content_type: ObjectIdentifier,
    pub(super) content: Option<Vec<u8>>,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) infos: Vec<Info>,
}

/// The parts of a SignerInfo.
#[derive(Clone)]
pub(super) struct Info {
    pub(super) signer: Signer,
    pub(super) version: u64,
    pub(super) sid: Vec<u8>,
    pub(super) digest: Vec<u8>,
    /// Signed in this order; `None` signs the content itself.
    pub(super) attributes: Option<Vec<Vec<u8>>>,
    pub(super) algorithm: Vec<u8>,
}

impl Forge {
    pub(super) fn new(signer: &Signer) -> Self {
        let info = Info::new(signer);
        Self {
            kind: SIGNED_DATA,
            version: 1,
            digests: vec![info.digest.clone()],
            content_type: DATA,
            content: None,
            certificates: signer.chain().to_vec(),
            infos: vec![info],
        }
    }

    /// With one change to the only signer.
    pub(super) fn info(mut self, change: impl FnOnce(&mut Info)) -> Self {
        change(&mut self.infos[0]);
        self
    }

    pub(super) async fn build(&self) -> Vec<u8> {
        let mut infos = Vec::new();
        for info in &self.infos {
            infos.push(info.build().await);
        }
        let mut content = vec![asn1::oid(&self.content_type)];
        content.extend(self.content.iter().map(|text| asn1::context(0, [asn1::octets(text)])));
        let data = asn1::sequence([
            asn1::small_integer(self.version),
            asn1::set_of(self.digests.clone()),
            asn1::sequence(content),
            asn1::context(0, &self.certificates),
            asn1::set_of(infos),
        ]);
        asn1::sequence([asn1::oid(&self.kind), asn1::context(0, [data])])
    }
}

impl Info {
    pub(super) fn new(signer: &Signer) -> Self {
        let digest = match DigestAlgorithm::of(signer.algorithm()).unwrap() {
            DigestAlgorithm::Sm3 => oid::SM3,
            _ => oid::SHA256,
        };
        let certificate = certificate(signer);
        let serial = asn1::tlv(asn1::tag::INTEGER, certificate.serial());
        let mut attributes = good_attributes(signer);
        attributes.sort();
        Self {
            signer: signer.clone(),
            version: 1,
            sid: asn1::sequence([certificate.issuer().der(), &serial]),
            digest: asn1::sequence([asn1::oid(&digest)]),
            attributes: Some(attributes),
            algorithm: algorithm::identifier(signer.algorithm()),
        }
    }

    /// Replaces the signed attributes, sorted.
    pub(super) fn attributes(&mut self, mut list: Vec<Vec<u8>>) {
        list.sort();
        self.attributes = Some(list);
    }

    async fn build(&self) -> Vec<u8> {
        let contents = self.attributes.as_ref().map(|list| list.concat());
        let message = match &contents {
            Some(contents) => asn1::tlv(asn1::tag::SET, contents),
            None => CONTENT.to_vec(),
        };
        let signature = algorithm::sign(&self.signer, &message).await.unwrap();
        asn1::sequence([
            asn1::small_integer(self.version),
            self.sid.clone(),
            self.digest.clone(),
            contents.map_or_else(Vec::new, |contents| asn1::context(0, [contents])),
            self.algorithm.clone(),
            asn1::octets(&signature),
        ])
    }
}

/// The three attributes that must be there, in no order.
pub(super) fn good_attributes(signer: &Signer) -> Vec<Vec<u8>> {
    vec![
        attribute(&CONTENT_TYPE, &[asn1::oid(&DATA)]),
        attribute(&MESSAGE_DIGEST, &[asn1::octets(&digest(signer, CONTENT))]),
        attribute(&SIGNING_CERTIFICATE_V2, &[certificate_reference(&signer.chain()[0])]),
    ]
}

pub(super) fn digest(signer: &Signer, content: &[u8]) -> Vec<u8> {
    DigestAlgorithm::of(signer.algorithm()).unwrap().digest(content)
}

/// SigningCertificateV2 with the default hash.
pub(super) fn certificate_reference(der: &[u8]) -> Vec<u8> {
    let id = asn1::sequence([asn1::octets(&Sha256::digest(der))]);
    asn1::sequence([asn1::sequence([id])])
}

pub(super) fn attribute(name: &ObjectIdentifier, values: &[Vec<u8>]) -> Vec<u8> {
    asn1::sequence([asn1::oid(name), asn1::set_of(values.to_vec())])
}
