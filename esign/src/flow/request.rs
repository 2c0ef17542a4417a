//! An officer asks, a second officer decides, the document is sealed and fetched.

use auth_core::{
    Timestamp,
    audit::Actor,
    id::{OrganisationId, PersonId, SealId, SealRequestId},
    role::Role,
    session::SessionView,
};
use sha2::{Digest, Sha256};

use super::{
    Office,
    custody::DataKey,
    format::{self, Format, Sealed},
    sealing::{Begun, Work, allow, check_size, finish},
};
use crate::{
    act::SealAct,
    error::SealError,
    request::{MayNotDecide, Place, RequestState, Texts, may_decide},
    store::{Decision, RequestRow},
};

/// What an officer asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// With which seal.
    pub seal: SealId,
    /// The document.
    pub document: Vec<u8>,
    /// Its name, at most 255 characters.
    pub file_name: String,
    /// What it is about, for the second officer; at most 500 characters.
    pub note: String,
    /// Where a visible seal stands.
    pub place: Place,
}

/// A request as its officers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestView {
    /// The row.
    pub row: RequestRow,
    /// Its texts.
    pub texts: Texts,
    /// Why it was refused.
    pub refusal: Option<String>,
}

/// An officer asks for a document to be sealed.
///
/// # Errors
/// [`SealError::NotAllowed`] unless the officer may use the organisation's seals; what makes the
/// document unfit, now rather than when the second officer has decided; or a fault.
pub async fn request(
    office: &Office,
    officer: &SessionView,
    ask: Ask,
    now: Timestamp,
) -> Result<SealRequestId, SealError> {
    let (seal, _) = office.seal(&ask.seal).await?;
    if !officer.has_in(Role::SealUser, &seal.organisation) {
        return Err(SealError::NotAllowed);
    }
    let actor = Actor::Person(officer.person.clone());
    allow(office, &seal, &actor, now).await?;
    check_size(office, &ask.document)?;
    if ask.note.chars().count() > MAX_TEXT || ask.file_name.chars().count() > MAX_NAME {
        return Err(SealError::TextTooLong);
    }
    let format = Format::of(&ask.document);
    format::check(&ask.document, format, ask.place)?;

    let id = SealRequestId::new(now, &*office.random);
    let (key, wrapped_key) = office.custody.new_key(id.as_str()).await?;
    let random = office.custody.random();
    let texts = Texts { file_name: ask.file_name, note: ask.note };
    let texts = serde_json::to_vec(&texts).map_err(|_| auth_core::Fault::Corrupt)?;
    let document_hash: [u8; 32] = Sha256::digest(&ask.document).into();
    let row = RequestRow {
        id: id.clone(),
        seal: seal.id.clone(),
        organisation: seal.organisation.clone(),
        asked_by: officer.person.clone(),
        asked_at: now,
        state: RequestState::Waiting,
        wrapped_key,
        texts: key.seal("texts", &texts, random)?,
        document_hash,
        size: ask.document.len() as u64,
        format,
        place: ask.place,
        decided_by: None,
        decided_at: None,
        refusal: None,
        sealing: None,
        sealed_at: None,
        expires_at: now.plus_seconds(office.policy.keep_request_seconds),
    };
    let act = SealAct::Asked { request: &id, seal: &seal.id, document_hash: &document_hash };
    let event = act.event(actor, now);
    let document = key.seal("document", &ask.document, random)?;
    if office.requests.ask(row, document, office.policy.max_requests, event).await? {
        Ok(id)
    } else {
        Err(SealError::TooMany)
    }
}

/// A second officer approves (`None`) or refuses with a reason. An approved document is sealed at
/// once.
///
/// # Errors
/// [`SealError::Decide`] for one's own request and for one that waits no more,
/// [`SealError::NotAllowed`] without the role, [`SealError::ReasonMissing`], the rules of sealing,
/// or a fault. When sealing itself fails, the request stays approved: see [`retry`].
pub async fn decide(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
    refusal: Option<&str>,
    now: Timestamp,
) -> Result<(), SealError> {
    let row = office.requests.find(id).await?.ok_or(SealError::NotFound)?;
    if !officer.has_in(Role::SealApprover, &row.organisation) {
        return Err(SealError::NotAllowed);
    }
    may_decide(row.state, &row.asked_by, row.expires_at, &officer.person, now)?;
    let decision = Decision { request: id.clone(), by: officer.person.clone(), at: now };
    match refusal {
        None => approve(office, &row, decision, now).await.map(drop),
        Some(reason) => refuse(office, &row, decision, reason, now).await,
    }
}

