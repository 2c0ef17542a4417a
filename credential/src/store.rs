//! The ports this room needs from the store. One method is one act is one transaction, with its
//! audit events.

mod credentials;
mod proofs;

pub use credentials::{
    ChangeStatus, Changed, CredentialRow, Credentials, IdempotencyKey, Kept, ListRow,
    NewCredential, Reserve, Reserved, StatusPlace,
};
pub use proofs::{
    AnswerAct, ConsentAct, Consented, Decision, Matter, Matters, NewShowCode, ProofRow, ProofState,
    Proofs, ReceiptRow, ShowCodes,
};
