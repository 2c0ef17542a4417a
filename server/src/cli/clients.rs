//! `yinxin client …`

use anyhow::Result;
use auth_core::{Timestamp, id::ClientId, key::SignatureAlgorithm};
use oidc_provider::{
    admin::{ClientAdmin, NewClient},
    client::{ConsentPolicy, GrantType, Registration, SecretMethod},
    redirect::RedirectUri,
    scope::Scopes,
};
use serde_json::json;

use super::{
    args::{ClientCommand, Verb},
    kernel, operator,
    output::{self, Usage},
};
use crate::kernel::Kernel;

/// Runs an act on applications.
pub async fn run(verb: Verb<ClientCommand>) -> Result<()> {
    let kernel = kernel(&verb.config).await?;
    let admin = ClientAdmin { clients: kernel.stores.clients.clone() };
    let now = kernel.clock.now();
    match verb.act {
        act @ ClientCommand::Add { .. } => add(&kernel, &admin, act, verb.config.json).await?,
        ClientCommand::List => list(&kernel, verb.config.json).await?,
        ClientCommand::Disable { id } => {
            admin.disable(&ClientId::from_text(id), operator(), now).await?;
        }
        ClientCommand::Enable { id } => {
            admin.enable(&ClientId::from_text(id), operator(), now).await?;
        }
    }
    kernel.stores.close().await;
    Ok(())
}

async fn add(kernel: &Kernel, admin: &ClientAdmin, act: ClientCommand, json: bool) -> Result<()> {
    let ClientCommand::Add { id, name, redirect_uris, public, machine, scopes } = act else {
        return Ok(());
    };
    if public && machine {
        let text = "--public and --machine exclude each other: a public client has no secret";
        anyhow::bail!(Usage(text.to_owned()));
    }
    let uris = redirect_uris
        .iter()
        .map(|uri| RedirectUri::parse(uri).map_err(|refused| Usage(format!("{uri}: {refused}"))));
    let grant_types = if machine {
        vec![GrantType::ClientCredentials]
    } else {
        vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
    };
    let default = if machine { vec!["verify"] } else { oidc_provider::scope::PERSONAL.to_vec() };
    let scopes: Vec<&str> =
        if scopes.is_empty() { default } else { scopes.iter().map(String::as_str).collect() };
    let new = NewClient {
        id: id.clone(),
        registration: Registration {
            name,
            client_uri: None,
            redirect_uris: uris.collect::<Result<_, _>>()?,
            post_logout_redirect_uris: Vec::new(),
            grant_types,
            scopes: Scopes::of(&scopes),
            id_token_alg: SignatureAlgorithm::Rs256,
            consent: ConsentPolicy::Remembered,
        },
        secret: (!public).then_some(SecretMethod::Either),
    };
    let now = kernel.clock.now();
    let secret = admin.add(new, operator(), &*kernel.random, now).await?;
    let secret = secret.as_ref().map(|secret| secret.reveal());
    output::result(json, &json!({ "client_id": id, "client_secret": secret }));
    Ok(())
}

async fn list(kernel: &Kernel, json: bool) -> Result<()> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = kernel.stores.clients.list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        rows.extend(page.iter().map(|client| {
            json!({
                "id": client.id,
                "name": client.registration.name,
                "disabled_at": client.disabled_at.map(Timestamp::rfc3339),
            })
        }));
    }
    output::list(json, &["id", "name", "disabled_at"], &rows);
    Ok(())
}

const PAGE: u32 = 500;
