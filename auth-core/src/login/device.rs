//! Device cookies: a browser that has signed in before is told from a stranger.

use subtle::ConstantTimeEq;

use crate::{id::PersonId, secret::handle, vault::Vault};

/// A device cookie for this person: `random.mac`, where the MAC binds it to the person.
pub(super) fn issue(vault: &Vault, person: &PersonId) -> String {
    let device = handle(vault.random());
    let mac = mac(vault, person, &device);
    format!("{device}.{mac}")
}

/// The device's own id, if the cookie was issued for this person.
pub(super) fn recognise<'a>(vault: &Vault, person: &PersonId, cookie: &'a str) -> Option<&'a str> {
    let (device, given) = cookie.split_once('.')?;
    let right = mac(vault, person, device);
    bool::from(right.as_bytes().ct_eq(given.as_bytes())).then_some(device)
}

fn mac(vault: &Vault, person: &PersonId, device: &str) -> String {
    hex::encode(&vault.index("device", &format!("{person} {device}"))[..16])
}
