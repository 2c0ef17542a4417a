//! Attacks through attributes (security.md row 91): keys that could leave, keys that could let
//! others out, twins under one label, public halves exchanged.

use auth_core::key::{KeyError, KeyKind, KeyRef, Keystore, PublicKey, SignatureAlgorithm, ToSign};
use cryptoki::context::{CInitializeArgs, CInitializeFlags};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use keystore::{Pkcs11, Pkcs11Config};

use crate::softhsm::{self, with_softhsm};
use crate::{PIN, hsm_sim_module, is_child, with_our_tokens};

const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// A session beside the driver's, as an attacker in the same process or another tool would have.
pub(crate) fn beside(config: &Pkcs11Config) -> Session {
    let module = cryptoki::context::Pkcs11::new(&config.module).unwrap();
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = module.get_slots_with_initialized_token().unwrap();
    let session = module.open_rw_session(slots[0]).unwrap();
    let _ = session.login(UserType::User, Some(&AuthPin::from(PIN)));
    session
}

pub(crate) fn pair(
    session: &Session,
    label: &str,
    id: u8,
    more: &[Attribute],
) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let named = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(vec![id])];
    let public = [&named[..], &[Attribute::EcParams(P256.to_vec()), Attribute::Verify(true)]];
    let private = [&named[..], &[Attribute::Private(true), Attribute::Sign(true)], more];
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public.concat(), &private.concat())
}

