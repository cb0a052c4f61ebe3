import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGE, PICTURE, PICTURE_ID, ending, opened, startRig } from './rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.close();
});

describe('the page', () => {
  it('is there without a secret, with a policy that allows nothing from elsewhere', async () => {
    const { status, body, headers } = await rig.ask();
    expect([status, body]).toEqual([200, PAGE]);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect((await rig.ask({ path: '/static/a.js' })).headers['cache-control']).toContain('immutable');
  });

  it('carries the same headers on every refusal', async () => {
    for (const refused of [
      await rig.ask({ path: '/nothing' }),
      await rig.ask({ host: 'evil.test' }),
      await rig.ask({ method: 'DELETE' }),
      await rig.post('/session', {}),
    ]) {
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.headers['content-security-policy']).toContain("default-src 'none'");
      expect(refused.headers['x-content-type-options']).toBe('nosniff');
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('tells somebody whom another site led here what to do', async () => {
    const { status, body } = await rig.ask({ headers: [['Sec-Fetch-Site', 'cross-site']] });
    expect(status).toBe(403);
    expect(body).toContain('new tab');
    expect(body).not.toContain(PAGE);
  });
});

describe('T20: hosts, origins, content types, routes', () => {
  const routes = ['/', '/static/a.js', '/session', '/ticket', `/assets/${PICTURE_ID}`, '/link', '/nothing'];

  it('gives a foreign name nothing, on no route', async () => {
    for (const path of routes) {
      for (const host of ['evil.test', `evil.test:${rig.port}`, '0.0.0.0', '127.0.0.1', null]) {
        const { status, body } = await rig.ask({ path, host, headers: [['Origin', `http://${host}`]] });
        expect([path, host, status, body]).toEqual([path, host, 421, '']);
      }
    }
  });

  it('gives a foreign origin nothing, on no route', async () => {
    for (const path of routes) {
      for (const origin of ['null', 'http://evil.test', `http://localhost:${rig.port}`, 'file://']) {
        const { status, body } = await rig.ask({ path, headers: [['Origin', origin]] });
        expect([path, origin, status]).toEqual([path, origin, 403]);
        expect(body).not.toContain(PAGE);
      }
    }
  });

  it('takes JSON only, whatever a form could send', async () => {
    const token = rig.secrets.token();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      null,
    ]) {
      const { status } = await rig.ask({
        method: 'POST',
        path: '/session',
        headers: [['Origin', rig.origin], ...(type === null ? [] : [['Content-Type', type] as const])],
        body: JSON.stringify({ token }),
      });
      expect([type, status]).toEqual([type, 415]);
    }
    expect((await rig.post('/session', { token })).status).toBe(200);
  });

  it('needs an Origin on POST, and no other site', async () => {
    const token = rig.secrets.token();
    const ask = (headers: (readonly [string, string])[]) =>
      rig.ask({
        method: 'POST',
        path: '/session',
        headers: [['Content-Type', 'application/json'], ...headers],
        body: JSON.stringify({ token }),
      });
    expect((await ask([])).status).toBe(403);
    for (const site of ['none', 'same-site', 'cross-site']) {
      expect(
        (
          await ask([
            ['Origin', rig.origin],
            ['Sec-Fetch-Site', site],
          ])
        ).status,
      ).toBe(403);
    }
    expect(
      (
        await ask([
          ['Origin', rig.origin],
          ['Sec-Fetch-Site', 'same-origin'],
        ])
      ).status,
    ).toBe(200);
  });

  it('refuses bodies that do not fit, naming what it expects', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '{"token":1}',
      '{}',
      '{"token":"a","more":"b"}',
      '{"__proto__":"a"}',
    ]) {
      const answer = await rig.post('/session', body);
      expect([body, answer.status]).toEqual([body, 400]);
      expect(answer.body).toContain('token');
    }
    expect((await rig.post('/session', { token: 'a'.repeat(5000) })).status).toBe(413);
    expect((await rig.post('/ticket', { token: 'a' })).status).toBe(400);
  });

  it('knows no other methods', async () => {
    for (const [path, method, allow] of [
      ['/', 'POST', 'GET, HEAD'],
      ['/', 'OPTIONS', 'GET, HEAD'],
      [`/assets/${PICTURE_ID}`, 'PUT', 'GET, HEAD'],
      ['/session', 'GET', 'POST'],
      ['/ticket', 'OPTIONS', 'POST'],
    ] as const) {
      const { status, headers } = await rig.ask({ path, method, headers: [['Origin', rig.origin]] });
      expect([path, method, status, headers.allow]).toEqual([path, method, 405, allow]);
    }
    expect((await rig.ask({ method: 'HEAD' })).body).toBe('');
  });
});

