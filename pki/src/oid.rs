//! Object identifiers of certificates, lists and signatures, and where each is defined.

pub use const_oid::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {$(
        $(#[$doc])*
        pub const $name: ObjectIdentifier = oid($dotted);
    )*};
}

oids! {
    /// id-ad-caIssuers (RFC 5280 §4.2.2.1).
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    /// id-ad-ocsp (RFC 5280 §4.2.2.1).
    AD_OCSP = "1.3.6.1.5.5.7.48.1";
    /// anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    /// anyPolicy (RFC 5280 §4.2.1.4).
    ANY_POLICY = "2.5.29.32.0";
    /// authorityInfoAccess (RFC 5280 §4.2.2.1).
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// basicConstraints (RFC 5280 §4.2.1.9).
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// certificatePolicies (RFC 5280 §4.2.1.4).
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// commonName (X.520).
    COMMON_NAME = "2.5.4.3";
    /// countryName (X.520).
    COUNTRY = "2.5.4.6";
    /// cRLDistributionPoints (RFC 5280 §4.2.1.13).
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// cRLNumber (RFC 5280 §5.2.3).
    CRL_NUMBER = "2.5.29.20";
    /// cRLReason (RFC 5280 §5.3.1).
    CRL_REASON = "2.5.29.21";
    /// deltaCRLIndicator (RFC 5280 §5.2.4).
    DELTA_CRL_INDICATOR = "2.5.29.27";
    /// domainComponent (RFC 4519).
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    /// ecdsa-with-SHA256 (RFC 5758 §3.2).
    ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    /// ecdsa-with-SHA384 (RFC 5758 §3.2).
    ECDSA_SHA384 = "1.2.840.10045.4.3.3";
    /// id-ecPublicKey (RFC 5480 §2.1.1).
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    /// emailAddress (PKCS #9).
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";
    /// extKeyUsage (RFC 5280 §4.2.1.12).
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// Ed25519 (RFC 8410).
    ED25519 = "1.3.101.112";
    /// freshestCRL (RFC 5280 §4.2.1.15).
    FRESHEST_CRL = "2.5.29.46";
    /// inhibitAnyPolicy (RFC 5280 §4.2.1.14).
    INHIBIT_ANY_POLICY = "2.5.29.54";
    /// invalidityDate (RFC 5280 §5.3.2).
    INVALIDITY_DATE = "2.5.29.24";
    /// issuerAltName (RFC 5280 §4.2.1.7).
    ISSUER_ALT_NAME = "2.5.29.18";
    /// issuingDistributionPoint (RFC 5280 §5.2.5).
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// id-kp-documentSigning (RFC 9336).
    KP_DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";
    /// id-kp-emailProtection (RFC 5280 §4.2.1.12).
    KP_EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    /// keyUsage (RFC 5280 §4.2.1.3).
    KEY_USAGE = "2.5.29.15";
    /// localityName (X.520).
    LOCALITY = "2.5.4.7";
    /// id-mgf1 (RFC 4055 §2.2).
    MGF1 = "1.2.840.113549.1.1.8";
    /// nameConstraints (RFC 5280 §4.2.1.10).
    NAME_CONSTRAINTS = "2.5.29.30";
    /// organizationName (X.520).
    ORGANIZATION = "2.5.4.10";
    /// organizationIdentifier (X.520): 统一社会信用代码 as `NTRCN-…`, by ETSI EN 319 412-1 §5.1.4.
    ORGANIZATION_IDENTIFIER = "2.5.4.97";
    /// organizationalUnitName (X.520).
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    /// policyConstraints (RFC 5280 §4.2.1.11).
    POLICY_CONSTRAINTS = "2.5.29.36";
    /// policyMappings (RFC 5280 §4.2.1.5).
    POLICY_MAPPINGS = "2.5.29.33";
    /// rsaEncryption (RFC 8017 A.1).
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    /// id-RSASSA-PSS (RFC 4055 §3.1).
    RSASSA_PSS = "1.2.840.113549.1.1.10";
    /// sha256WithRSAEncryption (RFC 4055 §5).
    RSA_SHA256 = "1.2.840.113549.1.1.11";
    /// serialNumber of a name (X.520).
    SERIAL_NUMBER = "2.5.4.5";
    /// id-sha256 (RFC 5754).
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// sha384WithRSAEncryption (RFC 4055 §5).
    RSA_SHA384 = "1.2.840.113549.1.1.12";
    /// sha512WithRSAEncryption (RFC 4055 §5).
    RSA_SHA512 = "1.2.840.113549.1.1.13";
    /// secp384r1 (RFC 5480 §2.1.1.1).
    SECP384R1 = "1.3.132.0.34";
    /// id-sha384 (RFC 5754).
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// id-sha512 (RFC 5754).
    SHA512 = "2.16.840.1.101.3.4.2.3";
    /// SM2 signature, named by GM/T 0010 where newer texts name SM2-with-SM3.
    SM2_SIGN = "1.2.156.10197.1.301.1";
    /// SM2 signature with SM3 (GM/T 0006).
    SM2_SM3 = "1.2.156.10197.1.501";
    /// SM3 (GM/T 0006).
    SM3 = "1.2.156.10197.1.401";
    /// stateOrProvinceName (X.520).
    STATE = "2.5.4.8";
    /// subjectAltName (RFC 5280 §4.2.1.6).
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
}

/// The policy of every demo certificate, contents octets of
/// `2.25.68278009356678007159427328926849947313` (UUID 335dddc4-48e6-44dd-bcd3-f3c66a9fd6b1,
/// ITU-T X.667): 示例·无效, made by the demo county and without legal effect. A verifier that finds
/// it says so, whatever else holds. (Bytes, since the arc does not fit the dotted type.)
pub const POLICY_NO_LEGAL_EFFECT: &[u8] = &[
    0x69, 0xE6, 0xDD, 0xEE, 0xF1, 0x89, 0x8E, 0xB2, 0x93, 0xBB, 0xBC, 0xE9, 0xFC, 0xF8, 0xE6, 0xD4,
    0xFF, 0xAD, 0x31,
];

/// The policy of certificates that a county's own authority issues for internal use: arc 2 below
/// [`POLICY_NO_LEGAL_EFFECT`]. It promises what the program does and no licence (电子签名法 §18).
pub const POLICY_INTERNAL: &[u8] = &[
    0x69, 0xE6, 0xDD, 0xEE, 0xF1, 0x89, 0x8E, 0xB2, 0x93, 0xBB, 0xBC, 0xE9, 0xFC, 0xF8, 0xE6, 0xD4,
    0xFF, 0xAD, 0x31, 0x02,
];
