"""PyPI authlib against a running demo: login, userinfo, refresh, reuse, logout.

    python authlib_client.py http://localhost:8080
"""

import html
import os
import re
import sys
from urllib.parse import urlencode, urljoin

# The demo speaks plain HTTP on the loopback; oauthlib's guard against that is for other places.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

ISSUER = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
CALLBACK = "http://127.0.0.1:4711/callback"
AFTER = "http://127.0.0.1:4711/"


def submit(browser, page, element, fields):
    """Sends the form that holds an element of this id."""
    forms = re.findall(r"<form.*?</form>", page.text, re.S)
    form = next(form for form in forms if f'id="{element}"' in form)
    data = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', form):
        value = re.search(r' value="([^"]*)"', tag)
        data[re.search(r' name="([^"]*)"', tag)[1]] = html.unescape(value[1] if value else "")
    data.update(fields)
    action = html.unescape(re.search(r' action="([^"]*)"', form)[1])
    target = urljoin(page.url, action)
    return browser.post(target, data=data, headers={"Origin": ISSUER}, allow_redirects=False)


def follow(browser, page):
    """Follows redirects until one leaves the issuer."""
    while page.is_redirect:
        location = urljoin(page.url, page.headers["Location"])
        if not location.startswith(ISSUER):
            return location
        page = browser.get(location, allow_redirects=False)
    return page


def sign_in(browser, url):
    page = follow(browser, browser.get(url, allow_redirects=False))
    if 'id="login"' in page.text:
        fields = {"username": "zhangsan", "password": "Yinxin-demo-2026"}
        page = follow(browser, submit(browser, page, "login", fields))
    if not isinstance(page, str):
        page = follow(browser, submit(browser, page, "consent-allow", {"decision": "allow"}))
    assert isinstance(page, str), page.text
    return page


def full_login(client_id, secret, method):
    metadata = requests.get(ISSUER + "/.well-known/openid-configuration").json()
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"]).json())
    session = OAuth2Session(
        client_id,
        secret,
        token_endpoint_auth_method=method,
        scope="openid profile offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    verifier, nonce = generate_token(48), generate_token(20)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    browser = requests.Session()
    answer = sign_in(browser, url)
    assert f"state={state}" in answer
    endpoint = metadata["token_endpoint"]
    token = session.fetch_token(endpoint, authorization_response=answer, code_verifier=verifier)
    claims = jwt.decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": ISSUER}, "aud": {"value": client_id}},
        claims_params={"nonce": nonce, "access_token": token["access_token"]},
    )
    claims.validate()
    assert claims["name"] == "张三"
    userinfo = session.get(metadata["userinfo_endpoint"]).json()
    assert userinfo["sub"] == claims["sub"]

    first = token["refresh_token"]
    second = session.refresh_token(endpoint, refresh_token=first)
    assert second["refresh_token"] != first
    for old in (first, second["refresh_token"]):
        try:
            session.refresh_token(endpoint, refresh_token=old)
        except OAuthError as error:
            assert error.error == "invalid_grant", error
        else:
            raise AssertionError("a used refresh token was accepted")

    parts = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": AFTER, "state": "bye"}
    end = metadata["end_session_endpoint"] + "?" + urlencode(parts)
    assert follow(browser, browser.get(end, allow_redirects=False)) == AFTER + "?state=bye"
    print(f"ok {client_id}, {method}: login, userinfo, refresh, reuse refused, logout")


full_login("demo-web", "demo-web-secret", "client_secret_basic")
full_login("demo-web", "demo-web-secret", "client_secret_post")
full_login("demo-spa", None, "none")
machine = OAuth2Session("demo-m2m", "demo-m2m-secret", scope="seal verify")
granted = machine.fetch_token(ISSUER + "/token", grant_type="client_credentials")
assert granted["scope"] == "seal verify"
print("ok demo-m2m: client credentials")
