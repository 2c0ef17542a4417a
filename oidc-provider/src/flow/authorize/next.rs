//! What comes next for a request that passed: sign in, change the password, agree, or the code.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    id::GrantId,
    secret::{Token, TokenKind},
    session::SessionView,
};

use super::{Asked, Destination};
use crate::{
    client::ConsentPolicy,
    deps::App,
    error::{Failure, Rule},
    event::Act,
    grant::{Authentication, Code, Permission},
    scope::Scopes,
    store::{CodeIssued, IssueCode},
    subject::{SessionStanding, Standing, SubjectStanding, may_receive_token},
};

/// What comes next.
pub(crate) enum Step {
    /// Sign in, or sign in again.
    Login,
    /// Change the password first.
    ChangePassword,
    /// Agree.
    Consent(Consent),
    /// Done: the code.
    Code(Token),
    /// Over: an error for the client.
    Error(Failure),
}

/// What a person is asked.
pub(crate) struct Consent {
    /// Scopes not agreed to before.
    pub(crate) new: Scopes,
    /// Scopes agreed to before.
    pub(crate) known: Scopes,
}

/// A request, where its answer goes, and who is at the browser.
pub(crate) struct Next<'a> {
    pub(crate) app: &'a App,
    pub(crate) asked: &'a Asked,
    pub(crate) destination: &'a Destination,
    pub(crate) session: Option<&'a SessionView>,
    pub(crate) now: Timestamp,
}

/// Decides what comes next.
pub(crate) async fn next(at: &Next<'_>) -> Result<Step, Fault> {
    let Some(session) = at.session.filter(|session| is_fresh(at.asked, session, at.now)) else {
        return Ok(at.unless_silent(Step::Login, Rule::LoginRequired));
    };
    let Some(person) = at.app.directory.people.find(&session.person).await? else {
        return Ok(at.unless_silent(Step::Login, Rule::LoginRequired));
    };
    if at.asked.expected_sub.as_ref().is_some_and(|sub| *sub != person.sub) {
        let other = signed_in_for(at.asked, session);
        let silent = at.asked.prompt.none || other;
        return Ok(if silent { Step::Error(Rule::LoginRequired.into()) } else { Step::Login });
    }
    if person.must_change_password && person.disabled_at.is_none() {
        return Ok(at.unless_silent(Step::ChangePassword, Rule::LoginRequired));
    }
    if may_receive_token(&at.standing(person.disabled_at), at.now).is_err() {
        return Ok(Step::Error(Rule::PersonRefused.into()));
    }
    let client = at.destination.client();
    let live = at.app.permissions.live(&session.person, &client.id).await?;
    let known = live.as_ref().map(|live| live.scopes.clone()).unwrap_or_default();
    let ask = match client.registration.consent {
        ConsentPolicy::Always => true,
        ConsentPolicy::Never => at.asked.prompt.consent,
        ConsentPolicy::Remembered => at.asked.prompt.consent || !known.covers(&at.asked.scopes),
    };
    if ask {
        let new = at.asked.scopes.without(&known);
        let consent = Consent { new, known: at.asked.scopes.within(&known) };
        return Ok(at.unless_silent(Step::Consent(consent), Rule::ConsentRequired));
    }
    at.issue(session, live).await
}

/// Whether a sign-in page should be shown to somebody who is signed in, or leads nowhere new.
pub(crate) fn wants_sign_in(asked: &Asked, session: &SessionView, now: Timestamp) -> bool {
    asked.expected_sub.is_some() || !is_fresh(asked, session, now)
}

/// The person agreed: the code, unless something else comes first after all.
pub(crate) async fn allow(at: &Next<'_>) -> Result<Step, Fault> {
    match (next(at).await?, at.session) {
        (Step::Consent(_), Some(session)) => {
            let client = &at.destination.client().id;
            let live = at.app.permissions.live(&session.person, client).await?;
            at.issue(session, live).await
        }
        (step, _) => Ok(step),
    }
}

