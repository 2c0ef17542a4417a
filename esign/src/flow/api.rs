//! Sealing for applications: the same key with the same request gives the same file.

use auth_core::{Timestamp, audit::Actor, id::ClientId, id::SealId};
use sha2::{Digest, Sha256};

use super::{
    Office,
    format::{Format, Sealed},
    rights::may_client_use,
    sealing::{Begun, Work, allow, check_size, finish},
};
use crate::{
    error::SealError,
    request::Place,
    store::{Claim, Claimed},
};

/// What an application asks for.
#[derive(Clone, Debug)]
pub struct ApiSeal {
    /// The application, its token checked.
    pub client: ClientId,
    /// Which seal.
    pub seal: SealId,
    /// Its idempotency key: 1 to 255 visible ASCII characters.
    pub key: String,
    /// The document.
    pub document: Vec<u8>,
    /// How; `None` lets the document decide.
    pub format: Option<Format>,
    /// Where a visible seal stands.
    pub place: Place,
    /// Why, as the signature itself says it.
    pub reason: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// Seals a document for an application that has the right to.
///
/// # Errors
/// [`SealError::NotAllowed`] without a right, [`SealError::KeyReused`] when the key came with
/// another request, [`SealError::InProgress`] while the first is being worked on; and the rules of
/// sealing.
pub async fn seal_for_client(office: &Office, ask: ApiSeal) -> Result<Sealed, SealError> {
    may_client_use(office, &ask.client, &ask.seal, ask.now).await?;
    let (seal, _) = office.seal(&ask.seal).await?;
    check_size(office, &ask.document)?;
    let format = ask.format.unwrap_or_else(|| Format::of(&ask.document));
    let actor = Actor::Client(ask.client.clone());
    let purpose = actor.to_string();
    let begun = Begun::new(office, &seal, &ask.document, None, purpose, ask.now);
    let claim = Claim {
        key_hash: Sha256::digest(ask.key.as_bytes()).into(),
        fingerprint: fingerprint(&ask, format),
        client: ask.client,
        stale_before: ask.now.plus_seconds(-office.policy.stale_seconds),
        most_kept: office.policy.max_kept,
    };
    // A finished answer is given again even if the seal was revoked since: nothing is signed.
    let intent = begun.intent(actor.clone());
    if let Some(known) = office.sealings.claimed(&claim).await? {
        return again(known, format, &ask.document);
    }
    allow(office, &seal, &actor, ask.now).await?;
    let claimed = office.sealings.claim(begun.new.clone(), claim, intent).await?;
    if claimed != Claimed::New {
        return again(claimed, format, &ask.document);
    }
    let work = Work {
        document: ask.document,
        format,
        place: ask.place,
        reason: ask.reason,
        actor,
        keep: Some(ask.now.plus_seconds(office.policy.keep_output_seconds)),
    };
    finish(office, &seal, begun, work).await
}

fn again(claimed: Claimed, format: Format, document: &[u8]) -> Result<Sealed, SealError> {
    match claimed {
        Claimed::Different => Err(SealError::KeyReused),
        Claimed::Full => Err(SealError::KeptFull),
        Claimed::InProgress | Claimed::New => Err(SealError::InProgress),
        Claimed::Same(output) => {
            let file = Sealed::again(format, document, &output);
            let original = if format == Format::Pdf { document.len() } else { 0 };
            Ok(Sealed { file, format, original })
        }
    }
}

/// Everything that shapes the result, each part preceded by its length.
fn fingerprint(ask: &ApiSeal, format: Format) -> [u8; 32] {
    let place = serde_json::to_vec(&ask.place).unwrap_or_default();
    let reason = ask.reason.as_ref().map_or_else(Vec::new, |reason| {
        let mut text = vec![b'='];
        text.extend_from_slice(reason.as_bytes());
        text
    });
    let parts: [&[u8]; 5] =
        [ask.seal.as_str().as_bytes(), format.as_str().as_bytes(), &place, &reason, &ask.document];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
