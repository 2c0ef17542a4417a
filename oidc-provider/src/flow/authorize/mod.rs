//! The authorization endpoint's decisions (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).
//!
//! The order matters: client and redirect URI first. Only they make a [`Destination`], and only a
//! [`Destination`] can carry anything back, so no error of an unchecked request can leave our
//! origin (row 8 of the attack table).

mod checks;
mod destination;
mod next;

use auth_core::{
    Timestamp,
    id::{ClientId, SessionId},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

pub(crate) use destination::Destination;
pub(crate) use next::{Consent, Next, Step, allow, deny, next, wants_sign_in};

use super::pending::MAX_PLAIN;
use crate::{
    client::Client,
    deps::App,
    error::{Failure, Rule},
    params::{Params, TooMany},
    pkce::Challenge,
    scope::Scopes,
};

/// An authorization request that broke no rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Names it among the requests of one browser.
    pub(crate) handle: String,
    pub(crate) client: ClientId,
    pub(crate) redirect_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<Challenge>,
    pub(crate) prompt: Prompt,
    /// Longest time since the person was authenticated, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
    /// User name to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) login_hint: Option<String>,
    /// The person the client expects, from an ID token of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected_sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ui_locales: Option<String>,
    /// When it came in.
    pub(crate) begun_at: Timestamp,
}

/// `prompt` (Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prompt {
    /// Show no page.
    pub(crate) none: bool,
    /// Authenticate again; `select_account` asks the same of us, since a browser has one account.
    pub(crate) login: bool,
    /// Ask again.
    pub(crate) consent: bool,
}

/// Why a request did not pass, and whether the client may hear of it.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Shown on a page of ours: there is nowhere safe to send it.
    Here(Failure),
    /// Sent to the client.
    There(Box<Destination>, Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

impl From<auth_core::Fault> for Refused {
    fn from(fault: auth_core::Fault) -> Self {
        Self::Here(fault.into())
    }
}

/// Reads and checks a request.
pub(crate) async fn read(
    app: &App,
    encoded: &str,
    now: Timestamp,
) -> Result<(Destination, Asked), Refused> {
    let params = Params::parse(encoded).map_err(|TooMany| here(Rule::RequestTooLarge))?;
    let destination = Destination::of_request(app, &params).await?;
    match asked(app, destination.client(), &params, now) {
        Ok(asked) => Ok((destination, asked)),
        Err(rule) => Err(Refused::There(Box::new(destination), rule.into())),
    }
}

/// The checks after the destination is known, in the order of the specifications.
fn asked(app: &App, client: &Client, params: &Params, now: Timestamp) -> Result<Asked, Rule> {
    checks::nothing_repeated(params)?;
    checks::client_enabled(client)?;
    checks::code_grant_registered(client)?;
    checks::no_request_object(params)?;
    checks::response_type(params)?;
    checks::response_mode(params)?;
    let scopes = checks::scopes(params, client, &app.policy)?;
    let prompt = checks::prompt(params)?;
    let max_age = checks::max_age(params)?;
    let challenge = checks::challenge(params, client, &app.policy)?;
    let text = |name| params.only(name).map(str::to_owned);
    let asked = Asked {
        handle: auth_core::secret::handle(app.shell.random()),
        client: client.id.clone(),
        redirect_uri: text("redirect_uri").ok_or(Rule::RedirectUriMissing)?,
        state: text("state"),
        nonce: text("nonce"),
        scopes,
        challenge,
        prompt,
        max_age,
        login_hint: text("login_hint"),
        expected_sub: checks::expected_sub(app, params, now)?,
        ui_locales: text("ui_locales"),
        begun_at: now,
    };
    // What does not fit into the cookie cannot be carried through the sign-in.
    let length = serde_json::to_vec(&asked).map_or(usize::MAX, |json| json.len());
    if length + 2 > MAX_PLAIN { Err(Rule::RequestTooLarge) } else { Ok(asked) }
}

/// `sid` of ID tokens: the same for one session and client on every node, and no way back.
pub(crate) fn sid(app: &App, session: &SessionId, client: &ClientId) -> String {
    let parts = [session.as_str().as_bytes(), client.as_str().as_bytes()];
    let mac = app.profile.hmac(&app.key_for("sid"), &parts);
    URL_SAFE_NO_PAD.encode(&mac[..16])
}

fn here(rule: Rule) -> Refused {
    Refused::Here(rule.into())
}
