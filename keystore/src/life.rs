//! How keys come to be on the token, and how they go.

use std::time::Duration;

use auth_core::key::{KeyError, KeyKind, KeyRef, PublicKey};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use crate::mechanism::Abilities;
use crate::objects;
use crate::session::Trouble;

/// Generates a key under a name that must be free.
///
/// Two nodes may generate under one name at once, which no PKCS#11 call prevents. Who finds another
/// key beside its own destroys its own and, after a random pause, looks again: at most one stays.
pub(crate) fn generate(
    session: &Session,
    abilities: &Abilities,
    key: &KeyRef,
    kind: KeyKind,
) -> Result<Option<PublicKey>, Trouble> {
    for _ in 0..ROUNDS {
        if !objects::secret_handles(session, Some(key))?.is_empty() {
            return Err(KeyError::Exists(key.clone()).into());
        }
        let mut id = [0; 16];
        session.generate_random_slice(&mut id)?;
        let (secret, public) = make(session, abilities, key, kind, &id)?;
        if objects::secret_handles(session, Some(key))? == [secret] {
            return match public {
                Some(handle) => objects::public_key(session, handle, kind),
                None => Ok(None),
            };
        }
        session.destroy_object(secret)?;
        if let Some(public) = public {
            session.destroy_object(public)?;
        }
        std::thread::sleep(Duration::from_millis(u64::from(id[0])));
    }
    Err(KeyError::Busy.into())
}

/// The secret half and, unless the key is symmetric, the public one.
fn make(
    session: &Session,
    abilities: &Abilities,
    key: &KeyRef,
    kind: KeyKind,
    id: &[u8],
) -> Result<(ObjectHandle, Option<ObjectHandle>), Trouble> {
    let mechanism = abilities.generator(kind)?;
    let named = [
        Attribute::Token(true),
        Attribute::Label(key.as_str().as_bytes().to_vec()),
        Attribute::Id(id.to_vec()),
    ];
    let guarded = [
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Unwrap(false),
    ];
    if kind.is_symmetric() {
        let mut template = [&named[..], &guarded].concat();
        // It encrypts data, and never wraps keys: see security.md row 91.
        template.extend([
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Wrap(false),
            Attribute::Sign(false),
        ]);
        if kind == KeyKind::Aes256 {
            template.push(Attribute::KeyType(KeyType::AES));
            template.push(Attribute::ValueLen(32.into()));
        }
        return Ok((session.generate_key(&mechanism, &template)?, None));
    }
    let mut private = [&named[..], &guarded].concat();
    private.extend([Attribute::Sign(true), Attribute::Decrypt(false), Attribute::Derive(false)]);
    let mut last = Err(KeyError::Unsupported(format!("{kind:?}")).into());
    for shape in shapes(kind) {
        let mut public = named.to_vec();
        public.extend([Attribute::Verify(true), Attribute::Encrypt(false), Attribute::Wrap(false)]);
        public.extend(shape);
        match session.generate_key_pair(&mechanism, &public, &private) {
            Ok((public, private)) => return Ok((private, Some(public))),
            Err(error) => last = Err(error.into()),
        }
    }
    last
}

/// Destroys a key, however weak, and its public half.
pub(crate) fn destroy(session: &Session, key: &KeyRef) -> Result<(), Trouble> {
    let handles = objects::secret_handles(session, Some(key))?;
    match handles.as_slice() {
        [] => return Err(KeyError::Missing(key.clone()).into()),
        [_] => {}
        _ => {
            let detail = format!("several keys are labelled {key}: destroy them by hand");
            return Err(KeyError::Refused(detail).into());
        }
    }
    for handle in handles {
        let id = object_id(session, handle)?;
        session.destroy_object(handle)?;
        for half in objects::public_handles(session, key.as_str().as_bytes(), &id)? {
            session.destroy_object(half)?;
        }
    }
    Ok(())
}

fn object_id(session: &Session, handle: ObjectHandle) -> Result<Vec<u8>, Trouble> {
    let attributes = session.get_attributes(handle, &[AttributeType::Id])?;
    Ok(attributes
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::Id(id) => Some(id),
            _ => None,
        })
        .unwrap_or_default())
}

/// How a public key template says what to generate; more than one where modules disagree.
fn shapes(kind: KeyKind) -> Vec<Vec<Attribute>> {
    let rsa = |bits: u64| {
        vec![vec![Attribute::ModulusBits(bits.into()), Attribute::PublicExponent(vec![1, 0, 1])]]
    };
    match kind {
        KeyKind::Aes256 | KeyKind::Sm4 => Vec::new(),
        KeyKind::Ed25519 => vec![
            vec![Attribute::EcParams(objects::curve_params(objects::ED25519))],
            vec![Attribute::EcParams(objects::ED25519_NAME.to_vec())],
        ],
        KeyKind::P256 => vec![vec![Attribute::EcParams(objects::curve_params(objects::P256))]],
        KeyKind::Rsa2048 => rsa(2048),
        KeyKind::Rsa3072 => rsa(3072),
        KeyKind::Rsa4096 => rsa(4096),
        KeyKind::Sm2 => vec![vec![Attribute::EcParams(objects::curve_params(objects::SM2))]],
    }
}

/// Rounds of the race for a name.
const ROUNDS: usize = 5;
