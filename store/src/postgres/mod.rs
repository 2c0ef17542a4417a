//! The store on PostgreSQL: a pool, a transaction per act.

mod engine;

#[path = "../sql/audit_log.rs"]
mod audit_log;
#[path = "../sql/credential_credentials.rs"]
mod credential_credentials;
#[path = "../sql/credential_matters.rs"]
mod credential_matters;
#[path = "../sql/credential_proofs.rs"]
mod credential_proofs;
#[path = "../sql/credential_status.rs"]
mod credential_status;
#[path = "../sql/esign_requests.rs"]
mod esign_requests;
#[path = "../sql/esign_sealings.rs"]
mod esign_sealings;
#[path = "../sql/esign_seals.rs"]
mod esign_seals;
#[path = "../sql/kernel_organisations.rs"]
mod kernel_organisations;
#[path = "../sql/kernel_people.rs"]
mod kernel_people;
#[path = "../sql/kernel_roles.rs"]
mod kernel_roles;
#[path = "../sql/kernel_secrets.rs"]
mod kernel_secrets;
#[path = "../sql/kernel_sessions.rs"]
mod kernel_sessions;
#[path = "../sql/oidc_clients.rs"]
mod oidc_clients;
#[path = "../sql/oidc_permissions.rs"]
mod oidc_permissions;
#[path = "../sql/oidc_rows.rs"]
mod oidc_rows;
#[path = "../sql/oidc_tokens.rs"]
mod oidc_tokens;
#[path = "../sql/pki_authorities.rs"]
mod pki_authorities;
#[path = "../sql/pki_certificates.rs"]
mod pki_certificates;
#[path = "../sql/pki_lists.rs"]
mod pki_lists;
#[path = "../sql/record.rs"]
mod record;

#[allow(unused_imports, reason = "an aggregate may pass its whole act on")]
pub(crate) use engine::{Conn, Db, Store, Tx};
