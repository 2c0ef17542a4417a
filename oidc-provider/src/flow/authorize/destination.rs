//! Where an authorization response goes: made only from a registered client and redirect URI.

use auth_core::{id::ClientId, secret::Token};
use url::Url;

use super::{Asked, Refused, here};
use crate::{
    client::Client,
    deps::App,
    error::{Failure, Rule},
    flow::client_auth::MAX_CLIENT_ID,
    params::Params,
};

/// A client and one of its redirect URIs, checked; what is sent there carries `state` and `iss`.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    client: Client,
    redirect_uri: Url,
    state: Option<String>,
    issuer: String,
}

impl Destination {
    /// The destination of a request.
    pub(super) async fn of_request(app: &App, params: &Params) -> Result<Self, Refused> {
        if params.repeated(&["client_id", "redirect_uri"]).is_some() {
            return Err(here(Rule::ParameterRepeated));
        }
        let client_id = params.only("client_id").ok_or_else(|| here(Rule::ClientIdMissing))?;
        let client = find(app, &ClientId::from_text(client_id)).await?;
        let presented =
            params.only("redirect_uri").ok_or_else(|| here(Rule::RedirectUriMissing))?;
        // A repeated `state` is not sent back: nothing tells which of them is the client's.
        Self::new(app, client, presented, params.only("state"))
    }

    /// The destination of a request that passed earlier; the registration may have changed since.
    pub(crate) async fn of_asked(app: &App, asked: &Asked) -> Result<Self, Refused> {
        let client = find(app, &asked.client).await?;
        Self::new(app, client, &asked.redirect_uri, asked.state.as_deref())
    }

    fn new(
        app: &App,
        client: Client,
        presented: &str,
        state: Option<&str>,
    ) -> Result<Self, Refused> {
        let unregistered = || here(Rule::RedirectUriUnregistered);
        if !client.redirects_to(presented) {
            return Err(unregistered());
        }
        let redirect_uri = Url::parse(presented).map_err(|_| unregistered())?;
        let issuer = app.shell.issuer().to_owned();
        Ok(Self { client, redirect_uri, state: state.map(str::to_owned), issuer })
    }

    /// The client.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// What a page that leads here must allow in `form-action`: an origin, or the scheme of an
    /// application's own.
    pub(crate) fn form_action(&self) -> String {
        match self.redirect_uri.scheme() {
            "http" | "https" => self.redirect_uri.origin().ascii_serialization(),
            scheme => format!("{scheme}:"),
        }
    }

    /// The answer with a code (RFC 6749 §4.1.2).
    pub(crate) fn with_code(&self, code: &Token) -> String {
        self.answer(&[("code", code.reveal())])
    }

    /// The answer with an error (RFC 6749 §4.1.2.1).
    pub(crate) fn with_error(&self, failure: Failure) -> String {
        self.answer(&[
            ("error", failure.code().as_str()),
            ("error_description", failure.sentence()),
        ])
    }

    /// Every answer has `iss` (RFC 9207), so that a client of several providers knows whose it is.
    fn answer(&self, parts: &[(&str, &str)]) -> String {
        let mut url = self.redirect_uri.clone();
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(parts);
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", &self.issuer);
        }
        url.into()
    }
}

async fn find(app: &App, id: &ClientId) -> Result<Client, Refused> {
    let found = match id.as_str().len() {
        1..=MAX_CLIENT_ID => app.clients.find(id).await?,
        _ => None,
    };
    found.ok_or_else(|| here(Rule::ClientUnknown))
}
