//! Types of certificate, as data.
//!
//! To add one: a constant here and in [`ALL`]. Pages, codes, type metadata and the printed
//! document follow from it.

/// A type of electronic certificate (电子证照).
#[derive(Debug)]
pub struct CertificateType {
    /// Last part of the type URL (`vct`) and name in the QR code.
    pub slug: &'static str,
    /// Three digits that, behind the credit code of the defining body, make the type code of
    /// GB/T 36904.
    pub number: u16,
    /// Chinese name.
    pub zh_cn: &'static str,
    /// English name.
    pub en: &'static str,
    /// Years a certificate is valid unless revoked; `None` for as long as it is not.
    pub years: Option<i32>,
    /// What it says.
    pub fields: &'static [Field],
}

/// One field of a type.
#[derive(Debug)]
pub struct Field {
    /// Claim name.
    pub claim: &'static str,
    /// Number in the QR code; never reused within a type.
    pub key: i64,
    /// Chinese label.
    pub zh_cn: &'static str,
    /// English label.
    pub en: &'static str,
    /// What may be written there.
    pub form: FieldForm,
    /// Most characters.
    pub max_chars: usize,
    /// Whether it may be empty.
    pub optional: bool,
    /// Whether the holder may keep it back when showing the certificate.
    pub hidden: bool,
    /// Whether the QR code carries it.
    pub in_qr: InQr,
}

/// What may be written in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldForm {
    /// A unified social credit code.
    CreditCode,
    /// A day, `2026-11-24`.
    Date,
    /// One line.
    Line,
    /// Several lines.
    Text,
}

/// Whether the QR code carries a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InQr {
    /// Always.
    Always,
    /// While the code stays easy to read; later fields go first.
    IfRoom,
    /// Never.
    Never,
}

impl CertificateType {
    /// Finds a type by its slug.
    pub fn by_slug(slug: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|kind| kind.slug == slug)
    }

    /// The type URL.
    pub fn vct(&self, issuer: &str) -> String {
        format!("{issuer}/vct/{}", self.slug)
    }

    /// Finds a field by its number in QR codes.
    pub fn field_by_key(&self, key: i64) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

/// 营业执照.
pub static BUSINESS_LICENCE: CertificateType = CertificateType {
    slug: "business-licence",
    number: 1,
    zh_cn: "营业执照",
    en: "Business licence",
    years: None,
    fields: &[
        Field::new("credit_code", 1, "统一社会信用代码", "Unified social credit code", 18)
            .form(FieldForm::CreditCode),
        Field::new("name", 2, "名称", "Name", 60),
        Field::new("entity_type", 3, "类型", "Type", 30).if_room(),
        Field::new("legal_representative", 4, "法定代表人", "Legal representative", 30).hidden(),
        Field::new("registered_capital", 5, "注册资本", "Registered capital", 30).hidden().off_qr(),
        Field::new("established_on", 6, "成立日期", "Established on", 10).form(FieldForm::Date),
        Field::new("address", 7, "住所", "Address", 120).hidden().off_qr(),
        Field::new("business_scope", 8, "经营范围", "Business scope", 1000)
            .form(FieldForm::Text)
            .hidden()
            .off_qr(),
    ],
};

/// 卫生许可证.
pub static HYGIENE_PERMIT: CertificateType = CertificateType {
    slug: "hygiene-permit",
    number: 2,
    zh_cn: "卫生许可证",
    en: "Hygiene permit",
    years: Some(4),
    fields: &[
        Field::new("name", 1, "单位名称", "Name of the premises", 60),
        Field::new("legal_representative", 2, "负责人", "Person responsible", 30).hidden(),
        Field::new("permitted", 3, "许可项目", "Permitted activity", 60),
        Field::new("address", 4, "经营地址", "Address", 120).hidden().if_room(),
    ],
};

/// Every type.
pub static ALL: [&CertificateType; 2] = [&BUSINESS_LICENCE, &HYGIENE_PERMIT];

impl Field {
    const fn new(
        claim: &'static str,
        key: i64,
        zh_cn: &'static str,
        en: &'static str,
        max_chars: usize,
    ) -> Self {
        Self {
            claim,
            key,
            zh_cn,
            en,
            form: FieldForm::Line,
            max_chars,
            optional: false,
            hidden: false,
            in_qr: InQr::Always,
        }
    }

    const fn form(mut self, form: FieldForm) -> Self {
        self.form = form;
        self
    }

    const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    const fn if_room(mut self) -> Self {
        self.in_qr = InQr::IfRoom;
        self
    }

    const fn off_qr(mut self) -> Self {
        self.in_qr = InQr::Never;
        self
    }
}

/// Fields that every certificate has besides its own, with their numbers in QR codes (100 and up).
pub mod common {
    /// 证照编号: the number people quote.
    pub const NUMBER: (&str, i64) = ("number", 100);
    /// 证照标识 (GB/T 36904), without its root in QR codes.
    pub const IDENTIFIER: (&str, i64) = ("identifier", 101);
    /// 颁发机构: the issuing body's name.
    pub const AUTHORITY: (&str, i64) = ("issuing_authority", 102);
    /// 颁发日期.
    pub const ISSUED_ON: (&str, i64) = ("issued_on", 103);
    /// 有效期至.
    pub const VALID_UNTIL: (&str, i64) = ("valid_until", 104);

    /// All of them: claim, number, Chinese and English label.
    pub const ALL: [(&str, i64, &str, &str); 5] = [
        (NUMBER.0, NUMBER.1, "证照编号", "Number"),
        (IDENTIFIER.0, IDENTIFIER.1, "证照标识", "Identifier"),
        (AUTHORITY.0, AUTHORITY.1, "颁发机构", "Issued by"),
        (ISSUED_ON.0, ISSUED_ON.1, "颁发日期", "Issued on"),
        (VALID_UNTIL.0, VALID_UNTIL.1, "有效期至", "Valid until"),
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_numbers_are_used_once() {
        let slugs: HashSet<_> = ALL.iter().map(|kind| kind.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        for kind in ALL {
            let own = kind.fields.iter().map(|field| (field.claim, field.key));
            let all: Vec<_> =
                own.chain(common::ALL.iter().map(|(claim, key, ..)| (*claim, *key))).collect();
            let claims: HashSet<_> = all.iter().map(|(claim, _)| claim).collect();
            let keys: HashSet<_> = all.iter().map(|(_, key)| key).collect();
            assert_eq!((claims.len(), keys.len()), (all.len(), all.len()), "{}", kind.slug);
            assert!(kind.fields.iter().all(|field| field.key < 100));
        }
    }
}
