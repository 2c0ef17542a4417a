//! Receipts (核验结果单): the signed answer to a question, in the shape of a certificate.

use auth_core::verdict::Verdict;

/// Last part of the type URL and name in the QR code.
pub const SLUG: &str = "proof-receipt";

/// What reports call it.
pub const KIND: &str = "receipt";

/// An answer. There is no fourth, and no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The statement does not hold.
    No,
    /// It could not be found out.
    Undetermined,
    /// The statement holds.
    Yes,
}

impl Answer {
    /// Stable text in receipts and columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Undetermined => "undetermined",
            Self::Yes => "yes",
        }
    }

    /// Reads what [`Answer::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::No, Self::Undetermined, Self::Yes].into_iter().find(|one| one.as_str() == text)
    }
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Invalid => Self::No,
            Verdict::Undetermined => Self::Undetermined,
            Verdict::Valid => Self::Yes,
        }
    }
}

/// Claims of a receipt: name, number in the QR code, Chinese and English label.
pub const CLAIMS: [(&str, i64, &str, &str); 8] = [
    ("receipt_no", 1, "结果单编号", "Receipt number"),
    ("item", 2, "核验事项", "Item"),
    ("item_name", 3, "事项名称", "Name of the item"),
    ("answer", 4, "核验结果", "Answer"),
    ("answered_at", 5, "核验时间", "Answered at"),
    ("asked_by", 6, "核验单位", "Asked by"),
    ("matter", 7, "用于事项", "For the matter"),
    ("subject", 8, "被核验人", "About"),
];

/// The claim of a number in a QR code.
pub fn claim_of(key: i64) -> Option<&'static str> {
    CLAIMS.iter().find(|(_, number, ..)| *number == key).map(|(claim, ..)| *claim)
}

/// A name with all but its first character hidden: `张*`, `欧**`. Names of one character are hidden
/// whole.
pub fn masked(name: &str) -> String {
    let count = name.chars().count();
    match name.chars().next() {
        Some(first) if count > 1 => format!("{first}{}", "*".repeat((count - 1).min(3))),
        _ => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked() {
        for (name, shown) in [("张三", "张*"), ("欧阳修", "欧**"), ("王", "*"), ("", "*")] {
            assert_eq!(masked(name), shown);
        }
    }

    #[test]
    fn an_undetermined_verdict_is_never_a_no() {
        assert_eq!(Answer::from(Verdict::Undetermined), Answer::Undetermined);
        assert_eq!(Answer::parse("maybe"), None);
    }
}
