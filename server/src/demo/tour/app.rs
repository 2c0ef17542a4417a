//! Steps of the app that signs people in.

use anyhow::{Context, Result};
use auth_core::{
    jose::{Jws, from_jwk, thumbprint},
    key::SignatureAlgorithm,
    secret::handle,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Tour, check, sign_in as sign_in_at};

/// Discovery and keys.
pub(super) async fn discover(tour: &mut Tour<'_>) -> Result<String> {
    let found = tour.stranger.get("/.well-known/openid-configuration").await?.ok()?.json()?;
    let issuer = tour.issuer.as_str().trim_end_matches('/').to_owned();
    check(found["issuer"] == issuer, "issuer differs from the address asked")?;
    let keys = keys(tour, &found).await?;
    check(keys.len() >= 2, "fewer than two keys are published")?;
    let names: Vec<String> =
        keys.iter().map(|(kid, alg, _)| format!("{alg} {}…", &kid[..8.min(kid.len())])).collect();
    Ok(format!("issuer {issuer}\njwks   {}", names.join(", ")))
}

type Known = (String, String, auth_core::key::PublicKey);

async fn keys(tour: &mut Tour<'_>, metadata: &Value) -> Result<Vec<Known>> {
    let uri = metadata["jwks_uri"].as_str().context("no jwks_uri")?;
    let jwks = tour.stranger.get(uri).await?.ok()?.json()?;
    let keys = jwks["keys"].as_array().context("no keys")?;
    keys.iter()
        .map(|jwk| {
            let key = jwk.as_object().and_then(from_jwk).context("a key that cannot be read")?;
            let kid = jwk["kid"].as_str().context("a key without kid")?.to_owned();
            check(kid == thumbprint(&key), "kid is not the thumbprint")?;
            Ok((kid, jwk["alg"].as_str().unwrap_or_default().to_owned(), key))
        })
        .collect()
}

/// Code + PKCE, ID token, userinfo, refresh, and the reuse of a refresh token refused.
pub(super) async fn sign_in(tour: &mut Tour<'_>) -> Result<String> {
    let random = &*tour.app.kernel.random;
    let verifier = format!("{}{}", handle(random), handle(random));
    let (state, nonce) = (handle(random), handle(random));
    let callback = "http://127.0.0.1:47123/callback";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", "demo-web"),
            ("redirect_uri", callback),
            ("scope", "openid profile offline_access"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let page = sign_in_at(&mut tour.zhangsan, "zhangsan", &format!("/authorize?{query}")).await;
    let returned = match page {
        Ok(page) if page.status.is_redirection() => page,
        Ok(page) => tour.zhangsan.submit(&page, "consent-allow", &[("decision", "allow")]).await?,
        Err(error) => return Err(error),
    };
    let location = returned.location().context("no redirect to the app")?;
    let back = |name: &str| {
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    check(location.as_str().starts_with(callback), "redirected elsewhere")?;
    check(back("state").as_deref() == Some(&state), "state differs")?;
    let issuer = tour.issuer.as_str().trim_end_matches('/').to_owned();
    check(back("iss").as_deref() == Some(&issuer), "iss differs")?;
    let code = back("code").context("no code")?;
    let client = [("client_id", "demo-web"), ("client_secret", "demo-web-secret")];
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", callback),
        ("code_verifier", &verifier),
    ];
    fields.extend(client);
    let tokens = tour.stranger.post("/token", &fields).await?.ok()?.json()?;
    let claims = id_token(tour, &tokens, &nonce).await?;
    let refresh = tokens["refresh_token"].as_str().context("no refresh_token")?.to_owned();
    let refused = rotate(tour, &refresh, &client).await?;
    let name = claims["name"].as_str().unwrap_or("-");
    let (sub, acr) = (&claims["sub"], &claims["acr"]);
    Ok(format!(
        "id_token RS256: name {name}, sub {sub}, acr {acr}, nonce ok\n\
         refresh_token rotated; the old one presented again: {refused}, family revoked"
    ))
}

async fn id_token(tour: &mut Tour<'_>, tokens: &Value, nonce: &str) -> Result<Value> {
    let found = tour.stranger.get("/.well-known/openid-configuration").await?.ok()?.json()?;
    let keys = keys(tour, &found).await?;
    let text = tokens["id_token"].as_str().context("no id_token")?;
    let jws = Jws::parse(text)?;
    let kid = jws.header_text("kid").context("no kid")?;
    let (.., key) = keys.iter().find(|(known, ..)| known == kid).context("unknown kid")?;
    let claims = Value::Object(jws.verify_claims(key, SignatureAlgorithm::Rs256, "JWT")?);
    check(claims["nonce"] == nonce && claims["aud"] == "demo-web", "nonce or aud differs")?;
    let access = tokens["access_token"].as_str().context("no access_token")?;
    let headers = vec![(http::header::AUTHORIZATION, format!("Bearer {access}"))];
    let info = tour.stranger.send(http::Method::GET, "/userinfo", headers, None).await?;
    check(info.ok()?.json()?["sub"] == claims["sub"], "userinfo names another person")?;
    Ok(claims)
}

/// Rotates, presents the old token again, then the new one: both must be refused.
async fn rotate(tour: &mut Tour<'_>, first: &str, client: &[(&str, &str)]) -> Result<String> {
    let ask = |token: &str| {
        let mut fields = vec![
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            ("refresh_token".to_owned(), token.to_owned()),
        ];
        fields.extend(client.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())));
        fields
    };
    let mut send = async |token: &str| {
        let fields = ask(token);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        tour.stranger.post("/token", &fields).await
    };
    let second = send(first).await?.ok()?.json()?;
    let second = second["refresh_token"].as_str().context("no rotated token")?.to_owned();
    let reused = send(first).await?;
    check(reused.status == 400, "a used refresh token was accepted")?;
    let error = reused.json()?["error"].as_str().unwrap_or_default().to_owned();
    check(send(&second).await?.status == 400, "the family outlived the reuse")?;
    Ok(error)
}
