//! Identifiers of rows: UUIDv7 text, ordered by creation, never shown to clients as `sub`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, random::Random};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id, ordered after those made earlier.
            pub fn new(now: Timestamp, random: &dyn Random) -> Self {
                Self(uuid_v7(now, random))
            }

            /// An id read back from a store or given by an outside program; not checked.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A certificate authority.
    CaId;
    /// An OAuth client. Chosen by its registrar (`demo-web`) or generated.
    ClientId;
    /// An electronic certificate (电子证照) issued to a holder.
    CredentialId;
    /// One user's permission for one client: what refresh tokens hang from.
    GrantId;
    /// A mandate: who may act for whom, in what.
    MandateId;
    /// An organisation: a government body or a legal person (法人).
    OrganisationId;
    /// A natural person (自然人).
    PersonId;
    /// A dated post (岗位) of an officer in an organisation.
    PostId;
    /// A question for a 无证明 answer, from asking to receipt.
    ProofId;
    /// An electronic seal (电子印章).
    SealId;
    /// A request to seal a document, from asking to done.
    SealRequestId;
    /// A signed-in browser session.
    SessionId;
}

/// UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then randomness.
pub fn uuid_v7(now: Timestamp, random: &dyn Random) -> String {
    let millis = u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid().to_string()
}
