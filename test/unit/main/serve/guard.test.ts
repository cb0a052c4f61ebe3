import { describe, expect, it } from 'vitest';
import { allowedHosts, isNear, judge, shownHost } from '../../../../main/serve/guard.ts';
import type { Purpose } from '../../../../main/serve/guard.ts';

const PORT = 4321;
const hosts = allowedHosts('127.0.0.1', PORT);
const OURS = [`127.0.0.1:${PORT}`, `localhost:${PORT}`, `[::1]:${PORT}`];
const FOREIGN = [
  'evil.test',
  `evil.test:${PORT}`,
  '0.0.0.0',
  `0.0.0.0:${PORT}`,
  `127.0.0.1.evil.test:${PORT}`,
  '127.0.0.1',
  'localhost',
  `127.0.0.1:${PORT + 1}`,
  `127.1:${PORT}`,
  `user@127.0.0.1:${PORT}`,
  '',
];
const PURPOSES: Purpose[] = ['page', 'file', 'post', 'socket'];

function verdict(purpose: Purpose, headers: readonly (readonly [string, string])[]) {
  return judge({ rawHeaders: headers.flat() }, purpose, hosts);
}

describe('the guard', () => {
  it.each(PURPOSES)('lets exactly our names with our origin through: %s', (purpose) => {
    for (const host of [...OURS, ...FOREIGN]) {
      const origins = [
        `http://${host}`,
        `https://${host}`,
        `http://${host}/`,
        'null',
        'http://evil.test',
        `http://127.0.0.1:${PORT + 1}`,
        '',
      ];
      for (const origin of origins) {
        const given = verdict(purpose, [
          ['Host', host],
          ['Origin', origin],
        ]);
        const expected = !OURS.includes(host) ? 421 : origin === `http://${host}` ? undefined : 403;
        expect({ host, origin, given }).toEqual({ host, origin, given: expected });
      }
      const absent = verdict(purpose, [['Host', host]]);
      const mayBeAbsent = purpose === 'page' || purpose === 'file';
      expect({ host, absent }).toEqual({
        host,
        absent: !OURS.includes(host) ? 421 : mayBeAbsent ? undefined : 403,
      });
    }
  });

  it('refuses a Host that is missing or came twice, and an Origin that came twice', () => {
    const host = ['Host', `127.0.0.1:${PORT}`] as const;
    const origin = ['Origin', `http://127.0.0.1:${PORT}`] as const;
    for (const purpose of PURPOSES) {
      expect(verdict(purpose, [origin])).toBe(421);
      expect(verdict(purpose, [host, ['host', `127.0.0.1:${PORT}`], origin])).toBe(421);
      expect(verdict(purpose, [host, origin, ['origin', 'http://evil.test']])).toBe(403);
    }
  });

  it('lets only our own page, or a typed address, ask for something', () => {
    const own = [
      ['Host', `localhost:${PORT}`],
      ['Origin', `http://localhost:${PORT}`],
    ] as const;
    for (const purpose of PURPOSES) {
      for (const site of ['same-origin', 'none', 'same-site', 'cross-site', 'Same-Origin', '']) {
        const typed = purpose === 'page' || purpose === 'file';
        const passes = site === 'same-origin' || (site === 'none' && typed);
        expect([purpose, site, verdict(purpose, [...own, ['Sec-Fetch-Site', site]])]).toEqual([
          purpose,
          site,
          passes ? undefined : 403,
        ]);
      }
    }
  });

  it('adds the address that was asked for, and never a wildcard', () => {
    expect(allowedHosts('192.0.2.7', PORT)).toContain(`192.0.2.7:${PORT}`);
    expect(allowedHosts('Studio.Local', PORT)).toContain(`studio.local:${PORT}`);
    expect(allowedHosts('fe80::1', PORT)).toContain(`[fe80::1]:${PORT}`);
    const wild = allowedHosts('0.0.0.0', PORT);
    expect(wild).toContain(`127.0.0.1:${PORT}`);
    expect(wild).not.toContain(`0.0.0.0:${PORT}`);
    expect(shownHost('0.0.0.0')).toBe('127.0.0.1');
    expect(shownHost('::1')).toBe('[::1]');
  });

  it('takes only a loopback peer that nobody stands in front of for this machine', () => {
    const from = (remote: string | undefined, ...headers: [string, string][]): boolean =>
      isNear({ rawHeaders: headers.flat() }, remote);
    for (const near of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1'])
      expect([near, from(near)]).toEqual([near, true]);
    for (const far of [
      '192.0.2.7',
      '10.0.0.1',
      'fe80::1',
      '::ffff:192.0.2.7',
      '0.0.0.0',
      '127.0.0.1.evil.test',
      undefined,
    ])
      expect([far, from(far)]).toEqual([far, false]);
    for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via'])
      expect([name, from('127.0.0.1', [name, '192.0.2.7'])]).toEqual([name, false]);
  });

  it('knows that browsers leave out port 80', () => {
    expect(allowedHosts('127.0.0.1', 80)).toContain('localhost');
    expect(hosts).not.toContain('localhost');
  });
});
