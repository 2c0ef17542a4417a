//! Using a seal: intent, signature, done. Every signature of a seal's key is accounted for.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::{SealId, SealRequestId},
    key::Signer,
};
use sha2::{Digest, Sha256};

use super::{
    Office,
    format::{self, Format, Sealed, Statement},
};
use crate::{
    act::SealAct,
    error::SealError,
    request::Place,
    seal::Seal,
    store::{NewSealing, SealingDone, SealingId},
};

/// A use of a seal that needs no further decision: the program's own, or the command line's.
#[derive(Clone, Debug)]
pub struct SealUse {
    /// Which seal.
    pub seal: SealId,
    /// The document.
    pub document: Vec<u8>,
    /// How; `None` lets the document decide.
    pub format: Option<Format>,
    /// Where a visible seal stands.
    pub place: Place,
    /// Why, as the signature itself says it; shown by viewers.
    pub reason: Option<String>,
    /// For whom or what, for the record.
    pub purpose: String,
    /// Who acts.
    pub actor: Actor,
    /// Now.
    pub now: Timestamp,
}

/// Seals a document.
///
/// # Errors
/// A rule that the document or the seal breaks, or a fault; a refusal is recorded.
pub async fn seal_document(office: &Office, act: SealUse) -> Result<Sealed, SealError> {
    let (seal, _) = office.seal(&act.seal).await?;
    allow(office, &seal, &act.actor, act.now).await?;
    let format = act.format.unwrap_or_else(|| Format::of(&act.document));
    check_size(office, &act.document)?;
    let begun = Begun::new(office, &seal, &act.document, None, act.purpose, act.now);
    let intent = begun.intent(act.actor.clone());
    office.sealings.begin(begun.new.clone(), intent).await?;
    let work = Work {
        document: act.document,
        format,
        place: act.place,
        reason: act.reason,
        actor: act.actor,
        keep: None,
    };
    finish(office, &seal, begun, work).await
}

/// Whether a seal may be used now; a refusal is recorded.
pub(super) async fn allow(
    office: &Office,
    seal: &Seal,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), SealError> {
    let answer = office.usable(seal, now).await;
    if let Err(SealError::NotUsable(why)) = &answer {
        let rule = SealError::NotUsable(*why).answer().code;
        let event = SealAct::Denied { seal: &seal.id, rule }.event(actor.clone(), now);
        office.seals.record(event).await?;
    }
    answer
}

/// Whether a document is neither empty nor too large.
pub(super) const fn check_size(office: &Office, document: &[u8]) -> Result<(), SealError> {
    if document.is_empty() {
        return Err(SealError::Empty);
    }
    if document.len() > office.policy.max_document {
        return Err(SealError::TooLarge { limit: office.policy.max_document });
    }
    Ok(())
}

/// A use of a seal whose intent is (about to be) recorded.
pub(super) struct Begun {
    pub(super) new: NewSealing,
}

impl Begun {
    pub(super) fn new(
        office: &Office,
        seal: &Seal,
        document: &[u8],
        request: Option<SealRequestId>,
        purpose: String,
        now: Timestamp,
    ) -> Self {
        let new = NewSealing {
            id: SealingId(auth_core::id::uuid_v7(now, &*office.random)),
            seal: seal.id.clone(),
            request,
            purpose,
            document_hash: Sha256::digest(document).into(),
            begun_at: now,
        };
        Self { new }
    }

    pub(super) fn intent(&self, actor: Actor) -> auth_core::audit::Event {
        let act = SealAct::Intent {
            seal: &self.new.seal,
            sealing: &self.new.id,
            document_hash: &self.new.document_hash,
            purpose: &self.new.purpose,
        };
        act.event(actor, self.new.begun_at)
    }
}

/// What is left to do once the intent is recorded.
pub(super) struct Work {
    pub(super) document: Vec<u8>,
    pub(super) format: Format,
    pub(super) place: Place,
    pub(super) reason: Option<String>,
    pub(super) actor: Actor,
    /// Until when the addition is kept, if at all.
    pub(super) keep: Option<Timestamp>,
}

/// Signs and records the result. The signature exists before its record commits; only then does
/// anybody get it. When the record cannot be written, the intent stays open and is alarmed.
pub(super) async fn finish(
    office: &Office,
    seal: &Seal,
    begun: Begun,
    mut work: Work,
) -> Result<Sealed, SealError> {
    let NewSealing { id, begun_at, .. } = begun.new;
    let document = std::mem::take(&mut work.document);
    let signed = sign(office, seal, (&id, begun_at), document, &work).await;
    let sealed = match signed {
        Ok(sealed) => sealed,
        Err(error) => {
            // Nothing was signed, or what was signed is lost: say so, whatever happens to the record.
            let act = SealAct::Failed { seal: &seal.id, sealing: &id };
            let event = act.event(work.actor, begun_at);
            office.sealings.fail(&id, begun_at, event).await?;
            return Err(error);
        }
    };
    let sealed_hash = sealed.hash();
    let act = SealAct::Done { seal: &seal.id, sealing: &id, sealed_hash: &sealed_hash };
    let done = SealingDone {
        sealed_hash,
        at: begun_at,
        output: work.keep.map(|_| sealed.addition().to_vec()),
        keep_until: work.keep.unwrap_or(begun_at),
        id: id.clone(),
    };
    let event = act.event(work.actor, begun_at);
    if office.sealings.finish(done, event).await? {
        Ok(sealed)
    } else {
        tracing::error!(sealing = %id.0, "sealing ended by somebody else; its signature is dropped");
        Err(Fault::Busy.into())
    }
}

async fn sign(
    office: &Office,
    seal: &Seal,
    (sealing, now): (&SealingId, Timestamp),
    document: Vec<u8>,
    work: &Work,
) -> Result<Sealed, SealError> {
    let (keystore, key) = (office.keystore.clone(), seal.key.clone());
    let signer = Signer::open(keystore, key, seal.algorithm, seal.chain.clone()).await?;
    let statement = Statement {
        seal,
        signer: &signer,
        sealing,
        place: work.place,
        reason: work.reason.as_deref(),
        now,
    };
    format::sign(document, work.format, &statement).await
}
