//! Issuing a certificate: checked, signed in both forms, then written in one act.

use std::collections::BTreeMap;

use auth_core::{
    Fault, Timestamp,
    id::{CredentialId, OrganisationId, PersonId},
    key::KeyError,
    organisation::{CreditCode, Organisation},
    role::Role,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Authority, Registry, china_day, digits};
use crate::{
    act::Act,
    identifier::Identifier,
    kinds::{CertificateType, Field, FieldForm, InQr, common},
    qr::{QrCode, TARGET_VERSION},
    sd_jwt,
    status::Status,
    store::{CredentialRow, IdempotencyKey, Kept, NewCredential, Reserve, Reserved, StatusPlace},
    yx1,
};

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub struct IssueRequest<'a> {
    /// Its type.
    pub kind: &'static CertificateType,
    /// In whose name.
    pub organisation: OrganisationId,
    /// To whom.
    pub holder: PersonId,
    /// What it says, by claim name.
    pub fields: BTreeMap<String, String>,
    /// An application's key for this request and the hash of all it asked.
    pub idempotency: Option<(String, [u8; 32])>,
    /// Who issues.
    pub by: Authority<'a>,
    /// Now.
    pub now: Timestamp,
}

/// What a certificate says and its signed forms: stored encrypted under the holder's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Every claim by name, own fields first, then the common ones.
    pub claims: Map<String, Value>,
    /// The SD-JWT VC with all Disclosures.
    pub sd_jwt: String,
    /// The 核验码 as an address.
    pub code: String,
    /// The 核验码 in the compact form.
    pub compact: String,
}

/// What was issued.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuedCertificate {
    /// Its id.
    pub id: CredentialId,
    /// Its number.
    pub number: String,
    /// Its content.
    pub content: Content,
    /// Whether an earlier request with the same key had issued it.
    pub repeated: bool,
}

impl Registry {
    /// Issues a certificate. Signs before it writes; a lost race throws the signatures away.
    pub async fn issue(&self, request: IssueRequest<'_>) -> Result<IssuedCertificate, IssueError> {
        let now = request.now;
        if !request.by.may(Role::Issuer, &request.organisation, &self.policy) {
            let event = Act::Issue.refused(request.by.actor(), "not-issuer", now);
            self.proofs.record(event.subject(request.organisation.as_str())).await?;
            return Err(IssueError::NotIssuer);
        }
        if let Some(earlier) = self.issued_before(&request).await? {
            return Ok(earlier);
        }
        let organisation = self.organisations.find(&request.organisation).await?;
        let organisation = organisation
            .filter(|found| found.disabled_at.is_none())
            .ok_or(IssueError::NotIssuer)?;
        let fields = checked(request.kind, &request.fields)?;
        let holder = self.holder(&request.holder).await?;
        let (_, key) = holder.ok_or(IssueError::UnknownHolder)?;

        let id = CredentialId::new(now, self.vault.random());
        let place = self.reserve_place(now).await?;
        let draft = Draft::new(self, &request, &organisation, &fields)?;
        let content = self.sign(&draft, &id, place, now).await?;
        let json = serde_json::to_vec(&content).map_err(|_| Fault::Corrupt)?;
        let row = CredentialRow {
            id: id.clone(),
            kind: request.kind.slug.to_owned(),
            organisation: request.organisation.clone(),
            holder: request.holder.clone(),
            number: draft.number.clone(),
            place,
            status: Status::Valid,
            issued_at: now,
            expires_at: draft.expires_at,
            sealed: key.seal(&field_name(&id), &json, self.vault.random())?,
            document: None,
        };
        let event = Act::Issue
            .done(request.by.actor(), now)
            .subject(id.as_str())
            .with("kind", request.kind.slug)
            .with("organisation", request.organisation.as_str())
            .with("list", i64::from(place.list))
            .with("index", i64::from(place.index));
        let idempotency = idempotency_key(&request, &id);
        match self.credentials.keep(NewCredential { row, key: idempotency, event }).await? {
            Kept::Done => {
                Ok(IssuedCertificate { id, number: draft.number, content, repeated: false })
            }
            Kept::Repeated(earlier) => self.repeat(earlier, &request).await,
        }
    }

    /// A random free place in a status list, taken for good.
    pub(super) async fn reserve_place(&self, now: Timestamp) -> Result<StatusPlace, Fault> {
        for _ in 0..RESERVE_ATTEMPTS {
            let draw = |_| {
                let bytes = self.vault.random().bytes::<4>();
                // A power of two divides the range: no index is likelier than another.
                u32::from_be_bytes(bytes) % LIST_ENTRIES
            };
            let candidates = (0..CANDIDATES).map(draw).collect();
            let act = Reserve { candidates, entries: LIST_ENTRIES, now };
            if let Reserved::Place(place) = self.credentials.reserve(act).await? {
                return Ok(place);
            }
        }
        Err(Fault::Busy)
    }

