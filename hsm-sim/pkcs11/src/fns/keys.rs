//! Key generation; keys neither come in wrapped nor go out (§5.18).

use auth_core::key::{KeyKind, PublicKey};
use cryptoki_sys::*;
use ring::digest::{SHA256, digest};
use token::key::Key;
use token::{Class, Flags, OsRandom};

use super::objects::may_write;
use crate::answer::{Answer, answer, coded};
use crate::mechanisms::{CKM_VENDOR_SM2_KEY_PAIR_GEN, CKM_VENDOR_SM4_KEY_GEN, generator};
use crate::memory::{Output, mechanism, put, template};
use crate::module::Module;
use crate::session::{Session, with_session};
use crate::template::{Template, fresh, named_curve};

pub(crate) unsafe extern "C" fn C_GenerateKey(
    session: CK_SESSION_HANDLE,
    mechanism_pointer: *mut CK_MECHANISM,
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    handle: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.18 has the caller pass a readable mechanism with its parameter.
        let mechanism = unsafe { mechanism(mechanism_pointer, false) }?;
        // SAFETY: §5.18 has the caller pass a readable template.
        let pairs = unsafe { template(pointer, count) }?;
        with_session(session, |module, session| {
            let made = generate(module, session, mechanism.kind, Template::new(pairs))?;
            // SAFETY: §5.18 has the caller pass a writable handle.
            unsafe { put(handle, made) }
        })
    })
}

fn generate(
    module: &Module,
    session: &Session,
    mechanism: CK_MECHANISM_TYPE,
    mut template: Template,
) -> Answer<CK_OBJECT_HANDLE> {
    let (kind, length) = match mechanism {
        CKM_AES_KEY_GEN => (KeyKind::Aes256, 32),
        CKM_VENDOR_SM4_KEY_GEN => (KeyKind::Sm4, 16),
        _ => return Err(CKR_MECHANISM_INVALID),
    };
    template.expect(Class::SecretKey, Some(kind))?;
    let wanted = template.number(CKA_VALUE_LEN)?;
    if wanted.is_none() && kind == KeyKind::Aes256 {
        return Err(CKR_TEMPLATE_INCOMPLETE);
    }
    if wanted.is_some_and(|wanted| wanted != length) {
        return Err(CKR_KEY_SIZE_RANGE);
    }
    let on_token = template.on_token()?;
    let mut object = fresh(Class::SecretKey, Some(kind));
    object.flags = object.flags.with(Flags::LOCAL);
    template.apply(&mut object)?;
    may_write(session, on_token, true)?;
    if on_token {
        module.refuse_damaged(&session.slot)?;
    }
    object.value = std::mem::take(&mut *Key::generate(kind, &OsRandom).map_err(coded)?);
    module.keep(&session.slot, session.handle, object, on_token)
}

pub(crate) unsafe extern "C" fn C_GenerateKeyPair(
    session: CK_SESSION_HANDLE,
    mechanism_pointer: *mut CK_MECHANISM,
    public: *mut CK_ATTRIBUTE,
    public_count: CK_ULONG,
    private: *mut CK_ATTRIBUTE,
    private_count: CK_ULONG,
    public_handle: *mut CK_OBJECT_HANDLE,
    private_handle: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.18 has the caller pass a readable mechanism with its parameter.
        let mechanism = unsafe { mechanism(mechanism_pointer, false) }?;
        // SAFETY: §5.18 has the caller pass readable templates.
        let public = unsafe { template(public, public_count) }?;
        // SAFETY: as above.
        let private = unsafe { template(private, private_count) }?;
        if public_handle.is_null() || private_handle.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        with_session(session, |module, session| {
            let templates = [Template::new(public), Template::new(private)];
            let [public, private] = generate_pair(module, session, mechanism.kind, templates)?;
            // SAFETY: §5.18 has the caller pass writable handles.
            unsafe { put(public_handle, public) }?;
            // SAFETY: as above.
            unsafe { put(private_handle, private) }
        })
    })
}

