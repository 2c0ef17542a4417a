//! What can go wrong when signing, and every rule by which a signature is refused.

use auth_core::{Reason, key::KeyError};
use pki::asn1::Asn1Error;

/// Why nothing was signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// The signer's algorithm has no place in CMS here (Ed25519 would need SHA-512, RFC 8419).
    #[error("this key cannot make CMS signatures")]
    Algorithm,
    /// The first certificate of the chain certifies another key, or does not parse.
    #[error("the signer's certificate is missing or belongs to another key")]
    Chain,
    /// The content was hashed with another algorithm than the signer's.
    #[error("the content was digested with the wrong hash")]
    Digest,
    /// The keystore did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a CMS signature is refused. Each is a rule of RFC 5652, RFC 5035 or ETSI EN 319 122-1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsRefused {
    /// RFC 6211 §2: the protected algorithms are not those of the SignerInfo.
    #[error("algorithm protection does not match the algorithms used")]
    AlgorithmProtection,
    /// An algorithm that is unknown, weak (SHA-1, MD5) or does not fit its companion.
    #[error("algorithm not accepted: {0}")]
    Algorithm(String),
    /// The content is inside, although the signature is detached.
    #[error("the signature carries its own content")]
    Attached,
    /// EN 319 122-1 §5.1, §5.2: a mandatory signed attribute is missing.
    #[error("signed attribute missing: {0}")]
    AttributeMissing(&'static str),
    /// RFC 5652 §11: an attribute that occurs twice or has not exactly one value.
    #[error("attribute twice or without exactly one value: {0}")]
    AttributeRepeated(String),
    /// RFC 5652 §5.3: signed attributes are DER, so in DER order.
    #[error("signed attributes are not in DER order")]
    AttributesUnsorted,
    /// RFC 5652 §11.1: content-type must equal eContentType, and eContentType must be data.
    #[error("content type is not data, or differs from the signed one")]
    ContentType,
    /// The content's digest is not the signed one: the content was changed.
    #[error("the content was changed after signing")]
    DigestMismatch,
    /// RFC 5652 §5.1: a SignerInfo uses a digest that the SignedData does not announce.
    #[error("digest algorithm not announced")]
    DigestUnlisted,
    /// Too many certificates, signers or attributes, or too large a whole.
    #[error("limit exceeded: {0}")]
    Limit(&'static str),
    /// Not strict DER: truncated, BER, trailing bytes, wrong types.
    #[error("malformed: {0}")]
    Malformed(#[from] Asn1Error),
    /// No certificate is embedded, or none of them is the signer's.
    #[error("the signer's certificate is not embedded")]
    NoCertificate,
    /// RFC 5652 §5.3: attributes must be signed for the content to be bound to the certificate.
    #[error("no signed attributes")]
    NoSignedAttributes,
    /// A SignedData without any SignerInfo signs nothing.
    #[error("no signer")]
    NoSigner,
    /// Another CMS content than SignedData.
    #[error("not a signature")]
    NotSignedData,
    /// The signature value does not verify with the signer's key.
    #[error("the signature value is wrong")]
    Signature,
    /// RFC 5035 §3: the certificate named in the signed attribute is another one.
    #[error("the signed certificate reference names another certificate")]
    SigningCertificate,
    /// RFC 5652 §5.1, §5.3: a version number that does not follow from the contents.
    #[error("version number does not fit the contents")]
    Version,
}

impl CmsRefused {
    /// Stable code and detail for reports.
    pub fn reason(&self) -> Reason {
        let detail = match self {
            Self::Algorithm(detail) | Self::AttributeRepeated(detail) => Some(detail.clone()),
            Self::AttributeMissing(name) | Self::Limit(name) => Some((*name).to_owned()),
            Self::Malformed(error) => Some(error.to_string()),
            _ => None,
        };
        Reason { code: self.code().to_owned(), detail }
    }

    /// Stable kebab-case code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Algorithm(_) => "cms-algorithm-refused",
            Self::AlgorithmProtection => "cms-algorithm-protection",
            Self::Attached => "cms-content-embedded",
            Self::AttributeMissing(_) => "cms-attribute-missing",
            Self::AttributeRepeated(_) => "cms-attribute-repeated",
            Self::AttributesUnsorted => "cms-attributes-unsorted",
            Self::ContentType => "cms-content-type",
            Self::DigestMismatch => "digest-mismatch",
            Self::DigestUnlisted => "cms-digest-unlisted",
            Self::Limit(_) => "cms-limit",
            Self::Malformed(_) => "cms-malformed",
            Self::NoCertificate => "cms-certificate-missing",
            Self::NoSignedAttributes => "cms-attributes-missing",
            Self::NoSigner => "cms-no-signer",
            Self::NotSignedData => "cms-not-a-signature",
            Self::Signature => "signature-wrong",
            Self::SigningCertificate => "cms-certificate-mismatch",
            Self::Version => "cms-version",
        }
    }
}
