import { describe, expect, it } from 'vitest';
import { PRIVILEGES, schemeHandler } from '../../../../main/electron/scheme.ts';

const asked: string[] = [];
const handle = schemeHandler(
  new Map([
    ['/', { bytes: Buffer.from('page'), type: 'text/html; charset=utf-8' }],
    ['/static/a.js', { bytes: Buffer.from('script'), type: 'text/javascript; charset=utf-8' }],
  ]),
  async (id) => {
    asked.push(id);
    return id === 'one' ? { bytes: Uint8Array.of(1, 2), type: 'image/png' } : null;
  },
);

/** A Request keeps to what the web allows; the handler must stand more. */
const get = (url: string, method = 'GET'): Promise<Response> => handle({ url, method } as Request);

describe('studio://', () => {
  it('serves the page and pictures, each with the policy', async () => {
    for (const [url, type, body] of [
      ['studio://app/', 'text/html; charset=utf-8', 'page'],
      ['studio://app/static/a.js', 'text/javascript; charset=utf-8', 'script'],
      ['studio://app/assets/one', 'image/png', '\u0001\u0002'],
      ['studio://app/#hash', 'text/html; charset=utf-8', 'page'],
    ] as const) {
      const response = await get(url);
      expect([url, response.status, response.headers.get('content-type'), await response.text()]).toEqual([
        url,
        200,
        type,
        body,
      ]);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('content-security-policy')).toContain("connect-src 'none'");
      expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe|\*|http/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('T24: answers everything else alike and turns no address into a path', async () => {
    asked.length = 0;
    const absent = await (await get('studio://app/assets/none')).text();
    expect(asked).toEqual(['none']);
    for (const url of [
      'studio://app/../../etc/passwd',
      'studio://app/assets/../static/a.js',
      'studio://app/assets/%2e%2e%2fone',
      'studio://app/assets/one/',
      'studio://app/assets/one%00',
      'studio://app/static/..%5ca.js',
      'studio://app//static/a.js',
      'studio://application/',
      'studio://evil/assets/one',
      'studio://app@evil/assets/one',
      'studio:///etc/passwd',
      'file:///etc/passwd',
      '',
    ]) {
      const response = await get(url);
      expect([url, response.status, await response.text()]).toEqual([url, 404, absent]);
    }
    expect((await get('studio://app/', 'POST')).status).toBe(404);
    expect(asked).toEqual(['none']);
  });

  it('is an origin of its own that counts as secure, and bypasses no policy', () => {
    expect(PRIVILEGES.scheme).toBe('studio');
    expect(PRIVILEGES.privileges).toMatchObject({ standard: true, secure: true, corsEnabled: true });
    expect(PRIVILEGES.privileges).not.toHaveProperty('bypassCSP');
  });
});