    async fn issued_before(
        &self,
        request: &IssueRequest<'_>,
    ) -> Result<Option<IssuedCertificate>, IssueError> {
        let Some((key, _)) = &request.idempotency else { return Ok(None) };
        let client = request.by.actor().to_string();
        match self.credentials.by_key(&client, key).await? {
            Some(earlier) => self.repeat(earlier, request).await.map(Some),
            None => Ok(None),
        }
    }

    async fn repeat(
        &self,
        earlier: IdempotencyKey,
        request: &IssueRequest<'_>,
    ) -> Result<IssuedCertificate, IssueError> {
        if request.idempotency.as_ref().map(|(_, hash)| hash) != Some(&earlier.request_hash) {
            return Err(IssueError::KeyReused);
        }
        let row = self.credentials.find(&earlier.credential).await?.ok_or(Fault::Corrupt)?;
        let content = self.content(&row).await?.ok_or(IssueError::UnknownHolder)?;
        Ok(IssuedCertificate { id: row.id, number: row.number, content, repeated: true })
    }

    /// The content of a certificate; `None` once its holder was erased.
    pub async fn content(&self, row: &CredentialRow) -> Result<Option<Content>, Fault> {
        let Some((_, key)) = self.holder(&row.holder).await? else { return Ok(None) };
        let json = key.open(&field_name(&row.id), &row.sealed)?;
        serde_json::from_slice(&json).map(Some).map_err(|_| Fault::Corrupt)
    }

    async fn sign(
        &self,
        draft: &Draft,
        id: &CredentialId,
        place: StatusPlace,
        now: Timestamp,
    ) -> Result<Content, IssueError> {
        let issuer = &self.policy.issuer;
        let uri = self.list_uri(place.list);
        let split = |hidden| draft.claims.iter().filter(move |claim| claim.hidden == hidden);
        let jwt = sd_jwt::Draft {
            vct: draft.kind.vct(issuer),
            issuer: issuer.clone(),
            open: split(false).map(|claim| (claim.name.to_owned(), json!(claim.text))).collect(),
            hidden: split(true).map(|claim| (claim.name.to_owned(), json!(claim.text))).collect(),
            issued_at: now,
            expires_at: draft.expires_at,
            status: Some((place.index, uri.clone())),
            holder_key: None,
            decoys: DECOYS,
        };
        let signed = sd_jwt::issue(&self.credential_signer, &jwt, self.vault.random()).await?;
        let (code, compact) = self.sign_code(draft, id, (place.index, uri), now).await?;
        let claims = draft.claims.iter().map(|claim| (claim.name.to_owned(), json!(claim.text)));
        Ok(Content { claims: claims.collect(), sd_jwt: signed.text, code, compact })
    }

    /// The 核验码 with as many fields as read easily: optional ones go, last first, until the
    /// picture is version 18 or less.
    async fn sign_code(
        &self,
        draft: &Draft,
        id: &CredentialId,
        status: (u32, String),
        now: Timestamp,
    ) -> Result<(String, String), IssueError> {
        let mut shown: Vec<&Claim> =
            draft.claims.iter().filter(|claim| claim.in_qr != InQr::Never).collect();
        loop {
            let claims = yx1::Claims {
                issuer: self.policy.issuer.clone(),
                expires_at: draft.expires_at,
                issued_at: now,
                id: id_bytes(id.as_str()),
                status: Some(status.clone()),
                kind: draft.kind.slug.to_owned(),
                fields: shown.iter().map(|claim| (claim.key, claim.text.clone())).collect(),
            };
            let cose = yx1::issue(&self.credential_signer, &claims).await?;
            let code = yx1::to_url(&self.policy.issuer, &cose);
            let drawn = QrCode::new(&code);
            let optional = shown.iter().rposition(|claim| claim.in_qr == InQr::IfRoom);
            match (drawn, optional) {
                (Ok(picture), _) if picture.version() <= TARGET_VERSION => {
                    return Ok((code, yx1::to_compact(&cose)));
                }
                (_, Some(at)) => {
                    shown.remove(at);
                }
                // Nothing left to drop: dense, but within what paper allows.
                (Ok(_), None) => return Ok((code, yx1::to_compact(&cose))),
                (Err(_), None) => return Err(IssueError::TooLongForCode),
            }
        }
    }
}

/// A certificate before it is signed.
struct Draft {
    kind: &'static CertificateType,
    number: String,
    claims: Vec<Claim>,
    expires_at: Option<Timestamp>,
}

struct Claim {
    name: &'static str,
    key: i64,
    text: String,
    hidden: bool,
    in_qr: InQr,
}

