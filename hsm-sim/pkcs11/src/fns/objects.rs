//! Objects (§5.7).

use cryptoki_sys::*;
use token::{Class, Flags};

use crate::answer::{Answer, answer};
use crate::attributes::value;
use crate::held::Held;
use crate::memory::{Output, attributes, fill, put, template};
use crate::module::Module;
use crate::session::{Session, with_session};
use crate::template::{Template, check_uses, fresh, imported_public, set};

pub(crate) unsafe extern "C" fn C_CreateObject(
    session: CK_SESSION_HANDLE,
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    handle: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.7 has the caller pass a readable template.
        let pairs = unsafe { template(pointer, count) }?;
        with_session(session, |module, session| {
            let made = create(module, session, Template::new(pairs))?;
            // SAFETY: §5.7 has the caller pass a writable handle.
            unsafe { put(handle, made) }
        })
    })
}

/// Certificates, data and public keys come in; private and secret keys do not (security.md row 91:
/// a key that was outside once is not the token's own).
fn create(module: &Module, session: &Session, mut template: Template) -> Answer<CK_OBJECT_HANDLE> {
    let class = template.number(CKA_CLASS)?.ok_or(CKR_TEMPLATE_INCOMPLETE)?;
    let on_token = template.on_token()?;
    let mut object = match class {
        CKO_CERTIFICATE => {
            let mut object = fresh(Class::Certificate, None);
            object.value = template.need(CKA_VALUE)?;
            object
        }
        CKO_DATA => {
            let mut object = fresh(Class::Data, None);
            object.value = template.take(CKA_VALUE).unwrap_or_default();
            object
        }
        CKO_PUBLIC_KEY => {
            let public = imported_public(&mut template)?;
            let mut object = fresh(Class::PublicKey, Some(public.kind()));
            object.flags = object.flags.with(Flags::VERIFY);
            object.value = public.spki().to_vec();
            object
        }
        CKO_PRIVATE_KEY | CKO_SECRET_KEY => return Err(CKR_ACTION_PROHIBITED),
        _ => return Err(CKR_ATTRIBUTE_VALUE_INVALID),
    };
    template.apply(&mut object)?;
    may_write(session, on_token, object.flags.has(Flags::PRIVATE))?;
    module.keep(&session.slot, session.handle, object, on_token)
}

/// Whether a session may make, change or destroy such an object (§4.1, table 3 of §5.6).
pub(crate) fn may_write(session: &Session, on_token: bool, private: bool) -> Answer {
    if on_token && !session.writable {
        return Err(CKR_SESSION_READ_ONLY);
    }
    if private && session.slot.user().is_none() {
        return Err(CKR_USER_NOT_LOGGED_IN);
    }
    Ok(())
}

/// Nothing here is copyable (`CKA_COPYABLE` is false).
pub(crate) unsafe extern "C" fn C_CopyObject(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    _template: *mut CK_ATTRIBUTE,
    _count: CK_ULONG,
    _copy: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            module.object(&session.slot, object)?;
            Err(CKR_ACTION_PROHIBITED)
        })
    })
}

pub(crate) unsafe extern "C" fn C_DestroyObject(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            let held = module.object(&session.slot, object)?;
            may_write(session, held.id.is_some(), held.object.flags.has(Flags::PRIVATE))?;
            if !held.object.flags.has(Flags::DESTROYABLE) {
                return Err(CKR_ACTION_PROHIBITED);
            }
            module.destroy(&session.slot, &held)
        })
    })
}

pub(crate) unsafe extern "C" fn C_GetObjectSize(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    size: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            let held = module.object(&session.slot, object)?;
            let object = &held.object;
            let bytes = object.value.len() + object.spki.len() + object.label.len();
            // SAFETY: §5.7 has the caller pass a writable length.
            unsafe { put(size, bytes as CK_ULONG) }
        })
    })
}

pub(crate) unsafe extern "C" fn C_GetAttributeValue(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |module, session| {
            let held = module.object(&session.slot, object)?;
            // SAFETY: §5.7 has the caller pass a template that is ours until we return.
            let wanted = unsafe { attributes(pointer, count) }?;
            let mut result = Ok(());
            for attribute in wanted {
                // Every attribute is answered; the last of several troubles is told (§5.7.5).
                // SAFETY: §5.7 has the caller pass values writable for their lengths.
                if let Err(code) = unsafe { answer_one(&held, attribute) } {
                    result = Err(code);
                }
            }
            result
        })
    })
}

/// # Safety
/// The attribute's value, if not null, must be writable for its length.
unsafe fn answer_one(held: &Held, attribute: &mut CK_ATTRIBUTE) -> Answer {
    match value(&held.object, held.id.is_some(), attribute.type_) {
        // SAFETY: passed on.
        Ok(bytes) => unsafe { fill(attribute, &bytes) },
        Err(code) => {
            attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
            Err(code)
        }
    }
}

pub(crate) unsafe extern "C" fn C_SetAttributeValue(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.7 has the caller pass a readable template.
        let pairs = unsafe { template(pointer, count) }?;
        with_session(session, |module, session| {
            let held = module.object(&session.slot, object)?;
            may_write(session, held.id.is_some(), held.object.flags.has(Flags::PRIVATE))?;
            if !held.object.flags.has(Flags::MODIFIABLE) {
                return Err(CKR_ACTION_PROHIBITED);
            }
            let mut changed = held.object.clone();
            for (kind, value) in pairs {
                set(&mut changed, kind, value, false)?;
            }
            check_uses(&changed)?;
            module.change(&session.slot, &held, changed)
        })
    })
}

pub(crate) unsafe extern "C" fn C_FindObjectsInit(
    session: CK_SESSION_HANDLE,
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    answer(|| {
        // SAFETY: §5.7 has the caller pass a readable template.
        let wanted = unsafe { template(pointer, count) }?;
        with_session(session, |module, session| {
            if session.find.is_some() {
                return Err(CKR_OPERATION_ACTIVE);
            }
            let matches = |held: &Held| {
                wanted.iter().all(|(kind, expected)| {
                    value(&held.object, held.id.is_some(), *kind).as_ref() == Ok(expected)
                })
            };
            let found: Vec<_> = module
                .visible(&session.slot)?
                .iter()
                .filter(|held| matches(held))
                .map(|held| held.handle)
                .collect();
            session.find = Some(found.into_iter());
            Ok(())
        })
    })
}

pub(crate) unsafe extern "C" fn C_FindObjects(
    session: CK_SESSION_HANDLE,
    list: *mut CK_OBJECT_HANDLE,
    room: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            let found = session.find.as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
            if list.is_null() || count.is_null() {
                return Err(CKR_ARGUMENTS_BAD);
            }
            let some: Vec<_> = found.by_ref().take(room as usize).collect();
            let mut length = room;
            // SAFETY: §5.7 has the caller pass a list writable for so many handles.
            unsafe { Output::new(list, &raw mut length) }?.write(&some)?;
            // SAFETY: §5.7 has the caller pass a writable count.
            unsafe { put(count, some.len() as CK_ULONG) }
        })
    })
}

pub(crate) unsafe extern "C" fn C_FindObjectsFinal(session: CK_SESSION_HANDLE) -> CK_RV {
    answer(|| {
        with_session(session, |_, session| {
            session.find.take().map(drop).ok_or(CKR_OPERATION_NOT_INITIALIZED)
        })
    })
}
