//! Making a seal, and the rest of its life.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::SealId,
    key::{KeyError, KeyRef, Signer},
    organisation::Organisation,
};
use pki::{Certificate, ca::By};

use super::Office;
use crate::{
    act::SealAct,
    draw::RoundSeal,
    error::SealError,
    seal::{Seal, SealState},
};

/// A seal to be made.
#[derive(Clone, Debug)]
pub struct NewSeal {
    /// Whose.
    pub organisation: Organisation,
    /// What for; `None` for the organisation's main seal.
    pub purpose: Option<String>,
    /// Registration number, 13 digits with the police (GA 241.1).
    pub number: String,
    /// Diameter in millimetres.
    pub diameter_mm: f32,
}

/// Makes a seal: draws it, makes its key, has the key certified, records it.
///
/// # Errors
/// What the drawing refuses, a taken number, or a fault; then the key is destroyed again.
pub async fn make_seal(
    office: &Office,
    new: NewSeal,
    actor: Actor,
    now: Timestamp,
) -> Result<Seal, SealError> {
    let face = RoundSeal {
        organisation: new.organisation.name.clone(),
        purpose: new.purpose,
        number: new.number,
        diameter_mm: new.diameter_mm,
        demo: office.policy.demo,
    };
    let picture = face.draw()?.to_deflated_pdf();
    let id = SealId::new(now, &*office.random);
    let key = KeyRef::new(format!("seal-{id}"));
    office.keystore.generate(&key, office.policy.profile.signing_key()).await?;
    let made =
        certify_and_add(office, &new.organisation, (face, picture), (id, key.clone()), &actor, now);
    let made = made.await;
    if made.is_err()
        && let Err(error) = office.keystore.destroy(&key).await
    {
        tracing::error!(%key, %error, "key of a seal that was not made stays");
    }
    made
}

async fn certify_and_add(
    office: &Office,
    organisation: &Organisation,
    (face, picture): (RoundSeal, Vec<u8>),
    (id, key): (SealId, KeyRef),
    actor: &Actor,
    now: Timestamp,
) -> Result<Seal, SealError> {
    let public = office.keystore.public(&key).await?;
    let days = office.policy.certificate_days;
    let by = By { actor: actor.clone(), now };
    let chain = office.authority.certify(&public, organisation, days, &by).await?;
    let algorithm = office.policy.profile.signature();
    let leaf = chain.first().ok_or(Fault::Corrupt)?;
    let leaf = Certificate::from_der(leaf).map_err(|_| Fault::Corrupt)?;
    // What the key cannot do is found now, not at the first document.
    Signer::open(office.keystore.clone(), key.clone(), algorithm, chain.clone()).await?;
    let seal = Seal {
        id,
        organisation: organisation.id.clone(),
        face,
        picture,
        state: SealState::Active,
        key,
        algorithm,
        chain,
        // The authority may have cut it at its own end.
        valid_until: leaf.not_after(),
        made_at: now,
        changed_at: now,
    };
    let certificate = hex::encode(leaf.serial());
    let act = SealAct::Made { seal: &seal.id, organisation: &seal.organisation, certificate };
    let event = act.event(actor.clone(), now);
    let mac = office.mac(&seal);
    if office.seals.add(seal.clone(), mac, event).await? {
        Ok(seal)
    } else {
        office.authority.revoke(&seal.chain, "superseded", &by).await?;
        Err(SealError::NumberTaken)
    }
}

/// Suspends, resumes, revokes or destroys a seal. `reason` is a word for the record; those of
/// RFC 5280 §5.3.1 (`key-compromise`, `superseded`, `cessation-of-operation`, …) go into the
/// revocation list too.
///
/// Revoking a revoked seal, or destroying a destroyed one, repeats what belongs to it outside its
/// row: what an act that broke off needs.
///
/// # Errors
/// A change its life does not know, a lost race, or a fault.
pub async fn change_seal(
    office: &Office,
    id: &SealId,
    to: SealState,
    reason: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<Seal, SealError> {
    let (seal, expected) = office.seal(id).await?;
    if seal.state == to && matches!(to, SealState::Revoked | SealState::Destroyed) {
        follow(office, &seal, reason, actor, now).await?;
        return Ok(seal);
    }
    if !seal.state.may_become(to) {
        return Err(SealError::NotPossible { from: seal.state, to });
    }
    let changed = Seal { state: to, changed_at: now, ..seal };
    let event = SealAct::Changed { seal: id, to, reason }.event(actor.clone(), now);
    let mac = office.mac(&changed);
    if !office.seals.change(changed.clone(), expected, mac, event).await? {
        return Err(SealError::Raced);
    }
    follow(office, &changed, reason, actor, now).await?;
    Ok(changed)
}

/// What follows outside the row from a seal's state: its certificate, its key.
async fn follow(
    office: &Office,
    seal: &Seal,
    reason: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<(), SealError> {
    match seal.state {
        SealState::Active | SealState::Suspended => Ok(()),
        SealState::Destroyed => match office.keystore.destroy(&seal.key).await {
            Ok(()) | Err(KeyError::Missing(_)) => Ok(()),
            Err(error) => Err(error.into()),
        },
        SealState::Revoked => {
            Ok(office.authority.revoke(&seal.chain, reason, &By { actor, now }).await?)
        }
    }
}
