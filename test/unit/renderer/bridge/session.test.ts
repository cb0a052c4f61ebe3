import { describe, expect, it } from 'vitest';
import { openSession, tokenOf } from '../../../../renderer/bridge/session.ts';
import { hostAssetUrl } from '../../../../renderer/bridge/asset-url.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';

interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly bearer: string | null;
}

function browser(hash: string, answer: (asked: Asked) => { status: number; body: unknown }) {
  const asked: Asked[] = [];
  const kept = new Map<string, string>();
  const cleared: string[] = [];
  return {
    asked,
    kept,
    cleared,
    host: {
      hash,
      clearHash: () => void cleared.push('cleared'),
      storage: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      },
      fetch: (async (input: string, init: RequestInit) => {
        const one = {
          path: input,
          body: JSON.parse(init.body as string) as unknown,
          bearer: new Headers(init.headers).get('authorization'),
        };
        asked.push(one);
        const { status, body } = answer(one);
        return new Response(JSON.stringify(body), { status });
      }) as typeof fetch,
    },
  };
}

const goodHost = ({ path }: Asked) =>
  path === '/session'
    ? { status: 200, body: { bearer: 'B', assetKey: 'K' } }
    : { status: 200, body: { ticket: 'T' } };

describe('the session of a tab', () => {
  it('takes the token out of the address at once and swaps it only once', async () => {
    const tab = browser(`#token=${TOKEN}`, goodHost);
    const session = openSession(tab.host);
    expect(tab.cleared).toEqual(['cleared']);
    expect(await session.ticket()).toBe('T');
    expect(await session.ticket()).toBe('T');
    expect(tab.asked).toEqual([
      { path: '/session', body: { token: TOKEN }, bearer: null },
      { path: '/ticket', body: {}, bearer: 'Bearer B' },
      { path: '/ticket', body: {}, bearer: 'Bearer B' },
    ]);
    expect(hostAssetUrl(session.assetKey)('img')).toBe('/assets/img?key=K');
  });

  it('needs no token after a reload of the tab', async () => {
    const tab = browser(`#token=${TOKEN}`, goodHost);
    await openSession(tab.host).ticket();
    const again = openSession({ ...tab.host, hash: '' });
    expect(again.assetKey()).toBe('K');
    expect(await again.ticket()).toBe('T');
    expect(tab.asked.filter(({ path }) => path === '/session')).toHaveLength(1);
  });

  it('takes a new token although an older session is there', async () => {
    const tab = browser(`#${TOKEN}`, goodHost);
    tab.kept.set('accent.session', JSON.stringify({ bearer: 'old' }));
    await openSession(tab.host).ticket();
    expect(tab.asked[0]?.path).toBe('/session');
  });

  it('says that the tab was not opened by the studio when it has neither', async () => {
    const tab = browser('', goodHost);
    await expect(openSession(tab.host).ticket()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(tab.asked).toEqual([]);
  });

  it('forgets stored text that is no session', async () => {
    const tab = browser('', goodHost);
    tab.kept.set('accent.session', '{"bearer":7}');
    await expect(openSession(tab.host).ticket()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(tab.kept.size).toBe(0);
  });

  it('keeps the host’s own words of a refusal, and has its own for a bare status', async () => {
    const told = browser(`#${TOKEN}`, () => ({
      status: 401,
      body: { code: 'unauthorized', message: 'Used.' },
    }));
    await expect(openSession(told.host).ticket()).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'Used.',
    });
    const bare = browser(`#${TOKEN}`, () => ({ status: 429, body: null }));
    await expect(openSession(bare.host).ticket()).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('tells a host that is gone from one that refuses', async () => {
    const tab = browser(`#${TOKEN}`, goodHost);
    const gone = { ...tab.host, fetch: () => Promise.reject(new TypeError('no route')) };
    await expect(openSession(gone).ticket()).rejects.toMatchObject({ code: 'link_closed' });
  });
});

describe('the token in an address', () => {
  it('is read with and without its name, and nothing else is taken for one', () => {
    expect(tokenOf(`#token=${TOKEN}`)).toBe(TOKEN);
    expect(tokenOf(`#${TOKEN}`)).toBe(TOKEN);
    for (const hash of ['', '#', '#sentence', '#token=', `#token=${TOKEN}&x=1`]) {
      expect(tokenOf(hash)).toBeUndefined();
    }
  });
});
