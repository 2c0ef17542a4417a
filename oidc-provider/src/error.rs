//! Every rule that a request can break, and what the protocol says then: one table.
//!
//! The sentence is what outside programs see in `error_description`; it is fixed, so it can leak
//! nothing. What happened in detail goes to the log and the audit trail under the error id.

use auth_core::Fault;

/// Why a flow did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The request broke a rule.
    #[error(transparent)]
    Rule(#[from] Rule),
}

impl Failure {
    /// The OAuth error code.
    pub const fn code(self) -> OAuthError {
        match self {
            Self::Fault(Fault::Busy | Fault::Unavailable) => OAuthError::TemporarilyUnavailable,
            Self::Fault(Fault::Corrupt) => OAuthError::ServerError,
            Self::Rule(rule) => rule.row().code,
        }
    }

    /// The HTTP status when the answer is not a redirect.
    pub const fn status(self) -> u16 {
        match self {
            Self::Fault(Fault::Busy | Fault::Unavailable) => 503,
            Self::Fault(Fault::Corrupt) => 500,
            Self::Rule(rule) => rule.row().status,
        }
    }

    /// The fixed public sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Fault(Fault::Busy) => "The server is busy; try again in a moment.",
            Self::Fault(Fault::Unavailable) => {
                "A part of the service does not answer; try again later."
            }
            Self::Fault(Fault::Corrupt) => "The server met an error that an operator must look at.",
            Self::Rule(rule) => rule.row().sentence,
        }
    }

    /// Stable name for logs and audit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault(Fault::Busy) => "Busy",
            Self::Fault(Fault::Unavailable) => "Unavailable",
            Self::Fault(Fault::Corrupt) => "Corrupt",
            Self::Rule(rule) => rule.name(),
        }
    }
}

/// What a broken rule becomes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The OAuth error code.
    pub code: OAuthError,
    /// The HTTP status when the answer is not a redirect.
    pub status: u16,
    /// The clause that asks for the rule.
    pub clause: &'static str,
    /// The fixed public sentence, in the characters RFC 6749 §5.2 allows.
    pub sentence: &'static str,
}

macro_rules! oauth_errors {
    ($($name:ident = $code:literal;)*) => {
        /// OAuth and OpenID Connect error codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OAuthError { $(#[doc = concat!("`", $code, "`")] $name,)* }

        impl OAuthError {
            /// The code as sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

macro_rules! rules {
    ($($name:ident: $code:ident $status:literal, $clause:literal, $sentence:literal;)*) => {
        /// A rule that a request broke.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule { $(#[doc = concat!($sentence, " (", $clause, ")")] $name,)* }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The variant's name: stable, for logs, audit and page texts.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The row of the table.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        code: OAuthError::$code,
                        status: $status,
                        clause: $clause,
                        sentence: $sentence,
                    },)*
                }
            }
        }
    };
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.row().sentence)
    }
}

impl std::error::Error for Rule {}

oauth_errors! {
    AccessDenied = "access_denied";
    ConsentRequired = "consent_required";
    InsufficientScope = "insufficient_scope";
    InvalidClient = "invalid_client";
    InvalidClientMetadata = "invalid_client_metadata";
    InvalidGrant = "invalid_grant";
    InvalidRedirectUri = "invalid_redirect_uri";
    InvalidRequest = "invalid_request";
    InvalidScope = "invalid_scope";
    InvalidToken = "invalid_token";
    LoginRequired = "login_required";
    RegistrationNotSupported = "registration_not_supported";
    RequestNotSupported = "request_not_supported";
    RequestUriNotSupported = "request_uri_not_supported";
    ServerError = "server_error";
    TemporarilyUnavailable = "temporarily_unavailable";
    UnauthorizedClient = "unauthorized_client";
    UnsupportedGrantType = "unsupported_grant_type";
    UnsupportedResponseType = "unsupported_response_type";
}

