//! Dynamic registration of clients (RFC 7591), open only where the policy says so.
//!
//! Fields are an allow-list: what is not named here cannot be set from outside (row 40 of the
//! attack table).

use auth_core::{
    Timestamp,
    audit::Actor,
    id::ClientId,
    key::SignatureAlgorithm,
    secret::{Token, handle},
};
use serde::{Deserialize, Serialize};

use crate::{
    client::{Authentication, Client, ConsentPolicy, GrantType, Registration, SecretMethod},
    deps::App,
    error::{Failure, Rule},
    event::Act,
    redirect::{RedirectUri, is_web_link},
    scope::{PERSONAL, Scopes},
};

/// Client metadata as sent (RFC 7591 §2). Unknown members are ignored, as §2 asks.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    client_name: Option<String>,
    client_uri: Option<String>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
    id_token_signed_response_alg: Option<String>,
    application_type: Option<String>,
    subject_type: Option<String>,
}

/// The answer (RFC 7591 §3.2.1).
#[derive(Debug, Serialize)]
pub(crate) struct Registered {
    client_id: String,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    client_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<String>,
    redirect_uris: Vec<RedirectUri>,
    post_logout_redirect_uris: Vec<RedirectUri>,
    grant_types: Vec<GrantType>,
    response_types: Vec<&'static str>,
    scope: String,
    token_endpoint_auth_method: &'static str,
    id_token_signed_response_alg: &'static str,
}

/// Registers a client for somebody at `source`.
pub(crate) async fn register(
    app: &App,
    json: &[u8],
    source: &str,
    now: Timestamp,
) -> Result<Registered, Failure> {
    if !app.policy.open_registration {
        return Err(Rule::RegistrationClosed.into());
    }
    let metadata: Metadata = serde_json::from_slice(json).map_err(|_| Rule::RegistrationBody)?;
    let registration = registration(app, &metadata)?;
    let key = format!("register:{source}");
    if app.throttle.hit(&key, WINDOW_SECONDS, now).await? > MAX_PER_WINDOW {
        return Err(Rule::RegistrationLimit.into());
    }
    let (secret, authentication) = authentication(app, &metadata)?;
    let client = Client {
        id: ClientId::from_text(format!("dyn-{}", handle(app.shell.random()))),
        registration,
        authentication,
        created_at: now,
        disabled_at: None,
    };
    let event = Act::ClientAdd
        .done(Actor::Anonymous, now)
        .subject(client.id.as_str())
        .with("source", source);
    let answer = answer(&client, secret.as_ref());
    if app.clients.add(client, event).await? {
        Ok(answer)
    } else {
        Err(Rule::RegistrationMetadata.into())
    }
}

fn registration(app: &App, sent: &Metadata) -> Result<Registration, Rule> {
    let grant_types = grant_types(sent)?;
    let codes = grant_types.contains(&GrantType::AuthorizationCode);
    response_types(sent, codes)?;
    let redirect_uris = uris(sent.redirect_uris.as_deref())?;
    if codes == redirect_uris.is_empty() {
        return Err(Rule::RegistrationRedirectUri);
    }
    let name = sent.client_name.as_deref().unwrap_or("(unnamed)");
    let plain =
        !name.chars().any(char::is_control) && (1..=MAX_NAME).contains(&name.chars().count());
    let link = sent.client_uri.as_deref().is_none_or(is_web_link);
    let native_or_web = matches!(sent.application_type.as_deref(), None | Some("web" | "native"));
    let public_subject = matches!(sent.subject_type.as_deref(), None | Some("public"));
    if !(plain && link && native_or_web && public_subject) {
        return Err(Rule::RegistrationMetadata);
    }
    Ok(Registration {
        name: name.to_owned(),
        client_uri: sent.client_uri.clone(),
        redirect_uris,
        post_logout_redirect_uris: uris(sent.post_logout_redirect_uris.as_deref())?,
        grant_types,
        scopes: scopes(sent)?,
        id_token_alg: id_token_alg(app, sent)?,
        consent: ConsentPolicy::Remembered,
    })
}