/// Seals an approved document whose sealing failed; asker and approvers may.
///
/// # Errors
/// As [`decide`]; [`SealError::InProgress`] while another try is under way.
pub async fn retry(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
    now: Timestamp,
) -> Result<(), SealError> {
    let row = visible(office, officer, id).await?;
    if row.state != RequestState::Approved {
        return Err(MayNotDecide::NotWaiting.into());
    }
    let actor = Actor::Person(officer.person.clone());
    let (seal, _) = office.seal(&row.seal).await?;
    allow(office, &seal, &actor, now).await?;
    let document = plain_document(office, &row).await?;
    let begun = begun(office, &seal, &row, &document, now);
    let stale_before = now.plus_seconds(-office.policy.stale_seconds);
    let intent = begun.intent(actor.clone());
    if !office.requests.begin_again(id, begun.new.clone(), stale_before, intent).await? {
        return Err(SealError::InProgress);
    }
    finish(office, &seal, begun, work(&row, document, actor)).await.map(drop)
}

/// The asker takes a waiting request back.
///
/// # Errors
/// [`SealError::Decide`] when it waits no more, [`SealError::NotFound`] for somebody else's.
pub async fn withdraw(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
    now: Timestamp,
) -> Result<(), SealError> {
    let row = office.requests.find(id).await?.ok_or(SealError::NotFound)?;
    if row.asked_by != officer.person {
        return Err(SealError::NotFound);
    }
    let event = SealAct::Withdrawn(id).event(Actor::Person(officer.person.clone()), now);
    let decision = Decision { request: id.clone(), by: officer.person.clone(), at: now };
    if office.requests.withdraw(decision, event).await? {
        Ok(())
    } else {
        Err(MayNotDecide::NotWaiting.into())
    }
}

/// One request, for its asker and for approvers of its organisation.
///
/// # Errors
/// [`SealError::NotFound`] for everybody else, or a fault.
pub async fn view(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
) -> Result<RequestView, SealError> {
    let row = visible(office, officer, id).await?;
    opened(office, row).await
}

/// What waits for this officer's decision, and what the officer asked for.
///
/// # Errors
/// A fault.
pub async fn requests(
    office: &Office,
    officer: &SessionView,
) -> Result<(Vec<RequestView>, Vec<RequestView>), SealError> {
    let mut waiting = Vec::new();
    for organisation in officer.organisations(Role::SealApprover) {
        waiting.extend(waiting_in(office, officer, organisation).await?);
    }
    let mut own = Vec::new();
    for row in office.requests.asked_by(&officer.person, LISTED).await? {
        own.push(opened(office, row).await?);
    }
    Ok((waiting, own))
}

/// The document as it was handed in, with its name.
///
/// # Errors
/// [`SealError::NotFound`] when it is not the officer's to see, or gone.
pub async fn document(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
) -> Result<(String, Vec<u8>), SealError> {
    let request = view(office, officer, id).await?;
    Ok((request.texts.file_name, plain_document(office, &request.row).await?))
}

/// The sealed document, or the signature beside it, with the name to save it under.
///
/// # Errors
/// [`SealError::NotFound`] when it is not sealed, not the officer's to see, or gone.
pub async fn sealed_document(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
) -> Result<(String, Vec<u8>), SealError> {
    let request = view(office, officer, id).await?;
    let row = &request.row;
    let sealing = match (row.state, &row.sealing) {
        (RequestState::Sealed, Some(sealing)) => sealing,
        _ => return Err(SealError::NotFound),
    };
    let addition = office.sealings.output(sealing).await?.ok_or(SealError::NotFound)?;
    let original = match row.format {
        Format::Cms => Vec::new(),
        Format::Pdf => plain_document(office, row).await?,
    };
    let name = row.format.file_name(&request.texts.file_name);
    Ok((name, Sealed::again(row.format, &original, &addition)))
}

