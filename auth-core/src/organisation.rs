//! Organisations: government bodies and legal persons (法人), their posts and mandates.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    audit::Event,
    clock::Timestamp,
    fault::Fault,
    id::{MandateId, OrganisationId, PersonId, PostId},
};

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationKind {
    /// 法人: an enterprise or another legal person.
    LegalPerson,
    /// 政府部门: a body that seals, issues and asks.
    PublicBody,
}

impl OrganisationKind {
    /// Stable text for columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LegalPerson => "legal-person",
            Self::PublicBody => "public-body",
        }
    }

    /// Reads what [`OrganisationKind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LegalPerson, Self::PublicBody].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Full name, as on its seal.
    pub name: String,
    /// Unified social credit code (统一社会信用代码, GB 32100-2015), 18 characters.
    pub credit_code: CreditCode,
    /// What it is.
    pub kind: OrganisationKind,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
}

/// A unified social credit code with a right check character.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

impl CreditCode {
    /// Reads a code of 18 characters and checks its last one (GB 32100-2015 §5, MOD 31).
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 18 {
            return None;
        }
        let value = |byte: u8| CREDIT_CODE_ALPHABET.iter().position(|known| *known == byte);
        let mut sum = 0;
        let mut weight = 1;
        for byte in &bytes[..17] {
            sum += value(*byte)? * weight;
            weight = weight * 3 % 31;
        }
        let check = (31 - sum % 31) % 31;
        (value(bytes[17])? == check).then(|| Self(text.to_owned()))
    }

    /// The code for 17 given characters, its check character added: for demo data.
    pub fn complete(first: &str) -> Option<Self> {
        CREDIT_CODE_ALPHABET
            .iter()
            .find_map(|check| Self::parse(&format!("{first}{}", char::from(*check))))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CreditCode {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a unified social credit code")
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

/// A dated post (岗位) of an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// The officer.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// Department path inside the organisation, `登记注册科`.
    pub department: String,
    /// Title, `科长`.
    pub title: String,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when; `None` means until ended.
    pub valid_until: Option<Timestamp>,
}

/// Who may act for whom (授权经办): its stored row carries a MAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// Its id.
    pub id: MandateId,
    /// Who acts (经办人).
    pub agent: PersonId,
    /// For which organisation.
    pub principal: OrganisationId,
    /// In what: `all` or a stable matter code.
    pub scope: String,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when; `None` means until withdrawn.
    pub valid_until: Option<Timestamp>,
}

impl Mandate {
    /// The parts that the row's MAC covers, in order.
    pub fn mac_parts(&self) -> [Vec<u8>; 6] {
        [
            self.id.as_str().as_bytes().to_vec(),
            self.agent.as_str().as_bytes().to_vec(),
            self.principal.as_str().as_bytes().to_vec(),
            self.scope.as_bytes().to_vec(),
            self.valid_from.0.to_be_bytes().to_vec(),
            self.valid_until.map_or(i64::MAX, |until| until.0).to_be_bytes().to_vec(),
        ]
    }

    /// Whether the mandate counts at this moment.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }
}

/// Organisation, post and mandate rows. Implemented by `store`.
#[async_trait]
pub trait Organisations: Send + Sync {
    /// Adds an organisation; `false` when its id or credit code is taken.
    async fn add(&self, organisation: Organisation, event: Event) -> Result<bool, Fault>;

    /// One organisation.
    async fn find(&self, id: &OrganisationId) -> Result<Option<Organisation>, Fault>;

    /// One organisation by its credit code.
    async fn by_credit_code(&self, code: &CreditCode) -> Result<Option<Organisation>, Fault>;

    /// At most `limit` organisations after `after` in order of id.
    async fn list(
        &self,
        after: Option<&OrganisationId>,
        limit: u32,
    ) -> Result<Vec<Organisation>, Fault>;

    /// Disables or enables an organisation; `false` when there is none.
    async fn set_disabled(
        &self,
        id: &OrganisationId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault>;

    /// Adds a post.
    async fn add_post(&self, post: Post, event: Event) -> Result<(), Fault>;

    /// Posts of a person, past ones too.
    async fn posts(&self, person: &PersonId) -> Result<Vec<Post>, Fault>;

    /// Adds a mandate with the MAC of its row.
    async fn add_mandate(&self, mandate: Mandate, mac: [u8; 32], event: Event)
    -> Result<(), Fault>;

    /// Mandates of a person with their stored MACs, past ones too.
    async fn mandates(&self, agent: &PersonId) -> Result<Vec<(Mandate, [u8; 32])>, Fault>;

    /// Every mandate row with its MAC in order of id, for `doctor`; at most `limit` after `after`.
    async fn all_mandates(
        &self,
        after: Option<&MandateId>,
        limit: u32,
    ) -> Result<Vec<(Mandate, [u8; 32])>, Fault>;
}

/// Digits and letters without I, O, S, V, Z (GB 32100-2015 table 1).
const CREDIT_CODE_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_code_check_character() {
        // Published code of a well-known company.
        assert!(CreditCode::parse("91330100799655058B").is_some());
        assert!(CreditCode::parse("91330100799655058C").is_none());
        assert!(CreditCode::parse("9133010079965505B").is_none());
        let made = CreditCode::complete("11330824MB1234567").map(|code| code.as_str().to_owned());
        assert!(made.is_some_and(|code| CreditCode::parse(&code).is_some()));
    }
}
