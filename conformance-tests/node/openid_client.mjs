// npm openid-client against a running demo: login, userinfo, refresh, reuse, logout, client
// credentials, dynamic registration.
//
//   node openid_client.mjs http://localhost:8080

import assert from 'node:assert/strict';
import * as client from 'openid-client';

import { Browser } from './browser.mjs';

const issuer = new URL(process.argv[2] ?? 'http://localhost:8080');
const callback = 'http://127.0.0.1:4711/callback';
const insecure = { execute: [client.allowInsecureRequests] };

const discover = (id, secret, method) =>
  client.discovery(issuer, id, secret, method, insecure);

// Signs zhangsan in and gives the address the browser is sent to.
async function signIn(browser, config, parameters) {
  const start = client.buildAuthorizationUrl(config, parameters);
  let page = await browser.follow(await browser.get(start), issuer.origin);
  if (page.text.includes('id="login"')) {
    const fields = { username: 'zhangsan', password: 'Yinxin-demo-2026' };
    page = await browser.follow(await browser.submit(page, 'login', fields), issuer.origin);
  }
  if (page.text.includes('id="consent-allow"')) {
    page = await browser.submit(page, 'consent-allow', { decision: 'allow' });
  }
  assert.equal(page.status, 303, page.text);
  return page.location;
}

async function fullLogin(name, config) {
  const browser = new Browser();
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const address = await signIn(browser, config, {
    redirect_uri: callback,
    scope: 'openid profile phone org offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const tokens = await client.authorizationCodeGrant(config, address, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  assert.equal(claims.name, '张三');
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(userinfo.preferred_username, 'zhangsan');
  assert.ok(!JSON.stringify([claims, userinfo]).match(/\d{17}[\dX]/), 'no identity number');

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, claims.sub);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), invalidGrant);
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), invalidGrant);
  await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, claims.sub));

  const end = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'http://127.0.0.1:4711/',
    state: 'bye',
  });
  const left = await browser.follow(await browser.get(end), issuer.origin);
  assert.equal(String(left.location), 'http://127.0.0.1:4711/?state=bye');
  console.log(`ok ${name}: login, userinfo, refresh, reuse refused, logout`);
}

const invalidGrant = (error) => error.error === 'invalid_grant';

const web = await discover('demo-web', 'demo-web-secret');
await fullLogin('demo-web, client_secret_post', web);
const basic = client.ClientSecretBasic('demo-web-secret');
await fullLogin('demo-web, client_secret_basic', await discover('demo-web', undefined, basic));
await fullLogin('demo-spa, public', await discover('demo-spa', undefined, client.None()));

const machine = await discover('demo-m2m', 'demo-m2m-secret');
const credentials = await client.clientCredentialsGrant(machine, { scope: 'seal' });
assert.equal(credentials.scope, 'seal');
console.log('ok demo-m2m: client credentials');

const registered = await client.dynamicClientRegistration(
  issuer,
  {
    client_name: 'conformance',
    redirect_uris: ['http://127.0.0.1/callback'],
    post_logout_redirect_uris: ['http://127.0.0.1/'],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: 'ES256',
  },
  undefined,
  insecure,
);
await fullLogin('registered dynamically, ES256', registered);