async fn approve(
    office: &Office,
    row: &RequestRow,
    decision: Decision,
    now: Timestamp,
) -> Result<Sealed, SealError> {
    let actor = Actor::Person(decision.by.clone());
    let (seal, _) = office.seal(&row.seal).await?;
    allow(office, &seal, &actor, now).await?;
    let document = plain_document(office, row).await?;
    let begun = begun(office, &seal, row, &document, now);
    let events =
        [SealAct::Approved(&row.id).event(actor.clone(), now), begun.intent(actor.clone())];
    if !office.requests.approve(decision, begun.new.clone(), events).await? {
        return Err(MayNotDecide::NotWaiting.into());
    }
    finish(office, &seal, begun, work(row, document, actor)).await
}

async fn refuse(
    office: &Office,
    row: &RequestRow,
    decision: Decision,
    reason: &str,
    now: Timestamp,
) -> Result<(), SealError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(SealError::ReasonMissing);
    }
    if reason.chars().count() > MAX_TEXT {
        return Err(SealError::TextTooLong);
    }
    let key = key(office, row).await?;
    let reason = key.seal("refusal", reason.as_bytes(), office.custody.random())?;
    let event = SealAct::Refused(&row.id).event(Actor::Person(decision.by.clone()), now);
    if office.requests.refuse(decision, reason, event).await? {
        Ok(())
    } else {
        Err(MayNotDecide::NotWaiting.into())
    }
}

fn begun(
    office: &Office,
    seal: &crate::seal::Seal,
    row: &RequestRow,
    document: &[u8],
    now: Timestamp,
) -> Begun {
    let purpose = format!("request:{}", row.id);
    Begun::new(office, seal, document, Some(row.id.clone()), purpose, now)
}

fn work(row: &RequestRow, document: Vec<u8>, actor: Actor) -> Work {
    Work {
        document,
        format: row.format,
        place: row.place,
        reason: None,
        actor,
        keep: Some(row.expires_at),
    }
}

/// A request that this officer may see: everybody else's looks like none.
async fn visible(
    office: &Office,
    officer: &SessionView,
    id: &SealRequestId,
) -> Result<RequestRow, SealError> {
    let row = office.requests.find(id).await?.ok_or(SealError::NotFound)?;
    let may =
        row.asked_by == officer.person || officer.has_in(Role::SealApprover, &row.organisation);
    if may { Ok(row) } else { Err(SealError::NotFound) }
}

async fn waiting_in(
    office: &Office,
    officer: &SessionView,
    organisation: &OrganisationId,
) -> Result<Vec<RequestView>, SealError> {
    let mut waiting = Vec::new();
    for row in office.requests.waiting(organisation, LISTED).await? {
        if !is_own(&row, &officer.person) {
            waiting.push(opened(office, row).await?);
        }
    }
    Ok(waiting)
}

fn is_own(row: &RequestRow, person: &PersonId) -> bool {
    row.asked_by == *person
}

async fn opened(office: &Office, row: RequestRow) -> Result<RequestView, SealError> {
    let key = key(office, &row).await?;
    let texts = key.open("texts", &row.texts)?;
    let texts = serde_json::from_slice(&texts).map_err(|_| auth_core::Fault::Corrupt)?;
    let refusal = match &row.refusal {
        None => None,
        Some(refusal) => {
            let plain = key.open("refusal", refusal)?;
            Some(String::from_utf8_lossy(&plain).into_owned())
        }
    };
    Ok(RequestView { row, texts, refusal })
}

async fn plain_document(office: &Office, row: &RequestRow) -> Result<Vec<u8>, SealError> {
    let kept = office.requests.document(&row.id).await?.ok_or(SealError::NotFound)?;
    let plain = key(office, row).await?.open("document", &kept)?;
    let hash: [u8; 32] = Sha256::digest(&*plain).into();
    if hash != row.document_hash {
        tracing::error!(request = %row.id, "kept document is not the one that was handed in");
        return Err(auth_core::Fault::Corrupt.into());
    }
    Ok(plain.to_vec())
}

async fn key(office: &Office, row: &RequestRow) -> Result<DataKey, SealError> {
    Ok(office.custody.key(row.id.as_str(), &row.wrapped_key).await?)
}

/// Longest note and reason, characters: a paragraph.
pub(super) const MAX_TEXT: usize = 500;
/// Longest file name, characters.
pub(super) const MAX_NAME: usize = 255;
/// Requests shown on the officer's page: more than anybody reads on a telephone.
const LISTED: u32 = 50;
