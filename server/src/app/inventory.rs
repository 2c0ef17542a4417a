//! What the administrators' pages list: clients, keys, certificates.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    Clock, Fault, Timestamp,
    key::{KeyKind, Keystore},
};
use oidc_provider::store::Clients;
use pki::ca::CertificateAuthority;

use crate::pages::admin::{CertificateRow, ClientRow, Inventory, KeyRow, ListedState};

/// The inventory over its ports.
pub struct Listed {
    /// Clients.
    pub clients: Arc<dyn Clients>,
    /// Keys.
    pub keystore: Arc<dyn Keystore>,
    /// Certificates.
    pub authority: Arc<CertificateAuthority>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Inventory for Listed {
    async fn clients(&self) -> Result<Vec<ClientRow>, Fault> {
        let clients = self.clients.list(None, MOST).await?;
        Ok(clients
            .into_iter()
            .map(|client| ClientRow {
                id: client.id.to_string(),
                confidential: client.is_confidential(),
                redirect_uris: client
                    .registration
                    .redirect_uris
                    .iter()
                    .map(|uri| uri.as_str().to_owned())
                    .collect(),
                state: match client.disabled_at {
                    None => ListedState::Active,
                    Some(_) => ListedState::Disabled,
                },
                name: client.registration.name,
            })
            .collect())
    }

    async fn keys(&self) -> Result<Vec<KeyRow>, Fault> {
        let keys = self.keystore.list().await?;
        Ok(keys
            .into_iter()
            .map(|(key, kind)| KeyRow {
                purpose: purpose(key.as_str()).to_owned(),
                name: key.to_string(),
                kind: kind_name(kind).to_owned(),
                state: ListedState::Active,
            })
            .collect())
    }

    async fn certificates(&self) -> Result<Vec<CertificateRow>, Fault> {
        let now = self.clock.now();
        let mut rows = Vec::new();
        for authority in self.authority.authorities().await? {
            let name = authority.id.to_string();
            for row in self.authority.certificates(&authority.id, None, MOST).await? {
                rows.push((row.reserved_at, shown(row, &name, now)));
            }
        }
        rows.sort_by_key(|(reserved_at, _)| std::cmp::Reverse(*reserved_at));
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}

fn shown(row: pki::store::CertificateRow, issuer: &str, now: Timestamp) -> CertificateRow {
    let state = match row.revoked {
        Some(_) => ListedState::Revoked,
        None if row.certificate.is_none() => ListedState::Disabled,
        None if row.not_after <= now => ListedState::Expired,
        None => ListedState::Active,
    };
    CertificateRow {
        subject: row.subject,
        issuer: issuer.to_owned(),
        serial: row.serial.to_hex(),
        valid_until: row.not_after,
        state,
    }
}

/// What a key is for, by its name.
fn purpose(name: &str) -> &'static str {
    match name {
        "kek" => "wrapping",
        "checkpoint" => "checkpoint",
        "credential" => "credential",
        "receipt" => "receipt",
        "status" => "status",
        _ if name.starts_with("ca-") => "ca",
        _ if name.starts_with("seal-") => "seal",
        _ => "token",
    }
}

const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Aes256 => "AES-256",
        KeyKind::Ed25519 => "Ed25519",
        KeyKind::P256 => "P-256",
        KeyKind::Rsa2048 => "RSA-2048",
        KeyKind::Rsa3072 => "RSA-3072",
        KeyKind::Rsa4096 => "RSA-4096",
        KeyKind::Sm2 => "SM2",
        KeyKind::Sm4 => "SM4",
    }
}

/// Rows shown of each list; the command line lists them all.
const MOST: u32 = 200;