rules! {
    // Authorization request, answered on a page of our own: there is no destination yet.
    ClientIdMissing: InvalidRequest 400, "RFC 6749 §4.1.1", "The parameter client_id is missing.";
    ClientUnknown: InvalidClient 400, "RFC 6749 §4.1.2.1", "No client is registered under this client_id.";
    RedirectUriMissing: InvalidRequest 400, "OpenID Connect Core §3.1.2.1", "The parameter redirect_uri is missing.";
    RedirectUriUnregistered: InvalidRequest 400, "RFC 9700 §2.1", "The redirect_uri is not one of those registered for this client.";
    RequestTooLarge: InvalidRequest 400, "RFC 6749 §3.1", "The request has too many parameters or is too long.";
    FlowLost: InvalidRequest 400, "RFC 9700 §4.7", "This sign-in has expired or was begun in another browser; start again from the application.";

    // Authorization request, sent back to the client.
    ParameterRepeated: InvalidRequest 400, "RFC 6749 §3.1", "A parameter appears more than once.";
    ClientDisabled: UnauthorizedClient 400, "RFC 6749 §4.1.2.1", "This client is disabled.";
    RequestObject: RequestNotSupported 400, "OpenID Connect Core §3.1.2.6", "The parameter request is not supported.";
    RequestUri: RequestUriNotSupported 400, "OpenID Connect Core §3.1.2.6", "The parameter request_uri is not supported.";
    RegistrationParameter: RegistrationNotSupported 400, "OpenID Connect Core §3.1.2.6", "The parameter registration is not supported.";
    ResponseTypeMissing: InvalidRequest 400, "RFC 6749 §3.1.1", "The parameter response_type is missing.";
    ResponseTypeUnsupported: UnsupportedResponseType 400, "RFC 6749 §3.1.1", "The only response_type is code.";
    ResponseModeUnsupported: InvalidRequest 400, "OAuth 2.0 Multiple Response Types §2.1", "The only response_mode is query.";
    CodeGrantNotRegistered: UnauthorizedClient 400, "RFC 6749 §4.1.2.1", "This client is not registered for the authorization code grant.";
    ScopeMalformed: InvalidScope 400, "RFC 6749 §3.3", "The parameter scope is malformed.";
    ScopeNotRegistered: InvalidScope 400, "RFC 6749 §3.3", "A requested scope is not registered for this client.";
    ScopeEmpty: InvalidScope 400, "RFC 6749 §3.3", "No scope that this server knows was requested.";
    PromptUnknown: InvalidRequest 400, "OpenID Connect Core §3.1.2.1", "The parameter prompt has an unknown value.";
    PromptNoneNotAlone: InvalidRequest 400, "OpenID Connect Core §3.1.2.1", "The prompt value none excludes all others.";
    HintUnknown: InvalidRequest 400, "OpenID Connect Core §3.1.2.1", "The id_token_hint is not an ID token of this server for this client.";
    MaxAgeMalformed: InvalidRequest 400, "OpenID Connect Core §3.1.2.1", "The parameter max_age is not a number of seconds.";
    ChallengeMissing: InvalidRequest 400, "RFC 7636 §4.4.1", "This client must send a code_challenge.";
    ChallengeMalformed: InvalidRequest 400, "RFC 7636 §4.2", "The code_challenge is not base64url of a SHA-256 digest.";
    ChallengeMethod: InvalidRequest 400, "RFC 7636 §4.4.1", "The only code_challenge_method is S256.";
    LoginRequired: LoginRequired 400, "OpenID Connect Core §3.1.2.6", "The person is not signed in and no page may be shown.";
    ConsentRequired: ConsentRequired 400, "OpenID Connect Core §3.1.2.6", "The person has not agreed yet and no page may be shown.";
    ConsentDenied: AccessDenied 403, "RFC 6749 §4.1.2.1", "The person did not agree.";
    PersonRefused: AccessDenied 403, "RFC 6749 §4.1.2.1", "This account may not sign in to the client now.";

    // Client authentication.
    ClientAuthenticationMissing: InvalidClient 401, "RFC 6749 §3.2.1", "The client did not say who it is.";
    ClientAuthenticationTwice: InvalidRequest 400, "RFC 6749 §2.3", "The client used more than one authentication method.";
    ClientAuthenticationMethod: InvalidClient 401, "RFC 7591 §2", "The client is registered for another authentication method.";
    ClientAuthenticationMalformed: InvalidClient 401, "RFC 6749 §2.3.1", "The Authorization header is malformed.";
    ClientAuthenticationWrong: InvalidClient 401, "RFC 6749 §5.2", "Client authentication failed.";
    ClientSecretInQuery: InvalidRequest 400, "RFC 6749 §2.3.1", "Credentials must not be in the query of the URI.";
    ClientMayNot: InvalidClient 401, "RFC 6749 §5.2", "This client is disabled.";

    // Token request.
    BodyNotForm: InvalidRequest 400, "RFC 6749 §4.1.3", "The body must be application/x-www-form-urlencoded.";
    GrantTypeMissing: InvalidRequest 400, "RFC 6749 §5.2", "The parameter grant_type is missing.";
    GrantTypeUnsupported: UnsupportedGrantType 400, "RFC 6749 §5.2", "This grant_type is not supported.";
    GrantTypeNotRegistered: UnauthorizedClient 400, "RFC 6749 §5.2", "The client is not registered for this grant_type.";
    CodeMissing: InvalidRequest 400, "RFC 6749 §4.1.3", "The parameter code is missing.";
    CodeUnknown: InvalidGrant 400, "RFC 6749 §5.2", "The code is unknown or has expired.";
    CodeReplayed: InvalidGrant 400, "RFC 6749 §4.1.2", "The code was used before; what was issued for it has been revoked.";
    CodeOfAnother: InvalidGrant 400, "RFC 6749 §5.2", "The code was issued to another client.";
    CodeRedirectUri: InvalidGrant 400, "RFC 6749 §4.1.3", "The redirect_uri differs from the one of the authorization request.";
    VerifierMissing: InvalidGrant 400, "RFC 7636 §4.6", "The parameter code_verifier is missing.";
    VerifierMalformed: InvalidGrant 400, "RFC 7636 §4.1", "The code_verifier must be 43 to 128 unreserved characters.";
    VerifierWrong: InvalidGrant 400, "RFC 7636 §4.6", "The code_verifier does not belong to the code_challenge.";
    VerifierUnexpected: InvalidGrant 400, "RFC 9700 §4.8.2", "A code_verifier was sent, but the authorization request had no code_challenge.";
    RefreshTokenMissing: InvalidRequest 400, "RFC 6749 §6", "The parameter refresh_token is missing.";
    RefreshTokenUnknown: InvalidGrant 400, "RFC 6749 §5.2", "The refresh token is unknown, expired or revoked.";
    RefreshTokenReused: InvalidGrant 400, "RFC 9700 §4.14.2", "The refresh token was used before; its whole family has been revoked.";
    RefreshTokenOfAnother: InvalidGrant 400, "RFC 6749 §5.2", "The refresh token was issued to another client.";
    ScopeWidened: InvalidScope 400, "RFC 6749 §6", "A refresh cannot ask for more scopes than were granted.";

    // May this subject get a token now?
    SubjectDisabled: InvalidGrant 400, "RFC 6749 §5.2", "The account is disabled or erased.";
    SubjectPassword: InvalidGrant 400, "RFC 6749 §5.2", "The password of the account must be changed first.";
    SubjectGrantWithdrawn: InvalidGrant 400, "RFC 6749 §5.2", "The person has withdrawn the permission.";
    SubjectSessionEnded: InvalidGrant 400, "RFC 9700 §4.14.2", "The session that the permission belongs to has ended.";
    SubjectFamilyRevoked: InvalidGrant 400, "RFC 6749 §5.2", "The permission has been revoked or has expired.";

    // Use of an access token.
    BearerMissing: InvalidRequest 401, "RFC 6750 §3.1", "An access token is needed.";
    BearerTwice: InvalidRequest 400, "RFC 6750 §2", "The access token was sent in more than one way.";
    BearerInvalid: InvalidToken 401, "RFC 6750 §3.1", "The access token is unknown, expired or revoked.";
    BearerScope: InsufficientScope 403, "RFC 6750 §3.1", "The access token does not carry the scope that this needs.";

    // Registration of clients.
    RegistrationClosed: AccessDenied 403, "RFC 7591 §3.2.2", "Clients are registered by an administrator here.";
    RegistrationRedirectUri: InvalidRedirectUri 400, "RFC 7591 §3.2.2", "A redirect URI is missing or is not acceptable.";
    RegistrationMetadata: InvalidClientMetadata 400, "RFC 7591 §3.2.2", "A metadata field has a value that is not acceptable.";
    RegistrationBody: InvalidClientMetadata 400, "RFC 7591 §3.1", "The body must be one JSON object of at most 16 KiB.";
    RegistrationLimit: TemporarilyUnavailable 429, "RFC 7591 §5", "Too many clients were registered; try again later.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table: a change of code, status or sentence is a change of contract.
    #[test]
    fn table() {
        let mut text = String::new();
        for rule in Rule::ALL {
            let row = rule.row();
            let code = row.code.as_str();
            text += &format!(
                "{} {code} {} [{}] {}\n",
                rule.name(),
                row.status,
                row.clause,
                row.sentence
            );
        }
        insta::assert_snapshot!(text);
    }

    /// RFC 6749 §5.2: `error_description` is `%x20-21 / %x23-5B / %x5D-7E`.
    #[test]
    fn sentences_are_of_the_allowed_characters() {
        for rule in Rule::ALL {
            let allowed = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(rule.row().sentence.bytes().all(allowed), "{}", rule.name());
        }
    }
}
