// Every page in a real Chromium, as people of the demo county meet it: at 390 and 1280 pixels, in
// both languages. Fails on anything that axe-core calls serious or critical, on sideways
// scrolling, on script errors and on violations of the content security policy.
//
//   node pages.mjs ISSUER [FOLDER FOR SCREENSHOTS]

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [issuer, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PASSWORD = 'Yinxin-demo-2026';
const problems = [];
if (pictures) mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
    '--disable-background-networking', '--disable-component-update',
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
  ],
});
try {
  for (const language of ['zh-CN', 'en']) {
    for (const width of [390, 1280]) await walk(language, width);
  }
  await withoutScript();
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
console.log(`${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

// One county day in one language at one width.
async function walk(language, width) {
  // axe-core takes long and finds the same at both widths: each language is judged at one of them.
  const judged = (language === 'zh-CN') === (width === 390);
  const look = (page, name) => inspect(page, `${name}-${width}-${language}`, judged);
  const options = { locale: language, viewport: { width, height: width < 500 ? 844 : 900 } };
  const open = async () => watch(await (await browser.newContext(options)).newPage());
  const as = async (username) => {
    const page = await open();
    await page.goto(`${issuer}/login?return_to=%2F`);
    await signIn(page, username);
    return page;
  };
  const visit = async (page, paths) => {
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(issuer + path);
      await look(page, name);
    }
  };

  const stranger = await open();
  await visit(stranger, {
    portal: '/', login: '/login', verify: '/verify', landing: '/v', proofs: '/proofs',
    developer: '/developer', 'not-found': '/nothing-here',
  });
  await client(await open(), look);

  const zhangsan = await as('zhangsan');
  await visit(zhangsan, {
    home: '/', account: '/account', consents: '/consents', credentials: '/credentials',
    password: '/account/password', logout: '/logout',
  });
  await certificate(zhangsan, stranger, look);
  await sealing(await as('lisi'), await as('wangwu'), stranger, look);
  await proof(await as('zhaoliu'), zhangsan, look);
  await visit(await as('sysadmin'), {
    people: '/admin/people', organisations: '/admin/organisations', clients: '/admin/clients',
    keys: '/admin/keys', certificates: '/admin/certificates', forbidden: '/admin/audit',
  });
  await visit(await as('auditor'), { audit: '/admin/audit' });
  for (const context of browser.contexts()) await context.close();
}

// A client on another port: sign-in, consent, and the redirect that the policy must let through.
async function client(page, look) {
  let called;
  const server = createServer((request, response) => {
    if (request.url.startsWith('/callback')) called = request.url;
    response.setHeader('content-type', 'text/html').end('<link rel="icon" href="data:,">back');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
  await page.goto(`${issuer}/authorize?` + new URLSearchParams({
    response_type: 'code', client_id: 'demo-spa', scope: 'openid profile', state: 's',
    redirect_uri: `http://127.0.0.1:${server.address().port}/callback`, prompt: 'consent',
    code_challenge: challenge, code_challenge_method: 'S256',
  }));
  await signIn(page, 'zhangsan');
  await look(page, 'consent');
  await page.click('#consent-allow');
  await page.waitForURL('**/callback?**');
  expect(called?.includes('code=') && called.includes('iss='), 'the client was not called back');
  await page.close();
  server.close();
}

// A certificate, its QR code as a picture and as an address, checked by a stranger.
async function certificate(holder, stranger, look) {
  await holder.goto(`${issuer}/credentials`);
  await press(holder, '#certificates a.card');
  await look(holder, 'certificate');
  const link = await holder.getAttribute('#qr-png', 'href');
  const picture = await (await holder.context().request.get(issuer + link)).body();
  await stranger.goto(`${issuer}/verify`);
  await stranger.setInputFiles('#file', { name: 'qr.png', mimeType: 'image/png', buffer: picture });
  await press(stranger, '#verify');
  await look(stranger, 'verified-picture');
  await says(stranger, 'valid');
  const address = (await holder.textContent('code:has-text("#YX1:")')).trim();
  const requests = [];
  stranger.on('request', (request) => requests.push(request.url()));
  await stranger.goto(issuer + address.slice(address.indexOf('/v#')));
  await stranger.waitForSelector('#verdict');
  await look(stranger, 'landed');
  await says(stranger, 'valid');
  expect(!requests.some((url) => url.split('#')[0].includes('YX1')), 'the payload left in an address');
  await stranger.goto(`${issuer}/verify`);
  await stranger.click('#camera-open');
  await stranger.click('#camera-shot');
  await stranger.waitForSelector('#verdict');
  await says(stranger, 'undetermined');
}