/// The person did not agree.
pub(crate) async fn deny(at: &Next<'_>) -> Result<Step, Fault> {
    let actor = at.session.map_or(Actor::Anonymous, |s| Actor::Person(s.person.clone()));
    let failure = Failure::Rule(Rule::ConsentDenied);
    let event = Act::ConsentGive
        .refused(actor, failure, at.now)
        .subject(at.asked.client.as_str())
        .with("scope", at.asked.scopes.to_string());
    at.app.tokens.record(event).await?;
    Ok(Step::Error(failure))
}

impl Next<'_> {
    /// A page, or with `prompt=none` the error that stands for it (Core §3.1.2.6).
    fn unless_silent(&self, step: Step, error: Rule) -> Step {
        if self.asked.prompt.none { Step::Error(error.into()) } else { step }
    }

    /// The state before anything was issued: the session was read just now.
    fn standing(&self, disabled_at: Option<Timestamp>) -> Standing {
        Standing {
            client_disabled_at: self.destination.client().disabled_at,
            subject: Some(SubjectStanding {
                disabled_at,
                session: SessionStanding::Detached,
                ..SubjectStanding::default()
            }),
        }
    }

    /// Writes the permission if it is new or wider, and the code, in one act.
    async fn issue(&self, session: &SessionView, live: Option<Permission>) -> Result<Step, Fault> {
        let random = self.app.shell.random();
        let covered = live.as_ref().is_some_and(|live| live.scopes.covers(&self.asked.scopes));
        let permission = match live {
            Some(live) => Permission { scopes: live.scopes.and(&self.asked.scopes), ..live },
            None => Permission {
                id: GrantId::new(self.now, random),
                person: session.person.clone(),
                client: self.asked.client.clone(),
                scopes: self.asked.scopes.clone(),
                created_at: self.now,
            },
        };
        let token = Token::new(TokenKind::Code, random);
        let act = IssueCode {
            code: self.code(session, &permission.id, &token),
            events: self.events(session, &permission, !covered),
            permission: (!covered).then_some(permission),
        };
        match self.app.tokens.issue_code(act).await? {
            CodeIssued::Done => Ok(Step::Code(token)),
            // Withdrawn in another tab this very moment: the client may try again.
            CodeIssued::Raced => Ok(Step::Error(Rule::ConsentRequired.into())),
        }
    }

    fn code(&self, session: &SessionView, grant: &GrantId, token: &Token) -> Code {
        Code {
            hash: token.hash(),
            grant: grant.clone(),
            client: self.asked.client.clone(),
            person: session.person.clone(),
            session: session.id.clone(),
            redirect_uri: self.asked.redirect_uri.clone(),
            scopes: self.asked.scopes.clone(),
            nonce: self.asked.nonce.clone(),
            challenge: self.asked.challenge.clone(),
            authentication: Authentication::from(session),
            issued_at: self.now,
            expires_at: self.now.plus_seconds(i64::from(self.app.policy.code_seconds)),
        }
    }

    fn events(
        &self,
        session: &SessionView,
        permission: &Permission,
        agreed: bool,
    ) -> Vec<auth_core::audit::Event> {
        let actor = || Actor::Person(session.person.clone());
        let mut events = Vec::new();
        if agreed {
            events.push(
                Act::ConsentGive
                    .done(actor(), self.now)
                    .subject(permission.id.as_str())
                    .with("client", self.asked.client.as_str())
                    .with("scope", permission.scopes.to_string()),
            );
        }
        events.push(
            Act::CodeIssue
                .done(actor(), self.now)
                .subject(self.asked.client.as_str())
                .with("permission", permission.id.as_str())
                .with("scope", self.asked.scopes.to_string()),
        );
        events
    }
}

/// Whether a session is recent enough: it was begun for this request, or nothing asks for more.
fn is_fresh(asked: &Asked, session: &SessionView, now: Timestamp) -> bool {
    let age = now.seconds_since(session.authenticated_at);
    let too_old = asked.max_age.is_some_and(|limit| age > i64::from(limit));
    signed_in_for(asked, session) || (!asked.prompt.login && !too_old)
}

/// Whether the person signed in after the request came.
fn signed_in_for(asked: &Asked, session: &SessionView) -> bool {
    asked.begun_at <= session.authenticated_at
}
