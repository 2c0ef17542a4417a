//! A strict reader and a small writer of DER (X.690 §10), enough for X.509 and CMS.
//!
//! Verifiers here judge bytes, not values: what was signed is kept as it came, and anything that
//! could be written in two ways (BER lengths, indefinite forms, unsorted sets) is refused instead
//! of repaired. That is why this is not a general ASN.1 library.

mod read;
mod time;
mod write;

pub use read::{Asn1Error, Reader, Tlv, dotted, is_sorted_set};
pub(crate) use read::{read_named_bits, small};
pub use time::{read_time, write_generalized, write_time};
pub use write::{
    bits, boolean, context, context_primitive, ia5, integer, named_bits, null, octets, oid,
    printable, sequence, set_of, small_integer, tlv, utf8,
};

/// Identifier octets used by X.509 and CMS. Tag numbers above 30 do not occur there.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING, primitive.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING, primitive.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0A;
    /// UTF8String.
    pub const UTF8: u8 = 0x0C;
    /// PrintableString.
    pub const PRINTABLE: u8 = 0x13;
    /// TeletexString.
    pub const TELETEX: u8 = 0x14;
    /// IA5String.
    pub const IA5: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// BMPString.
    pub const BMP: u8 = 0x1E;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// Context-specific, primitive: IMPLICIT over a primitive type.
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific, constructed: EXPLICIT, or IMPLICIT over a constructed type.
    pub const fn context(number: u8) -> u8 {
        0xA0 | number
    }
}

#[cfg(test)]
mod tests;