impl Draft {
    fn new(
        registry: &Registry,
        request: &IssueRequest<'_>,
        organisation: &Organisation,
        fields: &[(&'static Field, String)],
    ) -> Result<Self, IssueError> {
        let (kind, now) = (request.kind, request.now);
        let day = china_day(now);
        let random = registry.vault.random();
        let number = format!("{}{}", day.replace('-', ""), digits(random, 8));
        let authority = &organisation.credit_code;
        let type_code = format!("{}{:03}", authority.as_str(), kind.number);
        let identifier = Identifier::new(&type_code, authority, &number, 1);
        let identifier = identifier.ok_or(Fault::Corrupt)?;
        let expires_at = kind.years.and_then(|years| years_later(now, years));
        let mut claims: Vec<Claim> = fields
            .iter()
            .map(|(field, text)| Claim {
                name: field.claim,
                key: field.key,
                text: text.clone(),
                hidden: field.hidden,
                in_qr: field.in_qr,
            })
            .collect();
        let mut add = |(name, key): (&'static str, i64), text: String, in_qr| {
            claims.push(Claim { name, key, text, hidden: false, in_qr });
        };
        add(common::NUMBER, number.clone(), InQr::Always);
        add(common::AUTHORITY, organisation.name.clone(), InQr::Always);
        add(common::ISSUED_ON, day, InQr::Never);
        if let Some(at) = expires_at {
            add(common::VALID_UNTIL, china_day(at), InQr::Never);
        }
        add(common::IDENTIFIER, identifier.to_string(), InQr::IfRoom);
        Ok(Self { kind, number, claims, expires_at })
    }
}

/// Checks what was written against the type's fields.
fn checked(
    kind: &'static CertificateType,
    given: &BTreeMap<String, String>,
) -> Result<Vec<(&'static Field, String)>, IssueError> {
    if let Some(name) = given.keys().find(|name| !kind.fields.iter().any(|f| f.claim == **name)) {
        return Err(IssueError::UnknownField(name.chars().take(64).collect()));
    }
    let mut out = Vec::with_capacity(kind.fields.len());
    for field in kind.fields {
        let text = given.get(field.claim).map_or("", |text| text.trim());
        if text.is_empty() {
            if field.optional {
                continue;
            }
            return Err(IssueError::Missing(field.claim));
        }
        if !fits(field, text) {
            return Err(IssueError::Field(field.claim));
        }
        out.push((field, text.to_owned()));
    }
    Ok(out)
}

fn fits(field: &Field, text: &str) -> bool {
    let line_break = |c: char| c == '\n' && field.form == FieldForm::Text;
    if text.chars().count() > field.max_chars
        || text.chars().any(|c| c.is_control() && !line_break(c))
    {
        return false;
    }
    match field.form {
        FieldForm::CreditCode => CreditCode::parse(text).is_some(),
        FieldForm::Date => {
            text.len() == 10 && Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")).is_some()
        }
        FieldForm::Line | FieldForm::Text => true,
    }
}

/// The same day some years later; 29 February becomes 1 March.
fn years_later(at: Timestamp, years: i32) -> Option<Timestamp> {
    let date = at.to_datetime();
    let year = date.year() + years;
    let moved = date.replace_year(year).ok().or_else(|| {
        date.replace_day(1).ok()?.replace_month(time::Month::March).ok()?.replace_year(year).ok()
    })?;
    Some(Timestamp::from_datetime(moved))
}

fn idempotency_key(request: &IssueRequest<'_>, id: &CredentialId) -> Option<IdempotencyKey> {
    request.idempotency.as_ref().map(|(key, request_hash)| IdempotencyKey {
        client: request.by.actor().to_string(),
        key: key.clone(),
        request_hash: *request_hash,
        credential: id.clone(),
    })
}

/// The 16 bytes of a UUID.
pub(super) fn id_bytes(uuid: &str) -> Vec<u8> {
    hex::decode(uuid.replace('-', "")).unwrap_or_else(|_| uuid.as_bytes().to_vec())
}

/// Binds the encrypted content to its row.
fn field_name(id: &CredentialId) -> String {
    format!("credential:{id}")
}

/// Why nothing was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A field holds what it may not.
    #[error("field {0} is not acceptable")]
    Field(&'static str),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A field is empty.
    #[error("field {0} is missing")]
    Missing(&'static str),
    /// Whoever asks may not issue for this organisation.
    #[error("not an issuer of this organisation")]
    NotIssuer,
    /// The fields do not fit a QR code that reads reliably.
    #[error("too long for a QR code")]
    TooLongForCode,
    /// The type has no such field.
    #[error("unknown field {0}")]
    UnknownField(String),
    /// No such person, or one that is disabled.
    #[error("unknown holder")]
    UnknownHolder,
}

impl From<KeyError> for IssueError {
    fn from(error: KeyError) -> Self {
        tracing::error!(%error, "signing a certificate failed");
        Self::Fault(error.into())
    }
}

/// Entries of a list: 32 KiB, which stays below the JWS bound whatever it contains.
pub const LIST_ENTRIES: u32 = 1 << 17;

/// Random indices tried in one act. Lists are at most half full, so all are taken once in 65,536.
const CANDIDATES: usize = 16;

/// Acts tried before giving up.
const RESERVE_ATTEMPTS: usize = 4;

/// Digests of nothing in each certificate.
const DECOYS: usize = 2;
