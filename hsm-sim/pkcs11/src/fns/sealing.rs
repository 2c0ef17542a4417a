//! Authenticated encryption of data (§5.8, §5.10). Parts are gathered and come out whole at the
//! end: nothing decrypted leaves before its tag has been checked.

use cryptoki_sys::*;
use token::{Class, Flags, TokenError};

use crate::answer::{Answer, answer};
use crate::mechanisms::{CKM_VENDOR_SM4_GCM, key_type};
use crate::memory::{Mechanism, Output, bytes, mechanism};
use crate::module::Module;
use crate::session::{Sealing, Session, with_session};

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Encrypt,
    Decrypt,
}

impl Way {
    const fn operation(self, session: &mut Session) -> &mut Option<Sealing> {
        match self {
            Self::Encrypt => &mut session.encrypt,
            Self::Decrypt => &mut session.decrypt,
        }
    }

    fn start(
        self,
        module: &Module,
        session: &mut Session,
        mechanism: Mechanism,
        key: CK_OBJECT_HANDLE,
    ) -> Answer {
        if self.operation(session).is_some() {
            return Err(CKR_OPERATION_ACTIVE);
        }
        let held = session.key(module, key)?;
        let wanted = match mechanism.kind {
            CKM_AES_GCM => CKK_AES,
            CKM_VENDOR_SM4_GCM => crate::mechanisms::CKK_VENDOR_SM4,
            _ => return Err(CKR_MECHANISM_INVALID),
        };
        let secret = held.object.class == Class::SecretKey;
        if !secret || held.object.kind.map(key_type) != Some(wanted) {
            return Err(CKR_KEY_TYPE_INCONSISTENT);
        }
        let use_of = match self {
            Self::Encrypt => Flags::ENCRYPT,
            Self::Decrypt => Flags::DECRYPT,
        };
        if !held.object.flags.has(use_of) {
            return Err(CKR_KEY_FUNCTION_NOT_PERMITTED);
        }
        let needs_pin = held.object.flags.has(Flags::ALWAYS_AUTHENTICATE);
        *self.operation(session) = Some(Sealing::new(&held, mechanism, needs_pin)?);
        Ok(())
    }

    /// Length of the result for `input` bytes.
    fn length(self, input: usize) -> Answer<usize> {
        match self {
            Self::Encrypt if input > INPUT_MAX => Err(CKR_DATA_LEN_RANGE),
            Self::Encrypt => Ok(input + TAG),
            Self::Decrypt => input.checked_sub(TAG).ok_or(CKR_ENCRYPTED_DATA_LEN_RANGE),
        }
    }

    fn work(self, sealing: &Sealing, input: &[u8]) -> Answer<Vec<u8>> {
        let key = &sealing.key;
        match self {
            Self::Encrypt => key
                .seal(&sealing.nonce, input, &sealing.aad)
                .map_err(|_: TokenError| CKR_DATA_LEN_RANGE),
            Self::Decrypt => key
                .open(&sealing.nonce, input, &sealing.aad)
                .map(|secret| secret.to_vec())
                .map_err(|_| CKR_ENCRYPTED_DATA_INVALID),
        }
    }

    /// The whole input at once.
    fn once(self, session: &mut Session, input: &[u8], output: &Output<CK_BYTE>) -> Answer {
        let sealing = self.ready(session)?;
        if sealing.parts.is_some() {
            return Err(CKR_OPERATION_ACTIVE);
        }
        self.finish(session, input, output)
    }

    /// One more part; nothing comes out yet.
    fn update(self, session: &mut Session, part: &[u8], output: &Output<CK_BYTE>) -> Answer {
        let sealing = self.ready(session)?;
        let parts = sealing.parts.get_or_insert_default();
        if parts.len().saturating_add(part.len()) > INPUT_MAX {
            *self.operation(session) = None;
            return Err(CKR_DATA_LEN_RANGE);
        }
        parts.extend_from_slice(part);
        output.write(&[])
    }

