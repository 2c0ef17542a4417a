//! Clients of the demo county, whose secrets everybody knows (see the contract in `docs/`).

use auth_core::{Timestamp, audit::Actor, key::SignatureAlgorithm};

use crate::{
    admin::{ClientAdmin, ClientRefused},
    client::{Authentication, ConsentPolicy, GrantType, Registration, SecretMethod},
    redirect::{RedirectRefused, RedirectUri},
    scope::{PERSONAL, Scopes},
};

/// Adds `demo-web`, `demo-spa` and `demo-m2m` unless they are there. `issuer` is the demo's own
/// address, at which it serves `/demo-app`.
pub async fn seed_demo_clients(
    admin: &ClientAdmin,
    issuer: &str,
    now: Timestamp,
) -> Result<(), DemoRefused> {
    let secret = |text| Authentication::with_chosen_secret(text, SecretMethod::Either);
    let web = person_client("示例网站 Demo Web", &[&format!("{issuer}/demo-app/callback")])?;
    let spa = person_client("示例单页应用 Demo SPA", &[])?;
    let m2m = Registration {
        name: "示例系统 Demo M2M".to_owned(),
        client_uri: None,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        grant_types: vec![GrantType::ClientCredentials],
        scopes: Scopes::of(&["credential", "proof", "seal", "verify"]),
        id_token_alg: SignatureAlgorithm::Rs256,
        consent: ConsentPolicy::Remembered,
    };
    for (id, registration, authentication) in [
        ("demo-web", web, secret("demo-web-secret")),
        ("demo-spa", spa, Authentication::Public),
        ("demo-m2m", m2m, secret("demo-m2m-secret")),
    ] {
        match admin.add_with(id, registration, authentication, Actor::System, now).await {
            Ok(()) | Err(ClientRefused::Taken) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Ok(())
}

/// Why the demo county's clients were not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DemoRefused {
    /// The act was refused.
    #[error(transparent)]
    Client(#[from] ClientRefused),
    /// The demo's own address makes no redirect URI.
    #[error("redirect URI: {0}")]
    Redirect(#[from] RedirectRefused),
}

fn person_client(name: &str, more: &[&str]) -> Result<Registration, RedirectRefused> {
    let uris = |first: &str, more: &[&str]| -> Result<Vec<RedirectUri>, RedirectRefused> {
        std::iter::once(&first).chain(more).map(|uri| RedirectUri::parse(uri)).collect()
    };
    let after: Vec<String> =
        more.iter().map(|uri| uri.strip_suffix("/callback").unwrap_or(uri).to_owned()).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    Ok(Registration {
        name: name.to_owned(),
        client_uri: None,
        redirect_uris: uris("http://127.0.0.1/callback", more)?,
        post_logout_redirect_uris: uris("http://127.0.0.1/", &after)?,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: Scopes::of(&PERSONAL),
        id_token_alg: SignatureAlgorithm::Rs256,
        consent: ConsentPolicy::Remembered,
    })
}
