//! The callers' memory: the only place that reads and writes through their pointers.

use cryptoki_sys::*;

use crate::answer::Answer;

/// A buffer that the caller gave to read.
///
/// # Safety
/// If not null, `pointer` must be readable for `length` bytes for the whole call.
pub(crate) unsafe fn bytes<'a>(pointer: *const CK_BYTE, length: CK_ULONG) -> Answer<&'a [u8]> {
    let length = usize::try_from(length).map_err(|_| CKR_ARGUMENTS_BAD)?;
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() || isize::try_from(length).is_err() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not null, of a length that fits; readable by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A PIN. Null means a PIN pad, which this token has not.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn pin<'a>(pointer: *const CK_BYTE, length: CK_ULONG) -> Answer<&'a [u8]> {
    if pointer.is_null() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: passed on.
    unsafe { bytes(pointer, length) }
}

/// Stores a result where the caller said.
///
/// # Safety
/// If not null, `place` must be writable.
pub(crate) unsafe fn put<T>(place: *mut T, value: T) -> Answer {
    if place.is_null() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not null; writable by this function's contract. Unaligned pointers are tolerated.
    unsafe { place.write_unaligned(value) };
    Ok(())
}

/// A buffer for results of variable length, under the two-call rule (PKCS#11 §5.2): a null buffer
/// asks for the length, a short one is answered `CKR_BUFFER_TOO_SMALL` with the length needed, and
/// neither ends the operation.
pub(crate) struct Output<T> {
    buffer: *mut T,
    length: *mut CK_ULONG,
}

impl<T: Copy> Output<T> {
    /// # Safety
    /// If not null, `length` must be readable and writable, and `buffer` writable for as many
    /// elements as `length` says, until the value is used up.
    pub(crate) unsafe fn new(buffer: *mut T, length: *mut CK_ULONG) -> Answer<Self> {
        if length.is_null() {
            return Err(CKR_ARGUMENTS_BAD);
        }
        Ok(Self { buffer, length })
    }

    /// Whether `needed` elements fit: true to go on and [`Output::write`], false if the caller only
    /// asked for the length, which is now stored.
    pub(crate) fn room(&self, needed: usize) -> Answer<bool> {
        // SAFETY: not null by `new`, readable by its contract.
        let given = unsafe { self.length.read_unaligned() };
        if self.buffer.is_null() {
            self.set_length(needed);
            return Ok(false);
        }
        if (given as usize) < needed {
            self.set_length(needed);
            return Err(CKR_BUFFER_TOO_SMALL);
        }
        Ok(true)
    }

    /// Stores a result that [`Output::room`] has found to fit, or asks it now.
    pub(crate) fn write(&self, result: &[T]) -> Answer {
        if self.room(result.len())? {
            // SAFETY: the buffer is not null and holds so many elements by `room`, is writable by
            // the contract of `new`, and cannot overlap a slice that we own.
            unsafe { std::ptr::copy_nonoverlapping(result.as_ptr(), self.buffer, result.len()) };
            self.set_length(result.len());
        }
        Ok(())
    }

    fn set_length(&self, length: usize) {
        // SAFETY: not null by `new`, writable by its contract.
        unsafe { self.length.write_unaligned(length as CK_ULONG) };
    }
}

/// A mechanism with its parameter, copied.
#[derive(Clone, Debug)]
pub(crate) struct Mechanism {
    pub(crate) kind: CK_MECHANISM_TYPE,
    pub(crate) parameter: Parameter,
}

/// Parameters that this module understands.
#[derive(Clone, Debug)]
pub(crate) enum Parameter {
    None,
    Gcm {
        iv: Vec<u8>,
        aad: Vec<u8>,
        tag_bits: CK_ULONG,
    },
    Pss(CK_RSA_PKCS_PSS_PARAMS),
    /// Of a length that belongs to none.
    Other,
}

/// Reads a mechanism.
///
/// # Safety
/// If not null, `pointer` must point to a mechanism whose parameter is readable for its length,
/// and whose parameter, if it is that of GCM or PSS, holds readable pointers.
pub(crate) unsafe fn mechanism(pointer: *const CK_MECHANISM, gcm: bool) -> Answer<Mechanism> {
    if pointer.is_null() {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not null; readable by this function's contract.
    let raw = unsafe { pointer.read_unaligned() };
    let length = raw.ulParameterLen as usize;
    let parameter = if raw.pParameter.is_null() || length == 0 {
        Parameter::None
    } else if gcm && length == size_of::<CK_GCM_PARAMS>() {
        // SAFETY: of the right length, readable by this function's contract.
        let params = unsafe { raw.pParameter.cast::<CK_GCM_PARAMS>().read_unaligned() };
        Parameter::Gcm {
            // SAFETY: by this function's contract.
            iv: unsafe { bytes(params.pIv, params.ulIvLen) }?.to_vec(),
            // SAFETY: by this function's contract.
            aad: unsafe { bytes(params.pAAD, params.ulAADLen) }?.to_vec(),
            tag_bits: params.ulTagBits,
        }
    } else if !gcm && length == size_of::<CK_RSA_PKCS_PSS_PARAMS>() {
        // SAFETY: of the right length, readable by this function's contract; plain numbers.
        Parameter::Pss(unsafe { raw.pParameter.cast::<CK_RSA_PKCS_PSS_PARAMS>().read_unaligned() })
    } else {
        Parameter::Other
    };
    Ok(Mechanism { kind: raw.mechanism, parameter })
}

/// Attributes of a template, copied.
pub(crate) type Pairs = Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>;

/// Reads a template.
///
/// # Safety
/// If not null, `pointer` must point to `count` attributes whose values are readable for their
/// lengths.
pub(crate) unsafe fn template(pointer: *const CK_ATTRIBUTE, count: CK_ULONG) -> Answer<Pairs> {
    // SAFETY: passed on.
    let raw = unsafe { attributes(pointer.cast_mut(), count) }?;
    let mut pairs = Pairs::with_capacity(raw.len());
    for attribute in raw.iter() {
        if attribute.ulValueLen > VALUE_MAX {
            return Err(CKR_ATTRIBUTE_VALUE_INVALID);
        }
        if pairs.iter().any(|(kind, _)| *kind == attribute.type_) {
            return Err(CKR_TEMPLATE_INCONSISTENT);
        }
        // SAFETY: readable by this function's contract.
        let value = unsafe { bytes(attribute.pValue.cast(), attribute.ulValueLen) };
        pairs.push((attribute.type_, value.map_err(|_| CKR_ATTRIBUTE_VALUE_INVALID)?.to_vec()));
    }
    Ok(pairs)
}

/// The attributes of a template, to be filled in place.
///
/// # Safety
/// If not null, `pointer` must point to `count` attributes, readable and writable for the whole
/// call and used by nobody else.
pub(crate) unsafe fn attributes<'a>(
    pointer: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> Answer<&'a mut [CK_ATTRIBUTE]> {
    if count == 0 {
        return Ok(&mut []);
    }
    if pointer.is_null() || !pointer.is_aligned() || count > TEMPLATE_MAX {
        return Err(CKR_ARGUMENTS_BAD);
    }
    // SAFETY: not null, aligned, short; valid by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, count as usize) })
}

/// Fills one attribute: null asks for the length, a short buffer is answered
/// `CKR_BUFFER_TOO_SMALL`.
///
/// # Safety
/// The attribute's value, if not null, must be writable for its length.
pub(crate) unsafe fn fill(attribute: &mut CK_ATTRIBUTE, value: &[u8]) -> Answer {
    if attribute.pValue.is_null() {
        attribute.ulValueLen = value.len() as CK_ULONG;
        return Ok(());
    }
    if (attribute.ulValueLen as usize) < value.len() {
        attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return Err(CKR_BUFFER_TOO_SMALL);
    }
    // SAFETY: not null and long enough; writable by this function's contract; `value` is ours.
    unsafe {
        std::ptr::copy_nonoverlapping(value.as_ptr(), attribute.pValue.cast(), value.len());
    }
    attribute.ulValueLen = value.len() as CK_ULONG;
    Ok(())
}

/// More attributes than any object has.
const TEMPLATE_MAX: CK_ULONG = 128;
/// Longer than any certificate that is worth keeping in a token.
const VALUE_MAX: CK_ULONG = 64 * 1024;