fn code<T>(result: Result<T, Error>) -> RvError {
    match result {
        Err(Error::Pkcs11(code, _)) => code,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn our_module_makes_no_such_key() {
    with_our_tokens("row_91_attributes::our_module_child");
}

#[test]
fn our_module_child() {
    if !is_child("row_91_attributes::our_module_child") {
        return;
    }
    let session = beside(&hsm_sim_module::config());
    let leaking = [Attribute::Extractable(true), Attribute::Sensitive(false)];
    for attribute in leaking {
        let refused = code(pair(&session, "leak", 1, &[attribute]));
        assert_eq!(refused, RvError::TemplateInconsistent);
    }
    for attribute in [Attribute::AlwaysSensitive(true), Attribute::Local(true)] {
        assert_eq!(code(pair(&session, "lie", 1, &[attribute])), RvError::AttributeReadOnly);
    }
    let (public, private) = pair(&session, "good", 1, &[]).unwrap();
    for (attribute, refused) in [
        (Attribute::Sensitive(false), RvError::AttributeReadOnly),
        (Attribute::Extractable(true), RvError::AttributeReadOnly),
        (Attribute::Local(false), RvError::AttributeReadOnly),
        (Attribute::NeverExtractable(false), RvError::AttributeReadOnly),
        (Attribute::Private(false), RvError::AttributeReadOnly),
        (Attribute::Token(false), RvError::AttributeReadOnly),
        (Attribute::Value(vec![1; 32]), RvError::AttributeReadOnly),
    ] {
        assert_eq!(code(session.update_attributes(private, &[attribute])), refused);
    }
    let value = session.get_attribute_info(private, &[AttributeType::Value]).unwrap();
    assert!(matches!(value[0], cryptoki::object::AttributeInfo::Sensitive));
    secret_keys(&session, private);
    assert_eq!(
        code(session.copy_object(private, &[])),
        RvError::ActionProhibited,
        "a copy could have weaker attributes"
    );
    session.update_attributes(public, &[Attribute::Label(b"renamed".to_vec())]).unwrap();
}

fn secret_keys(session: &Session, private: ObjectHandle) {
    let aes = |more: &[Attribute]| {
        let template = [&[Attribute::Token(true), Attribute::ValueLen(32.into())], more].concat();
        session.generate_key(&Mechanism::AesKeyGen, &template)
    };
    let both = [Attribute::Wrap(true), Attribute::Decrypt(true)];
    assert_eq!(code(aes(&both)), RvError::TemplateInconsistent);
    let wrapping = aes(&[Attribute::Wrap(true)]).unwrap();
    let turned = session.update_attributes(wrapping, &[Attribute::Decrypt(true)]);
    assert_eq!(code(turned), RvError::TemplateInconsistent);
    let mut nonce = [0; 12];
    let mechanism = Mechanism::AesGcm(GcmParams::new(&mut nonce, b"", 128.into()).unwrap());
    assert_eq!(code(session.wrap_key(&mechanism, wrapping, private)), RvError::KeyUnextractable);
    let imported = session.create_object(&[
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Value(vec![7; 32]),
    ]);
    assert_eq!(code(imported), RvError::ActionProhibited);
}

#[test]
fn the_driver_refuses_weak_keys_that_others_made() {
    with_softhsm("row_91_attributes::softhsm_child");
}

#[tokio::test]
async fn softhsm_child() {
    if !is_child("row_91_attributes::softhsm_child") {
        return;
    }
    let keystore = Pkcs11::open(softhsm::config()).unwrap();
    let session = beside(&softhsm::config());
    let strong = strong();
    let leaking = [&strong[1..], &[Attribute::Extractable(true)]].concat();
    pair(&session, "leaks", 1, &leaking).unwrap();
    let opening = [Attribute::Unwrap(true), Attribute::Decrypt(true)];
    pair(&session, "opens", 2, &[&strong[..2], &opening].concat()).unwrap();
    pair(&session, "twins", 3, &strong).unwrap();
    pair(&session, "twins", 4, &strong).unwrap();
    let (orphaned, _) = pair(&session, "halved", 5, &strong).unwrap();
    session.destroy_object(orphaned).unwrap();
    let input = ToSign::Message(b"statement");
    for label in ["leaks", "opens", "twins", "halved"] {
        let signed = keystore.sign(&KeyRef::new(label), SignatureAlgorithm::Es256, input).await;
        assert!(matches!(signed, Err(KeyError::Refused(_))), "{label}: {signed:?}");
        let taken = keystore.generate(&KeyRef::new(label), KeyKind::P256).await;
        assert!(matches!(taken, Err(KeyError::Exists(_))), "{label}: {taken:?}");
    }
    let findings = keystore.check().await.unwrap();
    let named: Vec<_> = findings.iter().map(|finding| finding.label.as_str()).collect();
    assert_eq!(named, ["leaks", "opens", "halved", "twins"], "{findings:?}");
    exchanged_public_half(&keystore, &session).await;
}

/// SoftHSM's defaults are generous: everything is said.
fn strong() -> [Attribute; 4] {
    [
        Attribute::Extractable(false),
        Attribute::Sensitive(true),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
    ]
}

/// Whoever can write public objects puts another key under the label: nothing signed leaves, since
/// it does not verify under what we would publish.
async fn exchanged_public_half(keystore: &Pkcs11, session: &Session) {
    let name = KeyRef::new("exchanged");
    keystore.generate(&name, KeyKind::P256).await.unwrap();
    let find = |class| {
        let label = Attribute::Label(b"exchanged".to_vec());
        session.find_objects(&[Attribute::Class(class), label]).unwrap()[0]
    };
    let public = find(ObjectClass::PUBLIC_KEY);
    let id = session.get_attributes(public, &[AttributeType::Id]).unwrap().remove(0);
    session.destroy_object(public).unwrap();
    let (foreign, _) = pair(session, "foreign", 9, &strong()).unwrap();
    session.update_attributes(foreign, &[Attribute::Label(b"exchanged".to_vec()), id]).unwrap();
    let fresh = Pkcs11::open(softhsm::config()).unwrap();
    let told: PublicKey = fresh.public(&name).await.unwrap();
    assert_eq!(told.kind(), KeyKind::P256);
    let signed = fresh.sign(&name, SignatureAlgorithm::Es256, ToSign::Message(b"m")).await;
    assert!(matches!(signed, Err(KeyError::Unavailable(_))), "{signed:?}");
}
