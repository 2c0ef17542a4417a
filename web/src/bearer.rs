//! The bearer token of a request.

use axum::extract::{FromRef, FromRequestParts};
use http::{header, request::Parts};

use crate::{lang::Lang, problem::Problem, shell::Shell};

/// Extractor: the token of `Authorization: Bearer …` (RFC 6750 §2.1), the only way we take one.
///
/// Exactly one header, `b64token` characters only, 8 KiB at most; else 401 before anything is
/// looked up.
#[derive(Clone)]
pub struct Bearer(String);

impl Bearer {
    /// The token.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer(…)")
    }
}

impl<S> FromRequestParts<S> for Bearer
where
    Shell: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let first = headers.next();
        let token = first.and_then(|value| value.to_str().ok()).and_then(parse);
        match token {
            Some(token) if headers.next().is_none() => Ok(Self(token.to_owned())),
            _ => {
                let lang = Lang::from_accept_language(&parts.headers).unwrap_or_default();
                Err(Problem::unauthorized(&Shell::from_ref(state), lang, first.is_some()))
            }
        }
    }
}

fn parse(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (scheme.eq_ignore_ascii_case("bearer")
        && (1..=MAX_TOKEN_BYTES).contains(&token.len())
        && token.bytes().all(allowed))
    .then_some(token)
}

/// Our own tokens have 47 bytes; JWTs of others stay far below this.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_well_formed_token() {
        assert_eq!(parse("Bearer yxa_abc"), Some("yxa_abc"));
        assert_eq!(parse("bearer a.b~c+/="), Some("a.b~c+/="));
        let long = format!("Bearer {}", ".".repeat(10 << 20));
        for bad in ["Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a,b", long.as_str()] {
            assert_eq!(parse(bad), None);
        }
    }
}