describe('T21: secrets', () => {
  it('goes from token to bearer to ticket to socket, each once', async () => {
    const token = rig.secrets.token();
    const first = await rig.post('/session', { token });
    expect(first.status).toBe(200);
    expect(first.headers['cache-control']).toBe('no-store');
    expect((await rig.post('/session', { token })).status).toBe(401);
    const { bearer } = JSON.parse(first.body) as { bearer: string };
    const ticket = await rig.ticket(bearer);
    const socket = rig.socket(ticket);
    await opened(socket);
    expect(rig.links).toHaveLength(1);
    expect(await ending(rig.socket(ticket))).toEqual({ refused: 401 });
    expect((await rig.post('/ticket', {}, bearer)).status).toBe(200);
    socket.terminate();
  });

  it('takes no ticket after 30 s', async () => {
    const { bearer } = await rig.session();
    const ticket = await rig.ticket(bearer);
    rig.advance(30_000);
    expect(await ending(rig.socket(ticket))).toEqual({ refused: 401 });
  });

  it('takes no secret from the wrong place', async () => {
    const token = rig.secrets.token();
    expect((await rig.ask({ path: `/?token=${token}` })).body).toBe(PAGE);
    expect((await rig.post(`/session?token=${token}`, {})).status).toBe(400);
    expect((await rig.post(`/ticket?bearer=${token}`, {})).status).toBe(401);
    const { bearer, assetKey } = await rig.session();
    expect((await rig.post('/ticket', {}, assetKey)).status).toBe(401);
    expect(await ending(rig.socket(bearer))).toEqual({ refused: 401 });
    expect((await rig.post('/session', { token })).status).toBe(200);
  });

  it('answers 1,000 guesses with 401, then 429 and when to come back, also to the right token', async () => {
    const counts = new Map<number, number>();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => rig.post('/session', { token: `guess-${round}-${i}` })),
      );
      for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ 401: 14, 429: 986 });
    const token = rig.secrets.token();
    const limited = await rig.post('/session', { token });
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '30']);
    expect(JSON.parse(limited.body)).toMatchObject({ code: 'rate_limited' });
    rig.advance(30_000);
    expect((await rig.post('/session', { token })).status).toBe(200);
  });

  it('does not let stale tabs lock out the live one', async () => {
    const { bearer } = await rig.session();
    const stale = await Promise.all(
      Array.from({ length: 30 }, () => rig.post('/ticket', {}, 'x'.repeat(43))),
    );
    expect(new Set(stale.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect((await rig.post('/ticket', {}, bearer)).status).toBe(200);
    expect((await rig.post('/session', { token: rig.secrets.token() })).status).toBe(200);
  });

  it('says no secret in any answer but the one it is for', async () => {
    const token = rig.secrets.token();
    const answers = [
      await rig.ask(),
      await rig.post('/session', { token: `${token}x` }),
      await rig.ask({ path: `/${token}` }),
    ];
    for (const { body, headers } of answers) expect(body + JSON.stringify(headers)).not.toContain(token);
  });
});

describe('pictures', () => {
  it('need a key and an id, and can do nothing in a tab of their own', async () => {
    const { assetKey } = await rig.session();
    const { status, headers, body } = await rig.ask({ path: `/assets/${PICTURE_ID}?key=${assetKey}` });
    expect([status, headers['content-type']]).toEqual([200, 'image/png']);
    expect(Buffer.from(body)).toEqual(Buffer.from(PICTURE));
    expect(headers['content-security-policy']).toContain('sandbox');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['cache-control']).toContain('private');
  });

  it('hides what went wrong with one, but tells the log', async () => {
    const { assetKey } = await rig.session();
    const { status, body } = await rig.ask({ path: `/assets/broken?key=${assetKey}` });
    expect(status).toBe(500);
    expect(body).not.toContain('secret text');
    expect(rig.errors).toHaveLength(1);
  });

  it('T24: answers absent and forbidden alike, and asks the host for ids only', async () => {
    const { assetKey } = await rig.session();
    const absent = await rig.ask({ path: `/assets/unknown?key=${assetKey}` });
    expect(absent.status).toBe(404);
    rig.asked.length = 0;
    const steps = [
      '..',
      '.',
      '%2e%2e',
      '%252e%252e',
      '..%00',
      '....',
      '%c0%ae%c0%ae',
      '..;',
      'C:',
      '\\\\host\\share',
      '~',
    ];
    const ends = [
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '\\windows\\win.ini',
      '%5cwin.ini',
      '/index.html',
      '%00.png',
      '',
    ];
    const bases = ['/assets/', '/static/', '/', '/assets/static/', '//'];
    const paths = bases.flatMap((base) => steps.flatMap((step) => ends.map((end) => base + step + end)));
    expect(paths.length).toBeGreaterThan(200);
    for (const path of paths) {
      const { status, body } = await raw(`${path}?key=${assetKey}`);
      expect([path, status, body]).toEqual([path, 404, absent.body]);
    }
    expect(rig.asked).toEqual([]);
    const noKey = await rig.ask({ path: `/assets/${PICTURE_ID}` });
    const wrongKey = await rig.ask({ path: `/assets/${PICTURE_ID}?key=${'a'.repeat(43)}` });
    for (const forbidden of [noKey, wrongKey]) {
      expect({ ...forbidden.headers, date: '' }).toEqual({ ...absent.headers, date: '' });
      expect([forbidden.status, forbidden.body]).toEqual([404, absent.body]);
    }
    expect(rig.asked).toEqual([]);
  });

  /** An address byte for byte: clients tidy dots and backslashes away. */
  function raw(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const socket = connect(rig.port, '127.0.0.1', () => {
        socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n\r\n`);
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('error', reject);
      socket.on('close', () => {
        const [head = '', body = ''] = text.split('\r\n\r\n');
        resolve({ status: Number(head.split(' ')[1]), body });
      });
    });
  }
});
