/** T20 in a real browser: what a page of another site, and a name that leads here, can get out of a running studio. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../support/browser.ts';
import { PAGE, PICTURE_ID, startRig } from '../unit/main/serve/rig.ts';
import type { Rig } from '../unit/main/serve/rig.ts';

let rig: Rig;
let site: Server;
let sitePort: number;
let browser: Browser;
/** What the studio was asked and what it answered. */
const seen: { path: string; status: number }[] = [];
let sockets = 0;

beforeAll(async () => {
  rig = await startRig();
  rig.http.on('request', (request, response) => {
    response.on('finish', () => seen.push({ path: request.url ?? '', status: response.statusCode }));
  });
  rig.http.on('upgrade', () => sockets++);
  site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title><body></body>');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  sitePort = (site.address() as AddressInfo).port;
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('No Chromium on PATH.');
  // The browser's own protection of local addresses is off: ours must hold without it.
  browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--host-resolver-rules=MAP evil.test 127.0.0.1',
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights',
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await rig?.close();
});
beforeEach(() => {
  seen.length = 0;
  sockets = 0;
  rig.asked.length = 0;
});

async function visit(url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

/** Everything that a page can try against a base address, with secrets that it should never have; what it got. */
function attack(page: Page, base: string, secrets: Record<string, string>) {
  return page.evaluate(
    async ([target, given, picture]) => {
      const got: string[] = [];
      const tryFetch = async (name: string, path: string, init: RequestInit): Promise<void> => {
        try {
          const response = await fetch(target + path, init);
          const text = await response.text();
          if (text !== '') got.push(`${name}: read ${text.slice(0, 40)}`);
        } catch {
          // Refused by the browser or the server: nothing was got.
        }
      };
      const body = JSON.stringify({ token: given['token'] });
      const json = { 'content-type': 'application/json' };
      for (const mode of ['cors', 'no-cors', 'same-origin'] as const) {
        await tryFetch(`${mode} page`, '/', { mode });
        await tryFetch(`${mode} picture`, `/assets/${picture}?key=${given['assetKey']}`, { mode });
        await tryFetch(`${mode} text post`, '/session', { mode, method: 'POST', body });
        await tryFetch(`${mode} json post`, '/session', { mode, method: 'POST', body, headers: json });
        await tryFetch(`${mode} ticket`, '/ticket', {
          mode,
          method: 'POST',
          body: '{}',
          headers: { ...json, authorization: `Bearer ${given['bearer']}` },
        });
      }
      const loads = (element: HTMLElement, name: string, source: string): Promise<void> =>
        new Promise((resolve) => {
          element.onload = () => {
            got.push(`${name} loaded`);
            resolve();
          };
          element.onerror = () => {
            resolve();
          };
          element.setAttribute(element instanceof HTMLLinkElement ? 'href' : 'src', source);
          document.body.append(element);
        });
      await loads(
        document.createElement('img'),
        'image',
        `${target}/assets/${picture}?key=${given['assetKey']}`,
      );
      await loads(document.createElement('script'), 'script', `${target}/static/a.js`);
      await new Promise<void>((resolve) => {
        const socket = new WebSocket(`${target.replace('http', 'ws')}/link?ticket=${given['ticket']}`);
        socket.onopen = () => {
          got.push('socket opened');
          resolve();
        };
        socket.onclose = () => {
          resolve();
        };
      });
      return got;
    },
    [base, secrets, PICTURE_ID] as const,
  );
}

/** Secrets that are good, so that only the guard stands between them and the attacker. */
async function goodSecrets(): Promise<Record<string, string>> {
  const { bearer, assetKey } = await rig.session();
  return { bearer, assetKey, token: rig.secrets.token(), ticket: await rig.ticket(bearer) };
}

describe('a hostile page', () => {
  it('on another site gets nothing, not even with stolen secrets', async () => {
    const secrets = await goodSecrets();
    seen.length = 0;
    const page = await visit(`http://evil.test:${sitePort}/`);
    expect(await attack(page, `http://127.0.0.1:${rig.port}`, secrets)).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen.filter(({ status }) => status !== 403)).toEqual([]);
    expect(sockets).toBe(1);
    expect([rig.links, rig.asked]).toEqual([[], []]);
    // The token was not spent: no side effect.
    expect((await rig.post('/session', { token: secrets['token'] })).status).toBe(200);
  });

  it('on another port of the same name is another site too', async () => {
    const secrets = await goodSecrets();
    seen.length = 0;
    const page = await visit(`http://127.0.0.1:${sitePort}/`);
    expect(await attack(page, `http://127.0.0.1:${rig.port}`, secrets)).toEqual([]);
    expect(seen.filter(({ status }) => status !== 403)).toEqual([]);
    expect([rig.links, rig.asked]).toEqual([[], []]);
  });

  it('under a name that was turned to this machine is same-origin and still gets nothing', async () => {
    const secrets = await goodSecrets();
    seen.length = 0;
    const rebound = `http://evil.test:${rig.port}`;
    // As after a rebinding: the document came from elsewhere, its origin now leads to the studio.
    const page = await (await browser.newContext()).newPage();
    await page.route(`${rebound}/start`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }),
    );
    await page.goto(`${rebound}/start`);
    expect(await attack(page, rebound, secrets)).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(seen.filter(({ status }) => status !== 421)).toEqual([]);
    expect(sockets).toBe(1);
    expect([rig.links, rig.asked]).toEqual([[], []]);
  });

  it('could be told from our own: the same attempts from the studio itself succeed', async () => {
    const secrets = await goodSecrets();
    const page = await visit(rig.origin);
    const got = await attack(page, rig.origin, secrets);
    for (const success of [
      'cors page',
      'cors picture',
      'cors text post',
      'cors json post',
      'script',
      'socket',
    ])
      expect(got.some((line) => line.startsWith(success))).toBe(true);
    expect(rig.links).toHaveLength(1);
    rig.links.length = 0;
  });

  it('in a sandboxed frame (origin null) gets nothing', async () => {
    const secrets = await goodSecrets();
    seen.length = 0;
    const page = await visit(`http://evil.test:${sitePort}/`);
    await page.evaluate(() => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.src = '/frame';
      document.body.append(frame);
    });
    await page.waitForTimeout(200);
    const frame = page.frames()[1];
    if (!frame) throw new Error('no frame');
    expect(await attack(frame as unknown as Page, `http://127.0.0.1:${rig.port}`, secrets)).toEqual([]);
    expect(seen.filter(({ status }) => status !== 403)).toEqual([]);
    expect([rig.links, rig.asked]).toEqual([[], []]);
  });

  it('cannot frame the studio, and a link from it explains itself', async () => {
    const page = await visit(`http://evil.test:${sitePort}/`);
    await page.evaluate((target) => {
      const frame = document.createElement('iframe');
      frame.src = target;
      document.body.append(frame);
    }, rig.origin);
    await expect.poll(() => seen.map(({ status }) => status)).toEqual([403]);
    expect(await page.frames()[1]?.content()).not.toContain(PAGE);
    await page.evaluate((target) => {
      location.href = target;
    }, rig.origin);
    await page.waitForURL(`${rig.origin}/`);
    expect(await page.innerText('body')).toContain('new tab');
    const typed = await visit(rig.origin);
    expect(await typed.title()).toBe('page');
  });
});
