//! The rules of an authorization request after its destination is known, one small check each.

use crate::{
    client::{Client, GrantType},
    deps::{App, Policy},
    error::Rule,
    flow::authorize::Prompt,
    jwt,
    params::Params,
    pkce::Challenge,
    scope::{PERSONAL, Scopes},
};

/// RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
pub(super) fn nothing_repeated(params: &Params) -> Result<(), Rule> {
    params.repeated(&PARAMETERS).map_or(Ok(()), |_| Err(Rule::ParameterRepeated))
}

pub(super) const fn client_enabled(client: &Client) -> Result<(), Rule> {
    if client.disabled_at.is_none() { Ok(()) } else { Err(Rule::ClientDisabled) }
}

pub(super) fn code_grant_registered(client: &Client) -> Result<(), Rule> {
    if client.may_use(GrantType::AuthorizationCode) {
        Ok(())
    } else {
        Err(Rule::CodeGrantNotRegistered)
    }
}

/// Core §6: a provider without request objects says so, it does not ignore them.
pub(super) fn no_request_object(params: &Params) -> Result<(), Rule> {
    if params.only("request").is_some() {
        return Err(Rule::RequestObject);
    }
    if params.only("request_uri").is_some() {
        return Err(Rule::RequestUri);
    }
    if params.only("registration").is_some() {
        return Err(Rule::RegistrationParameter);
    }
    Ok(())
}

pub(super) fn response_type(params: &Params) -> Result<(), Rule> {
    match params.only("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(Rule::ResponseTypeUnsupported),
        None => Err(Rule::ResponseTypeMissing),
    }
}

pub(super) fn response_mode(params: &Params) -> Result<(), Rule> {
    match params.only("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => Err(Rule::ResponseModeUnsupported),
    }
}

/// What was asked, of the words that this server knows. Unknown ones are left out (Core §3.1.2.1);
/// known ones that the client is not registered for are an error of its configuration.
pub(super) fn scopes(params: &Params, client: &Client, policy: &Policy) -> Result<Scopes, Rule> {
    let asked = params.only("scope").unwrap_or_default();
    let asked = Scopes::parse(asked).ok_or(Rule::ScopeMalformed)?;
    let resources: Vec<&str> = policy.resource_scopes.iter().map(String::as_str).collect();
    let known = asked.within(&Scopes::of(&PERSONAL).and(&Scopes::of(&resources)));
    if known.is_empty() {
        return Err(Rule::ScopeEmpty);
    }
    if client.registration.scopes.covers(&known) {
        Ok(known)
    } else {
        Err(Rule::ScopeNotRegistered)
    }
}

pub(super) fn prompt(params: &Params) -> Result<Prompt, Rule> {
    let mut prompt = Prompt::default();
    for word in params.only("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty())
    {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(Rule::PromptUnknown),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(Rule::PromptNoneNotAlone);
    }
    Ok(prompt)
}

pub(super) fn max_age(params: &Params) -> Result<Option<u32>, Rule> {
    let Some(text) = params.only("max_age") else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits => Ok(Some(seconds)),
        // More seconds than fit are no limit at all.
        Err(_) if digits => Ok(None),
        _ => Err(Rule::MaxAgeMalformed),
    }
}

/// RFC 7636 §4.3 with `S256` only; a missing method means `plain` and is refused like it.
pub(super) fn challenge(
    params: &Params,
    client: &Client,
    policy: &Policy,
) -> Result<Option<Challenge>, Rule> {
    let method = params.only("code_challenge_method");
    match params.only("code_challenge") {
        None if method.is_some() || !client.is_confidential() || policy.pkce_for_all => {
            Err(Rule::ChallengeMissing)
        }
        None => Ok(None),
        Some(_) if method != Some("S256") => Err(Rule::ChallengeMethod),
        Some(text) => Challenge::parse(text).map(Some).ok_or(Rule::ChallengeMalformed),
    }
}

/// The person an `id_token_hint` names. A hint that is not ours, or another client's, is an error
/// of the request; an expired one still names its person (Core §3.1.2.1).
pub(super) fn expected_sub(
    app: &App,
    params: &Params,
    now: auth_core::Timestamp,
) -> Result<Option<String>, Rule> {
    let Some(text) = params.only("id_token_hint") else { return Ok(None) };
    let hint = jwt::hint(app, text, now).ok_or(Rule::HintUnknown)?;
    if params.only("client_id") == Some(hint.client.as_str()) {
        Ok(Some(hint.sub))
    } else {
        Err(Rule::HintUnknown)
    }
}

/// Parameters that may appear once; those not listed are not read.
const PARAMETERS: [&str; 16] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];