    /// What the parts amount to.
    fn last(self, session: &mut Session, output: &Output<CK_BYTE>) -> Answer {
        let parts = self.ready(session)?.parts.clone().unwrap_or_default();
        self.finish(session, &parts, output)
    }

    fn finish(self, session: &mut Session, input: &[u8], output: &Output<CK_BYTE>) -> Answer {
        match self.length(input.len()).and_then(|length| output.room(length)) {
            Ok(false) => return Ok(()),
            Err(CKR_BUFFER_TOO_SMALL) => return Err(CKR_BUFFER_TOO_SMALL),
            Err(code) => {
                *self.operation(session) = None;
                return Err(code);
            }
            Ok(true) => {}
        }
        let sealing = self.operation(session).take().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
        output.write(&self.work(&sealing, input)?)
    }

    fn ready(self, session: &mut Session) -> Answer<&mut Sealing> {
        let sealing = self.operation(session).as_mut().ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
        if sealing.needs_pin { Err(CKR_USER_NOT_LOGGED_IN) } else { Ok(sealing) }
    }
}

/// A function of encryption, and the same of decryption.
macro_rules! both_ways {
    ($way:expr, $init:ident, $once:ident, $update:ident, $last:ident) => {
        pub(crate) unsafe extern "C" fn $init(
            session: CK_SESSION_HANDLE,
            mechanism_pointer: *mut CK_MECHANISM,
            key: CK_OBJECT_HANDLE,
        ) -> CK_RV {
            answer(|| {
                // SAFETY: §5.8 has the caller pass a readable mechanism with its parameter.
                let mechanism = unsafe { mechanism(mechanism_pointer, true) }?;
                with_session(session, |module, session| $way.start(module, session, mechanism, key))
            })
        }

        pub(crate) unsafe extern "C" fn $once(
            session: CK_SESSION_HANDLE,
            input: *mut CK_BYTE,
            length: CK_ULONG,
            output: *mut CK_BYTE,
            output_length: *mut CK_ULONG,
        ) -> CK_RV {
            answer(|| {
                // SAFETY: §5.8 has the caller pass so many readable bytes. They are copied, since
                // input and output may be the same buffer.
                let input = unsafe { bytes(input, length) }?.to_vec();
                // SAFETY: §5.8 has the caller pass a buffer writable for the length said.
                let output = unsafe { Output::new(output, output_length) }?;
                with_session(session, |_, session| $way.once(session, &input, &output))
            })
        }

        pub(crate) unsafe extern "C" fn $update(
            session: CK_SESSION_HANDLE,
            part: *mut CK_BYTE,
            length: CK_ULONG,
            output: *mut CK_BYTE,
            output_length: *mut CK_ULONG,
        ) -> CK_RV {
            answer(|| {
                // SAFETY: §5.8 has the caller pass so many readable bytes.
                let part = unsafe { bytes(part, length) }?;
                // SAFETY: §5.8 has the caller pass a buffer writable for the length said.
                let output = unsafe { Output::new(output, output_length) }?;
                with_session(session, |_, session| $way.update(session, part, &output))
            })
        }

        pub(crate) unsafe extern "C" fn $last(
            session: CK_SESSION_HANDLE,
            output: *mut CK_BYTE,
            output_length: *mut CK_ULONG,
        ) -> CK_RV {
            answer(|| {
                // SAFETY: §5.8 has the caller pass a buffer writable for the length said.
                let output = unsafe { Output::new(output, output_length) }?;
                with_session(session, |_, session| $way.last(session, &output))
            })
        }
    };
}

both_ways!(Way::Encrypt, C_EncryptInit, C_Encrypt, C_EncryptUpdate, C_EncryptFinal);
both_ways!(Way::Decrypt, C_DecryptInit, C_Decrypt, C_DecryptUpdate, C_DecryptFinal);

const TAG: usize = 16;

/// This token wraps secrets; it does not encrypt archives.
const INPUT_MAX: usize = 16 * 1024 * 1024;