// An officer asks, another approves, a stranger verifies, then one byte less true.
async function sealing(officer, approver, stranger, look) {
  await officer.goto(`${issuer}/officer/ask`);
  await look(officer, 'seal-ask');
  const letter = await letterOf(stranger);
  await officer.setInputFiles('#file', { name: 'letter.pdf', mimeType: 'application/pdf', buffer: letter });
  await officer.fill('#note', '2026-001');
  await press(officer, '#send');
  const request = officer.url();
  await approver.goto(`${issuer}/officer`);
  await look(approver, 'officer');
  await approver.goto(request);
  await look(approver, 'seal-approve');
  await press(approver, '#approve');
  await officer.goto(request);
  await look(officer, 'sealed');
  const link = await officer.getAttribute('#download', 'href');
  const sealed = await (await officer.context().request.get(issuer + link)).body();
  const broken = Buffer.from(sealed);
  broken[200] ^= 1;
  for (const [name, buffer, verdict] of [
    ['verified-pdf', sealed, 'valid'], ['verified-broken', broken, 'invalid'],
  ]) {
    await stranger.goto(`${issuer}/verify`);
    await stranger.setInputFiles('#file', { name: 'letter.pdf', mimeType: 'application/pdf', buffer });
    await press(stranger, '#verify');
    await look(stranger, name);
    await says(stranger, verdict);
  }
  await officer.goto(`${issuer}/issue`);
  await look(officer, 'issue');
  await officer.goto(`${issuer}/issue/new/business-licence`);
  await look(officer, 'issue-new');
}

// The counter asks, the holder allows, the counter sees the answer.
async function proof(caseWorker, holder, look) {
  await caseWorker.goto(`${issuer}/counter`);
  await look(caseWorker, 'counter');
  await caseWorker.fill('#person', 'zhangsan');
  await caseWorker.fill('#purpose', '2026-001');
  await press(caseWorker, '#ask');
  await look(caseWorker, 'question');
  const question = caseWorker.url();
  await holder.goto(question.replace('/counter/', '/consents/'));
  await look(holder, 'proof-consent');
  await press(holder, '#consent-allow');
  await caseWorker.goto(question);
  await look(caseWorker, 'answer');
}

// Pages work without script: a picture of a code is checked by a plain form.
async function withoutScript() {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${issuer}/v#YX1:x`);
  expect(await page.isVisible('#landing-manual'), '/v is empty without script');
  await page.goto(`${issuer}/verify`);
  await page.fill('#text', 'YX1:nonsense');
  await press(page, '#verify');
  await says(page, 'invalid');
}

async function signIn(page, username) {
  await page.fill('#username', username);
  await page.fill('#password', PASSWORD);
  await press(page, '#login');
}

async function press(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

async function says(page, verdict) {
  const said = await page.getAttribute('#verdict', 'data-verdict');
  expect(said === verdict, `verdict ${said} instead of ${verdict}`);
}

async function letterOf(page) {
  await page.goto(`${issuer}/proofs`);
  return page.pdf({ format: 'A4' });
}

// What axe-core finds, and whether the page scrolls sideways.
async function inspect(page, name, judged) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(!wide, `${name} scrolls sideways`);
  if (!judged) return;
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, impact, nodes } of violations) {
    const where = nodes.map((node) => node.target.join(' ')).join(', ');
    expect(!['serious', 'critical'].includes(impact), `${name}: ${impact} ${id} at ${where}`);
  }
}

// Notes script errors and whatever the browser refuses to load or run. That a page was answered
// with an error status is what some of these pages are for.
function watch(page) {
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    const expected = /responded with a status of (403|404)/.test(message.text());
    if (message.type() === 'error' && !expected) problems.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

function expect(holds, problem) {
  if (!holds) problems.push(problem);
}
