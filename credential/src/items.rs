//! Proof items (证明事项): what may be asked instead of a paper, as data.
//!
//! To add one: a constant here and in [`ALL`]; departments then register the matters in which they
//! may ask it.

use crate::kinds::{BUSINESS_LICENCE, CertificateType, HYGIENE_PERMIT};

/// A proof item of the public catalogue.
#[derive(Debug)]
pub struct ProofItem {
    /// Stable code.
    pub code: &'static str,
    /// Chinese name.
    pub zh_cn: &'static str,
    /// English name.
    pub en: &'static str,
    /// Legal basis. An item without one may not be asked for at all (直接取消).
    pub basis_zh_cn: &'static str,
    /// Legal basis, in English.
    pub basis_en: &'static str,
    /// How an answer is looked for, in this order.
    pub methods: &'static [Method],
    /// What is asked of the certificate.
    pub predicate: Predicate,
    /// Days a receipt may be relied on.
    pub validity_days: i64,
    /// Version of this item; a receipt names it.
    pub version: u16,
}

/// How an answer is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The holder's certificate in the register (电子证照).
    Credential,
    /// The applicant shows the original at the counter: what remains when no method before it
    /// could decide. The program answers "undetermined" and says so.
    Original,
}

impl Method {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Original => "original",
        }
    }
}

/// A yes-or-no question about one certificate of the holder.
#[derive(Debug)]
pub enum Predicate {
    /// The holder has a certificate of this type that is valid and neither revoked nor suspended.
    InForce {
        /// The type.
        kind: &'static CertificateType,
    },
    /// That, and a date in it lies at least this many months back.
    MonthsSince {
        /// The type.
        kind: &'static CertificateType,
        /// A field of form date.
        claim: &'static str,
        /// How many months at least.
        months: i32,
    },
}

impl Predicate {
    /// The type of certificate it looks at.
    pub const fn kind(&self) -> &'static CertificateType {
        match self {
            Self::InForce { kind } | Self::MonthsSince { kind, .. } => kind,
        }
    }
}

impl ProofItem {
    /// Finds an item by its code.
    pub fn by_code(code: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|item| item.code == code)
    }
}

/// 营业执照有效且未吊销.
pub static LICENCE_IN_FORCE: ProofItem = ProofItem {
    code: "licence-in-force",
    zh_cn: "营业执照有效且未吊销",
    en: "Business licence is valid and not revoked",
    basis_zh_cn: "《中华人民共和国市场主体登记管理条例》（国务院令第746号）；\
                  《国务院关于在线政务服务的若干规定》（国务院令第716号）第七条",
    basis_en: "Regulation on the Registration of Market Entities (State Council Decree 746); \
               Provisions on Online Government Services (Decree 716), article 7",
    methods: &[Method::Credential, Method::Original],
    predicate: Predicate::InForce { kind: &BUSINESS_LICENCE },
    validity_days: 30,
    version: 1,
};

/// 卫生许可证有效.
pub static PERMIT_IN_FORCE: ProofItem = ProofItem {
    code: "permit-in-force",
    zh_cn: "卫生许可证有效",
    en: "Hygiene permit is valid",
    basis_zh_cn: "《公共场所卫生管理条例》；\
                  《国务院关于在线政务服务的若干规定》（国务院令第716号）第七条",
    basis_en: "Regulation on Hygiene in Public Places; Provisions on Online Government Services \
               (Decree 716), article 7",
    methods: &[Method::Credential, Method::Original],
    predicate: Predicate::InForce { kind: &HYGIENE_PERMIT },
    validity_days: 30,
    version: 1,
};

/// 经营满一年.
pub static LICENCE_ONE_YEAR: ProofItem = ProofItem {
    code: "licence-one-year",
    zh_cn: "营业执照有效且成立满一年",
    en: "Business licence is valid and the business is at least one year old",
    basis_zh_cn: "《中华人民共和国市场主体登记管理条例》（国务院令第746号）；\
                  《国务院关于在线政务服务的若干规定》（国务院令第716号）第七条",
    basis_en: "Regulation on the Registration of Market Entities (State Council Decree 746); \
               Provisions on Online Government Services (Decree 716), article 7",
    methods: &[Method::Credential, Method::Original],
    predicate: Predicate::MonthsSince {
        kind: &BUSINESS_LICENCE,
        claim: "established_on",
        months: 12,
    },
    validity_days: 30,
    version: 1,
};

/// The catalogue.
pub static ALL: [&ProofItem; 3] = [&LICENCE_IN_FORCE, &PERMIT_IN_FORCE, &LICENCE_ONE_YEAR];