fn generate_pair(
    module: &Module,
    session: &Session,
    mechanism: CK_MECHANISM_TYPE,
    [mut public, mut private]: [Template; 2],
) -> Answer<[CK_OBJECT_HANDLE; 2]> {
    let kind = pair_kind(mechanism, &mut public, &mut private)?;
    public.expect(Class::PublicKey, Some(kind))?;
    private.expect(Class::PrivateKey, Some(kind))?;
    let on_token = [public.on_token()?, private.on_token()?];
    let mut halves = [fresh(Class::PublicKey, Some(kind)), fresh(Class::PrivateKey, Some(kind))];
    halves[0].flags = halves[0].flags.with(Flags::VERIFY).with(Flags::LOCAL);
    halves[1].flags = halves[1].flags.with(Flags::SIGN).with(Flags::LOCAL);
    public.apply(&mut halves[0])?;
    private.apply(&mut halves[1])?;
    for (half, on_token) in halves.iter().zip(on_token) {
        may_write(session, on_token, half.flags.has(Flags::PRIVATE))?;
    }
    if on_token.contains(&true) {
        module.refuse_damaged(&session.slot)?;
    }
    let mut secret = Key::generate(kind, &OsRandom).map_err(coded)?;
    let key = Key::parse(kind, &secret).map_err(coded)?;
    let spki = key.public().map(PublicKey::spki).ok_or(CKR_GENERAL_ERROR)?;
    halves[0].value = spki.to_vec();
    halves[1].spki = spki.to_vec();
    halves[1].value = std::mem::take(&mut *secret);
    // Without an id the halves could not be joined again.
    if halves.iter().all(|half| half.id.is_empty()) {
        let id = digest(&SHA256, spki).as_ref()[..20].to_vec();
        halves.iter_mut().for_each(|half| half.id.clone_from(&id));
    }
    // The public half first: a private one without it would be of no use.
    let [public, private] = halves;
    let public = module.keep(&session.slot, session.handle, public, on_token[0])?;
    let private = module.keep(&session.slot, session.handle, private, on_token[1])?;
    Ok([public, private])
}

/// The kind of pair that a mechanism makes of its templates.
fn pair_kind(
    mechanism: CK_MECHANISM_TYPE,
    public: &mut Template,
    private: &mut Template,
) -> Answer<KeyKind> {
    if mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN {
        let exponent = public.take(CKA_PUBLIC_EXPONENT);
        if exponent.is_some_and(|exponent| exponent.trim_start() != [1, 0, 1]) {
            return Err(CKR_ATTRIBUTE_VALUE_INVALID);
        }
        return match public.number(CKA_MODULUS_BITS)?.ok_or(CKR_TEMPLATE_INCOMPLETE)? {
            2048 => Ok(KeyKind::Rsa2048),
            3072 => Ok(KeyKind::Rsa3072),
            4096 => Ok(KeyKind::Rsa4096),
            _ => Err(CKR_KEY_SIZE_RANGE),
        };
    }
    let curves = [CKM_EC_KEY_PAIR_GEN, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_VENDOR_SM2_KEY_PAIR_GEN];
    if !curves.contains(&mechanism) {
        return Err(CKR_MECHANISM_INVALID);
    }
    // Some callers name the curve in the private template too.
    private.take(CKA_EC_PARAMS);
    let kind = match public.take(CKA_EC_PARAMS) {
        None if mechanism == CKM_VENDOR_SM2_KEY_PAIR_GEN => Some(KeyKind::Sm2),
        None => return Err(CKR_TEMPLATE_INCOMPLETE),
        Some(params) => named_curve(&params),
    };
    // ECDSA on the SM2 curve is not SM2: the plain generator makes no such key.
    kind.filter(|kind| generator(*kind) == mechanism).ok_or(CKR_CURVE_NOT_SUPPORTED)
}

trait TrimStart {
    fn trim_start(&self) -> &[u8];
}

impl TrimStart for Vec<u8> {
    /// Without leading zeros.
    fn trim_start(&self) -> &[u8] {
        let zeros = self.iter().take_while(|byte| **byte == 0).count();
        &self[zeros..]
    }
}

/// No key here is extractable.
pub(crate) unsafe extern "C" fn C_WrapKey(
    session: CK_SESSION_HANDLE,
    _mechanism: *mut CK_MECHANISM,
    wrapping: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    length: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            // SAFETY: §5.18 has the caller pass a buffer writable for the length said.
            unsafe { Output::new(wrapped, length) }?;
            session.key(module, wrapping).map_err(|code| match code {
                CKR_KEY_HANDLE_INVALID => CKR_WRAPPING_KEY_HANDLE_INVALID,
                other => other,
            })?;
            session.key(module, key)?;
            Err(CKR_KEY_UNEXTRACTABLE)
        })
    })
}
