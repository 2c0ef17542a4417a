// A browser with cookies and plain forms, enough for pages that need no script.

export class Browser {
  #cookies = new Map();

  async get(url) {
    return this.#send(url, { method: 'GET' });
  }

  // Fills the form that holds the element with this id and sends it.
  async submit(page, id, fields) {
    const form = page.text
      .split('<form')
      .slice(1)
      .map((part) => part.split('</form>')[0])
      .find((part) => part.includes(`id="${id}"`));
    if (!form) throw new Error(`no form with #${id} at ${page.url}: ${page.text}`);
    const body = new URLSearchParams();
    for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = input.match(/ name="([^"]*)"/)[1];
      body.set(name, unescape(input.match(/ value="([^"]*)"/)?.[1] ?? ''));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const action = form.match(/ action="([^"]*)"/)[1];
    return this.#send(new URL(unescape(action), page.url), {
      method: 'POST',
      body,
      headers: { origin: new URL(page.url).origin },
    });
  }

  // Follows redirects until one leaves `origin`: gives that address, or the page it ends at.
  async follow(page, origin) {
    for (let hops = 0; hops < 10; hops += 1) {
      if (!page.location) return page;
      if (page.location.origin !== origin) return page;
      page = await this.get(page.location);
    }
    throw new Error('too many redirects');
  }

  async #send(url, options) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      if (attributes.includes('Max-Age=0')) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    return {
      url: String(url),
      status: response.status,
      location: location ? new URL(location, url) : undefined,
      text: await response.text(),
    };
  }
}

function unescape(text) {
  return text
    .replaceAll('&#38;', '&')
    .replaceAll('&amp;', '&')
    .replaceAll('&#34;', '"')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#60;', '<')
    .replaceAll('&#62;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}