fn grant_types(sent: &Metadata) -> Result<Vec<GrantType>, Rule> {
    let Some(names) = &sent.grant_types else { return Ok(vec![GrantType::AuthorizationCode]) };
    let mut grants = Vec::new();
    for name in names.iter().take(GrantType::ALL.len() + 1) {
        match GrantType::parse(name) {
            // A client that anybody may register acts for nobody but people who agree.
            Some(grant @ (GrantType::AuthorizationCode | GrantType::RefreshToken)) => {
                if !grants.contains(&grant) {
                    grants.push(grant);
                }
            }
            Some(GrantType::ClientCredentials) | None => return Err(Rule::RegistrationMetadata),
        }
    }
    if grants.contains(&GrantType::AuthorizationCode) {
        Ok(grants)
    } else {
        Err(Rule::RegistrationMetadata)
    }
}

fn response_types(sent: &Metadata, codes: bool) -> Result<(), Rule> {
    match sent.response_types.as_deref() {
        None => Ok(()),
        Some([one]) if one == "code" && codes => Ok(()),
        Some([]) if !codes => Ok(()),
        Some(_) => Err(Rule::RegistrationMetadata),
    }
}

fn uris(sent: Option<&[String]>) -> Result<Vec<RedirectUri>, Rule> {
    let sent = sent.unwrap_or_default();
    if sent.len() > MAX_URIS {
        return Err(Rule::RegistrationRedirectUri);
    }
    sent.iter()
        .map(|text| RedirectUri::parse(text).map_err(|_| Rule::RegistrationRedirectUri))
        .collect()
}

/// Personal scopes only: those of our own interfaces are given by an administrator.
fn scopes(sent: &Metadata) -> Result<Scopes, Rule> {
    let personal = Scopes::of(&PERSONAL);
    let Some(asked) = sent.scope.as_deref() else { return Ok(personal) };
    let asked = Scopes::parse(asked).ok_or(Rule::RegistrationMetadata)?;
    Ok(asked.within(&personal))
}

fn id_token_alg(app: &App, sent: &Metadata) -> Result<SignatureAlgorithm, Rule> {
    let Some(name) = sent.id_token_signed_response_alg.as_deref() else {
        return Ok(SignatureAlgorithm::Rs256);
    };
    SignatureAlgorithm::from_jose(name)
        .filter(|algorithm| app.keys.active(*algorithm).is_some())
        .ok_or(Rule::RegistrationMetadata)
}

fn authentication(app: &App, sent: &Metadata) -> Result<(Option<Token>, Authentication), Rule> {
    let method = match sent.token_endpoint_auth_method.as_deref() {
        Some("none") => return Ok((None, Authentication::Public)),
        // The default is `client_secret_basic` (RFC 7591 §2), and libraries that did not ask send
        // it either way.
        None => SecretMethod::Either,
        Some("client_secret_basic") => SecretMethod::Basic,
        Some("client_secret_post") => SecretMethod::Post,
        Some(_) => return Err(Rule::RegistrationMetadata),
    };
    let (secret, authentication) = Authentication::generate(method, app.shell.random());
    Ok((Some(secret), authentication))
}

fn answer(client: &Client, secret: Option<&Token>) -> Registered {
    let registration = &client.registration;
    let codes = client.may_use(GrantType::AuthorizationCode);
    Registered {
        client_id: client.id.to_string(),
        client_id_issued_at: client.created_at.unix(),
        client_secret: secret.map(|secret| secret.reveal().to_owned()),
        // RFC 7591 §3.2.1: 0 means it does not expire.
        client_secret_expires_at: secret.map(|_| 0),
        client_name: registration.name.clone(),
        client_uri: registration.client_uri.clone(),
        redirect_uris: registration.redirect_uris.clone(),
        post_logout_redirect_uris: registration.post_logout_redirect_uris.clone(),
        grant_types: registration.grant_types.clone(),
        response_types: if codes { vec!["code"] } else { Vec::new() },
        scope: registration.scopes.to_string(),
        token_endpoint_auth_method: client.authentication.as_str(),
        id_token_signed_response_alg: registration.id_token_alg.jose(),
    }
}

/// Longest body, bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024;
/// Longest name, characters.
const MAX_NAME: usize = 80;
/// Most redirect URIs of one kind.
const MAX_URIS: usize = 10;
/// Registrations by one source in one window.
const MAX_PER_WINDOW: u32 = 60;
const WINDOW_SECONDS: u32 = 3600;
